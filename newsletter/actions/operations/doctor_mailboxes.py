"""Who asks for what: the mailbox providers that a fault of the name system costs letters, and what each then does.

Google's sender guidelines, Microsoft's requirements of 5 May 2025, postmaster.orange.fr (15 May 2026), La Poste's rule
of 9 September 2025.
"""

from __future__ import annotations

from dataclasses import replace

from newsletter.actions.operations.doctor_lines import DoctorLine, Level
from newsletter.i18n import _


def name_who_asks(line: DoctorLine) -> DoctorLine:
    """Return a line with what Gmail, Microsoft, Orange and La Poste make of its fault, if it tells of one."""
    words = _words().get(line.code, "") if line.level is not Level.GREEN else ""
    return replace(line, advice=f"{line.advice} {words}".strip()) if words else line


def _words() -> dict[str, str]:
    return {
        "spf": _(
            "Sans SPF, Orange refuse ; Gmail et Microsoft aussi, à partir de 5 000 messages par jour ; La Poste "
            "accepte si DKIM est bon."
        ),
        "dkim": _(
            "Sans DKIM, Orange refuse ; Gmail et Microsoft aussi, à partir de 5 000 messages par jour ; La Poste "
            "accepte si SPF est aligné."
        ),
        "dmarc": _(
            "Orange veut que SPF, DKIM et DMARC passent ensemble ; Gmail et Microsoft demandent au moins p=none à "
            "partir de 5 000 messages par jour ; La Poste ne demande rien de plus que SPF ou DKIM."
        ),
        "ptr": _(
            "Gmail et Orange refusent une adresse IP dont le nom ne mène pas à elle ; Microsoft et La Poste s’en "
            "méfient."
        ),
    }
