"""A local HTTP server that speaks each provider's documented wire format, and fails on demand.

A fake checks what its provider checks (path, credentials, the shape of a call), records each letter as its recipient
would get it, and answers as documented. A fault replaces or spoils one answer. One more provider = one more `Fake`.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


@dataclass(frozen=True)
class Received:
    """One letter as the provider understood it."""

    to: tuple[str, ...]
    subject: str
    html: str
    headers: dict[str, str]
    tracked: bool
    raw: Any = None


@dataclass
class Answer:
    """An answer about to be written."""

    status: int
    document: Any
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    length: int | None = None
    drop: bool = False
    delay: float = 0

    def bytes(self) -> bytes:
        return json.dumps(self.document).encode() if self.body is None else self.body


Fault = Callable[[Answer], Answer]


class Fake:
    """What all fakes share: the letters taken, the calls seen, the faults waiting; `bad` addresses are refused."""

    name: ClassVar[str]
    path: ClassVar[str]
    credentials: ClassVar[dict[str, str]]

    def __init__(self) -> None:
        self.taken: list[Received] = []
        self.calls = 0
        self.faults: list[Fault] = []
        self.bad: set[str] = set()
        self.reverse = False
        self.url = ""

    def handle(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        self.calls += 1
        wrong = path != self.path or any(headers.get(n.lower()) != v for n, v in self.credentials.items())
        answer = Answer(401, self.unauthorised()) if wrong else self.accept(headers, body)
        return self.faults.pop(0)(answer) if self.faults else answer

    def unauthorised(self) -> Any:
        return {"message": "Unauthorized"}

    def accept(self, headers: dict[str, str], body: bytes) -> Answer:
        raise NotImplementedError

    def take(self, letter: Received) -> str:
        """Record the letter; return the provider's identifier of it."""
        self.taken.append(letter)
        return f"id-of-{letter.to[0]}"


class Brevo(Fake):
    name, path, credentials = "brevo", "/v3/smtp/email", {"api-key": "key-brevo"}

    def __init__(self) -> None:
        super().__init__()
        self.keys: set[str] = set()

    def accept(self, headers: dict[str, str], body: bytes) -> Answer:
        call = json.loads(body)
        key = call["headers"]["idempotencyKey"]
        if key in self.keys:
            return Answer(400, {"code": "duplicate_parameter", "message": "Duplicate request"})
        versions = call["messageVersions"]
        if not call.get("htmlContent") or not call["sender"]["email"]:
            return Answer(400, {"code": "missing_parameter", "message": "htmlContent is missing"})
        if any(to["email"] in self.bad for version in versions for to in version["to"]):
            return Answer(400, {"code": "invalid_parameter", "message": "email is not valid in to"})
        self.keys.add(key)
        ids = [self.take(self.letter(call, version)) for version in versions]
        return Answer(201, {"messageIds": ids} if len(ids) > 1 else {"messageId": ids[0]})

    def letter(self, call: dict[str, Any], version: dict[str, Any]) -> Received:
        return Received(
            tuple(to["email"] for to in version["to"]),
            version.get("subject", call["subject"]),
            version.get("htmlContent", call["htmlContent"]),
            version["headers"],
            any(to["contactPixelTrackingConsent"] is not False for to in version["to"]),
            (call, version),
        )


class Mailjet(Fake):
    name, path = "mailjet", "/v3.1/send"
    credentials: ClassVar = {"authorization": "Basic " + base64.b64encode(b"key-mailjet:secret-mailjet").decode()}
    refused_headers = frozenset({"from", "subject", "to", "date", "message-id", "list-id", "x-mailer", "return-path"})

    def accept(self, headers: dict[str, str], body: bytes) -> Answer:
        messages = json.loads(body)["Messages"]
        if len(messages) > 50:
            return Answer(400, {"ErrorCode": "mj-0008", "ErrorMessage": "Too many elements", "StatusCode": 400})
        items = [self.item(message) for message in messages]
        status = 200 if all(item["Status"] == "success" for item in items) else 400
        return Answer(status, {"Messages": items[::-1] if self.reverse else items})

    def item(self, message: dict[str, Any]) -> dict[str, Any]:
        forbidden = [name for name in message["Headers"] if name.lower() in self.refused_headers]
        if forbidden:
            return self.error("send-0011", f"Header cannot be customized: {forbidden}", "Headers")
        if message["To"][0]["Email"] in self.bad:
            return self.error("mj-0013", "is an invalid email address.", "To[0].Email")
        tracked = (message["TrackOpens"], message["TrackClicks"]) != ("disabled", "disabled")
        to = tuple(one["Email"] for one in message["To"])
        number = 1152921506000000000 + sum(map(ord, to[0]))
        self.take(Received(to, message["Subject"], message["HTMLPart"], message["Headers"], tracked, message))
        return {
            "Status": "success",
            "CustomID": message["CustomID"],
            "To": [{"Email": to[0], "MessageUUID": "uuid", "MessageID": number, "MessageHref": "https://"}],
        }

    @staticmethod
    def error(code: str, text: str, related: str) -> dict[str, Any]:
        one = {"ErrorIdentifier": "x", "ErrorCode": code, "StatusCode": 400, "ErrorMessage": text}
        return {"Status": "error", "Errors": [{**one, "ErrorRelatedTo": [related]}]}


class Scaleway(Fake):
    name = "scaleway"
    path = "/transactional-email/v1alpha1/regions/fr-par/emails"
    credentials: ClassVar = {"x-auth-token": "key-scaleway"}

    def accept(self, headers: dict[str, str], body: bytes) -> Answer:
        call = json.loads(body)
        to = tuple(one["email"] for one in call["to"])
        if not call["project_id"] or len(call["subject"]) < 10 or len(call["text"]) < 10:
            return Answer(400, {"type": "invalid_arguments", "details": [{"argument_name": "subject"}]})
        if to[0] in self.bad:
            details = [{"argument_name": "to.0.email", "help_message": "not valid", "reason": "constraint"}]
            return Answer(400, {"type": "invalid_arguments", "message": "invalid argument(s)", "details": details})
        listed = {header["key"]: header["value"] for header in call["additional_headers"]}
        # There is no tracking at Scaleway, hence no switch.
        number = self.take(Received(to, call["subject"], call["html"], listed, False, call))
        mail = {"id": number, "message_id": "m", "mail_rcpt": to[0], "rcpt_type": "to", "status": "new"}
        return Answer(200, {"emails": [mail]})


class Mailgun(Fake):
    name, path = "mailgun", "/v3/lettre.example.org/messages.mime"
    credentials: ClassVar = {"authorization": "Basic " + base64.b64encode(b"api:key-mailgun").decode()}

    def accept(self, headers: dict[str, str], body: bytes) -> Answer:
        form = email.message_from_bytes(
            b"Content-Type: " + headers["content-type"].encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP
        )
        fields = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        to = tuple(fields["to"].get_payload(decode=True).decode().split(","))
        if to[0] in self.bad:
            return Answer(400, {"message": "to parameter is not a valid address. please check documentation"})
        message = fields["message"].get_payload()[0]
        tracked = any(
            fields[name].get_payload(decode=True) != b"no"
            for name in ("o:tracking", "o:tracking-clicks", "o:tracking-opens")
        )
        letter = Received(to, str(message["Subject"]), message.get_body().get_content(), dict(message.items()), tracked)
        self.take(letter)
        return Answer(200, {"id": message["Message-ID"], "message": "Queued. Thank you."})


class Postmark(Fake):
    name, path, credentials = "postmark", "/email/batch", {"x-postmark-server-token": "key-postmark"}

    def unauthorised(self) -> Any:
        return {"ErrorCode": 10, "Message": "No Account or Server API tokens were supplied in the HTTP headers."}

    def accept(self, headers: dict[str, str], body: bytes) -> Answer:
        items = [self.item(message) for message in json.loads(body)]
        return Answer(200, items[::-1] if self.reverse else items)

    def item(self, message: dict[str, Any]) -> dict[str, Any]:
        to = message["To"]
        if to in self.bad:
            return {"To": to, "ErrorCode": 406, "Message": "You tried to send to a recipient marked as inactive."}
        if any(len(value) > 80 for value in message.get("Metadata", {}).values()):
            return {"To": to, "ErrorCode": 300, "Message": "Metadata value is too long."}
        tracked = message["TrackOpens"] is not False or message["TrackLinks"] != "None"
        headers = {header["Name"]: header["Value"] for header in message["Headers"]}
        number = self.take(
            Received(tuple(to.split(",")), message["Subject"], message["HtmlBody"], headers, tracked, message)
        )
        return {"To": to, "SubmittedAt": "2026-11-22T10:00:00Z", "MessageID": number, "ErrorCode": 0, "Message": "OK"}


FAKES: tuple[type[Fake], ...] = (Brevo, Mailjet, Scaleway, Mailgun, Postmark)


@contextmanager
def serving(fake: Fake, tls: ssl.SSLContext | None = None) -> Iterator[Fake]:
    """Serve `fake` on a free port, `fake.url`, over TLS when a context is given."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = fake.handle(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            time.sleep(answer.delay)
            if answer.drop:
                self.close_connection = True
                return
            content = answer.bytes()
            self.send_response_only(answer.status)  # without the Date of this machine: faults set their own
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) if answer.length is None else answer.length))
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = answer.length is not None

        def log_message(self, *args: object) -> None:
            """Keep quiet: the test says what went wrong."""

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, TimeoutError, ssl.SSLError):
                self.close_connection = True  # the client went away, as the test meant it to

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        # The handshake belongs to the connection's own thread: a client that breaks it off must not stop the server.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        fake.url = f"{'https' if tls else 'http'}://localhost:{server.server_address[1]}"
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
