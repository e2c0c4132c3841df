"""What an issue's files say otherwise than at its approval: items, subject, texts, audience."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from newsletter.model import ComposedIssue, Item

Kind = Literal["subject", "preheader", "editorial", "date", "added", "removed", "changed", "order", "people", "look"]


@dataclass(frozen=True, slots=True)
class ApprovalChange:
    """One difference: `before` and `after` are subjects, dates, numbers of people, or the title of an item."""

    kind: Kind
    before: str = ""
    after: str = ""


def texts_of(composed: ComposedIssue) -> dict[str, str]:
    """Return the marks of an issue's own texts, to be kept with an approval."""
    return {"preheader": _mark(composed.preheader), "editorial": _mark(composed.editorial_text)}


def prints_of(composed: ComposedIssue) -> dict[str, dict[str, str]]:
    """Return each item's title and mark by its place, in printed order, to be kept with an approval.

    A place is the section's tag and the article's slug (the lead's tag is empty): an article may stand in two sections.
    """
    placed = [("", composed.lead)] if composed.lead else []
    placed += [(section.tag, item) for section in composed.sections for item in section.items]
    return {f"{tag}/{item.article.slug}": {"title": item.title, "mark": _item_mark(item)} for tag, item in placed}


def changes_since(
    subject: str, record: Mapping[str, Any], composed: ComposedIssue, people: tuple[int, int]
) -> tuple[ApprovalChange, ...]:
    """Return what `composed` says otherwise than the approval that kept `subject` and `record`.

    `people` are how many were to receive it then, and would now. An approval of an earlier version kept no marks of
    texts and items: then only added and removed items are found. `look` stands alone, for a difference in none of
    these (the theme, a setting, a picture).
    """
    found: list[ApprovalChange] = []
    if subject != composed.subject:
        found.append(ApprovalChange("subject", subject, composed.subject))
    if record.get("date") not in (None, composed.date.isoformat()):
        found.append(ApprovalChange("date", str(record["date"]), composed.date.isoformat()))
    now = texts_of(composed)
    before = record.get("texts", now)
    found += [ApprovalChange(kind) for kind in ("preheader", "editorial") if before.get(kind) != now[kind]]
    found += _items(record, prints_of(composed))
    if people[0] != people[1]:
        found.append(ApprovalChange("people", str(people[0]), str(people[1])))
    if all(change.kind == "people" for change in found):
        found.append(ApprovalChange("look"))
    return tuple(found)


def _items(record: Mapping[str, Any], now: Mapping[str, Mapping[str, str]]) -> list[ApprovalChange]:
    before = record.get("prints")
    if before is None:  # kept by an earlier version: slugs only
        before = {slug: {} for slug in record.get("items", {})}
        now = {place.partition("/")[2]: item for place, item in now.items()} if before else {}
    found = [ApprovalChange("added", after=item["title"]) for place, item in now.items() if place not in before]
    found += [ApprovalChange("removed", item.get("title", place)) for place, item in before.items() if place not in now]
    found += [
        ApprovalChange("changed", item["title"], now[place]["title"])
        for place, item in before.items()
        if place in now and "mark" in item and item["mark"] != now[place]["mark"]
    ]
    kept = [place for place in before if place in now]
    if record.get("prints") and kept != [place for place in now if place in before]:
        found.append(ApprovalChange("order"))
    return found


def _item_mark(item: Item) -> str:
    """Return a mark of what is printed of an item."""
    picture = (item.picture.source, item.picture.alt) if item.picture else ()
    parts = (item.title, item.summary, item.link, item.cta, item.when, item.until, item.quote, item.body_html, picture)
    return _mark(repr((*parts, item.article.contact, item.audience)))


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
