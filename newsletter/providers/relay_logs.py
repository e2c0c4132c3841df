"""What a relay's own log says of messages: Postfix, Exim, or a provider's export of events in JSON or CSV.

Only our Message-IDs are looked for; everything else in the log is passed over. What is asked is whether the relay took
the message: one that it took and later bounced was taken all the same, and is told as refused with the last answer.
Formats: Postfix's cleanup, qmgr and smtp daemons (postfix-logwatch documents the lines), Exim's mainlog (specification,
chapter 53), exports as the providers' consoles give them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Fate = Literal["taken", "refused"]

_LONGEST = 200_000
_ANSWER = 300

_POSTFIX = re.compile(r"\bpostfix\S*/(\w+)\[\d+\]: ([0-9A-Za-z]{5,20}): (.*)")
_POSTFIX_ID = re.compile(r"(?:resent-)?message-id=<([^<>\s]+)>")
_POSTFIX_STATUS = re.compile(r"\bstatus=(\w+)(?: \((.*)\))?")
_EXIM = re.compile(r"(?:^|\s)(\w{6}-\w{6,11}-\w{2,4}) (<=|=>|->|\*\*|==|Completed|>>) ?(.*)")
_EXIM_ID = re.compile(r"\bid=<?([^<>\s]+)>?")

# Names of events (small letters, without blanks or signs) in the exports of Brevo, Mailjet, Mailgun, Postmark, SES,
# Scaleway, SparkPost and SendGrid. An event that only says "asked for" (request, queued) proves that it was taken.
_TAKEN = re.compile(
    r"(?:email)?(?:sent|send|delivered|delivery|requested|request|accepted|queued|processed|deferred|deferral|\w*soft\w*"
    r"|transient|temporary|opened|open|uniqueopened|proxyopen|clicked|click|complaint|spam|complained|spamcomplaint"
    r"|unsubscribed|unsubscribe|unsub)"
)
_PASSING = re.compile(r"\w*soft\w*|transient|temporary|deferred")
_REFUSED = re.compile(
    r"(?:email)?(?:hardbounced?|bounced?|blocked|block|invalid|invalidemail|rejected|reject|refused|error|failed|failure"
    r"|dropped|undelivered|permanent|mailboxnotfound|blocklisted)"
)
_EVENT_COLUMN = re.compile(
    r"event|event(?:type|name)|type|status|statut|state|etat|(?:é|e)v(?:è|é|e)nement|recordtype|sttext|severity"
)
_TEXT_COLUMNS = ("reason", "response", "details", "description", "message", "error", "comment", "smtp-response")


@dataclass(frozen=True, slots=True)
class LoggedFate:
    """What a log says of one message: whether the relay took it, and its last words on it."""

    message_id: str
    fate: Fate
    answer: str = ""


def read_relay_log(lines: Iterable[str], wanted: Iterable[str]) -> dict[str, LoggedFate]:
    """Return what the log says of the messages in `wanted` (Message-IDs without angle brackets); the others are absent.

    The kind of the log is known from its lines, and several kinds may be mixed. Nothing is raised: a line that cannot
    be read is passed over, and what a log does not say stays unknown.
    """
    ids = {message_id.strip("<> ").lower(): message_id.strip("<> ") for message_id in wanted}
    found: dict[str, LoggedFate] = {}

    def tell(message_id: str, fate: Fate, answer: str) -> None:
        known = ids.get(message_id.strip("<> ").lower())
        if known is not None and (known not in found or fate == "refused" or found[known].fate == "taken"):
            found[known] = LoggedFate(known, fate, answer[:_ANSWER].strip())

    text = (line[:_LONGEST].rstrip("\r\n") for line in lines)
    kept: list[str] = []
    postfix, exim = _Queue(tell), _Queue(tell)
    for line in text:
        if daemon := _POSTFIX.search(line):
            _postfix_line(postfix, daemon[1], daemon[2], daemon[3])
        elif event := _EXIM.search(line):
            _exim_line(exim, event[1], event[2], event[3])
        elif line.strip():
            kept.append(line)
    for row in _rows(kept):
        for message_id, fate, answer in _row_fates(row, ids):
            tell(message_id, fate, answer)
    return found


class _Queue:
    """The messages of a mail server's queue: which Message-ID each queue id bears, and what was said before it."""

    def __init__(self, tell: Callable[[str, Fate, str], None]) -> None:
        self._tell = tell
        self._ids: dict[str, str] = {}
        self._early: dict[str, tuple[Fate, str]] = {}

    def name(self, queue_id: str, message_id: str) -> None:
        """Learn the Message-ID of a queue id; a log that was cut or sorted may tell the rest before."""
        self._ids[queue_id] = message_id
        if queue_id in self._early:
            self._tell(message_id, *self._early.pop(queue_id))

    def say(self, queue_id: str, fate: Fate, answer: str) -> None:
        """Learn what became of a queue id."""
        if queue_id in self._ids:
            self._tell(self._ids[queue_id], fate, answer)
        elif fate == "refused" or queue_id not in self._early:
            self._early[queue_id] = fate, answer


def _postfix_line(queue: _Queue, daemon: str, queue_id: str, rest: str) -> None:
    if named := _POSTFIX_ID.search(rest):
        queue.name(queue_id, named[1])
    # cleanup names a message before it is whole; only the queue manager's line says that it was taken.
    if daemon == "qmgr" and "queue active" in rest:
        queue.say(queue_id, "taken", "in the relay's queue")
    if status := _POSTFIX_STATUS.search(rest):
        refused = status[1] in ("bounced", "expired")
        queue.say(queue_id, "refused" if refused else "taken", status[2] or status[1])


def _exim_line(queue: _Queue, queue_id: str, flag: str, rest: str) -> None:
    if flag == "<=":
        if named := _EXIM_ID.search(rest):
            queue.name(queue_id, named[1])
        queue.say(queue_id, "taken", "in the relay's queue")
    elif flag == "**":
        queue.say(queue_id, "refused", rest)
    elif flag in ("=>", "->", "=="):
        queue.say(queue_id, "taken", rest)


def _rows(lines: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the events of an export: a JSON document, JSON on each line, or a table with names in its first line."""
    whole = "\n".join(lines).lstrip("\ufeff").strip()
    if whole[:1] in ("[", "{"):
        try:
            yield from _objects(json.loads(whole))
        except (ValueError, RecursionError):
            for line in lines:
                try:
                    yield from _objects(json.loads(line))
                except (ValueError, RecursionError):
                    continue
        return
    heading = whole.partition("\n")[0]
    separator = max(",;\t|", key=heading.count)
    try:
        yield from csv.DictReader(whole.splitlines(), delimiter=separator)
    except csv.Error:
        return


def _objects(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the objects that hold plain values, wherever they lie, each with the plain values of those around it."""
    if depth > 8:
        return
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, depth + 1)
    elif isinstance(value, dict):
        lists = [v for v in value.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
        yield dict(_flat(value))
        for inner in lists:
            yield from _objects(inner, depth + 1)


def _flat(value: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict) and depth < 6:
            yield from _flat(inner, depth + 1)
        elif isinstance(inner, str | int | float) and not isinstance(inner, bool):
            yield str(name), inner


def _row_fates(row: Mapping[str, Any], ids: Mapping[str, str]) -> Iterator[tuple[str, Fate, str]]:
    values = {str(name or ""): str(value) for name, value in row.items() if isinstance(value, str | int | float)}
    named = [value for value in values.values() if value.strip("<> \"'").lower() in ids]
    if not named:
        return
    events = [_bare(value) for name, value in values.items() if _EVENT_COLUMN.fullmatch(_bare(name))]
    passing = any(_PASSING.fullmatch(event) for event in events)
    fate: Fate | None = None
    if any(_REFUSED.fullmatch(event) for event in events) and not passing:
        fate = "refused"
    elif any(_TAKEN.fullmatch(event) for event in events):
        fate = "taken"
    if fate:
        small = {name.lower(): value for name, value in values.items()}
        answer = next((small[name] for name in _TEXT_COLUMNS if small.get(name)), " ".join(events))
        yield named[0].strip("<> \"'"), fate, answer


def _bare(text: str) -> str:
    return re.sub(r"[^a-zà-ÿ]", "", text.lower())
