"""What came back, in the store: found by name, the gravest word kept, counted by mailing, shown by organisation."""

from __future__ import annotations

import itertools

import pytest
import sqlalchemy as sa

from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.people import people
from newsletter.store.people.erasure import erase_person
from newsletter.store.returns import feedback
from newsletter.store.returns.feedback import GRAVITY
from newsletter.store.sending import ledger, mailings
from newsletter.store.sending.ledger import Settlement
from newsletter.store.tables.core import deliveries, subscribers
from tests.store.helpers import LETTRE, NOW, TODAY, mailing, member, subscribe

DAY = 86_400


def left(connection, made, state="sent", provider_id=""):
    """Hand every delivery of a mailing over and settle it in `state`; return their numbers."""
    ids = ledger.claim_deliveries(connection, made.id, "w", 100, now=NOW, lease=60, caps={})
    ledger.hand_deliveries(connection, made.id, LETTRE, "w", ids, now=NOW, lease=60, today=TODAY)
    if state != "handed":
        ledger.settle_deliveries(connection, "w", [Settlement(i, state, provider_id=provider_id) for i in ids], NOW)
    return ids


@pytest.fixture
def connection(database):
    with database.write() as made:
        yield made


def state_of(connection, delivery):
    return connection.execute(
        sa.select(deliveries.c.state, deliveries.c.feedback, deliveries.c.provider_id).where(
            deliveries.c.id == delivery
        )
    ).one()


def test_a_delivery_is_found_by_its_number_within_its_mailing_only(connection):
    (person,) = subscribe(connection, 1)
    made = mailing(connection)
    (delivery,) = left(connection, made)
    found = feedback.by_delivery(connection, made.id, delivery)
    assert (found.subscriber, found.address_key, found.issue) == (person.id, person.key, made.issue)
    assert feedback.by_delivery(connection, made.id + 1, delivery) is None
    assert feedback.by_delivery(connection, made.id, delivery + 1) is None


def test_a_message_that_never_left_cannot_come_back(connection):
    subscribe(connection, 1)
    made = mailing(connection)
    (delivery,) = connection.execute(sa.select(deliveries.c.id)).scalars()
    assert feedback.by_delivery(connection, made.id, delivery) is None


def test_a_delivery_to_an_erased_person_is_nobodys(connection):
    (person,) = subscribe(connection, 1)
    made = mailing(connection)
    (delivery,) = left(connection, made)
    erase_person(connection, person, "f" * 64, NOW, reason="asked")
    assert feedback.by_delivery(connection, made.id, delivery) is None


def test_the_providers_name_counts_for_its_own_mailings_and_address(connection):
    first, _second = subscribe(connection, 2)
    made = mailing(connection)
    mailings.touch(connection, made.id, provider="brevo")
    left(connection, made, provider_id="<7@relay>")
    find = feedback.by_provider_id
    assert find(connection, "brevo", "<7@relay>", first.key).subscriber == first.id
    assert find(connection, "mailjet", "<7@relay>", first.key) is None
    assert find(connection, "brevo", "<8@relay>", first.key) is None
    assert find(connection, "brevo", "", first.key) is None
    assert find(connection, "brevo", "<7@relay>", "") is None, "one name of two deliveries tells nothing"


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(GRAVITY[1:], 2)))
def test_the_gravest_word_stays_in_whatever_order_they_come(first, second):
    from newsletter.store.engine.database import open_database

    database = open_database("sqlite://")
    with database.write() as connection:
        subscribe(connection, 1)
        made = mailing(connection)
        (delivery,) = left(connection, made)
        sent = feedback.by_delivery(connection, made.id, delivery)
        assert feedback.mark(connection, sent, first)
        assert feedback.mark(connection, sent, second) is (GRAVITY.index(second) > GRAVITY.index(first))
        assert not feedback.mark(connection, sent, second), "a repetition is nothing new"
        assert state_of(connection, delivery).feedback == max(first, second, key=GRAVITY.index)
    database.close()


@pytest.mark.parametrize(
    ("state", "delivered", "settles"),
    [
        ("doubtful", True, True),
        ("doubtful", False, True),
        ("handed", True, True),
        ("deferred", True, True),
        ("deferred", False, False),
        ("refused", True, False),
        ("sent", True, False),
    ],
)
def test_a_providers_report_proves_that_a_message_left(connection, state, delivered, settles):
    subscribe(connection, 1)
    made = mailing(connection)
    (delivery,) = left(connection, made, state)
    sent = feedback.by_delivery(connection, made.id, delivery)
    assert feedback.prove(connection, sent, "<7@relay>", NOW + 1, delivered=delivered) is settles
    row = state_of(connection, delivery)
    assert (row.state, row.provider_id) == (("sent", "<7@relay>") if settles else (state, ""))


def test_a_sender_that_comes_back_late_does_not_undo_the_proof(connection):
    subscribe(connection, 1)
    made = mailing(connection)
    (delivery,) = left(connection, made, "handed")
    feedback.prove(connection, feedback.by_delivery(connection, made.id, delivery), "x", NOW, delivered=True)
    ledger.settle_deliveries(connection, "w", [Settlement(delivery, "doubtful")], NOW)
    assert state_of(connection, delivery).state == "sent"


def soft(connection, person, mailing_id, at):
    journal.record_event(connection, Event(at, "feedback-soft", subscriber_id=person.id, mailing_id=mailing_id))


def test_soft_bounces_are_counted_by_mailing_within_the_days_and_since_a_reversal(connection):
    person, other = subscribe(connection, 2)
    for number, at in ((1, NOW), (1, NOW + 60), (2, NOW + DAY), (3, NOW + 2 * DAY)):
        soft(connection, person, number, at)
    soft(connection, other, 4, NOW)
    assert feedback.soft_mailings(connection, person.id, NOW) == 3
    assert feedback.soft_mailings(connection, person.id, NOW + 100) == 2
    journal.record_event(connection, Event(NOW + 1.5 * DAY, feedback.REVERSED, subscriber_id=person.id))
    assert feedback.soft_mailings(connection, person.id, NOW) == 1


def test_a_call_is_remembered_once(connection):
    assert feedback.remember_call(connection, "brevo:1", "brevo", b"{}", NOW)
    assert not feedback.remember_call(connection, "brevo:1", "brevo", b"{}", NOW)
    assert feedback.remember_call(connection, "brevo:2", "brevo", b"{}", NOW)


def test_failing_addresses_come_by_organisation_with_the_last_reason(connection):
    lille = member(connection, "Ville de Lille")
    first, second, third = subscribe(connection, 3, organisation_id=lille)
    alone = subscribe(connection, 1, domain="example.net")[0]
    consent = people.Consent("", "hard bounce", "brevo")
    for at, said in ((NOW, "first"), (NOW + 5, "last")):
        journal.record_event(connection, Event(at, "feedback-hard", subscriber_id=first.id, detail={"said": said}))
    people.suppress(connection, first, "bounced", consent, NOW)
    people.suppress(connection, alone, "bounced", consent, NOW)
    soft(connection, second, 1, NOW)
    soft(connection, third, 1, NOW - 200 * DAY)
    found = {one.address: one for one in feedback.failing_addresses(connection, NOW - 90 * DAY)}
    assert set(found) == {first.address, second.address, alone.address}
    assert (found[first.address].organisation, found[first.address].suppressed) == ("Ville de Lille", True)
    assert "last" in found[first.address].why and found[first.address].since == NOW + 5
    assert (found[second.address].suppressed, found[second.address].soft) == (False, 1)
    assert found[alone.address].organisation == ""
    called = feedback.colleagues(connection, [lille])[lille]
    assert {one.address for one in called} == {second.address, third.address}


def test_a_lifted_address_may_be_written_to(connection):
    (person,) = subscribe(connection, 1)
    people.suppress(connection, person, "bounced", people.Consent("", "hard bounce"), NOW)
    feedback.lift(connection, person.id)
    assert connection.scalar(sa.select(subscribers.c.suppressed)) == ""
