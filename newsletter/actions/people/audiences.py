"""Audiences in use: the named ones of the workspace, who is in one, how many on a day, and why somebody is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from newsletter import addresses, paris
from newsletter.actions.people.audience_names import audience_names
from newsletter.actions.people.data_rights import record_export
from newsletter.actions.reports.labels import one_level
from newsletter.actions.workspace import Workspace
from newsletter.audience import Audience, AudienceRule, canonical, conditions, formula, resolve
from newsletter.audience_parser import parse_rule
from newsletter.audience_words import role_words, rule_sentence
from newsletter.content import audiences as files
from newsletter.errors import AudienceError, NewsletterError, NotFound, Refused
from newsletter.exchange.export import write_table
from newsletter.french import slugify
from newsletter.i18n import Sentence, _
from newsletter.store.journal import Event, record_event
from newsletter.store.people import audiences as store
from newsletter.store.people import custom_fields, people
from newsletter.store.people.audience_sql import Standing, standing_now, standing_on
from newsletter.store.people.audiences import AudiencePerson
from newsletter.store.people.custom_fields import CustomField


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedAudience:
    """A rule in words, with how many people it holds today; `trouble` says why it cannot be counted.

    `key` and `title` are those of a named audience, empty for a rule on its own.
    """

    formula: str
    sentence: str
    people: int = 0
    key: str = ""
    title: str = ""
    note: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class AudienceAnswer:
    """Whether an address is in an audience, condition by condition in words; no conditions for who counts nowhere."""

    email: str
    inside: bool
    known: bool
    conditions: tuple[tuple[str, bool], ...]


def read_rule(workspace: Workspace, text: str) -> AudienceRule:
    """Return the rule that a text says: the key of a named audience, or a formula; AudienceError."""
    named = next((audience for audience in workspace.audiences() if audience.key == text.strip()), None)
    return named.rule if named else parse_rule(text)


def list_audiences(workspace: Workspace) -> list[DescribedAudience]:
    """Return the named audiences by title, each with its sentence and its people."""
    return [describe_named(workspace, audience) for audience in workspace.audiences()]


def find_audience(workspace: Workspace, key: str) -> Audience:
    """Return a named audience; NotFound."""
    found = next((audience for audience in workspace.audiences() if audience.key == key), None)
    if found is None:
        raise _no_audience(key)
    return found


def _no_audience(key: str) -> NotFound:
    return NotFound(
        f"there is no audience `{key}`",
        hint="`newsletter audiences list` shows them",
        said=Sentence("Ce public n’existe pas ou plus. Revenez à la liste des publics."),
    )


def describe_named(workspace: Workspace, audience: Audience) -> DescribedAudience:
    """Return a named audience in words."""
    made = describe_rule(workspace, audience.rule)
    return replace(made, key=audience.key, title=audience.title, note=audience.note)


def describe_rule(workspace: Workspace, rule: AudienceRule) -> DescribedAudience:
    """Return a rule in words, with its people of today."""
    sentence = rule_sentence(rule, audience_names(workspace))
    try:
        return DescribedAudience(formula=formula(rule), sentence=sentence, people=count_people(workspace, rule))
    except NewsletterError as error:
        return DescribedAudience(formula=formula(rule), sentence=sentence, trouble=error.told)


def count_people(workspace: Workspace, rule: AudienceRule, on: date | None = None) -> int:
    """Return how many people an audience holds today, or held at the end of the day `on`.

    Only people with an active subscription count. AudienceError for what cannot be looked up or is not known of a past
    day.
    """
    at, looked_up = _standing(workspace, on), workspace.resolve_audience(rule, on)
    with workspace.database.read() as connection:
        return store.count_audience(connection, looked_up, at)


def list_people(
    workspace: Workspace, rule: AudienceRule, start: int = 0, limit: int = 50
) -> tuple[list[AudiencePerson], int]:
    """Return a page of an audience's people of today, and how many they are in all."""
    at, looked_up = _standing(workspace, None), workspace.resolve_audience(rule)
    with workspace.database.read() as connection:
        found = list(store.list_audience(connection, looked_up, at, start, limit))
        return found, store.count_audience(connection, looked_up, at)


def why_in_audience(workspace: Workspace, email: str, rule: AudienceRule) -> AudienceAnswer:
    """Explain whether an address is in an audience today; AudienceError, AddressError."""
    address, names = addresses.parse_address(email), audience_names(workspace)
    at, looked_up = _standing(workspace, None), workspace.resolve_audience(rule)
    with workspace.database.read() as connection:
        try:
            person = people.by_key(connection, address.key)
        except NotFound:
            return AudienceAnswer(address.text, inside=False, known=False, conditions=())
        answers = store.answer_conditions(connection, looked_up, at, person.id)
        if answers is None:
            return AudienceAnswer(address.text, inside=False, known=True, conditions=())
    said = tuple((rule_sentence(one, names), answers[one]) for one in dict.fromkeys(conditions(looked_up)))
    return AudienceAnswer(address.text, store.holds(looked_up, answers), known=True, conditions=said)


def export_people(workspace: Workspace, rule: AudienceRule, *, by: str, most: int = 0) -> Iterator[bytes]:
    """Return the pieces of a CSV of an audience's people, headed in the reader's language, with territory and fields.

    The export is recorded before anything is returned. With `most`, more exports a day by one person are Refused.
    """
    count_people(workspace, rule)  # what cannot be looked up is said before a file begins
    record_export(workspace, by=by, detail={"audience": formula(rule)[:500]}, most=most)
    return _pieces(workspace, rule, _heads())


def _heads() -> dict[str, str]:
    return {
        "address": _("Adresse électronique"),
        "salutation": _("Civilité"),
        "first_name": _("Prénom"),
        "last_name": _("Nom"),
        "function": _("Fonction"),
        "role": _("Rôle"),
        "phone": _("Téléphone"),
        "organisation": _("Organisation"),
        "level": _("Niveau"),
        "region": _("Région"),
        "departement": _("Département"),
    }


def _pieces(workspace: Workspace, rule: AudienceRule, heads: dict[str, str]) -> Iterator[bytes]:
    roles, at, looked_up = role_words(), _standing(workspace, None), workspace.resolve_audience(rule)
    with workspace.database.read() as connection:
        fields = custom_fields.list_fields(connection)
        values = {about: custom_fields.all_values(connection, about) for about in ("person", "organisation")}
        columns = [*heads.values(), *(_field_head(field, [*heads.values()]) for field in fields)]

        def row(person: AudiencePerson) -> dict[str, str]:
            cells = {heads[name]: _cell(person, name, roles.get(person.role, "")) for name in heads}
            for field in fields:
                subject = person.id if field.about == "person" else person.organisation_id or 0
                held = values[field.about].get(subject, {}).get(field.key, ())
                cells[_field_head(field, [*heads.values()])] = ", ".join(held)
            return cells

        yield from write_table(columns, map(row, store.list_audience(connection, looked_up, at)))


def _field_head(field: CustomField, taken: list[str]) -> str:
    """Return the heading of a field's column; one that another column has, or that is about places, says of what."""
    if field.about == "organisation" or field.label in taken:
        about = _("organisation") if field.about == "organisation" else _("personne")
        return f"{field.label} ({about})"
    return field.label


def _cell(person: AudiencePerson, name: str, role: str) -> str:
    if name == "level":
        return one_level(person.level) if person.level else ""
    if name == "role":
        return role if person.role else ""
    return str(getattr(person, name))


def save_audience(workspace: Workspace, key: str, title: str, text: str, note: str, by: str) -> Audience:
    """Write a named audience (a new one without `key`) and return it; Refused for the rule of another one.

    Raises AudienceError for a rule that cannot be read or looked up and NotFound for what cannot be a key, with nothing
    written. The key of an audience that was deleted brings it back.
    """
    rule = parse_rule(text)
    known = {audience.key: audience for audience in workspace.audiences()}
    if not title.strip():
        raise Refused(_("Donnez un nom à ce public."), hint="give a title")
    name = key or slugify(title)
    if name != slugify(name, 200):  # a key is part of a path
        raise _no_audience(name)
    if not key and name in known:
        raise Refused(_("Il y a déjà un public de ce nom. Choisissez-en un autre."), hint="choose another title")
    _refuse_twin(rule, name, known)
    named = {other.key: other.rule for other in known.values()} | {name: rule}
    resolve(rule, named, (name,))
    made = files.write_audience(
        workspace.root / files.FOLDER / f"{name}.md", Audience(key=name, title=title.strip(), rule=rule, note=note)
    )
    with workspace.database.write() as connection:
        detail = {"audience": name, "rule": formula(rule)[:500]}
        record_event(connection, Event(workspace.clock(), "audience-saved", actor=by, detail=detail))
    return made


def _refuse_twin(rule: AudienceRule, name: str, known: dict[str, Audience]) -> None:
    twin = next((a for a in known.values() if a.key != name and canonical(a.rule) == canonical(rule)), None)
    if twin:
        raise Refused(
            f"the audience `{twin.key}` says the same",
            hint=f"use `{twin.key}`",
            said=Sentence("Le public « {title} » dit déjà la même chose. Prenez-le.", title=twin.title),
        )


def delete_audience(workspace: Workspace, key: str, by: str) -> Audience:
    """Delete the file of a named audience and return what it was; Refused while another audience names it."""
    found = find_audience(workspace, key)
    users = [
        other.title
        for other in workspace.audiences()
        if any(one.field == "audience" and key in one.values for one in conditions(other.rule))
    ]
    if users:
        raise Refused(
            f"the audience `{key}` is named by others: {', '.join(users)}",
            hint="change these first",
            said=Sentence("« {title} » sert à un autre public : {users}.", title=found.title, users=", ".join(users)),
        )
    (workspace.root / found.path).unlink()
    with workspace.database.write() as connection:
        detail = {"audience": key, "rule": formula(found.rule)[:500]}
        record_event(connection, Event(workspace.clock(), "audience-deleted", actor=by, detail=detail))
    return found


def _standing(workspace: Workspace, on: date | None) -> Standing:
    grace = workspace.settings.members.grace_days
    if on is None:
        return standing_now(workspace.today(), grace)
    if on > paris.day(workspace.clock()):
        raise AudienceError(
            f"{on} is still to come",
            hint="count at a past day, or today",
            said=Sentence("Ce jour n’est pas encore venu. Comptez à une date passée, ou à ce jour."),
        )
    return standing_on(on, grace)
