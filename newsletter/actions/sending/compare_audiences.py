"""The audiences of two mailings side by side: who is gone, who is new, and why, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.engine import Connection

from newsletter import paris
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound
from newsletter.i18n import Sentence
from newsletter.store.people import organisations
from newsletter.store.people.organisations import Organisation
from newsletter.store.sending import compare_audiences, mailings
from newsletter.store.sending.compare_audiences import Difference
from newsletter.store.sending.mailings import Mailing


@dataclass(frozen=True, slots=True)
class Group:
    """Some people with one reason in common: `sentence` says it, `day` is when it came about, where that is known."""

    count: int
    reason: str
    sentence: str
    organisation: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two mailings' recipients: `fewer` had the first and not the second, `more` the other way round."""

    first: str
    second: str
    recipients_first: int
    recipients_second: int
    fewer: tuple[Group, ...]
    more: tuple[Group, ...]


def compare(workspace: Workspace, first: str, second: str) -> Comparison:
    """Compare the recipients of two issues' mailings; NotFound when one has no mailing."""
    with workspace.database.read() as connection:
        one, two = _mailing(connection, first), _mailing(connection, second)
        lost = compare_audiences.missing(connection, one.id, two.id, two.publication)
        won = compare_audiences.missing(connection, two.id, one.id, two.publication)
        places = {
            n: organisations.get_organisation(connection, n) for n in {d.organisation_id for d in (*lost, *won)} if n
        }
        counts = [compare_audiences.recipients(connection, mailing.id) for mailing in (one, two)]
    return Comparison(
        first=first,
        second=second,
        recipients_first=counts[0],
        recipients_second=counts[1],
        fewer=_groups([_lost(d, places, two) for d in lost]),
        more=_groups([_won(d, places, one) for d in won]),
    )


def _mailing(connection: Connection, issue: str) -> Mailing:
    found = mailings.of_issue(connection, issue)
    if found is None:
        raise NotFound(
            f"issue `{issue}` has no mailing",
            hint="`newsletter mailings list` shows them",
            said=Sentence("Ce numéro n’a pas encore été envoyé. Choisissez-en un autre."),
        )
    return found


def _groups(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Add up the people with the same sentence, the largest group first."""
    counts = Counter(groups)
    summed = [Group(n, g.reason, g.sentence, g.organisation, g.day) for g, n in counts.items()]
    return tuple(sorted(summed, key=lambda g: (-g.count, g.sentence)))


def _lost(difference: Difference, places: Mapping[int, Organisation], later: Mailing) -> Group:
    """Say why somebody is no recipient of the later mailing."""
    when = paris.day(difference.since)
    if difference.subscriber_id is None:
        return Group(1, "erased", "data erased since")
    place = places.get(difference.organisation_id or 0)
    if difference.reason == "not-a-member" and place:
        approved = paris.day(later.approved_at)
        ended = max((p.ended for p in place.periods if p.ended and p.ended <= approved.isoformat()), default="")
        sentence = f"membership of {place.name} ended on {ended}" if ended else f"{place.name} is not a member"
        day = date.fromisoformat(ended) if ended else None
        return Group(1, "not-a-member", sentence, place.name, day)
    reason = difference.reason or difference.state or "not-subscribed"
    if reason in ("left", "bounced", "complained", "pending", "expired") and difference.since:
        return Group(1, reason, f"{_WORDS[reason]} on {when.isoformat()}", day=when)
    return Group(1, reason, _WORDS.get(reason, reason))


def _won(difference: Difference, places: Mapping[int, Organisation], earlier: Mailing) -> Group:
    """Say why somebody is a recipient now and was not before."""
    place = places.get(difference.organisation_id or 0)
    approved = paris.day(earlier.approved_at).isoformat()
    joined = max((p.joined for p in place.periods), default="") if place else ""
    if place and joined > approved:
        sentence = f"membership of {place.name} began on {joined}"
        return Group(1, "joined", sentence, place.name, date.fromisoformat(joined))
    if difference.reason:
        return Group(1, difference.reason, f"excluded before: {_WORDS.get(difference.reason, difference.reason)}")
    when = paris.day(difference.since)
    return Group(1, "subscribed", f"subscribed on {when.isoformat()}", day=when)


_WORDS = {
    "left": "left",
    "bounced": "address bounced",
    "complained": "complained",
    "pending": "not confirmed",
    "expired": "never confirmed",
    "no-organisation": "no organisation",
    "not-a-member": "not a member",
    "not-in-audience": "not in the audience",
    "nothing-for-them": "no item was for them",
    "not-subscribed": "not subscribed",
    "erased": "data erased",
    "already-sent": "had it from a cancelled mailing",
    "cancelled": "the mailing was cancelled before it reached them",
    "active": "subscribed since",
}
