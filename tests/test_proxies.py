"""The proxies of deploy/: nginx and Caddy are started with these files; ports, paths and certificate differ."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from newsletter.web.connections import ConnectionLimits
from tests.conftest import ROOT, missing
from tests.web.server import serving_app

HOST = "lettre.example.org"
HSTS = "max-age=31536000"


async def echo(scope, receive, send):
    """Answer with what the proxy said of the visitor, and with the length of the body."""
    if scope["type"] != "http":
        return
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    said = {name.decode(): value.decode() for name, value in scope["headers"]}
    headers = [(b"strict-transport-security", HSTS.encode()), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({**said, "length": length}).encode()})


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A certificate for the name, and its key."""
    openssl = shutil.which("openssl") or missing("openssl", "apt-get install openssl")
    made = tmp_path_factory.mktemp("tls")
    made.chmod(0o755)
    pair = made / "cert.pem", made / "key.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", pair[1], "-out", pair[0], "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"),
        ],
        check=True,
        capture_output=True,
    )
    return pair


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for _try in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except ConnectionRefusedError:
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def nginx(upstream: str, pair: tuple[Path, Path], scratch: Path) -> Iterator[tuple[int, int]]:
    program = shutil.which("nginx") or missing("nginx", "apt-get install nginx-light")
    secure, plain = free_port(), free_port()
    site = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    site = re.sub(r"(?m)^ *listen \[::\].*\n", "", site)
    site = site.replace("listen 443", f"listen 127.0.0.1:{secure}").replace("listen 80", f"listen 127.0.0.1:{plain}")
    site = site.replace("127.0.0.1:8025", upstream).replace("/var/log/nginx", str(scratch))
    site = re.sub(r"/etc/letsencrypt\S+fullchain\.pem", str(pair[0]), site)
    site = re.sub(r"/etc/letsencrypt\S+privkey\.pem", str(pair[1]), site)
    (scratch / "site.conf").write_text(site, "utf-8")
    (scratch / "nginx.conf").write_text(
        f"user root; daemon off; pid {scratch}/pid; error_log {scratch}/error.log; events {{}}\n"
        f"http {{ client_body_temp_path {scratch}/body; proxy_temp_path {scratch}/proxy;\n"
        f"include {scratch}/site.conf; }}\n",
        "utf-8",
    )
    with running([program, "-p", str(scratch), "-e", f"{scratch}/error.log", "-c", f"{scratch}/nginx.conf"], secure):
        yield secure, plain


@contextmanager
def caddy(upstream: str, pair: tuple[Path, Path], scratch: Path) -> Iterator[tuple[int, int]]:
    program = shutil.which("caddy") or missing("caddy", "apt-get install caddy")
    secure, plain = free_port(), free_port()
    text = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")
    text = text.replace("{\n\tservers", f"{{\n\tadmin off\n\thttp_port {plain}\n\thttps_port {secure}\n\tservers", 1)
    text = text.replace(f"\n{HOST} {{", f"\n{HOST} {{\n\tbind 127.0.0.1\n\ttls {pair[0]} {pair[1]}", 1)
    (scratch / "Caddyfile").write_text(text.replace("127.0.0.1:8025", upstream), "utf-8")
    command = ["env", f"HOME={scratch}", program, "run", "--adapter", "caddyfile", "--config", f"{scratch}/Caddyfile"]
    with running(command, secure):
        yield secure, plain


class Named(http.client.HTTPSConnection):
    """Connects to this machine whatever the name."""

    def connect(self) -> None:
        made = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.sock = self._context.wrap_socket(made, server_hostname=self.host)


def ask(port: int, pair, method: str, path: str, body: bytes | None = None, headers=None):
    context = ssl.create_default_context(cafile=str(pair[0]))
    connection = Named(HOST, port, context=context, timeout=30)
    try:
        # Where it is refused before it was whole, the answer is there.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def proxy(request, certificate, tmp_path) -> Iterator[tuple[int, int, Path]]:
    """A proxy before the echo: (its https port, its http port, its folder)."""
    tmp_path.chmod(0o755)
    with (
        serving_app(echo, ConnectionLimits(trusted=("127.0.0.1",))) as url,
        request.param(url.removeprefix("http://"), certificate, tmp_path) as (secure, plain),
    ):
        yield secure, plain, tmp_path


def test_a_proxy_ends_tls_keeps_visitors_honest_and_bounds_what_they_send(proxy, certificate):
    secure, plain, scratch = proxy
    forged = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"}
    answer, said = ask(secure, certificate, "GET", "/preferences/a-secret-token", headers=forged)
    told = json.loads(said)
    assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == ("127.0.0.1", "https")
    assert told["host"].partition(":")[0] == HOST
    assert answer.headers.get_all("strict-transport-security") == [HSTS]
    # A one-click request is answered where it was sent.
    answer, said = ask(secure, certificate, "POST", "/desabonnement/a-secret-token", b"List-Unsubscribe=One-Click")
    assert (answer.status, json.loads(said)["length"]) == (200, 26)
    for path, length, taken in (
        ("/abonnement", 70_000, False),
        ("/hooks/brevo", 1_200_000, False),
        ("/proposer/x", 2_000_000, True),
        ("/proposer/x", 17_000_000, False),
        ("/studio/public/importer", 20_000_000, True),
    ):
        answer, _said = ask(secure, certificate, "POST", path, b"x" * length)
        # Caddy before 2.8 calls a body that is too large its own fault.
        assert answer.status in ((200,) if taken else (413, 502)), path
    connection = http.client.HTTPConnection("127.0.0.1", plain, timeout=30)
    connection.request("GET", "/abonnement", headers={"Host": HOST})
    redirect = connection.getresponse()
    assert redirect.status == 308
    assert redirect.headers["location"].startswith(f"https://{HOST}")
    connection.close()
    logged = "".join(path.read_text("utf-8", "replace") for path in scratch.glob("*.log"))
    assert "a-secret-token" not in logged
    assert "127.0.0.1" not in logged


@pytest.mark.parametrize("program", [nginx, caddy], ids=["nginx", "caddy"])
def test_while_the_service_is_down_the_proxy_says_so_and_keeps_to_https(program, certificate, tmp_path):
    tmp_path.chmod(0o755)
    with program(f"127.0.0.1:{free_port()}", certificate, tmp_path) as (secure, _plain):
        answer, _said = ask(secure, certificate, "GET", "/")
    assert answer.status == 502
    assert answer.headers.get_all("strict-transport-security") == [HSTS]
