"""A small OpenID Connect provider on the loopback, which does as each test tells it."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "lettre", "a secret of the provider"


@dataclass
class Provider:
    """Who comes (`person`), what the identity token says otherwise (`claims`), and which key signs."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    in_token: bool = True
    signed_userinfo: bool = False
    described: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}))
    signing: RSAKey | None = None
    algorithm: str = "RS256"
    asked: dict[str, str] = field(default_factory=dict)
    visited: list[str] = field(default_factory=list)

    def authorize(self, url: str) -> str:
        """Let the person sign in at the address the browser was sent to; return where it is sent back."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        return f"{self.asked['redirect_uri']}?{urlencode({'code': 'the-code', 'state': self.asked['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Exchange the code for tokens, once the client and the PKCE verifier are proven."""
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '%20')}".encode()).decode()
        plain = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        proven = authorization in (basic, plain) and form.get("code") == "the-code"
        if not proven or challenge.rstrip(b"=").decode() != self.asked["code_challenge"]:
            return None
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "p-1",
            "iat": int(time()),
            "exp": int(time()) + 300,
            "nonce": self.asked["nonce"],
            **(self.person if self.in_token else {}),
            **self.claims,
        }
        return {"access_token": "at", "token_type": "Bearer", "id_token": self.sign(claims)}

    def sign(self, claims: dict[str, Any]) -> str:
        """Return the claims as a signed token."""
        key = self.signing or self.key
        return jwt.encode({"alg": self.algorithm, "kid": "k1"}, claims, key, algorithms=[self.algorithm])


@contextmanager
def providing() -> Iterator[Provider]:
    """Run a provider for the length of the block."""
    provider = Provider()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            documents = {
                "/.well-known/openid-configuration": lambda: {
                    "issuer": provider.issuer,
                    "authorization_endpoint": f"{provider.issuer}/authorize",
                    "token_endpoint": f"{provider.issuer}/token",
                    "jwks_uri": f"{provider.issuer}/keys",
                    "userinfo_endpoint": f"{provider.issuer}/userinfo",
                    **provider.described,
                },
                "/keys": lambda: {"keys": [provider.key.as_dict(private=False)]},
                "/userinfo": lambda: {"sub": "p-1", **provider.person},
            }
            provider.visited.append(self.path)
            found = documents[self.path]()
            if self.path == "/userinfo" and self.headers["Authorization"] != "Bearer at":
                self.give(401, b"")
            elif self.path == "/userinfo" and provider.signed_userinfo:
                text = provider.sign({**found, "iss": provider.issuer, "aud": CLIENT})
                self.give(200, text.encode(), "application/jwt")
            else:
                self.give(200, json.dumps(found).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            found = provider.token(form, self.headers.get("Authorization", ""))
            self.give(200 if found else 400, json.dumps(found or {"error": "invalid_grant"}).encode())

        def give(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
