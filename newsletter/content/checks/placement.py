"""An issue as a whole: what is in it, what is in it twice, what is over on the day it is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date as day
from datetime import datetime
from difflib import get_close_matches

from newsletter.content.checks.prose import cited
from newsletter.content.pool import Pool
from newsletter.content.propose import AGENDA, is_public
from newsletter.french import date_words, until_words
from newsletter.headlines import LONGEST, SHORTEST, subject_line
from newsletter.i18n import _
from newsletter.model import Article, Finding, Issue, ItemPlan, SectionPlan, Severity, Status, Visibility
from newsletter.settings import Publication

SUBJECT_LIMIT = 70


@dataclass(frozen=True, slots=True)
class PlacedItem:
    """An item of an issue file with its article; `heading` is empty for the lead."""

    plan: ItemPlan
    article: Article
    heading: str
    agenda: bool
    where: str

    @property
    def title(self) -> str:
        """The title that is printed."""
        return self.plan.title or self.article.title


def where(issue: Issue, name: str) -> str:
    """Return `path:line, field` of the issue's field `name`."""
    line = issue.lines.get(name)
    return issue.path + (f":{line}" if line else "") + f", {name}"


def at(issue: Issue, plan: ItemPlan | SectionPlan) -> str:
    """Return `path:line` of an item or a section of the issue's file."""
    return f"{issue.path}:{plan.line}" if plan.line else issue.path


def layout(section: SectionPlan, publication: Publication) -> str:
    """Return the layout in which `section` is printed."""
    setting = publication.section(section.tag)
    return section.layout or (setting.layout if setting else "")


def placed(issue: Issue, pool: Pool, publication: Publication) -> tuple[list[PlacedItem], list[Finding]]:
    """Return the items whose article exists, the lead first, and a finding for each of the others."""
    plans = [(issue.lead, "", False)] if issue.lead else []
    for section in issue.sections:
        agenda = layout(section, publication) == AGENDA
        plans += [(plan, section.title or section.tag, agenda) for plan in section.items]
    found, missing = [], []
    for plan, heading, agenda in plans:
        place = f"{at(issue, plan)}, {plan.slug}"
        article = pool.get(plan.slug)
        if article:
            found.append(PlacedItem(plan, article, heading, agenda, place))
        else:
            missing.append(_unknown(plan.slug, pool, place))
    return found, missing


def _unknown(slug: str, pool: Pool, place: str) -> Finding:
    near = get_close_matches(slug, [article.slug for article in pool], n=1)
    if near:
        message = _("Il n’y a pas d’article « {nom} ». Fallait-il écrire « {proche} » ?")
        return Finding("article-unknown", Severity.ERROR, message.format(nom=slug, proche=near[0]), place)
    message = _("Il n’y a pas d’article « {nom} », ou son fichier ne peut pas être lu. Retirez-le ou créez-le.")
    return Finding("article-unknown", Severity.ERROR, message.format(nom=slug), place)


def check_lines(issue: Issue, publication: Publication) -> Iterator[Finding]:
    """Yield what is wrong with the two lines that an inbox shows: subject and preheader."""
    subject = subject_line(issue.subject or publication.subject, publication, issue.date, issue.number)
    if not subject:
        message = _("L’objet du message est vide. Écrivez-en un : c’est la première chose que l’on lit.")
        yield Finding("subject-empty", Severity.ERROR, message, where(issue, "subject"))
    elif len(subject) > SUBJECT_LIMIT:
        message = _(
            "L’objet compte {n} caractères ; au-delà de {limite}, les messageries le coupent. Raccourcissez-le."
        )
        words = message.format(n=len(subject), limite=SUBJECT_LIMIT)
        yield Finding("subject-long", Severity.WARNING, words, where(issue, "subject"))
    size = len(issue.preheader)
    if size and not SHORTEST <= size <= LONGEST:
        message = _(
            "Le texte d’aperçu compte {n} caractères. Visez de {mini} à {maxi}, ou videz-le pour le texte proposé."
        )
        words = message.format(n=size, mini=SHORTEST, maxi=LONGEST)
        yield Finding("preheader-length", Severity.WARNING, words, where(issue, "preheader"))


def check_sections(issue: Issue, items: Sequence[PlacedItem], publication: Publication, on: day) -> Iterator[Finding]:
    """Yield a finding for each section that prints nothing, and for an issue in which nothing is left."""
    if not items and not issue.editorial.strip():
        message = _("Le numéro est vide : ni article, ni éditorial. Ajoutez un article, ou écrivez le message.")
        yield Finding("issue-empty", Severity.ERROR, message, issue.path)
    over = {item.article.slug for item in items if _is_over(item.article, on)}
    for section in issue.sections:
        dated = layout(section, publication) == AGENDA
        if all(dated and plan.slug in over for plan in section.items):
            message = _(
                "La rubrique « {titre} » n’a rien à montrer : elle ne sera pas imprimée. Remplissez-la ou retirez-la."
            )
            words = message.format(titre=cited(section.title or section.tag))
            yield Finding("section-empty", Severity.WARNING, words, at(issue, section))


def check_item(item: PlacedItem, publication: Publication, now: datetime) -> Iterator[Finding]:
    """Yield what forbids one item: for members only, not ready, or over when the letter is sent (`now`, aware)."""
    article = item.article
    if article.visibility == Visibility.MEMBERS and is_public(publication):
        message = _(
            "« {titre} » est réservé aux adhérents, et « {publication} » se lit par tous. Retirez-le de ce numéro."
        )
        words = message.format(titre=cited(item.title), publication=publication.title)
        yield Finding("members-only", Severity.ERROR, words, item.where)
    if article.status != Status.READY:
        message = _("« {titre} » n’est pas prêt. Relisez-le, puis donnez-lui l’état « prêt ».")
        words = message.format(titre=cited(item.title))
        yield Finding("article-not-ready", Severity.ERROR, words, item.where)
    if item.agenda and not article.event:
        message = _(
            "« {titre} » est dans l’agenda sans date. Donnez à l’article la date de l’événement, ou changez-le "
            "de rubrique."
        )
        yield Finding("event-missing", Severity.ERROR, message.format(titre=cited(item.title)), item.where)
    if article.event and _is_over(article, now.date()):
        message = _(
            "« {titre} » : l’événement sera passé à l’envoi (il finit le {date}). Retirez-le ou corrigez sa date."
        )
        words = message.format(titre=cited(item.title), date=date_words(article.event.last_day))
        yield Finding("event-past", Severity.WARNING, words, item.where)
    if article.deadline and article.deadline < now:
        message = _("« {titre} » : on pouvait répondre {date}. Retirez cet appel, ou corrigez la date limite.")
        words = message.format(titre=cited(item.title), date=until_words(article.deadline))
        yield Finding("deadline-past", Severity.ERROR, words, item.where)


def _is_over(article: Article, on: day) -> bool:
    return article.event is not None and article.event.last_day < on


def check_repeats(
    items: Sequence[PlacedItem], issue: Issue, publication: Publication, history: Sequence[Issue]
) -> Iterator[Finding]:
    """Yield a finding for an item printed twice, in this issue or since an earlier one of the same publication.

    An event may be in its section and in the agenda, and in the agenda again and again until its day.
    """
    seen: set[tuple[str, str]] = set()
    lead = issue.lead.slug if issue.lead else ""
    before = {slug: old for old in _earlier(issue, history) for slug in _printed(old, publication)}
    for item in items:
        slug = item.plan.slug
        if (item.heading, slug) in seen or (slug == lead and item.heading and not item.agenda):
            message = _("« {titre} » figure deux fois. Gardez-le à un seul endroit.")
            yield Finding("item-repeated", Severity.WARNING, message.format(titre=cited(item.title)), item.where)
        elif slug in before and not item.agenda:
            message = _(
                "« {titre} » a déjà paru le {date} ({numero}). Retirez-le, ou gardez-le si vous voulez le rappeler."
            )
            words = message.format(titre=cited(item.title), date=date_words(before[slug].date), numero=before[slug].key)
            yield Finding("item-already-printed", Severity.WARNING, words, item.where)
        seen.add((item.heading, slug))


def _earlier(issue: Issue, history: Sequence[Issue]) -> list[Issue]:
    own = [old for old in history if old.publication == issue.publication and old.key != issue.key]
    return sorted((old for old in own if old.date < issue.date), key=lambda old: old.date)


def _printed(issue: Issue, publication: Publication) -> Iterator[str]:
    """Yield the slugs of what `issue` printed at length; an agenda entry only announces the event."""
    if issue.lead:
        yield issue.lead.slug
    for section in issue.sections:
        if layout(section, publication) != AGENDA:
            yield from (plan.slug for plan in section.items)


def check_names(items: Sequence[PlacedItem]) -> Iterator[Finding]:
    """Yield a finding for equal titles that lead to different pages: read aloud, the links cannot be told apart."""
    by_title: dict[str, list[PlacedItem]] = defaultdict(list)
    for item in items:
        by_title[item.title.casefold()].append(item)
    for twins in by_title.values():
        if len({item.article.link for item in twins}) > 1:
            message = _("Le titre « {titre} » mène à deux pages différentes. Précisez l’un des deux titres.")
            yield Finding("same-name", Severity.WARNING, message.format(titre=cited(twins[-1].title)), twins[-1].where)
