"""The API for other programs: which key opens what, the command line's JSON, and nothing told that is not asked for."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner

from newsletter.actions import documents
from newsletter.actions.people import data_rights
from newsletter.actions.sending import mailings
from newsletter.actions.team import api_keys, users
from newsletter.cli import cli
from tests.web.conftest import opened

API = "/api/v1"
DRAFT = {"title": "Un centre social ouvre", "link": "https://www.rtes.example/actus/centre?utm_source=x"}
WISH = {
    "address": "jeanne@ville.example",
    "publications": ["lettre"],
    "asked": "case cochée à l’inscription, 3/11/2026",
}
# What is called, and which scopes may.
READ, WRITE, PEOPLE = {"read", "write", "people"}, {"write"}, {"people"}
TABLE = [
    ("GET", "/issues", None, READ, 200),
    ("GET", "/issues/{issue}", None, READ, 200),
    ("GET", "/articles", None, READ, 200),
    ("GET", "/count", None, READ, 200),
    ("GET", "/report/2026", None, READ, 200),
    ("GET", "/mailings", None, READ, 200),
    ("GET", "/mailings/{issue}/receipt", None, READ, 200),
    ("GET", "/members", None, READ, 200),
    ("GET", "/audiences", None, READ, 200),
    ("GET", "/groups", None, READ, 200),
    ("GET", "/people?address={person}", None, PEOPLE, 200),
    ("POST", "/articles", DRAFT, WRITE, 201),
    ("POST", "/people", WISH, WRITE, 202),
    # No group of the sample bears the name of an issue.
    ("POST", "/groups/{issue}/people", {"addresses": ["a@ville.example"]}, WRITE, 404),
    ("DELETE", "/people/subscription?address=nobody@ville.example", None, WRITE, 202),
]
each_call = pytest.mark.parametrize(
    ("method", "path", "body", "scopes", "status"), TABLE, ids=[f"{row[0]} {row[1].partition('?')[0]}" for row in TABLE]
)


class Program:
    """Another program with a key of its own."""

    def __init__(self, town, scope="read"):
        self.town, self.key = town, users.make_token(town.workspace, f"Site {scope}", scope, "test")

    def __call__(self, method, path, body=None, **headers):
        wanted = {"Authorization": f"Bearer {self.key}", **headers}
        return self.town.client.request(method, f"{API}{path}", json=body, headers=wanted)

    def revoke(self):
        users.revoke_token(self.town.workspace, users.digest(self.key), "test")


@pytest.fixture(scope="module")
def standing(sample_workspace, tmp_path_factory):
    """A copy of the sample workspace for this file: the keys made here are seen by no other test."""
    path = tmp_path_factory.mktemp("api") / "ws"
    shutil.copytree(sample_workspace, path)
    with opened(path) as town:
        yield town


@pytest.fixture
def on_each_database(database_url, fresh_workspace, tmp_path, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    shutil.copytree(fresh_workspace, tmp_path / "ws")
    with opened(tmp_path / "ws") as town:
        yield town


def sample(town):
    """Return the words of the table for the sample workspace: an issue that was sent, and a person."""
    person = next(iter(data_rights.list_people(town.workspace, publication="lettre", limit=1)))
    mailing = next(m for m in mailings.list_mailings(town.workspace) if m.publication == "lettre")
    return {"issue": mailing.issue, "person": person.person.address}


@each_call
def test_a_key_opens_what_its_scope_says_and_nothing_else(sent, method, path, body, scopes, status):
    path = path.format(**sample(sent))
    for scope in users.SCOPES:
        answer = Program(sent, scope)(method, path, body)
        if scope in scopes:
            assert answer.status_code == status, answer.text
        else:
            error = answer.json()["error"]
            assert (answer.status_code, error["status"]) == (403, 403)
            assert "lacks the right" in error["message"]


@each_call
def test_without_a_key_in_use_there_is_no_answer(standing, method, path, body, scopes, status):
    path = path.format(**sample(standing))
    gone = Program(standing, "people" if scopes is PEOPLE else "write")
    gone.revoke()
    fresh = users.make_token(standing.workspace, "Site", next(iter(scopes)), "test")
    beside = f"{path}{'&' if '?' in path else '?'}"
    answers = [
        gone(method, path, body),
        standing.client.request(method, f"{API}{path}", json=body),
        standing.client.request(method, f"{API}{beside}key={fresh}&token={fresh}&access_token={fresh}", json=body),
        *(
            standing.client.request(method, f"{API}{path}", json=body, headers={"Authorization": shown})
            for shown in ("Bearer", "Bearer ", f"Basic {fresh}", f"Bearer {fresh[:-1]}", "Bearer " + "x" * 5000)
        ),
        standing.client.request(method, f"{API}{path}", json=body, headers={"Cookie": f"session={fresh}; key={fresh}"}),
    ]
    for answer in answers:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["error"]["hint"].startswith("send `Authorization")
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


def test_every_call_of_the_api_is_in_the_table_and_described(standing):
    paths = standing.client.get(f"{API}/openapi.json").json()["paths"]
    told = {(m.upper(), p) for p, calls in paths.items() for m, call in calls.items() if call.get("security")}
    table = {(row[0], API + row[1].partition("?")[0]) for row in TABLE}
    assert {(m, p.replace("{key}", "{issue}").replace("{year}", "2026")) for m, p in told} == table


def newsletter(town, *arguments):
    return json.loads(CliRunner().invoke(cli, ["-w", str(town.workspace.root), *arguments, "--json"]).stdout)


@pytest.mark.parametrize(
    ("path", "command", "name"),
    [
        ("/count", ("count",), ""),
        ("/count?on=2026-11-01&by=publication", ("count", "--on", "2026-11-01", "--by", "publication"), ""),
        ("/count?what=members&by=level", ("count", "--what", "members", "--by", "level"), ""),
        ("/report/2026", ("report", "2026"), ""),
        ("/mailings?limit=200", ("mailings", "list"), "mailings"),
        ("/issues?limit=200", ("issues", "list"), "issues"),
        ("/articles?limit=200", ("articles", "list"), "articles"),
        ("/members?limit=200", ("members", "list"), "members"),
        ("/people?address={person}", ("subscribers", "show", "{person}"), ""),
    ],
)
def test_the_answer_is_the_command_lines(standing, path, command, name):
    words = sample(standing)
    answer = Program(standing, "people")("GET", path.format(**words)).json()
    assert (answer[name] if name else answer) == newsletter(standing, *(part.format(**words) for part in command))


def test_a_receipt_names_the_doubtful_only_to_a_key_that_may_see_people(sent):
    issue = sample(sent)["issue"]
    seen = newsletter(sent, "mailings", "receipt", issue)
    named = {**seen, "doubtful_names": ["Jeanne Petit <jeanne@ville.example>"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "receipt", lambda _made: dict(named))
        answers = {s: Program(sent, s)("GET", f"/mailings/{issue}/receipt").json() for s in users.SCOPES}
    assert answers == {"read": {**seen, "doubtful_names": []}, "write": {**seen, "doubtful_names": []}, "people": named}


def test_an_issue_shows_its_sections_and_findings(standing):
    answer = Program(standing)("GET", f"/issues/{sample(standing)['issue']}").json()
    assert answer["status"] == "done"
    assert all(item["title"] for section in answer["sections"] for item in section["items"])
    assert {"code", "level", "message", "where"} == set().union(*answer["warnings"])


@pytest.mark.parametrize("name", ["articles", "issues", "members", "mailings"])
def test_a_list_comes_in_parts_that_make_the_whole(standing, name):
    program, found, after = Program(standing), [], ""
    whole = program("GET", f"/{name}?limit=200").json()[name]
    size = max(1, len(whole) // 3)
    for _n in range(10):
        part = program("GET", f"/{name}?limit={size}&after={after}").json()
        found, after = found + part[name], part["next"]
        if after is None:
            break
    assert found == whole
    assert program("GET", f"/{name}?after=nothing").status_code == 409


def test_articles_are_filtered_as_in_the_studio(standing):
    rows = Program(standing)("GET", "/articles?tag=agenda&month=2026-11&status=ready&limit=200").json()["articles"]
    assert rows
    assert all("agenda" in r["tags"] and r["date"][:7] == "2026-11" and r["status"] == "ready" for r in rows)


class TestDrafts:
    """Articles from the site's own software."""

    def test_a_draft_is_made_once_for_its_page(self, town):
        program = Program(town, "write")
        first = program("POST", "/articles", DRAFT)
        again = program("POST", "/articles", {"title": "Autre titre", "link": "http://rtes.example/actus/centre/"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == {"article": first.json()["article"], "made": False}
        article = town.workspace.pool().get(first.json()["article"])
        assert (article.title, str(article.status), article.tags) == (DRAFT["title"], "draft", ("rtes",))

    def test_a_draft_without_a_page_is_made_once_for_its_idempotency_key(self, town):
        program, other, body = Program(town, "write"), Program(town, "write"), {"title": "Sans page"}
        assert program("POST", "/articles", body).status_code == 422
        answers = [who("POST", "/articles", body, **{"Idempotency-Key": "a1"}) for who in (program, program, other)]
        assert [a.status_code for a in answers] == [201, 200, 201]
        assert len({a.json()["article"] for a in answers}) == 2

    def test_calls_that_come_together_make_one_article(self, on_each_database):
        town = on_each_database
        programs = [Program(town, "write"), Program(town, "write")] * 2
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda program: program("POST", "/articles", DRAFT), programs))
        assert sorted(a.status_code for a in answers) == [200, 200, 200, 201]
        assert len({a.json()["article"] for a in answers}) == 1
        assert len(list(town.workspace.root.rglob("articles/**/*centre-social*.md"))) == 1
        # What was counted and noted on the way is read back on either database.
        assert users.tokens(town.workspace)[0].used_at

    def test_an_event_keeps_its_day(self, town):
        body = {**DRAFT, "kind": "evenement", "day": "2026-12-03", "hour": "14:00", "place": "Lille"}
        slug = Program(town, "write")("POST", "/articles", body).json()["article"]
        assert f"{town.workspace.pool().get(slug).event.start:%Y-%m-%d %H:%M}" == "2026-12-03 14:00"

    @pytest.mark.parametrize(
        "change",
        [
            {"title": ""},
            {"title": "x" * 301},
            {"tags": ["x"]},
            {"link": "javascript:alert(1)"},
            {"status": "ready"},
            {"date": "0001-01-01"},
            {"date": "9999-12-31"},
            {"deadline": "demain"},
            {"kind": "x"},
            {"body": None},
            {"hour": "14:00", "kind": "evenement"},
            {"slug": "../../x"},
            {"path": "/etc/x"},
            {"title": "\ud800"},
            {"title": "a\x00b"},
            {"body": "a\x00b"},
            {"summary": "\x1b[0m"},
        ],
    )
    def test_what_cannot_be_is_refused_and_nothing_is_written(self, town, change):
        before = sorted(town.workspace.root.rglob("articles/**/*.md"))
        content = json.dumps({**DRAFT, **change}).encode()
        key = users.make_token(town.workspace, "Site", "write", "test")
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        answer = town.client.post(f"{API}/articles", content=content, headers=headers)
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["message"].isascii()
        assert sorted(town.workspace.root.rglob("articles/**/*.md")) == before

    @pytest.mark.parametrize("title", ["---\ntitle: x", "{{7*7}}", "../../x", "a\nb: c", "<script>", "2026", ": - #"])
    def test_a_title_stays_a_title(self, town, title):
        slug = Program(town, "write")("POST", "/articles", {**DRAFT, "title": title}).json()["article"]
        assert town.workspace.pool().get(slug).title == " ".join(title.split())

    def test_too_many_within_an_hour_are_refused(self, town, monkeypatch):
        monkeypatch.setattr("newsletter.actions.issues.api_drafts.PER_HOUR", 1)
        program = Program(town, "write")
        statuses = [
            program("POST", "/articles", {"title": f"N {n}"}, **{"Idempotency-Key": str(n)}).status_code for n in "ab"
        ]
        assert statuses == [201, 409]


class TestPeople:
    """Subscriptions asked for by the site's own software."""

    def test_the_person_confirms_by_mail_and_the_proof_is_kept(self, town):
        assert Program(town, "write")("POST", "/people", WISH).status_code == 202
        assert len(town.mails()) == 1
        assert town.state("jeanne@ville.example") == "pending"
        event = data_rights.whole_record(town.workspace, "jeanne@ville.example")["events"][-1]
        assert event["actor"] == "API: Site write"
        assert "case cochée" in json.dumps(event, ensure_ascii=False)

    @pytest.mark.parametrize("state", ["", "active", "pending", "left", "bounced", "complained"])
    def test_the_answer_is_the_same_and_nobody_is_subscribed_by_it(self, town, state):
        if state:
            town.person("jeanne@ville.example", lettre=state)
        answer = Program(town, "write")("POST", "/people", WISH)
        assert (answer.status_code, set(answer.json())) == (202, {"message"})
        assert town.state("jeanne@ville.example") == (state or "pending")

    def test_somebody_erased_is_not_brought_back(self, town):
        town.person("jeanne@ville.example", lettre="active")
        data_rights.forget_person(town.workspace, "jeanne@ville.example", by="test")
        assert Program(town, "write")("POST", "/people", WISH).status_code == 202
        assert town.state("jeanne@ville.example") != "active"

    @pytest.mark.parametrize(
        "change",
        [
            {"address": "x"},
            {"address": "a@b.example\r\nBcc: c@d.example"},
            {"publications": []},
            {"publications": ["x"]},
            {"asked": ""},
            {"asked": "a\nbcdef"},
            {"basis": "legitimate"},
            {"first_name": "a\nb"},
            {"state": "active"},
        ],
    )
    def test_what_cannot_be_is_refused_and_nobody_is_mailed(self, town, change):
        answer = Program(town, "write")("POST", "/people", {**WISH, **change})
        assert answer.status_code == 422
        assert town.mails() == []

    def test_a_subscription_is_ended_and_the_answer_does_not_tell_whether_there_was_one(self, town):
        town.person("jeanne@ville.example", lettre="active", flash="active")
        program, path = Program(town, "write"), "/people/subscription?address="
        known = program("DELETE", f"{path}jeanne@ville.example&publication=lettre")
        unknown = program("DELETE", f"{path}nobody@ville.example&publication=lettre")
        assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
        assert (town.state("jeanne@ville.example"), town.state("jeanne@ville.example", "flash")) == ("left", "active")
        assert program("DELETE", f"{path}x@ville.example&publication=x").status_code == 404

    def test_nobody_is_found_by_anything_but_a_whole_address(self, town):
        town.person("jeanne@ville.example", lettre="active")
        program = Program(town, "people")
        statuses = [
            program("GET", f"/people?address={a}").status_code
            for a in ("%25", "jeanne@ville.exampl", "jeanne", "' OR 1")
        ]
        assert statuses == [422, 404, 422, 422]


def test_a_key_is_refused_for_a_while_after_too_many_calls(town, monkeypatch):
    monkeypatch.setattr(api_keys, "PER_MINUTE", 2)
    program = Program(town)
    answers = [program("GET", "/issues") for _n in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"] == "60"
    assert Program(town)("GET", "/issues").status_code == 200


def test_the_hour_of_the_last_use_is_kept(town):
    program = Program(town)
    assert users.tokens(town.workspace)[0].used_at is None
    program("GET", "/issues")
    used = users.tokens(town.workspace)[0].used_at
    assert used % 3600 == 0


@pytest.mark.parametrize(
    "path", ["/issues/..%2Fx", "/issues/%00", "/issues/x", "/mailings/%00/receipt", "/mailings/x/receipt"]
)
def test_a_key_of_nothing_is_not_found(town, path):
    assert Program(town)("GET", path).status_code in (404, 422)


def test_a_broken_issue_is_no_fault_of_the_server(town):
    (town.workspace.root / "issues" / "2026-11-x.md").write_text("---\ndate: [\n---\n", encoding="utf-8")
    answer = Program(town)("GET", "/issues/2026-11-x")
    assert answer.status_code == 409
    assert "cannot be read" in answer.json()["error"]["message"]
