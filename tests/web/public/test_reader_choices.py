"""The links of a letter: leaving, coming back, choosing, one's data, erasure; and what tokens do not open."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsletter.errors import NotFound
from newsletter.store import journal
from newsletter.store.people import people
from newsletter.store.people.details import edit_details
from newsletter.tokens import Signer
from tests.web.conftest import BASE, heading

ADDRESS = "jeanne.martin@ville.example"
ONE_CLICK = {"List-Unsubscribe": "List-Unsubscribe=One-Click"}


@pytest.fixture
def jeanne(town):
    return town.person(ADDRESS, lettre="active", flash="active")


@pytest.fixture
def leave(town, jeanne):
    """The path of her unsubscribe link."""
    return town.workspace.links.unsubscribe(jeanne.uid, "lettre").removeprefix(BASE)


@pytest.fixture
def preferences(town, jeanne):
    """The path of her preferences link."""
    return town.workspace.links.preferences(jeanne.uid).removeprefix(BASE)


ENCODINGS = {
    "urlencoded": {"data": {"List-Unsubscribe": "One-Click"}},
    "multipart": {"files": {"List-Unsubscribe": (None, "One-Click")}},
    "empty": {},
    "damaged multipart": {"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}},
    "json": {"json": {"List-Unsubscribe": "One-Click"}},
}


@pytest.mark.parametrize("way", ENCODINGS)
def test_one_click_leaves_in_every_encoding_without_cookie_or_redirect(town, leave, way):
    answer = town.client.post(leave, follow_redirects=False, **ENCODINGS[way])
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert (town.state(ADDRESS), town.state(ADDRESS, "flash")) == ("left", "active")


def test_a_machine_gets_a_line_and_a_person_a_page(town, leave):
    for way in ("urlencoded", "multipart"):
        answer = town.client.post(leave, **ENCODINGS[way])
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.text == "Vous ne recevrez plus «\u202fLa lettre du RTES\u202f»."
    assert heading(town.client.post(leave)) == "Vous êtes désabonné·e"


def test_a_body_beyond_the_limit_is_refused(town, leave):
    assert town.client.post(leave, content=b"x" * 70_000).status_code == 413
    assert town.state(ADDRESS) == "active"


def test_a_crowd_of_leaves_leaves_once_each_and_wrong_links_disturb_nobody(town):
    people_ = [town.person(f"p{n}@ville.example", lettre="active") for n in range(60)]
    links = [town.workspace.links.unsubscribe(person.uid, "lettre").removeprefix(BASE) for person in people_]
    paths = [path for link in links for path in (link, link, "/desabonnement/" + "A" * 60)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda path: town.client.post(path, **ENCODINGS["urlencoded"]).status_code, paths))
    assert answers == [200, 200, 404] * 60
    with town.workspace.database.read() as connection:
        left = [e.subscriber_id for e in journal.latest_events(connection, 1000) if e.kind == "left"]
    assert sorted(left) == [person.id for person in people_]
    assert {town.state(person.address) for person in people_} == {"left"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_nothing_but_a_post_changes_anything(town, leave, preferences, method):
    for path in (leave, preferences, leave + "/annuler", leave + "/raison", preferences + "/effacement"):
        assert town.client.request(method, path).status_code in (200, 405)
    assert (town.state(ADDRESS), town.mails()) == ("active", [])


def test_leaving_twice_is_one_leave(town, leave, jeanne):
    town.client.post(leave)
    town.client.post(leave)
    with town.workspace.database.read() as connection:
        kinds = [e.kind for e in journal.of_subscriber(connection, jeanne.id)]
    assert kinds.count("left") == 1


def test_a_reader_who_left_by_mistake_undoes_it(town, leave):
    town.client.post(leave)
    assert heading(town.client.post(leave + "/annuler")) == "Abonnement rétabli"
    assert town.state(ADDRESS) == "active"


def test_the_undo_stays_within_reach_after_a_reason_was_given(town, leave):
    town.client.post(leave)
    answer = town.client.post(leave + "/raison", data={"reason": "other"})
    assert f'action="{leave}/annuler"' in answer.text
    assert heading(town.client.post(leave + "/annuler")) == "Abonnement rétabli"


def test_after_some_days_a_leave_is_undone_no_more(town, leave, jeanne):
    with town.workspace.database.write() as connection:
        people.move_subscription(connection, jeanne, "lettre", "left", people.Consent("", "test"), 1_000.0)
    assert heading(town.client.post(leave + "/annuler")) == "Vous êtes désabonné·e"
    assert town.state(ADDRESS) == "left"


def test_whoever_complained_is_not_brought_back_by_a_link(town, leave, jeanne):
    town.client.post(leave)
    with town.workspace.database.write() as connection:
        people.suppress(connection, jeanne, "complained", people.Consent("", "test"), 1.0)
    town.client.post(leave + "/annuler")
    assert town.state(ADDRESS) == "left"


def test_a_reason_is_kept_once_and_only_from_the_list(town, leave, jeanne):
    town.client.post(leave)
    for reason in ("too-many", "changed-job", "<script>"):
        assert town.client.post(leave + "/raison", data={"reason": reason}).status_code == 200
    with town.workspace.database.read() as connection:
        given = [e.detail for e in journal.of_subscriber(connection, jeanne.id) if e.kind == "left-reason"]
    assert given == [{"reason": "too-many"}]


def test_preferences_show_neither_the_address_nor_the_record(town, preferences, jeanne):
    with town.workspace.database.write() as connection:
        edit_details(connection, jeanne, {"first_name": "Jeanne", "phone": "0102030405"}, 1.0)
    page = town.client.get(preferences).text
    assert "j…n@ville.example" in page
    assert not any(secret in page for secret in (ADDRESS, "jeanne.martin", "Jeanne", "0102030405"))


def test_choosing_opens_and_closes_publications_and_keeps_what_is_left_empty(town, preferences, jeanne):
    with town.workspace.database.write() as connection:
        edit_details(connection, jeanne, {"first_name": "Jeanne"}, 1.0)
    town.client.post(preferences, data={"publications": ["lettre"], "first_name": "", "last_name": " Martin  Dupont "})
    assert (town.state(ADDRESS), town.state(ADDRESS, "flash")) == ("active", "left")
    with town.workspace.database.read() as connection:
        now = people.by_key(connection, ADDRESS)
    assert (now.first_name, now.last_name) == ("Jeanne", "Martin Dupont")
    town.client.post(preferences, data={})
    assert town.state(ADDRESS) == "left"


def test_a_forwarded_link_does_not_open_what_is_for_members(town, preferences):
    town.client.post(preferences, data={"publications": []})
    town.member("Ville de Réze")
    answer = town.client.post(preferences, data={"publications": ["flash"], "organisation": "Ville de Réze"})
    assert "n’a pas pu être ouvert" in answer.text
    assert town.state(ADDRESS, "flash") == "left"


def test_a_copy_of_the_data_goes_to_the_address_and_not_to_the_page(town, preferences):
    for _again in range(3):
        answer = town.client.post(preferences + "/copie")
    assert ADDRESS not in answer.text
    (mail,) = town.mails()
    assert mail["To"] == ADDRESS
    page = town.link("/mes-donnees/")
    assert ADDRESS in town.client.get(page).text
    kept = json.loads(town.client.get(page + "/fichier").text)
    assert kept["email"] == ADDRESS
    assert {s["publication"] for s in kept["subscriptions"]} == {"lettre", "flash"}


def test_erasure_needs_the_link_of_the_mail_and_its_button(town, preferences, leave):
    town.client.post(preferences + "/effacement")
    page = town.link("/effacement/")
    assert town.client.get(page).status_code == 200
    assert town.state(ADDRESS) == "active"
    assert heading(town.client.post(page)) == "Données effacées"
    with town.workspace.database.read() as connection, pytest.raises(NotFound):
        people.by_key(connection, ADDRESS)
    assert town.client.post(page).status_code == 200
    assert town.client.post(leave).status_code == 200
    assert "Aucune donnée" in town.client.get(preferences).text


def test_unsubscribing_works_with_the_link_of_years_ago_after_a_key_rotation(town, jeanne):
    old = town.workspace.signer
    rotated = Signer((b"a-new-and-longer-key", *old.keys))
    link = town.workspace.links.unsubscribe(jeanne.uid, "lettre")
    town.workspace.__dict__["signer"] = rotated
    town.workspace.__dict__.pop("links", None)
    assert town.workspace.links.unsubscribe(jeanne.uid, "lettre") != link
    town.client.post(link)
    assert town.state(ADDRESS) == "left"


def test_no_link_holds_the_address(leave, preferences):
    assert not any(part in link for link in (leave, preferences) for part in ("jeanne", "ville", "@", "%40"))


def _wrong_tokens(town, jeanne):
    links = town.workspace.links
    good = links.unsubscribe(jeanne.uid, "lettre").rpartition("/")[2]
    return {
        "truncated": good[:-1],
        "longer": good + "A",
        "other case": good.swapcase(),
        "trailing dot": good + ".",
        "trailing blank": good + "%20",
        "other purpose": links.preferences(jeanne.uid).rpartition("/")[2],
        "unknown list": links.unsubscribe(jeanne.uid, "nothing").rpartition("/")[2],
        "forged": "A" * len(good),
        "not ASCII": "é" * 20,
        "NUL": good[:5] + "%00" + good[6:],
        "huge": "A" * 5000,
        "path": "..%2f..%2fetc%2fpasswd",
    }


PAGES = ("/desabonnement/", "/preferences/", "/confirmation/", "/effacement/", "/mes-donnees/")


@pytest.mark.parametrize("page", PAGES)
def test_a_wrong_token_gets_the_same_calm_page_everywhere_and_changes_nothing(town, jeanne, page):
    for name, token in _wrong_tokens(town, jeanne).items():
        if page == "/preferences/" and name == "other purpose":
            token = town.workspace.links.unsubscribe(jeanne.uid, "lettre").rpartition("/")[2]
        for answer in (town.client.get(page + token), town.client.post(page + token)):
            assert answer.status_code in (404, 405), (name, answer.status_code)
            assert "Traceback" not in answer.text
    assert (town.state(ADDRESS), town.state(ADDRESS, "flash"), town.mails()) == ("active", "active", [])


def test_somebody_elses_link_does_not_touch_me(town, jeanne):
    other = town.person("other@ville.example", lettre="active")
    town.client.post(town.workspace.links.unsubscribe(other.uid, "lettre"))
    assert (town.state(ADDRESS), town.state("other@ville.example")) == ("active", "left")


def test_an_expired_link_opens_nothing(town):
    town.ask("new@ville.example")
    page = town.link("/confirmation/")
    with town.workspace.database.write() as connection:
        connection.exec_driver_sql("UPDATE one_time_links SET expires_at = 1")
    assert heading(town.client.get(page)) == "Ce lien n’est plus valable"
    assert town.client.post(page).status_code == 404
    assert town.state("new@ville.example") == "pending"
