"""A used quota pauses the mailing until it begins anew; then the sending goes on by itself."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.actions.sending import mailings as sending_mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.sending.quota_rest import next_try, resume_rested
from newsletter.actions.workspace import open_workspace
from newsletter.jobs import table
from newsletter.messages import Outcome
from newsletter.paris import PARIS
from newsletter.providers.smtp_words import quota_period
from tests.actions.desk import Peer, accept
from tests.actions.stage import ISSUE
from tests.workspaces import copy_sample

DAY = "5.4.5 Daily user sending quota exceeded"


@pytest.mark.parametrize(
    ("answer", "period"),
    [
        (DAY, "day"),
        ("4.7.0 Quota d'envoi journalier dépassé", "day"),
        ("5.7.1 Sending limit of 200 messages per 24 hours reached for day", "hour"),
        ("Too many messages in the last hour", "hour"),
        ("5.7.0 limite horaire atteinte, trop de messages per hour", "hour"),
        ("452 4.5.3 message rate exceeded", "hour"),
        ("sending quota reached", "day"),
        ("monthly sending quota exceeded", ""),
        ("5.7.1 out of credits", ""),
        ("Relay access denied", ""),
        ("5.2.2 mailbox over quota", ""),
        ("", ""),
    ],
)
def test_the_period_of_a_used_quota_is_read_from_its_words(answer, period):
    assert quota_period(answer) == period


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("answer", "now", "again"),
    [
        (DAY, at(27, 9, 30), at(27, 11, 30)),
        (DAY, at(27, 10), at(28, 0, 10)),
        (DAY, at(27, 23, 59), at(28, 0, 10)),
        (DAY, at(28, 0, 10), at(28, 2, 10)),
        ("Too many messages in the last hour", at(27, 9, 30), at(27, 10, 31)),
        ("Relay access denied", at(27, 9, 30), None),
    ],
)
def test_the_next_try_is_the_next_day_and_every_two_hours_of_the_night(answer, now, again):
    assert next_try(answer, now) == again


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_the_next_try_lies_ahead_and_within_a_day(naive):
    now = naive.replace(tzinfo=PARIS)
    assert 0 < next_try(DAY, now).timestamp() - now.timestamp() <= 25 * 3600


@pytest.fixture
def workspace(tmp_path):
    """The sample lettre to twelve people, begun."""
    made = open_workspace(copy_sample(tmp_path / "ws", 12, deliver=False))
    sending_mailings.begin_mailing(made, approve_issue(made, ISSUE, by="a", now=True))
    yield made
    made.close()


def through(workspace, monkeypatch, peer: Peer) -> None:
    monkeypatch.setattr(type(workspace), "provider", lambda _self: peer)


def test_a_letter_over_the_days_quota_goes_on_by_itself_the_next_day(workspace, monkeypatch):
    left = iter(range(5))

    def answer(message):
        if next(left, None) is None:
            return Outcome(message.delivery, "refused", "mailing", text=DAY)
        return accept(message)

    first = Peer(answer)
    through(workspace, monkeypatch, first)
    mailing = sending_mailings.current_mailing(workspace, ISSUE)
    receipt, _troubles = deliver_mailing(workspace, mailing)
    assert (receipt.status, receipt.sent, receipt.refused, receipt.open) == ("paused", 5, 0, 7)
    assert DAY in receipt.pause_reason and "reprend tout seul" in receipt.pause_reason
    table.deliver(workspace, threading.Event())
    assert sending_mailings.current_mailing(workspace, ISSUE).status == "paused", "not before its hour"

    second, real = Peer(), workspace.database.now
    through(workspace, monkeypatch, second)
    vars(workspace.database)["now"] = lambda connection: real(connection) + 86_400
    table.deliver(workspace, threading.Event())
    final = sending_mailings.mailing_receipt(workspace, ISSUE)
    assert (final.status, final.sent, final.balanced) == ("done", 12, True)
    assert len({*first.people(), *second.people()}) == 12
    kinds = [(event.kind, event.actor) for event in sending_mailings.story(workspace, ISSUE)[1]]
    assert ("mailing-resumed", "jobs") in kinds


@pytest.mark.parametrize("resumed", [True, False])
def test_a_pause_by_a_person_after_a_quotas_is_heeded(workspace, monkeypatch, resumed):
    through(workspace, monkeypatch, Peer(lambda m: Outcome(m.delivery, "refused", "mailing", text=DAY)))
    deliver_mailing(workspace, sending_mailings.current_mailing(workspace, ISSUE))
    if resumed:
        sending_mailings.resume_mailing(workspace, ISSUE, "a")
    sending_mailings.pause_mailing(workspace, ISSUE, "a", "une coquille")
    real = workspace.database.now
    vars(workspace.database)["now"] = lambda connection: real(connection) + 86_400
    table.deliver(workspace, threading.Event())
    kept = sending_mailings.current_mailing(workspace, ISSUE)
    assert (kept.status, kept.pause_reason) == ("paused", "une coquille")


def test_a_mailing_that_rests_keeps_nobody_from_writing(workspace, monkeypatch):
    through(workspace, monkeypatch, Peer(lambda m: Outcome(m.delivery, "refused", "mailing", text=DAY)))
    deliver_mailing(workspace, sending_mailings.current_mailing(workspace, ISSUE))
    monkeypatch.setattr(type(workspace.database), "write", None)
    assert resume_rested(workspace) == []
