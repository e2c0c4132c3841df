"""Signing in: by mail, once, within a quarter of an hour; and nothing tells who has access."""

from __future__ import annotations

import re

import pytest

from newsletter.actions.team import signin, users
from tests.web.conftest import heading

DOOR = "/studio/connexion"


@pytest.fixture
def claire(town):
    return users.invite_user(town.workspace, "claire@rtes.example", "editor", by="test")


def ask(town, address, **more):
    return town.client.post(DOOR, data={"address": address}, **more)


def test_whoever_is_not_signed_in_is_led_to_the_door(town):
    answer = town.client.get("/studio", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, DOOR)


def test_a_mailed_link_opens_the_studio(town, claire):
    ask(town, "Claire@RTES.example")
    link = town.link("/studio/connexion/")
    assert "presque" in heading(town.client.get(link))
    assert town.client.get("/studio", follow_redirects=False).status_code == 303, "looking at a link is no sign-in"
    assert town.client.post(link).url.path == "/studio"
    assert "claire@rtes.example" in town.client.get("/studio").text


def test_a_link_serves_once(town, claire):
    link = signin.link_for(town.workspace, claire)
    assert town.client.post(link).status_code == 200
    town.client.cookies.clear()
    again = town.client.post(link)
    assert again.status_code == 404
    assert "ne sert plus" in heading(again)
    assert town.client.get("/studio", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("minutes", "status"), [(14, 200), (16, 404)], ids=["still good after 14 minutes", "expired after 16"]
)
def test_a_link_expires(town, claire, monkeypatch, minutes, status):
    link = signin.link_for(town.workspace, claire)
    put_forward(town, monkeypatch, minutes * 60)
    assert town.client.get(link).status_code == status
    assert town.client.post(link).status_code == status


def put_forward(town, monkeypatch, seconds):
    real = town.workspace.database.now
    monkeypatch.setattr(town.workspace.database, "now", lambda connection: real(connection) + seconds)


def test_known_and_unknown_addresses_get_the_same_answer(town, claire):
    texts = {ask(town, address).text for address in ("claire@rtes.example", "nobody@rtes.example", "no address", "")}
    assert len(texts) == 1
    assert [mail["To"] for mail in town.mails()] == ["claire@rtes.example"]


def test_nothing_is_looked_up_before_the_answer(town, claire, monkeypatch):
    seen = []
    monkeypatch.setattr(signin, "mail_link", lambda _ws, text, _ip: seen.append(text))
    ask(town, "claire@rtes.example")
    ask(town, "nobody@rtes.example")
    assert seen == ["claire@rtes.example", "nobody@rtes.example"], "known or not, the same is put off till after"


def test_a_look_alike_address_gets_no_link(town):
    users.invite_user(town.workspace, "mike@rtes.example", "admin", by="test")
    ask(town, "mıke@rtes.example")
    assert town.mails() == []


def test_the_link_is_made_from_the_settings_and_not_from_the_request(town, claire):
    ask(town, "claire@rtes.example", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in town.mails()[-1].get_body(("plain",)).get_content()


def test_one_address_gets_five_links_an_hour(town, claire):
    for _n in range(8):
        ask(town, "claire@rtes.example")
    assert len(town.mails()) == 5


def test_one_machine_asks_for_thirty_links_an_hour(town):
    for n in range(32):
        users.invite_user(town.workspace, f"u{n}@rtes.example", "editor", by="test")
        ask(town, f"u{n}@rtes.example")
    assert len(town.mails()) == 30


def test_a_machine_with_a_network_of_its_own_is_one_machine(town):
    for n in range(32):
        users.invite_user(town.workspace, f"u{n}@rtes.example", "editor", by="test")
        signin.mail_link(town.workspace, f"u{n}@rtes.example", f"2001:db8:1:2::{n:x}")
    assert len(town.mails()) == 30


def test_signing_in_gives_the_browser_a_new_session(town, claire):
    town.client.cookies.set("studio", "planted-by-somebody-else", path="/studio")
    answer = town.client.post(signin.link_for(town.workspace, claire), follow_redirects=False)
    given = answer.headers["set-cookie"]
    assert "planted" not in given
    assert re.search(r"^studio=[\w-]{43};", given)


def test_the_session_before_is_closed(town, claire):
    town.client.post(signin.link_for(town.workspace, claire))
    before = town.client.cookies["studio"]
    town.client.post(signin.link_for(town.workspace, claire))
    assert signin.session(town.workspace, before) is None
    assert signin.session(town.workspace, town.client.cookies["studio"]).user.address == "claire@rtes.example"


@pytest.mark.parametrize("attribute", ["HttpOnly", "SameSite=lax", "Path=/studio"])
def test_the_cookie_is_closed_to_scripts_and_other_sites(town, claire, attribute):
    answer = town.client.post(signin.link_for(town.workspace, claire), follow_redirects=False)
    assert attribute in answer.headers["set-cookie"]


def test_only_a_digest_of_the_cookie_is_kept(town, claire):
    opened = signin.sign_in(town.workspace, signin.link_for(town.workspace, claire).rpartition("/")[2])
    with town.workspace.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT digest FROM sessions").scalars().all()
    assert rows == [users.digest(opened.cookie)]


def test_signing_out_closes_the_session_and_not_only_the_cookie(admin):
    cookie = admin.client.cookies["studio"]
    assert "bientôt" in heading(admin.post("/studio/deconnexion"))
    assert signin.session(admin.workspace, cookie) is None
    assert admin.get("/studio", follow_redirects=False).status_code == 303


def test_all_sessions_can_be_closed_at_once(admin):
    other = signin.sign_in(admin.workspace, signin.link_for(admin.workspace, admin.user).rpartition("/")[2]).cookie
    admin.post("/studio/compte/fermer")
    assert signin.session(admin.workspace, other) is None


def test_the_first_link_makes_the_first_admin_once(town):
    link = signin.first_link(town.workspace)
    wrong = town.client.post(link, data={"name": "Claire", "address": "not an address"})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text
    done = town.client.post(link, data={"name": "Claire", "address": "claire@rtes.example"})
    assert done.url.path == "/studio"
    (user,) = users.everybody(town.workspace)
    assert (user.role, user.may_send) == ("admin", True)
    assert town.client.post(link, data={"name": "X", "address": "x@rtes.example"}).status_code == 404
    assert signin.first_link(town.workspace) == ""


def test_a_newer_first_link_replaces_the_older(town):
    old, new = signin.first_link(town.workspace), signin.first_link(town.workspace)
    assert [town.client.get(link).status_code for link in (old, new)] == [404, 200]


def test_a_sign_in_link_opens_no_first_page_and_the_other_way_round(town, claire):
    token = signin.link_for(town.workspace, claire).rpartition("/")[2]
    assert town.client.get(f"/studio/premier/{token}").status_code == 404
    assert town.client.post(f"/studio/premier/{token}", data={"address": "x@rtes.example"}).status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_another_site_cannot_sign_a_visitor_in(town, claire, origin):
    link = signin.link_for(town.workspace, claire)
    assert town.client.post(link, headers={"Origin": origin}).status_code == 403
    assert town.client.get(link).status_code == 200, "the link is still good"
