"""From an issue file to an issue ready to print: slugs resolved, overrides in force, French typography applied."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date as day

from newsletter import i18n
from newsletter.audience import formula
from newsletter.content.article import to_come
from newsletter.content.frontmatter import clean
from newsletter.content.markdown import render
from newsletter.content.pool import Pool, agenda, event_order
from newsletter.content.propose import AGENDA, ProposedIssue, is_public, propose
from newsletter.errors import ContentError
from newsletter.french import event_words, plain, typography, until_words
from newsletter.headlines import network_line, preheader_line, subject_line
from newsletter.i18n import Sentence
from newsletter.model import Article, ComposedIssue, Issue, Item, ItemPlan, Picture, Section, SectionPlan, Visibility
from newsletter.settings import Network, Publication

__all__ = ["ProposedIssue", "agenda", "compose", "propose"]


def compose(issue: Issue, pool: Pool, publication: Publication, network: Network) -> ComposedIssue:
    """Return `issue` with its items in place of slugs; items meant for some readers only are still in it.

    Dates are in the network's language, not in the user's: an approval is valid in both.
    An agenda is sorted by date and loses what is over on the issue's day; an empty section is left out. Raises
    ContentError (file and line of the issue) for a slug that no article has, an agenda entry without an event, and
    an article for members in a publication that others can read.
    """
    desk = _Composer(issue, pool, publication)
    with i18n.speaking(network.locale):
        lead = desk.item(issue.lead, "lead") if issue.lead else None
        sections = tuple(section for section in map(desk.section, issue.sections) if section.items)
        pattern = subject_line(publication.subject, publication, issue.date, issue.number)
        subject = subject_line(issue.subject, publication, issue.date, issue.number) or pattern
    titles = dict.fromkeys(item.title for item in ([lead] if lead else []) + [i for s in sections for i in s.items])
    xhtml, text = _body(issue.editorial, f"{issue.path}:{issue.lines.get('body', 1)}")
    told = titles or [" ".join(text.split())]  # of a message, its first words
    return ComposedIssue(
        key=issue.key,
        path=issue.path,
        publication=issue.publication,
        date=issue.date,
        number=issue.number,
        subject=plain(typography(subject)),
        preheader=typography(issue.preheader or preheader_line(told, network)),
        lead=lead,
        sections=sections,
        editorial_html=xhtml,
        editorial_text=text,
        audience=issue.audience,
        plain_subject=plain(typography(pattern)),
        own_preheader=bool(issue.preheader),
        network_line=typography(network_line(network)),
    )


@dataclass(frozen=True, slots=True)
class _Composer:
    """Makes sections and items from one issue's plans."""

    issue: Issue
    pool: Pool
    publication: Publication

    def section(self, plan: SectionPlan) -> Section:
        """Return the section of `plan`, perhaps empty; what it leaves open comes from the publication."""
        setting = self.publication.section(plan.tag)
        layout = plan.layout or (setting.layout if setting else "news")
        title = plan.title or (setting.title if setting else plan.tag)
        items = [self.item(item, layout) for item in plan.items]
        if layout == AGENDA:
            items = _agenda_order(items, self.issue.date)
        return Section(tag=plan.tag, title=typography(title), layout=layout, items=tuple(items))

    def item(self, plan: ItemPlan, layout: str) -> Item:
        """Return the item of `plan`, with what the issue overrides."""
        where = f"{self.issue.path}:{plan.line}, {plan.slug}"
        article = self.pool.find(plan.slug, where)
        self._refuse(article, layout, where)
        xhtml, text = _body(article.body, article.where("body"))
        event = article.event
        links = (article.link, event.link if event else "")
        return Item(
            article=article,
            title=typography(plan.title or article.title),
            summary=typography(plan.summary or article.summary),
            # In the agenda an entry leads to the event's own page, elsewhere to the article's.
            link=next(filter(None, reversed(links) if layout == AGENDA else links), ""),
            cta=typography(plan.cta or article.cta or self.publication.link_label),
            picture=_picture(plan.picture or article.picture),
            when=typography(event_words(event)) if event else "",
            until=typography(until_words(article.deadline)) if article.deadline else "",
            quote=typography(article.quote),
            body_html=xhtml,
            body_text=text,
            audience=formula(article.targeting if plan.audience is None else plan.audience),
            line=plan.line,
        )

    def _refuse(self, article: Article, layout: str, where: str) -> None:
        if article.visibility == Visibility.MEMBERS and is_public(self.publication):
            raise ContentError(
                f"`{article.slug}` is for members only, and `{self.publication.key}` is read by others",
                where=where,
                hint="take it out, or make its `visibility` public",
                said=Sentence(
                    "« {slug} » est réservé aux adhérents, et cette publication est lue par d’autres. Retirez-le "
                    "du numéro, ou rendez l’article public.",
                    slug=article.slug,
                ),
            )
        if layout == AGENDA and article.event is None:
            raise ContentError(
                f"`{article.slug}` has no event to list in the agenda",
                where=where,
                hint=f"add `event:` to {article.path}, or move it to another section",
                said=Sentence(
                    "« {slug} » n’a pas d’événement à mettre à l’agenda. Donnez-lui une date, ou placez-le dans "
                    "une autre rubrique.",
                    slug=article.slug,
                ),
            )


def _agenda_order(items: list[Item], on: day) -> list[Item]:
    return sorted((i for i in items if to_come(i.article, on)), key=lambda item: event_order(item.article))


def _picture(picture: Picture | None) -> Picture | None:
    if picture is None:
        return None
    return replace(picture, alt=typography(picture.alt), credit=typography(picture.credit))


def _body(source: str, where: str) -> tuple[str, str]:
    """Return Markdown as XHTML and text, checked once more: entities could have hidden something."""
    xhtml, text = render(source)
    return clean(xhtml, where), clean(text, where)
