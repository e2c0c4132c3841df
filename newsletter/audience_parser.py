"""Reading the formula of an audience: conditions joined by `and`, `or`, `without`, `not` and brackets.

    rule      = all ("or" all)*
    all       = one (("and" | "without") one)*       "x without y" is "x and not y"
    one       = "not" one | "(" rule ")" | "everyone" | condition
    condition = field ["=" value ("," value)*] ["since" DAY] ["before" DAY]

A value stands bare, or between quotes when it holds a comma, a bracket, a quote or one of the words above; a quote
inside is written `\\"`. `before` does not include its day.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NoReturn

from newsletter import audience
from newsletter.audience import AllOf, AnyOf, AudienceRule, Condition, Except
from newsletter.errors import AudienceError, nearest
from newsletter.i18n import Sentence
from newsletter.model import Territory

_TOKEN = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<sign>[(),=])|(?P<word>[^\s(),="]+))')
_CUSTOM = re.compile(r"(?:person|organisation)\.[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    kind: str
    at: int


@lru_cache(maxsize=128)
def parse_rule(text: str) -> AudienceRule:
    """Return the rule that a formula says; an empty one is everyone.

    Raises AudienceError naming the character at which it stops being a rule.
    """
    if len(text) > audience.LONGEST_FORMULA:
        raise _too_large(f"the rule is longer than {audience.LONGEST_FORMULA} characters")
    rule = _read(text, audience.DEEPEST)
    if sum(1 for _one in audience.conditions(rule)) > audience.MOST_CONDITIONS:
        raise _too_large(f"the rule has more than {audience.MOST_CONDITIONS} conditions")
    return audience.canonical(rule)


@lru_cache(maxsize=128)
def parse_resolved(text: str) -> AudienceRule:
    """Return the rule of a formula that was made by looking names up: the bounds of what is written hold no more."""
    return audience.canonical(_read(text, sys.maxsize))


def _read(text: str, deepest: int) -> AudienceRule:
    reader = _RuleReader(text, _tokens(text), deepest)
    if not reader.tokens:
        return audience.EVERYONE
    rule = reader.rule(0)
    if not reader.done:
        reader.refuse("nothing may follow here", "join conditions with `and`, `or` or `without`")
    return rule


def _too_large(what: str) -> AudienceError:
    return AudienceError(
        what,
        hint="make named audiences of its parts",
        said=Sentence("Cette règle est trop longue. Faites-en plusieurs publics, puis réunissez-les."),
    )


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise AudienceError(
                f"a quote is opened and not closed, at character {at + 1}",
                where=text,
                hint='close it with `"`',
                said=Sentence("Il manque un guillemet fermant dans cette règle."),
            )
        kind = match.lastgroup or ""
        found.append(_Token(match[kind], kind, match.start(kind)))
        at = match.end()
    return found


@dataclass(slots=True)
class _RuleReader:
    """Reads tokens from left to right; `next` is the number of the token ahead."""

    text: str
    tokens: list[_Token]
    deepest: int
    next: int = 0

    @property
    def done(self) -> bool:
        return self.next >= len(self.tokens)

    def rule(self, depth: int) -> AudienceRule:
        if depth > self.deepest:
            raise _too_large(f"the rule has brackets in more than {self.deepest} layers")
        parts = [self.all(depth)]
        while self.take("or"):
            parts.append(self.all(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def all(self, depth: int) -> AudienceRule:
        parts = [self.one(depth)]
        while True:
            if self.take("and"):
                parts.append(self.one(depth))
            elif self.take("without"):
                parts.append(Except(self.one(depth)))
            else:
                return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def one(self, depth: int) -> AudienceRule:
        if depth > self.deepest:
            raise _too_large(f"the rule is more than {self.deepest} layers deep")
        if self.take("not"):
            return Except(self.one(depth + 1))
        if self.take("("):
            inner = self.rule(depth + 1)
            if not self.take(")"):
                self.refuse("a bracket is opened and not closed", "close it with `)`")
            return inner
        return audience.EVERYONE if self.take("everyone") else self.condition()

    def condition(self) -> Condition:
        name = self.name()
        values = self.values(name) if self.take("=") else ()
        since = self.day() if self.take("since") else ""
        before = self.day() if self.take("before") else ""
        said = "values" if values else "days" if since or before else "flag"
        known = audience.FIELDS.get(name, frozenset({"values", "days"}))
        if said not in known or (values and (since or before)):
            self.next -= 1
            ways = {"values": f"`{name} = ...`", "days": f"`{name} since 2026-01-01`", "flag": f"`{name}` alone"}
            self.refuse(f"`{name}` is not said like that", "write " + " or ".join(ways[way] for way in sorted(known)))
        return Condition(name, values, since, before)

    def name(self) -> str:
        token = self.tokens[self.next] if not self.done else None
        if token is None or token.kind != "word" or token.text in audience.KEYWORDS:
            self.refuse("a condition is missing", "write one, such as `region = Bretagne`")
        if token.text not in audience.FIELDS and not _CUSTOM.fullmatch(token.text):
            self.refuse(f"`{token.text}` is no condition", nearest(token.text, audience.FIELDS))
        self.next += 1
        return token.text

    def values(self, name: str) -> tuple[str, ...]:
        found = [self.value(name)]
        while self.take(","):
            found.append(self.value(name))
        return tuple(found)

    def value(self, name: str) -> str:
        """Return a quoted text, or the words up to the next sign or keyword, one blank between them."""
        if not self.done and self.tokens[self.next].kind == "quoted":
            text = re.sub(r"\\(.)", r"\1", self.tokens[self.next].text[1:-1])
            self.next += 1
        else:
            words = []
            while not self.done and self.tokens[self.next].kind == "word":
                if self.tokens[self.next].text in audience.KEYWORDS:
                    break
                words.append(self.tokens[self.next].text)
                self.next += 1
            text = " ".join(words)
            if not text:
                self.refuse(f"a value of `{name}` is missing", f"write `{name} = value`")
        if name == "level" and text not in list(Territory):
            self.next -= 1
            self.refuse(f"`{text}` is no level", nearest(text, list(Territory)))
        return text

    def day(self) -> str:
        text = "" if self.done else self.tokens[self.next].text
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                raise ValueError(text)
            date.fromisoformat(text)
        except ValueError:
            self.refuse(f"`{text}` is no day", "write it as 2026-01-31")
        self.next += 1
        return text

    def take(self, text: str) -> bool:
        """Step over the token ahead if it is this sign or keyword."""
        if self.done or self.tokens[self.next].kind == "quoted" or self.tokens[self.next].text != text:
            return False
        self.next += 1
        return True

    def refuse(self, what: str, hint: str) -> NoReturn:
        at = len(self.text) if self.done else self.tokens[self.next].at
        raise AudienceError(
            f"{what}, at character {at + 1}",
            where=self.text,
            hint=hint,
            said=Sentence(
                "La règle « {text} » ne se lit pas à partir de « {rest} ». Reprenez-la dans la page du public.",
                text=self.text[:200],
                rest=self.text[at : at + 40] or "…",
            ),
        )
