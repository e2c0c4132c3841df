"""The API's audiences and groups: counts of the named audiences, and who goes into or out of a group."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from newsletter.actions import documents
from newsletter.actions.people import audiences as audience_verbs
from newsletter.actions.people import groups as group_verbs
from newsletter.actions.team.api_keys import Caller
from newsletter.web.api.routes import Key, allow, routes
from newsletter.web.site import Site


class NamedAudience(BaseModel):
    """A named audience: its rule, the sentence that says it, and its people of today (`trouble`: why not counted)."""

    audience: str
    title: str
    rule: str
    sentence: str
    people: int
    trouble: str


class AudienceList(BaseModel):
    """The named audiences, by title."""

    audiences: list[NamedAudience]


class GroupEntry(BaseModel):
    """A group kept by hand, and how many people are in it."""

    group: str
    title: str
    people: int


class GroupList(BaseModel):
    """The groups, by key."""

    groups: list[GroupEntry]


class GroupMove(BaseModel):
    """Addresses whose people go into a group, or with `leave` out of it."""

    model_config = ConfigDict(extra="forbid")

    addresses: list[Annotated[str, Field(min_length=3, max_length=320)]] = Field(min_length=1, max_length=1000)
    leave: bool = False


class GroupMoved(BaseModel):
    """The same answer whoever is known: a key that writes sees no people."""

    message: str


def router(site: Site) -> APIRouter:
    """Return the routes of audiences and groups."""
    api, reads, writes, workspace = routes(), allow(site, "figures"), allow(site, "write"), site.workspace

    @api.get("/audiences", response_model=AudienceList)
    def list_audiences(_who: Caller = reads) -> Any:
        """The named audiences, each with its rule, its sentence and how many people it holds today."""
        return {"audiences": [documents.audience(one) for one in audience_verbs.list_audiences(workspace)]}

    @api.get("/groups", response_model=GroupList)
    def list_groups(_who: Caller = reads) -> Any:
        """The groups kept by hand, each with how many people are in it."""
        found = group_verbs.list_groups(workspace)
        return {"groups": [{"group": one.key, "title": one.title, "people": one.people} for one in found]}

    @api.post("/groups/{key}/people", status_code=202, response_model=GroupMoved)
    def move(key: Key, wish: GroupMove, who: Caller = writes) -> Any:
        """Put people into a group by their addresses, or take them out; unknown addresses change nothing."""
        group_verbs.change_by_addresses(workspace, key, "\n".join(wish.addresses), who.by, leave=wish.leave)
        return {"message": "those of them who are known have been moved"}

    return api
