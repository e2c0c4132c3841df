"""An issue rendered as a letter, once for every variant of readers: a pure function of its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newsletter import headlines, i18n
from newsletter.audience import EVERYONE
from newsletter.messages import Letter, PublishedPicture
from newsletter.model import ComposedIssue, Item
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
    item stays. `variant` names the audiences whose items stay in; `counted` says that links are counted, which
    the footer mentions. The same values give the same bytes.
    Raises RenderingError naming the article whose text cannot be printed.
    """
    issue = clean.tree(keep(composed, variant))
    with i18n.speaking(network.locale):
        page = view.page(issue, publication, network, theme, base_url.rstrip("/"), pictures, counted=counted)
        layout = publication.layout if issue.items else "message"  # an éditorial alone
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
    """Return the issue without the items of audiences that `variant` does not name; an emptied section vanishes.

    Subject and preheader are those for its readers: they name no item that is gone.
    """

    def stays(item: Item) -> bool:
        return not item.audience or item.audience in variant

    gone = [item for item in composed.items if not stays(item)]
    if not gone:
        return composed
    sections = (replace(s, items=tuple(filter(stays, s.items))) for s in composed.sections)
    lead = composed.lead if composed.lead and stays(composed.lead) else None
    kept = replace(composed, lead=lead, sections=tuple(s for s in sections if s.items))
    subject, preheader = headlines.lines_for(composed, kept.items, gone)
    return replace(kept, subject=subject, preheader=preheader)


def public_part(composed: ComposedIssue) -> ComposedIssue:
    """Return what everybody may read of an issue: no item for some readers only, nothing of a letter for some only.

    Where no item is left, subject and preheader are those that name none.
    """
    kept = keep(composed, ())
    if composed.audience != EVERYONE:
        kept = replace(kept, lead=None, sections=(), editorial_html="", editorial_text="")
    elif kept.items or not composed.items:
        return kept
    return replace(kept, subject=composed.plain_subject, preheader=composed.network_line)


def has_something(composed: ComposedIssue, variant: Variant) -> bool:
    """Tell whether the readers of `variant` get an item; of an issue without any, whether there is an éditorial."""
    if not composed.items:
        return bool(composed.editorial_text.strip())
    return any(not item.audience or item.audience in variant for item in composed.items)
