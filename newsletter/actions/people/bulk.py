"""One act on everybody of an audience, or on people chosen by hand: seen before it is done, with its way back.

What is done carries one time; taking it back finds its people by that time, so that nothing that happened since to one
of them is undone. An erasure alone has no way back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.engine import Connection

from newsletter.actions.people import custom_fields as field_verbs
from newsletter.actions.people import data_rights
from newsletter.actions.workspace import Workspace
from newsletter.audience import AudienceRule
from newsletter.errors import Refused
from newsletter.i18n import Sentence, _
from newsletter.store.people import audiences, bulk, custom_fields, people
from newsletter.store.people.audience_sql import standing_now
from newsletter.store.people.audiences import AudiencePerson
from newsletter.store.people.people import GONE, Consent

BulkKind = Literal["subscribe", "unsubscribe", "field"]
MOST = 20_000  # people that one act may change: beyond that it is an import's business
MOST_ERASED = 200  # people that one act may erase: it has no way back, and reads the kept files for each
HOW = "studio-bulk"
_UID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAct:
    """What is to be done: a publication to subscribe to (with how they asked) or to leave, or a field's value."""

    kind: BulkKind
    publication: str = ""
    asked: str = ""
    field: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """How many people an act changes (or would), how many are so already, and how many may not be; `at`: its time."""

    changed: int
    same: int
    barred: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class ChosenPeople:
    """People chosen by hand, by their random identifiers (hex)."""

    uids: tuple[str, ...]


def list_chosen(workspace: Workspace, chosen: ChosenPeople) -> list[AudiencePerson]:
    """Return the chosen people by address; who was erased meanwhile, and what is no identifier, is left out."""
    uids = [bytes.fromhex(text) for text in chosen.uids if _UID.fullmatch(text)]
    with workspace.database.read() as connection:
        return audiences.list_chosen(connection, uids)


def erase_people(workspace: Workspace, who: AudienceRule | ChosenPeople, by: str, *, seen: int | None = None) -> int:
    """Erase people one by one, each whole; returns how many. Without `seen` only count them.

    `seen` is the number that was shown: when it is another one by now nobody is erased. Raises AudienceError, and
    Refused for too many people.
    """
    if isinstance(who, ChosenPeople):
        found = list_chosen(workspace, who)
    else:
        rule = workspace.resolve_audience(who)
        at = standing_now(workspace.today(), workspace.settings.members.grace_days)
        with workspace.database.read() as connection:
            found = list(audiences.list_audience(connection, rule, at, 0, MOST_ERASED + 1))
    if len(found) > MOST_ERASED:
        raise Refused(
            f"one act erases at most {MOST_ERASED} people",
            hint="narrow it",
            said=Sentence("On n’efface pas plus de {n} personnes d’un geste. Précisez ce public.", n=MOST_ERASED),
        )
    if seen is None:
        return len(found)
    if seen != len(found):
        raise Refused(
            f"{seen} people were shown, and they are {len(found)} by now",
            hint="look again",
            said=Sentence("Ces personnes ont changé depuis : elles sont {n}. Relisez la liste.", n=len(found)),
        )
    for person in found:
        data_rights.forget_person(workspace, person.address, by=by)
    return len(found)


def perform_bulk(
    workspace: Workspace, who: AudienceRule | ChosenPeople, act: BulkAct, by: str, *, dry_run: bool
) -> BulkResult:
    """Do an act, in one transaction, to chosen people or those of an audience of today; with `dry_run` only count.

    Who left, complained or bounced is never subscribed by it. Raises AudienceError, and Refused for an act that is not
    whole or an audience that is too large.
    """
    _check(workspace, act)
    ids = ids_of(workspace, who)
    with workspace.database.write() as connection:
        if len(ids) > MOST:
            raise Refused(
                f"the audience holds {len(ids)} people; one act changes at most {MOST}",
                hint="narrow it",
                said=Sentence(
                    "Ce public compte trop de personnes pour un seul geste ({n} au plus). Précisez-le.", n=MOST
                ),
            )
        now = workspace.clock()
        if act.kind == "field":
            return _set_field(connection, act, ids, by, now, dry_run=dry_run)
        return _move(workspace, connection, act, ids, by, now, dry_run=dry_run)


def ids_of(workspace: Workspace, who: AudienceRule | ChosenPeople) -> list[int]:
    """Return the row ids of chosen people, or of an audience of today; AudienceError."""
    if isinstance(who, ChosenPeople):
        return [person.id for person in list_chosen(workspace, who)]
    rule = workspace.resolve_audience(who)
    at = standing_now(workspace.today(), workspace.settings.members.grace_days)
    with workspace.database.read() as connection:
        return audiences.ids_of_audience(connection, rule, at)


def _check(workspace: Workspace, act: BulkAct) -> None:
    if act.kind != "field":
        workspace.settings.publication(act.publication)
    if act.kind == "subscribe" and not act.asked.strip():
        raise Refused(_("Dites comment ces personnes l’ont demandé : c’est la preuve de leur accord."), hint="say how")


def _set_field(
    connection: Connection, act: BulkAct, ids: Sequence[int], by: str, now: float, *, dry_run: bool
) -> BulkResult:
    field = custom_fields.get_field(connection, "person", act.field)
    values, changed = field_verbs.parse_values(field, act.values), 0
    for number in ids:
        if dry_run:
            changed += set(custom_fields.values_of(connection, "person", number).get(field.key, ())) != set(values)
        else:
            changed += custom_fields.set_value(connection, field, number, values, now, by)
    return BulkResult(changed=changed, same=len(ids) - changed, at=0.0 if dry_run else now)


def _move(
    workspace: Workspace,
    connection: Connection,
    act: BulkAct,
    ids: Sequence[int],
    by: str,
    now: float,
    *,
    dry_run: bool,
) -> BulkResult:
    states = bulk.states_of(connection, ids, act.publication)
    joining = act.kind == "subscribe"
    barred = [n for n in ids if joining and states.get(n, "") in GONE]
    same = [n for n in ids if (states.get(n) == "active") == joining and n not in set(barred)]
    skipped = {*barred, *same}
    moving = [n for n in ids if n not in skipped]
    if not dry_run:
        basis = workspace.settings.publication(act.publication).basis if joining else ""
        proof: Mapping[str, str] = {"asked": act.asked.strip()} if joining else {}
        consent = Consent(basis, HOW, by, proof)
        for number in moving:
            person = people.by_id(connection, number)
            people.move_subscription(connection, person, act.publication, "active" if joining else "left", consent, now)
    return BulkResult(changed=len(moving), same=len(same), barred=len(barred), at=0.0 if dry_run else now)


def take_back_bulk(workspace: Workspace, act: BulkAct, at: float, by: str) -> int:
    """Undo an act by its time: people whom nothing else has happened to since are as before; returns how many."""
    with workspace.database.write() as connection:
        now = workspace.clock()
        if act.kind == "field":
            return _field_back(connection, act.field, at, by, now)
        consent = Consent("", f"{HOW}-undone", by)
        back = "left" if act.kind == "subscribe" else "active"
        found = bulk.moved_at(connection, act.publication, "active" if act.kind == "subscribe" else "left", at)
        for number, basis in found:
            person = people.by_id(connection, number)
            held = Consent(basis, consent.how, by) if back == "active" else consent
            people.move_subscription(connection, person, act.publication, back, held, now)
        return len(found)


def _field_back(connection: Connection, key: str, at: float, by: str, now: float) -> int:
    field = custom_fields.get_field(connection, "person", key)
    before = bulk.values_before(connection, "person", key, at)
    for number, values in before.items():
        custom_fields.set_value(connection, field, number, values, now, by)
    return len(before)
