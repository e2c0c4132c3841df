"""Who may open what, that forms are our own, and that nothing stored runs."""

from __future__ import annotations

import re

import pytest

from newsletter.actions.team import users
from newsletter.store import journal
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.journal import Event
from newsletter.store.people import organisations, people
from newsletter.store.people.organisations import Organisation, Period
from newsletter.store.people.people import Consent, Person
from tests.web.studio.conftest import first_person, sign_in

PEOPLE = (
    "/studio/public",
    "/studio/public/organisations",
    "/studio/public/organisations/1",
    "/studio/public/importer",
    "/studio/public/a-trancher",
    "/studio/public/rebonds",
    "/studio/public/demandes",
)
FIGURES = (
    "/studio/chiffres",
    "/studio/chiffres/annee/2026",
    "/studio/chiffres/annee/2026/imprimer",
    "/studio/chiffres/annee/2026/rapport.csv",
)
SETTINGS = (
    "/studio/reglages/identite",
    "/studio/reglages/apparence",
    "/studio/reglages/publications",
    "/studio/reglages/publications/lettre",
    "/studio/reglages/flux",
    "/studio/reglages/envoi",
    "/studio/reglages/equipe",
    "/studio/reglages/cles",
    "/studio/reglages/journal",
    "/studio/boite",
)
EVERYBODY = ("/studio", "/studio/compte")
PAGES = (*EVERYBODY, *PEOPLE, *FIGURES, *SETTINGS)
MAY = {
    "editor": EVERYBODY,
    "staff": (*EVERYBODY, *PEOPLE, *FIGURES),
    "admin": PAGES,
}


@pytest.fixture(scope="module")
def desks(looking):
    found = {role: sign_in(looking, role) for role in ("editor", "staff")}
    return {**found, "admin": looking}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", MAY)
def test_a_page_opens_to_the_roles_that_need_it(desks, role, path):
    assert desks[role].get(path).status_code == (200 if path in MAY[role] else 403)


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_sees_no_page(standing, path):
    assert standing.client.get(path, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("role", MAY)
def test_the_navigation_names_only_what_opens(desks, role):
    nav = re.search(r'<nav class="tabs".*?</nav>', desks[role].get("/studio").text, re.DOTALL)[0]
    shown = set(re.findall(r'href="/studio/(\w+)"', nav))
    wanted = {
        "editor": {"articles", "numeros"},
        "staff": {"public", "chiffres"},
        "admin": {"articles", "numeros", "public", "chiffres", "reglages"},
    }
    assert shown == wanted[role]


def routes(app):
    """Every route of the Studio that changes something, with its path filled."""
    for route in app.routes:
        for one in getattr(getattr(route, "original_router", None), "routes", [route]):
            if getattr(one, "path", "").startswith("/studio/") and "POST" in (getattr(one, "methods", None) or ()):
                yield re.sub(r"\{[^}]*\}", "1", one.path)


OPEN = ("/studio/connexion", "/studio/connexion/1", "/studio/connexion/cle", "/studio/premier/1")


@pytest.fixture(scope="module")
def unsafe(looking):
    found = [path for path in routes(looking.client.app) if path not in OPEN]
    assert len(found) > 20
    return found


@pytest.mark.parametrize("csrf", [None, "", "wrong", "é"])
def test_no_form_is_taken_without_its_token(looking, unsafe, csrf):
    data = {} if csrf is None else {"csrf": csrf}
    assert {looking.client.post(path, data=data).status_code for path in unsafe} == {403}


def test_anothers_token_is_not_ones_own(desks, unsafe):
    assert {desks["admin"].client.post(p, data={"csrf": desks["staff"].csrf}).status_code for p in unsafe} == {403}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8025.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=lambda headers: "-".join(headers.values()),
)
def test_no_form_is_taken_from_another_site(looking, unsafe, headers):
    data = {"csrf": looking.csrf}
    assert {looking.client.post(path, data=data, headers=headers).status_code for path in unsafe} == {403}


def test_whoever_loses_a_right_loses_it_at_once(town):
    desk = sign_in(town, "staff")
    users.change_user(town.workspace, desk.user.id, role="editor", may_send=False, name="", by="test")
    assert desk.get("/studio/public", follow_redirects=False).status_code == 303, "and the session is closed"


def test_pages_are_kept_by_nobody_and_run_no_inline_script(looking):
    answer = looking.get("/studio")
    policy = answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory, sample_workspace):
    """A workspace where every field that comes from outside holds a script."""
    import shutil

    from newsletter.actions.workspace import open_workspace

    path = tmp_path_factory.mktemp("poisoned") / "ws"
    shutil.copytree(sample_workspace, path)
    workspace = open_workspace(path)
    now = workspace.clock()
    with workspace.database.write() as c:
        spans = (Period("2020-01-01"),)
        evil = Organisation(name=EVIL, region=EVIL, departement=EVIL, periods=spans)
        place = organisations.add_organisation(c, evil, now=now, actor=EVIL)
        person = people.add_person(
            c,
            Person(
                address="evil@ville.example",
                key="evil@ville.example",
                first_name=EVIL,
                last_name=EVIL,
                function=EVIL,
                phone=EVIL,
                salutation=EVIL,
                organisation_id=place,
            ),
            now,
            EVIL,
        )
        people.move_subscription(c, person, "lettre", "active", Consent(EVIL, EVIL, EVIL, {EVIL: EVIL}), now)
        journal.record_event(
            c, Event(now, EVIL, subscriber_id=person.id, actor=EVIL, detail={"text": EVIL, EVIL: [EVIL]})
        )
        reviews.ask(c, [Review(kind=EVIL, subject=EVIL, at=now, detail={EVIL: EVIL}, publication=EVIL)])
    users.invite_user(workspace, "evil@rtes.example", "editor", name=EVIL, by=EVIL)
    users.make_token(workspace, EVIL, "read", EVIL)
    outbox = path / "outbox" / "2026-11-lettre"
    name = next(outbox.glob("*.eml")).name
    (outbox / name).write_bytes(
        f"Subject: {EVIL}\r\nFrom: {EVIL}\r\nContent-Type: text/html\r\n\r\n{EVIL}\r\n".encode()
    )
    desk = sign_in(workspace, "admin")
    yield desk, {"place": place, "person": person.uid.hex(), "mail": f"/studio/boite/2026-11-lettre/{name}"}
    workspace.close()


POISONED = (
    "/studio",
    "/studio/public?q=evil",
    "/studio/public?q=%3Cscript%3E",
    "/studio/public/personnes/{person}",
    "/studio/public/organisations?etat=toutes&q=script",
    "/studio/public/organisations/{place}",
    "/studio/public/a-trancher",
    "/studio/public/rebonds",
    "/studio/chiffres?par=region",
    "{mail}",
    "/studio/chiffres/annee/2026",
    "/studio/chiffres/annee/2026/imprimer",
    "/studio/reglages/journal",
    "/studio/reglages/equipe",
    "/studio/reglages/cles",
    "/studio/boite/2026-11-lettre",
)


@pytest.mark.parametrize("path", POISONED)
def test_a_stored_script_is_shown_and_does_not_run(poisoned, path):
    desk, ids = poisoned
    answer = desk.get(path.format(**ids))
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


def test_a_letter_is_shown_in_a_cell_where_nothing_runs(poisoned):
    desk, ids = poisoned
    assert 'sandbox="allow-popups"' in desk.get(ids["mail"]).text
    policy = desk.get(ids["mail"] + "/html").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "sandbox allow-popups" in policy
    assert "script" not in policy


@pytest.mark.parametrize(
    "path",
    [
        "/studio/boite/%2e%2e",
        "/studio/boite/%2e%2e/subscribers.db",
        "/studio/boite/2026-11-lettre/index.jsonl",
        "/studio/boite/2026-11-lettre/..%2f..%2fnewsletter.toml",
        "/studio/public/personnes/zz",
        "/studio/chiffres/annee/1",
        "/studio/public/organisations/999999",
        "/studio/reglages/publications/nope",
    ],
)
def test_what_is_not_there_is_not_found(looking, path):
    assert looking.get(path).status_code == 404


def test_a_persons_page_is_closed_to_editors(desks):
    page = first_person(desks["admin"].workspace)
    answers = [desks["editor"].get(page + more).status_code for more in ("", "/donnees.json")]
    assert answers == [403, 403]
