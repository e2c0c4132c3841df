"""Single messages that users let leave: proofs, the link of a person interviewed, test messages.

Each stands in the journal with its address. To addresses outside of the team they belong to users who may send, so many
a day.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from newsletter import addresses
from newsletter.actions.workspace import Workspace
from newsletter.actor import user_of
from newsletter.errors import Refused
from newsletter.i18n import Sentence
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.people import limits
from newsletter.store.team import users

_DAY = 86_400
log = logging.getLogger("newsletter.team")


def note_message(
    workspace: Workspace, kind: str, to: str, *, by: str, may_send: bool, detail: Mapping[str, str] | None = None
) -> None:
    """Write down that a message of this kind leaves for `to`, before it does.

    Refused for an address outside of the team when `by` may not send, or has used up the day's messages; AddressError.
    Commands are not counted: who may run them has the whole workspace.
    """
    address = addresses.parse_address(to)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        if users.by_key(connection, address.key) is None:
            if not may_send:
                raise _not_outside()
            most, user = workspace.settings.studio.outside_mails_per_day, user_of(by)
            if user is not None and limits.hit(connection, f"outside-mail:{user}", now, _DAY) > most:
                log.warning("ALARM: more than %d messages to addresses outside of the team by user %d", most, user)
                raise _too_many(most)
        event = Event(now, kind, actor=by, detail={"to": address.text, **(detail or {})})
        journal.record_event(connection, event)


def _not_outside() -> Refused:
    return Refused(
        "this address is outside of the team, and its user may not send",
        hint="ask a user who may send",
        said=Sentence(
            "Écrire à une adresse hors de l’équipe demande le droit d’envoyer. Demandez à une personne qui l’a."
        ),
    )


def _too_many(most: int) -> Refused:
    return Refused(
        f"{most} messages a day to addresses outside of the team are the limit",
        hint="wait a day, or raise `[studio] outside_mails_per_day`",
        said=Sentence(
            "Vous avez déjà écrit {most} fois aujourd’hui à des adresses hors de l’équipe. Réessayez demain.", most=most
        ),
    )
