"""Letters inside pages: which host the pictures may come from, whatever the request says it is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.requests import Request

from newsletter.web.studio.frames import frame


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("lettre.example.org", "https://lettre.example.org http://lettre.example.org"),
        ("127.0.0.1:8025", "https://lettre.example.org http://127.0.0.1:8025"),
        ("[::1]:8025", "https://lettre.example.org http://[::1]:8025"),
        ("evil.example; script-src *", "https://lettre.example.org "),
        ("evil.example, a", "https://lettre.example.org "),
    ],
)
def test_pictures_come_from_the_configured_address_and_a_forged_host_adds_no_rule(host, named):
    web = SimpleNamespace(base_url="https://lettre.example.org/lettres")
    workspace = SimpleNamespace(settings=SimpleNamespace(web=web))
    app = SimpleNamespace(state=SimpleNamespace(site=SimpleNamespace(workspace=workspace)))
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "app": app,
        "headers": [(b"host", host.encode())],
    }
    policy = frame(Request(scope), "<p>x</p>").headers["Content-Security-Policy"]
    assert policy == (
        f"default-src 'none'; img-src 'self' {named}; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
    )
