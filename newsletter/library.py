"""The Python door: ten methods over the actions that the command line and the Studio call."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from newsletter.actions import documents, workspace
from newsletter.actions.issues import files
from newsletter.actions.letters import editions
from newsletter.actions.people import subscriptions
from newsletter.actions.reports import formats
from newsletter.actions.reports import report as reports
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing


class OpenedWorkspace:
    """A workspace opened by `newsletter.open_workspace`: every method returns a JSON document (dict or list).

    The documents are those of the commands' `--json`. Every method may raise a `newsletter.errors.NewsletterError`,
    whose text says what is wrong, where, and what to do. One instance may be used by several threads. `actor` is the
    name that the journal keeps for what is done.
    """

    def __init__(self, root: Path, actor: str = "python") -> None:
        self.actor = actor
        self._workspace = workspace.open_workspace(root)

    def issues(self) -> list[dict[str, Any]]:
        """Return the issues, newest first: `issue` (its key), `publication`, `date`, `number`, `subject`, `status`."""
        return [documents.issue(found) for found in files.list_issues(self._workspace)[0]]

    def preview(self, issue: str, out: str | Path) -> dict[str, Any]:
        """Write `letter.html`, `letter.txt` and `letter.eml` into the directory `out`; nothing is sent.

        Returns `subject`, `preheader`, `bytes_html`, `files`, and the proof-reader's `warnings`.
        """
        return documents.preview(issue, editions.preview(self._workspace, issue, Path(out)))

    def approve(self, issue: str, at: datetime | None = None) -> dict[str, Any]:
        """Freeze an issue for sending: at `at` (an aware datetime), or after the recall window.

        Raises Refused while the proof-reader finds errors.
        """
        return documents.mailing(approve_issue(self._workspace, issue, by=self.actor, at=at))

    def send(self, issue: str) -> dict[str, Any]:
        """Deliver an issue now, approving it if needed, and return its receipt.

        Called again, it goes on where it stopped; no one gets the issue twice. Raises Refused while it is paused.
        """
        mailing = mailings.ready_mailing(self._workspace, issue, by=self.actor, now=True)
        if mailing.status == "approved":
            mailing = mailings.begin_mailing(self._workspace, mailing)
        receipt, _troubles = deliver_mailing(self._workspace, mailing)
        return documents.receipt(receipt)

    def receipt(self, issue: str) -> dict[str, Any]:
        """Return the receipt of an issue: candidates = sent + refused + excluded + cancelled + doubtful + open."""
        return documents.receipt(mailings.mailing_receipt(self._workspace, issue))

    def subscribe(self, email: str, publication: str, *, asked: str, organisation: str = "") -> dict[str, Any]:
        """Subscribe one person; `asked` says how they asked for it and is kept as the proof of consent.

        Raises AddressError for an address that cannot be one, Refused for a person who may not be subscribed.
        """
        subscriptions.add_subscription(
            self._workspace, email, publication, by=self.actor, asked=asked, organisation=organisation
        )
        return self.why(email, publication)

    def unsubscribe(self, email: str, publication: str = "") -> list[str]:
        """End one subscription of a person, or all, and return the publications that ended.

        Raises NotFound for an unknown address.
        """
        return subscriptions.unsubscribe(self._workspace, email, by=self.actor, publication=publication)

    def why(self, email: str, publication: str) -> dict[str, Any]:
        """Explain whether an address receives a publication today, by the rule that approval and sending apply."""
        return documents.why(subscriptions.why(self._workspace, email, publication))

    def count(self, on: date | None = None, by: str = "") -> dict[str, Any]:
        """Count subscribers at the end of a day (today without `on`).

        `by` groups them: `publication`, `status`, `level`, `region`, `role` or `month`.
        """
        return documents.count(reports.count(self._workspace, on=on, by=by))

    def report(self, year: int) -> dict[str, Any]:
        """Return the figures of a year, each with its key, label, value and rule."""
        return formats.as_json(reports.report(self._workspace, year))

    def close(self) -> None:
        """Close the database; safe to call twice."""
        self._workspace.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
