"""Notifications of Amazon SES that SNS sends as mail: one JSON text in the body (SES developer guide)."""

from __future__ import annotations

import json
import re
from typing import Any

from newsletter.providers.bounces.reports import Fate, addresses_in
from newsletter.providers.bounces.text import one_line
from newsletter.providers.bounces.verdict import Kind, judge, precise

# SNS breaks long lines as old mail systems do: an exclamation mark, an end of line, a blank.
_BROKEN = re.compile(r"!\n ?")
_LISTS = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients", "delivery": "recipients"}
_MOST = 100


def ses_notification(text: str) -> list[Fate]:
    """Return the fates that a notification tells, one per recipient; none when `text` is no notification of SES."""
    notice = _notice(text)
    kind = str(notice.get("notificationType") or notice.get("eventType") or "").lower()
    detail = notice.get(kind)
    if kind not in _LISTS or not isinstance(detail, dict):
        return []
    people = detail.get(_LISTS[kind])
    return [fate for one in (people if isinstance(people, list) else [])[:_MOST] if (fate := _fate(kind, detail, one))]


def _notice(text: str) -> dict[str, Any]:
    start = text.lstrip()
    if not start.startswith("{") or '"' not in start:
        return {}
    for candidate in (start, _BROKEN.sub("", start)):
        try:
            found, _ = json.JSONDecoder(strict=False).raw_decode(candidate)
            # SNS puts the notification of SES, as a text, into its own.
            if isinstance(found, dict) and isinstance(found.get("Message"), str):
                found, _ = json.JSONDecoder(strict=False).raw_decode(found["Message"].lstrip())
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return {}


def _fate(kind: str, detail: dict[str, Any], one: object) -> Fate | None:
    address = next(iter(addresses_in(str(one.get("emailAddress", "")) if isinstance(one, dict) else str(one))), "")
    if not address:
        return None
    if kind != "bounce" or not isinstance(one, dict):
        return Fate("success" if kind == "delivery" else "complaint", address, "", one_line(f"Amazon SES: {kind}"))
    words = one_line(str(one.get("diagnosticCode") or ""))
    status = precise(str(one.get("status") or ""), words)
    said = f"{detail.get('bounceType', '')} {detail.get('bounceSubType', '')}".strip()
    return Fate(_bounce(said.lower(), status, words), address, status, words or f"Amazon SES: {one_line(said)}")


def _bounce(said: str, status: str, words: str) -> Kind:
    if "suppress" in said:
        # On a list of Amazon's or of the account's, for a bounce or a complaint: nothing was tried this time.
        return "block"
    kind = judge(status, words)
    if kind == "hard" and said.startswith(("transient", "undetermined")):
        return "soft"
    return "hard" if kind == "soft" and not words and said == "permanent noemail" else kind
