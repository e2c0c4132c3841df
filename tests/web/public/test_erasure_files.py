"""Erasure reaches files too: the trial outbox and what an import left to correct."""

from __future__ import annotations

import io
import json

from newsletter.actions.imports import refused_rows, uploads
from newsletter.actions.people import data_rights
from newsletter.providers import outbox

ERASED, OTHER = "jeanne@ville.example", "paul-jeanne@ville.example"


def test_an_erasure_reaches_the_trial_outbox_and_no_one_elses_mail(town):
    for address in (ERASED, OTHER):
        town.ask(address)
    root = town.workspace.root / "outbox"
    # A message whose line was lost with the machine, and one of an older letter.
    (root / "2026-11-lettre").mkdir()
    (root / "2026-11-lettre" / "000007-Jeanne@ville.example.eml").write_bytes(b"To: Jeanne@ville.example")
    (root / "2026-11-lettre" / outbox.JOURNAL).write_text('{"torn')
    data_rights.forget_person(town.workspace, "Jeanne@Ville.example", by="test")
    left = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    named = [p for p, text in left.items() if b"<jeanne@" in text.lower() or f'"{ERASED}"'.encode() in text.lower()]
    assert named == []
    assert not [path for path in left if path.name.lower().endswith(f"{ERASED}.eml") and "paul" not in path.name]
    assert [mail["To"] for mail in town.mails()] == [OTHER]
    lines = (root / "notices" / outbox.JOURNAL).read_text().splitlines()
    assert [json.loads(line)["address"] for line in lines] == [OTHER]
    assert f">{ERASED}<" not in (root / "notices" / outbox.PAGE).read_text()


def test_a_letter_sent_after_an_erasure_is_listed_as_before(town):
    town.ask(ERASED)
    data_rights.forget_person(town.workspace, ERASED, by="test")
    town.ask(OTHER)
    assert [mail["To"] for mail in town.mails()] == [OTHER]


def test_an_erasure_reaches_the_files_of_imports(town):
    town.person(ERASED, lettre="active")
    uploads.keep_upload(town.workspace, io.BytesIO(b"Email\njeanne@ville.example\n"), "gens.csv")
    refused_rows.keep_refused_rows(town.workspace, 1, b"Email\nJEANNE@ville.example\n")
    refused_rows.keep_refused_rows(town.workspace, 2, b"Email\nx@ville\n")
    data_rights.forget_person(town.workspace, ERASED, by="test")
    assert [p.name for p in (town.workspace.root / refused_rows.FOLDER).iterdir()] == ["2.csv"]
    assert [p for p in (town.workspace.root / uploads.FOLDER).rglob("*") if p.is_file()] == []


def test_the_folders_are_those_of_imports():
    assert set(data_rights.LISTS) == {uploads.FOLDER, refused_rows.FOLDER}
