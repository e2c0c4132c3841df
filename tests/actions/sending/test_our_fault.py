"""A refusal that is about us refuses nobody; one that is about a recipient stops nobody else."""

from __future__ import annotations

import pytest

from newsletter.actions.sending.suspicion import Suspicion
from newsletter.messages import Outcome
from newsletter.store.sending import corrections, mailings
from newsletter.store.sending.ledger import Handed
from tests.actions.desk import Desk, Peer, accept, desk
from tests.providers.scripted import Fault, ScriptedServer
from tests.providers.smtp_people import provider

OURS = [
    b"550 5.4.5 Daily user sending quota exceeded",
    b"554 5.7.1 <p1@mairie.example>: Relay access denied",
    b"550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    b"553 5.7.1 <retours@example.org>: Sender address rejected: not owned by user",
    b"550 Too many messages in the last hour",
]
UNCLEAR = b"554 5.7.1 message content rejected for this recipient"


def resumed(d: Desk) -> None:
    d.change("sending")


@pytest.mark.parametrize("answer", OURS)
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_an_answer_about_us_pauses_at_once_refuses_nobody_and_everybody_is_served_after_resuming(
    database, answer, stage
):
    if stage == "dot" and b"spamhaus" in answer:
        answer = answer.replace(b"Service unavailable; ", b"")
    d = desk(database, 30)
    with ScriptedServer(Fault(stage, answer, after=10, times=0), bodies=False) as server:
        receipt = d.deliver(provider(server.port), connections=1)
        served = set(server.recipients())
    assert (receipt.status, receipt.refused, receipt.sent, receipt.open) == ("paused", 0, 10, 20)
    assert answer[4:].decode().partition(" ")[2].partition(":")[2][:20] in receipt.pause_reason
    assert "@example.org" in receipt.pause_reason, "it names whom the answer was given for"
    resumed(d)
    with ScriptedServer(bodies=False) as server:
        assert d.deliver(provider(server.port), connections=1).sent == 30
        again = server.recipients()
    assert len(again) == len(set(again)) == 20 and served.isdisjoint(again)


@pytest.mark.parametrize("stage", ["rcpt", "data", "dot"])
def test_one_persons_unclear_refusal_is_hers_and_the_others_are_served(database, stage):
    d = desk(database, 60, domain="d{i}.example")
    fault = Fault(stage, UNCLEAR, times=0, match=b"p7.lettre@" if stage != "data" else b"")
    if stage == "data":
        fault = Fault(stage, UNCLEAR, after=7, times=1)
    with ScriptedServer(fault, bodies=False) as server:
        receipt = d.deliver(provider(server.port), connections=2)
    assert (receipt.status, receipt.sent, receipt.refused, receipt.open) == ("sending", 59, 1, 0)


def poison(*names: str):
    def answer(message):
        if message.address.partition("@")[0].partition(".")[0] in names:
            return Outcome(message.delivery, "refused", "unclear", text="5.7.1 rejected by policy")
        return accept(message)

    return answer


def test_the_answer_is_kept_with_the_person(database):
    d = desk(database, 10, domain="d{i}.example")
    d.deliver(Peer(poison("p4")), connections=1)
    with database.read() as connection:
        (refused,) = corrections.in_state(connection, d.mailing.id, "refused")
    assert (refused.address, refused.answer) == ("p4.lettre@d4.example", "5.7.1 rejected by policy")


def test_several_people_of_different_domains_in_a_row_are_no_coincidence(database):
    d = desk(database, 40, domain="d{i}.example")
    refuse = Peer(lambda m: Outcome(m.delivery, "refused", "unclear", text="5.7.1 rejected"))
    receipt = d.deliver(refuse, connections=1)
    assert (receipt.status, receipt.refused, receipt.open) == ("paused", 0, 40)
    assert "d0.example" in receipt.pause_reason and "5.7.1 rejected" in receipt.pause_reason
    resumed(d)
    peer = Peer()
    assert d.deliver(peer, connections=1).sent == 40
    order = [message.address for _at, message in peer.taken]
    assert set(order[-3:]) == {f"p{i}.lettre@d{i}.example" for i in range(3)}, "they come last"


def test_a_resumed_mailing_goes_on_behind_and_ends_though_the_answers_stay(database):
    d = desk(database, 40, domain="d{i}.example")
    peer = Peer(poison("p10", "p11", "p12"))
    assert d.deliver(peer, connections=1).status == "paused"
    resumed(d)
    receipt = d.deliver(peer, connections=1)
    assert (receipt.status, receipt.sent, receipt.refused, receipt.open) == ("sending", 37, 3, 0)
    assert len(peer.people()) == 37


def test_with_several_connections_nobody_stays_refused_for_our_fault(database):
    d = desk(database, 200, domain="d{i}.example")
    receipt = d.deliver(
        Peer(lambda m: Outcome(m.delivery, "refused", "unclear", text="5.7.1 rejected"), pause=0.001), connections=6
    )
    assert (receipt.status, receipt.refused, receipt.open, receipt.balanced) == ("paused", 0, 200, True)


def test_a_mailing_to_one_domain_that_serves_nobody_is_paused_too(database):
    d = desk(database, 12)
    refuse = Peer(lambda m: Outcome(m.delivery, "refused", "unclear", text="5.7.1 rejected"))
    receipt = d.deliver(refuse, connections=1)
    assert (receipt.status, receipt.refused, receipt.open) == ("paused", 0, 12)


def test_dead_addresses_in_a_row_are_refused_and_nothing_pauses(database):
    d = desk(database, 20, domain="d{i}.example")
    dead = Peer(lambda m: Outcome(m.delivery, "refused", text="5.1.1 unknown"))
    receipt = d.deliver(dead, connections=1)
    assert (receipt.status, receipt.refused, receipt.open) == ("sending", 20, 0)


def handed(n: int, *, held: bool = False, domain: str = "") -> Handed:
    return Handed(n, 0, f"p{n}@{domain or f'd{n}.example'}", bytes(16), 1, held)


def unclear(n: int) -> Outcome:
    return Outcome(n, "refused", "unclear", text="5.7.1 no")


@pytest.mark.parametrize(
    ("served", "row", "paused"),
    [
        (True, ["a", "b"], False),
        (True, ["a", "b", "c"], True),
        (True, ["a", "a", "b", "a", "b"], False),
        (True, ["a"] * 9, False),
        (True, ["a"] * 10, True),
        (False, ["a"] * 4, False),
        (False, ["a"] * 5, True),
        (True, ["a", "b", "", "c"], False),
    ],
)
def test_a_row_of_refusals_is_about_us_by_its_domains_or_its_length(served, row, paused):
    suspicion = Suspicion(served=served)
    for n, domain in enumerate(row):
        outcome = unclear(n) if domain else Outcome(n, "accepted")
        suspicion.weigh(outcome, handed(n, domain=domain))
    assert bool(suspicion.reason) == paused
    assert suspicion.again == (list(range(len(row))) if paused else [])


def test_whoever_was_put_behind_and_is_refused_once_more_is_the_cause():
    suspicion = Suspicion(served=True)
    for n in range(5):
        suspicion.weigh(unclear(n), handed(n, held=True))
    assert not suspicion.reason
    nobody = Suspicion(served=False)
    for n in range(3):
        nobody.weigh(unclear(n), handed(n, held=True))
    assert nobody.reason and nobody.again == [0, 1, 2]


def test_the_mailing_row_keeps_the_reason(database):
    d = desk(database, 5)
    with ScriptedServer(Fault("rcpt", OURS[0], times=0), bodies=False) as server:
        d.deliver(provider(server.port), connections=1)
    with database.read() as connection:
        assert "quota exceeded" in mailings.get_mailing(connection, d.mailing.id).pause_reason
