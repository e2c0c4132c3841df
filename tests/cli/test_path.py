"""The commands of the main path: their JSON contracts, exit codes and words."""

from __future__ import annotations

from importlib import import_module

import pytest

from newsletter.cli import COMMANDS
from tests.cli.conftest import run

pytestmark = pytest.mark.slow

LETTRE = "2026-11-lettre"
RECEIPT = {
    "issue",
    "mailing",
    "status",
    "candidates",
    "sent",
    "refused",
    "excluded",
    "cancelled",
    "doubtful",
    "open",
    "seconds",
    "excluded_by",
    "doubtful_names",
}


def test_the_demo_sends_both_letters_and_balances_both_receipts(tmp_path):
    ran = run(tmp_path, "demo", "--dir", str(tmp_path / "d"), "--subscribers", "40", "--json")
    assert ran.code == 0, ran.err
    demo = ran.json
    assert [i["publication"] for i in demo["issues"]] == ["lettre", "flash"]
    for receipt in demo["receipts"]:
        assert set(receipt) >= RECEIPT
        assert receipt["status"] == "done" and receipt["sent"] == receipt["candidates"] > 0
    assert len(list((tmp_path / "d" / "outbox" / LETTRE).glob("*.eml"))) == 40


def test_the_demo_never_empties_a_directory_that_is_not_its_own(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.md").write_text("years of work")
    ran = run(tmp_path, "demo", "--dir", str(tmp_path / "mine"))
    assert ran.code == 1 and "is not empty" in ran.err
    assert (tmp_path / "mine" / "thesis.md").exists()


def test_a_fresh_workspace_is_never_overwritten(tmp_path):
    assert run(tmp_path, "init", str(tmp_path / "w")).code == 0
    secret = (tmp_path / "w" / ".env").read_text()
    (tmp_path / "w" / "newsletter.toml").write_text("# mine")
    assert run(tmp_path, "init", str(tmp_path / "w")).code == 0
    assert (tmp_path / "w" / "newsletter.toml").read_text() == "# mine"
    assert (tmp_path / "w" / ".env").read_text() == secret
    assert (tmp_path / "w" / ".env").stat().st_mode & 0o077 == 0


def test_articles_are_listed_created_and_checked(newsletter, workspace):
    before = newsletter("articles", "list", "--json").json
    made = newsletter("articles", "new", "Une halle pour les producteurs", "--tag", "territoires", "--json").json
    after = newsletter("articles", "list", "--json").json
    assert len(after) == len(before) + 1
    assert (workspace / made["path"]).read_text().startswith("---\n# À remplir : summary")
    assert newsletter("articles", "check").code == 0
    assert {a["article"] for a in newsletter("articles", "list", "--unused", "--json").json} >= {made["article"]}


def test_an_unknown_tag_names_the_nearest(newsletter):
    ran = newsletter("articles", "new", "Un titre", "--tag", "territoire")
    assert ran.code == 1 and ran.err.startswith("error: ") and "did you mean `territoires`?" in ran.err


def test_an_issue_is_composed_checked_and_previewed(newsletter, workspace, tmp_path):
    made = newsletter("issues", "new", "lettre", "--date", "2026-12-15", "--json").json
    assert made["issue"] == "2026-12-lettre" and (workspace / made["path"]).exists()
    assert newsletter("issues", "check", made["issue"], "--json").code == 0
    seen = newsletter("issues", "preview", made["issue"], "--out", str(tmp_path / "p"), "--json").json
    assert seen["subject"] == "La lettre du RTES – décembre 2026"
    assert seen["bytes_html"] == len((tmp_path / "p" / "letter.html").read_bytes()) or seen["bytes_html"] > 10_000
    assert {p.name for p in (tmp_path / "p").glob("letter*")} == {"letter.html", "letter.txt", "letter.eml"}
    assert {"code", "level", "message", "where"} <= set(seen["warnings"][0]) if seen["warnings"] else True


def test_what_cannot_be_read_is_not_left_out_in_silence(newsletter, workspace):
    (workspace / "articles" / "marche.md").write_text("---\ntitle: Un marché\ntags: [rtes]\ndate: hier\n---\n")
    made = newsletter("issues", "new", "lettre", "--date", "2026-12-15")
    assert made.code == 0 and "left out, it cannot be read: `hier` is no date (articles/marche.md:4" in made.out


def test_an_issue_of_the_same_day_is_not_made_twice_by_mistake(newsletter, workspace):
    assert newsletter("issues", "new", "lettre", "--date", "2026-12-15").code == 0
    again = newsletter("issues", "new", "lettre", "--date", "2026-12-15")
    assert again.code == 1 and "issues/2026-12-lettre.md" in again.err and "--key" in again.err
    assert newsletter("issues", "new", "lettre", "--date", "2026-12-15", "--key", "2026-12-bis").code == 0


def test_an_issue_with_an_error_is_not_approved_and_the_error_names_its_place(newsletter, workspace):
    path = workspace / "issues" / f"{LETTRE}.md"
    path.write_text(path.read_text().replace("- redon-habitat-participatif", "- redon-habitat-partcipatif"))
    checked = newsletter("issues", "check", LETTRE)
    assert checked.code == 1 and "redon-habitat-participatif" in checked.out
    ran = newsletter("send", LETTRE)
    assert ran.code == 1 and f"issues/{LETTRE}.md" in ran.err
    assert newsletter("mailings", "list", "--json").json == []


def test_a_file_changed_after_the_approval_asks_for_a_new_one(newsletter, workspace):
    assert newsletter("issues", "approve", LETTRE).code == 0
    path = workspace / "issues" / f"{LETTRE}.md"
    path.write_text(path.read_text().replace("Parole de partenaires", "La parole aux partenaires"))
    ran = newsletter("send", LETTRE)
    assert ran.code == 1 and "changed since the approval" in ran.err
    assert newsletter("issues", "approve", LETTRE).code == 0
    sent = newsletter("send", LETTRE, "--json").json
    assert sent["status"] == "done" and sent["sent"] == 60
    eml = next((workspace / "outbox" / LETTRE).glob("*.eml")).read_bytes()
    assert b"La parole aux partenaires" in eml.replace(b"=\r\n", b"")


def test_sending_again_sends_nothing_again(newsletter, workspace):
    first = newsletter("send", LETTRE, "--json").json
    stamps = {p: p.stat().st_mtime_ns for p in (workspace / "outbox" / LETTRE).glob("*.eml")}
    second = newsletter("send", LETTRE, "--json").json
    assert second["mailing"] == first["mailing"] and second["sent"] == first["sent"] == 60
    assert {p: p.stat().st_mtime_ns for p in (workspace / "outbox" / LETTRE).glob("*.eml")} == stamps


def test_nothing_real_leaves_without_a_yes(newsletter):
    ran = newsletter("send", LETTRE, "--now", NEWSLETTER_SENDING__PROVIDER="smtp")
    assert ran.code == 1 and "add --yes" in ran.err and "60 recipients through smtp" in ran.err


def test_a_mailing_is_paused_resumed_and_cancelled(newsletter):
    newsletter("issues", "approve", LETTRE)
    assert newsletter("mailings", "pause", LETTRE, "--why", "une coquille").code == 0
    assert "une coquille" in newsletter("send", LETTRE).err
    assert newsletter("mailings", "resume", LETTRE).code == 0
    receipt = newsletter("mailings", "cancel", LETTRE, "--yes", "--json").json
    assert (receipt["status"], receipt["cancelled"], receipt["open"]) == ("cancelled", 60, 0)
    assert [e["kind"] for e in newsletter("mailings", "show", LETTRE, "--json").json["events"]] == [
        "mailing-approved",
        "mailing-paused",
        "mailing-resumed",
        "mailing-cancelled",
    ]


def test_a_proof_says_that_it_is_one(newsletter, workspace):
    ran = newsletter("issues", "proof", LETTRE, "--to", "elue@collectivite.example", "--json")
    assert ran.code == 0, ran.err
    (eml,) = (workspace / "outbox" / f"{LETTRE}-epreuve").glob("*.eml")
    assert b"To: elue@collectivite.example" in eml.read_bytes()
    assert newsletter("mailings", "list", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["issues", "check", "2026-11-letre"], 1, "did you mean `2026-11-lettre`?"),
        (["issues", "new", "letre"], 1, "did you mean `lettre`?"),
        (["mailings", "receipt", LETTRE], 1, "has no mailing"),
        (["send", LETTRE, "--at", "mardi 25h"], 1, "is no time"),
        (["issues", "proof", LETTRE, "--to", "nobody"], 1, "error: "),
        (["nonsense"], 2, "No such command"),
        (["issues", "new", "lettre", "--date", "24/11/2026"], 2, "--date"),
    ],
)
def test_what_goes_wrong_is_said_on_stderr_with_its_exit_code(newsletter, arguments, code, words):
    ran = newsletter(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err


def test_outside_a_workspace_the_error_says_how_to_make_one(tmp_path):
    ran = run(tmp_path, "issues", "list")
    assert ran.code == 1 and "newsletter init" in ran.err


def test_every_command_is_where_the_table_says_and_no_module_has_one_that_is_not_in_it():
    modules = {import_module(f"newsletter.cli.{name}") for name in COMMANDS.values()}
    assert {c.name: m.__name__.rpartition(".")[2] for m in modules for c in m.COMMANDS} == COMMANDS
