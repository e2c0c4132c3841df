"""An audience chosen in a form: its fields say a rule, and the rules that people choose most can be shown in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.actions.people.audiences import DescribedAudience, describe_rule
from newsletter.actions.workspace import Workspace
from newsletter.audience import AllOf, AudienceRule, Condition, Except, canonical, formula
from newsletter.audience_parser import parse_rule
from newsletter.audience_words import role_words
from newsletter.model import Territory
from newsletter.store.people import directory, groups

# The fields of the form that say "one of these", and the condition of each.
LISTS = {
    "publics": "audience",
    "niveaux": "level",
    "regions": "region",
    "departements": "departement",
    "roles": "role",
    "groupes": "group",
}
_WITHOUT = {"sauf_publics": "audience", "sauf_groupes": "group"}
NAMES = (*LISTS, *_WITHOUT, "membre", "regle", "regle_avant", "simple")


@dataclass(frozen=True, slots=True)
class AudienceForm:
    """What the form shows: the chosen values by field, the rule as text, and whether the fields can say it at all."""

    formula: str = ""
    simple: bool = True
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    member: str = ""
    described: DescribedAudience | None = None


@dataclass(frozen=True, slots=True)
class AudienceChoices:
    """What the form offers: (value, words) of each list."""

    audiences: Sequence[tuple[str, str]] = ()
    regions: Sequence[str] = ()
    groups: Sequence[tuple[str, str]] = ()
    roles: Sequence[tuple[str, str]] = ()
    levels: Sequence[str] = tuple(Territory)


def audience_choices(workspace: Workspace) -> AudienceChoices:
    """Return what can be chosen today."""
    with workspace.database.read() as connection:
        known_groups = [(group.key, group.title) for group in groups.list_groups(connection)]
        known_regions = directory.regions(connection)
    return AudienceChoices(
        audiences=[(audience.key, audience.title) for audience in workspace.audiences()],
        regions=known_regions,
        groups=known_groups,
        roles=[(role, words) for role, words in role_words().items() if role],
    )


def form_of_rule(workspace: Workspace, rule: AudienceRule, *, counted: bool = True) -> AudienceForm:
    """Return a rule as the form shows it; one that its fields cannot say is shown as text only."""
    described = describe_rule(workspace, rule) if counted else None
    text, chosen, member = formula(rule), {}, ""
    for part in rule.parts if isinstance(rule, AllOf) else (rule,):
        name, values = _field_of(part)
        if not name or name in chosen:
            return AudienceForm(text, simple=False, described=described)
        if name == "membre":
            member = values[0]
        chosen[name] = values
    chosen.pop("membre", None)
    return AudienceForm(text, chosen=chosen, member=member, described=described)


def _field_of(part: AudienceRule) -> tuple[str, tuple[str, ...]]:
    """Return the field of the form that says one part of a rule, with its values; "" when none does."""
    inner = part.part if isinstance(part, Except) else part
    if not isinstance(inner, Condition):
        return "", ()
    if inner == Condition("member"):
        return "membre", ("non" if isinstance(part, Except) else "oui",)
    fields = _WITHOUT if isinstance(part, Except) else LISTS
    name = next((name for name, condition in fields.items() if condition == inner.field), "")
    return (name, inner.values) if "" not in inner.values else ("", ())


def rule_of_form(values: Mapping[str, Sequence[str]]) -> AudienceRule:
    """Return the rule that a sent form says: its text when that was changed, else its fields.

    `regle` is the text, `regle_avant` what it was when the page was made. Raises AudienceError.
    """
    text, before = _one(values, "regle"), _one(values, "regle_avant")
    if text != before or _one(values, "simple") == "non":
        return parse_rule(text)
    parts: list[AudienceRule] = []
    for name, condition in LISTS.items():
        found = _several(values, name)
        if found:
            parts.append(Condition(condition, found))
    for name, condition in _WITHOUT.items():
        found = _several(values, name)
        if found:
            parts.append(Except(Condition(condition, found)))
    member = _one(values, "membre")
    if member in ("oui", "non"):
        current = Condition("member")
        parts.append(current if member == "oui" else Except(current))
    return parse_rule(formula(canonical(AllOf(tuple(parts)))))


def _one(values: Mapping[str, Sequence[str]], name: str) -> str:
    return " ".join((list(values.get(name, ())) or [""])[0].split())


def _several(values: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    """Return the values of one list; in a line of text, commas separate them."""
    split = ((value.split(",") if name == "departements" else [value]) for value in values.get(name, ()))
    parts = [part.strip() for pieces in split for part in pieces]
    return tuple(dict.fromkeys(part for part in parts if part))
