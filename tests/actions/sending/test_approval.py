"""The approval of an audience too large for one transaction: in slices, and nothing leaves before the last."""

from __future__ import annotations

import shutil
import threading
from datetime import datetime
from functools import cache

import pytest
import sqlalchemy as sa

from newsletter.actions.letters.editions import edition
from newsletter.actions.operations import start
from newsletter.actions.sending import deliveries as sending_deliveries
from newsletter.actions.sending import mailings as sending_mailings
from newsletter.actions.sending import schedule
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.workspace import open_workspace
from newsletter.audience import Condition, formula
from newsletter.errors import Refused
from newsletter.jobs import table
from newsletter.paris import PARIS
from newsletter.store.people import organisations, people
from newsletter.store.people.entitlement import Rule
from newsletter.store.sending import candidates, taking_back
from newsletter.store.sending import mailings as rows_of_mailings
from newsletter.store.sending.candidates import Shares
from newsletter.store.sending.ledger_counts import count_states
from newsletter.store.sending.mailings import Frozen, freeze, load_mailing
from newsletter.store.tables.core import deliveries, mailings, subscribers
from tests import postgres as clusters
from tests.actions.stage import ISSUE
from tests.store.helpers import TODAY
from tests.workspaces import copy_sample, no_settings, open_again

PEOPLE = 60


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """The sample month and its people, the letter rendered and its pictures published once for all cases."""
    path = tmp_path_factory.mktemp("month") / "ws"
    copy_sample(path, PEOPLE, deliver=False)
    with no_settings():
        made = open_workspace(path)
    edition(made, ISSUE)
    yield made
    made.close()


@pytest.fixture(scope="module")
def filled(month):
    """The name of a database of PostgreSQL that holds the same people."""

    def fill(postgres):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NEWSLETTER_DATABASE__URL", clusters.migrated_url(postgres, "filled"))
            made = open_workspace(month.root)
            start.load_organisations(made, made.root / "data" / "organisations.csv")
            start.load_people(made, PEOPLE)
            made.close()
        return clusters.database_name("filled")

    return cache(fill)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, month, filled, tmp_path):
    """The URL of a database of either engine that holds the month's people."""
    if request.param == "sqlite":
        shutil.copy(month.root / "subscribers.db", tmp_path / "test.db")
        return f"sqlite:///{tmp_path}/test.db"
    cluster = request.getfixturevalue("postgres")
    return clusters.url(cluster, "approval", filled(cluster))


@pytest.fixture
def workspace(month, database_url, monkeypatch):
    """The month with a database of its own, its people approved ten ids at a time."""
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    made = open_again(month)
    monkeypatch.setattr(candidates, "SLICE", 10)
    yield made
    made.close()
    shutil.rmtree(made.departures, ignore_errors=True)
    shutil.rmtree(made.root / "outbox", ignore_errors=True)


def rows(workspace, mailing):
    columns = (
        deliveries.c.subscriber_id,
        deliveries.c.organisation_id,
        deliveries.c.variant,
        deliveries.c.cap,
        deliveries.c.state,
        deliveries.c.reason,
    )
    with workspace.database.read() as connection:
        query = sa.select(*columns).where(deliveries.c.mailing_id == mailing.id).order_by(deliveries.c.subscriber_id)
        return [tuple(row) for row in connection.execute(query)]


def broken_off(monkeypatch, after):
    """Let the power go when the slice behind subscriber `after` is to be written."""
    load = candidates.load_candidates

    def failing(*arguments, **options):
        if options["after"] == after:
            raise KeyboardInterrupt
        return load(*arguments, **options)

    monkeypatch.setattr(candidates, "load_candidates", failing)
    return lambda: monkeypatch.setattr(candidates, "load_candidates", load)


def test_slices_write_the_same_candidates_as_one_transaction(workspace, monkeypatch):
    with workspace.database.write() as connection:
        person = people.by_id(connection, 7)
        people.move_subscription(
            connection, person, "lettre", "left", people.Consent("consent", "test"), workspace.clock()
        )
    sliced = rows(workspace, approve_issue(workspace, ISSUE, by="a", now=True))
    monkeypatch.setattr(candidates, "SLICE", 1_000_000)
    assert rows(workspace, approve_issue(workspace, ISSUE, by="a", now=True)) == sliced
    assert len(sliced) == PEOPLE - 1 and {row[4] for row in sliced} == {"queued"}


def test_an_approval_broken_off_sends_nothing_and_is_given_again(workspace, monkeypatch):
    mend = broken_off(monkeypatch, 30)
    with pytest.raises(KeyboardInterrupt):
        approve_issue(workspace, ISSUE, by="a", at=datetime(2026, 1, 1, tzinfo=PARIS))
    half = sending_mailings.current_mailing(workspace, ISSUE)
    assert (half.status, len(rows(workspace, half))) == ("loading", 30)
    assert schedule.due(workspace) == []
    receipt, _troubles = deliver_mailing(workspace, sending_mailings.begin_mailing(workspace, half))
    assert (receipt.status, receipt.sent, receipt.open) == ("loading", 0, 30)
    mend()
    done, _troubles = deliver_mailing(
        workspace, sending_mailings.begin_mailing(workspace, approve_issue(workspace, ISSUE, by="a", now=True))
    )
    assert (done.status, done.sent) == ("done", PEOPLE)
    with workspace.database.read() as connection:
        states = connection.execute(sa.select(mailings.c.status).order_by(mailings.c.id)).scalars().all()
        assert states == ["cancelled", "done"]
        assert count_states(connection, half.id) == {"cancelled": 30}


def test_an_approval_called_back_meanwhile_is_refused(workspace, monkeypatch):
    write, turns = workspace.database.write, []

    def counted():
        turns.append(len(turns))
        if len(turns) == 3:
            sending_mailings.cancel_mailing(workspace, ISSUE, "somebody else")
        return write()

    monkeypatch.setattr(workspace.database, "write", counted)
    with pytest.raises(Refused, match="replaced or called back"):
        approve_issue(workspace, ISSUE, by="a", now=True)
    found = sending_mailings.mailing_receipt(workspace, ISSUE)
    assert (found.status, found.cancelled, found.open) == ("cancelled", 20, 0)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time
def test_a_letter_that_begins_to_leave_in_the_moment_of_a_new_approval_is_not_replaced(workspace, monkeypatch):
    first, read = approve_issue(workspace, ISSUE, by="a", now=True), rows_of_mailings.of_issue

    def beginning(connection, issue):
        found = read(connection, issue)
        sending_mailings.begin_mailing(workspace, found)
        return found

    monkeypatch.setattr(rows_of_mailings, "of_issue", beginning)
    with pytest.raises(Refused, match="already has a mailing"):
        approve_issue(workspace, ISSUE, by="b", now=True)
    monkeypatch.undo()
    assert sending_mailings.current_mailing(workspace, ISSUE).id == first.id
    assert sending_mailings.mailing_receipt(workspace, ISSUE).open == PEOPLE


def test_a_letter_put_off_since_somebody_read_when_it_leaves_does_not_leave_at_the_old_hour(workspace):
    read = approve_issue(workspace, ISSUE, by="a", at=datetime(2026, 1, 1, tzinfo=PARIS))
    sending_mailings.reschedule_mailing(workspace, read, datetime(2126, 1, 1, tzinfo=PARIS), "b")
    with pytest.raises(Refused, match="leaves on 01/01/2126"):
        sending_mailings.begin_mailing(workspace, read)
    assert sending_mailings.current_mailing(workspace, ISSUE).status == "approved"


def test_a_letter_that_has_begun_to_leave_cannot_be_put_off(workspace):
    read = approve_issue(workspace, ISSUE, by="a", now=True)
    sending_mailings.begin_mailing(workspace, read)
    with pytest.raises(Refused, match="is sending"):
        sending_mailings.reschedule_mailing(workspace, read, datetime(2126, 1, 1, tzinfo=PARIS), "b")
    assert [event.kind for event in sending_mailings.story(workspace, ISSUE)[1]] == [
        "mailing-approved",
        "mailing-started",
    ]


def test_nobody_gives_the_second_word_on_what_has_begun_to_leave(workspace):
    sending_mailings.begin_mailing(workspace, approve_issue(workspace, ISSUE, by="a", now=True))
    with pytest.raises(Refused, match="is sending"):
        sending_mailings.confirm_mailing(workspace, ISSUE, "b")
    assert sending_mailings.current_mailing(workspace, ISSUE).confirmed_by == ""


def test_who_wants_a_letter_to_leave_now_joins_whoever_was_quicker(workspace):
    read = approve_issue(workspace, ISSUE, by="a", at=datetime(2126, 1, 1, tzinfo=PARIS))
    sending_mailings.begin_mailing(workspace, sending_mailings.reschedule_mailing(workspace, read, None))
    assert sending_mailings.reschedule_mailing(workspace, read, None).status == "sending"


def test_who_delivers_says_done_though_another_settles_the_last_just_after_the_count(workspace, monkeypatch):
    mailing = sending_mailings.begin_mailing(workspace, approve_issue(workspace, ISSUE, by="a", now=True))
    others = sending_deliveries.recover

    def settle_last(database, mailing_id, logs):
        with database.write() as connection:
            connection.execute(deliveries.update().where(deliveries.c.mailing_id == mailing_id).values(state="sent"))
        return others(database, mailing_id, logs)

    monkeypatch.setattr(sending_deliveries, "drain", lambda _dispatch: None)
    monkeypatch.setattr(sending_deliveries, "recover", settle_last)
    receipt, _troubles = deliver_mailing(workspace, mailing)
    assert (receipt.status, receipt.sent, receipt.open) == ("done", PEOPLE, 0)


def test_a_letter_called_back_meanwhile_does_not_leave_now(workspace):
    read = approve_issue(workspace, ISSUE, by="a", at=datetime(2126, 1, 1, tzinfo=PARIS))
    sending_mailings.cancel_mailing(workspace, ISSUE, "b")
    with pytest.raises(Refused, match="is cancelled"):
        sending_mailings.reschedule_mailing(workspace, read, None)


def test_a_mailing_that_is_loading_can_be_cancelled(workspace, monkeypatch):
    broken_off(monkeypatch, 30)
    with pytest.raises(KeyboardInterrupt):
        approve_issue(workspace, ISSUE, by="a")
    receipt = sending_mailings.cancel_mailing(workspace, ISSUE, "a")
    assert (receipt.status, receipt.cancelled, receipt.balanced) == ("cancelled", 30, True)


def test_each_slice_gives_the_contacts_of_an_authority_their_variant(workspace):
    with workspace.database.write() as connection:
        offices = connection.execute(sa.select(subscribers.c.organisation_id).distinct()).scalars().all()
        mine = [office for office in offices if office][:2]
        names = [organisations.get_organisation(connection, office).name for office in mine]
        rules = tuple(formula(Condition("organisation", (name,))) for name in names)
        shares = Shares(rules, {0: 0, 1: 1, 2: 2})
        frozen = [Frozen((), b""), Frozen(("a",), b""), Frozen(("b",), b"")]
        made = freeze(
            connection,
            issue="x",
            subject="",
            content_hash="",
            rule=Rule("lettre", False),
            record={},
            frozen=frozen,
            approved_by="a",
            now=0,
            not_before=0,
        )
        after = 0
        while after is not None:
            after = load_mailing(connection, made, shares, {}, TODAY, 0, after=after, slice_=7)
    for _person, office, variant, *_rest in rows(workspace, made):
        assert variant == (mine.index(office) + 1 if office in mine else 0)
    assert {row[2] for row in rows(workspace, made)} == {0, 1, 2}


def stopped_after(monkeypatch, slices):
    """Let the power go when so many slices of a cancellation are written; returns how to mend it."""
    cancel, done = taking_back.cancel_open, []

    def failing(*arguments, **options):
        if len(done) == slices:
            raise KeyboardInterrupt
        done.append(cancel(*arguments, **options))
        return done[-1]

    monkeypatch.setattr(taking_back, "cancel_open", failing)
    return lambda: monkeypatch.setattr(taking_back, "cancel_open", cancel)


def again_by_hand(workspace):
    sending_mailings.cancel_mailing(workspace, ISSUE, "a")


def again_by_the_job(workspace):
    table.sweep(workspace, threading.Event())


@pytest.mark.parametrize("go_on", [again_by_hand, again_by_the_job])
def test_a_cancellation_broken_off_between_slices_balances_sends_nothing_and_is_ended(workspace, monkeypatch, go_on):
    sending_mailings.begin_mailing(workspace, approve_issue(workspace, ISSUE, by="a", now=True))
    mend = stopped_after(monkeypatch, 3)
    with pytest.raises(KeyboardInterrupt):
        sending_mailings.cancel_mailing(workspace, ISSUE, "a")
    half = sending_mailings.mailing_receipt(workspace, ISSUE)
    assert (half.status, half.cancelled, half.open, half.balanced) == ("cancelled", 30, PEOPLE - 30, True)
    mend()
    go_on(workspace)
    receipt = sending_mailings.mailing_receipt(workspace, ISSUE)
    assert (receipt.cancelled, receipt.sent, receipt.open) == (PEOPLE, 0, 0)
    with pytest.raises(Refused, match="cancelled already"):
        sending_mailings.cancel_mailing(workspace, ISSUE, "a")
    kinds = [event.kind for event in sending_mailings.story(workspace, ISSUE)[1]]
    assert kinds.count("mailing-cancelled") == 1


def test_an_approval_given_again_cancels_the_former_in_slices_too(workspace, monkeypatch):
    former = approve_issue(workspace, ISSUE, by="a", now=True)
    cancelled, cancel = [], taking_back.cancel_open
    monkeypatch.setattr(taking_back, "cancel_open", lambda *a, **o: cancelled.append(cancel(*a, **o)))
    approve_issue(workspace, ISSUE, by="a", now=True)
    assert cancelled == [10] * (PEOPLE // 10)
    assert {row[4] for row in rows(workspace, former)} == {"cancelled"}
