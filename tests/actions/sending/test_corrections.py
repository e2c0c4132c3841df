"""Corrections after the hand-over, on a workspace: settled by a log, tried again, and two commands at one moment."""

from __future__ import annotations

import json
import shutil

import pytest

from newsletter.actions.operations import start
from newsletter.actions.sending import corrections
from newsletter.actions.sending import mailings as sending_mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.workspace import open_workspace
from newsletter.errors import Refused
from newsletter.store.tables.core import deliveries
from tests.actions.stage import ISSUE


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    path = tmp_path_factory.mktemp("corrections") / "ws"
    start.init(path, sample=True)
    made = open_workspace(path)
    start.load_organisations(made, path / "data" / "organisations.csv")
    start.load_people(made, 40)
    sending_mailings.begin_mailing(made, approve_issue(made, ISSUE, by="a", now=True))
    made.close()
    return path


@pytest.fixture
def workspace(month, tmp_path):
    shutil.copytree(month, tmp_path / "ws")
    made = open_workspace(tmp_path / "ws")
    yield made
    made.close()


def put(workspace, state: str, answer: str = "", n: int = 4) -> None:
    """Put the first `n` deliveries in `state`, the others are sent."""
    with workspace.database.write() as connection:
        ids = list(connection.execute(deliveries.select().with_only_columns(deliveries.c.id)).scalars())
        connection.execute(deliveries.update().values(state="sent"))
        first = deliveries.c.id.in_(ids[:n])
        connection.execute(deliveries.update().where(first).values(state=state, answer=answer, handed_at=1.0))


def test_doubtful_messages_are_listed_with_their_message_ids(workspace):
    put(workspace, "doubtful", "no answer was recorded")
    found = corrections.list_doubtful(workspace, ISSUE)
    assert len(found) == 4 == len({one.message_id for one in found})
    assert all(one.message_id.startswith("<") and "@" in one.address and one.handed_at for one in found)
    assert found == corrections.list_doubtful(workspace, ISSUE), "a Message-ID never changes"


def test_a_log_settles_what_it_names_and_the_rest_stays(workspace):
    put(workspace, "doubtful")
    one, two, three, four = corrections.list_doubtful(workspace, ISSUE)
    log = [
        f"Nov 28 05:00:01 r postfix/cleanup[1]: 4ABC1230F1: message-id={one.message_id}",
        "Nov 28 05:00:01 r postfix/qmgr[2]: 4ABC1230F1: from=<r@example.org>, size=1, nrcpt=1 (queue active)",
        json.dumps({"event": "hard_bounce", "reason": "550 5.1.1 unknown", "X-Mailin-custom": two.message_id}),
    ]
    made = corrections.settle_from_log(workspace, ISSUE, log, "Claire")
    assert (made.sent, made.refused, made.again, made.left) == (1, 1, 0, 2)
    assert (made.receipt.refused, made.receipt.doubtful, made.receipt.balanced) == (1, 2, True)
    left = {m.address for m in corrections.list_doubtful(workspace, ISSUE)}
    assert left == {three.address, four.address}
    (refused,) = corrections.list_refused(workspace, ISSUE)
    assert (refused.address, refused.answer) == (two.address, "550 5.1.1 unknown")


def test_what_a_whole_log_does_not_name_goes_again_when_the_user_says_so(workspace):
    put(workspace, "doubtful")
    one, *_rest = corrections.list_doubtful(workspace, ISSUE)
    log = [json.dumps({"event": "delivered", "message-id": one.message_id})]
    made = corrections.settle_from_log(workspace, ISSUE, log, "Claire", resend_absent=True)
    assert (made.sent, made.again, made.receipt.open, made.receipt.doubtful) == (1, 3, 3, 0)
    assert made.receipt.status == "sending"


def test_a_log_of_something_else_settles_nothing_and_is_refused(workspace):
    put(workspace, "doubtful")
    with pytest.raises(Refused, match="names none of the 4"):
        corrections.settle_from_log(
            workspace, ISSUE, ["Nov 28 05:00:01 r sshd[1]: hello"], "Claire", resend_absent=True
        )
    assert len(corrections.list_doubtful(workspace, ISSUE)) == 4


@pytest.mark.parametrize(
    ("reason", "domain", "again"),
    [("", "", 4), ("quota", "", 4), ("QUOTA exceeded", "", 4), ("unknown", "", 0), ("", "nowhere.example", 0)],
)
def test_people_refused_by_mistake_are_sent_the_letter_again(workspace, reason, domain, again):
    put(workspace, "refused", "5.4.5 Daily quota exceeded")
    before = {row.id for row in corrections.list_refused(workspace, ISSUE)}
    if not again:
        with pytest.raises(Refused, match="nobody was refused like that"):
            corrections.retry_refused(workspace, ISSUE, "Claire", reason=reason, domain=domain)
        return
    receipt = corrections.retry_refused(workspace, ISSUE, "Claire", reason=reason, domain=domain)
    assert (receipt.status, receipt.open, receipt.refused) == ("sending", again, 0)
    mailing = sending_mailings.current_mailing(workspace, ISSUE)
    final, _troubles = deliver_mailing(workspace, mailing)
    assert (final.status, final.refused, final.open, final.balanced) == ("done", 0, 0, True)
    assert len(before) == again


def test_one_domain_is_tried_again_alone(workspace):
    put(workspace, "refused", "5.7.1 blocked", n=40)
    rows = corrections.list_refused(workspace, ISSUE)
    domain = rows[0].address.rpartition("@")[2]
    here = sum(row.address.endswith(f"@{domain}") for row in rows)
    receipt = corrections.retry_refused(workspace, ISSUE, "Claire", domain=domain.upper())
    assert (receipt.open, receipt.refused) == (here, len(rows) - here)


def test_two_first_commands_at_once_the_second_is_refused_in_words_and_withdraws_nothing(month, tmp_path, monkeypatch):
    shutil.copytree(month, tmp_path / "ws")
    workspace = open_workspace(tmp_path / "ws")
    sending_mailings.cancel_mailing(workspace, ISSUE, "a")
    seen = sending_mailings.current_mailing(workspace, ISSUE)
    first = sending_mailings.ready_mailing(workspace, ISSUE, by="a", now=True)
    monkeypatch.setattr(sending_mailings, "current_mailing", lambda *_: seen)  # looked before the first had approved
    with pytest.raises(Refused, match="another command has approved"):
        sending_mailings.ready_mailing(workspace, ISSUE, by="b", now=True)
    monkeypatch.undo()
    assert sending_mailings.current_mailing(workspace, ISSUE) == first
    assert sending_mailings.mailing_receipt(workspace, ISSUE).cancelled == 0
    workspace.close()
