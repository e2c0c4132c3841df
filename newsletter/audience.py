"""Audiences: a rule that says for whom, built from conditions on people, their organisations and their history.

A rule is a tree of frozen values with one written form, its formula (`audience_parser` reads it, `formula` writes it):
`member and level = departement and region = Bretagne without group = presse`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from newsletter.errors import AudienceError, nearest
from newsletter.i18n import Sentence

Kind = Literal["values", "days", "flag"]
PERSON, ORGANISATION = "person.", "organisation."  # how the names of custom fields begin
DEEPEST, MOST_CONDITIONS, LONGEST_FORMULA = 12, 60, 100_000

# What a condition may be about, and how it may be said: `values` after "=", a span of `days`, or the bare word.
FIELDS: Mapping[str, frozenset[Kind]] = {
    "role": frozenset({"values"}),
    "function": frozenset({"values"}),
    "organisation": frozenset({"values"}),
    "level": frozenset({"values"}),
    "region": frozenset({"values"}),
    "departement": frozenset({"values"}),
    "group": frozenset({"values"}),
    "subscribed": frozenset({"values"}),
    "basis": frozenset({"values"}),
    "received": frozenset({"values"}),
    "member": frozenset({"flag", "days"}),
    "former": frozenset({"flag"}),
    "featured": frozenset({"flag", "days"}),
    "joined": frozenset({"days"}),
    "audience": frozenset({"values"}),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold: the field has one of `values`, or falls on or after `since` and before `before`.

    Days are ISO texts, `before` not included. Without values and days it is the bare word (`member`).
    """

    field: str
    values: tuple[str, ...] = ()
    since: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; without parts, everyone."""

    parts: tuple[AudienceRule, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; without parts, no one."""

    parts: tuple[AudienceRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Except:
    """The part does not hold."""

    part: AudienceRule


AudienceRule = Condition | AllOf | AnyOf | Except
EVERYONE = AllOf()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """A named audience of the workspace: one file of `audiences/`; `note` is the file's body."""

    key: str
    title: str
    rule: AudienceRule
    path: str = ""
    note: str = ""


def both(*rules: AudienceRule) -> AudienceRule:
    """Return the rule that holds where all of `rules` do."""
    return canonical(AllOf(rules))


def conditions(rule: AudienceRule) -> Iterator[Condition]:
    """Yield every condition of a rule, from left to right."""
    if isinstance(rule, Condition):
        yield rule
    elif isinstance(rule, Except):
        yield from conditions(rule.part)
    else:
        for part in rule.parts:
            yield from conditions(part)


def canonical(rule: AudienceRule) -> AudienceRule:
    """Return the same rule in one form: flat, sorted, without repetitions. The same rule said twice is then equal."""
    if isinstance(rule, Condition):
        return replace(rule, values=tuple(sorted(set(rule.values))))
    if isinstance(rule, Except):
        part = canonical(rule.part)
        return part.part if isinstance(part, Except) else Except(part)
    kind = type(rule)
    found: list[AudienceRule] = []
    for part in map(canonical, rule.parts):
        found += part.parts if isinstance(part, kind) else (part,)
    parts = tuple(sorted(dict.fromkeys(found), key=formula))
    if not parts and kind is AnyOf:
        return Except(EVERYONE)
    return parts[0] if len(parts) == 1 else kind(parts)


def resolve(rule: AudienceRule, named: Mapping[str, AudienceRule], inside: tuple[str, ...] = ()) -> AudienceRule:
    """Return `rule` with the rules of named audiences in place of `audience = name`.

    Raises AudienceError for a name that no audience has, and for audiences that name each other in a circle.
    """

    def look_up(condition: Condition) -> AudienceRule:
        if condition.field != "audience":
            return condition
        return AnyOf(tuple(_named(name, named, inside) for name in condition.values))

    return replace_conditions(rule, look_up)


def _named(name: str, named: Mapping[str, AudienceRule], inside: tuple[str, ...]) -> AudienceRule:
    if name in inside:
        circle = " > ".join((*inside, name))
        raise AudienceError(
            f"the audiences name each other in a circle: {circle}",
            hint="take one of the names out",
            said=Sentence("Ces publics se citent en rond : {circle}. Retirez l’un d’eux.", circle=circle),
        )
    if name not in named:
        raise AudienceError(
            f"there is no audience `{name}`",
            hint=nearest(name, named),
            said=Sentence("Il n’y a pas de public « {name} ». Choisissez-en un dans la liste.", name=name),
        )
    return resolve(named[name], named, (*inside, name))


def replace_conditions(rule: AudienceRule, look_up: Callable[[Condition], AudienceRule]) -> AudienceRule:
    """Return a rule with what `look_up` gives for it in place of each condition."""
    if isinstance(rule, Condition):
        return look_up(rule)
    if isinstance(rule, Except):
        return Except(replace_conditions(rule.part, look_up))
    return type(rule)(tuple(replace_conditions(part, look_up) for part in rule.parts))


def formula(rule: AudienceRule) -> str:
    """Return the written form of a rule; everyone is an empty text at the top, the word `everyone` further down."""
    return "" if rule == EVERYONE else _written(rule)


def _written(rule: AudienceRule) -> str:
    if isinstance(rule, Condition):
        return _condition(rule)
    if isinstance(rule, Except):
        return f"not {_nested(rule.part)}"
    if not rule.parts:
        return "everyone" if isinstance(rule, AllOf) else "not everyone"
    if len(rule.parts) == 1:
        return _written(rule.parts[0])
    return (" and " if isinstance(rule, AllOf) else " or ").join(map(_nested, rule.parts))


def _nested(rule: AudienceRule) -> str:
    text = _written(rule)
    several = isinstance(rule, AllOf | AnyOf) and (len(rule.parts) > 1 or not rule.parts)
    return f"({text})" if several and text != "everyone" else text


def _condition(condition: Condition) -> str:
    text = condition.field
    if condition.values:
        text += " = " + ", ".join(map(_value, condition.values))
    if condition.since:
        text += f" since {condition.since}"
    if condition.before:
        text += f" before {condition.before}"
    return text


KEYWORDS = ("and", "or", "not", "without", "since", "before")


def _value(value: str) -> str:
    plain = value and value == " ".join(value.split()) and not set(value) & set(',()"=\\')
    if plain and not set(value.split()) & set(KEYWORDS):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
