"""Codes of an app, recovery codes, the setting that asks for them, and the fresh proof before what cannot be undone."""

from __future__ import annotations

import re
import time
from html import unescape

import pyotp
import pytest
from starlette.testclient import TestClient

from newsletter.actions.team import audit_log, factors, sessions, signin, totp, users
from newsletter.store.team import factors as store
from newsletter.store.team import sessions as store_sessions
from newsletter.store.team.factors import Passkey
from tests.web.conftest import BASE, Town, heading, opened
from tests.web.studio.conftest import Desk, sign_in

SECURITY = "/studio/compte/securite"
KEYS = "/studio/reglages/cles"
HOUR = 3700


@pytest.fixture
def clock(admin, monkeypatch):
    """Put the time of the database forward."""
    ahead = [0.0]
    real = admin.workspace.database.now
    monkeypatch.setattr(admin.workspace.database, "now", lambda connection: real(connection) + ahead[0])

    def forward(seconds):
        ahead[0] += seconds

    return forward


def code_of(desk, secret):
    with desk.workspace.database.read() as connection:
        return pyotp.TOTP(secret).at(int(desk.workspace.database.now(connection)))


def with_app(desk) -> tuple[str, list[str]]:
    """Add an app to the user's account; return its secret and the recovery codes."""
    page = desk.post(f"{SECURITY}/application")
    secret = re.search(r"<code class=\"break\">(\w+)</code>", page.text)[1]
    done = desk.post(f"{SECURITY}/application/confirmer", code=code_of(desk, secret))
    assert done.status_code == 200
    return secret, re.findall(r"<code>([a-z0-9-]{14})</code>", done.text)


def come_back(desk) -> Desk:
    """Enter by a mailed link in another browser."""
    client = TestClient(desk.client.app, base_url=BASE, headers={"Accept-Language": "fr"})
    client.post(signin.link_for(desk.workspace, desk.user))
    return Desk(desk.workspace, client, desk.user)


def second(desk, code):
    page = desk.client.get("/studio/second-facteur").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    return desk.client.post("/studio/second-facteur", data={"csrf": csrf, "code": code})


def test_with_an_app_the_link_opens_half_and_the_code_the_rest(admin, clock):
    secret, codes = with_app(admin)
    assert len(codes) == 10
    assert admin.get("/studio").status_code == 200, "the browser that added it stays in"
    clock(60)
    desk = come_back(admin)
    for path in ("/studio", "/studio/compte", SECURITY, KEYS):
        assert desk.get(path, follow_redirects=False).headers["location"] == "/studio/second-facteur", path
    assert "Encore une preuve" in heading(desk.get("/studio"))
    assert second(desk, "000000").status_code == 422
    assert second(desk, code_of(desk, secret)).url.path == "/studio"


def test_a_wrong_first_code_is_tried_again_with_the_same_picture(admin):
    page = admin.post(f"{SECURITY}/application")
    secret = re.search(r"<code class=\"break\">(\w+)</code>", page.text)[1]
    wrong = admin.post(f"{SECURITY}/application/confirmer", code="12")
    assert wrong.status_code == 422 and secret in wrong.text
    assert not factors.factors_of(admin.workspace, admin.user.id).app
    assert admin.post(f"{SECURITY}/application/confirmer", code=code_of(admin, secret)).status_code == 200


def test_an_app_that_was_not_confirmed_proves_nobody_and_enters_unnoticed_nowhere(admin):
    with admin.workspace.database.write() as connection:
        key = Passkey("AAAA", admin.user.id, b"", 0, "clé", 1.0, None)
        store.add_passkey(connection, key)
        store_sessions.prove_session(connection, session_of(admin).digest, session_of(admin).read_at, second=True)
    page = admin.post(f"{SECURITY}/application")
    secret = re.search(r"<code class=\"break\">(\w+)</code>", page.text)[1]
    desk = come_back(admin)
    proven = factors.prove_by_code(admin.workspace, session_of(desk), code_of(admin, secret))
    assert (proven, session_of(desk).half_open) == ("", True)
    assert not factors.factors_of(admin.workspace, admin.user.id).app


def test_a_recovery_code_does_not_confirm_an_app(admin):
    page = admin.post(f"{SECURITY}/application")
    with admin.workspace.database.write() as connection:
        code = totp.new_recovery_codes(connection, admin.user.id)[0]
    assert "application" in page.text
    assert admin.post(f"{SECURITY}/application/confirmer", code=code).status_code == 422


def session_of(desk):
    return sessions.find_session(desk.workspace, desk.client.cookies["studio"])


def test_a_code_serves_once(admin, clock):
    secret, _codes = with_app(admin)
    clock(60)
    code = code_of(admin, secret)
    assert second(come_back(admin), code).status_code == 200
    assert second(come_back(admin), code).status_code == 422


def test_a_recovery_code_serves_once(admin):
    _secret, codes = with_app(admin)
    assert second(come_back(admin), codes[3].upper()).url.path == "/studio"
    assert second(come_back(admin), codes[3]).status_code == 422
    assert "Il reste 9 codes de secours" in admin.get(SECURITY).text


def test_new_recovery_codes_end_the_old_ones(admin):
    _secret, codes = with_app(admin)
    page = admin.post(f"{SECURITY}/secours")
    assert second(come_back(admin), codes[0]).status_code == 422
    assert second(come_back(admin), re.findall(r"<code>([a-z0-9-]{14})</code>", page.text)[0]).status_code == 200


def test_guesses_are_counted_over_all_sessions(admin, clock):
    secret, _codes = with_app(admin)
    for _n in range(10):
        assert second(come_back(admin), "123456").status_code == 422
    clock(60)
    refused = second(come_back(admin), code_of(admin, secret))
    assert "Trop de codes erronés" in refused.text
    assert "code faux" in admin.get("/studio/reglages/journal").text
    clock(3600)
    assert second(come_back(admin), code_of(admin, secret)).url.path == "/studio"


def test_the_secret_and_the_codes_are_in_no_table_as_they_are(admin):
    secret, codes = with_app(admin)
    with admin.workspace.database.read() as connection:
        rows = str(
            [
                connection.exec_driver_sql(f"SELECT * FROM {t}").all()
                for t in ("totp_secrets", "recovery_codes", "events")
            ]
        )
    assert secret not in rows
    assert codes[0] not in rows and codes[0].replace("-", "") not in rows


def test_a_half_open_session_changes_nothing(admin):
    with_app(admin)
    desk = come_back(admin)
    (session, _admin) = sessions.sessions_of(admin.workspace, admin.user.id)
    data = {"csrf": session.csrf}
    answers = [
        desk.client.post(path, data=data, follow_redirects=False).headers["location"]
        for path in (KEYS, "/studio/compte/fermer", f"{SECURITY}/retirer", f"{SECURITY}/secours", "/studio/preuve")
    ]
    assert set(answers) == {"/studio/second-facteur"}


def test_a_user_who_has_lost_all_is_reset_by_an_admin_and_told(town, admin):
    paul = sign_in(town, "editor", name="paul")
    with_app(paul)
    assert "second facteur" in admin.get("/studio/reglages/equipe").text
    admin.post(f"/studio/reglages/equipe/{paul.user.id}/facteurs")
    assert not factors.factors_of(town.workspace, paul.user.id).second
    assert paul.get("/studio", follow_redirects=False).status_code == 303, "sessions are closed too"
    assert come_back(paul).get("/studio").status_code == 200
    told = [m for m in town.mails() if m["To"] == paul.user.address and "moyens de connexion" in m["Subject"]]
    assert len(told) == 2, "added, and reset"


@pytest.mark.parametrize(
    ("role", "may_send", "asked"),
    [("admin", False, True), ("editor", True, True), ("editor", False, False), ("staff", False, False)],
)
def test_the_setting_asks_whoever_may_send_or_administer(town, monkeypatch, role, may_send, asked):
    monkeypatch.setenv("NEWSLETTER_STUDIO__SECOND_FACTOR", "true")
    with opened(town.workspace.root) as strict:
        desk = sign_in(strict, role, may_send=may_send)
        where = desk.get("/studio").url.path
        assert where == (SECURITY if asked else "/studio")
        if not asked:
            return
        assert "demande un second facteur" in desk.get(SECURITY).text
        csrf = re.search(r'name="csrf" value="([^"]+)"', desk.get(SECURITY).text)[1]
        page = desk.client.post(f"{SECURITY}/application", data={"csrf": csrf})
        secret = re.search(r"<code class=\"break\">(\w+)</code>", page.text)[1]
        desk.client.post(f"{SECURITY}/application/confirmer", data={"csrf": csrf, "code": code_of(desk, secret)})
        assert desk.get("/studio").url.path == "/studio"
        refused = desk.post(f"{SECURITY}/retirer")
        assert "Il vous faut un second facteur" in refused.text
        assert factors.factors_of(strict.workspace, desk.user.id).app


def proof_form(page):
    """Return where the page of the proof sends its form, and the fields it holds."""
    form = re.findall(r'<form method="post" action="([^"]+)" class="stack">(.*?)</form>', page.text, re.DOTALL)[-1]
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[1])
    return unescape(form[0]), {name: unescape(value) for name, value in hidden}


def mailed_code(desk):
    text = Town(desk.workspace, desk.client).mails()[-1].get_body(("plain",)).get_content()
    return re.search(r"(\d{4} \d{4})", text)[1]


def test_a_proof_that_is_old_is_asked_for_and_what_was_asked_is_then_done(admin, clock):
    clock(HOUR)
    page = admin.post(KEYS, name="Site du réseau", scope="read")
    assert (page.status_code, heading(page)) == (401, "C’est bien vous\N{NARROW NO-BREAK SPACE}?")
    assert users.tokens(admin.workspace) == []
    action, fields = proof_form(page)
    wrong = admin.client.post(action, data={**fields, "code": "0000 0000"})
    assert wrong.status_code == 422
    action, fields = proof_form(wrong)
    done = admin.client.post(action, data={**fields, "code": mailed_code(admin)})
    assert "elle ne sera plus montrée" in done.text
    assert [token.name for token in users.tokens(admin.workspace)] == ["Site du réseau"]
    assert admin.post(KEYS, name="Un autre", scope="read").status_code == 200, "and the proof counts for a while"


def test_a_proof_gives_the_session_a_new_cookie_and_the_journal_the_same_name(admin, clock):
    before = admin.client.cookies["studio"]
    clock(HOUR)
    action, fields = proof_form(admin.post(KEYS, name="Site", scope="read"))
    admin.client.post(action, data={**fields, "code": mailed_code(admin)})
    assert admin.client.cookies["studio"] != before
    assert sessions.find_session(admin.workspace, before) is None
    marks = {deed.session for deed in audit_log.latest_deeds(admin.workspace) if deed.user_id == admin.user.id}
    assert len(marks) == 1


def test_a_user_with_an_app_proves_by_it_and_not_by_mail(admin, clock):
    secret, _codes = with_app(admin)
    clock(HOUR)
    before = len(Town(admin.workspace, admin.client).mails())
    action, fields = proof_form(admin.post(KEYS, name="Site", scope="read"))
    assert len(Town(admin.workspace, admin.client).mails()) == before
    assert "plus montrée" in admin.client.post(action, data={**fields, "code": code_of(admin, secret)}).text


def test_a_mailed_code_proves_in_its_own_session_only(admin, clock):
    other = come_back(admin)
    clock(HOUR)
    admin.post(KEYS, name="Site", scope="read")
    code = mailed_code(admin)
    action, fields = proof_form(other.post(KEYS, name="Site", scope="read"))
    assert other.client.post(action, data={**fields, "code": code}).status_code == 422


def test_what_is_read_needs_a_fresh_proof_too_when_it_carries_people_away(admin, clock):
    clock(HOUR)
    page = admin.post("/studio/reglages/journal/exporter")
    action, fields = proof_form(page)
    done = admin.client.post(action, data={**fields, "code": mailed_code(admin)})
    assert done.headers["content-type"].startswith("text/csv")


def test_the_page_claims_no_code_that_did_not_leave(admin, clock, monkeypatch):
    clock(2 * 3600 + 60 - time.time() % 3600)  # codes are counted by the hour: all these are asked for in one
    pages = [admin.post(KEYS, name="Site", scope="read") for _n in range(7)]
    assert ["Aucun code n’est parti" in page.text for page in pages] == [False] * 6 + [True]
    clock(HOUR)
    monkeypatch.setattr("newsletter.actions.mail.post", lambda *_args: False)
    assert "Aucun code n’est parti" in admin.post(KEYS, name="Site", scope="read").text


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/studio/\\evil", "/abonnement", ""])
def test_the_proof_leads_nowhere_else(admin, wanted):
    answer = admin.client.post(
        "/studio/preuve", params={"pour": wanted}, data={"csrf": admin.csrf, "code": "1"}, follow_redirects=False
    )
    assert answer.headers["location"] == "/studio"


FRESH = (
    "/studio/numeros/x/envoi/partir",
    "/studio/numeros/x/envoi/reprendre",
    "/studio/numeros/x/envoi/reessayer",
    "/studio/numeros/x/envoi/trancher",
    "/studio/numeros/x/envoi/second-accord",
    "/studio/public/exporter",
    "/studio/public/publics/exporter",
    "/studio/reglages/journal/exporter",
    KEYS,
    f"{KEYS}/fin",
    "/studio/reglages/equipe",
    "/studio/reglages/equipe/1",
    "/studio/reglages/equipe/1/fin",
    "/studio/reglages/equipe/1/connexions",
    "/studio/reglages/equipe/1/facteurs",
    f"{SECURITY}/cle",
    f"{SECURITY}/application",
    f"{SECURITY}/application/confirmer",
    f"{SECURITY}/secours",
    f"{SECURITY}/retirer",
)


def test_sending_exporting_making_keys_and_changing_rights_ask_for_it(town, clock, admin):
    sender = sign_in(town, "admin", may_send=True, name="sender")
    clock(HOUR)
    assert {path: sender.post(path, follow=False).status_code for path in FRESH} == dict.fromkeys(FRESH, 401)
    assert sender.get("/studio/public/personnes/00/donnees.json").status_code == 401


def test_the_journal_knows_every_change_of_factors(admin):
    with_app(admin)
    admin.post(f"{SECURITY}/secours")
    admin.post(f"{SECURITY}/retirer")
    kinds = [deed.kind for deed in audit_log.latest_deeds(admin.workspace)]
    assert kinds[:3] == ["factor-removed", "recovery-codes-made", "factor-added"]
    assert all(deed.user_id == admin.user.id for deed in audit_log.latest_deeds(admin.workspace)[:3])
