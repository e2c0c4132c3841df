"""Every public page with every hostile text in every place that takes one, on both databases: never a server error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from newsletter.store.tables.core import subscribers
from tests.web.conftest import BASE, Town, opened
from tests.workspaces import place_sample

pytestmark = pytest.mark.slow

HOSTILE = (
    "",
    "\x00",
    "a\x00b",
    "\r\nSet-Cookie: x=1",
    "\n",
    "\u2028",
    "\x85",
    "\u202e",
    "\ufeff",
    "%",
    "_",
    "'",
    '"',
    "\\",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}",
    "${7*7}",
    "<%= 7*7 %>",
    "*|X|*",
    "%%X%%",
    "../../newsletter.toml",
    "..%2f..%2fetc%2fpasswd",
    "é" * 300,
    "A" * 3000,
    "9" * 40,
    "-1",
    "\U0001f600",
    "qz7slot-email-7zq",
)
LOOKS = (
    "/?q={}",
    "/?lang={}",
    "/lettres/{}",
    "/lettres/2026-12-01-flash?cle={}",
    "/lettres/2026-11-lettre?cle={}",
    "/agenda/{}.ics",
    "/images/{}",
    "/static/{}",
    "/l/{}/1",
    "/l/2026-11-lettre/{}",
    "/desabonnement/{}",
    "/preferences/{}",
    "/confirmation/{}",
    "/mes-donnees/{}",
    "/mes-donnees/{}/fichier",
    "/effacement/{}",
    "/proposer/{}",
    "/{}",
    "/hooks/{}",
    "/api/v1/{}",
)


@pytest.fixture
def house(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """The sample month, sent, on SQLite or PostgreSQL."""
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    monkeypatch.setenv("NEWSLETTER_WEB__REQUESTS_PER_IP", "100000")
    place_sample(tmp_path / "ws", 5, database_url)
    with opened(tmp_path / "ws") as town:
        yield town


def sound(answer, what: str) -> None:
    """Check that an answer is calm: no fault of ours, no header of the text's own, no text of it become markup."""
    assert answer.status_code < 500, what
    assert "set-cookie" not in answer.headers, what
    assert not any(active in answer.text for active in ("<script>alert", "<img src=x", "Traceback")), what


def test_no_address_makes_the_server_fail(house: Town) -> None:
    for place in LOOKS:
        for text in HOSTILE:
            path = place.format(quote(text, safe=""))
            for method in ("GET", "POST"):
                sound(house.client.request(method, path, follow_redirects=False), f"{method} {path[:100]!r}")


def test_no_field_makes_the_server_fail(house: Town) -> None:
    with house.workspace.database.read() as connection:
        person = connection.execute(sa.select(subscribers).where(subscribers.c.organisation_id.is_not(None))).first()
    links = house.workspace.links
    leave = links.unsubscribe(person.uid, "lettre").removeprefix(BASE)
    preferences, propose = (make(person.uid).removeprefix(BASE) for make in (links.preferences, links.proposal))
    forms = {
        "/abonnement": ("address", "publications", "first_name", "last_name", "organisation", "form", "website"),
        "/abonnement/formulaire": ("address", "publications", "form"),
        "/lettres/2026-12-01-flash": ("adresse",),
        preferences: ("publications", "first_name", "last_name", "organisation"),
        leave + "/raison": ("reason",),
        leave: ("List-Unsubscribe",),
        leave + "/annuler": ("x",),
        propose: ("action", "proposition", "title", "summary", "text", "link", "day", "hour", "kind", "alt", "retirer"),
    }
    for path, fields in forms.items():
        for text in HOSTILE:
            for field in fields:
                what = f"{field}={text[:40]!r} to {path[:20]}"
                sound(house.client.post(path, data={field: text}), what)
            sound(house.client.post(path, data=dict.fromkeys(fields, text)), f"all={text[:40]!r} to {path[:20]}")
        for odd in (b"\xff\xfe=1", b"=", b"&&&", b"%ZZ=%ZZ", b"a=%00", b"--x"):
            for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""):
                answer = house.client.post(path, content=odd, headers={"Content-Type": kind})
                sound(answer, f"{odd!r} as {kind!r} to {path[:20]}")
    for text in HOSTILE:
        for name in ("proposition", "envoyee", "lang"):
            sound(house.client.get(propose, params={name: text}), f"?{name}={text[:40]!r}")
        sound(house.client.get(f"{propose}/image/{quote(text, safe='')}"), f"image {text[:40]!r}")
        for header in ("Accept-Language", "User-Agent", "Host", "X-Forwarded-Host", "X-Forwarded-For", "Referer"):
            if text.isascii() and text.isprintable():
                sound(house.client.get("/abonnement", headers={header: text}), f"{header}: {text[:40]!r}")
