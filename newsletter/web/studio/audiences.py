"""Audiences: the named ones with their sentence and people, a form to change one, and the count of any rule."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response, StreamingResponse

from newsletter.actions.people import audience_form, audiences, bulk, custom_fields, groups, reading
from newsletter.actions.people.bulk import BulkResult, ChosenPeople
from newsletter.audience import AudienceRule, formula
from newsletter.errors import AddressError, AudienceError, NewsletterError, Refused
from newsletter.french import number_words, printed
from newsletter.i18n import ngettext
from newsletter.web.site import Site, say, told
from newsletter.web.studio import database_labels
from newsletter.web.studio.bulk_forms import chosen_people, sent_act, sent_time
from newsletter.web.studio.records import note_records
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell, Undo

HOME = "/studio/public/publics"
_SIZE = 50
_DIGITS = 7


def sent_rule(visit: Visit) -> AudienceRule:
    """Return the rule that the audience fields of a form say; AudienceError."""
    return audience_form.rule_of_form({name: visit.texts(name) for name in audience_form.NAMES})


def router(site: Site) -> APIRouter:
    """Return the routes of audiences."""
    routes = APIRouter(include_in_schema=False)
    pages = _AudiencePages(site, Shell(site))
    allowed, exporter, anybody = allow(site, "people"), allow(site, "people", fresh=True), allow(site)

    @routes.get(HOME)
    def list_(visit: Visit = allowed) -> Response:
        return pages.list(visit)

    @routes.get(f"{HOME}/nouveau")
    def new(visit: Visit = allowed) -> Response:
        return pages.form(visit)

    @routes.get(f"{HOME}/personnes")
    def people(visit: Visit = allowed, page: int = 1) -> Response:
        return pages.people(visit, page)

    @routes.get(f"{HOME}/{{key}}")
    def one(key: str, visit: Visit = allowed) -> Response:
        return pages.form(visit, key)

    @routes.post(f"{HOME}/enregistrer")
    def save(visit: Visit = allowed) -> Response:
        return pages.save(visit)

    @routes.post(f"{HOME}/{{key}}/supprimer")
    def delete(key: str, visit: Visit = allowed) -> Response:
        return pages.delete(visit, key)

    @routes.post(f"{HOME}/geste")
    def act(visit: Visit = allowed) -> Response:
        return pages.act(visit)

    @routes.post(f"{HOME}/geste/annuler")
    def take_back(visit: Visit = allowed) -> Response:
        return pages.take_back(visit)

    @routes.post(f"{HOME}/groupe")
    def into_group(visit: Visit = allowed) -> Response:
        return pages.into_group(visit)

    @routes.post(f"{HOME}/exporter")
    def export(visit: Visit = exporter) -> Response:
        return pages.export(visit)

    @routes.post("/studio/publics/compter")
    def count(visit: Visit = anybody) -> Response:
        return pages.count(visit)

    return routes


@dataclass(frozen=True, slots=True)
class _AudiencePages:
    """The answers about audiences."""

    site: Site
    shell: Shell

    def list(self, visit: Visit) -> Response:
        """Show the named audiences; a file that cannot be read is named, and stops the others."""
        try:
            found, trouble = audiences.list_audiences(self.site.workspace), ""
        except NewsletterError as error:
            found, trouble = [], told(error, place=True)
        return self.shell.page(visit, "audiences.html", audiences=found, trouble=trouble)

    def form(self, visit: Visit, key: str = "", *, problem: str = "", status: int = 200) -> Response:
        """Show an audience with its form; with `problem`, as it was sent."""
        workspace = self.site.workspace
        title, note, rule = visit.text("titre"), visit.text("note"), None
        if key and not problem:
            found = audiences.find_audience(workspace, key)
            title, note, rule = found.title, found.note, found.rule
        try:
            form = audience_form.form_of_rule(workspace, rule if rule is not None else sent_rule(visit))
        except AudienceError:
            form = audience_form.AudienceForm(visit.text("regle"), simple=False)
        answer = self._why(visit, rule)
        return self.shell.page(
            visit,
            "audience.html",
            status=status,
            key=key,
            title=title,
            note=note,
            form=form,
            choices=audience_form.audience_choices(workspace),
            level=database_labels.level,
            problem=problem,
            answer=answer,
            email=visit.query("adresse"),
        )

    def _why(self, visit: Visit, rule: AudienceRule | None) -> audiences.AudienceAnswer | str | None:
        """Return why the address that is asked about is in the audience, or what is wrong with the question."""
        if rule is None or not visit.query("adresse"):
            return None
        try:
            return audiences.why_in_audience(self.site.workspace, visit.query("adresse"), rule)
        except AddressError:
            return say("Cette adresse ne peut pas être utilisée. Vérifiez-la.")
        except NewsletterError as error:
            return told(error)

    def people(
        self, visit: Visit, page: int = 1, *, plan: BulkResult | None = None, erasing: int = 0, problem: str = ""
    ) -> Response:
        """List chosen people, or those of any rule, where every figure leads; with `plan`, what an act would change."""
        text, number = visit.query("regle") or visit.text("regle"), max(1, min(page, 100_000))
        described, chosen = None, chosen_people(visit)
        if visit.query("choisies") and not chosen:
            return self.shell.back("/studio/public", say("Cochez au moins une personne."), bad=True)
        try:
            if chosen:
                found = bulk.list_chosen(self.site.workspace, chosen)
                total = len(found)
            else:
                rule = audiences.read_rule(self.site.workspace, text)
                found, total = audiences.list_people(self.site.workspace, rule, (number - 1) * _SIZE, _SIZE)
                described = audiences.describe_rule(self.site.workspace, rule)
        except NewsletterError as error:
            return self.shell.back(HOME, told(error), bad=True)
        note_records(self.site, visit, len(found))
        return self.shell.page(
            visit,
            "audience_people.html",
            people=found,
            total=total,
            rule=text,
            described=described,
            chosen=chosen.uids if chosen else (),
            page=number,
            pages=1 if chosen else -(-total // _SIZE) or 1,
            level=database_labels.level,
            plan=plan,
            erasing=erasing,
            problem=problem,
            sent=visit.fields,
            fields=custom_fields.list_fields(self.site.workspace, "person"),
            groups=groups.list_groups(self.site.workspace),
        )

    def act(self, visit: Visit) -> Response:
        """Say what an act would change for the people of a rule, and do it once that was seen."""
        if visit.text("geste") == "effacer":
            return self.erase(visit)
        sure, act = visit.text("sure") == "oui", sent_act(visit)
        try:
            done = bulk.perform_bulk(self.site.workspace, self._who(visit), act, visit.by, dry_run=not sure)
        except NewsletterError as error:
            return self.people(visit, problem=told(error))
        if not sure:
            return self.people(visit, plan=done)
        words = ngettext("C’est fait pour {n} personne.", "C’est fait pour {n} personnes.", done.changed)
        fields = {name: visit.text(name) for name in ("geste", "publication", "champ")}
        undo = Undo(f"{HOME}/geste/annuler", {**fields, "quand": repr(done.at)}) if done.changed else None
        return self.shell.back(self._list_of(visit), words.format(n=number_words(done.changed)), undo=undo)

    def erase(self, visit: Visit) -> Response:
        """Say how many people would be erased, and erase them once the box is ticked: there is no way back."""
        sure, shown = visit.text("sure") == "oui", visit.text("vues")
        seen = int(shown) if sure and shown.isdecimal() and len(shown) < _DIGITS else None
        try:
            n = bulk.erase_people(self.site.workspace, self._who(visit), visit.by, seen=seen)
        except NewsletterError as error:
            return self.people(visit, problem=told(error))
        if seen is None:
            return self.people(visit, erasing=n)
        words = ngettext("{n} personne est effacée.", "{n} personnes sont effacées.", n)
        return self.shell.back("/studio/public", words.format(n=number_words(n)))

    def _who(self, visit: Visit) -> AudienceRule | ChosenPeople:
        return chosen_people(visit) or audiences.read_rule(self.site.workspace, visit.text("regle"))

    def take_back(self, visit: Visit) -> Response:
        """Undo an act on many people."""
        n = bulk.take_back_bulk(self.site.workspace, sent_act(visit), sent_time(visit), visit.by)
        words = ngettext("C’est annulé pour {n} personne.", "C’est annulé pour {n} personnes.", n)
        return self.shell.back(HOME, words.format(n=number_words(n)))

    def into_group(self, visit: Visit) -> Response:
        """Put the people of a rule into a group; the notice takes them out again."""
        key, workspace = visit.text("groupe"), self.site.workspace
        try:
            done = groups.change_by_audience(workspace, key, self._who(visit), visit.by)
        except NewsletterError as error:
            return self.people(visit, problem=told(error))
        n = len(done.changed)
        words = ngettext("{n} personne est entrée dans le groupe.", "{n} personnes sont entrées dans le groupe.", n)
        undo = Undo(f"/studio/public/groupes/{key}/reprendre", {"quand": repr(done.at)}) if n else None
        return self.shell.back(f"/studio/public/groupes/{key}", words.format(n=number_words(n)), undo=undo)

    def _list_of(self, visit: Visit) -> str:
        chosen = chosen_people(visit)
        wanted = [("personne", uid) for uid in chosen.uids] if chosen else [("regle", visit.text("regle"))]
        return f"{HOME}/personnes?{urlencode(wanted)}"

    def save(self, visit: Visit) -> Response:
        """Write an audience, or show the form again with what is wrong."""
        key, workspace = visit.text("key"), self.site.workspace
        try:
            made = audiences.save_audience(
                workspace,
                key,
                visit.text("titre"),
                formula(sent_rule(visit)),
                visit.text("note"),
                visit.by,
            )
        except (AudienceError, Refused) as error:
            return self.form(visit, key, problem=told(error), status=422)
        return self.shell.back(f"{HOME}/{made.key}", say("Public enregistré."))

    def delete(self, visit: Visit, key: str) -> Response:
        """Delete an audience; the notice can bring it back."""
        try:
            gone = audiences.delete_audience(self.site.workspace, key, visit.by)
        except Refused as refused:
            return self.shell.back(f"{HOME}/{key}", told(refused), bad=True)
        fields = {"key": gone.key, "titre": gone.title, "note": gone.note, "simple": "non", "regle": formula(gone.rule)}
        return self.shell.back(HOME, say("Public supprimé."), undo=Undo(f"{HOME}/enregistrer", fields))

    def export(self, visit: Visit) -> Response:
        """Give the people of a rule as a file."""
        try:
            fields = visit.text("champs") == "oui"
            rule = sent_rule(visit) if fields else audiences.read_rule(self.site.workspace, visit.text("regle"))
            pieces = audiences.export_people(self.site.workspace, rule, by=visit.by, most=reading.MOST_EXPORTS)
        except NewsletterError as error:
            return self.shell.back(HOME, told(error), bad=True)
        headers = {"Content-Disposition": 'attachment; filename="personnes.csv"'}
        return StreamingResponse(pieces, media_type="text/csv", headers=headers)

    def count(self, visit: Visit) -> Response:
        """Say who a form's rule is about and how many they are, before it is saved."""
        try:
            found = audiences.describe_rule(self.site.workspace, sent_rule(visit))
        except AudienceError as error:
            return JSONResponse({"words": told(error), "bad": True})
        return JSONResponse({"words": who_words(found), "bad": bool(found.trouble)})


def who_words(found: audiences.DescribedAudience) -> str:
    """Return `les départements adhérents de Bretagne : 12 personnes`."""
    if found.trouble:
        return f"{found.sentence} : {found.trouble}"
    words = ngettext("{who} : {n} personne", "{who} : {n} personnes", found.people)
    return printed(words.format(who=found.sentence, n=number_words(found.people)))
