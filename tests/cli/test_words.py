"""What a person reads of a command, where a program asks for --json: every listing, every summary."""

from __future__ import annotations

import io
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from rich.console import Console

from newsletter.actions.issues import feed_reader
from newsletter.actions.issues.feed_reader import Brought
from newsletter.actions.letters import editions
from newsletter.cli import output
from newsletter.cli.output import seconds
from newsletter.errors import ExchangeError
from tests.exchange.books import xlsx
from tests.workspaces import copy_sample

LETTRE, FLASH = "2026-11-lettre", "2026-12-01-flash"
PEOPLE = "email;prenom;collectivite;statut\na@ville.fr;Zoé;Ville de Lille;\nb@gmial.com;;;\nc@ville.fr;;;désabonné\n"
MEMBERS = "nom;siren;adhesion\nVille de Trifouilly;;2026-01-01\nVille de Lille;;\nVille de X;123;\n"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0\d:00"
PAGE = "<!doctype html><p>Session expirée</p>"


@pytest.fixture(scope="session")
def left(tmp_path_factory) -> Path:
    """The sample month with sixty subscribers; the lettre and a Flash have left."""
    made = tmp_path_factory.mktemp("words") / "ws"
    return copy_sample(made, 60)


@pytest.fixture
def say(left, tmp_path, inside):
    """The `newsletter` command in a copy of that workspace."""
    shutil.copytree(left, tmp_path / "ws")

    def call(*arguments: object, **environ: str):
        return inside(tmp_path / "ws", *arguments, **environ)

    call.root = tmp_path / "ws"
    return call


@pytest.fixture
def look(left, inside):
    """The same for commands that only look."""
    return lambda *arguments: inside(left, *arguments)


def change(root: Path, statement: str) -> None:
    with sqlite3.connect(root / "subscribers.db") as file:
        file.execute(statement)


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("health", [r"database: ok", r"late jobs: none"]),
        ("pictures gather", [r"0 brought into files, 0 there already"]),
        ("mailings list", [rf"{TIME}\t{FLASH}\tdone\tdemo\tFlash hebdo.*", rf"{TIME}\t{LETTRE}\tdone\t.*"]),
        (f"mailings show {LETTRE}", [rf"  {TIME}  mailing-approved  demo", r"  candidates 60 = sent 60.*\[balanced\]"]),
        (f"mailings receipt {LETTRE}", [rf"{LETTRE}: done, .*", r"  content [0-9a-f]{16}"]),
        (f"mailings compare {LETTRE} {LETTRE}", [rf"{LETTRE}: 60 recipients, {LETTRE}: 60", r"  the same people"]),
        ("issues list", [rf"2026-11-24\t{LETTRE}\tlettre\tdone\tLa lettre du RTES – novembre 2026"]),
        (f"issues check {LETTRE}", [r"advice  inclusive-domain .*participant\.es.*", r"0 error, 0 warning, 1 advice"]),
        ("articles list --unused", [r".*\tfoire-aux-questions-scic\trtes\tdraft\t\t.*"]),
        ("articles import --feeds", [r"There is no feed in newsletter\.toml yet.*"]),
        ("proposals list", [r"2026-11-20\tsent\tproposition-villeurbanne-textile\tVille de Villeurbanne\t.*"]),
        ("members list", [r"Ville de Lille\tcommune\t59\tHauts-de-France\t2010-10-13 -\t\d"]),
        ("members list --all", [r"Ville de Saint-Nazaire\tcommune\t44\t.*\t\S+ - 2026-06-30\t\d"]),
        ("members list --changes-since 2026-01-01", [r"2026-06-30\tended\tVille de Saint-Nazaire\tcommune"]),
        ("members show Ville\\ de\\ Lille", [r"Ville de Lille \(commune\): member", r"  from 2010-10-13 to now"]),
        ("subscribers list --limit 1", [r"\S+@\S+\t(lettre|flash)\tactive\t(consent|member service)\t.+"]),
        ("database check", [r"receipts\tok\t"]),
        ("database migrate", [r"the database is at version \d+ already"]),
    ],
)
def test_a_command_tells_a_person_what_is_there(look, command, lines):
    ran = look(*[word.replace("\0", " ") for word in command.replace("\\ ", "\0").split(" ")])
    assert (ran.code, ran.err) == (0, "")
    told = ran.out.splitlines()
    for line in lines:
        assert any(re.fullmatch(line, one) for one in told), f"{line} in\n{ran.out}"


def test_a_service_that_is_late_is_no_healthy_one(say):
    say("health")
    change(say.root, "INSERT INTO jobs (name, next_at, held_until) VALUES ('feeds', 0, 0)")
    ran = say("health")
    assert (ran.code, ran.out) == (1, "database: ok\nlate jobs: feeds\n")
    assert say("health", "--json").json == {"well": False, "database": "ok", "late_jobs": ["feeds"]}


def test_the_links_of_an_issue_are_told_with_each_sections_share(say):
    ran = say("links", LETTRE)
    assert (ran.code, ran.out) == (0, "") and "count_links" in ran.err
    for n, section, count in ((1, "À la une", 3), (2, "Agenda", 1)):
        values = f"{n}, '{section}', 'https://a.example/{n}', {count}"
        change(
            say.root,
            "INSERT INTO link_counts (mailing_id, number, section, url, n) "
            f"SELECT id, {values} FROM mailings WHERE issue = '{LETTRE}'",
        )
    told = say("links", LETTRE)
    assert told.err == "" and told.out.splitlines() == [
        "3\tÀ la une\thttps://a.example/1",
        "1\tAgenda\thttps://a.example/2",
        "75% À la une",
        "25% Agenda",
    ]
    assert say("links", LETTRE, "--json").json["shares"] == {"À la une": 0.75, "Agenda": 0.25}


def test_the_way_of_a_file_of_people_is_told_at_each_step(say, tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    arguments = ("subscribers", "import", tmp_path / "people.csv", "--publication", "lettre")
    rehearsed = say(*arguments, "--dry-run").out.splitlines()
    done = say(*arguments).out.splitlines()
    assert rehearsed[0] == "3 rows, utf-8, delimiter ';', rehearsal"
    assert rehearsed[1:] == done[1:-1] and done[0] == "3 rows, utf-8, delimiter ';'"
    assert done[1:4] == ["  accept: 1", "  review: 1", "  suppress: 1"]
    assert done[4].startswith("3\treview\tb@gmial.com\tle domaine semble mal écrit")
    assert done[5] == "4\tsuppress\tc@ville.fr\tdésabonnée selon le fichier"
    assert done[6] == "import 1; take it back with: newsletter subscribers import --undo 1"
    listed = say("subscribers", "imports").out
    assert re.fullmatch(rf"1\t{TIME}\tlettre\tpeople\.csv\teditor\t\t1 accept, 1 review, 1 suppress\n", listed)
    record = say("subscribers", "show", "a@ville.fr").out.splitlines()
    assert record[:2] == ["a@ville.fr  Ville de Lille", "  first_name: Zoé"]
    assert record[2].startswith("  lettre: active since 2") and record[2].endswith("basis consent")
    assert record[3].endswith("  active  lettre  by editor") and record[-1] == "  letters: 0"
    asked = say("subscribers", "reviews", "list").out
    assert asked.startswith("1\timport-row\tb@gmial.com\tle domaine semble")
    assert say("subscribers", "reviews", "settle", 1).code == 2
    assert say("subscribers", "reviews", "settle", 1, "--accept", "--email", "b@gmail.com").out == "1 settled\n"
    assert say("subscribers", "reviews", "list", "--done").out == "1\timport-row\tb@gmial.com\taccepted\n"
    assert say("subscribers", "import", "--undo", 1).out == "import 1 undone: 2 removed\n"
    assert "\tundone\t" in say("subscribers", "imports").out


def test_a_workbook_is_told_without_a_delimiter_that_it_has_not(say, tmp_path):
    (tmp_path / "people.xlsx").write_bytes(xlsx([["email", "nom"], ["a@ville.fr", "A"]]))
    told = say("subscribers", "import", tmp_path / "people.xlsx", "--publication", "lettre", "--dry-run").out
    assert told.splitlines()[0] == "1 rows, xlsx, rehearsal"


def test_the_first_rows_worth_a_look_are_shown_and_the_rest_is_said(say, tmp_path):
    (tmp_path / "people.csv").write_text("email\n" + "".join(f"n{n}@gmial.com\n" for n in range(60)))
    told = say("subscribers", "import", tmp_path / "people.csv", "--publication", "lettre", "--dry-run").out
    assert told.count("\treview\t") == 50 and "these are the first 50; --json has every row" in told


@pytest.mark.parametrize(
    "command", [("subscribers", "import", "--publication", "lettre"), ("members", "import")], ids=["people", "members"]
)
def test_a_page_given_as_a_table_is_refused_in_a_sentence(say, tmp_path, command):
    (tmp_path / "page.csv").write_text(PAGE)
    ran = say(*command, tmp_path / "page.csv")
    assert (ran.code, ran.out) == (1, "") and ran.err.startswith("error: nothing was imported: c’est une page web")


def test_a_file_of_members_is_told_row_by_row_where_something_is_wrong(say, tmp_path):
    (tmp_path / "members.csv").write_text(MEMBERS)
    assert say("members", "import", tmp_path / "members.csv", "--dry-run").out.startswith("3 rows, rehearsal\n")
    told = say("members", "import", tmp_path / "members.csv").out.splitlines()
    assert told == [
        "3 rows",
        "  accept: 1",
        "  keep: 1",
        "  review: 1",
        "4\treview\tVille de X\tSIREN invalide : « 123 »",
    ]


def test_a_person_without_subscription_and_one_named_in_the_settings_are_explained(say):
    say("subscribers", "add", "z@ville.fr", "--publication", "lettre", "--first-name", "Zoé")
    assert "subscription  none" in say("subscribers", "why", "z@ville.fr", "flash").out
    settings = (say.root / "newsletter.toml").read_text()
    named = settings.replace("[publications.flash]", '[publications.flash]\nexceptions = ["z@ville.fr"]', 1)
    (say.root / "newsletter.toml").write_text(named)
    assert "exception     named in the settings" in say("subscribers", "why", "z@ville.fr", "flash").out


def test_an_export_into_a_file_says_where_it_is_or_why_it_is_not(say, tmp_path):
    assert say("subscribers", "export", "--out", tmp_path / "all.csv").out == f"wrote {tmp_path / 'all.csv'}\n"
    assert (tmp_path / "all.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    ran = say("subscribers", "export", "--out", tmp_path / "no" / "all.csv")
    assert ran.code == 1 and ran.err.startswith("error: the file cannot be written: No such file or directory")


def test_a_purge_says_what_it_did_and_a_rehearsal_that_it_did_nothing(say):
    rehearsed, done = say("purge", "--dry-run").out.splitlines(), say("purge").out.splitlines()
    assert rehearsed == ["rehearsal, nothing is changed:", *done] and "pending expired: 0" in done


def test_an_article_and_an_issue_are_begun_with_a_word_on_what_comes_next(say):
    made = say("articles", "new", "Un essai", "--tag", "rtes", "--date", "2026-11-26").out
    assert made.startswith("articles/2026/2026-11-26-un-essai.md: a draft; write it, then set `status: ready`")
    told = say("issues", "new", "lettre", "--date", "2026-12-15").out.splitlines()
    assert told[0] == "issues/2026-12-lettre.md: La lettre du RTES – décembre 2026"
    assert "  left out: 2026-11-26-un-essai (encore à l'état de brouillon)" in told
    shutil.rmtree(say.root / "articles")
    empty = say("issues", "new", "flash", "--date", "2026-12-01", "--key", "encore").out
    assert "Nothing is in it" in empty and empty.endswith("newsletter issues check encore\n")


def test_what_cannot_be_read_is_said_beside_what_can(say):
    (say.root / "articles" / "abime.md").write_text("---\ntitle: [\n---\n")
    (say.root / "issues" / "abime.md").write_text("---\npublication: [\n---\n")
    for what in ("articles", "issues"):
        ran = say(what, "list")
        assert ran.code == 0 and ran.out and ran.err.startswith("error: ") and f"{what}/abime.md" in ran.err
    checked = say("articles", "check")
    assert checked.code == 1 and "articles/abime.md" in checked.out
    assert any(f["level"] == "error" for f in say("articles", "check", "--json").json["warnings"])


def test_a_preview_and_a_proof_say_where_they_are(say, tmp_path):
    told = say("issues", "preview", LETTRE, "--out", tmp_path / "look").out.splitlines()
    assert [line.split("  ")[0].rpartition("/")[2] for line in told[:3]] == ["letter.html", "letter.txt", "letter.eml"]
    assert all(re.search(r"  \d+ bytes$", line) for line in told[:3]) and told[-1] == "0 error, 0 warning, 1 advice"
    proof = say("issues", "proof", LETTRE, "--to", "a@ville.fr").out
    assert proof.startswith(f"proof of {LETTRE} to a@ville.fr: ")
    assert (say.root / "outbox" / proof.split(": ")[1].strip()).is_file()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (("accept",), "accepted: the next issue takes it"),
        (("postpone", "--until", "2027-01-15"), "postponed to issues from 2027-01-15"),
        (("decline", "--word", "Trop tard."), "declined"),
    ],
    ids=["accepted", "postponed", "declined"],
)
def test_a_proposal_is_answered_in_a_line(say, answer, told):
    name = "proposition-villeurbanne-textile"
    command, *more = answer
    assert say("proposals", command, name, *more).out == f"articles/{name}.md: {told}\n"
    assert say("proposals", "list").out == ""


def test_an_approval_that_goes_wrong_or_waits_is_told(say):
    say("issues", "new", "lettre", "--date", "2026-12-15")
    key = "2026-12-lettre"
    approved = say("issues", "approve", key, "--at", "2099-12-15 09:30").out
    assert approved.startswith(f"approved {key}: 60 recipients, 0 excluded\ncontent ")
    assert approved.endswith("; it may leave from 15/12/2099 09:30:00\n")
    ran = say("send", key, "--at", "2099-12-16 10:00")
    assert "`newsletter serve` sends it" in ran.err and "it leaves on 16/12/2099 at 10:00" in ran.err
    assert f"{key}: approved, " in ran.out and "open 60" in ran.out
    assert say("mailings", "settle", key).code == 2
    assert "cancelled 60" in say("mailings", "cancel", key, "--yes").out


def test_a_receipt_names_who_was_left_out_and_who_is_doubtful_and_why_it_stands_still(say):
    mine = f"FROM mailings WHERE issue = '{LETTRE}'"
    first = f"SELECT min(id) FROM deliveries WHERE mailing_id = (SELECT id {mine})"
    for statement in (
        f"UPDATE mailings SET status = 'paused', pause_reason = 'too many refusals' WHERE issue = '{LETTRE}'",
        f"UPDATE deliveries SET state = 'doubtful' WHERE id = ({first})",
        f"UPDATE deliveries SET state = 'excluded', reason = 'left' WHERE id = ({first}) + 1",
    ):
        change(say.root, statement)
    told = say("mailings", "receipt", LETTRE).out.splitlines()
    assert "  excluded, left: 1" in told and "  paused: too many refusals" in told
    assert any(re.fullmatch(r"  doubtful: \S+@\S+", line) for line in told)
    assert say("send", LETTRE).err == (
        f"error: `{LETTRE}` is paused: too many refusals. `newsletter mailings resume {LETTRE}`\n"
    )


def test_a_rehearsal_tells_its_faults_and_how_long_the_real_one_would_take(look):
    told = look("send", LETTRE, "--rehearse", "--faults", "0").out.splitlines()
    assert told[0].startswith(f"{LETTRE}: done, ") and len(told) > 3 and any("60" in line for line in told[3:])
    assert look("send", LETTRE, "--rehearse", "--json").json["candidates"] == 60


@pytest.mark.parametrize(
    ("brought", "out", "err"),
    [
        (Brought("https://a.example/flux", later=7), "https://a.example/flux: 7 more come on the days after", ""),
        (
            Brought("https://a.example/flux", error=ExchangeError("it is too slow", where="a", hint="wait")),
            "",
            "error: it is too slow (a). wait\n",
        ),
    ],
    ids=["more than a day takes", "one that cannot be read"],
)
def test_feeds_that_bring_less_than_all_say_so(look, monkeypatch, brought, out, err):
    monkeypatch.setattr(feed_reader, "read_all", lambda _workspace: [brought])
    ran = look("articles", "import", "--feeds")
    assert (ran.code, ran.err) == (bool(err), err) and ran.out.startswith(out)


def test_users_are_listed_with_what_they_may_do(say):
    say("users", "invite", "claire@rtes.example", "--role", "admin", "--name", "Claire", "--may-send")
    assert say("users", "list").out == "claire@rtes.example\tClaire\tadmin\tmay send\n"


def test_on_a_terminal_a_listing_is_a_table_with_its_title_and_columns(look, monkeypatch):
    wide = Console(highlight=False, soft_wrap=True, force_terminal=True, width=200)
    monkeypatch.setattr(output, "console", lambda: wide)
    with wide.capture() as capture:
        assert look("mailings", "list").code == 0
    told = re.sub(r"\x1b\[[\d;]*m", "", capture.get())
    assert told.splitlines()[0].rstrip() == "2 mailings" and "approved" in told and LETTRE in told


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")],
)
def test_a_duration_is_told_as_people_say_it(value, words):
    assert seconds(value) == words


def test_an_interruption_says_that_nothing_is_lost(look, monkeypatch):
    def stop(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(editions, "findings", stop)
    ran = look("issues", "check", LETTRE)
    assert (ran.code, ran.err) == (
        1,
        "\ninterrupted: nothing is lost, run the same command again to go on\n",
    )


class Terminal(io.StringIO):
    """A keyboard at which somebody types what is given."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "asked"), [("n\n", "Send? [y/N]"), ("", "Send? [y/N]")], ids=["no", "nothing"])
def test_nothing_real_leaves_without_a_yes_and_the_question_names_what_is_near(say, monkeypatch, typed, asked):
    real = {"NEWSLETTER_SENDING__PROVIDER": "smtp", "NEWSLETTER_SENDING__SMTP__HOST": "127.0.0.1"}
    say("issues", "new", "lettre", "--date", "2026-12-15", "--key", "une")
    say("issues", "new", "lettre", "--date", "2026-12-16", "--key", "autre")
    say("issues", "approve", "autre", **real)
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    ran = say("send", "une", "--now", **real)
    assert ran.code == 1 and "60 recipients through smtp; `autre` of the same publication leaves within" in ran.out
    assert asked in ran.out and say("mailings", "receipt", "une", "--json").json["open"] == 60


def test_a_letter_that_is_called_back_while_it_waits_does_not_leave(say, monkeypatch):
    real = {"NEWSLETTER_SENDING__PROVIDER": "smtp", "NEWSLETTER_SENDING__SMTP__HOST": "127.0.0.1"}
    say("issues", "new", "lettre", "--date", "2026-12-15", "--key", "une")

    def call_back(_seconds: float) -> None:
        change(say.root, "UPDATE mailings SET status = 'cancelled' WHERE issue = 'une'")

    monkeypatch.setattr("newsletter.cli.sending.time.sleep", call_back)
    ran = say("send", "une", "--yes", **real)
    assert ran.code == 1 and "cancel: newsletter mailings cancel une" in ran.err
    assert "`une` was called back. see `newsletter mailings show`" in ran.err
