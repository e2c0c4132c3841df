"""The open questions of imports, one per cause, each with its possible answers, the proposed one first.

Forty rows with the same slip in their domain are one question; so are all the people of one unknown organisation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.engine import Connection

from newsletter import addresses
from newsletter.actions.imports import reviews as import_reviews
from newsletter.actions.workspace import Workspace
from newsletter.errors import AddressError, NotFound, Refused
from newsletter.exchange.address_repair import proposed_address
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.people import organisations, people

_SHOWN_PEOPLE = 3
_MOST = 5000
_ADDRESS = re.compile(r"[^\s«»()]+@[^\s«»()]+")


class ReviewAnswer(NamedTuple):
    """One answer: accept, correct, create, decline, or organisation (then `value` is its number); `label` names it."""

    code: str
    value: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class ReviewGroup:
    """The open questions of one cause: `title` is what they are about, `why` the reason, `people` the first of them.

    `answers` has the proposed one first. `facts` are what the file says of the first, by column.
    """

    reviews: tuple[Review, ...]
    kind: str
    title: str
    why: str
    people: tuple[str, ...]
    answers: tuple[ReviewAnswer, ...]

    @property
    def numbers(self) -> str:
        """The numbers of its questions, for a form."""
        return " ".join(str(review.id) for review in self.reviews)

    @property
    def first(self) -> Review:
        """The oldest of its questions."""
        return self.reviews[0]


def group_reviews(workspace: Workspace) -> list[ReviewGroup]:
    """Return the open questions by cause, oldest cause first."""
    with workspace.database.read() as connection:
        found: dict[tuple[str, ...], list[Review]] = {}
        for review in reviews.list_reviews(connection, limit=_MOST):
            found.setdefault(_cause(review), []).append(review)
        return [_group(connection, together) for together in found.values()]


def settle_group(workspace: Workspace, numbers: Iterable[int], answer: ReviewAnswer, by: str) -> tuple[int, int]:
    """Give one answer to several questions; returns how many were settled, and how many could not be.

    A question that was settled meanwhile counts as settled.
    """
    settled = failed = 0
    for number in numbers:
        try:
            settled += _settle(workspace, number, answer, by)
        except NotFound:
            continue
        except (Refused, AddressError) as error:
            if "settled" not in error.what:
                failed += 1
    return settled, failed


def _settle(workspace: Workspace, number: int, answer: ReviewAnswer, by: str) -> int:
    accept, email = answer.code != "decline", ""
    if answer.code == "correct":
        with workspace.database.read() as connection:
            email = corrected_address(reviews.get_review(connection, number))
    return import_reviews.settle_review(
        workspace,
        number,
        accept=accept,
        by=by,
        email=email,
        organisation_id=int(answer.value) if answer.code == "organisation" else None,
        create=answer.code == "create",
    )


def proposed_answer(workspace: Workspace, number: int) -> ReviewAnswer:
    """Return the answer proposed to one open question; NotFound and Refused as `settle_review` raises them."""
    with workspace.database.read() as connection:
        return _answers(connection, reviews.get_review(connection, number))[0]


def corrected_address(review: Review) -> str:
    """Return the address most likely meant by a doubtful row, or ""."""
    try:
        address = addresses.parse_address(str(review.detail.get("email", review.subject)))
    except AddressError:
        return ""
    return addresses.suggest(address) or proposed_address(address)


def _cause(review: Review) -> tuple[str, ...]:
    """Return what questions with one answer have in common."""
    if review.kind in (reviews.ORGANISATION, reviews.CONFLICT):
        return review.kind, review.subject
    if review.kind != reviews.ROW:
        return review.kind, str(review.id)
    right = corrected_address(review).rpartition("@")[2]
    wrong = str(review.detail.get("email", review.subject)).rpartition("@")[2]
    if right and right != wrong:
        return review.kind, review.publication or "", wrong, right
    return review.kind, review.publication or "", _ADDRESS.sub("…", str(review.detail.get("reason", "")))


def _group(connection: Connection, together: Sequence[Review]) -> ReviewGroup:
    first = together[0]
    reason = str(first.detail.get("reason") or first.detail.get("explanation") or first.detail.get("text") or "")
    why = _ADDRESS.sub("…", reason.partition(" : fallait-il")[0]) if len(together) > 1 else reason
    right = corrected_address(first) if first.kind == reviews.ROW else ""
    wrong = str(first.detail.get("email", first.subject)).rpartition("@")[2]
    title = first.subject
    if first.kind == reviews.ROW and len(together) > 1:
        domain = right.rpartition("@")[2]
        title = f"{wrong} → {domain}" if domain and domain != wrong else why
    named = tuple(_person(connection, review) for review in together[:_SHOWN_PEOPLE])
    return ReviewGroup(tuple(together), first.kind, title, why, named, _answers(connection, first))


def _answers(connection: Connection, review: Review) -> tuple[ReviewAnswer, ...]:
    decline = ReviewAnswer("decline")
    if review.kind == reviews.ROW:
        if right := corrected_address(review):
            return ReviewAnswer("correct", label=right), ReviewAnswer("accept"), decline
        # What no rule understands is not taken for a consent: not to write is proposed.
        is_address = "email_as_found" in review.detail.get("fields", {})
        return (ReviewAnswer("accept"), decline) if is_address else (decline, ReviewAnswer("accept"))
    if review.kind in (reviews.ORGANISATION, reviews.CONFLICT):
        return (*_candidates(connection, review), decline)
    if review.kind == reviews.MEMBER:
        known = _candidates(connection, review) if review.detail.get("candidates") else ()
        return (*known, ReviewAnswer("accept"), decline)
    return ReviewAnswer("accept"), decline


def _candidates(connection: Connection, review: Review) -> tuple[ReviewAnswer, ...]:
    found = []
    for number in review.detail.get("candidates", []):
        try:
            found.append(
                ReviewAnswer("organisation", str(number), organisations.get_organisation(connection, number).name)
            )
        except NotFound:
            continue
    if review.kind != reviews.ORGANISATION:
        return tuple(found)
    return (*found, ReviewAnswer("create", label=review.subject))


def _person(connection: Connection, review: Review) -> str:
    """Return the name and the address of whom a question is about."""
    if review.subscriber_id is not None:
        try:
            person = people.by_id(connection, review.subscriber_id)
        except NotFound:
            return ""
        name = f"{person.first_name} {person.last_name}".strip()
        return f"{name} ({person.address})" if name else person.address
    fields = review.detail.get("fields", {})
    name = f"{fields.get('first_name', '')} {fields.get('last_name', '')}".strip()
    address = str(review.detail.get("email", ""))
    return f"{name} ({address})" if name and address else name or address
