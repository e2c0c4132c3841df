"""From an outcome to the ledger's word, as a table."""

from __future__ import annotations

import pytest

from newsletter.actions.sending.outcomes import Verdicts, objection, outage
from newsletter.messages import Outcome
from tests.actions.desk import sending

NOW = 1_000_000.0


def rules(*, idempotent=False, started=NOW):
    return Verdicts(sending(retry_first_seconds=60, retry_hours=48), idempotent, started)


@pytest.mark.parametrize(
    ("kind", "scope", "state"),
    [
        ("accepted", "recipient", "sent"),
        ("refused", "recipient", "refused"),
        ("refused", "unclear", "refused"),
        ("refused", "mailing", "deferred"),
        ("deferred", "recipient", "deferred"),
        ("deferred", "provider", "queued"),
        ("deferred", "mailing", "deferred"),
        ("untried", "provider", "queued"),
        ("unknown", "recipient", "doubtful"),
        ("unknown", "provider", "doubtful"),
        ("unknown", "mailing", "doubtful"),
    ],
)
def test_every_outcome_has_one_word(kind, scope, state):
    assert rules().settlement(Outcome(1, kind, scope), 1, NOW).state == state


@pytest.mark.parametrize("scope", ["recipient", "provider"])
def test_with_keys_the_unknown_is_tried_again(scope):
    assert rules(idempotent=True).settlement(Outcome(1, "unknown", scope), 1, NOW).state == "deferred"


@pytest.mark.parametrize(
    ("tries", "least"),
    [(1, 60), (2, 120), (3, 240), (7, 3600), (500, 3600)],
)
def test_waits_double_up_to_an_hour_with_a_fifth_of_chance(tries, least):
    due = rules().settlement(Outcome(1, "deferred"), tries, NOW).try_at
    assert NOW + least <= due <= NOW + least * 1.2


def test_the_providers_own_hour_is_kept():
    due = rules().settlement(Outcome(1, "deferred", "provider", retry_after=600), 1, NOW).try_at
    assert NOW + 600 <= due <= NOW + 720


def test_after_two_days_a_recipient_is_given_up():
    word = rules(started=NOW - 48 * 3600).settlement(Outcome(1, "deferred", text="451 busy"), 9, NOW)
    assert (word.state, word.answer) == ("refused", "given up after 9 tries: 451 busy")


def test_an_outage_is_when_nothing_was_taken_and_the_longest_wait_counts():
    down = [Outcome(1, "deferred", "provider"), Outcome(2, "deferred", "provider", retry_after=30)]
    assert outage(down) is down[1]
    assert outage([*down, Outcome(3, "accepted")]) is None
    assert outage([]) is None


def test_an_objection_is_the_first_answer_against_the_letter_and_names_for_whom_it_was_given():
    people = {1: "a@mairie.example", 2: "b@mairie.example"}
    assert objection([Outcome(1, "accepted", "mailing"), Outcome(2, "deferred", "provider")], people, 0.0) is None
    found = objection([Outcome(1, "refused"), Outcome(2, "refused", "mailing", text="5.7.1 no")], people, 0.0)
    assert found and "5.7.1 no" in found.why and "b@mairie.example" in found.why and found.until is None


def test_whoever_gets_an_answer_about_us_is_put_behind_all_others_and_due_at_once():
    entry = rules().settlement(Outcome(1, "refused", "mailing", text="5.4.5 quota"), 1, NOW)
    assert (entry.state, entry.try_at, entry.held, entry.answer) == ("deferred", NOW, True, "5.4.5 quota")
