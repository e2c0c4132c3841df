"""Whether a letter is about to leave although the doctor's verdict is red."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter import paris
from newsletter.actions.operations.doctor_lines import DoctorLine, Level, bad, doubt, good
from newsletter.actions.workspace import Workspace
from newsletter.errors import StoreError
from newsletter.french import clock_words, day_words
from newsletter.i18n import _
from newsletter.store.sending.mailings import Mailing, list_mailings
from newsletter.store.sending.warnings import is_scheduled


def due_letters(workspace: Workspace, found: Sequence[DoctorLine]) -> DoctorLine:
    """Compare the letters that are leaving or have their hour with what the other lines `found`."""
    try:
        due = _due(workspace)
    except StoreError:
        return doubt(
            "letters", _("Lettres programmées : elles ne peuvent pas être lues."), _("Réparez d’abord la base.")
        )
    if not due:
        return good("letters", _("Aucune lettre n’est programmée."))
    first = due[0]
    moment = paris.moment(first.not_before)
    if first.status == "sending":
        when = _("« {subject} » est en train de partir").format(subject=first.subject)
    else:
        when = _("« {subject} » part {day} à {hour}").format(
            subject=first.subject, day=day_words(moment.date(), year=False), hour=clock_words(moment)
        )
    red = sum(line.level is Level.RED for line in found)
    if not red:
        return good("letters", _("{when} : rien ne s’y oppose.").format(when=when))
    step = _("Corrigez-les avant son départ, ou mettez-la en pause : `newsletter mailings pause {issue}`.")
    text = _("{when}, et des points sont en rouge ({n}).").format(when=when, n=red)
    return bad("letters", text, step.format(issue=first.issue))


def _due(workspace: Workspace) -> list[Mailing]:
    """Return the mailings that are leaving or have an hour, the next first."""
    with workspace.database.read() as connection:
        live = list_mailings(connection, status=("approved", "sending"))
        due = [m for m in live if m.status == "sending" or is_scheduled(connection, m)]
    return sorted(due, key=lambda mailing: (mailing.status != "sending", mailing.not_before))
