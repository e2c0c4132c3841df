"""Members' proposals: the form behind a personal link, its preview, drafts, and the receipt. No script is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from newsletter.actions.proposals import submissions
from newsletter.actions.proposals.form import LENGTHS, Form
from newsletter.actions.proposals.submissions import Proposer
from newsletter.errors import Refused
from newsletter.i18n import _
from newsletter.web.site import Site, told

if TYPE_CHECKING:
    from newsletter.store.proposals import Proposal


@dataclass(frozen=True, slots=True)
class Posted:
    """What a form sent: its texts, and the bytes of the picture (none chosen: empty)."""

    values: Mapping[str, str]
    picture: bytes


async def posted(request: Request) -> Posted:
    """Read a multipart form of bounded size: one file, some short texts."""
    form = await request.form(max_files=1, max_fields=40, max_part_size=100_000)
    upload = form.get("picture")
    data = await upload.read() if isinstance(upload, UploadFile) else b""
    return Posted({name: value for name, value in form.items() if isinstance(value, str)}, data)


def router(site: Site) -> APIRouter:
    """Return the routes of proposals."""
    routes = APIRouter(include_in_schema=False)
    workspace = site.workspace

    @routes.get("/proposer/{token}")
    def show(request: Request, token: str, proposition: str = "", envoyee: str = "") -> Response:
        try:
            pages = _ProposalPages(site, request, token, submissions.proposer(workspace, token))
        except Refused:
            return site.page(request, "public/propose_closed.html", status=403, noindex=True)
        if envoyee:
            return pages.receipt(submissions.own(workspace, pages.who, envoyee))
        return pages.form(submissions.own(workspace, pages.who, proposition) if proposition else None)

    @routes.get("/proposer/{token}/image/{uid}")
    def picture(token: str, uid: str) -> Response:
        who = submissions.proposer(workspace, token)
        return FileResponse(submissions.picture(workspace, submissions.own(workspace, who, uid)))

    def known(token: str) -> None:
        # Checked before the form is read: nothing is read from a client without a link.
        submissions.proposer(workspace, token)

    @routes.post("/proposer/{token}", dependencies=[Depends(known)])
    def act(request: Request, token: str, sent: Annotated[Posted, Depends(posted)]) -> Response:
        pages = _ProposalPages(site, request, token, submissions.proposer(workspace, token))
        uid, action = sent.values.get("proposition", ""), sent.values.get("action", "")
        if action == "supprimer":
            submissions.discard_proposal(workspace, pages.who, uid)
            return pages.back()
        if action == "envoyer":
            return pages.send(uid)
        return pages.keep(sent, uid, preview=action == "apercu")

    return routes


@dataclass(frozen=True, slots=True)
class _ProposalPages:
    """The pages of one person."""

    site: Site
    request: Request
    token: str
    who: Proposer

    def back(self, **query: str) -> Response:
        """Return to the form by GET, so that a reload sends nothing again."""
        chosen = self.request.query_params.get("lang", "")
        asked = "&".join(f"{k}={v}" for k, v in {**query, **({"lang": "en"} if chosen == "en" else {})}.items())
        address = f"{self.site.prefix}/proposer/{self.token}" + (f"?{asked}" if asked else "")
        return RedirectResponse(address, 303)

    def form(
        self,
        proposal: Proposal | None,
        *,
        form: Form | None = None,
        problems: Mapping[str, str] | None = None,
        saved: bool = False,
    ) -> Response:
        """Show the form, with what a draft says or what was typed."""
        if proposal and proposal.state != "draft":
            return self.receipt(proposal)
        return self.site.page(
            self.request,
            "public/propose.html",
            status=422 if problems else 200,
            noindex=True,
            token=self.token,
            who=self.who,
            proposal=proposal,
            form=form or Form.of(proposal.values if proposal else {}),
            problems=problems or {},
            saved=saved,
            lengths=LENGTHS,
            mine=submissions.mine(self.site.workspace, self.who),
        )

    def keep(self, sent: Posted, uid: str, *, preview: bool) -> Response:
        """Keep the draft; with `preview`, show it as it will look if nothing is missing."""
        workspace, form = self.site.workspace, Form.of(sent.values)
        before = submissions.own(workspace, self.who, uid) if uid else None
        if before and before.state != "draft":
            return self.receipt(before)
        if before is None and form.blank and not sent.picture:
            return self.form(None, form=form, problems=form.problems(workspace.today(), pictured=False))
        try:
            draft = submissions.save_proposal(
                workspace, self.who, sent.values, uid, sent.picture, remove=sent.values.get("retirer") == "oui"
            )
        except Refused as error:
            return self.form(before, form=form, problems={"picture": told(error)})
        found = submissions.problems(workspace, draft) if preview else {}
        if found or not preview:
            return self.form(draft, problems=found, saved=True)
        return self.site.page(
            self.request,
            "public/propose_preview.html",
            noindex=True,
            token=self.token,
            proposal=draft,
            item=submissions.look_at_proposal(workspace, draft),
        )

    def send(self, uid: str) -> Response:
        """Send the draft to the editors."""
        workspace = self.site.workspace
        draft = submissions.own(workspace, self.who, uid)
        found = submissions.problems(workspace, draft) if draft.state == "draft" else {}
        if found:
            return self.form(draft, problems=found)
        try:
            submissions.submit(workspace, self.who, uid)
        except Refused:
            often = _("Vous avez envoyé beaucoup de propositions aujourd’hui. Le brouillon est gardé : revenez demain.")
            return self.form(draft, problems={"title": often})
        return self.back(envoyee=uid)

    def receipt(self, proposal: Proposal) -> Response:
        """Show the state of a proposal that was sent."""
        return self.site.page(
            self.request,
            "public/propose_sent.html",
            noindex=True,
            token=self.token,
            proposal=proposal,
            title=Form.of(proposal.values).title,
        )
