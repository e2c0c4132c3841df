"""`mailings doubtful | refused | retry | settle --from-log`, `send` that serves nobody, and what `restore` tells."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.providers.scripted import Fault, ScriptedServer
from tests.workspaces import copy_sample

LETTRE, PEOPLE = "2026-11-lettre", 12
DEAD = b"550 5.1.1 mailbox unknown"


@pytest.fixture
def root(tmp_path) -> Path:
    """The sample month with twelve subscribers; both letters have left."""
    return copy_sample(tmp_path / "ws", PEOPLE)


@pytest.fixture
def say(root, inside):
    """The `newsletter` command in that workspace."""
    return lambda *arguments, **environ: inside(root, *arguments, **environ)


def put(root: Path, state: str, answer: str = "", n: int = 3) -> None:
    """Put the last `n` deliveries of the lettre into `state`."""
    with sqlite3.connect(root / "subscribers.db") as file:
        chosen = "SELECT d.id FROM deliveries d JOIN mailings m ON m.id = d.mailing_id WHERE m.issue = ? ORDER BY d.id"
        file.execute(
            f"UPDATE deliveries SET state = ?, answer = ?, handed_at = 1795500000 WHERE id IN ({chosen} DESC LIMIT ?)",
            (state, answer, LETTRE, n),
        )


def relay(server: ScriptedServer) -> dict[str, str]:
    """Return the settings that send through a server of this test."""
    return {
        "NEWSLETTER_SENDING__PROVIDER": "smtp",
        "NEWSLETTER_SENDING__SMTP__HOST": "127.0.0.1",
        "NEWSLETTER_SENDING__SMTP__PORT": str(server.port),
        "NEWSLETTER_SENDING__SMTP__SECURITY": "none",
    }


def test_doubtful_messages_are_listed_with_what_to_look_for_in_a_log(root, say):
    assert say("mailings", "doubtful", LETTRE).code == 0
    put(root, "doubtful", "no answer was recorded")
    ran = say("mailings", "doubtful", LETTRE)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert re.fullmatch(
            r"\S+@\S+\t<[0-9a-f]{40}@\S+>\t2026-11-\d\d \d\d:\d\d:\d\d\tno answer was recorded", line
        ), line
    found = say("mailings", "doubtful", LETTRE, "--json").json
    assert [[one["address"], one["message_id"]] for one in found] == [line.split("\t")[:2] for line in lines]
    assert {one["answer"] for one in found} == {"no answer was recorded"} and found[0]["handed_at"].startswith("2026-")


def test_the_refused_are_listed_with_the_answers(root, say):
    put(root, "refused", "550 5.1.1 mailbox unknown", 2)
    ran = say("mailings", "refused", LETTRE)
    assert ran.code == 0 and len(ran.out.splitlines()) == 2
    assert all(re.fullmatch(r"\S+@\S+\t550 5\.1\.1 mailbox unknown", line) for line in ran.out.splitlines())
    found = say("mailings", "refused", LETTRE, "--json").json
    assert [set(one) for one in found] == [{"address", "answer"}] * 2


def test_a_log_settles_what_it_names_and_tells_how_many_stay(root, say, tmp_path):
    put(root, "doubtful")
    one, two, _three = say("mailings", "doubtful", LETTRE, "--json").json
    log = tmp_path / "export.jsonl"
    log.write_text(
        json.dumps({"event": "delivered", "message-id": one["message_id"]})
        + "\n"
        + json.dumps({"event": "hard_bounce", "message-id": two["message_id"], "reason": "550 5.1.1 unknown"})
        + "\n"
    )
    ran = say("mailings", "settle", LETTRE, "--from-log", log)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "by the log: 1 sent, 1 refused, 0 go again, 1 still doubtful"
    assert "refused 1 " in ran.out and "doubtful 1 " in ran.out and "[balanced]" in ran.out
    whole = say("mailings", "settle", LETTRE, "--from-log", log, "--resend-absent", "--json")
    assert whole.code == 1 and "names none of the 1 doubtful" in whole.err, (
        "a log of something else sends nothing again"
    )


def test_what_a_whole_log_does_not_name_goes_again_and_leaves_by_send(root, say, tmp_path):
    put(root, "doubtful")
    one, *_others = say("mailings", "doubtful", LETTRE, "--json").json
    log = tmp_path / "export.csv"
    log.write_text(f"Event,Message-ID\ndelivered,{one['message_id']}\n")
    made = say("mailings", "settle", LETTRE, "--from-log", log, "--resend-absent", "--json").json
    assert made["settled"] == {"sent": 1, "refused": 0, "again": 2, "left": 0}
    assert (made["status"], made["open"]) == ("sending", 2)
    ran = say("send", LETTRE, "--json")
    assert (ran.code, ran.json["status"], ran.json["sent"]) == (0, "done", PEOPLE)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["settle", LETTRE], 2, "say --resend or --sent, or give --from-log FILE"),
        (["settle", LETTRE, "--resend-absent", "--sent"], 2, "say --resend or --sent"),
        (["settle", LETTRE, "--from-log", "-", "--sent"], 2, "leave out --resend, --sent and --address"),
        (["settle", LETTRE, "--from-log", "nowhere.log"], 2, "No such file"),
        (["settle", "2026-11-letre", "--sent"], 1, "has no mailing"),
        (["retry", LETTRE, "--yes"], 1, "nobody was refused like that"),
        (["retry", LETTRE, "--yes", "--domain", "mairie.example"], 1, "(mairie.example)"),
        (["doubtful", "2026-11-letre"], 1, "has no mailing"),
        (["refused", "2026-11-letre"], 1, "has no mailing"),
    ],
)
def test_what_cannot_be_corrected_is_said_with_its_exit_code(say, arguments, code, words):
    ran = say("mailings", *arguments)
    assert (ran.code, ran.out) == (code, "") and words in ran.err


def test_people_refused_by_mistake_are_tried_again_and_served_by_send(root, say):
    put(root, "refused", "550 5.7.1 blocked by policy")
    ran = say("mailings", "retry", LETTRE, "--reason", "unknown", "--yes")
    assert (ran.code, ran.out) == (1, "")
    ran = say("mailings", "retry", LETTRE, "--reason", "BLOCKED", "--yes")
    assert (ran.code, ran.err) == (0, "") and "open 3 " in ran.out and "refused 0 " in ran.out
    ran = say("send", LETTRE, "--json")
    assert (ran.code, ran.json["status"], ran.json["sent"], ran.json["refused"]) == (0, "done", PEOPLE, 0)


@pytest.fixture
def unsent(tmp_path) -> Path:
    """The same month, nothing sent yet."""
    return copy_sample(tmp_path / "ws", PEOPLE, deliver=False)


def test_a_letter_that_nobody_was_served_never_ends_well_and_a_retry_of_it_may(unsent, inside):
    with ScriptedServer(Fault("rcpt", DEAD, times=0), bodies=False) as server:
        ran = inside(unsent, "send", LETTRE, "--now", "--yes", **relay(server))
        assert ran.code == 1 and f"candidates {PEOPLE} = sent 0 + refused {PEOPLE}" in ran.out
        assert "nobody was served" in ran.err and f"mailings refused {LETTRE}" in ran.err
        again = inside(unsent, "send", LETTRE, "--json", **relay(server))
    assert (again.code, again.json["status"], again.json["sent"]) == (1, "done", 0), "nor does looking at it again"
    told = inside(unsent, "mailings", "refused", LETTRE).out.splitlines()
    assert len(told) == PEOPLE and all("mailbox unknown" in line for line in told)
    assert inside(unsent, "mailings", "retry", LETTRE, "--yes").code == 0
    with ScriptedServer(bodies=False) as server:
        ran = inside(unsent, "send", LETTRE, "--json", **relay(server))
    assert (ran.code, ran.json["status"], ran.json["sent"]) == (0, "done", PEOPLE)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_a_letter_refused_for_our_fault_is_paused_exits_1_and_says_the_words(unsent, inside, stage):
    with ScriptedServer(Fault(stage, b"550 5.7.1 Relay access denied", times=0), bodies=False) as server:
        ran = inside(unsent, "send", LETTRE, "--now", "--yes", **relay(server))
    assert ran.code == 1 and "sent 0 + refused 0 " in ran.out and f"open {PEOPLE}" in ran.out
    assert "paused: " in ran.out and "Relay access denied" in ran.out


def test_a_restored_database_tells_what_has_left_since_and_how_to_settle_it(unsent, inside, tmp_path):
    """Approved when it was saved; sent since: the departure logs know whom, and nobody is written to again."""
    assert inside(unsent, "issues", "approve", LETTRE).code == 0
    saved = inside(unsent, "backup", tmp_path / "backups", "--json").json["path"]
    assert inside(unsent, "send", LETTRE).code == 0
    ran = inside(unsent, "restore", saved, "--force")
    assert ran.code == 0, ran.err
    assert f"{LETTRE} is paused: compare" in ran.out
    assert f"by the departure logs {PEOPLE} messages were sent since the backup, and 0 may have been" in ran.out
    assert "mailings settle ISSUE --from-log FILE" in ran.out
    receipt = inside(unsent, "mailings", "receipt", LETTRE, "--json").json
    assert (receipt["status"], receipt["sent"], receipt["open"]) == ("paused", PEOPLE, 0)


def test_a_backup_older_than_the_approval_names_the_letters_that_left_since(unsent, inside, tmp_path):
    saved = inside(unsent, "backup", tmp_path / "backups", "--json").json["path"]
    assert inside(unsent, "send", LETTRE).code == 0
    shutil.copytree(unsent, tmp_path / "twin")
    ran = inside(unsent, "restore", saved, "--force")
    assert ran.code == 0, ran.err
    assert f"{LETTRE}: {PEOPLE} messages left under an approval made after the backup; they are not in it" in ran.out
    told = inside(tmp_path / "twin", "restore", saved, "--force", "--json").json
    assert (told["unknown_departures"], told["sent_since"], told["doubtful_since"]) == ({LETTRE: PEOPLE}, 0, 0)


@pytest.mark.parametrize("command", [("issues", "approve", LETTRE), ("send", LETTRE, "--now", "--yes")])
def test_a_letter_for_nobody_is_not_approved(unsent, inside, command):
    with sqlite3.connect(unsent / "subscribers.db") as file:
        file.execute("UPDATE subscriptions SET state = 'left'")
    ran = inside(unsent, *command)
    assert (ran.code, ran.out) == (1, "") and "nobody would receive" in ran.err and "count --by publication" in ran.err
    assert inside(unsent, "mailings", "list", "--json").json == []
