"""The composing board: what is available for an issue and what should be known about it, and the issue as it is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from newsletter.actions.issues.article_list import matches
from newsletter.actions.issues.files import check_issue_file, history
from newsletter.actions.issues.gestures import LEAD, Place, home_of
from newsletter.actions.issues.versions import IssueVersion, issue_version
from newsletter.actions.workspace import Workspace
from newsletter.audience import EVERYONE, AudienceRule
from newsletter.content.article import is_over, to_come
from newsletter.content.pool import Pool
from newsletter.content.propose import is_public
from newsletter.i18n import _
from newsletter.model import Article, Finding, Issue, ItemPlan, SectionPlan, Severity, Status, Visibility
from newsletter.settings import Publication

SHOWN = 14
_YEAR = timedelta(days=365)
_WHERE = re.compile(r"(?P<path>[^:,]+)(?::(?P<line>\d+))?(?:, (?P<field>[\w.-]+))?")
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.ADVICE: 2}


@dataclass(frozen=True, slots=True)
class Badge:
    """A remark on an available article: `kind` is stop, look or good; `words` are French."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class ArticleCard:
    """An available article: its badges, and the number of the section where it belongs."""

    article: Article
    badges: tuple[Badge, ...]
    home: int


@dataclass(frozen=True, slots=True)
class BoardItem:
    """An item of the issue: its place, its words here, and its article (None: there is no such article)."""

    place: Place
    plan: ItemPlan
    article: Article | None

    @property
    def title(self) -> str:
        """The title that is printed."""
        return self.plan.title or (self.article.title if self.article else self.plan.slug)

    @property
    def rule(self) -> AudienceRule:
        """Whom it is for in this issue."""
        if self.plan.audience is not None:
            return self.plan.audience
        return self.article.targeting if self.article else EVERYONE

    @property
    def anchor(self) -> str:
        """The name of its place in the page."""
        return "une" if self.place == LEAD else f"i{self.place.section}-{self.place.item}"


@dataclass(frozen=True, slots=True)
class BoardSection:
    """A section of the issue with its items; `title` is what is printed."""

    number: int
    plan: SectionPlan
    title: str
    rows: tuple[BoardItem, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding and its place: an `anchor` of the issue's page, or a `field` of the `article`, with its title."""

    finding: Finding
    anchor: str = ""
    article: str = ""
    field: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """An issue as shown on the board; `more` counts the available articles beyond those in `cards`."""

    file: IssueVersion
    publication: Publication
    lead: BoardItem | None
    blocks: tuple[BoardSection, ...]
    remarks: tuple[Remark, ...]
    cards: tuple[ArticleCard, ...]
    more: int

    @property
    def issue(self) -> Issue:
        """The issue."""
        return self.file.issue

    @property
    def errors(self) -> int:
        """How many findings stop an approval."""
        return sum(r.finding.level is Severity.ERROR for r in self.remarks)

    @property
    def size(self) -> int:
        """How many items it has, the lead included."""
        return sum(len(block.rows) for block in self.blocks) + (self.lead is not None)


def board(workspace: Workspace, key: str, *, tag: str = "", words: str = "", everything: bool = False) -> Board:
    """Return issue `key` with what is available beside it; NotFound, ContentError.

    Offered are ready articles that this publication has not printed yet, or with `everything` the whole pool; `tag` and
    `words` narrow them.
    """
    file, pool = issue_version(workspace, key), workspace.pool()
    issue, publication = file.issue, workspace.settings.publication(file.issue.publication)
    blocks = tuple(_block(n, plan, pool, publication) for n, plan in enumerate(issue.sections))
    cards = _available(workspace, issue, pool, publication, tag, words, everything=everything)
    return Board(
        file=file,
        publication=publication,
        lead=BoardItem(LEAD, issue.lead, pool.get(issue.lead.slug)) if issue.lead else None,
        blocks=blocks,
        remarks=remarks(issue, pool, check_issue_file(workspace, issue, pool)),
        cards=tuple(cards[:SHOWN]),
        more=max(0, len(cards) - SHOWN),
    )


def _block(number: int, plan: SectionPlan, pool: Pool, publication: Publication) -> BoardSection:
    setting = publication.section(plan.tag)
    title = plan.title or (setting.title if setting else plan.tag)
    rows = tuple(BoardItem(Place(number, n), item, pool.get(item.slug)) for n, item in enumerate(plan.items))
    return BoardSection(number, plan, title, rows)


def remarks(issue: Issue, pool: Pool, findings: Sequence[Finding]) -> tuple[Remark, ...]:
    """Return findings with their places, the gravest first."""
    anchors: dict[int, str] = {}
    if issue.lead:
        anchors[issue.lead.line] = "une"
    for s, section in enumerate(issue.sections):
        anchors[section.line] = f"s{s}"
        anchors |= {plan.line: f"i{s}-{n}" for n, plan in enumerate(section.items)}
    files = {article.path: article for article in pool}
    found = [_remark(finding, issue, anchors, files) for finding in findings]
    return tuple(sorted(found, key=lambda r: _ORDER[r.finding.level]))


def _remark(finding: Finding, issue: Issue, anchors: Mapping[int, str], files: Mapping[str, Article]) -> Remark:
    place = _WHERE.match(finding.where)
    if not place:
        return Remark(finding)
    if place["path"] == issue.path:
        field = place["field"] or ""
        named = {"subject": "objet", "preheader": "apercu-texte", "body": "editorial", "date": "date"}
        return Remark(finding, anchor=named.get(field) or anchors.get(int(place["line"] or 0), "numero"))
    article = files.get(place["path"])
    if article is None:
        return Remark(finding)
    return Remark(finding, article=article.slug, field=place["field"] or "", title=article.title)


def _available(
    workspace: Workspace, issue: Issue, pool: Pool, publication: Publication, tag: str, words: str, *, everything: bool
) -> list[ArticleCard]:
    earlier = [other for other in history(workspace) if other.key != issue.key]
    printed = _printed(earlier)
    here = {plan.slug for plan in plans(issue)}
    featured = _featured(pool, earlier, issue.date)
    cards = []
    for article in pool:
        mine = any(other.publication == publication.key for other in printed[article.slug])
        fresh = article.status is Status.READY and (not mine or to_come(article, issue.date))
        if (everything or fresh) and (not tag or tag in article.tags) and matches(article, words):
            badges = _badges(article, issue, publication, printed[article.slug], featured, here=article.slug in here)
            cards.append(ArticleCard(article, tuple(badges), home_of(issue, article, publication)))
    # What can be used comes first; within that, the newest.
    return sorted(cards, key=lambda card: (card.article.slug in here, any(b.kind == "stop" for b in card.badges)))


def plans(issue: Issue) -> list[ItemPlan]:
    """Return every item of an issue file, the lead first."""
    return ([issue.lead] if issue.lead else []) + [plan for section in issue.sections for plan in section.items]


def _printed(earlier: Sequence[Issue]) -> Mapping[str, list[Issue]]:
    found: dict[str, list[Issue]] = defaultdict(list)
    for issue in earlier:
        for slug in dict.fromkeys(plan.slug for plan in plans(issue)):
            found[slug].append(issue)
    return found


def _featured(pool: Pool, earlier: Sequence[Issue], on: date) -> frozenset[str]:
    """Return the organisations that an issue of the last year mentioned."""
    recent = [issue for issue in earlier if on - _YEAR < issue.date <= on]
    articles = (pool.get(plan.slug) for issue in recent for plan in plans(issue))
    return frozenset(name for article in articles if article for name in article.organisations)


def _badges(
    article: Article,
    issue: Issue,
    publication: Publication,
    printed: Sequence[Issue],
    featured: frozenset[str],
    *,
    here: bool,
) -> list[Badge]:
    stops = (
        (article.event and not to_come(article, issue.date), _("événement passé")),
        (is_over(article.deadline, issue.date), _("date limite passée")),
        (article.visibility is Visibility.MEMBERS and is_public(publication), _("réservé aux adhérents")),
        (article.status is not Status.READY, _("pas encore prêt")),
    )
    found = [Badge("stop", words) for holds, words in stops if holds]
    if here:
        found.insert(0, Badge("look", _("déjà dans ce numéro")))
    for other in printed[:1]:
        title = _("déjà dans un Flash") if other.publication == "flash" else _("déjà paru ({key})")
        found.append(Badge("look", title.format(key=other.key)))
    if article.organisations and not any(name in featured for name in article.organisations):
        found.append(Badge("good", _("pas mis en avant depuis un an")))
    return found
