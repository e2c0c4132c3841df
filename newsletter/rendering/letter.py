"""An issue rendered as a letter, once for every variant of readers: a pure function of its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newsletter import i18n
from newsletter.messages import Letter, PublishedPicture
from newsletter.model import ComposedIssue, Item, Reader
from newsletter.rendering import clean, text, view
from newsletter.rendering.environment import fill
from newsletter.rendering.inline import inline
from newsletter.rendering.mjml import to_html
from newsletter.settings import Network, Publication
from newsletter.theme import Theme

Variant = tuple[str, ...]


def render(
    composed: ComposedIssue,
    publication: Publication,
    network: Network,
    theme: Theme,
    base_url: str,
    pictures: Mapping[str, PublishedPicture],
    variant: Variant = (),
    *,
    counted: bool = False,
) -> Letter:
    """Return the letter that readers of `variant` receive, in the network's language.

    `pictures` maps `picture_key(source, width, height)` to prepared pictures; one that is missing is left out, its
    item stays. `variant` names the restricted articles that stay in; `counted` says that links are counted, which
    the footer mentions. The same values give the same bytes.
    Raises RenderingError naming the article whose text cannot be printed.
    """
    issue = clean.tree(keep(composed, variant))
    with i18n.speaking(network.locale):
        page = view.page(issue, publication, network, theme, base_url.rstrip("/"), pictures, counted=counted)
        layout = publication.layout
        html = to_html(fill(f"{layout}.mjml.j2", page), fill("head.css.j2", page))
        html = inline(html, fill("content.css.j2", page))
        plain = text.tidy(fill(f"{layout}.txt.j2", page))
    return Letter(
        issue=composed.key,
        publication=publication.key,
        subject=issue.subject,
        preheader=issue.preheader,
        html=html,
        text=plain,
        variant=variant,
    )


def keep(composed: ComposedIssue, variant: Variant) -> ComposedIssue:
    """Return the issue without the restricted articles that `variant` does not name; an emptied section vanishes."""

    def stays(item: Item) -> bool:
        return not item.article.restriction or item.article.slug in variant

    sections = (replace(s, items=tuple(filter(stays, s.items))) for s in composed.sections)
    lead = composed.lead if composed.lead and stays(composed.lead) else None
    return replace(composed, lead=lead, sections=tuple(s for s in sections if s.items))


def variant_for(composed: ComposedIssue, reader: Reader) -> Variant:
    """Return the sorted slugs of the restricted articles that `reader` may see."""
    articles = (item.article for item in composed.items)
    return tuple(sorted({a.slug for a in articles if a.restriction and a.restriction.admits(reader)}))
