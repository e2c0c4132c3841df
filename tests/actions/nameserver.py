"""A name server on the loopback: answers from a table of records, and nothing else of the Internet exists."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

Zone = Mapping[tuple[str, str], list[str]]
ROOT: Zone = {(".", "NS"): ["a.root-servers.example."]}


class _Answers(socketserver.BaseRequestHandler):
    """Answers one question; `silent` keeps its mouth shut, `broken` says SERVFAIL."""

    def handle(self) -> None:
        data, socket = self.request
        server: NameServer = self.server
        server.asked += 1
        if server.silent:
            return
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        (asked,) = question.question
        name, kind = asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)
        records = server.zone.get((name, kind), [])
        if server.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif records:
            answer.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", kind, records))
        elif not any(known == name for known, _kind in server.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)


class NameServer(socketserver.ThreadingUDPServer):
    """The server; `zone` maps (absolute name, type) to records in text form."""

    daemon_threads = True

    def __init__(self, zone: Zone) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.zone, self.silent, self.broken, self.asked = dict(zone), False, False, 0

    @property
    def resolver(self) -> dns.resolver.Resolver:
        """Return a resolver that asks this server only."""
        made = dns.resolver.Resolver(configure=False)
        made.nameservers, made.port = ["127.0.0.1"], self.server_address[1]
        return made


@contextmanager
def serving(zone: Zone) -> Iterator[NameServer]:
    """Serve a zone, with the root above it."""
    with NameServer({**ROOT, **zone}) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
