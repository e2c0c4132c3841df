"""The proof-reader on content: what an attentive colleague would point out before an issue is sent.

Every finding has a stable code, a French sentence that says what to do, and its place in the files. An error stops
approval; a warning asks for a look; advice may be ignored.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time

from newsletter.content.checks import dates, placement, prose
from newsletter.content.checks import targets as links_of
from newsletter.content.checks.placement import PlacedItem
from newsletter.content.fields import UnknownKey
from newsletter.content.pool import Pool
from newsletter.i18n import _
from newsletter.model import Article, ComposedIssue, Finding, Issue, Severity, Tag
from newsletter.paris import PARIS
from newsletter.settings import Publication

__all__ = ["check", "check_article", "links", "unknown_keys"]

Where = Callable[[str], str]
_HREF = re.compile(r'href="([^"]+)"')


def check(
    issue: Issue, pool: Pool, publication: Publication, now: datetime, history: Sequence[Issue] = ()
) -> list[Finding]:
    """Return the findings on `issue` and all its articles, in reading order, each once.

    `now` is aware; what counts as over is judged on the later of `now` and the issue's day. `history` are the other
    issues. Works on files that `compose` would refuse: the reasons are among the findings.
    """
    leaves = max(now, datetime.combine(issue.date, time(0), PARIS))
    items, missing = placement.placed(issue, pool, publication)
    found = [*placement.check_lines(issue, publication), *_check_editorial(issue), *missing]
    found += placement.check_sections(issue, items, publication, leaves.date())
    used = {item.article.path for item in items}
    found += unknown_keys(key for key in pool.unknown if key.path in used)
    for item in items:
        found += placement.check_item(item, publication, leaves)
        found += _read(_as_printed(item), _place(item, issue))
        found += _check_years(item, issue)
    found += placement.check_repeats(items, issue, publication, history)
    found += placement.check_names(items)
    return list(dict.fromkeys(found))


def check_article(article: Article) -> list[Finding]:
    """Return the findings on one article, whatever issue it may be in."""
    return list(dict.fromkeys(_read(article, article.where)))


def unknown_keys(found: Iterable[UnknownKey]) -> list[Finding]:
    """Return a finding for each unknown key of a front matter."""
    findings = []
    for key in found:
        near = re.match(r"did you mean `([^`]+)`", key.hint)
        if near:
            message = _("La clé « {nom} » est inconnue : fallait-il écrire « {proche} » ?")
            words = message.format(nom=key.name, proche=near[1])
        else:
            words = _("La clé « {nom} » est inconnue : elle reste sans effet. Retirez-la.").format(nom=key.name)
        findings.append(Finding("key-unknown", Severity.WARNING, words, f"{key.path}:{key.line}, {key.name}"))
    return findings


def links(composed: ComposedIssue) -> list[tuple[str, str]]:
    """Return (address, where) of every web link of an issue, each address once: what a link checker has to visit."""
    found = [(html.unescape(target), f"{composed.path}, body") for target in _HREF.findall(composed.editorial_html)]
    for item in composed.items:
        found += [(item.link, item.article.where("link")), *links_of.targets(item.article)]
    first: dict[str, str] = {}
    for target, where in found:
        if target.startswith(("http://", "https://")):
            first.setdefault(target, where)
    return list(first.items())


def _as_printed(item: PlacedItem) -> Article:
    """Return the article with what the issue overrides."""
    plan, article = item.plan, item.article
    return replace(
        article,
        title=plan.title or article.title,
        summary=plan.summary or article.summary,
        picture=plan.picture or article.picture,
    )


def _place(item: PlacedItem, issue: Issue) -> Where:
    """Return a function that gives a field's place: the issue's line where it is overridden, else the article's."""
    plan = item.plan
    overridden = {"title": plan.title, "summary": plan.summary, "image": plan.picture}

    def where(name: str) -> str:
        return f"{placement.at(issue, plan)}, {name}" if overridden.get(name) else item.article.where(name)

    return where


def _read(article: Article, where: Where) -> Iterator[Finding]:
    reference = (article.event.start if article.event else article.deadline) or article.date
    day = reference.date() if isinstance(reference, datetime) else reference
    yield from prose.check_title(article.title, where("title"))
    yield from prose.check_summary(article.summary, where("summary"))
    yield from prose.check_picture(article.picture, where("image"))
    for speaker in article.speakers:
        yield from prose.check_picture(speaker.portrait, where("people"))
    for name, text in _texts(article):
        yield from prose.check_text(text, where(name))
        yield from dates.check_weekdays(text, where(name), day)
    for target, place in links_of.targets(article):
        yield from links_of.check_target(target, place)
    yield from _check_facts(article, where)


def _texts(article: Article) -> list[tuple[str, str]]:
    return [
        ("title", article.title),
        ("summary", article.summary),
        ("quote", article.quote),
        ("body", article.body),
    ]


def _check_facts(article: Article, where: Where) -> Iterator[Finding]:
    """Yield what an article of its kind lacks: a link, an event's date, a deadline, people, an organisation."""
    event = article.event
    if not (article.link or article.body or article.contact or (event and event.link)):
        message = _(
            "Il n’y a ni lien, ni contact, ni texte : qui voudra en savoir plus ne trouvera rien. Ajoutez un lien."
        )
        yield Finding("link-missing", Severity.WARNING, message, where("link"))
    if event and event.end and event.end < event.start:
        message = _("L’événement finit avant d’avoir commencé. Corrigez son début ou sa fin.")
        yield Finding("event-reversed", Severity.ERROR, message, where("event"))
    needed = (
        (
            Tag.AGENDA,
            event,
            "event",
            "event-missing",
            _("Cet article va dans l’agenda : donnez la date de l’événement."),
        ),
        (
            Tag.APPEL,
            article.deadline,
            "deadline",
            "deadline-missing",
            _("Cet appel n’a pas de date limite. Indiquez-la : c’est ce que les lecteurs cherchent."),
        ),
        (
            Tag.ELU,
            article.speakers,
            "people",
            "speakers-missing",
            _("Cet entretien ne dit pas qui parle. Ajoutez le nom, la fonction et l’organisation."),
        ),
        (
            Tag.TERRITOIRES,
            article.organisations,
            "organisations",
            "organisation-missing",
            _("Cet article ne dit pas de quelle collectivité il parle. Nommez-la."),
        ),
    )
    for tag, value, name, code, message in needed:
        if tag in article.tags and not value:
            yield Finding(code, Severity.WARNING, message, where(name))


def _check_editorial(issue: Issue) -> Iterator[Finding]:
    place = placement.where(issue, "body")
    yield from prose.check_text(issue.editorial, place)
    yield from dates.check_years(issue.editorial, place, issue.date)
    for name, text in (("subject", issue.subject), ("preheader", issue.preheader), ("body", issue.editorial)):
        yield from dates.check_weekdays(text, placement.where(issue, name), issue.date)
    for target in links_of.in_markdown(issue.editorial):
        yield from links_of.check_target(target, place)


def _check_years(item: PlacedItem, issue: Issue) -> Iterator[Finding]:
    where, printed = _place(item, issue), _as_printed(item)
    for name, text in (("title", printed.title), ("summary", printed.summary)):
        yield from dates.check_years(text, where(name), issue.date)
