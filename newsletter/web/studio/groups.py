"""Groups kept by hand, and custom fields: their pages, and the forms on the pages of people and organisations."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from newsletter.actions.people import audience_form, audiences, custom_fields, directory, groups
from newsletter.actions.people.groups import GroupChange
from newsletter.audience import EVERYONE, Condition
from newsletter.errors import NewsletterError, Refused
from newsletter.i18n import ngettext
from newsletter.web.site import Site, say, told
from newsletter.web.studio import database_labels
from newsletter.web.studio.audiences import sent_rule
from newsletter.web.studio.bulk_forms import sent_time
from newsletter.web.studio.records import note_records
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell, Undo

HOME, FIELDS = "/studio/public/groupes", "/studio/public/champs"


def router(site: Site) -> APIRouter:
    """Return the routes of groups and fields."""
    routes = APIRouter(include_in_schema=False)
    pages = _GroupPages(site, Shell(site))
    allowed = allow(site, "people")

    @routes.get(HOME)
    def list_(visit: Visit = allowed) -> Response:
        return pages.list(visit)

    @routes.post(HOME)
    def save(visit: Visit = allowed) -> Response:
        return pages.save(visit)

    @routes.get(f"{HOME}/{{key}}")
    def one(key: str, visit: Visit = allowed) -> Response:
        return pages.group(visit, key)

    @routes.post(f"{HOME}/{{key}}")
    def change(key: str, visit: Visit = allowed) -> Response:
        return pages.change(visit, key)

    @routes.post(f"{HOME}/{{key}}/reprendre")
    def take_back(key: str, visit: Visit = allowed) -> Response:
        return pages.take_back(visit, key)

    @routes.get(FIELDS)
    def fields(visit: Visit = allowed) -> Response:
        return pages.fields(visit)

    @routes.post(FIELDS)
    def save_field(visit: Visit = allowed) -> Response:
        return pages.save_field(visit)

    @routes.post("/studio/public/personnes/{uid}/champs")
    def person_values(uid: str, visit: Visit = allowed) -> Response:
        person = directory.someone(site.workspace, uid).person
        return pages.set_values(visit, "person", person.id, f"/studio/public/personnes/{uid}")

    @routes.post("/studio/public/organisations/{number}/champs")
    def organisation_values(number: int, visit: Visit = allowed) -> Response:
        if not 0 < number < 1 << 62:
            raise HTTPException(404)
        place = directory.somewhere(site.workspace, number)
        subject = place.card.organisation.id
        return pages.set_values(visit, "organisation", subject, f"/studio/public/organisations/{number}")

    return routes


@dataclass(frozen=True, slots=True)
class _GroupPages:
    """The answers about groups and fields."""

    site: Site
    shell: Shell

    def list(self, visit: Visit) -> Response:
        """Show the groups."""
        return self.shell.page(visit, "groups.html", groups=groups.list_groups(self.site.workspace))

    def save(self, visit: Visit) -> Response:
        """Make a group, or change its title and note."""
        key = visit.text("key")
        try:
            made = groups.save_group(self.site.workspace, key, visit.text("titre"), visit.text("note"), visit.by)
        except Refused as refused:
            return self.shell.back(f"{HOME}/{key}" if key else HOME, told(refused), bad=True)
        return self.shell.back(f"{HOME}/{made}", say("Groupe enregistré."))

    def group(self, visit: Visit, key: str, *, plan: GroupChange | None = None, problem: str = "") -> Response:
        """Show a group with its people; with `plan`, what the form that was sent would change."""
        workspace, group = self.site.workspace, groups.get_group(self.site.workspace, key)
        people, total = audiences.list_people(workspace, Condition("group", (key,)))
        note_records(self.site, visit, len(people))
        return self.shell.page(
            visit,
            "group.html",
            group=group,
            people=people,
            total=total,
            plan=plan,
            problem=problem,
            sent=visit.fields,
            form=audience_form.form_of_rule(workspace, EVERYONE, counted=False),
            choices=audience_form.audience_choices(workspace),
            level=database_labels.level,
        )

    def change(self, visit: Visit, key: str) -> Response:
        """Say what a list of addresses or an audience would change, and change it once that was seen."""
        sure, leave = visit.text("sure") == "oui", visit.text("sens") == "sortir"
        workspace = self.site.workspace
        try:
            if visit.text("par") == "public":
                done = groups.change_by_audience(
                    workspace, key, sent_rule(visit), visit.by, leave=leave, dry_run=not sure
                )
            else:
                text = str(visit.form.get("adresses", ""))
                done = groups.change_by_addresses(workspace, key, text, visit.by, leave=leave, dry_run=not sure)
        except NewsletterError as error:
            return self.group(visit, key, problem=told(error))
        if not sure:
            return self.group(visit, key, plan=done)
        n = len(done.changed)
        words = (
            ngettext("{n} personne est sortie du groupe.", "{n} personnes sont sorties du groupe.", n)
            if leave
            else ngettext("{n} personne est entrée dans le groupe.", "{n} personnes sont entrées dans le groupe.", n)
        )
        undo = Undo(f"{HOME}/{key}/reprendre", {"quand": repr(done.at)}) if n else None
        return self.shell.back(f"{HOME}/{key}", words.format(n=n), undo=undo)

    def take_back(self, visit: Visit, key: str) -> Response:
        """Undo a change of a group."""
        groups.take_back_change(self.site.workspace, key, sent_time(visit), visit.by)
        return self.shell.back(f"{HOME}/{key}", say("Le groupe est comme avant."))

    def fields(self, visit: Visit, problem: str = "", status: int = 200) -> Response:
        """Show the custom fields."""
        found = custom_fields.list_fields(self.site.workspace)
        kinds = field_kinds()
        return self.shell.page(visit, "fields.html", status=status, fields=found, kinds=kinds, problem=problem)

    def save_field(self, visit: Visit) -> Response:
        """Define a field, or change its label and choices."""
        choices = str(visit.form.get("choix", "")).splitlines()
        about, key, label, kind = (visit.text(name) for name in ("sur", "key", "nom", "sorte"))
        try:
            custom_fields.save_field(self.site.workspace, about, key, label, kind, choices, visit.by)
        except NewsletterError as error:
            return self.fields(visit, told(error), 422)
        return self.shell.back(FIELDS, say("Champ enregistré."))

    def set_values(self, visit: Visit, about: str, subject: int, page: str) -> Response:
        """Set the fields of a person or an organisation."""
        given = {name.removeprefix("champ_"): visit.texts(name) for name in visit.form if name.startswith("champ_")}
        try:
            custom_fields.set_values(self.site.workspace, about, subject, given, visit.by)
        except Refused as refused:
            return self.shell.back(page, told(refused), bad=True)
        return self.shell.back(page, say("Champs enregistrés."))


def field_kinds() -> dict[str, str]:
    """Return the kinds of fields with their names."""
    return {
        "text": say("texte"),
        "number": say("nombre"),
        "date": say("date"),
        "choice": say("un choix"),
        "choices": say("plusieurs choix"),
    }
