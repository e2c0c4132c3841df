"""Bounces in an IMAP mailbox, over TLS: a message is marked as read only once the caller has dealt with it."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from newsletter.errors import MailboxError
from newsletter.providers.bounces.mime import LIMIT

_FOLDER = re.compile(r"[ -~]{1,200}")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message of the mailbox; call `done` after its effect is stored, else it is fetched again next time."""

    name: str
    raw: bytes
    done: Callable[[], None]


def fetch_imap(
    host: str,
    user: str,
    password: str,
    folder: str = "INBOX",
    *,
    port: int = 993,
    limit: int = 500,
    timeout: float = 30.0,
    context: ssl.SSLContext | None = None,
) -> Iterator[Fetched]:
    """Yield at most `limit` unread messages of `folder`, oldest first, each cut after 512 KB.

    TLS from the first byte, certificate and host name verified (RFC 8314); `timeout` is in seconds per answer. Reading
    leaves the messages unread. Raises MailboxError.
    """
    ask = partial(_ask, f"{user} at {host}, {folder}")
    if not _FOLDER.fullmatch(folder) or '"' in folder or "\\" in folder:
        raise MailboxError(
            "this folder's name cannot be asked for", where=folder, hint="use letters, digits and / or ."
        )
    tls = context or ssl.create_default_context()
    box = ask(imaplib.IMAP4_SSL, host, port, ssl_context=tls, timeout=timeout)
    try:
        _log_in(ask, box, user, password)
        ask(box.select, f'"{folder}"')
        found = ask(box.uid, "SEARCH", "UNSEEN")[0] or b""
        for uid in found.decode("ascii", "replace").split()[:limit]:
            parts = ask(box.uid, "FETCH", uid, f"(BODY.PEEK[]<0.{LIMIT}>)")
            raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
            # Another reader may have removed the message since the search.
            if raw is not None:
                mark = partial(_mark, ask, box, uid)
                yield Fetched(f"imap:{folder}#{uid}", raw[:LIMIT], mark)
    finally:
        box.shutdown()


def _log_in(ask: Callable[..., Any], box: imaplib.IMAP4_SSL, user: str, password: str) -> None:
    if "AUTH=PLAIN" in box.capabilities:
        # Unlike LOGIN it takes any UTF-8 password (RFC 4616).
        ask(box.authenticate, "PLAIN", lambda _: f"\0{user}\0{password}".encode())
    else:
        ask(box.login, user, password)


def _mark(ask: Callable[..., Any], box: imaplib.IMAP4_SSL, uid: str) -> None:
    ask(box.uid, "STORE", uid, "+FLAGS", "(\\Seen)")


def _ask(where: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Return the data of an IMAP answer; any failure becomes a MailboxError that never holds the password."""
    try:
        answer = call(*arguments, **options)
    except UnicodeEncodeError:
        raise MailboxError("user or password holds letters this server cannot take", where=where) from None
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxError(
            f"the mailbox of bounces cannot be read: {error}",
            where=where,
            hint="check [bounces] imap_host, imap_user, imap_folder and NEWSLETTER_IMAP_PASSWORD",
        ) from None
    if isinstance(answer, tuple):
        status, data = answer
        if status != "OK":
            said = b" ".join(part for part in data if isinstance(part, bytes)).decode("utf-8", "replace")
            raise MailboxError(
                f"the mail server refused: {said[:200]}", where=where, hint="check [bounces] imap_folder"
            )
        return data
    return answer
