"""Against servers that are not ours: aiosmtpd (no pipelining) and Postfix's smtp-sink (pipelining)."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP

from bench.smtp import find, sink
from tests.conftest import missing
from tests.providers.smtp_people import outgoing, provider, tell

BODY = b"Bonjour.\r\n.une ligne\r\n..deux points\r\n" * 100


class Mailbox:
    """Keeps the envelopes that aiosmtpd hands over."""

    def __init__(self) -> None:
        self.envelopes: list[tuple[str, list[str], bytes]] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 2.0.0 kept"


@contextmanager
def aiosmtpd(mailbox: Mailbox) -> Iterator[int]:
    """Run aiosmtpd on a free loopback port and yield the port."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: SMTP(mailbox, loop=loop), "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def test_aiosmtpd_gets_one_whole_message_per_person():
    mailbox = Mailbox()
    with aiosmtpd(mailbox) as port:
        session = provider(port).connect()
        found = tell(session.send([outgoing(n, BODY) for n in range(50)]))
        session.close()
    assert set(found.values()) == {"A"} and len(found) == 50
    assert [people for _sender, people, _content in mailbox.envelopes] == [[f"p{n}@example.org"] for n in range(50)]
    for n, (sender, _people, content) in enumerate(mailbox.envelopes):
        message = message_from_bytes(content, policy=policy.SMTP)
        assert sender == "bounces@example.org" and not message.defects
        assert message["Message-ID"] == f"<{n}.test@example.org>"
        assert content == outgoing(n, BODY).mime


def test_smtp_sink_gets_one_whole_message_per_person_through_the_pipeline():
    if not find("smtp-sink"):
        missing("smtp-sink", "install the package postfix")
    # smtp-sink gives up root, then must still be able to walk to the directory.
    with tempfile.TemporaryDirectory() as name:
        kept = Path(name)
        kept.chmod(0o777)
        with sink("-d", f"{kept}/%M.") as port:
            session = provider(port).connect()
            found = tell(session.send([outgoing(n, BODY) for n in range(50)]))
            session.close()
        assert set(found.values()) == {"A"} and len(found) == 50
        assert sorted(recipients(path) for path in kept.iterdir()) == sorted(f"p{n}@example.org" for n in range(50))
        for path in kept.iterdir():
            lines = path.read_bytes().split(b"\n")
            assert lines.count(b".une ligne") == lines.count(b"..deux points") == 100


def recipients(path: Path) -> str:
    """Return what smtp-sink wrote down of RCPT TO."""
    lines = [line for line in path.read_text().splitlines() if line.startswith("X-Rcpt-Args:")]
    return ",".join(line.split("<")[1].split(">")[0] for line in lines)
