"""Articles that another program hands in: drafts for the editors, once each, never overwriting a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.actions.issues import article_form
from newsletter.actions.issues.feed_import import by_link
from newsletter.actions.team.api_keys import HOUR, Caller
from newsletter.actions.team.users import digest
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.model import Status
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.people import limits

PER_HOUR = 100


@dataclass(frozen=True, slots=True)
class Deposit:
    """The article's slug, and whether it was made now."""

    article: str
    made: bool


def deposit(
    workspace: Workspace, who: Caller, kind: str, form: Mapping[str, str], tags: Sequence[str], key: str = ""
) -> Deposit:
    """Write a draft, unless an article has its link or this caller handed one in under the same `key`.

    The same page under another address (www, http, tracking parameters) is the same link. Raises Problems for fields
    that the Studio would refuse too, ContentError, and Refused for too many within an hour.
    """
    blank = article_form.blank(workspace, kind)
    chosen = tuple(tags) or blank.tags
    article = replace(article_form.filled(blank, form, chosen, article_form.KINDS[kind].groups), status=Status.DRAFT)
    mark = f"api-article:{digest(f'{who.digest} {key}')}" if key else None
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        # The row of this count is held until the end: two programs never write the same article.
        limits.hit(connection, "api-articles", now, HOUR)
        n = limits.hit(connection, f"api-articles:{who.digest}", now, HOUR)
        if mark and (earlier := journal.detail_of(connection, mark)):
            return Deposit(str(earlier["article"]), made=False)
        if article.link and (same := by_link(workspace, article.link)):
            return Deposit(same.slug, made=False)
        if n > PER_HOUR:
            raise Refused(f"more than {PER_HOUR} articles within an hour", hint="hand the others in later")
        made = article_form.create_article(workspace, article)
        event = Event(now, "article-deposited", actor=who.by, detail={"article": made.slug}, key=mark)
        journal.record_event(connection, event)
    return Deposit(made.slug, made=True)
