"""The Python door: the page about it runs as written, and names every method there is."""

from __future__ import annotations

import re

import pytest

from newsletter import open_workspace
from newsletter.actions.operations.start import demo
from newsletter.errors import NotFound, Refused, SettingsError
from newsletter.library import OpenedWorkspace
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
LETTRE = "2026-11-lettre"


@pytest.fixture
def composed(tmp_path):
    """A sample workspace with its issues composed and eight people; nothing has been sent."""
    demo(tmp_path / "demo", 8, deliver=False)
    return tmp_path / "demo"


def test_the_page_runs_as_written(composed, monkeypatch, capsys):
    monkeypatch.chdir(composed.parent)
    exec(compile(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], "docs/python.md", "exec"), {})
    said = capsys.readouterr().out
    for line in (LETTRE, "True", "0 done", "check the spelling"):
        assert line in said
    assert (composed.parent / "preview" / "letter.html").exists()


def test_the_page_names_every_method_and_no_other():
    public = {name for name in vars(OpenedWorkspace) if not name.startswith("_")} - {"close"}
    assert set(re.findall(r"^\| `(\w+)\(", PAGE, re.MULTILINE)) == public
    assert len(public) == 10


def test_an_issue_sent_again_reaches_each_person_once(composed):
    with open_workspace(composed) as workspace:
        first, again = workspace.send(LETTRE), workspace.send(LETTRE)
        assert first["sent"] == again["sent"] == first["candidates"] > 0
        assert workspace.receipt(LETTRE)["open"] == 0


def test_figures_and_reasons_come_as_documents(composed):
    with open_workspace(composed) as workspace:
        assert workspace.count(by="publication")["groups"]
        assert "subscribers_end" in {figure["key"] for figure in workspace.report(2026)["figures"]}
        workspace.subscribe("zoe@ville.example", "lettre", asked="by telephone on 3 November")
        assert workspace.unsubscribe("zoe@ville.example") == ["lettre"]
        assert workspace.why("zoe@ville.example", "lettre")["reason"] == "left"


def test_an_issue_is_approved_without_being_sent(composed):
    with open_workspace(composed) as workspace:
        assert workspace.approve(LETTRE)["status"] == "approved"
        assert workspace.receipt(LETTRE)["sent"] == 0


def test_errors_say_what_and_where(composed, tmp_path):
    with pytest.raises(SettingsError, match=r"newsletter\.toml"):
        open_workspace(tmp_path / "nowhere")
    with open_workspace(composed) as workspace:
        with pytest.raises(NotFound):
            workspace.preview("2026-11-letre", composed / "out")
        with pytest.raises(Refused):
            workspace.report(2999)
