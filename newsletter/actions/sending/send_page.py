"""What the send page must know of an issue at any moment: who gets it, what was approved, when it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter import paris
from newsletter.actions.issues.files import read_issue
from newsletter.actions.letters import editions
from newsletter.actions.sending import corrections, mailings, schedule
from newsletter.actions.sending.corrections import DoubtfulMessage
from newsletter.actions.workspace import Workspace
from newsletter.errors import NewsletterError, NotFound, Refused
from newsletter.french import clock_words, day_words
from newsletter.i18n import _
from newsletter.model import Finding, Issue, Severity
from newsletter.settings import Publication
from newsletter.store.sending import candidates
from newsletter.store.sending.mailings import Mailing
from newsletter.store.sending.receipts import Receipt

LISTED = 100


@dataclass(frozen=True, slots=True)
class RefusedGroup:
    """People refused with one answer: how many, and the first of them by name."""

    answer: str
    count: int
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPage:
    """One issue on its way out.

    `stage` is draft (nothing approved), approved (no hour given), scheduled, sending, paused or done; `left` are the
    seconds until a scheduled one leaves. `people` and `excluded` are counted now before the approval, and in the ledger
    after it. `changed` tells whether the files say something else than what was approved; `text` is the content hash of
    what they say, empty when nothing can be made of them.
    """

    issue: Issue
    publication: Publication
    stage: str
    people: int
    excluded: Mapping[str, int]
    findings: tuple[Finding, ...]
    text: str = ""
    mailing: Mailing | None = None
    receipt: Receipt | None = None
    at: datetime | None = None
    left: float = 0.0
    changed: bool = False
    near: Mailing | None = None
    recall_minutes: float = 0.0
    needs_second: bool = False
    doubtful: tuple[DoubtfulMessage, ...] = ()
    refused: tuple[RefusedGroup, ...] = ()

    @property
    def errors(self) -> int:
        """How many findings stop an approval."""
        return sum(finding.level is Severity.ERROR for finding in self.findings)

    @property
    def out(self) -> int:
        """How many people are left out."""
        return sum(self.excluded.values())


def send_page(workspace: Workspace, key: str) -> SendPage:
    """Return where the issue stands; NotFound, ContentError."""
    issue = read_issue(workspace, key)
    publication = workspace.settings.publication(issue.publication)
    try:
        mailing, events = mailings.story(workspace, key)
    except NotFound:
        return _draft(workspace, issue, publication)
    if mailing.status in ("cancelled", "loading"):
        return _draft(workspace, issue, publication)
    receipt = mailings.mailing_receipt(workspace, key)
    scheduled = any(event.kind == schedule.SCHEDULED for event in events)
    waiting = mailing.status == "approved"
    findings, text = _files(workspace, key) if waiting else ((), "")
    return SendPage(
        issue=issue,
        publication=publication,
        stage="scheduled" if waiting and scheduled else mailing.status,
        people=receipt.candidates - receipt.excluded - receipt.cancelled,
        excluded=receipt.excluded_by,
        findings=findings,
        text=text,
        mailing=mailing,
        receipt=receipt,
        at=paris.moment(mailing.not_before) if waiting and scheduled else None,
        left=mailings.due_in(workspace, mailing).total_seconds() if waiting and scheduled else 0.0,
        changed=waiting and text != mailing.content_hash,  # what cannot be rendered any more is not what was approved
        near=mailings.close_by(workspace, mailing) if waiting else None,
        recall_minutes=_recall(workspace),
        needs_second=workspace.settings.sending.second_person and not mailing.confirmed_by,
        doubtful=tuple(corrections.list_doubtful(workspace, key)[:LISTED]) if receipt.doubtful else (),
        refused=_refused(workspace, key) if receipt.refused else (),
    )


def _refused(workspace: Workspace, key: str) -> tuple[RefusedGroup, ...]:
    """Group who was refused by the provider's answer, the most frequent first."""
    groups: dict[str, list[str]] = {}
    for one in corrections.list_refused(workspace, key):
        groups.setdefault(_common(one.answer, one.address), []).append(one.address)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return tuple(RefusedGroup(answer, len(people), tuple(people[:LISTED])) for answer, people in ordered[:LISTED])


def _common(answer: str, address: str) -> str:
    """Return what an answer says beside the person's address: the part behind it, which others may have got too."""
    return (answer.rpartition(address)[2].lstrip(">: ") if address and address in answer else answer).strip()


def _draft(workspace: Workspace, issue: Issue, publication: Publication) -> SendPage:
    with workspace.database.read() as connection:
        counts = candidates.count_candidates(connection, workspace.rule(publication), workspace.today())
    people = counts.pop("", 0)
    findings, text = _files(workspace, issue.key)
    return SendPage(
        issue=issue,
        publication=publication,
        stage="draft",
        people=people,
        excluded=counts,
        findings=findings,
        text=text,
        recall_minutes=_recall(workspace),
    )


def _files(workspace: Workspace, key: str) -> tuple[tuple[Finding, ...], str]:
    """Return what the proof-reader says of the files, and the content hash of what they say."""
    try:
        made = editions.edition(workspace, key)
    except NewsletterError:
        return editions.findings(workspace, key), ""
    return made.findings, made.content_hash


def _recall(workspace: Workspace) -> float:
    sending = workspace.settings.sending
    return 0.0 if sending.provider == "outbox" else sending.recall_minutes


def _changed(workspace: Workspace, mailing: Mailing) -> bool:
    try:
        return mailings.changed_since_approval(workspace, mailing)
    except NewsletterError:
        return True  # what cannot be rendered any more is not what was approved


def schedule_sending(workspace: Workspace, key: str, when: str, seen: str, by: str) -> datetime:
    """Let an approved issue leave: at once but for the recall window (`when` empty), or at the moment `when` names.

    `seen` is the content hash the page showed. Refused when another one is approved by now, when nothing is, when
    the files changed since, or for a moment that cannot be.
    """
    mailing = mailings.current_mailing(workspace, key)
    if mailing is None or mailing.status != "approved" or mailing.content_hash != seen:
        raise Refused(_("Le bon à tirer n’est plus celui que vous avez vu. Relisez la page."), hint="look again")
    if _changed(workspace, mailing):
        raise Refused(_("Le numéro a changé depuis le bon à tirer : redonnez-le d’abord."), hint="approve again")
    now = schedule.clock(workspace)
    at = schedule.parse_moment(when, now) if when else now + timedelta(minutes=_recall(workspace), seconds=1)
    mailings.reschedule_mailing(workspace, mailing, at, by)
    return at


def moment_words(at: datetime) -> str:
    """Return `mardi 24 novembre à 9 h 30`."""
    return _("{day} à {hour}").format(day=day_words(at.date(), year=False), hour=clock_words(at))


def progress(workspace: Workspace, key: str) -> dict[str, str | int | float]:
    """Return the counts of a mailing under way, its `stage`, and the seconds `left` until it leaves; NotFound."""
    mailing, receipt = mailings.story(workspace, key)[0], mailings.mailing_receipt(workspace, key)
    return {
        "stage": mailing.status,
        "candidates": receipt.candidates,
        "sent": receipt.sent,
        "refused": receipt.refused,
        "excluded": receipt.excluded,
        "cancelled": receipt.cancelled,
        "doubtful": receipt.doubtful,
        "open": receipt.open,
        "seconds": receipt.seconds,
        "left": mailings.due_in(workspace, mailing).total_seconds(),
    }
