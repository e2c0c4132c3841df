"""A first version of an issue from the pool: new articles once, in their section; coming events in the agenda."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date as day
from datetime import timedelta
from pathlib import Path

from newsletter.content import issue as issues
from newsletter.content.article import is_over, to_come
from newsletter.content.pool import Pool, event_order
from newsletter.french import date_words
from newsletter.headlines import preheader_line, subject_line
from newsletter.i18n import _, speaking
from newsletter.model import Article, Issue, ItemPlan, SectionPlan, Status, Visibility
from newsletter.settings import Network, Publication, SectionSetting

FIRST_WINDOW = timedelta(days=31)  # how far back the first issue of a publication looks
AGENDA = "agenda"
LEAD = ""  # the tag under which notes refer to the lead


@dataclass(frozen=True, slots=True)
class ProposedIssue:
    """A proposed issue; `notes` on items by (section's tag, slug), `left_out` slugs with the reason, in French."""

    issue: Issue
    notes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    def save(self, root: Path) -> Issue:
        """Write the issue file with the notes as comments; ContentError if it cannot be."""
        remarks = [_("Laissés de côté :")] if self.left_out else []
        remarks += [f"- {slug} : {reason}" for slug, reason in self.left_out.items()]
        return issues.write_issue(root / self.issue.path, self.issue, self.notes, remarks)


def propose(
    pool: Pool, publication: Publication, on: day, history: list[Issue], network: Network, key: str | None = None
) -> ProposedIssue:
    """Return a proposal for the issue of `publication` sent `on` that day; `history` are the issues of all titles.

    Taken are ready articles dated since the last issue and not printed in one, each in the first section that fits
    its tags; every coming event is also in the agenda. What is over or for members only, where others read,
    stays out. `key` names the file; without it the day does.
    """
    others = [issue for issue in history if issue.key != key]  # its own former version does not count
    with speaking(network.locale):  # the notes in the file are for all who edit it
        return _Proposer(pool, publication, on, others).proposal(network, key)


class _Proposer:
    """Sorts the pool into sections; one is made for each proposal."""

    def __init__(self, pool: Pool, publication: Publication, on: day, history: list[Issue]) -> None:
        self.pool, self.publication, self.on, self.history = pool, publication, on, history
        self.own = [i for i in history if i.publication == publication.key]
        # An issue made too early is empty: it does not count as the last issue.
        self.since = max((i.date for i in self.own if i.date <= on and any(_items(i))), default=on - FIRST_WINDOW)
        self.anywhere = {slug for issue in history for slug in _items(issue)}
        self.printed = {slug for issue in self.own for slug in _printed(issue)}
        # A tag may head two sections of a publication: the proposal fills the first, the editor shares out.
        self.sections = {s.tag: s for s in reversed(publication.sections)}
        self.agenda = next((s for s in publication.sections if s.layout == AGENDA), None)
        self.left_out: dict[str, str] = {}
        self.notes: dict[tuple[str, str], list[str]] = defaultdict(list)

    def proposal(self, network: Network, key: str | None) -> ProposedIssue:
        placed: dict[str, list[Article]] = {s.tag: [] for s in self.publication.sections}
        for article in self.pool:
            self._place(article, placed)
        lead = self._lead(placed)
        sections = tuple(self._section(self.sections[tag], found) for tag, found in placed.items() if found)
        first = [lead, *(a for articles in placed.values() for a in articles)]
        titles = dict.fromkeys(a.title for a in first if a)
        number = self._number()
        key = key or self._key()
        issue = Issue(
            key=key,
            path=f"{issues.FOLDER}/{key}.md",
            publication=self.publication.key,
            number=number,
            date=self.on,
            subject=subject_line(self.publication.subject, self.publication, self.on, number),
            preheader=preheader_line(titles, network),
            lead=ItemPlan(slug=lead.slug) if lead else None,
            sections=sections,
        )
        return ProposedIssue(issue, {k: " ; ".join(v) for k, v in self.notes.items()}, self.left_out)

    def _place(self, article: Article, placed: dict[str, list[Article]]) -> None:
        coming = self.agenda is not None and article.date <= self.on and to_come(article, self.on)
        fresh = self.since <= article.date <= self.on and article.slug not in self.printed
        reason = self._refusal(article)
        if reason or not (fresh or coming):
            if reason and fresh:
                self.left_out[article.slug] = reason
            elif not reason and self._missed(article):
                self.left_out[article.slug] = _("daté d'avant le dernier numéro, mais jamais paru")
            return
        section = self._home(article) if fresh else None
        if section:
            placed[section.tag].append(article)
            self._note_elsewhere(article, section.tag)
        if coming and self.agenda:
            placed[self.agenda.tag].append(article)
            self._note_twice(article, section, self.agenda)
        elif not section:
            self.left_out[article.slug] = _("aucune rubrique ne correspond à ses étiquettes")

    def _missed(self, article: Article) -> bool:
        """Tell whether `article` came too late for the last issue: ready only after its own date."""
        recent = self.since - FIRST_WINDOW <= article.date < self.since
        return recent and article.slug not in self.anywhere and self._home(article) is not None

    def _refusal(self, article: Article) -> str:
        """Return why `article` cannot be in this issue at all, or nothing."""
        if article.status != Status.READY:
            return _standing(article.status)
        if article.visibility == Visibility.MEMBERS and is_public(self.publication):
            return _("réservé aux adhérents")
        if article.event and not to_come(article, self.on):
            return _("l'événement est passé")
        if is_over(article.deadline, self.on):
            return _("la date limite est passée")
        return ""

    def _home(self, article: Article) -> SectionSetting | None:
        """Return the section of the first of its tags that has one; the agenda does not count."""
        found = (self.publication.section(tag) for tag in article.tags)
        return next((s for s in found if s and s.layout != AGENDA), None)

    def _note_elsewhere(self, article: Article, tag: str) -> None:
        for issue in self.history:
            if issue.publication != self.publication.key and article.slug in _printed(issue):
                note = _("déjà paru dans « {publication} » le {date}")
                self.notes[tag, article.slug].append(
                    note.format(publication=issue.publication, date=date_words(issue.date))
                )

    def _note_twice(self, article: Article, home: SectionSetting | None, agenda: SectionSetting) -> None:
        if home:
            self.notes[home.tag, article.slug].append(_("aussi dans l'agenda"))
            self.notes[agenda.tag, article.slug].append(_("aussi dans « {rubrique} »").format(rubrique=home.title))
        elif article.slug in self.printed:
            self.notes[agenda.tag, article.slug].append(_("déjà annoncé dans un numéro précédent"))

    def _lead(self, placed: dict[str, list[Article]]) -> Article | None:
        """Take the newest illustrated article of a letter's first section out of it, if others remain there."""
        first = placed[self.publication.sections[0].tag] if self.publication.sections else []
        if self.publication.layout != "lettre" or len(first) < 2:
            return None
        lead = next((a for a in first if a.picture and not a.targeted), None)
        if lead:
            first.remove(lead)
            notes = self.notes.pop((self.publication.sections[0].tag, lead.slug), [])
            self.notes[LEAD, lead.slug] = [_("proposé à la une"), *notes]
        return lead

    def _section(self, setting: SectionSetting, articles: list[Article]) -> SectionPlan:
        if setting.layout == AGENDA:
            articles = sorted(articles, key=event_order)
        elif setting.layout == "calls":
            articles = sorted(articles, key=lambda a: a.deadline.timestamp() if a.deadline else float("inf"))
        return SectionPlan(
            tag=setting.tag, title=setting.title, items=tuple(ItemPlan(slug=article.slug) for article in articles)
        )

    def _number(self) -> int | None:
        """Return the next number; none if the publication has come out without numbers so far."""
        numbers = [i.number for i in self.own if i.number]
        if numbers:
            return max(numbers) + 1
        return None if self.own else 1

    def _key(self) -> str:
        """Return `2026-11-lettre` for a monthly letter, `2026-11-10-flash` for the others, or the first free name."""
        by_day = f"{self.on:%Y-%m-%d}-{self.publication.key}"
        names = [f"{self.on:%Y-%m}-{self.publication.key}"] if self.publication.layout == "lettre" else []
        names += [by_day, *(f"{by_day}-{n}" for n in range(2, len(self.history) + 3))]
        taken = {issue.key for issue in self.history}
        return next(name for name in names if name not in taken)


def is_public(publication: Publication) -> bool:
    """Tell whether readers other than members' contacts get `publication`."""
    return publication.audience != "members" or publication.archive == "public"


def _standing(status: Status) -> str:
    words = {Status.PROPOSED: _("proposé, pas encore relu"), Status.DECLINED: _("écarté")}
    return words.get(status, _("encore à l'état de brouillon"))


def _items(issue: Issue) -> Iterable[str]:
    """Yield the slugs of everything in `issue`."""
    if issue.lead:
        yield issue.lead.slug
    for section in issue.sections:
        yield from (item.slug for item in section.items)


def _printed(issue: Issue) -> Iterable[str]:
    """Yield the slugs that `issue` prints as news: an announcement in the agenda alone does not count."""
    if issue.lead:
        yield issue.lead.slug
    for section in issue.sections:
        if section.tag != AGENDA:
            yield from (item.slug for item in section.items)
