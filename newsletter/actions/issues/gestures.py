"""An issue changed by hand: each gesture takes an issue and returns another; saving is `editing`'s business.

A place in an issue is `(section, item)`, both counted from 0; the lead's is `LEAD`. A gesture at a place that does not
exist is Refused: another user changed the issue meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import NamedTuple

from newsletter.actions.issues.files import history, read_issue
from newsletter.actions.workspace import Workspace
from newsletter.audience import AudienceRule
from newsletter.content import issue as issues
from newsletter.content.propose import AGENDA, propose
from newsletter.errors import Refused
from newsletter.i18n import _
from newsletter.model import Article, Issue, ItemPlan, SectionPlan, Tag
from newsletter.settings import Publication


class Place(NamedTuple):
    """The place of an item."""

    section: int
    item: int


LEAD = Place(-1, 0)


def plan_at(issue: Issue, place: Place) -> ItemPlan:
    """Return the item at `place`; Refused when there is none."""
    if place == LEAD and issue.lead:
        return issue.lead
    if 0 <= place.section < len(issue.sections) and 0 <= place.item < len(issue.sections[place.section].items):
        return issue.sections[place.section].items[place.item]
    raise _gone()


def home_of(issue: Issue, article: Article, publication: Publication) -> int:
    """Return the section in which an article belongs by its tags: the first that fits, the agenda last; else 0."""
    layouts = {s.tag: s.layout for s in reversed(publication.sections)}
    tags = sorted(article.tags, key=lambda tag: layouts.get(tag) == AGENDA)
    for tag in tags:
        found = next((n for n, section in enumerate(issue.sections) if section.tag == tag), None)
        if found is not None:
            return found
    return 0


def add_item(issue: Issue, slug: str, section: int, at: int | None = None) -> Issue:
    """Place an article in a section, at the end or before the item `at`; Refused when it is there already.

    In the section of `LEAD` it becomes the lead; the present one opens the first section.
    """
    if section == LEAD.section:
        former, freed = issue.lead, replace(issue, lead=ItemPlan(slug=slug))
        return _insert(freed, former, Place(0, 0)) if former else freed
    plans = _section(issue, section).items
    if any(plan.slug == slug for plan in plans):
        raise Refused(_("Cet article est déjà dans cette rubrique."), hint="move it instead")
    return _insert(issue, ItemPlan(slug=slug), Place(section, len(plans) if at is None else at))


def remove_item(issue: Issue, place: Place) -> Issue:
    """Take the item at `place` out of the issue; the article stays in the pool."""
    plan_at(issue, place)
    if place == LEAD:
        return replace(issue, lead=None)
    section = issue.sections[place.section]
    kept = section.items[: place.item] + section.items[place.item + 1 :]
    return _with_section(issue, place.section, replace(section, items=kept))


def move_item(issue: Issue, place: Place, to: Place) -> Issue:
    """Bring the item at `place` before the one at `to`, both counted before the move, with what is overridden.

    Moved onto the lead, it becomes the lead, and what was the lead takes its place.
    """
    plan = plan_at(issue, place)
    if to == LEAD:
        return lead_item(issue, place)
    after = remove_item(issue, place)
    shift = 1 if place.section == to.section and place.item < to.item else 0
    return _insert(after, plan, Place(to.section, to.item - shift))


def step_item(issue: Issue, place: Place, by: int) -> Issue:
    """Move an item one up (-1) or down (1); at the edge of its section it goes on into the next one."""
    plan_at(issue, place)
    items = len(issue.sections[place.section].items) if place != LEAD else 1
    target = place.item + by
    if place != LEAD and 0 <= target < items:
        return move_item(issue, place, Place(place.section, target + (1 if by > 0 else 0)))
    section = place.section + by
    if not 0 <= section < len(issue.sections):
        return issue
    return move_item(issue, place, Place(section, 0 if by > 0 else len(issue.sections[section].items)))


def lead_item(issue: Issue, place: Place) -> Issue:
    """Make the item at `place` the lead; the present lead takes its place."""
    plan, former = plan_at(issue, place), issue.lead
    if place == LEAD:
        return issue
    section = issue.sections[place.section]
    filled = section.items[: place.item] + ((former,) if former else ()) + section.items[place.item + 1 :]
    return replace(_with_section(issue, place.section, replace(section, items=filled)), lead=plan)


def override_item(issue: Issue, place: Place, *, title: str, summary: str) -> Issue:
    """Give an item another title and summary in this issue only; an empty text is the article's own again."""
    return _with_plan(issue, place, replace(plan_at(issue, place), title=title, summary=summary))


def target_item(issue: Issue, place: Place, rule: AudienceRule, article: Article | None) -> Issue:
    """Say for whom an item is in this issue; the article's own audience is taken up again, not repeated."""
    own = article is not None and rule == article.targeting
    return _with_plan(issue, place, replace(plan_at(issue, place), audience=None if own else rule))


def _with_plan(issue: Issue, place: Place, plan: ItemPlan) -> Issue:
    if place == LEAD:
        return replace(issue, lead=plan)
    section = issue.sections[place.section]
    return _with_section(
        issue,
        place.section,
        replace(section, items=(*section.items[: place.item], plan, *section.items[place.item + 1 :])),
    )


def rename_section(issue: Issue, section: int, title: str) -> Issue:
    """Print a section under another title; an empty one is the publication's."""
    return _with_section(issue, section, replace(_section(issue, section), title=title))


def split_section(issue: Issue, place: Place, title: str) -> Issue:
    """Begin a new section of the same tag, under `title`, with the item at `place`."""
    plan_at(issue, place)
    if place == LEAD or place.item == 0:
        raise Refused(_("Une rubrique se coupe après son premier article."), hint="choose a later item")
    section = issue.sections[place.section]
    parts = (
        replace(section, items=section.items[: place.item]),
        replace(section, title=title or section.title, items=section.items[place.item :], line=0),
    )
    before, after = issue.sections[: place.section], issue.sections[place.section + 1 :]
    return replace(issue, sections=(*before, *parts, *after))


def add_section(issue: Issue, tag: str, title: str) -> Issue:
    """Add an empty section at the end; Refused for an unknown tag."""
    if tag not in list(Tag):
        raise Refused(_("Choisissez une étiquette de la liste."), where=tag, hint="choose one of the list")
    return replace(issue, sections=(*issue.sections, SectionPlan(tag=tag, title=title)))


def remove_section(issue: Issue, section: int) -> Issue:
    """Drop a section with all its items; the articles stay in the pool."""
    _section(issue, section)
    return replace(issue, sections=issue.sections[:section] + issue.sections[section + 1 :])


def move_section(issue: Issue, section: int, by: int) -> Issue:
    """Move a whole section up (-1) or down (1); at the edge nothing changes."""
    _section(issue, section)
    target = section + by
    if not 0 <= target < len(issue.sections):
        return issue
    found = list(issue.sections)
    found[section], found[target] = found[target], found[section]
    return replace(issue, sections=tuple(found))


def from_last(workspace: Workspace, publication: str, on: date) -> Issue:
    """Begin an issue with the sections of the publication's last one, empty but for what was left out of it.

    An article that could have been in the last issue and is in none is carried over.
    Refused without an earlier issue.
    """
    setting = workspace.settings.publication(publication)
    earlier = history(workspace)
    last = next((i for i in earlier if i.publication == publication and i.date < on), None)
    if last is None:
        raise Refused(
            _("Cette publication n’a pas encore de numéro à reprendre."), hint="compose one from the articles"
        )
    pool = workspace.pool()
    fresh = propose(pool, setting, on, earlier, workspace.settings.network).issue
    slipped = {
        section.tag: tuple(plan for plan in section.items if pool.find(plan.slug).date <= last.date)
        for section in fresh.sections
    }
    seen: set[str] = set()
    sections = []
    for section in last.sections:
        items = () if section.tag in seen else slipped.get(section.tag, ())
        seen.add(section.tag)
        sections.append(replace(section, items=items, line=0))
    issues.write_issue(workspace.root / fresh.path, replace(fresh, lead=None, preheader="", sections=tuple(sections)))
    return read_issue(workspace, fresh.key)


def _insert(issue: Issue, plan: ItemPlan, place: Place) -> Issue:
    section = _section(issue, place.section)
    at = max(0, min(place.item, len(section.items)))
    return _with_section(issue, place.section, replace(section, items=(*section.items[:at], plan, *section.items[at:])))


def _section(issue: Issue, number: int) -> SectionPlan:
    if 0 <= number < len(issue.sections):
        return issue.sections[number]
    raise _gone()


def _with_section(issue: Issue, number: int, section: SectionPlan) -> Issue:
    _section(issue, number)
    return replace(issue, sections=(*issue.sections[:number], section, *issue.sections[number + 1 :]))


def _gone() -> Refused:
    return Refused(
        _("Cet article ou cette rubrique n’est plus là : la page n’était plus à jour."), hint="reload the page"
    )
