"""From a table to what an import of subscribers would do with each of its rows.

An import never subscribes again somebody who left, complained or was erased, and whoever is unsubscribed on one line
of a file is unsubscribed on all of them, wherever that line stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from newsletter.addresses import Address, suspect
from newsletter.exchange.address_repair import address_doubt
from newsletter.exchange.column_reading import FIELD
from newsletter.exchange.consent_words import STOPPED, Standing
from newsletter.exchange.keyset import KeySet
from newsletter.exchange.person_rows import RowReader
from newsletter.exchange.plan import ImportRow, KnownState, Lookup, State
from newsletter.exchange.table import Table
from newsletter.exchange.titles import fuller_title, title
from newsletter.exchange.values import fuller
from newsletter.i18n import _

DETAILS = ("first_name", "last_name", "organisation", "role", "phone")
"""What an import may add to a known person where the store has nothing."""

_BATCH = 500
_FINAL: frozenset[State] = frozenset({"left", "complained", "bounced", "erased"})
# A graver word than the store's counts, a lighter one does not: so that the order of files is of no matter.
_GRAVITY: Mapping[str, int] = {"left": 1, "bounced": 2, "complained": 3, "erased": 4}
_UNKNOWN = KnownState("unknown")


def plan_subscribers(
    table: Table, publication: str, known: Lookup, trouble: Callable[[ImportRow], str] = lambda _row: ""
) -> Iterator[ImportRow]:
    """Yield the outcome of each record of `table`, in order; nothing is changed.

    A record that holds several people gives several rows. `publication` is the title used in reasons. The table is read
    twice if a column may say that people have left. `known` is asked in batches, just before their rows are yielded, so
    a caller may write as it goes. `trouble` tells why a row that would subscribe a person is refused, or "".
    """
    reader = RowReader(table)
    stopped, seen = reader.stopped() or None, KeySet()
    rows = reader.rows()
    while batch := list(islice(rows, _BATCH)):
        keys = [row.address.key for row in batch if row.address]
        states = known.states(keys) if keys else {}
        for row in batch:
            if row.action in ("accept", "review") and row.address:
                if row.standing not in STOPPED and (why := trouble(row)):
                    yield row._replace(action="reject", reason=why, address=None)
                    continue
                yield _decide(row, row.address, publication, states.get(row.address.key, _UNKNOWN), seen, stopped)
            else:
                yield row


def _decide(
    row: ImportRow, address: Address, publication: str, known: KnownState, seen: KeySet, stopped: KeySet | None
) -> ImportRow:
    """Return the final outcome of a row with an address, by what the store and the rest of the file say."""
    says: Standing = row.standing if row.standing in STOPPED else ""
    if not says and stopped is not None and address.key in stopped:
        says = "left"
    if says and _GRAVITY[says] > _GRAVITY.get(known.state, 0):
        return row._replace(action="suppress", reason=_why_suppressed(row), standing=says)
    if known.state in _FINAL:
        return row._replace(action="keep", reason=_kept(known, publication))
    if row.action == "review":
        return row
    doubt = (suspect(address) or address_doubt(address)) if known.state == "unknown" else ""
    if doubt:
        return row._replace(action="review", reason=doubt)
    if not seen.add(address.key):
        return row._replace(action="merge", reason=_("la même personne est déjà plus haut dans le fichier"))
    if known.state == "unknown":
        return row
    if _brings(row.fields, known):
        return row._replace(action="merge", reason=_("déjà connue : complète les renseignements manquants"))
    return row._replace(action="keep", reason=_nothing_new(known, publication))


def _brings(fields: Mapping[str, str], known: KnownState) -> bool:
    """Tell whether a row has a detail that the store lacks, or has in fewer words from another file."""
    if any(name.startswith(FIELD) and text != known.details.get(name, "") for name, text in fields.items()):
        return True
    names = [name for name in DETAILS if name not in known.filled and name in fields]
    if not known.details or "organisation" in names:
        return bool(names)
    plain = (name for name in names if name != "role")
    if any(fuller(fields[name], known.details.get(name, "")) for name in plain):
        return True
    ours = known.details.get("function", ""), known.details.get("role", "")
    return "role" in names and fuller_title(title(fields), ours)


def _kept(known: KnownState, publication: str) -> str:
    """Return why the store's word stands, whatever the file says."""
    reasons: Mapping[State, str] = {
        "left": _("s’est désabonnée de « {publication} » : un import ne réabonne jamais"),
        "complained": _("a signalé nos envois comme indésirables : un import ne réabonne jamais"),
        "bounced": _("les envois à cette adresse sont revenus en erreur : un import ne la réactive jamais"),
        "erased": _("a demandé l’effacement de ses données : un import ne réabonne jamais"),
    }
    return reasons[known.state].format(publication=publication)


def _nothing_new(known: KnownState, publication: str) -> str:
    if known.state == "pending":
        return _("attend la confirmation de son abonnement à « {publication} »").format(publication=publication)
    return _("déjà abonnée à « {publication} » : rien à changer").format(publication=publication)


def _why_suppressed(row: ImportRow) -> str:
    """Return why the file stops the person, with the cell that says so when the row itself does."""
    reason = {
        "left": _("désabonnée selon le fichier"),
        "bounced": _("adresse en erreur selon le fichier"),
        "complained": _("plainte pour courrier indésirable selon le fichier"),
    }.get(row.standing, _("désabonnée à une autre ligne du fichier"))
    return f"{reason} ({row.reason})" if row.standing in STOPPED and row.reason else reason
