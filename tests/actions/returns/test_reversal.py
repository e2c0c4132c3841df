"""A person's word against a report: with a reason, never against a complaint or an erasure; and whom to call."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from newsletter.actions.returns.failing import failing_json, reverse_bounce, troubles_by_organisation
from newsletter.errors import NotFound, Refused
from newsletter.store import journal
from newsletter.store.people import people
from newsletter.store.people.erasure import erase_person
from newsletter.store.tables.core import subscribers
from tests.store.helpers import NOW


@pytest.mark.parametrize("kind", ["hard", "unsubscribe"])
def test_staff_reverse_what_a_report_did_with_a_reason(lille, kind):
    person = lille.people[0]
    lille.take(lille.report(person, kind))
    again = reverse_bounce(lille.workspace, person.address, "boîte  réparée", "staff")
    assert again == (["flash", "lettre"] if kind == "hard" else ["lettre"])
    assert lille.standing(person)[:2] == ("", "active")
    with lille.workspace.database.read() as c:
        last = journal.of_subscriber(c, person.id)[-1]
        assert people.subscription(c, person.id, "lettre").basis == "consent"
    assert (last.kind, last.actor, last.detail) == ("bounce-reversed", "staff", {"why": "boîte réparée"})
    lille.take(lille.report(person, kind))
    assert lille.standing(person)[:2] == ("", "active"), "the report that was reversed stays without effect"


def test_soft_bounces_before_a_reversal_count_no_more(quick):
    person = quick.people[0]
    letters = [quick.mailing, *(quick.send_another(f"2026-0{n}-lettre") for n in range(1, 5))]
    softs = [quick.report(person, "soft", key=f"brevo:s{m}", message_id=quick.message_id(person, m)) for m in letters]
    quick.take(*softs[:3])
    assert quick.standing(person)[0] == "bounced"
    reverse_bounce(quick.workspace, person.address, "quota augmenté", "staff")
    quick.take(*softs[3:])
    assert quick.standing(person)[0] == ""


@pytest.mark.parametrize("kind", ["complaint", "delivered"])
def test_a_complaint_is_final_and_nothing_else_is_reversed(quick, kind):
    quick.take(quick.report(quick.people[0], kind))
    before = quick.everything()
    with pytest.raises(Refused):
        reverse_bounce(quick.workspace, quick.people[0].address, "erreur", "staff")
    assert quick.everything() == before


def test_who_left_by_their_own_hand_is_not_brought_back_by_a_reversal(quick):
    person = quick.people[0]
    with quick.workspace.database.write() as c:
        people.move_subscription(c, person, "lettre", "left", people.Consent("", "page"), NOW + 1)
    with pytest.raises(Refused):
        reverse_bounce(quick.workspace, person.address, "erreur", "staff")
    quick.take(quick.report(person, "hard"))
    assert reverse_bounce(quick.workspace, person.address, "erreur", "staff") == ["flash"]
    assert quick.standing(person)[1] == "left"


@pytest.mark.parametrize("why", ["", "  \n"])
def test_a_reversal_needs_a_reason(quick, why):
    quick.take(quick.report(quick.people[0], "hard"))
    with pytest.raises(Refused):
        reverse_bounce(quick.workspace, quick.people[0].address, why, "staff")


def test_an_erased_person_cannot_be_brought_back(quick):
    person = quick.people[0]
    report = quick.report(person, "hard")
    quick.take(report)
    with quick.workspace.database.write() as c:
        erase_person(c, person, "f" * 64, NOW, reason="asked")
    with pytest.raises(NotFound):
        reverse_bounce(quick.workspace, person.address, "erreur", "staff")
    assert quick.take(report) == {"unknown-message": 1}
    assert quick.read(sa.select(subscribers).where(subscribers.c.id == person.id)) == []


def test_failing_addresses_are_shown_by_organisation_with_whom_to_call(lille):
    first, second, third = lille.people[:3]
    lille.take(
        lille.report(first, "hard", status="5.1.1"), lille.report(second, "soft"), lille.report(third, "complaint")
    )
    (town,) = troubles_by_organisation(lille.workspace)
    assert town.organisation == "Ville de Lille"
    assert [failing_json(one)["state"] for one in town.failing] == ["bounced", "soft"]
    assert failing_json(town.failing[0])["status"] == "5.1.1"
    assert [contact.address for contact in town.others] == [p.address for p in lille.people[3:]]
