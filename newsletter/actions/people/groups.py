"""Groups kept by hand: made, filled and emptied by a list of addresses or an audience, each step with its way back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter import addresses
from newsletter.actions.people.bulk import ChosenPeople, ids_of
from newsletter.actions.workspace import Workspace
from newsletter.audience import AudienceRule
from newsletter.errors import AddressError, Refused
from newsletter.french import slugify
from newsletter.i18n import _
from newsletter.store.people import groups
from newsletter.store.people.groups import GroupSpan, PersonGroup

_BETWEEN = re.compile(r"[\s,;<>\"]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """What a change of a group does: who comes in or goes out, how many stay as they were, texts that are unknown.

    `at` is the time of the change, by which it can be taken back; 0 for a rehearsal.
    """

    changed: tuple[int, ...] = ()
    same: int = 0
    unknown: tuple[str, ...] = ()
    at: float = 0.0


def list_groups(workspace: Workspace) -> list[PersonGroup]:
    """Return every group with its people of now."""
    with workspace.database.read() as connection:
        return groups.list_groups(connection)


def get_group(workspace: Workspace, key: str) -> PersonGroup:
    """Return one group; NotFound."""
    with workspace.database.read() as connection:
        return groups.get_group(connection, key)


def save_group(workspace: Workspace, key: str, title: str, note: str, by: str) -> str:
    """Make a group (without `key`) or change its title and note; returns its key. Refused for a name that is taken."""
    title = " ".join(title.split())
    if not title:
        raise Refused(_("Donnez un nom à ce groupe."), hint="give a title")
    with workspace.database.write() as connection:
        if key:
            groups.edit_group(connection, key, title, note)
            return key
        return groups.add_group(connection, slugify(title, 40), title, note, workspace.clock(), by).key


def groups_of_person(workspace: Workspace, person_id: int) -> list[GroupSpan]:
    """Return when a person was in which group, the newest first."""
    with workspace.database.read() as connection:
        return groups.groups_of(connection, person_id)


def change_by_addresses(
    workspace: Workspace, key: str, text: str, by: str, *, leave: bool = False, dry_run: bool = False
) -> GroupChange:
    """Put the people of a pasted list of addresses into a group, or with `leave` take them out.

    Addresses that are unknown, and words that are none, are named and change nothing. With `dry_run` nothing changes.
    """
    wanted, unknown = _addresses(text)
    with workspace.database.read() as connection:
        ids = groups.ids_of(connection, wanted)
    unknown += [address for address in wanted if address not in ids]
    made, at = _change(workspace, key, list(ids.values()), by, leave=leave, dry_run=dry_run)
    named = tuple(dict.fromkeys(unknown))
    return GroupChange(changed=made, same=len(ids) - len(made), unknown=named, at=at)


def change_by_audience(
    workspace: Workspace,
    key: str,
    who: AudienceRule | ChosenPeople,
    by: str,
    *,
    leave: bool = False,
    dry_run: bool = False,
) -> GroupChange:
    """Put chosen people or an audience of today into a group, or with `leave` take them out; AudienceError."""
    ids = ids_of(workspace, who)
    made, moment = _change(workspace, key, ids, by, leave=leave, dry_run=dry_run)
    return GroupChange(changed=made, same=len(ids) - len(made), at=moment)


def take_back_change(workspace: Workspace, key: str, at: float, by: str) -> int:
    """Undo the change of a group made at one moment: who came in goes out, who went out comes back; how many moved."""
    with workspace.database.write() as connection:
        came, went = groups.moved_at(connection, key, at)
        now = workspace.clock()
        return len(groups.leave_group(connection, key, came, now, by)) + len(
            groups.join_group(connection, key, went, now, by)
        )


def _change(
    workspace: Workspace, key: str, ids: Sequence[int], by: str, *, leave: bool, dry_run: bool
) -> tuple[tuple[int, ...], float]:
    """Return who moved (or would), and when."""
    if dry_run:
        with workspace.database.read() as connection:
            groups.get_group(connection, key)
            inside = groups.ids_inside(connection, key)
        return tuple(n for n in dict.fromkeys(ids) if (n in inside) == leave), 0.0
    with workspace.database.write() as connection:
        act, now = groups.leave_group if leave else groups.join_group, workspace.clock()
        return tuple(act(connection, key, ids, now, by)), now


def _addresses(text: str) -> tuple[list[str], list[str]]:
    """Return the address keys of a pasted list, and the words with an @ that are no addresses."""
    found, refused = [], []
    for word in filter(lambda one: "@" in one, _BETWEEN.split(text)):
        try:
            found.append(addresses.parse_address(word).key)
        except AddressError:
            refused.append(word)
    return list(dict.fromkeys(found)), refused
