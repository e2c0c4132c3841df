"""Rehearsals: the full path, real counts, and nothing changes."""

from __future__ import annotations

import pytest

from newsletter.actions.sending import mailings
from newsletter.actions.sending.rehearsals import FAULTS, estimate, rehearse_issue
from newsletter.actions.workspace import open_workspace
from newsletter.errors import NewsletterError
from tests.actions.desk import sending
from tests.workspaces import copy_sample

ISSUE = "2026-11-lettre"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    home = tmp_path_factory.mktemp("rehearsal") / "w"
    copy_sample(home, 200, deliver=False)
    opened = open_workspace(home)
    yield opened
    opened.close()


def everything(workspace) -> list[object]:
    with workspace.database.read() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in names.scalars().all()]


def test_without_faults_everybody_is_reached_and_each_message_is_weighed(workspace):
    made = rehearse_issue(workspace, ISSUE, 0)
    assert (made.receipt.status, made.receipt.sent, made.receipt.balanced) == ("done", 200, True)
    assert made.messages == 200 and 40_000 < made.bytes / made.messages < 200_000
    assert made.faults == {}


def test_with_faults_the_receipt_still_balances_and_counts_each_kind(workspace):
    made = rehearse_issue(workspace, ISSUE, 0.4)
    assert set(made.faults) == set(FAULTS)
    assert made.receipt.refused == made.faults["refused"] and made.receipt.doubtful == made.faults["unknown"]
    assert made.receipt.sent == 200 - made.receipt.refused - made.receipt.doubtful and made.receipt.open == 0
    assert 0.25 * 200 < sum(made.faults.values()) < 0.55 * 200
    assert any("refused" in sentence for sentence in made.sentences())


def test_nothing_real_changes_and_a_real_mailing_can_follow(workspace):
    before = everything(workspace)
    rehearse_issue(workspace, ISSUE, 0.1)
    assert everything(workspace) == before
    assert mailings.current_mailing(workspace, ISSUE) is None
    assert not (workspace.root / "outbox").exists()


def test_an_issue_that_does_not_exist_is_named(workspace):
    with pytest.raises(NewsletterError, match="nothing-here"):
        rehearse_issue(workspace, "nothing-here", 0)


@pytest.mark.parametrize(
    ("messages", "limits", "words"),
    [
        (6540, {"daily": 300}, "300/day: 22 days"),
        (6540, {"daily": 300, "rate": 5}, "300/day: 22 days"),
        (300, {"daily": 300, "rate": 5}, "5/s: 60 s"),
        (6540, {"rate": 5}, "5/s: 22 min"),
        (6540, {"rate": 0.01}, "0.01/s: 8 days"),
        (6540, {}, "3 s on this machine; the provider decides"),
    ],
)
def test_the_time_it_will_take_in_words(messages, limits, words):
    assert estimate(messages, sending(**limits), 3.2) == words
