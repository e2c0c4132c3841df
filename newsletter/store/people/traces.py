"""Every place but `subscribers` that may hold something about a person, emptied in one go.

A new table or column that may hold an address, a name or a person's words belongs in here.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.audiences import custom_fields, field_values
from newsletter.store.tables.core import deliveries, events, mailings
from newsletter.store.tables.imports import import_changes, imports, reviews, webhook_calls
from newsletter.store.tables.pages import proposals, rights_requests, waiting_mails

# Events whose detail may hold an address that is nobody's subscription.
_NAMING = ("mailing-paused", "proof-sent", "proof-mailed", "test-sent")


def wipe(connection: Connection, subscriber_id: int, *spellings: str) -> None:
    """Remove a person from the ledger, the journal, imports, reviews, proposals, receipts and webhook calls.

    `spellings` are the forms of the address, searched without regard to case where texts from outside are kept. What
    is needed to count stays, without a link to the person.
    """
    _by_id(connection, subscriber_id)
    by_person = sa.and_(events.c.subscriber_id == subscriber_id, _mentions(events.c.actor, spellings))
    connection.execute(events.update().where(by_person).values(actor=""))
    wipe_texts(connection, *spellings)


def wipe_texts(connection: Connection, *spellings: str) -> int:
    """Remove an address from all texts that are kept from outside; returns in how many rows it was."""
    keyed = sa.and_(events.c.key.is_not(None), _mentions(events.c.key, spellings))
    asked = sa.or_(_mentions(reviews.c.subject, spellings), _mentions(reviews.c.detail, spellings))
    named = _mentions(imports.c.file_name, spellings)
    changed = (
        connection.execute(events.update().where(keyed).values(key=None, detail="")),
        connection.execute(reviews.delete().where(asked)),
        connection.execute(imports.update().where(named).values(file_name="")),
    )
    calls = _webhook_calls(connection, spellings)
    return _mailings(connection, spellings) + calls + sum(result.rowcount for result in changed)


def _by_id(connection: Connection, subscriber_id: int) -> None:
    deliveries_of = deliveries.update().where(deliveries.c.subscriber_id == subscriber_id)
    connection.execute(deliveries_of.values(subscriber_id=None, answer="", provider_id=""))
    connection.execute(events.update().where(events.c.subscriber_id == subscriber_id).values(detail="", key=None))
    connection.execute(import_changes.delete().where(import_changes.c.subscriber_id == subscriber_id))
    connection.execute(reviews.delete().where(reviews.c.subscriber_id == subscriber_id))
    # Only texts may speak of the person: the other values stay without a name, so that past counts stay true.
    words = sa.select(custom_fields.c.key).where(custom_fields.c.about == "person", custom_fields.c.kind == "text")
    mine = sa.and_(field_values.c.about == "person", field_values.c.subject_id == subscriber_id)
    connection.execute(field_values.delete().where(mine, field_values.c.field.in_(words)))
    connection.execute(waiting_mails.delete().where(waiting_mails.c.subscriber_id == subscriber_id))
    connection.execute(
        rights_requests.update().where(rights_requests.c.subscriber_id == subscriber_id).values(subscriber_id=None)
    )
    proposals_of = proposals.update().where(proposals.c.subscriber_id == subscriber_id)
    connection.execute(proposals_of.values({"subscriber_id": None, "values": "{}", "word": ""}))


def _mentions(column: sa.Column[str], spellings: tuple[str, ...]) -> sa.ColumnElement[bool]:
    return sa.or_(*(column.icontains(text, autoescape=True) for text in spellings))


def _mailings(connection: Connection, spellings: tuple[str, ...]) -> int:
    """Remove the address from stored receipts (doubtful names) and frozen audiences (exceptions)."""
    places = (mailings.c.receipt, mailings.c.audience)
    found = sa.or_(*(_mentions(place, spellings) for place in places))
    wanted = {text.lower() for text in spellings}
    rows = connection.execute(sa.select(mailings.c.id, *places).where(found)).all()
    for row in rows:
        values = {
            place.name: json.dumps(_without(json.loads(text), wanted), ensure_ascii=False)
            for place, text in zip(places, row[1:], strict=True)
            if text
        }
        connection.execute(mailings.update().where(mailings.c.id == row.id).values(**values))
    return len(rows) + _pauses(connection, spellings)


def _pauses(connection: Connection, spellings: tuple[str, ...]) -> int:
    """Empty the reasons of pauses, and the events, that name the person a message was for."""
    told = sa.and_(events.c.kind.in_(_NAMING), _mentions(events.c.detail, spellings))
    named = _mentions(mailings.c.pause_reason, spellings)
    emptied = connection.execute(events.update().where(told).values(detail=""))
    return emptied.rowcount + connection.execute(mailings.update().where(named).values(pause_reason="")).rowcount


def _without(document: Any, wanted: set[str]) -> Any:
    """Return a JSON document without the list entries that are one of the lower-case texts `wanted`."""
    if isinstance(document, dict):
        return {name: _without(value, wanted) for name, value in document.items()}
    if isinstance(document, list):
        return [_without(v, wanted) for v in document if not (isinstance(v, str) and v.lower() in wanted)]
    return document


def _webhook_calls(connection: Connection, spellings: tuple[str, ...]) -> int:
    """Empty the bodies that mention the person; the key stays, so that a replay still has no effect."""
    wanted = [text.encode().lower() for text in spellings]
    rows = connection.execute(sa.select(webhook_calls.c.key, webhook_calls.c.body))
    keys = [row.key for row in rows if any(text in row.body.lower() for text in wanted)]
    for key in keys:
        connection.execute(webhook_calls.update().where(webhook_calls.c.key == key).values(body=b""))
    return len(keys)
