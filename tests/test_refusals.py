"""Refusals in the reader's language: whatever a page can show has a sentence for people beside the one for commands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from string import Formatter

import pytest

from newsletter import errors
from newsletter.content import frontmatter, pool
from newsletter.errors import ContentError, MessageError, NewsletterError, Refused
from newsletter.i18n import Sentence, speaking
from tests.conftest import ROOT

FLOORS = (
    "actions/",
    "addresses",
    "content/",
    "links",
    "providers/",
    "rendering/",
    "settings.",
    "store/",
    "tokens",
    "web/",
)
KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, NewsletterError)}
# Said by hand to nobody who sits before a page: which part of the product, and why.
ELSEWHERE = {
    "actions/operations/backup.py": "only the commands `backup` and `restore` save and bring back",
    "actions/operations/backup_manifest.py": "as actions/operations/backup.py",
    "actions/operations/restore.py": "as actions/operations/backup.py",
    "actions/returns/bounces.py": "only commands and jobs read the mailbox",
    "actions/returns/failing.py": "only the command `bounces reverse` takes a bounce back",
    "actions/operations/database_copy.py": "only the command `database copy`",
    "actions/issues/api_drafts.py": "answers a program, in English",
    "actions/operations/database_migrate.py": "only the command `database migrate`",
    "actions/operations/metrics.py": "answers a monitor, without words",
    "actions/returns/provider_reports.py": "answers a provider's webhook, without words",
    "providers/bounces/imap.py": "as actions/returns/bounces.py",
    "providers/bounces/sources.py": "as actions/returns/bounces.py",
    "providers/scaleway.py": "as actions/returns/provider_reports.py",
    "providers/webhooks.py": "as actions/returns/provider_reports.py",
    "store/engine/copy.py": "as actions/operations/database_copy.py",
    "store/engine/database.py": "a database that is away is a fault: the page says that it was recorded",
    "store/migrations/run.py": "as store/engine/database.py",
    "store/engine/queue.py": "as store/engine/database.py",
    "web/returns.py": "as actions/returns/provider_reports.py",
}
# The same for one refusal of a part: its opening words.
ALONE = {
    ("actions/published_pictures.py", "this is no name of"): "only the command `pictures gather`",
    ("actions/published_pictures.py", "the picture weighs"): "as above",
    ("actions/published_pictures.py", "the file is not the picture"): "as above",
    ("actions/issues/feed_import.py", "it answers with"): "caught at once: the draft comes without the picture",
    ("actions/sending/mailings.py", "is paused: "): "only the command `send` and the Python door",
    ("actions/sending/mailings.py", "have changed since the approval"): "as above",
    ("actions/operations/start.py", "` is not empty"): "only the command `demo`",
    ("providers/mailgun.py", "the message has no MIME"): "a fault of ours, for the log",
    ("providers/wire.py", "the message has no parts"): "as above",
    ("providers/wire.py", "more stands there"): "becomes the reason of one delivery",
    ("tokens.py", "the signing secret"): "without it there is no page at all",
}


def refusals() -> Iterator[tuple[str, int, ast.Call]]:
    """Yield file, line and call of every error with an English sentence and none for people."""
    package = ROOT / "newsletter"
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if not name.startswith(FLOORS):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            written = called in KINDS and node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
            if written and not getattr(errors, called).usually and all(word.arg != "said" for word in node.keywords):
                yield name, node.lineno, node


def test_whatever_a_page_can_refuse_has_a_sentence_for_people():
    mute = [
        f"{name}:{line}: {ast.unparse(call)[:100]}"
        for name, line, call in refusals()
        if name not in ELSEWHERE and not any(name == at and words in ast.unparse(call) for at, words in ALONE)
    ]
    assert mute == [], "give `said=Sentence(...)`, in the words of the Studio"


def test_the_exceptions_are_still_there():
    found = [(name, ast.unparse(call)) for name, _line, call in refusals()]
    assert ELSEWHERE.keys() <= {name for name, _text in found}
    assert [at for at in ALONE if not any(name == at[0] and at[1] in text for name, text in found)] == []


@pytest.mark.parametrize(
    ("error", "french", "english"),
    [
        (Refused("no"), "no", "no"),
        (Refused("no", said="non"), "non", "non"),
        (
            Refused("no", said=Sentence("Il n’y a rien à annuler.")),
            "Il n’y a rien à annuler.",
            "There is nothing to undo.",
        ),
        (MessageError("no", where="From"), "Une valeur ne peut pas", "A value cannot stand"),
    ],
)
def test_a_page_shows_the_sentence_for_people_and_else_the_other(error, french, english):
    with speaking("fr"):
        assert error.told.startswith(french)
    with speaking("en"):
        assert error.told.startswith(english)
    assert "no" in str(error), "the command line and the log are in English"


def test_an_error_that_is_kept_speaks_to_each_reader_in_their_language(tmp_path):
    (tmp_path / "articles").mkdir()
    path = tmp_path / "articles" / "x.md"
    path.write_text("---\ntitle: x\ntags: [rtes]\ndate: hier\n---\n", "utf-8")
    with speaking("fr"):
        (kept,) = pool.read_pool(tmp_path).errors
        assert kept.told == "« hier » n’est pas une date. Écrivez 2026-11-24, ou 2026-11-24 09:30."
    with speaking("en"):
        assert kept.told == "“hier” is no date. Write 2026-11-24, or 2026-11-24 09:30."
    assert str(kept).startswith("`hier` is no date (articles/x.md:4, date)")


def test_every_place_to_fill_in_a_sentence_is_filled_and_nothing_is_given_for_none():
    wrong = []
    for path in sorted((ROOT / "newsletter").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Sentence":
                text, given = call.args[0], {word.arg for word in call.keywords}
                if isinstance(text, ast.Constant) and None not in given:
                    places = {name for _text, name, _form, _how in Formatter().parse(str(text.value)) if name}
                    wrong += [f"{path.name}:{call.lineno}"] if places != given else []
    assert wrong == []


def test_a_value_with_braces_is_no_place_to_fill():
    with pytest.raises(ContentError) as caught:
        frontmatter.parse_document("---\n'{name}': 1\n'{name}': 2\n---\n", "x.md")
    assert caught.value.told == "Le champ « {name} » est donné deux fois. Gardez-en un."
