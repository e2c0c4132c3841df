"""The API's issues and articles: lists, an issue with its findings, and drafts handed in by another program."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from newsletter.actions import documents
from newsletter.actions.issues import api_drafts, files
from newsletter.actions.issues.article_form import Problems
from newsletter.actions.issues.article_list import shelf
from newsletter.actions.letters import editions
from newsletter.actions.team.api_keys import Caller
from newsletter.errors import ContentError
from newsletter.i18n import speaking
from newsletter.model import ItemPlan, Status, Tag
from newsletter.web.api.routes import After, Key, Limit, allow, declined, page, routes
from newsletter.web.api.shapes import ArticleDraft, Articles, Deposited, Issues, IssueWhole
from newsletter.web.site import Site

_ALL = 1_000_000
Month = Annotated[str, Query(pattern=r"^(\d{4}-\d{2})?$")]
Once = Annotated[str, Header(alias="Idempotency-Key", max_length=200)]


def router(site: Site) -> APIRouter:
    """Return the routes of issues and articles."""
    api = routes()
    reads, writes = allow(site, "content"), allow(site, "write")
    workspace = site.workspace

    @api.get("/issues", response_model=Issues)
    def issues(after: After = "", limit: Limit = 50, _who: Caller = reads) -> Any:
        """Issues, newest first."""
        found, _errors = files.list_issues(workspace)
        part, following = page(found, lambda s: s.issue.key, after, limit)
        return {"issues": [documents.issue(s) for s in part], "next": following}

    @api.get("/issues/{key}", response_model=IssueWhole)
    def issue(key: Key, _who: Caller = reads) -> Any:
        """One issue: its sections with their articles, and what the proof-reader finds."""
        return _whole(site, key)

    @api.get("/articles", response_model=Articles)
    def articles(
        after: After = "",
        limit: Limit = 50,
        tag: Tag | None = None,
        status: Status | None = None,
        month: Month = "",
        _who: Caller = reads,
    ) -> Any:
        """Articles, newest first; `month` is `2026-11`."""
        found = shelf(workspace, tag=tag or "", status=status or "", month=month, size=_ALL).articles
        part, following = page(found, lambda row: row[0].slug, after, limit)
        return {"articles": [documents.article(*row) for row in part], "next": following}

    @api.post("/articles", status_code=201, response_model=Deposited, responses={200: {"model": Deposited}})
    def deposit(draft: ArticleDraft, response: Response, once: Once = "", who: Caller = writes) -> Any:
        """Hand in a draft, once for its `link` or Idempotency-Key; 200 with the article that is there already."""
        if not (draft.link or once):
            raise declined(422, "a draft needs a link or an Idempotency-Key", "so that a repeated call makes no second")
        try:
            with speaking("en"):
                done = api_drafts.deposit(workspace, who, draft.kind, _form(draft), draft.tags, once)
        except Problems as problems:
            said = " ".join(f"{name}: {words}" for name, words in problems.fields.items())
            raise declined(422, said, "correct these fields") from None
        except ContentError as error:
            raise declined(422, error.what, error.hint) from None
        response.status_code = 201 if done.made else 200
        return asdict(done)

    return api


def _whole(site: Site, key: str) -> dict[str, Any]:
    workspace = site.workspace
    try:
        plan, pool = files.read_issue(workspace, key), workspace.pool()
    except ContentError as error:
        raise declined(409, f"the issue's file cannot be read: {error.what}", error.hint) from None

    def item(row: ItemPlan) -> dict[str, str]:
        article = pool.get(row.slug)
        return {"article": row.slug, "title": row.title or (article.title if article else "")}

    listed, _errors = files.list_issues(workspace)
    summary = next((s for s in listed if s.issue.key == key), files.IssueSummary(plan, "draft"))
    return {
        **documents.issue(summary),
        "lead": item(plan.lead) if plan.lead else None,
        "sections": [{"tag": s.tag, "title": s.title, "items": [item(i) for i in s.items]} for s in plan.sections],
        "warnings": [asdict(finding) for finding in editions.findings(workspace, key)],
    }


def _form(draft: ArticleDraft) -> dict[str, str]:
    """Return the draft as the Studio's form would send it."""
    values = draft.model_dump(mode="json", exclude={"kind", "tags", "organisations"}, exclude_none=True)
    return {**values, "organisations": "\n".join(draft.organisations)}
