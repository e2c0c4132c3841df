"""How a letter will look: the bytes sent to one reader, adapted to be shown inside a page of the Studio."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Literal

from newsletter.actions.issues.board import plans
from newsletter.actions.issues.files import read_issue
from newsletter.actions.letters import pictures
from newsletter.actions.letters.editions import (
    SAMPLE_ADDRESS,
    Edition,
    composition,
    edition,
    personal,
    skeleton,
    variants,
)
from newsletter.actions.workspace import Workspace
from newsletter.content.compose import compose
from newsletter.content.pool import Pool
from newsletter.content.propose import is_public
from newsletter.errors import ContentError
from newsletter.i18n import _, ngettext
from newsletter.messages import Letter
from newsletter.model import Article, Issue, ItemPlan, SectionPlan, Visibility
from newsletter.paris import PARIS
from newsletter.rendering.letter import render
from newsletter.settings import Publication
from newsletter.store.people import organisations

Scheme = Literal["", "clair", "sombre"]
_UID = bytes(16)
_DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
_SLUG = "apercu"


@dataclass(frozen=True, slots=True)
class ReaderGroup:
    """Readers who get the same letter: the number of their variant, and who they are in French."""

    number: int
    words: str


@dataclass(frozen=True, slots=True)
class LetterLook:
    """One reader's letter; the pictures in `html` are under `prefix` + `/images/`."""

    html: str
    text: str
    subject: str
    preheader: str


def issue_look(workspace: Workspace, key: str, variant: int = 0, scheme: Scheme = "", prefix: str = "") -> LetterLook:
    """Return issue `key` as the readers of a variant get it; an unknown variant is the first."""
    made = edition(workspace, key)
    number = variant if 0 <= variant < len(made.letters) else 0
    html, text = _parts(workspace, made.letters[number], made.publication, _noon(made))
    letter = made.letters[number]
    return LetterLook(_shown(workspace, html, scheme, prefix), text, letter.subject, letter.preheader)


def item_look(
    workspace: Workspace,
    article: Article,
    publication: str = "",
    plan: ItemPlan | None = None,
    scheme: Scheme = "",
    prefix: str = "",
) -> str:
    """Return a letter with this article alone, with what `plan` overrides: the item as it will look."""
    setting = _publication(workspace, article, publication)
    slug = plan.slug if plan else article.slug
    shown = replace(article, slug=slug)
    tag = next((t for t in article.tags if (s := setting.section(t)) and s.layout != "agenda"), article.tags[0])
    layout = "" if article.event else "news"  # an agenda lists nothing without a date
    section = SectionPlan(tag=tag, title="", layout=layout, items=(plan or ItemPlan(slug=slug),))
    day = min(workspace.today(), article.event.last_day) if article.event else workspace.today()
    issue = Issue(
        key=_SLUG,
        path=article.path,
        publication=setting.key,
        date=day,
        subject=article.title,
        preheader=" ",
        sections=(section,),
    )
    settings = workspace.settings
    composed = compose(issue, Pool((shown,)), setting, settings.network)
    published, _unusable = pictures.publish(workspace, composed)
    letter = render(composed, setting, settings.network, settings.theme, settings.web.base_url, published, (slug,))
    html, _text = _parts(workspace, letter, setting, workspace.now())
    # The first screen of a letter is its masthead; a frame that is shown at `#article` begins below.
    return _shown(workspace, html.replace("<h2", '<h2 id="article"', 1), scheme, prefix)


def _publication(workspace: Workspace, article: Article, key: str) -> Publication:
    known = workspace.settings.publications
    if key in known:
        return known[key]
    members = article.visibility is Visibility.MEMBERS
    fitting = [p for p in known.values() if not (members and is_public(p))]
    tagged = [p for p in fitting if any(p.section(tag) for tag in article.tags)]
    return (tagged or fitting or list(known.values()))[0]


def _parts(workspace: Workspace, letter: Letter, publication: Publication, now: datetime) -> tuple[str, str]:
    maker = personal(workspace, publication, letter.issue, "parts")
    parts = skeleton(workspace, letter, publication).parts(maker.values(SAMPLE_ADDRESS, _UID, 0, now))
    return parts.html, parts.text


def _noon(made: Edition) -> datetime:
    return datetime.combine(made.composed.date, time(12), PARIS)


def _shown(workspace: Workspace, html: str, scheme: Scheme, prefix: str) -> str:
    """Take pictures from the page's own origin, and set light or dark whatever the browser prefers."""
    html = html.replace(f"{workspace.settings.web.base_url}/{pictures.PATH}/", f"{prefix}/{pictures.PATH}/")
    if scheme:
        html = _DARK.sub("@media all" if scheme == "sombre" else "@media not all", html)
    # A click in the preview goes nowhere: the frame may not open windows.
    return html.replace("<head>", '<head><base target="_blank">', 1)


def readers(workspace: Workspace, key: str) -> tuple[ReaderGroup, ...]:
    """Return the groups of readers who get different letters of an issue; one group while it cannot be composed."""
    issue, pool = read_issue(workspace, key), workspace.pool()
    everybody = (ReaderGroup(0, _("Tous les lecteurs")),)
    articles = (pool.get(plan.slug) for plan in plans(issue))
    if not any(article and article.restriction for article in articles):
        return everybody
    try:
        groups = variants(workspace, composition(workspace, issue, pool))
    except ContentError:
        return everybody
    if len(groups) == 1:
        return everybody
    with workspace.database.read() as connection:
        names = {o.id: o.name for o in organisations.list_organisations(connection)}
    found = [ReaderGroup(0, _("Lecteurs sans contenu ciblé"))]
    for number, ids in enumerate(list(groups.values())[1:], 1):
        found.append(ReaderGroup(number, _few([names[i] for i in ids if i in names])))
    return tuple(found)


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:2])
    more = len(names) - 2
    words = ngettext("{names} et {n} autre", "{names} et {n} autres", more)
    return words.format(names=shown, n=more) if more > 0 else shown
