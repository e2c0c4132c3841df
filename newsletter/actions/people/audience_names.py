"""What the sentence of an audience calls its values: titles of publications, groups, fields, audiences and issues."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.actions.workspace import Workspace
from newsletter.audience import ORGANISATION, PERSON
from newsletter.audience_words import AudienceNames
from newsletter.errors import ContentError
from newsletter.i18n import _
from newsletter.store.people import custom_fields, groups


def audience_names(workspace: Workspace) -> AudienceNames:
    """Return the names of now; a value that has none is said as it is written."""
    with workspace.database.read() as connection:
        titles = {group.key: group.title for group in groups.list_groups(connection)}
        labels = {f"{field.about}.{field.key}": field.label for field in custom_fields.list_fields(connection)}
    known: dict[str, Mapping[str, str]] = {
        "group": titles,
        "subscribed": {key: p.title for key, p in workspace.settings.publications.items()},
        "audience": _audience_titles(workspace),
        "basis": {"consent": _("consentement"), "member service": _("service aux adhérents")},
    }

    def name(field: str, value: str) -> str:
        if field.startswith((PERSON, ORGANISATION)) and not value:
            return labels.get(field, field.partition(".")[2])
        return known.get(field, {}).get(value, value)

    return AudienceNames(name, workspace.settings.members.grace_days)


def _audience_titles(workspace: Workspace) -> Mapping[str, str]:
    try:
        return {audience.key: audience.title for audience in workspace.audiences()}
    except ContentError:
        return {}  # the page of audiences says what is wrong with the file
