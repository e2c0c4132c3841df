"""An audience in words: one French sentence for a rule, such as `les contacts des départements adhérents de la région
Bretagne`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.audience import ORGANISATION, PERSON, AllOf, AnyOf, AudienceRule, Condition, Except
from newsletter.french import date_words, printed
from newsletter.i18n import _, ngettext


def _as_written(_field: str, value: str) -> str:
    return value


@dataclass(frozen=True, slots=True)
class AudienceNames:
    """What a sentence must know: how a value of a field is called, and the days of grace after a membership."""

    name: Callable[[str, str], str] = _as_written
    grace_days: int = 0


def rule_sentence(rule: AudienceRule, names: AudienceNames | None = None) -> str:
    """Return who a rule is about, as a noun phrase without final stop, in the language of now."""
    return printed(_head(rule, names or AudienceNames()))


def _head(rule: AudienceRule, names: AudienceNames) -> str:
    parts = list(rule.parts) if isinstance(rule, AllOf) else [rule]
    if not parts:
        return _("tout le monde")
    level = next((p for p in parts if isinstance(p, Condition) and p.field == "level" and _levels(p)), None)
    if level is None:
        return _("les personnes {clauses}").format(clauses=_clauses(parts, names))
    parts.remove(level)
    member = Condition("member")
    current = member in parts
    if current:
        parts.remove(member)
    nouns = _listed([_levels_of(current)[value] for value in level.values])
    grace = _grace(names) if current else ""
    clauses = _clauses(parts, names)
    return _("les contacts {nouns}{grace} {clauses}").format(nouns=nouns, grace=grace, clauses=clauses).strip()


def _levels(condition: Condition) -> bool:
    return all(value in _levels_of(member=False) for value in condition.values)


def _levels_of(member: bool) -> Mapping[str, str]:
    if member:
        return {
            "region": _("des régions adhérentes"),
            "departement": _("des départements adhérents"),
            "outre-mer": _("des territoires d’outre-mer adhérents"),
            "metropole": _("des métropoles adhérentes"),
            "intercommunalite": _("des intercommunalités adhérentes"),
            "commune": _("des communes adhérentes"),
            "other": _("des autres organisations adhérentes"),
        }
    return {
        "region": _("des régions"),
        "departement": _("des départements"),
        "outre-mer": _("des territoires d’outre-mer"),
        "metropole": _("des métropoles"),
        "intercommunalite": _("des intercommunalités"),
        "commune": _("des communes"),
        "other": _("des autres organisations"),
    }


def _clauses(parts: Sequence[AudienceRule], names: AudienceNames) -> str:
    positive = [part for part in parts if not isinstance(part, Except)]
    negative = [part for part in parts if isinstance(part, Except)]
    return _listed([_clause(part, names) for part in (*positive, *negative)])


def _clause(rule: AudienceRule, names: AudienceNames) -> str:
    if isinstance(rule, Condition):
        return _said(rule, names, holds=True)
    if isinstance(rule, Except):
        if isinstance(rule.part, Condition):
            return _said(rule.part, names, holds=False)
        return _("sauf celles {clauses}").format(clauses=_clause(rule.part, names))
    if not rule.parts:
        return _("quelles qu’elles soient")
    if isinstance(rule, AnyOf):
        return _("soit {alternatives}").format(
            alternatives=_(", soit ").join(_clause(part, names) for part in rule.parts)
        )
    return _clauses(rule.parts, names)


def _said(condition: Condition, names: AudienceNames, *, holds: bool) -> str:
    values = _listed([_value(condition.field, value, names) for value in condition.values], _(" ou "))
    pattern = _patterns(len(condition.values)).get(condition.field)
    if pattern is None:
        label = names.name(condition.field, "")
        pattern = (_("dont « {label} » est {v}"), _("dont « {label} » n’est pas {v}"))
        if not condition.values:
            pattern = (_("dont « {label} » est{days}"), _("dont « {label} » n’est pas{days}"))
    else:
        label = ""
    grace = _grace(names) if condition.field == "member" else ""
    return pattern[0 if holds else 1].format(v=values, days=_days(condition), label=label, grace=grace)


def _patterns(n: int) -> Mapping[str, tuple[str, str]]:
    """Return each condition as a clause, and as one when it does not hold."""
    return {
        "role": (_("qui sont {v}"), _("qui ne sont pas {v}")),
        "function": (_("dont la fonction dit « {v} »"), _("dont la fonction ne dit pas « {v} »")),
        "organisation": (_("de l’organisation {v}"), _("hors de l’organisation {v}")),
        "level": (_("dont la collectivité est {v}"), _("dont la collectivité n’est pas {v}")),
        "region": (
            ngettext("de la région {v}", "des régions {v}", n),
            ngettext("hors de la région {v}", "hors des régions {v}", n),
        ),
        "departement": (
            ngettext("du département {v}", "des départements {v}", n),
            ngettext("hors du département {v}", "hors des départements {v}", n),
        ),
        "group": (
            ngettext("du groupe {v}", "des groupes {v}", n),
            ngettext("hors du groupe {v}", "hors des groupes {v}", n),
        ),
        "subscribed": (_("abonnées à {v}"), _("pas abonnées à {v}")),
        "basis": (_("inscrites par {v}"), _("inscrites autrement que par {v}")),
        "received": (_("ayant reçu {v}"), _("n’ayant pas reçu {v}")),
        "member": (_("d’une collectivité adhérente{days}{grace}"), _("sans collectivité adhérente{days}{grace}")),
        "former": (
            _("d’une collectivité qui n’est plus adhérente"),
            _("dont la collectivité n’a pas quitté le réseau"),
        ),
        "featured": (
            _("dont la collectivité a eu un article{days}"),
            _("dont la collectivité n’a pas eu d’article{days}"),
        ),
        "joined": (_("arrivées{days}"), _("pas arrivées{days}")),
        "audience": (_("du public {v}"), _("hors du public {v}")),
    }


def _value(field: str, value: str, names: AudienceNames) -> str:
    if field == "level":
        return {
            "region": _("une région"),
            "departement": _("un département"),
            "outre-mer": _("un territoire d’outre-mer"),
            "metropole": _("une métropole"),
            "intercommunalite": _("une intercommunalité"),
            "commune": _("une commune"),
            "other": _("d’un autre niveau"),
        }.get(value, value)
    if field == "role":
        return role_words().get(value, value)
    shown = names.name(field, value) or _("non renseigné")
    quoted = field in ("group", "subscribed", "received", "audience") or field.startswith((PERSON, ORGANISATION))
    return f"« {shown} »" if quoted else shown


def role_words() -> Mapping[str, str]:
    """Return the names of the roles that a function can speak of, in the plural."""
    return {
        "elu": _("élu·es"),
        "technicien": _("technicien·nes"),
        "partner": _("partenaires"),
        "press": _("journalistes"),
        "other": _("d’un autre rôle"),
        "": _("sans rôle connu"),
    }


def _days(condition: Condition) -> str:
    since, before = (date_words(date.fromisoformat(day)) if day else "" for day in (condition.since, condition.before))
    if since and before:
        return _(" à partir du {since} et avant le {before}").format(since=since, before=before)
    if since:
        return _(" à partir du {since}").format(since=since)
    return _(" avant le {before}").format(before=before) if before else ""


def _grace(names: AudienceNames) -> str:
    n = names.grace_days
    words = ngettext(" ({n} jour de grâce compris)", " ({n} jours de grâce compris)", n)
    return words.format(n=n) if n else ""


def _listed(words: Sequence[str], last: str = "") -> str:
    words = [word for word in words if word]
    head, tail = list(words[:-1]), list(words[-1:])
    return (last or _(" et ")).join([", ".join(head), *tail] if head else tail)
