"""The people of the contract suite: a workspace per provider, letters with personal links, and one way to send them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from newsletter.messages import Outcome, Outgoing, Parts
from newsletter.providers import Provider, open_provider
from newsletter.settings import Network, Publication, SectionSetting, Sending, Settings
from tests.providers.fake_api import Fake

SECRETS = {
    "brevo_api_key": "key-brevo",
    "mailjet_api_key": "key-mailjet",
    "mailjet_api_secret": "secret-mailjet",
    "scaleway_secret_key": "key-scaleway",
    "mailgun_api_key": "key-mailgun",
    "postmark_token": "key-postmark",
}
OPTIONS = {"project_id": "4f1c", "domain": "lettre.example.org", "timeout": "10"}


def workspace(name: str, secrets: dict[str, str] | None = None, **options: str) -> Settings:
    section = SectionSetting(tag="rtes", title="Actualités")
    return Settings(
        root=Path(),
        network=Network(name="Réseau", short_name="R", address="Lille", email="a@b.fr", website="https://b.fr"),
        publications={"lettre": Publication(key="lettre", title="L", audience="subscribers", sections=(section,))},
        sending=Sending(provider=name, options={**OPTIONS, **options}, **{"from": "lettre@example.org"}),
        secrets={key: SecretStr(value) for key, value in (SECRETS if secrets is None else secrets).items()},
    )


def letter(number: int, address: str = "") -> Outgoing:
    """The letter of one recipient: personal link in the body, personal List-Unsubscribe, French everywhere."""
    to = address or f"abonne{number}@ville{number}.fr"
    message_id = f"<{number:032x}@lettre.example.org>"
    link = f"https://lettre.example.org/desabonnement/jeton-{number}"
    html = f'<p>Élu·es, « bienvenue » — <a href="{link}">{number}</a></p>'
    headers = (
        ("Message-ID", message_id),
        ("List-Id", "=?utf-8?q?R=C3=A9seau?=\r\n <lettre.example.org>"),
        ("List-Unsubscribe", f"<{link}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Content-Language", "fr"),
    )
    lines = [f"{name}: {value}" for name, value in headers]
    top = [f"From: lettre@example.org\r\nTo: {to}\r\nSubject: La lettre de novembre", *lines, "MIME-Version: 1.0"]
    mime = "\r\n".join([*top, "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", html])
    return Outgoing(
        delivery=number,
        address=to,
        message_id=message_id,
        return_path="retours@lettre.example.org",
        key=f"cle-{number}",
        mime=mime.encode(),
        parts=Parts(
            sender_name="Réseau des élu·es",
            sender="lettre@example.org",
            reply_to="animation@example.org",
            subject="La lettre de novembre",
            html=html,
            text=f"Bienvenue, abonné {number} : {link}",
            headers=headers,
        ),
    )


def letters(count: int) -> list[Outgoing]:
    return [letter(number) for number in range(1, count + 1)]


def opened(fake: Fake, **options: str) -> Provider:
    return open_provider(workspace(fake.name, base_url=fake.url, **options))


def sent(fake: Fake, batch: Sequence[Outgoing], **options: str) -> list[Outcome]:
    """Send `batch` in one session, cut as the provider allows; outcomes in the order of the batch."""
    provider = opened(fake, **options)
    session = provider.connect("2026-11-lettre")
    found: list[Outcome] = []
    for start in range(0, len(batch), provider.batch):
        found += session.send(batch[start : start + provider.batch])
    session.close()
    assert sorted(outcome.delivery for outcome in found) == sorted(message.delivery for message in batch)
    return sorted(found, key=lambda outcome: outcome.delivery)


def verdicts(outcomes: Sequence[Outcome]) -> set[tuple[str, str]]:
    return {(outcome.kind, outcome.scope) for outcome in outcomes}
