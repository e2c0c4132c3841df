"""What providers report acts once, on the person written to, and never gives a right to mail."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from newsletter.actions.returns.provider_reports import webhook
from newsletter.actions.sending import mailings as sending_mailings
from newsletter.providers import verp
from newsletter.store import journal
from newsletter.store.people import people
from newsletter.store.sending import corrections, mailings
from newsletter.tokens import Signer
from tests.actions.returned_mail import DOMAIN, HOOK, World, world
from tests.store.helpers import NOW


@pytest.mark.parametrize(
    ("kind", "suppressed", "state", "feedback", "flash"),
    [
        ("delivered", "", "active", "delivered", "active"),
        ("deferred", "", "active", "", "active"),
        ("soft", "", "active", "soft", "active"),
        ("block", "", "active", "block", "active"),
        ("hard", "bounced", "bounced", "hard", "bounced"),
        ("complaint", "complained", "complained", "complaint", "complained"),
        ("unsubscribe", "", "left", "unsubscribe", "active"),
    ],
)
def test_each_report_has_its_effect_on_its_person_only(lille, kind, suppressed, state, feedback, flash):
    person, other = lille.people[:2]
    lille.take(lille.report(person, kind, status="5.0.0"))
    assert lille.standing(person) == (suppressed, state, "sent", feedback)
    with lille.workspace.database.read() as c:
        assert people.subscription(c, person.id, "flash").state == flash
    assert lille.standing(other) == ("", "active", "sent", "")


@pytest.mark.parametrize("kind", ["delivered", "soft", "block", "hard", "complaint", "unsubscribe"])
def test_a_report_repeated_changes_nothing(quick, kind):
    report = quick.report(quick.people[0], kind)
    assert quick.take(report) == {kind: 1}
    before = quick.everything()
    assert quick.take(report, report) == {"repeated": 2}
    assert quick.everything() == before


def test_every_effect_is_an_event_with_its_cause_and_without_an_address(lille):
    person = lille.people[0]
    said = f"550 5.1.1 <{person.address}>: no such user"
    report = lille.report(person, "hard", status="5.1.1", text=said, at=datetime(2026, 11, 22, 10, tzinfo=UTC))
    lille.take(report)
    with lille.workspace.database.read() as c:
        heard, flash, lettre = journal.of_subscriber(c, person.id)[-3:]
    assert (heard.kind, heard.key, heard.mailing_id) == ("feedback-hard", report.key, lille.mailing)
    assert heard.detail == {"status": "5.1.1", "said": "550 5.1.1 <…>: no such user", "at": "2026-11-22T10:00:00+00:00"}
    assert [flash.kind, lettre.kind] == ["bounced", "bounced"]
    assert lettre.detail["cause"] == report.key and lettre.detail["how"] == "hard bounce" and lettre.actor == "brevo"


def test_calls_that_arrive_at_the_same_moment_act_once(lille):
    bodies = [
        [
            {"event": "hard_bounce", "email": p.address, "X-Mailin-custom": lille.message_id(p), "ts_epoch": 1}
            for p in some
        ]
        for some in (lille.people, lille.people[::-1], lille.people, lille.people[::-1])
    ]
    bearer = {"authorization": f"Bearer {HOOK}"}

    def call(body):
        return webhook(lille.workspace, "brevo", bearer, {}, json.dumps(body).encode()).effects

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(call, bodies)) == 5
    assert [lille.kinds(person).count("feedback-hard") for person in lille.people] == [1] * 5


@pytest.mark.parametrize(
    "forged",
    [
        {"message_id": "<abc@lettre.example.org>", "provider_id": ""},
        {"message_id": "", "provider_id": "<unheard@relay>"},
        {"message_id": "", "provider_id": ""},
        {"address": "autre@example.org"},
        {"address": "p1.lettre@example.org"},
        {"address": "not an address@"},
    ],
)
def test_a_report_on_a_message_or_an_address_that_is_not_ours_has_no_effect(quick, forged):
    before = quick.everything()
    for kind in ("delivered", "hard", "complaint", "unsubscribe"):
        quick.take(quick.report(quick.people[0], kind, **forged))
    assert quick.everything() == before


def test_a_message_id_signed_by_another_key_has_no_effect(quick):
    stranger = Signer((b"une-autre-clef-assez-longue",))
    forged = verp.message_id(stranger, DOMAIN, quick.mailing, quick.delivery(quick.people[0]))
    assert quick.take(quick.report(quick.people[0], "hard", message_id=forged)) == {"unknown-message": 1}


@pytest.mark.parametrize("address", ["", "redacted", "xxxxx@ville.fr", "REDACTED@ville.fr", "***@ville.fr"])
def test_an_address_that_the_reporter_hid_is_known_by_the_signed_message_id(quick, address):
    assert quick.take(quick.report(quick.people[0], "complaint", address=address)) == {"complaint": 1}
    assert quick.standing(quick.people[0])[0] == "complained"


def test_an_address_counts_however_it_is_written(quick):
    person = quick.people[0]
    assert quick.take(quick.report(person, "hard", address=person.address.upper())) == {"hard": 1}


def test_a_providers_own_name_is_enough_with_the_right_address(quick):
    first, second = quick.people[:2]
    name = f"id-{quick.delivery(first)}"
    lost = {"message_id": "", "provider_id": name}
    assert quick.take(quick.report(second, "hard", **lost)) == {"unknown-message": 1}
    assert quick.take(quick.report(first, "hard", **lost)) == {"hard": 1}


@pytest.mark.parametrize(
    ("first", "late"),
    [("hard", "delivered"), ("complaint", "hard"), ("complaint", "delivered"), ("unsubscribe", "delivered")],
)
def test_a_late_lighter_report_undoes_nothing(quick, first, late):
    person = quick.people[0]
    quick.take(quick.report(person, first))
    before = quick.standing(person)
    quick.take(quick.report(person, late))
    assert quick.standing(person) == before


def test_a_complaint_after_a_bounce_is_the_graver(quick):
    person = quick.people[0]
    quick.take(quick.report(person, "hard"), quick.report(person, "complaint"))
    assert quick.standing(person)[0] == "complained"


def test_nothing_that_comes_back_subscribes_again(quick):
    person = quick.people[0]
    with quick.workspace.database.write() as c:
        people.move_subscription(c, person, "lettre", "left", people.Consent("", "page"), NOW + 1)
    for kind in ("delivered", "deferred", "soft", "block", "unsubscribe", "unknown", "hard"):
        quick.take(quick.report(person, kind))
        assert quick.standing(person)[1] == "left"


def test_soft_bounces_suppress_after_the_limit_counted_by_mailing(quick):
    person = quick.people[0]
    issues = [quick.send_another(f"2026-0{n}-lettre") for n in (1, 2)]
    for copy in range(5):
        quick.take(quick.report(person, "soft", key=f"brevo:same-letter-{copy}"))
    quick.take(quick.report(person, "soft", key="brevo:a", message_id=quick.message_id(person, issues[0])))
    assert quick.standing(person)[:2] == ("", "active")
    quick.take(quick.report(person, "soft", key="brevo:b", message_id=quick.message_id(person, issues[1])))
    assert quick.standing(person)[:2] == ("bounced", "bounced")


def test_a_proof_of_delivery_settles_a_doubt_and_the_stored_receipt(database_url):
    lille = world(database_url, state="doubtful")
    first, second, third = lille.people[:3]
    lille_receipt = sending_mailings.mailing_receipt(lille.workspace, "2026-11-lettre")
    assert (lille_receipt.doubtful, lille_receipt.sent) == (5, 0)
    lille.take(lille.report(first, "delivered"), lille.report(second, "hard"), lille.report(third, "block"))
    made = sending_mailings.mailing_receipt(lille.workspace, "2026-11-lettre")
    assert (made.doubtful, made.sent, made.status) == (3, 2, "done") and made.balanced
    with lille.workspace.database.read() as c:
        settled = [e for e in journal.of_mailing(c, lille.mailing) if e.kind == "doubt-settled"]
    assert [event.detail["cause"] for event in settled] == [
        "brevo:delivered-" + str(first.id),
        "brevo:hard-" + str(second.id),
    ]
    lille.workspace.close()


def test_a_delivered_message_is_not_sent_again_when_a_user_had_it_queued(quick):
    person = quick.people[0]
    with quick.workspace.database.write() as c:
        c.execute(sa.text("UPDATE deliveries SET state = 'doubtful'"))
        corrections.settle_doubtful(c, quick.mailing, resend=True, now=NOW)
    quick.take(quick.report(person, "delivered"))
    assert quick.standing(person)[2] == "sent"
    assert quick.standing(quick.people[1])[2] == "queued"


def blocks(made: World, n: int) -> None:
    for person in made.people[:n]:
        made.take(made.report(person, "block"))


@pytest.mark.parametrize(("n", "alarms"), [(2, 0), (3, 1), (5, 1)])
def test_blocks_above_the_share_raise_one_alarm_and_pause_what_still_sends(quick, n, alarms):
    blocks(quick, n)
    with quick.workspace.database.read() as c:
        kinds = [event.kind for event in journal.of_mailing(c, quick.mailing)]
        status = mailings.get_mailing(c, quick.mailing).status
    assert kinds.count("mailing-alarm") == kinds.count("mailing-paused") == alarms
    assert status == ("paused" if alarms else "sending")
    assert all(quick.standing(person)[:2] == ("", "active") for person in quick.people)


def test_an_alarm_also_pauses_what_would_go_on_by_itself(quick):
    with quick.workspace.database.write() as c:
        mailings.change_mailing(c, quick.mailing, "paused", only=("sending",), pause_reason="quota")
        detail = {"why": "quota", "until": NOW + 60}
        journal.record_event(c, journal.Event(NOW, "mailing-paused", mailing_id=quick.mailing, detail=detail))
    blocks(quick, 5)
    with quick.workspace.database.read() as c:
        pauses = [event for event in journal.of_mailing(c, quick.mailing) if event.kind == "mailing-paused"]
        reason = mailings.get_mailing(c, quick.mailing).pause_reason
    assert "until" not in pauses[-1].detail and pauses[-1].detail["why"] == reason != "quota"


def test_few_blocks_among_many_messages_are_no_alarm():
    made = world("sqlite://", n=40, block_alarm_share=0.1)
    blocks(made, 3)
    with made.workspace.database.read() as c:
        assert mailings.get_mailing(c, made.mailing).status == "sending"
    blocks(made, 4)
    with made.workspace.database.read() as c:
        assert mailings.get_mailing(c, made.mailing).status == "paused"
    made.workspace.close()
