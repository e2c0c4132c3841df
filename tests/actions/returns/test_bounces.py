"""Mail that comes back acts if it bears a name that we signed; answers of people are put before people."""

from __future__ import annotations

import json
import threading

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.actions.returns import bounces
from newsletter.errors import SettingsError
from newsletter.providers import verp
from newsletter.providers.bounces import Fetched
from newsletter.store.people.erasure import erase_person
from newsletter.store.tables.imports import reviews
from newsletter.tokens import Signer
from tests.actions.returned_mail import DOMAIN, World, answer, dsn, world
from tests.conftest import ROOT
from tests.store.helpers import NOW

CORPUS = ROOT / "tests" / "data" / "bounces"
ARF = """From: feedback@operator.example
To: plaintes@lettre.example.org
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

A complaint.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Operator/1
Version: 1
Original-Rcpt-To: {to}

--b
Content-Type: text/rfc822-headers

Message-ID: {name}
To: {to}

--b--
"""


@pytest.fixture
def lille() -> World:
    made = world("sqlite://", soft_limit=1)
    yield made
    made.workspace.close()


@pytest.fixture
def both(database_url: str) -> World:
    """The same on SQLite and on PostgreSQL."""
    made = world(database_url)
    yield made
    made.workspace.close()


def waiting(lille: World):
    return lille.read(sa.select(reviews).order_by(reviews.c.id))


def take(lille: World, raw: bytes) -> str:
    return bounces.take_message(lille.workspace, raw)


@pytest.mark.parametrize(
    ("status", "said", "outcome", "suppressed"),
    [
        ("5.1.1", "550 5.1.1 no such user", "hard", "bounced"),
        ("5.2.2", "552 5.2.2 mailbox full", "soft", "bounced"),
        ("5.7.1", "550 5.7.1 blocked by policy", "block", ""),
        ("5.0.0", "550 OFR_506 Message refuse, spam", "block", ""),
    ],
)
def test_a_report_to_a_signed_return_path_acts_on_its_recipient(lille, status, said, outcome, suppressed):
    person, other = lille.people[:2]
    raw = dsn(lille.return_path(person), person.address, status, said)
    assert take(lille, raw) == outcome
    assert lille.standing(person)[0] == suppressed and lille.standing(person)[3] == outcome
    assert lille.standing(other)[0] == ""
    before = lille.everything()
    assert take(lille, raw) == "repeated" and lille.everything() == before
    assert take(lille, raw + b"\n\n") == "repeated" and lille.everything() == before, "a second report on one letter"


def test_the_message_id_of_the_returned_copy_is_enough(lille):
    person = lille.people[0]
    raw = dsn("retours@lettre.example.org", person.address, copy=f"Message-ID: {lille.message_id(person)}")
    assert take(lille, raw) == "hard"


def test_a_name_that_we_did_not_sign_changes_nothing(lille):
    person, other = lille.people[:2]
    stranger = Signer((b"une-autre-clef-assez-longue",))
    forged_path = verp.return_path(stranger, f"retours@{DOMAIN}", lille.mailing, lille.delivery(person))
    forged_name = verp.message_id(stranger, DOMAIN, lille.mailing, lille.delivery(person))
    before = lille.everything()
    for raw in (
        dsn(forged_path, person.address),
        dsn("retours@lettre.example.org", person.address),
        dsn("retours@lettre.example.org", person.address, copy=f"Message-ID: {forged_name}"),
        ARF.format(to=person.address, name=forged_name).encode(),
        # The purpose is signed too: a Message-ID is no return path.
        dsn(lille.message_id(person).strip("<>"), person.address),
    ):
        assert take(lille, raw) == "unsigned"
    assert (
        take(lille, dsn("r@x.example", other.address, copy=f"Message-ID: {lille.message_id(person)}"))
        == "other-address"
    )
    assert lille.everything() == before and waiting(lille) == []


@pytest.mark.parametrize("hidden", [False, True])
def test_a_complaint_is_final_even_if_the_operator_hides_the_address(lille, hidden):
    person = lille.people[0]
    to = "redacted@redacted.invalid" if hidden else person.address
    assert take(lille, ARF.format(to=to, name=lille.message_id(person)).encode()) == "complaint"
    assert lille.standing(person)[:2] == ("complained", "complained")


def test_asking_to_leave_by_answering_a_letter_leaves_that_publication(lille):
    person = lille.people[0]
    raw = answer(
        "retours@lettre.example.org",
        person.address,
        "Bonjour, merci de me désabonner.",
        In_Reply_To=lille.message_id(person),
    )
    assert take(lille, raw) == "unsubscribe"
    assert lille.standing(person)[:2] == ("", "left")
    assert waiting(lille) == [] and take(lille, raw) == "repeated" and waiting(lille) == []


def test_asking_to_leave_without_the_letters_name_is_put_before_a_person(lille):
    person = lille.people[0]
    before = lille.everything()[:2]
    for sender in (person.address, "inconnue@ville.example"):
        raw = answer("retours@lettre.example.org", sender, "Désabonnez-moi s'il vous plaît.", "STOP")
        assert take(lille, raw) == "to-review"
        assert take(lille, raw) == "repeated"
    assert lille.everything()[:2] == before
    first, second = waiting(lille)
    assert (first.kind, first.subscriber_id, second.subscriber_id) == ("reply", person.id, None)
    assert json.loads(second.detail)["asks"] == "unsubscribe_request"


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("Bonjour, quelle est la date limite de l'appel ? Merci", {}),
        (
            "Mme Durand a quitté la collectivité, voyez M. Petit, petit@ville.example.",
            {"Auto-Submitted": "auto-replied"},
        ),
    ],
)
def test_a_persons_answer_and_a_departure_are_put_before_a_person_once(both, text, headers):
    person = both.people[0]
    raw = answer(both.return_path(person), person.address, text, **headers)
    assert take(both, raw) == "to-review"
    (review,) = waiting(both)
    detail = json.loads(review.detail)
    assert (review.kind, review.subscriber_id, detail["issue"]) == ("reply", person.id, "2026-11-lettre")
    assert both.standing(person)[:2] == ("", "active") and both.kinds(person)[-1] == "replied"
    assert take(both, raw) == "repeated" and len(waiting(both)) == 1


def test_a_departure_told_from_another_address_is_known_by_the_return_path(lille):
    person = lille.people[0]
    raw = answer(
        lille.return_path(person),
        "accueil@ville.example",
        "M. Roy est à la retraite.",
        **{"Auto-Submitted": "auto-replied"},
    )
    assert take(lille, raw) == "to-review"
    assert waiting(lille)[0].subscriber_id == person.id


@pytest.mark.parametrize(
    ("text", "headers", "outcome"),
    [
        ("Je suis absente jusqu'au 3 décembre.", {"Auto-Submitted": "auto-replied"}, "ignored"),
        ("Je suis en congés.", {"X-Autoreply": "yes"}, "ignored"),
    ],
)
def test_an_absence_is_ignored(lille, text, headers, outcome):
    person = lille.people[0]
    before = lille.everything()
    raw = answer(lille.return_path(person), person.address, text, "Réponse automatique : absence", **headers)
    assert take(lille, raw) == outcome
    assert lille.everything() == before and waiting(lille) == []


def test_a_strangers_mail_fills_no_desk(lille):
    raw = answer("retours@lettre.example.org", "vendeur@example.net", "Bonjour, nos offres vous attendent.", "Offre")
    assert take(lille, raw) == "unsigned"
    assert waiting(lille) == []


def test_somebody_who_writes_after_an_erasure_is_nobody_known(lille):
    person = lille.people[0]
    path = lille.return_path(person)
    with lille.workspace.database.write() as c:
        erase_person(c, person, "f" * 64, NOW, reason="asked")
    assert take(lille, dsn(path, person.address)) == "unknown-message"
    assert take(lille, answer(path, person.address, "Une question ?")) == "ignored"
    assert waiting(lille) == []


def test_the_whole_corpus_of_strangers_changes_nothing_but_the_desk(lille):
    before = lille.everything()[:2]
    counts = bounces.read_bounces(lille.workspace, [CORPUS]).counts
    assert sum(counts.values()) > 60
    assert set(counts) <= {"unsigned", "to-review"}
    assert lille.everything()[:2] == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.booleans())
def test_no_bytes_at_all_make_reading_fail_or_touch_anybody_else(lille, noise, wrapped):
    person, other = lille.people[:2]
    if wrapped:
        noise = dsn(lille.return_path(person), other.address).replace(b"Diagnostic-Code: smtp; ", noise)
    # What came to a signed return path counts for now against its person, and against no one else.
    assert take(lille, noise) in ("unsigned", "ignored", "to-review", "soft", "repeated", "unknown-message")
    assert lille.standing(other)[0] == lille.standing(other)[3] == ""


@pytest.mark.parametrize("body", ["Bonjour.", "Ce message n'a pas de suite.", ""])
def test_a_report_that_nothing_explains_still_counts_against_the_person_of_its_return_path(lille, body):
    person, other = lille.people[:2]
    raw = f"Return-Path: <>\nTo: {lille.return_path(person)}\nFrom: postmaster@ville.example\nSubject: ?\n\n{body}\n"
    assert take(lille, raw.encode()) == "soft"
    assert (lille.standing(person)[3], lille.standing(other)[3]) == ("soft", "")


def test_a_report_on_the_mailbox_behind_an_alias_counts_for_now_against_the_person_written_to(lille):
    person = lille.people[0]
    raw = b"Return-Path: <>\n" + dsn(lille.return_path(person), "boite@interne.example")
    assert take(lille, raw) == "soft"


def test_of_several_recipients_the_person_gets_the_fate_told_of_that_address(lille):
    person = lille.people[0]
    first = b"Final-Recipient: rfc822; z@ville.example\nAction: failed\nStatus: 5.1.1\n\n"
    raw = dsn(lille.return_path(person), person.address, "5.2.2", "552 5.2.2 mailbox full")
    assert take(lille, raw.replace(b"Final-Recipient", first + b"Final-Recipient", 1)) == "soft"


def test_judging_tells_without_changing(lille, tmp_path):
    person = lille.people[0]
    (tmp_path / "a.eml").write_bytes(dsn(lille.return_path(person), person.address))
    before = lille.everything()
    (one,) = bounces.judge([tmp_path / "a.eml"])
    assert lille.everything() == before
    shown = one.as_json()
    assert {**shown, "diagnostic": "", "file": ""} == {
        "file": "",
        "kind": "hard",
        "recipients": [person.address],
        "status": "5.1.1",
        "suppress": True,
        "diagnostic": "",
        "fates": shown["fates"],
    }
    assert [(fate["recipient"], fate["kind"]) for fate in shown["fates"]] == [(person.address, "hard")]


# --- the mailbox -------------------------------------------------------------------------------------------------


def test_the_mailbox_is_read_and_marked_only_after_each_effect_is_stored():
    lille = world("sqlite://", imap_host="imap.example", imap_user="retours", imap_folder="Retours")
    first, second = lille.people[:2]
    done, asked = [], []

    def fetch(*where):
        asked.append(where)
        for person in (first, second):
            raw = dsn(lille.return_path(person), person.address)
            yield Fetched(person.address, raw, lambda p=person: done.append((p.id, lille.standing(p)[0])))

    received = bounces.collect_bounces(lille.workspace, fetch=fetch)
    assert dict(received.counts) == {"hard": 2} and received.effects == 2
    assert done == [(first.id, "bounced"), (second.id, "bounced")]
    assert asked == [("imap.example", "retours", "x", "Retours")]
    lille.workspace.close()


def test_reading_ends_after_the_message_in_hand_when_it_is_asked_to_stop():
    lille = world("sqlite://", imap_host="imap.example", imap_user="retours")
    stop = threading.Event()
    mail = [Fetched(str(n), dsn(lille.return_path(p), p.address), stop.set) for n, p in enumerate(lille.people)]
    assert dict(bounces.collect_bounces(lille.workspace, stop, fetch=lambda *_where: iter(mail)).counts) == {"hard": 1}
    assert [lille.standing(p)[0] for p in lille.people[:2]] == ["bounced", ""]
    lille.workspace.close()


def test_a_message_whose_effect_could_not_be_stored_stays_unread():
    lille = world("sqlite://", imap_host="imap.example", imap_user="retours")
    person = lille.people[0]
    done = []
    with lille.workspace.database.write() as c:
        c.execute(sa.text("CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END"))
    mail = [Fetched("1", dsn(lille.return_path(person), person.address), lambda: done.append(1))]
    with pytest.raises(sa.exc.IntegrityError):
        bounces.collect_bounces(lille.workspace, fetch=lambda *_where: iter(mail))
    assert done == [] and lille.standing(person)[0] == ""
    lille.workspace.close()


def test_a_message_that_cannot_be_taken_keeps_no_other_back(monkeypatch):
    lille = world("sqlite://", imap_host="imap.example", imap_user="retours")
    person, done, take = lille.people[0], [], bounces.take_message

    def taking(workspace, raw):
        return take(workspace, raw) if raw != b"poison" else 1 / 0

    monkeypatch.setattr(bounces, "take_message", taking)
    bounce = dsn(lille.return_path(person), person.address)
    mail = [Fetched(name, raw, lambda name=name: done.append(name)) for name, raw in (("1", b"poison"), ("2", bounce))]
    with pytest.raises(ZeroDivisionError):
        bounces.collect_bounces(lille.workspace, fetch=lambda *_where: iter(mail))
    assert (done, lille.standing(person)[0]) == (["2"], "bounced")
    lille.workspace.close()


ODD = [
    b"From: \x00a@b.example\r\nSubject: D\xe9sabonnez-moi\x00\r\n\r\nMerci de me d\xc3\xa9sabonner \x00\xff\r\n",
    b"From: \xed\xa0\x80@b.example\r\nSubject: =?utf-16?q?unsubscribe?=\r\n\r\nunsubscribe me\r\n",
]


@pytest.mark.parametrize("raw", ODD, ids=["a NUL in the address", "half a character"])
def test_an_answer_of_any_bytes_is_put_before_people_on_either_database(database_url, raw):
    """PostgreSQL takes no NUL: one mail of a stranger would have kept all others from being read."""
    made = world(database_url)
    assert bounces.take_message(made.workspace, raw) == bounces.TO_REVIEW
    with made.workspace.database.read() as c:
        (subject,) = c.execute(sa.select(reviews.c.subject)).scalars()
    made.workspace.close()
    assert subject.isprintable() and subject.endswith("b.example")


@pytest.mark.parametrize("missing", [{}, {"imap_host": "imap.example"}, {"imap_user": "retours"}])
def test_without_a_mailbox_the_setting_is_named(missing):
    lille = world("sqlite://", **missing)
    with pytest.raises(SettingsError, match="imap_host"):
        bounces.collect_bounces(lille.workspace, fetch=lambda *_where: iter(()))
    lille.workspace.close()
