"""The editors' side of proposals: accept, postpone, decline; each answers the person who proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from newsletter.actions import mail
from newsletter.actions.issues.files import history
from newsletter.actions.workspace import Workspace
from newsletter.content import article as articles
from newsletter.errors import NotFound, Refused
from newsletter.french import date_words
from newsletter.i18n import Sentence, _, speaking
from newsletter.model import Article, Status
from newsletter.rendering.notice import Notice
from newsletter.store import journal, proposals
from newsletter.store.journal import Event
from newsletter.store.people import people
from newsletter.store.proposals import Proposal

OPEN = proposals.OPEN


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposed article; `proposal` is None for a file written by hand."""

    article: Article
    proposal: Proposal | None

    @property
    def state(self) -> str:
        """Its state: sent, postponed, accepted or declined."""
        return self.proposal.state if self.proposal else "sent"

    @property
    def organisation(self) -> str:
        """Who proposed it."""
        return self.proposal.organisation if self.proposal else ", ".join(self.article.organisations)


def offers(workspace: Workspace, states: Sequence[str] = OPEN) -> list[Offer]:
    """Return what members proposed, newest first, and proposed articles that have no form behind them."""
    pool = workspace.pool()
    with workspace.database.read() as connection:
        rows = proposals.list_proposals(connection, states)
        known = {row.article for row in proposals.list_proposals(connection, (*OPEN, "accepted", "declined"))}
    found = [Offer(article, row) for row in rows if (article := pool.get(row.article))]
    by_hand = [Offer(a, None) for a in pool if a.status == Status.PROPOSED and a.slug not in known]
    return found + (by_hand if "sent" in states else [])


def accept(workspace: Workspace, name: str, by: str) -> Article:
    """Make a proposal ready for the next issue that is composed; `name` is its identifier or its article's."""
    _proposal, article = _find(workspace, name)
    return _decide(workspace, name, "accepted", by, day=_next_day(workspace, article))


def postpone(workspace: Workspace, name: str, until: date, by: str) -> Article:
    """Make a proposal ready for the first issue on or after `until`; Refused when that is not in the future."""
    if until <= workspace.today():
        raise Refused(
            f"{until.isoformat()} is not in the future",
            where="--until",
            hint="accept it instead",
            said=Sentence("Choisissez un jour à venir, ou acceptez la proposition dès maintenant."),
        )
    return _decide(workspace, name, "postponed", by, day=until)


def decline(workspace: Workspace, name: str, word: str, by: str) -> Article:
    """Decline a proposal, with an answer to the person who proposed it."""
    if not word.strip():
        raise Refused(
            "a refusal needs a reason",
            where="--word",
            hint="say in a sentence why",
            said=Sentence("Dites en une phrase pourquoi la proposition est écartée : la personne la recevra."),
        )
    return _decide(workspace, name, "declined", by, word=" ".join(word.split()))


def _decide(
    workspace: Workspace, name: str, state: str, by: str, *, day: date | None = None, word: str = ""
) -> Article:
    # Read and written under one lock: an editor may be saving the same article.
    with workspace.database.turn() as connection:
        proposal, article = _find(workspace, name)
        now = workspace.database.now(connection)
        if proposal:
            columns = {"word": word} if word else {}
            if not proposals.move_proposal(connection, proposal.uid, state, now, only=OPEN, **columns):
                raise Refused(
                    f"the proposal is {proposal.state} already",
                    hint="see `newsletter proposals list`",
                    said=Sentence("Quelqu’un a déjà décidé de cette proposition. Rechargez la page."),
                )
        changed = replace(article, status=Status.READY, date=max(day, article.date)) if day else _declined(article)
        written = articles.write_article(workspace.root / article.path, changed)
        journal.record_event(connection, Event(now, f"proposal-{state}", actor=by, detail={"article": article.slug}))
    if proposal:
        with speaking(workspace.settings.network.locale):
            _answer(workspace, proposal, _notice(state, article, day, word))
    return written


def _next_day(workspace: Workspace, article: Article) -> date:
    """Return the date of an accepted article, so that the next issue takes it whichever publication comes next.

    That is the day of the newest issue of any publication with a section for it: the weekly Flash is composed ahead.
    """
    settings = workspace.settings
    homes = {p.key for p in settings.publications.values() if any(p.section(tag) for tag in article.tags)}
    return max([workspace.today(), *(i.date for i in history(workspace) if i.publication in homes)])


def _declined(article: Article) -> Article:
    return replace(article, status=Status.DECLINED)


def _find(workspace: Workspace, name: str) -> tuple[Proposal | None, Article]:
    with workspace.database.read() as connection:
        try:
            proposal = proposals.get_proposal(connection, name)
        except NotFound:
            proposal = None
    article = workspace.pool().get(proposal.article if proposal else name)
    if article is None or (proposal is None and article.status != Status.PROPOSED):
        raise NotFound(
            f"there is no proposal `{name}`",
            hint="`newsletter proposals list` shows them",
            said=Sentence("Cette proposition n’existe plus. Revenez à la liste des propositions."),
        )
    return proposal, article


def _answer(workspace: Workspace, proposal: Proposal, notice: Notice) -> None:
    """Write to the person who proposed it, if still known and allowed to be written to."""
    if proposal.subscriber_id is None:
        return
    with workspace.database.read() as connection:
        person = people.by_id(connection, proposal.subscriber_id)
    if not person.suppressed:
        mail.post(workspace, person.address, notice)


def _notice(state: str, article: Article, day: date | None, word: str) -> Notice:
    title = _("Votre proposition : {title}").format(title=article.title)
    if state == "accepted":
        subject = _("Votre proposition est retenue")
        text = _("Elle paraîtra dans une prochaine lettre. Merci de faire connaître ce que vous faites.")
    elif state == "postponed" and day:
        subject = _("Votre proposition est reportée")
        text = _("Elle paraîtra dans un numéro à partir du {date}.").format(date=date_words(day))
    else:
        subject, text = _("Votre proposition n’a pas été retenue"), word
    closing = _("Une question ? Répondez simplement à ce message.")
    return Notice(subject=subject, heading=subject, paragraphs=(title, text, closing))
