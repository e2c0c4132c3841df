"""`newsletter.toml` with several processes: changes are taken up, and nobody overwrites what another one saved."""

from __future__ import annotations

import pytest

from newsletter.actions.operations.start import init
from newsletter.actions.team import settings_edits
from newsletter.actions.workspace import open_workspace
from newsletter.errors import Refused
from newsletter.settings_file import FILE

CHANGE = [(("network", "short_name"), "RESEAU")]


@pytest.fixture
def two(tmp_path):
    """One workspace, opened as two processes do."""
    init(tmp_path)
    made = [open_workspace(tmp_path) for _ in range(2)]
    yield made
    for workspace in made:
        workspace.close()


def test_what_one_process_saved_is_taken_up_by_the_other_once(two):
    mine, other = two
    settings_edits.save_settings(
        mine, settings_edits.draft(mine, CHANGE, settings_edits.version(mine)), "identity", "a"
    )
    assert not mine.renew()
    assert other.renew()
    assert other.settings.network.short_name == "RESEAU"
    assert not other.renew()


def test_a_change_made_from_what_another_process_has_replaced_is_refused_and_nothing_is_lost(two):
    mine, other = two
    draft = settings_edits.draft(mine, [(("network", "baseline"), "la mienne")], settings_edits.version(mine))
    settings_edits.save_settings(
        other, settings_edits.draft(other, CHANGE, settings_edits.version(other)), "identity", "b"
    )
    with pytest.raises(Refused, match="changed meanwhile"):
        settings_edits.save_settings(mine, draft, "identity", "a")
    text = (mine.root / FILE).read_text("utf-8")
    assert "RESEAU" in text
    assert "la mienne" not in text


def test_a_file_broken_by_hand_is_named_once_and_the_settings_stay(two, caplog):
    mine, _other = two
    path = mine.root / FILE
    right = path.read_text("utf-8")
    path.write_text(right + "\nnonsense = [", "utf-8")
    assert not mine.renew()
    assert not mine.renew()
    assert [record.name for record in caplog.records] == ["newsletter.actions.workspace"]
    assert mine.settings.network.short_name == "RTES"
    path.write_text(right.replace("RTES", "RESEAU"), "utf-8")
    assert mine.renew()
