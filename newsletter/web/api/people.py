"""The API's people: one person's record, a subscription requested for a person, and its end."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Query

from newsletter import addresses
from newsletter.actions.people import data_rights, reading, signup, signup_rules, subscriptions
from newsletter.actions.people.signup_rules import Application
from newsletter.actions.team.api_keys import Caller
from newsletter.actions.workspace import Workspace
from newsletter.errors import AddressError, NotFound, Refused
from newsletter.i18n import speaking
from newsletter.web.api.routes import allow, declined, routes
from newsletter.web.api.shapes import Enrolment, PersonRecord, SubscriptionTaken
from newsletter.web.site import Site

Address = Annotated[str, Query(min_length=3, max_length=320)]
Publication = Annotated[str, Query(max_length=200, description="Only this one; all without it.")]


def router(site: Site) -> APIRouter:
    """Return the routes of people."""
    api, reads, writes, workspace = routes(), allow(site, "people"), allow(site, "write"), site.workspace

    @api.get("/people", response_model=PersonRecord)
    def record(address: Address, who: Caller = reads) -> Any:
        """Everything that is kept about one person."""
        found = data_rights.whole_record(workspace, _address(address))
        try:
            reading.note_reading(workspace, f"key {who.by}", who.by, reading.WHOLE_RECORD)
        except Refused as refused:
            raise declined(429, refused.what, "wait an hour, or ask for an export") from None
        return found

    @api.post("/people", status_code=202, response_model=SubscriptionTaken)
    def enrol(wish: Enrolment, background: BackgroundTasks, who: Caller = writes) -> Any:
        """Request a subscription for a person, who confirms by mail; the answer tells nothing."""
        application = Application(
            address=_address(wish.address),
            publications=tuple(dict.fromkeys(wish.publications)),
            first_name=wish.first_name,
            last_name=wish.last_name,
            organisation=wish.organisation,
            by=who.by,
            asked=wish.asked,
        )
        with speaking("en"):
            problems = signup_rules.problems(workspace, application)
        if problems:
            said = " ".join(f"{name}: {words}" for name, words in problems.items())
            raise declined(422, said, "correct these fields")
        # After the answer, so that neither its words nor its time tell who is known.
        background.add_task(_ask, workspace, application)
        return {"message": "if a confirmation is needed, the person has been asked for it by mail"}

    @api.delete("/people/subscription", status_code=202, response_model=SubscriptionTaken)
    def leave(address: Address, publication: Publication = "", who: Caller = writes) -> Any:
        """End a person's subscriptions; the answer does not tell whether there were any."""
        known = workspace.settings.publications
        if publication and publication not in known:
            raise declined(404, "there is no such publication", f"known: {', '.join(known)}")
        with suppress(NotFound):  # the answer is the same
            subscriptions.unsubscribe(workspace, _address(address), by=who.by, publication=publication)
        return {"message": "nothing is sent to this person any more, of what was named"}

    return api


def _address(text: str) -> str:
    try:
        return addresses.parse_address(text).text
    except AddressError as error:
        raise declined(422, f"this is no address: {error.what}", error.hint) from None


def _ask(workspace: Workspace, application: Application) -> None:
    with speaking(workspace.settings.network.locale):
        signup.answer_request(workspace, application, at_once=signup_rules.admit_program(workspace))
