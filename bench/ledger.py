"""A mailing in a database of its own, ready to be delivered: what several benchmarks begin with."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from bench import message as letters
from bench.peers import LETTER, SENDER
from newsletter.actions.letters.personal import Personal
from newsletter.links import Links
from newsletter.rendering.message import Skeleton
from newsletter.store.engine.database import Database
from newsletter.store.people import people
from newsletter.store.people.entitlement import Rule
from newsletter.store.sending import mailings
from newsletter.store.sending.mailings import Frozen
from newsletter.tokens import Signer

CHUNK = 20_000


def skeleton() -> Skeleton:
    """Return the frozen letter."""
    return Skeleton.compile(letters.sample(LETTER), sender=SENDER, list_id="La lettre <lettre.example.org>")


def maker() -> Personal:
    """Return the maker of personal messages."""
    return Personal(
        issue="bench",
        publication="lettre",
        mailing=1,
        sender=SENDER,
        return_path="retours@example.org",
        links=Links("https://lettre.example.org", Signer.from_secret("0123456789abcdef" * 4)),
        members_web=False,
        wants="pieces",
    )


def approve(database: Database, count: int) -> mailings.Mailing:
    """Load `count` subscribers and lock a mailing to them; it has begun."""
    now, consent = time.time(), people.Consent("consent", "bench")
    for start in range(0, count, CHUNK):
        batch = [
            people.Person(address=f"reader{n}@example.org", key=f"reader{n}@example.org")
            for n in range(start, min(start + CHUNK, count))
        ]
        with database.write() as connection:
            people.enrol(connection, people.load_person(connection, batch, now), batch, ["lettre"], consent, now)
    with database.write() as connection:
        made = mailings.create_mailing(
            connection,
            issue="bench",
            subject="La lettre",
            content_hash="",
            rule=Rule("lettre", False),
            record={},
            frozen=[Frozen((), skeleton().freeze())],
            caps={},
            approved_by="bench",
            now=now,
            not_before=now,
            today=datetime.fromtimestamp(now, UTC).date(),
        )
        mailings.change_mailing(connection, made.id, "sending", only=("approved",), started_at=now)
        return mailings.get_mailing(connection, made.id)
