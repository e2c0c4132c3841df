"""The verbs of subscribing and of choosing, on both databases: what moves, what is only asked, what is counted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsletter.actions.operations.start import init
from newsletter.actions.people import reader_choices, signup, signup_rules
from newsletter.actions.people.signup_decisions import decide_request
from newsletter.actions.people.signup_rules import Application
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.errors import NotFound, Refused
from newsletter.store import journal
from newsletter.store.engine.database import Database
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.people import organisations, people
from newsletter.store.people.organisations import Organisation, Period
from newsletter.store.people.people import Person

ADDRESS = "jeanne@mairie.ville.example"


@pytest.fixture
def workspace(tmp_path, database_url, monkeypatch) -> Iterator[Workspace]:
    init(tmp_path)
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    monkeypatch.setenv("NEWSLETTER_WEB__REQUESTS_PER_IP", "3")
    monkeypatch.setenv("NEWSLETTER_WEB__REQUESTS_PER_HOUR", "4")
    made = open_workspace(tmp_path)
    yield made
    made.close()


def posted(workspace, monkeypatch) -> list[str]:
    """Return the list that the addresses written to are added to."""
    sent: list[str] = []
    monkeypatch.setattr("newsletter.actions.mail.post", lambda _w, to, _notice: not sent.append(to))
    return sent


def request(workspace: Workspace, address: str, ip: str) -> signup_rules.Admission:
    """Do what the door does with a request whose form is in order."""
    admission = signup_rules.admit_request(workspace, ip)
    if admission.taken:
        application = Application(address=address, publications=("lettre",))
        signup.answer_request(workspace, application, at_once=admission.at_once, network=admission.network)
    return admission


def test_the_cap_of_all_requests_holds_and_raises_one_alarm(workspace, monkeypatch):
    sent = posted(workspace, monkeypatch)
    for n in range(10):
        request(workspace, f"a{n}@ville.example", f"203.0.113.{n}")
    assert len(sent) == 4
    with workspace.database.read() as connection:
        alarms = [e.detail for e in journal.latest_events(connection, 100) if e.kind == "subscribe-alarm"]
    assert alarms == [{"which": "all", "cap": 4}]


def test_a_hundred_requests_for_one_address_at_the_same_moment_send_one_mail(workspace, monkeypatch):
    sent = posted(workspace, monkeypatch)
    spellings = (ADDRESS, ADDRESS.upper(), ADDRESS.replace("mairie", "Mairie"))
    wishes = [Application(address=spellings[n % 3], publications=("lettre", "flash")[: 1 + n % 2]) for n in range(100)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda wish: signup.answer_request(workspace, wish), wishes))
    assert len(sent) == 1
    with workspace.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM subscribers").scalar() == 1


@pytest.mark.slow
@pytest.mark.parametrize(("which", "most"), [("one-ip", 3), ("all", 4)])
def test_a_thousand_addresses_get_no_more_mails_than_the_cap_and_raise_one_alarm(workspace, monkeypatch, which, most):
    """All from one IP, or each from another: what the door does with a request, a thousand times."""
    sent, admitted = posted(workspace, monkeypatch), 0
    now = time.time()
    monkeypatch.setattr(Database, "now", lambda _self, _connection: now)  # the caps are those of one hour
    for n in range(1000):
        application = Application(
            address=f"someone{n}@ville.example", publications=("lettre",), form=signup_rules.form_key(workspace)
        )
        assert set(signup_rules.problems(workspace, application)) == {"form"}  # too fast; and nothing else is wrong
        ip = "203.0.113.7" if which == "one-ip" else f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"
        admitted += request(workspace, application.address, ip).taken
    assert len(sent) == len(set(sent)) == most
    # Those held back wait; beyond ten hours' worth of them a request is refused.
    assert admitted == (most if which == "one-ip" else 4 + 40)
    with workspace.database.read() as connection:
        alarms = [e.detail["which"] for e in journal.latest_events(connection, 100) if e.kind == "subscribe-alarm"]
        known = connection.exec_driver_sql("SELECT count(*) FROM subscribers").scalar()
    assert (alarms, known) == ([which], admitted)


@pytest.mark.parametrize(
    ("ips", "admitted"),
    [
        (["203.0.113.7"] * 5, [True] * 3 + [False] * 2),
        (["203.0.113.7", "203.0.113.8", "203.0.113.9", "203.0.113.10"], [True] * 4),
        ([f"2001:db8:1:2::{n}" for n in range(5)], [True] * 3 + [False] * 2),
        ([f"2001:db8:1:{n}::1" for n in range(1, 6)], [True] * 5),
        ([f"::ffff:203.0.113.{n}" for n in range(5)], [True] * 5),  # by a socket for IPv6 that takes IPv4 as well
        (["not an address"] * 4, [True] * 3 + [False]),
    ],
)
def test_one_customer_of_a_network_has_one_cap(workspace, ips, admitted):
    assert [signup_rules.admit(workspace, ip) for ip in ips] == admitted


def test_mail_goes_to_the_address_on_record_and_not_to_a_look_alike(workspace, monkeypatch):
    sent = posted(workspace, monkeypatch)
    with workspace.database.write() as connection:
        people.add_person(connection, Person(address="Mike@ville.example", key="mike@ville.example"), time.time())
    signup.answer_request(workspace, Application(address="MIKE@VILLE.example", publications=("lettre",)))
    assert sent == ["Mike@ville.example"]
    application = Application(address="m\u0131ke@ville.example", publications=("lettre",))
    assert "address" in signup_rules.problems(workspace, application)


@pytest.mark.parametrize(
    ("domains", "address", "found"),
    [
        (["ville.example"], "ville.example", 0),
        (["ville.example"], "mairie.ville.example", 0),
        (["ville.example"], "autreville.example", None),
        (["ville.example", "ville.example"], "ville.example", None),
        (["", "example"], "ville.example", 1),
        ([""], "", None),
    ],
)
def test_a_domain_names_an_organisation_only_if_it_is_the_only_one(domains, address, found):
    known = [Organisation(name=str(n), domain=domain, id=n) for n, domain in enumerate(domains)]
    at = signup.at_domain(known, address)
    assert (at.id if at else None) == found


def member(workspace, domain="ville.example") -> int:
    with workspace.database.write() as connection:
        organisation = Organisation(name="Ville de Réze", domain=domain, periods=(Period("2020-01-01"),))
        return organisations.add_organisation(connection, organisation, now=time.time())


def enter(workspace, **more) -> Person:
    with workspace.database.write() as connection:
        return people.add_person(connection, Person(address=ADDRESS, key=ADDRESS, **more), time.time())


def test_a_contact_on_record_of_a_member_chooses_the_flash_by_themselves(workspace):
    person = enter(workspace, organisation_id=member(workspace))
    token = workspace.links.preferences(person.uid).rpartition("/")[2]
    assert reader_choices.choose(workspace, token, ["flash"], {}) == ()
    found = reader_choices.choices(workspace, token)
    assert [p.key for p, received in found.publications if received] == ["flash"]


def test_somebody_at_a_members_domain_waits_for_the_team_and_is_attached_by_it(workspace, monkeypatch):
    sent = posted(workspace, monkeypatch)
    organisation = member(workspace)
    person = enter(workspace)
    token = workspace.links.preferences(person.uid).rpartition("/")[2]
    assert reader_choices.choose(workspace, token, ["flash"], {}) == ("Flash hebdo du RTES",)
    with workspace.database.read() as connection:
        (review,) = reviews.list_reviews(connection, kind=signup.REQUEST)
    decide_request(workspace, review.id, accept=True, by="camille")
    with workspace.database.read() as connection:
        now = people.by_key(connection, ADDRESS)
        flash = people.subscription(connection, now.id, "flash")
    assert (now.organisation_id, flash.state, sent) == (organisation, "active", [ADDRESS])


def test_a_declined_request_opens_nothing_and_is_not_asked_again(workspace, monkeypatch):
    sent = posted(workspace, monkeypatch)
    member(workspace)
    person = enter(workspace)
    token = workspace.links.preferences(person.uid).rpartition("/")[2]
    for _again in range(2):
        reader_choices.choose(workspace, token, ["flash"], {})
    with workspace.database.read() as connection:
        (review,) = reviews.list_reviews(connection, kind=signup.REQUEST)
    decide_request(workspace, review.id, accept=False, by="camille")
    reader_choices.choose(workspace, token, ["flash"], {})
    with workspace.database.read() as connection:
        assert reviews.list_reviews(connection, kind=signup.REQUEST) == []
        assert people.subscription(connection, person.id, "flash") is None
    assert sent == [ADDRESS]


def test_a_name_that_was_only_typed_becomes_a_question(workspace):
    person = enter(workspace)
    token = workspace.links.preferences(person.uid).rpartition("/")[2]
    reader_choices.choose(workspace, token, [], {"organisation": "  Ville  de Réze "})
    with workspace.database.read() as connection:
        (review,) = reviews.list_reviews(connection, kind=reviews.ORGANISATION)
        assert (review.subject, people.by_key(connection, ADDRESS).organisation_id) == ("Ville de Réze", None)


def test_only_requests_are_decided_here(workspace):
    with pytest.raises(NotFound):
        decide_request(workspace, 999, accept=True, by="camille")
    with workspace.database.write() as connection:
        reviews.ask(connection, [Review(kind=reviews.ROW, subject="x", at=1.0)])
        (review,) = reviews.list_reviews(connection)
    with pytest.raises(Refused):
        decide_request(workspace, review.id, accept=True, by="camille")


def test_an_address_that_complained_is_not_opened_by_a_link(workspace):
    person = enter(workspace)
    token = workspace.links.preferences(person.uid).rpartition("/")[2]
    with workspace.database.write() as connection:
        people.suppress(connection, person, "complained", people.Consent("", "test"), 1.0)
    assert reader_choices.choose(workspace, token, ["lettre"], {}) == ("La lettre du RTES",)


HOSTILE = ("a\x00b", "a\r\nBcc: x@y.example", "a\u2028b", "a\x85b", "\u202eabc", "\x00", "\ud800")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_typed_on_the_preferences_page_is_one_line_of_text(workspace, text):
    person = enter(workspace, first_name="Jeanne")
    token = workspace.links.preferences(person.uid).rpartition("/")[2]
    assert (
        reader_choices.choose(workspace, token, [], {"first_name": text, "last_name": text, "organisation": text}) == ()
    )
    with workspace.database.read() as connection:
        now = people.by_key(connection, ADDRESS)
        asked = [review.subject for review in reviews.list_reviews(connection, kind=reviews.ORGANISATION)]
    assert all(name.isprintable() for name in (now.first_name, now.last_name, *asked))
    assert now.first_name
