"""The whole path, as the people of the network walk it: an article is written, printed, sent and received."""

from __future__ import annotations

import email
import re
from email import policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tests.cli.conftest import run
from tests.workspaces import copy_sample

pytestmark = pytest.mark.slow

ARTICLE = """---
title: 'Pays de Rance : « la "halle" & ses voisins » 🌾'
tags: [territoires]
date: 2026-11-26
summary: >-
  {{7*7}} producteurs se sont réunis sous une halle rénovée avec les habitants ; la collectivité prête les murs, les
  maraîchers tiennent la caisse à tour de rôle. Chacun·e y trouve son compte, et l'on y parle aussi d'eau et de sols.
link: https://www.rtes.fr/halle?a=1&b=2
organisations: ["Ville de Lille"]
event: {start: 2026-12-05 09:00, end: 2026-12-05 12:30, place: "Halle du bourg", organisers: ["Pays de Rance"]}
---
Le texte complet est sur le site.
"""


class Mailbox:
    """An SMTP server's memory: whole messages by recipient, with the envelope sender."""

    def __init__(self) -> None:
        self.received: dict[str, list[tuple[str, bytes]]] = {}

    async def handle_DATA(self, _server, _session, envelope):
        (to,) = envelope.rcpt_tos
        self.received.setdefault(to, []).append((envelope.mail_from, envelope.original_content))
        return "250 2.0.0 taken"


class AnyPort(Controller):
    """A controller that lets the system choose the port and checks itself on the one it got."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox():
    box = Mailbox()
    controller = AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return copy_sample(tmp_path / "ws", 80, deliver=False)


def test_an_article_goes_from_a_file_to_every_inbox_once(workspace, mailbox):
    smtp = {
        "NEWSLETTER_SENDING__PROVIDER": "smtp",
        "NEWSLETTER_SENDING__SMTP__HOST": "127.0.0.1",
        "NEWSLETTER_SENDING__SMTP__PORT": str(mailbox.port),
        "NEWSLETTER_SENDING__SMTP__SECURITY": "none",
    }
    (workspace / "articles" / "rance-halle.md").write_text(ARTICLE, encoding="utf-8")
    composed = run(workspace, "issues", "new", "lettre", "--date", "2026-12-01", "--json").json
    sections = {s["tag"]: s["articles"] for s in composed["sections"]}
    assert "rance-halle" in sections["territoires"] and "rance-halle" in sections["agenda"]
    key = composed["issue"]
    assert run(workspace, "issues", "check", key).code == 0

    sent = run(workspace, "send", key, "--now", "--yes", "--json", **smtp)
    assert sent.code == 0, sent.err
    receipt = sent.json
    assert receipt["sent"] == receipt["candidates"] == 80 == len(mailbox.received)
    assert all(len(copies) == 1 for copies in mailbox.received.values())

    seen: dict[str, set[str]] = {"Message-ID": set(), "List-Unsubscribe": set(), "sender": set()}
    for address, [(sender, raw)] in mailbox.received.items():
        assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None
        message = email.message_from_bytes(raw, policy=policy.default)
        assert message["To"] == address and not message.defects
        plain, html = (part.get_content() for part in message.iter_parts())
        for body in (plain, html):
            assert address in body
            assert "{{7*7}} producteurs" in body and "🌾" in body
        assert "halle?a=1&amp;b=2" in html and "halle?a=1&b=2" in plain
        assert "Samedi 5 décembre 2026 de 9h à 12h30" in re.sub(r"[\u00a0\u202f]", " ", html)
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert address not in message["List-Unsubscribe"] and message["List-Unsubscribe"].strip("<>") in html
        seen["Message-ID"].add(message["Message-ID"])
        seen["List-Unsubscribe"].add(message["List-Unsubscribe"])
        seen["sender"].add(sender)
    assert {name: len(values) for name, values in seen.items()} == dict.fromkeys(seen, 80)

    assert run(workspace, "send", key, "--now", "--yes", "--json", **smtp).json["sent"] == 80
    assert sum(len(copies) for copies in mailbox.received.values()) == 80, "sending again sends nothing"


def test_a_targeted_item_reaches_only_the_contacts_it_is_for(workspace):
    ran = run(workspace, "send", "2026-11-17-flash", "--json")
    assert ran.code == 0 and ran.json["sent"] > 0
    from newsletter.actions.workspace import open_workspace
    from newsletter.store.people import organisations, people

    ws = open_workspace(workspace)
    told = {True: 0, False: 0}
    with ws.database.read() as c:
        departements = {o.id: o.departement for o in organisations.list_organisations(c)}
        for path in (workspace / "outbox" / "2026-11-17-flash").glob("*.eml"):
            message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            html = message.get_body(("html",)).get_content()
            person = people.by_key(c, message["To"])
            meant = departements[person.organisation_id] in ("59", "62")
            assert (
                "appel-nord-pas-de-calais" in html or "Nord et du Pas-de-Calais" in html or "Nord-Pas-de-Calais" in html
            ) is meant
            told[meant] += 1
    ws.close()
    assert told[True] > 0 and told[False] > 0
