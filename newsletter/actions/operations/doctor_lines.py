"""One line of the doctor's report: a level, a French sentence, and the next step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from newsletter.i18n import _


class Level(StrEnum):
    """Green: all is well. Amber: look at it, or it could not be checked. Red: letters would be lost or refused."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class DoctorLine:
    """A stable `code`, a level, what was found, and what to do next (empty when there is nothing to do)."""

    code: str
    level: Level
    text: str
    advice: str = ""


class Unanswered(Exception):  # noqa: N818 - no fault: the network did not answer in time
    """A network query had no answer, so nothing is known."""


def good(code: str, text: str) -> DoctorLine:
    """Return a green line."""
    return DoctorLine(code, Level.GREEN, text)


def doubt(code: str, text: str, advice: str) -> DoctorLine:
    """Return an amber line."""
    return DoctorLine(code, Level.AMBER, text, advice)


def bad(code: str, text: str, advice: str) -> DoctorLine:
    """Return a red line."""
    return DoctorLine(code, Level.RED, text, advice)


def unchecked(code: str) -> DoctorLine:
    """Return the line of a check that could not be made without the network."""
    name = {"images": _("Images")}.get(code, code.upper())
    text = _("{name} : non vérifié, faute de réseau.").format(name=name)
    return doubt(code, text, _("Relancez `newsletter doctor` depuis une machine reliée à Internet."))
