"""Signing in: by mail, once, within a quarter of an hour; and nothing tells who has access."""

from __future__ import annotations

import re
import time

import pytest
from starlette.testclient import TestClient

from newsletter.actions.team import sessions, signin, signin_limits, users
from newsletter.actions.team.sessions import Requester
from tests.web.conftest import Town, heading, opened
from tests.web.studio.conftest import sign_in

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
    monkeypatch.setattr(signin, "mail_link", lambda _ws, text, _requester: seen.append(text))
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


def from_everywhere(town, address, times):
    """Ask for links as strangers do, each time from another network."""
    for n in range(times):
        requester = Requester(ip=f"198.51.100.{n}")
        if signin_limits.may_ask(town.workspace, requester):
            signin.mail_link(town.workspace, address, requester)


def test_strangers_do_not_fill_a_mailbox(town, claire):
    from_everywhere(town, "claire@rtes.example", 40)
    assert len(town.mails()) == 3


def test_strangers_lock_no_user_out(town, claire, monkeypatch):
    """The user's own request after theirs: the link that lies in the mailbox opens, a quarter of an hour from then."""
    put_forward(town, monkeypatch, 3660 - time.time() % 3600)  # mails are counted by the hour: all below is in one
    from_everywhere(town, "claire@rtes.example", 40)
    newest = town.link("/studio/connexion/")
    put_forward(town, monkeypatch, 10 * 60)
    ask(town, "claire@rtes.example")
    put_forward(town, monkeypatch, 10 * 60)
    assert town.client.post(newest).url.path == "/studio"


def test_strangers_who_go_on_for_an_hour_lock_no_user_out(town, claire, monkeypatch):
    for _minutes in range(0, 120, 5):
        from_everywhere(town, "claire@rtes.example", 3)
        put_forward(town, monkeypatch, 5 * 60)
    ask(town, "claire@rtes.example")
    assert town.client.post(town.link("/studio/connexion/")).url.path == "/studio"
    assert len(town.mails()) <= 12, "some four an hour"


def test_a_link_is_mailed_anew_once_the_last_was_used(town, claire):
    from_everywhere(town, "claire@rtes.example", 40)
    for link in {town.link("/studio/connexion/")} | set(links_in(town)):
        town.client.post(link)
    town.client.cookies.clear()
    before = len(town.mails())
    ask(town, "claire@rtes.example")
    assert len(town.mails()) == before + 1


def links_in(town):
    bodies = [mail.get_body(("plain",)).get_content() for mail in town.mails()]
    return [re.search(r"http://localhost:8025(/studio/connexion/\S+)", body)[1] for body in bodies]


def test_a_link_that_did_not_leave_is_mailed_again(town, claire, monkeypatch):
    monkeypatch.setattr("newsletter.actions.mail.post", lambda *_args: False)
    from_everywhere(town, "claire@rtes.example", 5)
    monkeypatch.undo()
    ask(town, "claire@rtes.example")
    assert len(town.mails()) == 1


def test_one_network_asks_for_thirty_links_an_hour_and_is_told_so(town):
    for n in range(30):
        assert ask(town, f"u{n}@rtes.example").status_code == 200
    refused = {ask(town, address) for address in ("u1@rtes.example", "nobody@rtes.example")}
    assert {answer.status_code for answer in refused} == {429}
    assert all("Réessayez dans une heure" in answer.text for answer in refused)


def test_a_known_device_asks_though_its_network_has_asked_too_often(town, claire):
    town.client.post(signin.link_for(town.workspace, claire))
    town.client.post("/studio/deconnexion", data={"csrf": csrf(town)})
    stranger = TestClient(town.client.app, base_url="http://localhost:8025")
    while stranger.post(DOOR, data={"address": "claire@rtes.example"}).status_code == 200:
        pass
    before = len(town.mails())
    assert ask(town, "claire@rtes.example").status_code == 200
    assert len(town.mails()) == before + 1


def csrf(town):
    return re.search(r'name="csrf" value="([^"]+)"', town.client.get("/studio").text)[1]


def test_a_machine_with_a_network_of_its_own_is_one_machine(town):
    asked = [signin_limits.may_ask(town.workspace, Requester(ip=f"2001:db8:1:2::{n:x}")) for n in range(32)]
    assert asked.count(True) == 30


def test_signing_in_gives_the_browser_a_new_session(town, claire):
    town.client.cookies.set("studio", "planted-by-somebody-else", path="/studio")
    answer = town.client.post(signin.link_for(town.workspace, claire), follow_redirects=False)
    given = answer.headers["set-cookie"]
    assert "planted" not in given
    assert re.search(r"(?:^|, )studio=[\w-]{43};", given)


def test_the_session_before_is_closed(town, claire):
    town.client.post(signin.link_for(town.workspace, claire))
    before = town.client.cookies["studio"]
    town.client.post(signin.link_for(town.workspace, claire))
    assert sessions.find_session(town.workspace, before) is None
    assert sessions.find_session(town.workspace, town.client.cookies["studio"]).user.address == "claire@rtes.example"


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
    assert sessions.find_session(admin.workspace, cookie) is None
    assert admin.get("/studio", follow_redirects=False).status_code == 303


def other_browser(desk, agent="Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", device=""):
    token = signin.link_for(desk.workspace, desk.user).rpartition("/")[2]
    return signin.sign_in(desk.workspace, token, Requester(agent, "93.184.216.34", device))


def test_all_sessions_can_be_closed_at_once(admin):
    other = other_browser(admin).cookie
    admin.post("/studio/compte/fermer")
    assert sessions.find_session(admin.workspace, other) is None


def test_the_list_of_sessions_says_which_browser_and_from_where(admin):
    other_browser(admin)
    page = admin.get("/studio/compte").text
    assert "Firefox sur Windows" in page
    assert "adresse 93.184.216.34" in page
    assert "celui-ci" in page


def test_one_session_can_be_closed_and_the_others_stay(admin):
    lost, kept = other_browser(admin), other_browser(admin)
    answer = admin.post("/studio/compte/fermer", session=users.digest(lost.cookie))
    assert "Cette connexion est fermée" in answer.text
    assert sessions.find_session(admin.workspace, lost.cookie) is None
    assert sessions.find_session(admin.workspace, kept.cookie)


def test_the_others_can_be_closed_and_this_one_stays(admin):
    others = [other_browser(admin) for _n in range(2)]
    assert "autres connexions sont fermées" in admin.post("/studio/compte/fermer", autres="oui").text
    assert [sessions.find_session(admin.workspace, one.cookie) for one in others] == [None, None]


def test_nobody_closes_the_session_of_another_user(admin, town):
    paul = sign_in(town, "editor", name="paul")
    (session,) = sessions.sessions_of(town.workspace, paul.user.id)
    admin.post("/studio/compte/fermer", session=session.digest)
    assert paul.get("/studio", follow_redirects=False).status_code == 200
    admin.post(f"/studio/reglages/equipe/{paul.user.id}/connexions")
    assert paul.get("/studio", follow_redirects=False).status_code == 303, "an admin does, from the team's page"


def test_a_first_sign_in_from_a_new_device_is_told_by_mail(admin):
    """Not the very first of all: whoever was just invited is not surprised."""
    desk = admin
    newest = desk.client.cookies["studio-device"]
    assert not other_browser(desk, device=newest).surprising
    assert other_browser(desk).surprising
    link = signin.link_for(desk.workspace, desk.user)
    stranger = TestClient(desk.client.app, base_url="http://localhost:8025", headers={"User-Agent": "Firefox Linux"})
    stranger.post(link)
    (mail,) = mails(desk)
    assert mail["To"] == desk.user.address
    assert "Firefox sur Linux" in mail.get_body(("plain",)).get_content()


def mails(desk):
    return Town(desk.workspace, desk.client).mails()


def test_an_end_set_shorter_holds_for_sessions_that_are_open(admin, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_STUDIO__SESSION_DAYS", "0.5")
    with opened(admin.workspace.root) as town:
        put_forward(town, monkeypatch, 0.6 * 86_400)
        town.client.cookies.set("studio", admin.client.cookies["studio"], path="/studio")
        assert town.client.get("/studio", follow_redirects=False).status_code == 303


def test_on_https_no_other_site_of_the_domain_can_set_the_cookies(town, claire, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_WEB__BASE_URL", "https://lettre.example.org/courrier")
    with opened(town.workspace.root) as safe:
        safe.client.base_url = "https://lettre.example.org"
        link = "/courrier" + signin.link_for(safe.workspace, claire).removeprefix(safe.workspace.settings.web.base_url)
        given = safe.client.post(link, follow_redirects=False).headers.get_list("set-cookie")
        assert {cookie.partition("=")[0] for cookie in given} == {"__Host-studio", "__Host-studio-device"}
        for cookie in given:
            parts = {part.strip() for part in cookie.split(";")}
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= parts
            assert not any(part.startswith("Domain") for part in parts)
        assert safe.client.get("/courrier/studio", follow_redirects=False).status_code == 200


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
