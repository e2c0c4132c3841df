"""One personal message: the byte skeleton against an EmailMessage built per recipient."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from statistics import median

from newsletter.messages import Letter
from newsletter.rendering.message import Skeleton
from newsletter.rendering.slot_values import SlotValues

SLOTS = ("email", "web", "prefs", "unsub")
ITEM = (
    '<tr><td style="padding:0 32px 28px;font-family:Georgia,serif;font-size:19px;line-height:25px;color:#1D2B2F;">'
    '<h3 style="margin:0">Métropole : un schéma de l’économie solidaire</h3><p style="margin:0">%s</p></td></tr>'
)


def sample(size: int = 65_000) -> Letter:
    """Return a letter with some `size` characters of HTML and a fifth of that as text."""
    words = "Les collectivités du réseau échangent sur l’achat responsable dans les territoires. " * 4
    item = ITEM % words
    links = "".join(f'<a href="qz7slot-{name}-7zq">{name}</a>' for name in SLOTS)
    page = "<html><body><table>" + item * (size // len(item)) + f"</table>{links}</body></html>"
    text = (words + "\n\n") * (size // 5 // len(words)) + "\n".join(f"qz7slot-{name}-7zq" for name in SLOTS)
    return Letter(issue="bench", publication="lettre", subject="La lettre – été", preheader="", html=page, text=text)


def values(number: int) -> SlotValues:
    """Return the values of one made-up recipient."""
    token = f"{number:08d}" * 6
    return SlotValues(
        to=f"reader{number}@example.org",
        email=f"reader{number}@example.org",
        message_id=f"<{token}@example.org>",
        date="Tue, 03 Nov 2026 09:05:00 +0100",
        unsub=f"https://letter.example.org/desabonnement/{token}",
        web=f"https://letter.example.org/lettres/2026-11?t={token}",
        prefs=f"https://letter.example.org/preferences/{token}",
    )


def naive(letter: Letter, own: SlotValues) -> bytes:
    """Build the same message as most senders do."""
    text, page = letter.text, letter.html
    for name in SLOTS:
        text = text.replace(f"qz7slot-{name}-7zq", getattr(own, name))
        page = page.replace(f"qz7slot-{name}-7zq", html.escape(getattr(own, name)))
    message = EmailMessage(policy=policy.SMTP.clone(max_line_length=998))
    message["From"], message["To"], message["Subject"] = "RTES <lettre@example.org>", own.to, letter.subject
    message["Date"], message["Message-ID"] = own.date, own.message_id
    message["List-Unsubscribe"] = f"<{own.unsub}>"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def _seconds(build: Callable[[SlotValues], bytes], count: int) -> float:
    people = [values(number) for number in range(count)]
    start = time.perf_counter()
    for own in people:
        build(own)
    return (time.perf_counter() - start) / count


def run() -> list[dict[str, object]]:
    """Return rows `what`, `seconds` (median of 5, per message) and `ratio` to the skeleton."""
    letter = sample()
    skeleton = Skeleton.compile(letter, sender="RTES <lettre@example.org>", list_id="Lettre <lettre.example.org>")
    ours = median(_seconds(skeleton.message, 2_000) for _ in range(5))
    theirs = median(_seconds(lambda own: naive(letter, own), 20) for _ in range(5))
    return [
        {"what": f"skeleton, {len(skeleton.template) // 1000} KB message", "seconds": ours, "ratio": 1.0},
        {"what": "EmailMessage per recipient", "seconds": theirs, "ratio": theirs / ours},
    ]


if __name__ == "__main__":
    for row in run():
        print(f"{row['what']:40} {row['seconds']:.6f} s  {row['ratio']:.1f}x")
