"""Mailings side by side: to how many they went, what came back, how many articles they printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.actions.workspace import Workspace
from newsletter.store.reports import figures
from newsletter.store.reports.figures import MailingOutcome
from newsletter.store.sending import mailings
from newsletter.store.sending.mailings import Mailing

SHOWN = 40


@dataclass(frozen=True, slots=True)
class MailingLine:
    """One mailing that was begun: its ledger's counts, and how many articles stood under each tag."""

    outcome: MailingOutcome
    articles: Mapping[str, int]

    @property
    def mailing(self) -> Mailing:
        """The mailing."""
        return self.outcome.mailing

    @property
    def arrived(self) -> float | None:
        """The share of those tried that were sent and did not come back; None before anything was tried."""
        tried = self.outcome.tried
        return (self.outcome.sent - self.outcome.returned) / tried if tried else None


def lines(workspace: Workspace, publication: str = "", most: int = SHOWN) -> list[MailingLine]:
    """Return the latest mailings that were begun, newest first, of one publication or of all."""
    with workspace.database.read() as connection:
        begun = [m for m in mailings.list_mailings(connection, publication=publication) if m.started_at is not None][
            :most
        ]
        return [MailingLine(outcome, _articles(outcome.mailing)) for outcome in figures.outcomes(connection, begun)]


def _articles(mailing: Mailing) -> Mapping[str, int]:
    """Count articles as a reader meets them: by section, the lead under its own tag."""
    record = mailing.record
    found: Counter[str] = Counter()
    for section in record.get("sections", ()):
        found[section["tag"]] += len(section["articles"])
    lead = record.get("items", {}).get(record.get("lead", ""), {}).get("tags", ())
    found.update(lead[:1])
    return found
