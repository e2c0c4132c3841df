"""One act on everybody of an audience: seen before it is done, in one transaction, with its way back.

What is done carries one time; taking it back finds its people by that time, so that nothing that happened since to one
of them is undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.engine import Connection

from newsletter.actions.people import custom_fields as field_verbs
from newsletter.actions.workspace import Workspace
from newsletter.audience import AudienceRule
from newsletter.errors import Refused
from newsletter.i18n import Sentence, _
from newsletter.store.people import audiences, bulk, custom_fields, people
from newsletter.store.people.audience_sql import standing_now
from newsletter.store.people.people import GONE, Consent

BulkKind = Literal["subscribe", "unsubscribe", "field"]
MOST = 20_000  # people that one act may change: beyond that it is an import's business
HOW = "studio-bulk"


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


def perform_bulk(workspace: Workspace, rule: AudienceRule, act: BulkAct, by: str, *, dry_run: bool) -> BulkResult:
    """Do an act to the people of an audience of today, or with `dry_run` only count.

    Who left, complained or bounced is never subscribed by it. Raises AudienceError, and Refused for an act that is not
    whole or an audience that is too large.
    """
    rule = workspace.resolve_audience(rule)
    at = standing_now(workspace.today(), workspace.settings.members.grace_days)
    _check(workspace, act)
    with workspace.database.write() as connection:
        ids = audiences.ids_of_audience(connection, rule, at)
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
