"""Reading people's records is journaled, and more of it than one person does in an hour is stopped and told.

Exports are capped and journaled; without this, a session taken over would carry the same list off by turning its pages.
"""

from __future__ import annotations

import logging

from sqlalchemy.engine import Connection

from newsletter import i18n
from newsletter.actions import mail
from newsletter.actions.workspace import Workspace
from newsletter.actor import user_of
from newsletter.errors import Refused
from newsletter.i18n import Sentence, _
from newsletter.rendering.notice import Notice
from newsletter.store.journal import Event, record_event
from newsletter.store.people import limits, people
from newsletter.store.team import users

HOUR, _DAY = 3600, 86_400
MOST_EXPORTS = 10  # a day: a stolen session can carry the list off once, and is noticed
USUAL, USUAL_SHARE = 500, 4  # people read in an hour: so many, or a quarter of all where that is more
WHOLE_RECORD = 5  # a whole record counts as so many lines of a list
FIRST_PAGE = 10  # a search shows one line that is wanted and others beside it: at most so many are counted
# The journal holds one line an hour and user at each of these counts, not one a page.
_STEPS = (1, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10_000)
log = logging.getLogger("newsletter.reading")


class UnusualReading(Refused):
    """A user has read more people in an hour than is usual: a fresh proof of who reads allows more (`allow_more`)."""


def note_reading(workspace: Workspace, reader: str, by: str, people_read: int) -> None:
    """Count people shown to `reader` (a stable name of the user or key; `by` is what the journal says).

    Call it before the page is given. Raises UnusualReading beyond the hour's usual volume, and tells the admins once.
    """
    if people_read < 1:
        return
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        n = limits.hit(connection, _name(workspace, reader), now, HOUR, people_read)
        for step in _STEPS:
            if n - people_read < step <= n:
                record_event(connection, Event(now, "people-read", actor=by, detail={"people": n}))
                break
        most = usual_volume(connection)
        if n <= most:
            return
        first = n - people_read <= most
        if first:
            log.warning("ALARM: one user or key has read more than %d people within an hour", most)
            record_event(connection, Event(now, "reading-alarm", actor=by, detail={"people": n, "cap": most}))
        admins = [user.address for user in users.list_users(connection) if user.role == "admin"] if first else []
    for address in admins:
        with i18n.speaking(workspace.settings.network.locale):
            mail.post(workspace, address, _warning(workspace, by, most))
    raise UnusualReading(
        "more people were read within an hour than is usual",
        hint="prove who you are, or wait until the hour is over",
        said=Sentence(
            "Beaucoup de fiches ont été lues depuis votre compte en peu de temps ; les administrateurs sont prévenus. "
            "Pour toute la liste, faites un export."
        ),
    )


def allow_more(workspace: Workspace, reader: str) -> None:
    """Begin to count anew: the user has just proven who they are."""
    with workspace.database.write() as connection:
        limits.release(connection, _name(workspace, reader))


def count_export(workspace: Workspace, connection: Connection, by: str, most: int) -> None:
    """Count a file of people that `by` is about to take away; Refused, with an alarm in the log, beyond `most` a day.

    Users are counted by id, whatever they are called. 0 is no limit.
    """
    reader, now = workspace.signer.fingerprint("limit", str(user_of(by) or by)), workspace.database.now(connection)
    if most and limits.hit(connection, f"export:{reader}", now, _DAY) > most:
        log.warning("ALARM: more than %d exports of the people by one user within a day", most)
        raise Refused(_("La liste a été exportée trop souvent aujourd’hui : réessayez demain."), hint="wait a day")


def usual_volume(connection: Connection) -> int:
    """Return how many people one user may read within an hour."""
    return max(USUAL, people.count_people(connection) // USUAL_SHARE)


def _name(workspace: Workspace, reader: str) -> str:
    return f"read:{workspace.signer.fingerprint('limit', reader)}"


def _warning(workspace: Workspace, by: str, most: int) -> Notice:
    return Notice(
        subject=_("Lecture inhabituelle de fiches dans le Studio"),
        heading=_("Beaucoup de fiches lues en peu de temps"),
        paragraphs=(
            _(
                "« {by} » a lu plus de {n} fiches en une heure. La suite lui est refusée tant que son identité n’est "
                "pas prouvée de nouveau."
            ).format(by=by, n=most),
            _("Si ce n’est pas un travail prévu, fermez les connexions de ce compte, puis regardez le journal."),
        ),
        action=(_("Ouvrir le journal"), f"{workspace.settings.web.base_url}/studio/reglages/journal"),
    )
