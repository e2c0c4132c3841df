"""The logs of the services: lines of text or of JSON, which contain no address, token, IP or secret.

Code that logs leaves them out by itself; what is here is the last line of defence, for messages of libraries, answers
of servers and tracebacks.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import logging.config
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from newsletter.settings import Settings

MOST_CHARACTERS = 20_000
GONE = "…"
REPEATS, REPEAT_SECONDS, MOST_KINDS = 5, 60, 200
_SHORTEST_SECRET = 6
_KNOWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "color_message", "taskName"}

_CREDENTIALS = re.compile(r"://[^/\s@]{1,300}@")
_ADDRESS = re.compile(r"[^\s<>\"',;]{1,320}(?:@|%40)[\w.-]+", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"\b(bearer|basic)\s+[\w+/=.~-]{6,}", re.IGNORECASE)
_QUERY = re.compile(r"([?&](?:cle|key|token|jeton|signature|secret|password|email|address|adresse)=)[^&\s\"']+", re.I)
# Random texts mix cases (base64) or are long and hexadecimal; slugs, paths and names in code do neither.
_TOKEN = re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{24,}|(?<![\w-])[0-9a-fA-F]{32,}", re.ASCII)
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NUMBERS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:)[0-9A-Fa-f:.]{2,45})")


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """Return `text` without addresses, tokens, passwords and IP addresses; those of this machine itself stay."""
    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}{GONE}"
    for secret in secrets:
        text = text.replace(secret, GONE)
    text = _CREDENTIALS.sub(f"://{GONE}@", text)
    text = _QUERY.sub(rf"\g<1>{GONE}", text)
    text = _AUTHORIZATION.sub(rf"\g<1> {GONE}", text)
    text = _ADDRESS.sub(lambda found: found[0] if found[0].startswith(f"://{GONE}@") else GONE, text)
    return _NUMBERS.sub(_without_ip, _TOKEN.sub(GONE, text))


def _without_ip(found: re.Match[str]) -> str:
    for text in (found[0], found[0].rstrip(":."), found[0].rpartition(":")[0]):
        try:
            ip = ipaddress.ip_address(text)
        except ValueError:
            continue
        nobodys = ip.is_loopback or ip.is_unspecified
        return found[0] if nobodys else GONE + found[0][len(text) :]
    return found[0]


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


class TextLines(logging.Formatter):
    """One line of text a record, a traceback below it."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.secrets = secrets

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """Return the time in UTC."""
        return _when(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the message on one line: what comes from outside makes no lines and moves no cursor."""
        return _CONTROLS.sub(_escaped, super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Return the traceback indented: no line of it can be taken for an entry."""
        return "\n".join(f"  {_CONTROLS.sub(_escaped, line)}" for line in super().formatException(ei).split("\n"))

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted line."""
        return redact(super().format(record), self.secrets)


class JsonLines(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message`, `error` (a traceback), and the record's extras."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__()
        self.secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted object."""
        entry: dict[str, Any] = {
            "time": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._clean(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _KNOWN:
                entry[name] = value if isinstance(value, (int, float, bool)) else self._clean(str(value))
        if record.exc_info:
            entry["error"] = self._clean(self.formatException(record.exc_info))
        # Escaped to ASCII: no reader of lines sees a line end in it.
        return json.dumps(entry)

    def _clean(self, text: str) -> str:
        return redact(text, self.secrets)


class BoundedHandler(logging.StreamHandler[TextIO]):
    """Writes to stderr, but a warning or error that repeats only a few times a minute; the others are counted.

    A fault met by every connection would otherwise fill the disk that the ledger stands on. What is the same is told by
    logger, level and the message before its values are put in; a traceback counts as a message of its own.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self.began = 0.0
        self.seen: Counter[tuple[object, ...]] = Counter()
        self.left_out: dict[tuple[object, ...], tuple[int, logging.LogRecord]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or count it."""
        if not 0 <= record.created - self.began < REPEAT_SECONDS:
            self.tell_left_out()
            self.began = record.created
        if record.levelno < logging.WARNING:
            super().emit(record)
            return
        key: tuple[object, ...] = (record.name, record.levelno, record.msg, record.exc_info and record.exc_info[0])
        self.seen[key] += 1
        kinds = len(self.seen)
        if self.seen[key] <= REPEATS and kinds <= MOST_KINDS:
            super().emit(record)
            return
        if kinds > MOST_KINDS:
            # Messages that are never twice the same, made by a library: they are counted as one.
            del self.seen[key]
            key = ("",)
        count, first = self.left_out.get(key, (0, record))
        self.left_out[key] = (count + 1, first)

    def tell_left_out(self) -> None:
        """Write how often each message was left out, and begin to count again."""
        left_out, self.left_out = self.left_out, {}
        self.seen.clear()
        for count, first in left_out.values():
            what = "another message" if count == 1 else f"{count} more messages"
            told = f"{what} of this kind left out in {REPEAT_SECONDS} s: {first.getMessage()}"
            super().emit(logging.LogRecord(first.name, first.levelno, "", 0, told, None, None))

    def close(self) -> None:
        """Write what is still counted."""
        self.tell_left_out()
        super().close()


def config(settings: Settings) -> dict[str, Any]:
    """Return the configuration for `logging.config.dictConfig`: everything to stderr, as `[log]` says."""
    found = (secret.get_secret_value() for secret in settings.secrets.values())
    secrets = sorted((value for value in found if len(value) >= _SHORTEST_SECRET), key=len, reverse=True)
    lines = JsonLines if settings.log.format == "json" else TextLines
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": f"{__name__}.{lines.__name__}", "secrets": secrets}},
        "handlers": {"stderr": {"class": f"{__name__}.{BoundedHandler.__name__}", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {name: {"level": settings.log.level.upper()} for name in ("newsletter", "uvicorn", "procrastinate")},
    }


def install(settings: Settings) -> None:
    """Log as the settings say, from now on and in this process."""
    logging.config.dictConfig(config(settings))


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
