"""A made-up past for the report's tests: readers who came and went, authorities, mailings with their records."""

from __future__ import annotations

from datetime import datetime

from newsletter.paris import PARIS
from newsletter.store.people import people
from newsletter.store.people.entitlement import Rule
from newsletter.store.people.people import Consent, Person
from newsletter.store.sending import mailings
from newsletter.store.sending.mailings import Frozen
from newsletter.store.tables.core import deliveries

BY_FORM = Consent("consent", "form")


def at(*moment):
    return datetime(*moment, tzinfo=PARIS).timestamp()


def reader(connection, name, when, *publications, **details):
    """Subscribe a new person to `publications` (default: the lettre)."""
    key = f"{name}@example.org"
    person = people.add_person(connection, Person(address=key, key=key, **details), when)
    for publication in publications or ("lettre",):
        people.move_subscription(connection, person, publication, "active", BY_FORM, when)
    return person


def record(*sections, lead="", **items):
    """A mailing's record: `sections` are (tag, slug, slug...); `items` say more of a slug, `_` for `-`."""
    slugs = {slug for _tag, *slugs in sections for slug in slugs} | ({lead} - {""})
    plain = {"tags": [], "organisations": [], "speakers": 0, "speaker_organisations": []}
    return {
        "number": 1,
        "date": "",
        "lead": lead,
        "sections": [{"tag": tag, "title": tag, "articles": slugs} for tag, *slugs in sections],
        "items": {slug: {**plain, **items.get(slug, {})} for slug in slugs},
    }


def sent(connection, issue, when, content=None, *, publication="lettre", status="done", feedback=(), states=()):
    """A mailing to everybody subscribed; `states` and `feedback` change the first deliveries, the others are sent."""
    made = mailings.create_mailing(
        connection,
        issue=issue,
        subject=f"Sujet de {issue}",
        content_hash="h",
        rule=Rule(publication, publication == "flash"),
        record=content or record(),
        frozen=[Frozen((), b"skeleton")],
        caps={},
        approved_by="editor",
        now=when,
        not_before=when,
        today=datetime.fromtimestamp(when, PARIS).date(),
    )
    mailings.touch(connection, made.id, status=status, started_at=when, ended_at=when)
    mine = deliveries.c.mailing_id == made.id
    connection.execute(deliveries.update().where(mine, deliveries.c.state == "queued").values(state="sent"))
    ids = list(connection.execute(deliveries.select().where(mine).order_by(deliveries.c.id)).scalars())
    for number, state in zip(ids, states, strict=False):
        connection.execute(deliveries.update().where(deliveries.c.id == number).values(state=state))
    for number, word in zip(ids, feedback, strict=False):
        connection.execute(deliveries.update().where(deliveries.c.id == number).values(feedback=word))
    return made
