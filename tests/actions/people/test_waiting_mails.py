"""Mails that people ask for: no one uses up those of others, and what is held back leaves later."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from newsletter.actions.operations.start import init
from newsletter.actions.people import data_rights, reader_choices, signup, signup_rules, waiting_mails
from newsletter.actions.people.signup_rules import DAY, HOUR, Application
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.errors import NotFound
from newsletter.rendering.notice import Notice
from newsletter.store.engine.database import Database
from newsletter.store.people import people
from newsletter.store.people.people import Person

JEANNE = "jeanne@mairie.ville.example"


class Post:
    """Where notices arrive; `works` is whether the provider takes them, `ahead` how far the clock was put forward."""

    def __init__(self) -> None:
        self.works, self.ahead = True, 0.0
        self.sent: list[tuple[str, Notice]] = []

    def __call__(self, _workspace: Workspace, to: str, notice: Notice) -> bool:
        if self.works:
            self.sent.append((to, notice))
        return self.works

    @property
    def to(self) -> list[str]:
        return [to for to, _notice in self.sent]


@pytest.fixture
def post(monkeypatch) -> Post:
    made, base = Post(), (int(time.time()) // HOUR + 24) * HOUR + 60.0
    monkeypatch.setattr("newsletter.actions.mail.post", made)
    monkeypatch.setattr(Database, "now", lambda _self, _connection: base + made.ahead)
    return made


@pytest.fixture
def workspace(tmp_path, database_url, monkeypatch) -> Iterator[Workspace]:
    init(tmp_path)
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    monkeypatch.setenv("NEWSLETTER_WEB__REQUESTS_PER_HOUR", "40")
    made = open_workspace(tmp_path)
    yield made
    made.close()


def request(workspace: Workspace, address: str, ip: str) -> signup_rules.Admission:
    admission = signup_rules.admit_request(workspace, ip)
    if admission.taken:
        application = Application(address=address, publications=("lettre",))
        signup.answer_request(workspace, application, at_once=admission.at_once, network=admission.network)
    return admission


def tick(workspace: Workspace) -> int:
    return waiting_mails.send_waiting(workspace, threading.Event())


def test_hundreds_of_invented_addresses_from_a_few_networks_take_nothing_from_a_real_person(workspace, post):
    for n in range(120):
        request(workspace, f"invented{n}@elsewhere.example", f"198.51.100.{n % 4}")
    assert len(post.sent) < 40
    assert request(workspace, JEANNE, "203.0.113.9").at_once
    assert post.to[-1] == JEANNE


def test_when_the_hour_is_full_the_next_one_brings_first_who_asked_least(workspace, post):
    for n in range(40):
        request(workspace, f"invented{n}@elsewhere.example", f"198.51.100.{n}")
    for n in range(20):
        request(workspace, f"other{n}@elsewhere.example", "198.51.100.1")
    admission = request(workspace, JEANNE, "203.0.113.9")
    assert (admission.taken, admission.at_once) == (True, False)
    assert JEANNE not in post.to and tick(workspace) == 0
    post.ahead = HOUR
    assert tick(workspace) == 21
    assert JEANNE in post.to[40:42]
    assert len(set(post.to)) == 61
    assert tick(workspace) == 0


def test_the_mails_of_a_later_hour_are_shared_with_those_who_ask_then(workspace, post):
    for n in range(80):
        request(workspace, f"invented{n}@elsewhere.example", f"198.51.{n}.1")
    post.ahead = HOUR
    for n in range(30):
        request(workspace, f"new{n}@elsewhere.example", f"203.0.{n}.1")
    assert tick(workspace) == 10


@pytest.mark.parametrize("what", ["copy", "erase"])
def test_copies_and_erasures_of_ones_data_leave_whatever_strangers_ask(workspace, post, what):
    for n in range(80):
        request(workspace, f"invented{n}@elsewhere.example", f"198.51.{n}.1")
    token = workspace.links.preferences(add(workspace, JEANNE).uid).rpartition("/")[2]
    {"copy": reader_choices.mail_copy, "erase": reader_choices.mail_erasure}[what](workspace, token)
    assert post.to[-1] == JEANNE


@pytest.mark.parametrize("what", ["copy", "erase"])
@pytest.mark.parametrize("waiting", [1, waiting_mails.BATCH + 10])
def test_nor_do_requests_that_wait_for_their_hour_hold_them_back(workspace, post, what, waiting):
    for n in range(40 + waiting):
        request(workspace, f"invented{n}@elsewhere.example", f"198.{n}.0.1")
    post.works = False
    ask(workspace, what)
    post.works, post.ahead = True, 400
    assert tick(workspace) == 1
    assert post.to[-1] == JEANNE


@pytest.mark.parametrize("what", ["subscribe", "copy", "erase"])
def test_what_the_provider_did_not_take_is_tried_again_and_leaves_once(workspace, post, what):
    post.works = False
    ask(workspace, what)
    post.ahead = 200
    assert tick(workspace) == 0
    post.works, post.ahead = True, 400
    assert tick(workspace) == 1
    assert post.to == [JEANNE]
    post.ahead = DAY
    assert tick(workspace) == 0


@pytest.mark.parametrize("what", ["subscribe", "copy", "erase"])
def test_who_asks_again_meanwhile_gets_one_mail(workspace, post, what):
    post.works = False
    ask(workspace, what)
    post.works = True
    ask(workspace, what)
    post.ahead = 4000
    tick(workspace)
    assert post.to == [JEANNE]


def test_after_two_days_it_is_given_up_with_an_alarm(workspace, post, caplog):
    post.works = False
    ask(workspace, "copy")
    post.works, post.ahead = True, 2 * DAY + 400
    assert tick(workspace) == 0
    assert "given up" in caplog.text
    post.ahead += HOUR
    assert tick(workspace) == 0


@pytest.mark.parametrize("how", ["erased", "unsubscribed from all"])
def test_who_is_erased_meanwhile_is_not_written_to(workspace, post, how):
    post.works = False
    ask(workspace, "copy")
    post.works, post.ahead = True, 4000
    if how == "erased":
        data_rights.forget_person(workspace, JEANNE, by="test")
    assert tick(workspace) == (0 if how == "erased" else 1)


def add(workspace: Workspace, address: str) -> Person:
    with workspace.database.write() as connection:
        return people.add_person(connection, Person(address=address, key=address), 0.0)


def ask(workspace: Workspace, what: str) -> None:
    if what == "subscribe":
        request(workspace, JEANNE, "203.0.113.9")
        return
    with workspace.database.read() as connection:
        try:
            found = people.by_key(connection, JEANNE)
        except NotFound:
            found = None
    token = workspace.links.preferences((found or add(workspace, JEANNE)).uid).rpartition("/")[2]
    {"copy": reader_choices.mail_copy, "erase": reader_choices.mail_erasure}[what](workspace, token)


def test_a_form_key_is_good_for_one_address(workspace, post):
    form = signup_rules.form_key(workspace)
    one, other = (
        Application(address=address, publications=("lettre",), form=form) for address in (JEANNE, "x@ville.example")
    )
    again = Application(address=JEANNE.upper(), publications=("lettre",), form=form)
    assert signup_rules.used_up(workspace, one) == {}
    assert signup_rules.used_up(workspace, again) == {}
    assert set(signup_rules.used_up(workspace, other)) == {"form"}
    assert form != signup_rules.form_key(workspace)
