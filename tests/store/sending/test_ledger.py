"""The ledger's promises: nobody lost, nobody twice, the receipt balances."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.store.engine.database import open_database
from newsletter.store.people import people
from newsletter.store.people.erasure import erase_person
from newsletter.store.sending import corrections, ledger, mailings, taking_back
from newsletter.store.sending.candidates import Shares
from newsletter.store.sending.ledger import Settlement
from newsletter.store.sending.ledger_counts import count_states, outlook
from newsletter.store.sending.mailings import Frozen
from newsletter.store.sending.receipts import count_receipt
from newsletter.store.tables.core import deliveries
from tests.store.helpers import BY_FORM, FLASH, LETTRE, NOW, TODAY, mailing, member, subscribe


def claim(connection, m, token="t", n=10, now=NOW, caps=None, after=0):
    return ledger.claim_deliveries(connection, m.id, token, n, now=now, lease=60, caps=caps or {}, after=after)


def hand(connection, m, ids, token="t", now=NOW):
    return ledger.hand_deliveries(connection, m.id, m.rule, token, ids, now=now, lease=60, today=TODAY)


def send(connection, m, n=10, token="t"):
    ids = claim(connection, m, token, n)
    return hand(connection, m, ids, token)


def test_a_delivery_goes_from_queued_to_sent_and_the_receipt_balances(database):
    with database.write() as c:
        subscribe(c, 3)
        m = mailing(c)
        handed = send(c, m)
        assert [h.address for h in handed] == [
            "p0.lettre@example.org",
            "p1.lettre@example.org",
            "p2.lettre@example.org",
        ]
        assert ledger.settle_deliveries(c, "t", [Settlement(h.id, "sent", "250 ok", "id") for h in handed], NOW) == 3
        receipt = count_receipt(c, m, NOW + 2)
    assert (receipt.candidates, receipt.sent, receipt.open, receipt.seconds) == (3, 3, 0, 2.0)
    assert receipt.balanced


def test_two_claims_never_share_a_delivery(database):
    with database.write() as c:
        subscribe(c, 5)
        m = mailing(c)
        first, second, third = claim(c, m, "a", 3), claim(c, m, "b", 3), claim(c, m, "c", 3)
    assert len(first) == 3 and len(second) == 2 and third == []
    assert not set(first) & set(second)


def test_a_claim_begins_behind_the_last_one_and_then_takes_what_was_given_back_before_it(database):
    with database.write() as c:
        subscribe(c, 6)
        m = mailing(c)
        first, second = claim(c, m, "a", 2), claim(c, m, "b", 2)
        taking_back.release_claims(c, m.id, "a")
        assert claim(c, m, "b", 1, after=second[-1]) == [second[-1] + 1]
        assert claim(c, m, "b", 9, after=second[-1] + 1) == [*first, second[-1] + 2]
        assert claim(c, m, "b", 9, after=second[-1] + 2) == []


def test_parallel_workers_never_share_a_delivery(database):
    with database.write() as c:
        subscribe(c, 60)
        m = mailing(c)
    taken: list[int] = []

    def work(token):
        while True:
            with database.write() as c:
                ids = claim(c, m, token, 4)
            if not ids:
                return
            taken.extend(ids)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(taken) == 60 == len(set(taken))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c, p: people.move_subscription(c, p, "lettre", "left", BY_FORM, NOW), "left"),
        (lambda c, p: people.suppress(c, p, "bounced", BY_FORM, NOW), "bounced"),
        (lambda c, p: people.suppress(c, p, "complained", BY_FORM, NOW), "complained"),
        (lambda c, p: erase_person(c, p, "hash", NOW, reason="asked"), "erased"),
    ],
)
def test_who_left_between_approval_and_hand_off_is_excluded_with_the_reason(database, change, reason):
    with database.write() as c:
        somebody, _other = subscribe(c, 2)
        m = mailing(c)
        ids = claim(c, m)
        change(c, somebody)
        handed = hand(c, m, ids)
        receipt = count_receipt(c, m, NOW)
    assert [h.address for h in handed] == ["p1.lettre@example.org"]
    assert receipt.excluded_by == {reason: 1}
    assert receipt.balanced and receipt.candidates == 2


def test_an_expired_claim_is_queued_again_and_an_expired_hand_off_becomes_doubtful(database):
    with database.write() as c:
        subscribe(c, 4)
        m = mailing(c)
        hand(c, m, claim(c, m, "dead", 2), "dead")
        claim(c, m, "dead", 2)
        assert taking_back.sweep_leases(c, NOW + 30) == (0, 0)
        assert taking_back.sweep_leases(c, NOW + 61) == (2, 2)
        receipt = count_receipt(c, m, NOW)
        assert len(claim(c, m, "alive")) == 2, "doubtful ones are never sent again by themselves"
    assert receipt.doubtful == 2
    assert receipt.doubtful_names == ("p0.lettre@example.org", "p1.lettre@example.org")


def test_the_claims_of_a_process_that_ended_do_not_wait_for_their_lease(database):
    with database.write() as c:
        subscribe(c, 2)
        m = mailing(c)
        hand(c, m, claim(c, m, "dead", 1), "dead")
        claim(c, m, "dead", 1)
        assert taking_back.sweep_leases(c, NOW, m.id, dead=["dead"]) == (1, 1)


def test_a_thawed_sender_still_settles_its_own_doubtful_ones_but_never_those_another_has_taken(database):
    with database.write() as c:
        subscribe(c, 2)
        m = mailing(c)
        first, second = hand(c, m, claim(c, m, "frozen", 2), "frozen")
        taking_back.sweep_leases(c, NOW + 61)
        corrections.settle_doubtful(c, m.id, resend=True, now=NOW, address_key="p1.lettre@example.org")
        hand(c, m, claim(c, m, "other"), "other")
        late = [Settlement(first.id, "sent"), Settlement(second.id, "refused")]
        assert ledger.settle_deliveries(c, "frozen", late, NOW + 70) == 1
        tally = count_states(c, m.id)
    assert tally == {"sent": 1, "handed": 1}


def test_a_fenced_off_worker_hands_nothing_over(database):
    with database.write() as c:
        subscribe(c, 2)
        m = mailing(c)
        ids = claim(c, m, "slow", 2)
        taking_back.sweep_leases(c, NOW + 61)
        claim(c, m, "quick", 1)
        assert hand(c, m, ids, "slow") == []


@pytest.mark.parametrize(("resend", "state"), [(True, "queued"), (False, "sent")])
def test_a_user_settles_doubtful_deliveries(database, resend, state):
    with database.write() as c:
        subscribe(c, 1)
        m = mailing(c)
        (h,) = send(c, m)
        ledger.settle_deliveries(c, "t", [Settlement(h.id, "doubtful", "no answer")], NOW)
        assert corrections.settle_doubtful(c, m.id, resend=resend, now=NOW) == 1
        assert count_states(c, m.id) == {state: 1}


def test_a_deferred_delivery_is_claimed_when_its_hour_has_come(database):
    with database.write() as c:
        subscribe(c, 1)
        m = mailing(c)
        (h,) = send(c, m)
        ledger.settle_deliveries(c, "t", [Settlement(h.id, "deferred", "450", try_at=NOW + 300)], NOW)
        assert claim(c, m, now=NOW + 299) == []
        assert outlook(c, m.id) == (False, NOW + 300)
        again = hand(c, m, claim(c, m, now=NOW + 301))
    assert again[0].tries == 2


def test_an_operators_cap_bounds_the_workers_that_hold_its_addresses(database):
    with database.write() as c:
        subscribe(c, 6, domain="orange.fr")
        m = mailing(c)
        taken = [len(claim(c, m, f"w{n}", 2, caps={"orange": 2})) for n in range(3)]
        assert taken == [2, 2, 0]
        taking_back.release_claims(c, m.id, "w0")
        assert len(claim(c, m, "w2", 2, caps={"orange": 2})) == 2


def test_an_operators_cap_bounds_the_workers_of_all_mailings_together(database):
    with database.write() as c:
        subscribe(c, 4, domain="orange.fr")
        first, second = mailing(c), mailing(c, issue="2026-12-lettre")
        assert len(claim(c, first, "w0", 1, caps={"orange": 2})) == 1
        assert len(claim(c, second, "w1", 1, caps={"orange": 2})) == 1
        assert claim(c, second, "w2", 1, caps={"orange": 2}) == []


def test_an_issue_has_one_mailing_unless_it_was_cancelled(database):
    with database.write() as c:
        subscribe(c, 1)
        m = mailing(c)
    with pytest.raises(Refused, match="already has a mailing"), database.write() as c:
        mailing(c)
    with database.write() as c:
        mailings.change_mailing(c, m.id, "cancelled", only=("sending",))
        assert mailing(c).id != m.id


def test_who_got_the_issue_from_a_cancelled_mailing_is_not_written_to_again(database):
    with database.write() as c:
        subscribe(c, 3)
        m = mailing(c)
        (h,) = send(c, m, 1)
        ledger.settle_deliveries(c, "t", [Settlement(h.id, "sent")], NOW)
        assert taking_back.cancel_open(c, m.id, NOW, after=0, up_to=1 << 40) == 2
        mailings.change_mailing(c, m.id, "cancelled", only=("sending",))
        second = mailing(c)
        receipt = count_receipt(c, second, NOW)
    assert receipt.excluded_by == {"already-sent": 1} and receipt.open == 2


def test_a_receipt_read_in_mid_sending_agrees_with_itself_in_every_figure(database):
    """Before each of its statements another process excludes one recipient and leaves one in doubt."""
    with database.write() as c:
        subscribe(c, 40)
        m = mailing(c)

    def go_on(*_):
        with database.write() as other:
            for handed, state in zip(send(other, m, 2), ("doubtful", "excluded"), strict=True):
                values = {"state": state, "reason": "left" if state == "excluded" else ""}
                other.execute(deliveries.update().where(deliveries.c.id == handed.id).values(**values))

    for _reading in range(4):
        with database.read() as c:
            mailings.status(c, m.id)
            sa.event.listen(c, "before_execute", go_on)
            receipt = count_receipt(c, m, NOW)
            sa.event.remove(c, "before_execute", go_on)
        assert receipt.balanced and receipt.candidates == 40
        assert receipt.excluded == sum(receipt.excluded_by.values())
        assert receipt.doubtful == len(receipt.doubtful_names)
    assert receipt.excluded == receipt.doubtful == 9


def test_each_recipient_gets_the_variant_of_the_organisation(database):
    with database.write() as c:
        nord = member(c, "Nord", departement="59")
        subscribe(c, 2)
        subscribe(c, 1, organisation_id=nord, domain="nord.example")
        shares = Shares(("departement = 59",), {0: 0, 1: 1})
        m = mailing(c, frozen=[Frozen((), b"plain"), Frozen(("nord-seul",), b"with")], shares=shares)
        assert sorted(h.variant for h in send(c, m)) == [0, 0, 1]
        assert mailings.skeletons(c, m.id) == {0: b"plain", 1: b"with"}


@pytest.mark.parametrize(
    ("periods", "verdict"),
    [
        ([("2020-01-01",)], ""),
        ([("2020-01-01", "2026-11-24")], ""),
        ([("2020-01-01", "2026-11-23")], "not-a-member"),
        ([("2026-11-25",)], "not-a-member"),
        ([("2010-01-01", "2015-01-01"), ("2026-01-01",)], ""),
    ],
)
def test_the_flash_follows_the_membership_of_the_authority(database, periods, verdict):
    with database.write() as c:
        organisation = member(c, "Ville de X", *periods)
        subscribe(c, 1, "flash", organisation)
        receipt = count_receipt(c, mailing(c, FLASH, "flash"), NOW)
    assert receipt.excluded_by == ({verdict: 1} if verdict else {})
    assert receipt.open == (0 if verdict else 1)


def test_whoever_is_subscribed_to_another_publication_is_no_candidate(database):
    with database.write() as c:
        subscribe(c, 2, "flash")
        assert count_receipt(c, mailing(c, LETTRE), NOW).candidates == 0


def test_a_claim_reads_only_what_is_open_and_sorts_nothing(tmp_path):
    """Without the partial index each claim would read the whole mailing: the square of its size in all."""
    database, statements = open_database(f"sqlite:///{tmp_path}/t.db"), []
    with database.write() as c:
        subscribe(c, 3)
        m = mailing(c)
        sa.event.listen(c, "before_cursor_execute", lambda *args: statements.append(args[2:4]))
        claim(c, m)
        plans = [str(c.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()) for sql, values in statements[:2]]
    database.close()
    assert plans and all("ix_deliveries_open" in plan and "TEMP B-TREE" not in plan for plan in plans)
