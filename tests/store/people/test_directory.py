"""Looking for people, what waits, and the journal of deeds: the same on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from newsletter.filters import PersonFilter
from newsletter.store import home, journal
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.journal import Event
from newsletter.store.people import directory, people
from newsletter.store.people.details import edit_details
from newsletter.store.team import audit_log
from tests.store.helpers import BY_FORM, NOW, mailing, member, subscribe

DAY = 86_400.0


@pytest.fixture
def write(database):
    with database.write() as connection:
        yield connection


def addresses(connection, **wanted):
    return {p.address.partition(".")[0] for p in directory.search(connection, PersonFilter(**wanted), 0, 100)[0]}


def test_words_are_sought_in_names_addresses_and_organisations(write):
    place = member(write, "Communauté d'agglomération de Béthune")
    anne, paul = subscribe(write, 1, "lettre", place)[0], subscribe(write, 2, "flash")[1]
    edit_details(write, anne, {"first_name": "Anne", "last_name": "Le Goff"}, NOW)
    assert addresses(write, words="le goff") == {"p0"}
    assert addresses(write, words="bethune anne") == {"p0"}
    assert addresses(write, words="p1.flash@") == {paul.address.partition(".")[0]}
    assert addresses(write, words="nobody") == set()


def test_filters_narrow_together(write):
    place = member(write, "Ville A", level="commune", region="Bretagne")
    subscribe(write, 2, "flash", place)
    subscribe(write, 3, "lettre")
    assert len(directory.search(write, PersonFilter(level="commune", region="Bretagne"), 0, 100)[0]) == 2
    assert directory.search(write, PersonFilter(level="commune", publication="lettre"), 0, 100) == ([], 0)
    assert directory.search(write, PersonFilter(publication="lettre", state="active"), 0, 2)[1] == 3
    assert directory.regions(write) == ["Bretagne"]


def test_suppressed_people_and_lost_addresses_are_found(write):
    place = member(write, "Ville A")
    first, second, *_rest = subscribe(write, 3, "lettre", place)
    people.suppress(write, first, "bounced", BY_FORM, NOW)
    people.suppress(write, second, "complained", BY_FORM, NOW)
    assert addresses(write, state="suppressed") == {"p0", "p1"}
    (lost,) = directory.lost(write)
    assert (lost.name, lost.contacts, lost.lost) == ("Ville A", 3, 1), "a complaint is no lost address"


def test_a_page_is_bounded(write):
    subscribe(write, 120)
    found, total = directory.search(write, PersonFilter(), 0, 1000)
    assert (len(found), total) == (directory.MOST, 120)


def counted(connection):
    return home.waiting(connection, date(2026, 11, 24), date(2027, 1, 23), NOW - 30 * DAY)


def test_nothing_waits_in_an_empty_workspace(write):
    assert not counted(write)
    assert not home.anybody(write)


def test_everything_that_waits_is_counted_once(write):
    member(write, "Ends soon", ("2020-01-01", "2026-12-31"))
    member(write, "Ended", ("2020-01-01", "2025-12-31"))
    member(write, "Renewed", ("2020-01-01", "2026-12-31"), ("2027-01-01",))
    old, new = subscribe(write, 2)
    people.suppress(write, old, "bounced", BY_FORM, NOW - 60 * DAY)
    people.suppress(write, new, "bounced", BY_FORM, NOW)
    reviews.ask(write, [Review(kind="organisation", subject=name, at=NOW) for name in "ab"])
    reviews.settle_review(write, reviews.list_reviews(write)[0], "declined", "Claire", NOW)
    found = counted(write)
    assert found == replace(found, proposals=0, reviews=1, doubtful=0, lost=1, ending=1)


def test_doubtful_deliveries_name_their_issue(write):
    subscribe(write, 2)
    made = mailing(write)
    write.exec_driver_sql(f"UPDATE deliveries SET state = 'doubtful' WHERE mailing_id = {made.id}")
    assert counted(write).doubtful == 2
    assert home.doubtful_issues(write) == [made.issue]


def test_deeds_are_events_with_an_actor_newest_first(write):
    (person,) = subscribe(write, 1, "lettre", member(write, "Ville A"))
    before = {d.number for d in audit_log.latest_deeds(write, before=0, limit=100)}
    for n in range(3):
        journal.record_event(
            write, Event(NOW + n, f"kind-{n}", subscriber_id=person.id, actor="Claire", detail={"n": n})
        )
    journal.record_event(write, Event(NOW, "nobody's", subscriber_id=person.id))
    found = [d for d in audit_log.latest_deeds(write, before=0, limit=100) if d.number not in before]
    assert [(d.kind, d.address, dict(d.detail)) for d in found] == [
        (f"kind-{n}", person.address, {"n": n}) for n in (2, 1, 0)
    ]
    assert [d.kind for d in audit_log.latest_deeds(write, before=found[1].number, limit=1)] == ["kind-0"]
