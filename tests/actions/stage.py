"""A workspace with an approved mailing, taken back to that moment before every run; `newsletter` in its own process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from newsletter.actions.operations import start
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.workspace import open_workspace
from tests import postgres, run
from tests.actions.counting import Server
from tests.actions.forked import Forked
from tests.conftest import ROOT
from tests.workspaces import no_settings

ISSUE = "2026-11-lettre"
Running = subprocess.Popen[str] | Forked


@dataclass
class Stage:
    """`home` is the workspace, `cluster` the PostgreSQL socket directory (None: SQLite)."""

    home: Path
    cluster: Path | None = None
    people: int = 500

    def prepare(self) -> None:
        """Load the people and approve the letter, once."""
        if self.cluster:
            self._make(self.home)
        else:
            shutil.copytree(run.once(f"stage-{self.people}", self._make), self.home, dirs_exist_ok=True)

    def _make(self, home: Path) -> None:
        with no_settings():
            start.demo(home, 1 if self.cluster else self.people, deliver=False)
            if self.cluster:
                os.environ["NEWSLETTER_DATABASE__URL"] = postgres.url(self.cluster, "base")
            try:
                workspace = open_workspace(home)
                if self.cluster:
                    start.load_organisations(workspace, home / "data" / "organisations.csv")
                    start.load_people(workspace, self.people)
                approve_issue(workspace, ISSUE, by="editor", now=True)
                workspace.close()
            finally:
                os.environ.pop("NEWSLETTER_DATABASE__URL", None)
        if not self.cluster:
            shutil.copy(home / "subscribers.db", home / "base.db")

    def reset(self) -> None:
        """Go back to the moment after the approval."""
        shutil.rmtree(self.home / "departures", ignore_errors=True)
        if self.cluster:
            used, base = postgres.database_name("run"), postgres.database_name("base")
            with psycopg.connect(f"host={self.cluster} user=postgres dbname=postgres", autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {used} WITH (FORCE)")
                connection.execute(f"CREATE DATABASE {used} TEMPLATE {base}")
            return
        for path in self.home.glob("subscribers.db*"):
            path.unlink()
        shutil.copy(self.home / "base.db", self.home / "subscribers.db")

    @property
    def url(self) -> str:
        """The database of a run, on PostgreSQL."""
        return f"postgresql+psycopg://postgres@/{postgres.database_name('run')}?host={self.cluster}"

    def newsletter(
        self, server: Server, *arguments: str, home: Path | None = None, prefix: Sequence[str] = (), **settings: Any
    ) -> Running:
        """Start `newsletter ARGUMENTS` against `server`, in another workspace (`home`) or behind a command `prefix`."""
        options = {
            "SENDING__PROVIDER": "smtp",
            "SENDING__SMTP__HOST": "127.0.0.1",
            "SENDING__SMTP__PORT": server.port,
            "SENDING__SMTP__SECURITY": "none",
            "SENDING__RETRY_FIRST_SECONDS": 0.05,
            **settings,
        }
        if self.cluster:
            options["DATABASE__URL"] = self.url
        env = {**os.environ, **{f"NEWSLETTER_{name}": str(value) for name, value in options.items()}}
        words = ["-w", str(home or self.home), *arguments]
        if not prefix and "LD_PRELOAD" not in env:
            return Forked(words, env, ROOT)
        command = [*prefix, sys.executable, str(ROOT / "cli.py"), *words]
        return subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def send(self, server: Server, **settings: Any) -> Running:
        """Start `newsletter send`."""
        return self.newsletter(server, "send", ISSUE, "--yes", "--now", "--json", **settings)

    def settle(self, server: Server) -> dict[str, Any]:
        """Send all doubtful ones again, on a user's word."""
        return self.receipt(self.newsletter(server, "mailings", "settle", ISSUE, "--resend", "--json"))

    @staticmethod
    def receipt(process: Running) -> dict[str, Any]:
        """Wait for a command and return the receipt it printed."""
        out, err = process.communicate(timeout=120)
        assert out, err
        found: dict[str, Any] = json.loads(out)
        parts = ("sent", "refused", "excluded", "cancelled", "doubtful", "open")
        assert found["candidates"] == sum(found[part] for part in parts), "the receipt does not balance"
        return found
