"""Mail that the product sends by itself to one person: a confirmation, a sign-in link, an alert.

Short, text first, marked as automatic (RFC 3834 section 5); the requester never chooses any of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter import i18n
from newsletter.messages import Parts
from newsletter.rendering import headers, quoted, text
from newsletter.rendering.environment import environment
from newsletter.rendering.inline import inline
from newsletter.rendering.mjml import to_html
from newsletter.settings import Network
from newsletter.theme import Theme

_BOUNDARY = "=_notice_51d3a7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a notice says: subject, heading, paragraphs, at most one button (words, address), and small print.

    `choices` is the page of the person's choices: unrequested mail links to it, for a person who wants no more of it.
    """

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    action: tuple[str, str] | None = None
    small: tuple[str, ...] = ()
    choices: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who writes to whom: `sender` as `RTES <lettre@rtes.fr>`, a bare `to`, `date` of RFC 5322, a Message-ID."""

    sender: str
    to: str
    date: str
    message_id: str
    reply_to: str = ""


def parts(notice: Notice, envelope: Envelope, network: Network, theme: Theme) -> Parts:
    """Return the notice for a provider's API, in the current language; MessageError names an unusable value."""
    name, sender = headers.mailbox(envelope.sender, "From")
    subject = headers.clean(notice.subject, "Subject")
    values = {"notice": notice, "network": network, "theme": theme, "language": i18n.locale()}
    env = environment()
    html = to_html(env.get_template("notice.mjml.j2").render(values), env.get_template("head.css.j2").render(values))
    return Parts(
        sender_name=name,
        sender=sender,
        reply_to=envelope.reply_to,
        subject=subject,
        html=inline(html, env.get_template("content.css.j2").render(values)),
        text=text.tidy(env.get_template("notice.txt.j2").render(values)),
        headers=(
            ("Message-ID", headers.identifier(envelope.message_id, "Message-ID")),
            ("Auto-Submitted", "auto-generated"),
            # A page to look at (RFC 2369): one-click unsubscription is for letters.
            *([("List-Unsubscribe", f"<{headers.uri(notice.choices, 'List-Unsubscribe')}>")] if notice.choices else []),
            ("Content-Language", headers.language(i18n.locale())),
        ),
    )


def mime(made: Parts, envelope: Envelope) -> bytes:
    """Return the same as a whole message: ASCII, CRLF; MessageError as `parts`."""
    lines = [
        f"From: {headers.mailbox_line(made.sender_name, made.sender, 'From')}",
        f"To: {headers.address(envelope.to, 'To')}",
        f"Subject: {headers.unstructured(made.subject, 'Subject')}",
        f"Date: {headers.dated(envelope.date)}",
        *([f"Reply-To: {headers.mailbox(made.reply_to, 'Reply-To')[1]}"] if made.reply_to else []),
        *(f"{name}: {value}" for name, value in made.headers),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"',
        "",
        "",
    ]
    bodies = (_part("plain", made.text), _part("html", made.html))
    return "\r\n".join(lines).encode("ascii") + b"".join(bodies) + f"--{_BOUNDARY}--\r\n".encode()


def _part(kind: str, body: str) -> bytes:
    head = (
        f"--{_BOUNDARY}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head.encode() + quoted.fragment(body) + b"\r\n"
