"""Speed limits: even departures, a daily quota that carries over, an operator's few connections."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from newsletter.actions.sending import turns
from newsletter.actions.sending.claims import recover
from newsletter.actions.sending.drain import drain
from newsletter.messages import Outcome
from newsletter.store.sending import pace
from tests.actions.desk import Peer, QuickClock, desk

pytestmark = pytest.mark.slow


def test_a_rate_of_300_a_second_departs_95_to_105_percent_of_it(database):
    """By the clock of the receiver; a thread that the machine wakes late moves some departures, not the rate."""
    d, peer = desk(database, 330), Peer()
    d.deliver(peer, rate=300, connections=4)
    moments = sorted(at for at, _message in peer.taken)
    assert len(moments) == 330
    assert sum(at < moments[0] + 1 for at in moments) <= 315
    # The reservations themselves, without the machine's hiccups: 330 places take 1.1 s.
    assert moments[-1] - moments[0] >= 1.1 - 0.05 - 1 / 300


@pytest.mark.parametrize("rate", [100, 40])
def test_places_in_the_queue_are_even_whoever_takes_them(database, rate):
    """By the reservations alone, as the ledger gives them: exact, on any machine."""
    departures, now = [], 1000.0
    with database.write() as connection:
        pace.allowance(connection, "peer", 0, "2026-11-24")
        for turn in range(500):
            n = (2, 1, 2)[turn % 3]
            wait = pace.take_allowance(connection, "peer", n, rate, now, "2026-11-24")
            departures += [now + wait] * n
            now += 0.001
    seconds = Counter(int(at - 1000) for at in departures)
    full = [seconds[s] for s in range(max(seconds))]
    assert full and all(0.95 * rate <= n <= 1.05 * rate for n in full)


def test_a_quota_is_used_to_the_last_message_and_goes_on_the_next_day(database, monkeypatch):
    d, peer = desk(database, 50), Peer()
    dispatch = d.dispatch(peer, daily=20, connections=3)
    drain(dispatch)
    assert (len(peer.taken), d.tally()) == (20, {"sent": 20, "queued": 30})
    assert dispatch.troubles == ["today's quota of 20 messages is used; the rest leaves tomorrow"]
    drain(d.dispatch(peer, daily=20, connections=3))
    assert len(peer.taken) == 20, "it stays used up today"
    real = turns._day
    monkeypatch.setattr(turns, "_day", lambda now: real(now + 86_400))
    drain(d.dispatch(peer, daily=20, connections=3))
    assert len(peer.taken) == 40


def test_what_the_provider_did_not_take_does_not_count_against_the_quota(database):
    d, turns = desk(database, 12, clock=QuickClock()), Counter()

    def answer(message):
        turns[message.delivery] += 1
        return Outcome(message.delivery, "accepted" if turns[message.delivery] > 1 else "deferred")

    peer = Peer(answer)
    d.deliver(peer, daily=12, connections=1)
    assert len(peer.taken) == 12


@pytest.mark.parametrize("back", [3600, 86_400], ids=["an hour", "a day"])
def test_a_clock_set_back_neither_stops_the_queue_nor_renews_the_quota(database, monkeypatch, back):
    d, peer = desk(database, 60), Peer()
    drain(d.dispatch(peer, rate=500, daily=30))
    assert len(peer.taken) == 30
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - back)
    drain(d.dispatch(peer, rate=500, daily=30))
    assert len(peer.taken) == 30, "the quota of a later day is known to be used"
    drain(d.dispatch(peer, rate=500))
    assert len(peer.taken) == 60, "no place an hour ahead is waited for"


def test_orange_is_served_by_two_connections_at_once_and_everybody_is_served(database):
    d, peer = desk(database, 60, domain="orange.fr"), Peer(pause=0.002, name="smtp")
    assert d.deliver(peer, connections=6).sent == 60
    assert peer.busiest <= 2


def test_others_do_not_wait_for_orange(database):
    d, peer = desk(database, 240), Peer(pause=0.01, name="smtp")
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET cap = 'orange' WHERE id - 3 * (id / 3) = 0")
    assert d.deliver(peer, connections=5).sent == 240
    assert peer.busiest > 2


def test_who_leaves_long_after_its_place_pushes_the_others_back(database):
    """The database was away for ten seconds: three late ones leave at once, and nobody else in their time."""
    with database.write() as connection:
        pace.allowance(connection, "peer", 0, "2026-11-24")
        pace.take_allowance(connection, "peer", 3, 10, 1000.0, "2026-11-24")
        pace.push(connection, "peer", 3, 10, 1010.0)
        assert pace.take_allowance(connection, "peer", 1, 10, 1010.0, "2026-11-24") == pytest.approx(0.3)
        pace.push(connection, "peer", 2, 10, 1010.0)
        assert pace.take_allowance(connection, "peer", 1, 10, 1010.0, "2026-11-24") == pytest.approx(0.6)


def test_whoever_waits_for_its_place_longer_than_a_lease_keeps_what_it_has_claimed(database):
    taken_over = []

    class Watched(QuickClock):
        def wait(self, event, seconds):
            taken_over.append(recover(database))
            return super().wait(event, seconds)

    d, peer = desk(database, 4, clock=Watched()), Peer()
    assert d.deliver(peer, rate=0.2, lease_seconds=2, connections=1).sent == 4
    assert len(taken_over) > 15 and set(taken_over) == {(0, 0)}
