"""A server killed in the middle of a crowd of one-click departures: whoever was told so has left."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from newsletter.actions.workspace import open_workspace
from newsletter.store.people import people
from newsletter.store.people.people import Consent, Person
from tests.web.conftest import BASE

PEOPLE, CONNECTIONS, ENOUGH = 400, 8, 120


@pytest.mark.slow
def test_every_departure_that_was_answered_outlives_a_kill(fresh_workspace: Path, tmp_path: Path) -> None:
    shutil.copytree(fresh_workspace, tmp_path, dirs_exist_ok=True)
    workspace = open_workspace(tmp_path)
    with workspace.database.write() as connection:
        crowd = [Person(address=f"p{n}@ville.example", key=f"p{n}@ville.example") for n in range(PEOPLE)]
        ids = people.load_person(connection, crowd, time.time())
        people.enrol(connection, ids, crowd, ["lettre"], Consent("consent", "test"), time.time())
        uids = [people.by_id(connection, number).uid for number in ids]
    paths = [workspace.links.unsubscribe(uid, "lettre").removeprefix(BASE) for uid in uids]
    told: list[int] = []

    log = tmp_path / "serve.log"
    command = [sys.executable, "-m", "newsletter", "-w", str(tmp_path), "serve", "--port", "0"]
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as server:
        try:
            while not (found := re.search(r"running on http://(127[\d.:]+)", log.read_text())):
                assert server.poll() is None, log.read_text()
                time.sleep(0.05)

            def leave(first: int) -> None:
                client = http.client.HTTPConnection(found[1], timeout=30)
                for number in range(first, PEOPLE, CONNECTIONS):
                    try:
                        client.request("POST", paths[number], b"List-Unsubscribe=One-Click")
                        answer = client.getresponse()
                        answer.read()
                    except (OSError, http.client.HTTPException):
                        return  # the server is gone
                    if answer.status == 200:
                        told.append(number)

            threads = [threading.Thread(target=leave, args=(first,)) for first in range(CONNECTIONS)]
            for thread in threads:
                thread.start()
            while len(told) < ENOUGH and any(thread.is_alive() for thread in threads):
                time.sleep(0.001)
        finally:
            server.kill()
        for thread in threads:
            thread.join()

    assert ENOUGH <= len(told) < PEOPLE
    with workspace.database.read() as connection:
        states = [people.subscription(connection, number, "lettre").state for number in ids]
        events = connection.exec_driver_sql("SELECT subscriber_id FROM events WHERE kind = 'left'").scalars().all()
    workspace.close()
    gone = {ids[number] for number in told}
    assert {states[number] for number in told} == {"left"}
    assert len(events) == len(set(events))
    assert gone <= set(events) == {ids[n] for n, state in enumerate(states) if state == "left"}
