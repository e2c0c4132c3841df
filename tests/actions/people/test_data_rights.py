"""Access, erasure without a trace, retention: what the law asks and what the file of the database holds."""

from __future__ import annotations

import csv
import io
import json

import pytest
import sqlalchemy as sa

from newsletter.actions.imports import reviews, subscribers
from newsletter.actions.people import audiences, data_rights, subscriptions
from newsletter.actor import Actor
from newsletter.audience import EVERYONE
from newsletter.errors import NotFound, Refused
from newsletter.store.imports.reviews import Review, ask
from newsletter.store.journal import Event, record_event
from newsletter.store.people import limits, one_time, people
from newsletter.store.sending import ledger, mailings
from newsletter.store.sending.ledger import Settlement
from newsletter.store.sending.mailings import Frozen
from newsletter.store.sending.receipts import count_receipt
from newsletter.store.tables.core import mailings as mailing_rows
from newsletter.store.tables.imports import webhook_calls
from newsletter.store.tables.pages import limits as limit_rows
from newsletter.store.tables.pages import one_time_links, proposals
from tests.actions.audience_desk import DAY, NOW, bring, desk

TRACES = ("zoe.blanc@ville.fr", "Zoe.Blanc@Ville.fr", "zoe.blanc", "Zoé", "Blanchard", "+33612345678")


@pytest.fixture
def workspace(tmp_path, database_url):
    with desk(tmp_path, database_url) as made:
        yield made


@pytest.fixture
def local(tmp_path):
    with desk(tmp_path, "sqlite:///test.db") as made:
        yield made


@pytest.mark.parametrize(
    "export",
    [data_rights.export, lambda where, **more: audiences.export_people(where, EVERYONE, **more)],
    ids=["the whole list", "an audience"],
)
def test_files_of_people_are_counted_by_user_and_one_too_many_is_an_alarm(local, caplog, export):
    one, namesake = Actor("Claire", 1, "a"), Actor("Claire", 2, "b")
    export(local, by=one, most=1)
    with pytest.raises(Refused):
        export(local, by=one, most=1)
    assert "ALARM" in caplog.text
    export(local, by=namesake, most=1)


def leave_traces(workspace) -> None:
    """Let one person stand in every table that may hold something of a person."""
    text = "email;prenom;nom;telephone;collectivite\nZoe.Blanc@Ville.fr;Zoé;;+33612345678;Lile\n"
    bring(workspace, text, name="export zoe.blanc@ville.fr.csv")
    bring(workspace, text.replace(";;+", ";Blanchard;+"))
    bring(workspace, "email;prenom;statut\nzoe.blanc@ville.fr;Zoé;à relancer\n")
    workspace.clock.now += 60
    with workspace.database.write() as c:
        person = people.by_key(c, "zoe.blanc@ville.fr")
        mailing = mailings.create_mailing(
            c,
            issue="2026-11-lettre",
            subject="S",
            content_hash="h",
            rule=workspace.rule(workspace.settings.publication("lettre")),
            record={},
            frozen=[Frozen((), b"x")],
            caps={},
            approved_by="anna",
            now=NOW,
            not_before=NOW,
            today=workspace.today(),
        )
        mailings.change_mailing(c, mailing.id, "sending", only=("approved",), started_at=NOW)
        ids = ledger.claim_deliveries(c, mailing.id, "t", 5, now=NOW, lease=60, caps={})
        handed = ledger.hand_deliveries(
            c, mailing.id, mailing.rule, "t", ids, now=NOW, lease=60, today=workspace.today()
        )
        ledger.settle_deliveries(
            c, "t", [Settlement(h.id, "sent", "250 <zoe.blanc@ville.fr> ok", "id-zoe.blanc") for h in handed], NOW
        )
        receipt = json.dumps({"doubtful_names": ["Zoe.Blanc@Ville.fr", "other@ville.fr"]})
        c.execute(mailing_rows.update().values(receipt=receipt))
        record_event(
            c,
            Event(
                NOW,
                "delivered",
                subscriber_id=person.id,
                key="brevo:zoe.blanc@ville.fr:1",
                actor="zoe.blanc@ville.fr",
                detail={"text": "Zoé Blanchard"},
            ),
        )
        ask(c, [Review(kind="reply", subject="Zoé Blanchard s’en va", subscriber_id=person.id, at=NOW)])
        c.execute(webhook_calls.insert().values(key="1", at=NOW, provider="brevo", body=b'{"e":"ZOE.blanc@ville.fr"}'))
        c.execute(
            proposals.insert().values(
                uid="u",
                subscriber_id=person.id,
                state="sent",
                created_at=NOW,
                changed_at=NOW,
                word="Blanchard",
                values='{"contact": "Zoé Blanchard"}',
            )
        )


def bytes_of(workspace) -> bytes:
    """Return every byte of the database's files, after VACUUM and a checkpoint."""
    raw = workspace.database.engine.raw_connection()
    for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
        raw.cursor().execute(statement).close()
    raw.close()
    return b"".join(path.read_bytes() for path in workspace.root.glob("test.db*"))


def test_erasing_a_person_leaves_no_trace_in_the_file_but_the_hash(local):
    leave_traces(local)
    before = bytes_of(local)
    assert all(text.encode() in before for text in ("Zoe.Blanc@Ville.fr", "Zoé", "Blanchard", "+33612345678"))
    data_rights.forget_person(local, "zoe.blanc@ville.fr", by="anna")
    after = bytes_of(local)
    assert [text for text in TRACES if text.lower().encode() in after.lower()] == []
    assert local.signer.fingerprint("erasure", "zoe.blanc@ville.fr").encode() in after
    assert b"other@ville.fr" in after


def test_erasing_a_person_empties_every_table_on_both_databases(workspace):
    leave_traces(workspace)
    data_rights.forget_person(workspace, "ZOE.BLANC@ville.fr", by="anna")
    with workspace.database.read() as c:
        tables = sa.inspect(c).get_table_names()
        rest = "\n".join(str(list(c.execute(sa.text(f'SELECT * FROM "{name}"')))) for name in tables)
    assert [text for text in TRACES if text.lower() in rest.lower()] == []


def test_an_erased_person_cannot_be_imported_nor_erased_twice(workspace):
    leave_traces(workspace)
    data_rights.forget_person(workspace, "zoe.blanc@ville.fr", by="anna")
    rows, _number = bring(workspace, "email;prenom\nZOE.blanc@ville.fr;Zoé\n")
    assert [row.action for row in rows] == ["keep"]
    assert "effacement" in rows[0].reason
    assert subscriptions.why(workspace, "zoe.blanc@ville.fr", "lettre").reason == "erased"
    with pytest.raises(Refused, match="erased already"):
        data_rights.forget_person(workspace, "zoe.blanc@ville.fr", by="anna")
    with pytest.raises(NotFound):
        data_rights.forget_person(workspace, "unknown@ville.fr", by="anna")


def test_the_history_of_an_erased_person_still_counts(local):
    leave_traces(local)
    data_rights.forget_person(local, "zoe.blanc@ville.fr", by="anna")
    with local.database.read() as c:
        receipt = count_receipt(c, mailings.of_issue(c, "2026-11-lettre"), NOW)
        spans = c.execute(sa.text("SELECT state, from_at FROM subscriptions ORDER BY id")).all()
    assert (receipt.sent, receipt.balanced) == (1, True)
    assert spans[0] == ("active", NOW)


def test_an_address_that_only_waits_for_review_can_be_erased(local):
    bring(local, "email;prenom\nzoe@gmial.com;Zoé\n")
    data_rights.forget_person(local, "zoe@gmial.com", by="anna")
    assert reviews.list_reviews(local) == []
    assert b"zoe@gmial.com" not in bytes_of(local)
    assert bring(local, "email\nzoe@gmial.com\n")[0][0].action == "keep"


def test_who_was_erased_comes_back_only_by_asking(local):
    bring(local, "email\na@ville.fr\n")
    data_rights.forget_person(local, "a@ville.fr", by="anna")
    with pytest.raises(Refused, match="--asked"):
        subscriptions.add_subscription(local, "a@ville.fr", "lettre", by="anna")
    subscriptions.add_subscription(local, "a@ville.fr", "lettre", by="anna", asked="by telephone")
    assert subscriptions.why(local, "a@ville.fr", "lettre").receives


def test_the_whole_record_tells_what_was_sent_asked_and_brought(local):
    leave_traces(local)
    found = data_rights.whole_record(local, "zoe.blanc@ville.fr")
    assert [(d["issue"], d["state"]) for d in found["deliveries"]] == [("2026-11-lettre", "sent")]
    assert {r["kind"] for r in found["reviews"]} == {"organisation", "reply"}
    assert [i["what"] for i in found["imports"]] == ["created", "filled"]
    assert found["subscriptions"][0]["since"] == "2026-11-24T07:00:00+01:00"
    assert json.loads(json.dumps(found)) == found


# --- export -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plain", [True, False])
def test_an_export_read_back_changes_nothing_and_no_cell_is_a_formula(local, plain):
    bring(local, 'email;prenom;nom;telephone\na@ville.fr;"=cmd()";Blanc;+33 3 20\nb@ville.fr;;Désormeaux;\n')
    subscriptions.unsubscribe(local, "b@ville.fr", by="anna")
    data = b"".join(data_rights.export(local, by="anna", plain=plain))
    cells = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter="," if plain else ";"))
    assert not [cell for row in cells for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert data.startswith(b"\xef\xbb\xbf") is not plain
    rows, _number = bring(local, data)
    assert [row.action for row in rows] == ["keep", "keep"]


# --- retention ----------------------------------------------------------------------------------------------------


def pending(workspace, address, at):
    with workspace.database.write() as c:
        person = people.add_person(c, people.Person(address=address, key=address), at)
        people.move_subscription(c, person, "lettre", "pending", people.Consent("consent", "form"), at)


def test_a_request_never_confirmed_vanishes_and_may_be_made_again(workspace):
    pending(workspace, "old@ville.fr", NOW - 31 * DAY)
    pending(workspace, "new@ville.fr", NOW - 29 * DAY)
    assert data_rights.purge_expired(workspace, by="anna").pending_expired == 1
    assert subscriptions.why(workspace, "old@ville.fr", "lettre").reason == "unknown"
    assert subscriptions.why(workspace, "new@ville.fr", "lettre").reason == "pending"
    subscriptions.add_subscription(workspace, "old@ville.fr", "lettre", by="anna")


def test_who_left_long_ago_is_erased_to_a_hash(workspace):
    bring(workspace, "email\na@ville.fr\nb@ville.fr\n")
    subscriptions.unsubscribe(workspace, "a@ville.fr", by="anna")
    workspace.clock.now = NOW + 3 * 365 * DAY + 1
    assert data_rights.purge_expired(workspace, by="anna").left_erased == 1
    assert subscriptions.why(workspace, "a@ville.fr", "lettre").reason == "erased"
    assert subscriptions.why(workspace, "b@ville.fr", "lettre").receives


def test_a_rehearsed_purge_says_the_same_and_does_nothing(local):
    leave_traces(local)
    pending(local, "old@ville.fr", NOW)
    local.clock.now = NOW + 4 * 365 * DAY
    with local.database.write() as c:
        c.execute(mailing_rows.update().values(status="done", ended_at=NOW))
    rehearsed = data_rights.purge_expired(local, by="anna", dry_run=True)
    assert data_rights.purge_expired(local, by="anna", dry_run=True) == rehearsed
    assert data_rights.purge_expired(local, by="anna") == rehearsed
    assert rehearsed.counts() == {
        "pending_expired": 1,
        "left_erased": 0,
        "deliveries_trimmed": 1,
        "events_trimmed": 0,
        "imports_sealed": 2,
        "reviews_removed": 0,
        "webhooks_removed": 1,
    }
    assert set(data_rights.purge_expired(local, by="anna").counts().values()) == {0}


def test_an_import_that_was_purged_can_no_longer_be_taken_back(local):
    _rows, number = bring(local, "email\na@ville.fr\n")
    local.clock.now = NOW + 91 * DAY
    data_rights.purge_expired(local, by="anna")
    with pytest.raises(Refused, match="too old"):
        subscribers.take_back(local, number, "anna")


def test_counters_and_links_go_by_age_though_nobody_asks_for_anything_any_more(workspace):
    """A counter may name the hash of an IP address; a link, what somebody typed."""
    with workspace.database.write() as c:
        for age in (1, 3):
            limits.hit(c, f"subscribe:ip:{age}", NOW - age * DAY, 3600)
            one_time.make_link(c, "confirm", {"subscriber": age}, NOW - (age - 1) * DAY)
    data_rights.purge_expired(workspace, by="anna", dry_run=True)
    data_rights.purge_expired(workspace, by="anna")
    with workspace.database.read() as c:
        assert list(c.scalars(sa.select(limit_rows.c.name))) == ["subscribe:ip:1"]
        assert list(c.scalars(sa.select(one_time_links.c.subject))) == ['{"subscriber": 1}']
