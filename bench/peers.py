"""The peers of `bench.sending`, each as its users would write it: one message built per recipient, sent over SMTP.

nodemailer comes from npm and Django from PyPI, into a scratch directory of this run; a peer that cannot be had is left
out and named.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib

from bench import message as letters
from bench import smtp

SENDER = "RTES <lettre@example.org>"
LETTER = 42_000  # characters of HTML that make a message of some 65 KB
PATIENCE = 600

Sender = Callable[[int, int], float]
"""Sends so many messages to a port of this machine and returns messages a second."""

_NODEMAILER = """
const nodemailer = require("nodemailer"), fs = require("fs");
const { port, count, connections, sender, text, html, subject } = JSON.parse(fs.readFileSync(process.argv[2]));
const pool = nodemailer.createTransport({ host: "127.0.0.1", port, secure: false, ignoreTLS: true, pool: true,
                                          maxConnections: connections, maxMessages: Infinity });
const began = process.hrtime.bigint();
let next = 0;
async function work() {
  while (next < count) {
    const n = next++;
    await pool.sendMail({ from: sender, to: `reader${n}@example.org`, subject, text,
                          html: html.replace("qz7slot-unsub-7zq", `https://lettre.example.org/u/${n}`) });
  }
}
Promise.all(Array.from({ length: connections }, work)).then(() => {
  console.log(count / (Number(process.hrtime.bigint() - began) / 1e9));
  pool.close();
});
"""

_DJANGO = """
import json, sys, time
from django.conf import settings
made = json.load(open(sys.argv[1]))
settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=made["port"], USE_I18N=False)
from django.core.mail import EmailMultiAlternatives, get_connection
def messages():
    for n in range(made["count"]):
        one = EmailMultiAlternatives(made["subject"], made["text"], made["sender"], [f"reader{n}@example.org"])
        link = f"https://lettre.example.org/u/{n}"
        one.attach_alternative(made["html"].replace("qz7slot-unsub-7zq", link), "text/html")
        yield one
began = time.perf_counter()
get_connection().send_messages(list(messages()))
print(made["count"] / (time.perf_counter() - began))
"""


@contextmanager
def peers() -> Iterator[dict[str, Sender]]:
    """Give the peers that can be had on this machine, by name."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        found: dict[str, Sender] = {
            "aiosmtplib, EmailMessage each": with_aiosmtplib,
            "smtplib, EmailMessage each": with_smtplib,
        }
        if node := _nodemailer(home):
            found["nodemailer, pooled, 16 connections"] = node
        if django := _django(home):
            found["Django send_messages"] = django
        yield found


def email(n: int, letter: letters.Letter) -> EmailMessage:
    """Build a message the usual way."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = SENDER, f"reader{n}@example.org", letter.subject
    made["Message-ID"] = f"<{n}.bench@example.org>"
    made.set_content(letter.text)
    made.add_alternative(letter.html.replace("qz7slot-unsub-7zq", f"https://lettre.example.org/u/{n}"), subtype="html")
    return made


def with_smtplib(port: int, count: int) -> float:
    """smtplib, an EmailMessage per recipient, one connection."""
    letter, start = letters.sample(LETTER), time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as client:
        for n in range(count):
            client.send_message(email(n, letter))
    return count / (time.perf_counter() - start)


def with_aiosmtplib(port: int, count: int, connections: int = smtp.SOURCE_SESSIONS) -> float:
    """aiosmtplib, an EmailMessage per recipient."""
    letter, numbers = letters.sample(LETTER), iter(range(count))

    async def work() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for n in numbers:
                await client.send_message(email(n, letter))

    async def run() -> None:
        await asyncio.gather(*(work() for _ in range(connections)))

    start = time.perf_counter()
    asyncio.run(run())
    return count / (time.perf_counter() - start)


def _nodemailer(home: Path) -> Sender | None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if not (npm and node) or not _got([npm, "install", "--silent", "--no-audit", "--prefix", str(home), "nodemailer"]):
        print("left out: nodemailer (npm could not install it)")
        return None
    return _script(home, "nodemailer.cjs", _NODEMAILER, [node])


def _django(home: Path) -> Sender | None:
    if not _got([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(home / "django"), "Django"]):
        print("left out: Django (pip could not install it)")
        return None
    return _script(home, "with_django.py", _DJANGO, ["env", f"PYTHONPATH={home / 'django'}", sys.executable])


def _got(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE).returncode == 0


def _script(home: Path, name: str, text: str, command: list[str]) -> Sender:
    program = home / name
    program.write_text(text)
    letter = letters.sample(LETTER)

    def send(port: int, count: int) -> float:
        told = {
            "port": port,
            "count": count,
            "connections": smtp.SOURCE_SESSIONS,
            "sender": SENDER,
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
        }
        order = home / "order.json"
        order.write_text(json.dumps(told))
        ran = subprocess.run(
            [*command, str(program), str(order)], check=True, capture_output=True, text=True, timeout=PATIENCE
        )
        return float(ran.stdout)

    return send
