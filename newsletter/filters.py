"""What a page, a command or a program asks of a list: the filters that doors fill in and the store reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFilter:
    """Which subscribers to list; an empty field filters nothing.

    `state` is a subscription's, `suppressed`, or `none`.
    """

    words: str = ""
    publication: str = ""
    state: str = ""
    level: str = ""
    region: str = ""
