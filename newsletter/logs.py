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
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from newsletter.settings import Settings

MOST_CHARACTERS = 20_000
GONE = "…"
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


def config(settings: Settings) -> dict[str, Any]:
    """Return the configuration for `logging.config.dictConfig`: everything to stderr, as `[log]` says."""
    found = (secret.get_secret_value() for secret in settings.secrets.values())
    secrets = sorted((value for value in found if len(value) >= _SHORTEST_SECRET), key=len, reverse=True)
    lines = JsonLines if settings.log.format == "json" else TextLines
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": f"{__name__}.{lines.__name__}", "secrets": secrets}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {name: {"level": settings.log.level.upper()} for name in ("newsletter", "uvicorn", "procrastinate")},
    }


def install(settings: Settings) -> None:
    """Log as the settings say, from now on and in this process."""
    logging.config.dictConfig(config(settings))


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
