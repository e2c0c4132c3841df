"""Delivering: every way a group can end, and what the ledger then says of each of its people."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from contextlib import contextmanager
from itertools import pairwise

import pytest

from newsletter.actions.sending import sender
from newsletter.actions.sending.dispatch import Dispatch
from newsletter.actions.sending.drain import drain
from newsletter.actions.sending.turns import Turns
from newsletter.errors import StoreError
from newsletter.messages import Outcome
from newsletter.store.engine.database import open_database
from newsletter.store.sending import corrections, ledger, mailings, taking_back
from tests.actions.desk import Peer, QuickClock, accept, desk


def once(kind: str, n: int = 1, **more):
    """Answer `kind` to the first `n` messages, then accept."""
    left, lock = [n], threading.Lock()

    def answer(message):
        with lock:
            left[0] -= 1
            strikes = left[0] >= 0
        return Outcome(message.delivery, kind, **more) if strikes else accept(message)

    return answer


def test_everybody_is_written_to_once_and_the_receipt_balances(database):
    d, peer = desk(database, 130), Peer()
    receipt = d.deliver(peer, connections=4)
    assert (receipt.sent, receipt.open, receipt.balanced) == (130, 0, True)
    assert len(peer.people()) == 130 == len(set(peer.people()))


@pytest.mark.parametrize(
    ("kind", "more", "tally"),
    [
        ("refused", {}, {"sent": 29, "refused": 1}),
        ("unknown", {}, {"sent": 29, "doubtful": 1}),
        ("unknown", {"scope": "provider"}, {"sent": 29, "doubtful": 1}),
        ("deferred", {}, {"sent": 30}),
        ("deferred", {"scope": "provider"}, {"sent": 30}),
        ("deferred", {"scope": "provider", "retry_after": 0.1}, {"sent": 30}),
    ],
    ids=["refused", "unknown", "lost", "deferred", "provider down", "too many"],
)
def test_what_the_provider_says_is_what_the_ledger_says(database, kind, more, tally):
    d = desk(database, 30, clock=QuickClock())
    assert d.deliver(Peer(once(kind, **more))).balanced
    assert d.tally() == tally


@pytest.mark.parametrize("scope", ["recipient", "provider"])
def test_a_provider_with_keys_is_asked_again_after_an_unknown_answer(database, scope):
    d, peer = desk(database, 5, clock=QuickClock()), Peer(once("unknown", scope=scope), idempotent=True)
    assert d.deliver(peer).sent == 5
    assert len({m.key for _at, m in peer.taken}) == 5, "the repetition bears the same key"


def test_an_objection_to_the_letter_pauses_and_nobody_is_lost(database):
    d = desk(database, 20)
    receipt = d.deliver(Peer(once("refused", scope="mailing", text="5.7.1 your sender is not allowed")), connections=1)
    assert receipt.status == "paused" and "5.7.1 your sender" in receipt.pause_reason
    assert receipt.refused == 0 and receipt.open + receipt.sent == 20
    d.change("sending")
    assert d.deliver(Peer()).open == 0


def test_too_many_refusals_pause_the_mailing_before_the_list_is_burnt(database):
    d = desk(database, 150)
    receipt = d.deliver(Peer(lambda m: Outcome(m.delivery, "refused")), breaker_after=10, connections=1)
    assert receipt.status == "paused" and "refusés pour de bon" in receipt.pause_reason
    assert 10 <= receipt.refused < 100 and receipt.balanced


def test_a_recipient_deferred_for_too_long_is_given_up(database):
    d, tries = desk(database, 1, clock=QuickClock()), []

    def later(message):
        tries.append(d.clock.time())
        return Outcome(message.delivery, "deferred", text="451 later")

    receipt = d.deliver(Peer(later), retry_first_seconds=1, retry_hours=40 / 3600)
    assert receipt.refused == 1 and receipt.open == 0
    waits = [after - before for before, after in pairwise(tries)]
    assert len(waits) == 5 and all(wait >= 2**n for n, wait in enumerate(waits)), "1, 2, 4, 8 and 16 seconds"


def test_a_dead_provider_is_given_up_with_its_words_and_everybody_still_queued(database):
    d = desk(database, 20, clock=QuickClock())
    began = d.clock.time()
    dispatch = d.dispatch(
        Peer(lambda m: Outcome(m.delivery, "deferred", "provider", text="no route to host")), connections=3
    )
    drain(dispatch)
    assert dispatch.troubles == ["the provider takes nothing: no route to host"]
    assert d.tally() == {"queued": 20}
    assert d.clock.time() - began >= 1 + 2 + 4 + 8 + 16, "not before half a minute"


def test_while_the_provider_is_down_nothing_stands_as_handed_over(database, monkeypatch):
    d = desk(database, 20)
    dispatch = d.dispatch(Peer(lambda m: Outcome(m.delivery, "deferred", "provider", text="down")), connections=1)
    waiting = []

    def rest(_dispatch, _seconds):
        waiting.append(d.tally())
        dispatch.stop.set()
        return True

    monkeypatch.setattr(Dispatch, "rest", rest)
    drain(dispatch)
    assert waiting[0] == {"queued": 20}, "a kill now leaves nobody in doubt"


class Broken(Peer):
    """A provider with a fault of ours: it takes three messages of a group, then its code fails."""

    def send(self, batch, leaving):
        for n, outcome in enumerate(super().send(batch, leaving)):
            if n == 3:
                raise RuntimeError("a bug")
            yield outcome


def test_a_fault_in_the_providers_code_keeps_the_answers_that_came_and_doubts_the_rest(database):
    d = desk(database, 8)
    with pytest.raises(RuntimeError):
        d.deliver(Broken(), connections=1)
    assert d.tally() == {"sent": 3, "doubtful": 1, "queued": 4}, "the fourth was taken, its answer lost; no other left"


class Mute(Peer):
    """A provider that forgets every second answer."""

    def send(self, batch, leaving):
        yield from list(super().send(batch, leaving))[::2]


def test_a_message_without_any_answer_is_doubtful(database):
    d = desk(database, 8)
    assert d.deliver(Mute(), connections=1).balanced
    assert d.tally() == {"sent": 4, "doubtful": 4}


def test_an_error_while_messages_are_built_sends_nothing_and_doubts_nobody(database, monkeypatch):
    d, peer = desk(database, 8), Peer()
    dispatch = d.dispatch(peer)
    monkeypatch.setattr(type(dispatch.personal), "outgoing", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        drain(dispatch)
    assert d.tally() == {"queued": 8} and peer.taken == []


def test_an_error_of_the_progress_display_loses_no_answer(database):
    d = desk(database, 8)
    dispatch = d.dispatch(Peer(), connections=1)
    object.__setattr__(dispatch, "progress", lambda _counts: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        drain(dispatch)
    assert d.tally() == {"sent": 8}


def test_answers_are_kept_while_the_database_refuses_and_written_when_it_takes_them(database, monkeypatch):
    d, peer, real, failing = desk(database, 60, clock=QuickClock()), Peer(), ledger.settle_deliveries, [6]

    def settle(connection, token, settlements, now):
        if settlements and failing[0]:
            failing[0] -= 1
            raise StoreError("the database refused: database or disk is full")
        return real(connection, token, settlements, now)

    monkeypatch.setattr(ledger, "settle_deliveries", settle)
    assert d.deliver(peer).sent == 60
    assert failing == [0] and len(set(peer.people())) == len(peer.people()) == 60


def test_while_another_program_holds_the_database_nothing_leaves_that_is_not_handed_over(tmp_path):
    database = open_database(f"sqlite:///{tmp_path}/t.db")
    other = sqlite3.connect(tmp_path / "t.db", isolation_level=None, check_same_thread=False)
    d, seen = desk(database, 60), []

    def let_go():
        seen.append((len(peer.taken), d.tally()))
        other.execute("ROLLBACK")

    def answer(message):
        if len(peer.taken) == 20:
            other.execute("BEGIN EXCLUSIVE")
            threading.Timer(0.4, let_go).start()
        return accept(message)

    peer = Peer(answer)
    receipt = d.deliver(peer, connections=1)
    other.close()
    database.close()
    ((taken, tally),) = seen
    assert taken <= tally.get("sent", 0) + tally["handed"], "no more than was handed over before"
    assert (receipt.sent, receipt.doubtful) == (60, 0) and len(set(peer.people())) == len(peer.people()) == 60


class Lying:
    """A database that commits and then says three times that it failed."""

    def __init__(self, real):
        self.real, self.lies = real, 3

    def now(self, connection):
        return self.real.now(connection)

    @contextmanager
    def read(self):
        with self.real.read() as connection:
            yield connection

    @contextmanager
    def write(self):
        with self.real.write() as connection:
            yield connection
        if threading.current_thread() is not threading.main_thread() and self.lies:
            self.lies -= 1
            raise StoreError("server closed the connection unexpectedly")


def test_a_commit_whose_answer_was_lost_leaves_nobody_in_doubt(database):
    """The sender is told that its hand-over failed: whatever the ledger says, nothing of it has left."""
    d, peer, lying = desk(database, 60), Peer(), Lying(database)
    d.database = lying
    d.deliver(peer, connections=1)
    assert lying.lies == 0
    assert d.tally() == {"sent": 60} and len(peer.people()) == 60 == len(set(peer.people()))


def test_a_group_taken_over_while_its_sender_was_frozen_is_not_written(database, monkeypatch):
    """The lease ran out between the hand-off and the first byte; others took the group for doubtful."""
    d, peer = desk(database, 6), Peer()
    frozen = threading.Event()
    real = sender.Sender._messages

    def messages(self, waiting):
        made = real(self, waiting)
        if not frozen.is_set():
            frozen.set()
            with d.database.write() as connection:
                taking_back.sweep_leases(connection, time.time() + 1000)
                corrections.settle_doubtful(connection, d.mailing.id, resend=True, now=time.time())
            self.turns.leased = (time.time() - 1000, time.monotonic() - 1000)
        return made

    monkeypatch.setattr(sender.Sender, "_messages", messages)
    assert d.deliver(peer, connections=1).sent == 6
    assert len(peer.people()) == 6 == len(set(peer.people()))


def test_a_thawed_sender_still_says_what_became_of_its_messages(database, monkeypatch):
    """The lease ran out in mid-group: what was answered is sent, what had not begun to leave goes back to the queue."""
    d, swept, away = desk(database, 6), [], [1000.0]

    def answer(message):
        if len(swept) == 0:
            with d.database.write() as connection:
                swept.append(taking_back.sweep_leases(connection, time.time() + 1000))
        return accept(message)

    peer = Peer(answer)
    real = Turns.away
    monkeypatch.setattr(Turns, "away", lambda self: away.pop() if swept and away else real(self))
    d.deliver(peer, connections=1)
    assert swept == [(0, 6)] and not away
    assert d.tally() == {"sent": 6}
    assert len(peer.people()) == 6 == len(set(peer.people()))


def test_what_comes_back_from_a_cancelled_mailing_is_cancelled_too(database):
    d = desk(database, 10)

    def answer(message):
        with d.database.write() as connection:
            if mailings.change_mailing(connection, d.mailing.id, "cancelled", only=("sending",)):
                taking_back.cancel_open(connection, d.mailing.id, time.time(), after=0, up_to=1 << 40)
        return Outcome(message.delivery, "deferred")

    receipt = d.deliver(Peer(answer), connections=1)
    assert (receipt.status, receipt.cancelled, receipt.open) == ("cancelled", 10, 0)


def test_a_pause_is_heard_within_a_group(database):
    d = desk(database, 400)
    peer = Peer(pause=0.005)
    thread = threading.Thread(target=drain, args=(d.dispatch(peer),))
    thread.start()
    while len(peer.taken) < 20:
        time.sleep(0.01)
    d.change("paused")
    thread.join(5)
    assert not thread.is_alive()
    receipt = d.receipt()
    assert receipt.sent == len(peer.taken) < 300 and receipt.open == 400 - receipt.sent
    assert set(d.tally()) == {"sent", "queued"}, "nothing is left claimed or handed over"


def test_an_address_that_cannot_be_written_is_refused_and_stops_nobody(database):
    d = desk(database, 5)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE subscribers SET address = 'no address' WHERE id = 3")
    d.deliver(Peer())
    assert d.tally() == {"sent": 4, "refused": 1}


def test_two_drains_at_once_share_the_work_and_double_nothing(database):
    d, peer = desk(database, 120), Peer(pause=0.001)
    threads = [threading.Thread(target=drain, args=(d.dispatch(peer),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(peer.people()).most_common(1)[0][1] == 1
    assert d.tally() == {"sent": 120}
