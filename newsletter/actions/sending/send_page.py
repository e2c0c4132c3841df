"""What the send page must know of an issue at any moment: who gets it, what was approved, when it leaves.

A page is made from one moment of the database and one reading of the articles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from newsletter import paris
from newsletter.actions.issues import board
from newsletter.actions.issues.board import Remark
from newsletter.actions.issues.files import read_issue
from newsletter.actions.letters import editions
from newsletter.actions.letters.editions import Edition
from newsletter.actions.letters.variants import ShownVariant, shown_variants
from newsletter.actions.sending import changes, corrections, mailings, schedule
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.changes import ApprovalChange
from newsletter.actions.sending.corrections import DoubtfulMessage
from newsletter.actions.sending.silence import SilenceWords, silence_words
from newsletter.actions.sending.usual_hours import proposed_moment, usual_hour
from newsletter.actions.workspace import Workspace
from newsletter.content.pool import Pool
from newsletter.errors import NewsletterError, Refused
from newsletter.french import clock_words, day_words
from newsletter.i18n import _
from newsletter.model import Finding, Issue, Severity
from newsletter.settings import Publication
from newsletter.store.archive import link_counts
from newsletter.store.archive.link_counts import Link
from newsletter.store.issues import comments
from newsletter.store.issues.comments import Comment
from newsletter.store.sending import candidates
from newsletter.store.sending import mailings as store
from newsletter.store.sending.corrections import UnsureDelivery
from newsletter.store.sending.mailings import Mailing
from newsletter.store.sending.receipts import Receipt, count_receipt
from newsletter.store.sending.warnings import find_silence, is_late, is_scheduled
from newsletter.store.team import users
from newsletter.store.team.users import User

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

    `stage` is draft (nothing approved), approved (no hour given), scheduled, late (its hour was missed), sending,
    paused or done; `left` are the seconds until a scheduled one leaves. `people` and `excluded` are counted now before
    the approval, and in the ledger after it. `changed` tells whether the files say something else than what was
    approved, `changes` what; `text` is the content hash of what they say, empty when nothing can be made of them.
    `proposal` is the issue's own day at the publication's usual hour, unless that is past.
    """

    issue: Issue
    publication: Publication
    stage: str
    people: int
    excluded: Mapping[str, int]
    findings: tuple[Finding, ...]
    remarks: tuple[Remark, ...] = ()
    text: str = ""
    mailing: Mailing | None = None
    receipt: Receipt | None = None
    at: datetime | None = None
    left: float = 0.0
    changed: bool = False
    changes: tuple[ApprovalChange, ...] = ()
    near: Mailing | None = None
    proposal: datetime | None = None
    silence: SilenceWords | None = None
    recall_minutes: float = 0.0
    needs_second: bool = False
    doubtful: tuple[DoubtfulMessage, ...] = ()
    refused: tuple[RefusedGroup, ...] = ()
    users: Sequence[User] = ()
    comments: Sequence[Comment] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    links: Sequence[Link] = ()
    variants: tuple[ShownVariant, ...] = ()

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
    issue, pool = read_issue(workspace, key), workspace.pool()
    publication = workspace.settings.publication(issue.publication)
    with workspace.database.read() as connection:
        mailing = store.of_issue(connection, key)
        if mailing and mailing.status not in ("cancelled", "loading"):
            state = _begun(connection, workspace, mailing)
        else:
            state = {"stage": "draft", "people": 0, "excluded": {}}
        waiting = state["stage"] in ("draft", "approved", "scheduled", "late")
        made, findings = _files(connection, workspace, key, pool) if waiting else (None, ())
        now = _candidates(connection, workspace, issue, publication, made) if waiting else {}
        if state["stage"] == "draft":
            state |= {"people": now.pop("", 0), "excluded": now}
        elif waiting:
            state |= _since_approval(state["mailing"], made, (state["people"], now.get("", 0)))
        said = comments.list_comments(connection, key)
        return SendPage(
            issue=issue,
            publication=publication,
            findings=findings,
            remarks=board.remarks(issue, pool, findings),
            text=made.content_hash if made else "",
            proposal=_proposal(connection, workspace, issue) if waiting else None,
            recall_minutes=workspace.settings.sending.recall_minutes,
            users=users.list_users(connection),
            comments=said,
            titles={c.item: article.title for c in said if c.item and (article := pool.get(c.item))},
            links=link_counts.of_issue(connection, key),
            variants=shown_variants(workspace, made.plan) if made and made.plan.shares.rules else (),
            **state,
        )


def _candidates(
    connection: Connection, workspace: Workspace, issue: Issue, publication: Publication, made: Edition | None
) -> dict[str, int]:
    """Count who would get the issue now (under an empty text), and who would not by why; {} for an unusable audience.

    What makes the audience unusable is among the findings.
    """
    try:
        rule = workspace.rule(publication, issue.audience)
    except NewsletterError:
        return {}
    counts = candidates.count_candidates(connection, rule, workspace.today())
    left_out = made.plan.left_out if made else 0
    return {**counts, "": counts.get("", 0) - left_out, "nothing-for-them": left_out} if left_out else counts


def _begun(connection: Connection, workspace: Workspace, mailing: Mailing) -> dict[str, Any]:
    """Return what is known of a mailing whatever the files say."""
    now, sending = workspace.database.now(connection), workspace.settings.sending
    receipt, silence = count_receipt(connection, mailing, now), find_silence(connection, mailing, now)
    scheduled = mailing.status == "approved" and is_scheduled(connection, mailing)
    late = scheduled and is_late(connection, mailing, now, sending.late_minutes * 60)
    return {
        "stage": "late" if late else "scheduled" if scheduled else mailing.status,
        "people": receipt.candidates - receipt.excluded - receipt.cancelled,
        "excluded": receipt.excluded_by,
        "mailing": mailing,
        "receipt": receipt,
        "at": paris.moment(mailing.not_before) if scheduled else None,
        "left": max(0.0, mailing.not_before - now) if scheduled else 0.0,
        "near": mailings.find_close_by(connection, mailing) if mailing.status == "approved" else None,
        "needs_second": sending.second_person and not mailing.confirmed_by,
        "silence": silence_words(silence) if silence else None,
        "doubtful": tuple(corrections.doubtful_messages(connection, workspace, mailing)[:LISTED])
        if receipt.doubtful
        else (),
        "refused": _refused(corrections.refused_deliveries(connection, mailing)) if receipt.refused else (),
    }


def _refused(found: Iterable[UnsureDelivery]) -> tuple[RefusedGroup, ...]:
    """Group who was refused by the provider's answer, the most frequent first."""
    groups: dict[str, list[str]] = {}
    for one in found:
        groups.setdefault(_common(one.answer, one.address), []).append(one.address)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return tuple(RefusedGroup(answer, len(people), tuple(people[:LISTED])) for answer, people in ordered[:LISTED])


def _common(answer: str, address: str) -> str:
    """Return what an answer says beside the person's address: the part behind it, which others may have got too."""
    return (answer.rpartition(address)[2].lstrip(">: ") if address and address in answer else answer).strip()


def _files(
    connection: Connection, workspace: Workspace, key: str, pool: Pool
) -> tuple[Edition | None, tuple[Finding, ...]]:
    """Return what the files say now, if a letter can be made of them, and what the proof-reader says."""
    try:
        made = editions.edition(workspace, key, pool=pool, connection=connection)
    except NewsletterError as error:
        return None, editions.unprintable(workspace, key, pool, error)
    return made, made.findings


def _since_approval(mailing: Mailing, made: Edition | None, people: tuple[int, int]) -> dict[str, Any]:
    """Return whether the files changed since the approval, and what; what makes no letter any more has changed."""
    if made is None or made.content_hash == mailing.content_hash:
        return {"changed": made is None}
    found = changes.changes_since(mailing.subject, mailing.record, made.composed, people)
    return {"changed": True, "changes": found}


def _proposal(connection: Connection, workspace: Workspace, issue: Issue) -> datetime | None:
    now = paris.moment(workspace.database.now(connection))
    sent = store.list_mailings(connection, status=("done",), publication=issue.publication)
    return proposed_moment(issue.date, usual_hour(m.not_before for m in sent), now)


def approve_from_page(workspace: Workspace, key: str, *, by: str, seen: str, may_send: bool) -> Mailing:
    """Give the approval for the text with the content hash `seen`.

    Who may not send does not replace an approval whose hour is given: PermissionError.
    """
    with workspace.database.read() as connection:
        mailing = store.of_issue(connection, key)
        if mailing and mailing.status == "approved" and not may_send and is_scheduled(connection, mailing):
            raise PermissionError
    return approve_issue(workspace, key, by=by, seen=seen)


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
    recall = timedelta(minutes=workspace.settings.sending.recall_minutes, seconds=1)
    at = schedule.parse_moment(when, now) if when else now + recall
    mailings.reschedule_mailing(workspace, mailing, at, by)
    return at


def _changed(workspace: Workspace, mailing: Mailing) -> bool:
    try:
        return mailings.changed_since_approval(workspace, mailing)
    except NewsletterError:
        return True  # what cannot be rendered any more is not what was approved


def moment_words(at: datetime) -> str:
    """Return `mardi 24 novembre à 9 h 30`."""
    return _("{day} à {hour}").format(day=day_words(at.date(), year=False), hour=clock_words(at))


def progress(workspace: Workspace, key: str) -> dict[str, str | int | float]:
    """Return the counts of a mailing under way, its `stage`, and the seconds `left` until it leaves; NotFound.

    `silence` is why the provider takes nothing, empty while it works.
    """
    with workspace.database.read() as connection:
        mailing, now = mailings.required_mailing(connection, key), workspace.database.now(connection)
        receipt, silence = asdict(count_receipt(connection, mailing, now)), find_silence(connection, mailing, now)
        late = is_late(connection, mailing, now, workspace.settings.sending.late_minutes * 60)
    counts = ("candidates", "sent", "refused", "excluded", "cancelled", "doubtful", "open", "seconds")
    return {
        "stage": "late" if late else mailing.status,
        **{name: receipt[name] for name in counts},
        "left": max(0.0, mailing.not_before - now),
        "silence": silence_words(silence).cause if silence else "",
    }
