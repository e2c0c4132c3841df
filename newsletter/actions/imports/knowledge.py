"""What the store knows of the people in a file that is being imported, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from sqlalchemy.engine import Connection

from newsletter.actions.imports.field_columns import FieldColumns
from newsletter.exchange.plan import ImportRow, KnownState, State
from newsletter.store.imports import writer as stored_writer
from newsletter.store.imports.writer import KnownPerson
from newsletter.store.people.erasure import erased, erased_count

_STATES: Mapping[str, State] = {
    "active": "active",
    "pending": "pending",
    "left": "left",
    "bounced": "bounced",
    "complained": "complained",
}


class Knowledge:
    """What the store knows of the addresses in a file, a batch at a time."""

    def __init__(
        self,
        connection: Connection,
        publication: str,
        fingerprint: Callable[[str, str], str],
        fields: FieldColumns | None = None,
    ) -> None:
        self._fields = fields
        self._connection, self._publication, self._fingerprint = connection, publication, fingerprint
        self._erased = erased_count(connection) > 0
        self._found: Mapping[str, KnownPerson] = {}

    def states(self, keys: Sequence[str]) -> Mapping[str, KnownState]:
        """Return the state of each address key that is known."""
        self._found = stored_writer.known(self._connection, self._publication, keys)
        ids = [known.id for known in self._found.values()]
        held = self._fields.held(self._connection, ids) if self._fields else {}
        states = {key: known_state(known, held.get(known.id, {})) for key, known in self._found.items()}
        return states | self._erasures([key for key in keys if key not in states])

    def of(self, row: ImportRow) -> KnownPerson | None:
        """Return the person of a row of the batch that was asked for last."""
        return self._found.get(row.address.key) if row.address else None

    def _erasures(self, keys: Sequence[str]) -> dict[str, KnownState]:
        if not (self._erased and keys):
            return {}
        prints = {self._fingerprint("erasure", key): key for key in keys}
        return {prints[found]: KnownState("erased") for found in erased(self._connection, list(prints))}


def known_state(known: KnownPerson, held: Mapping[str, str] = MappingProxyType({})) -> KnownState:
    """Return what an import must know of a person it may change; `held` are their custom fields."""
    state = known.suppressed or known.state or ""
    title_fixed = any(known.details[name] and name not in known.from_file for name in ("function", "role"))
    fixed = {name for name in ("first_name", "last_name", "phone") if known.details[name]} - known.from_file
    # The organisation is looked at by `Placing`, which knows which one a name means.
    filled = frozenset(fixed | {"organisation"} | ({"role"} if title_fixed else set()))
    return KnownState(_STATES.get(state, "unknown"), filled, {**known.details, **held})
