"""Every page of the Studio with 1,000 articles and 10,000 subscribers, as ratios to `/sante`, a bare page.

A real server on loopback, one request after the other over one connection; the first answer is not counted. Told are
medians of the processor's time, server and client together: nothing here waits for anything but the processor.
"""

from __future__ import annotations

import http.client
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import uvicorn

from newsletter.actions.operations import start
from newsletter.actions.people import directory as people_directory
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.team import signin, users
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.content import article as articles
from newsletter.filters import PersonFilter
from newsletter.model import Status
from newsletter.web.app import make_app

ARTICLES, SUBSCRIBERS, ROUNDS = 1_000, 10_000, 9
BAR = 0.1  # seconds; printed beside the pages that need longer, asserted nowhere
LETTRE = "/studio/numeros/2026-11-lettre"
PAGES = (
    "/studio",
    "/studio/articles",
    "/studio/articles?q=textile&etiquette=territoires",
    "/studio/articles/nouveau",
    "/studio/articles/proposition-villeurbanne-textile",
    "/studio/articles/propositions",
    "/studio/articles/importer",
    "/studio/numeros",
    LETTRE,
    f"{LETTRE}?q=insertion&tout=oui",
    f"{LETTRE}/controles",
    f"{LETTRE}/apercu",
    f"{LETTRE}/envoi",
    f"{LETTRE}/envoi/etat",
    "/studio/public",
    "/studio/public?q=martin",
    "{person}",
    "/studio/public/organisations",
    "/studio/public/organisations/3",
    "/studio/public/importer",
    "/studio/public/a-trancher",
    "/studio/public/rebonds",
    "/studio/chiffres",
    "/studio/chiffres?par=region",
    "/studio/chiffres/annee/2026",
    "/studio/reglages/identite",
    "/studio/reglages/apparence",
    "/studio/reglages/publications",
    "/studio/reglages/envoi",
    "/studio/reglages/equipe",
    "/studio/reglages/cles",
    "/studio/reglages/journal",
    "/studio/boite",
    "/studio/compte",
    "/",
    "/agenda",
    "/abonnement",
)


def fill(workspace: Workspace, n: int, people: int) -> None:
    """Bring the sample month to `n` articles and `people` subscribers; its lettre is approved for all of them."""
    models = [article for article in workspace.pool() if article.status is Status.READY]
    for number in range(n - len(workspace.pool())):
        model = models[number % len(models)]
        back = timedelta(days=number)  # a pool of years: most events are over
        made = articles.new_article(
            workspace.root, title=f"{model.title} ({number})", tags=model.tags, date=model.date - back
        )
        own = {"slug": made.slug, "path": made.path, "title": made.title, "date": made.date, "lines": {}}
        event = model.event and replace(model.event, start=model.event.start - back, end=None)
        articles.write_article(workspace.root / made.path, replace(model, **own, event=event))
    start.load_organisations(workspace, workspace.root / "data" / "organisations.csv")
    start.load_people(workspace, people)
    approve_issue(workspace, start.LETTRE, by="bench")


@contextmanager
def serving(workspace: Workspace) -> Iterator[http.client.HTTPConnection]:
    """Serve the workspace and give one open connection to it."""
    server = uvicorn.Server(uvicorn.Config(make_app(workspace), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        yield http.client.HTTPConnection("127.0.0.1", server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()


def sign_in(workspace: Workspace, connection: http.client.HTTPConnection) -> str:
    """Return the cookie of an admin's session."""
    user = users.invite_user(workspace, "bench@rtes.example", "admin", may_send=True, name="Banc", by="bench")
    path = signin.link_for(workspace, user).removeprefix(workspace.settings.web.base_url)
    connection.request("POST", path)
    answer = connection.getresponse()
    answer.read()
    return str(answer.headers["set-cookie"]).partition(";")[0]


def seconds(connection: http.client.HTTPConnection, path: str, cookie: str) -> tuple[float, int]:
    """Return the median time of a page and its size in bytes; a page that fails is an error."""
    took = []
    for _round in range(ROUNDS + 1):
        began = time.process_time()
        connection.request("GET", path, headers={"Cookie": cookie, "Accept-Language": "fr"})
        answer = connection.getresponse()
        body = answer.read()
        took.append(time.process_time() - began)
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
    return median(took[1:]), len(body)


def run(n: int = ARTICLES, people: int = SUBSCRIBERS) -> list[dict[str, object]]:
    """Return rows `what` (with the page's size), `seconds` (the median) and `ratio` to the bare page."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        start.init(root, sample=True)
        workspace = open_workspace(root)
        try:
            fill(workspace, n, people)
            somebody = people_directory.search(workspace, PersonFilter(publication="flash", state="active"))[0][0]
            with serving(workspace) as connection:
                cookie = sign_in(workspace, connection)
                bare = seconds(connection, "/sante", cookie)[0]
                rows: list[dict[str, object]] = [{"what": "/sante", "seconds": bare, "ratio": 1.0}]
                for path in PAGES:
                    address = path.format(person=f"/studio/public/personnes/{somebody.uid}")
                    took, size = seconds(connection, address, cookie)
                    slow = "  over 100 ms" if took > BAR else ""
                    rows.append({"what": f"{path} {size // 1000} KB{slow}", "seconds": took, "ratio": took / bare})
            return rows
        finally:
            workspace.close()


if __name__ == "__main__":
    for row in run(*map(int, sys.argv[1:3])):
        print(f"{row['what']:64} {float(str(row['seconds'])) * 1000:8.1f} ms  {row['ratio']:6.1f}x")
