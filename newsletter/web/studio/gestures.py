"""What the buttons of the composing page do to an issue: each gives the issue, where to look next, and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from newsletter.actions.issues import gestures
from newsletter.actions.issues.gestures import LEAD, Place
from newsletter.errors import Refused
from newsletter.model import Issue, Tag
from newsletter.web.site import Site, say
from newsletter.web.studio.audiences import sent_rule
from newsletter.web.studio.session import Visit

_NOWHERE = -9
Done = tuple[Issue, str, str]
Gesture = Callable[[Issue, Place, Visit, Site], Done]


def perform(issue: Issue, visit: Visit, site: Site) -> Done:
    """Do what the button `geste` says: `verb:section:item[:more]`; Refused when it cannot be done."""
    verb, *rest = visit.text("geste").split(":")
    if verb not in _GESTURES:
        raise Refused(say("Ce geste n’existe pas."), where=verb, hint="reload the page")
    section, item = [_number(part) for part in (*rest, "0", "0")][:2]
    return _GESTURES[verb](issue, Place(section, item), visit, site)


def _number(text: str) -> int:
    """Return a whole number; one that no place has for anything else."""
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 6 else _NOWHERE


def _anchor(place: Place) -> str:
    return "une" if place == LEAD else f"i{place.section}-{place.item}"


def _add(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
    """Add the article a button names after two colons, or the one dropped at a place."""
    _verb, _section, _item, slug = (visit.text("geste") + ":::").split(":")[:4]
    at = None if slug else place.item
    article = site.workspace.pool().find(slug or visit.text("article"))
    made = gestures.add_item(issue, article.slug, place.section, at)
    sentence = say("« {title} » est dans le numéro.").format(title=article.title)
    if place.section < 0:
        return made, "une", sentence
    number = len(made.sections[place.section].items) - 1 if at is None else at
    return made, _anchor(Place(place.section, number)), sentence


def _remove(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
    made = gestures.remove_item(issue, place)
    near = f"s{place.section}" if place != LEAD else "numero"
    return made, near, say("Article retiré du numéro. Il reste dans les articles.")


def _step(by: int) -> Gesture:
    def gesture(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
        plan, made = gestures.plan_at(issue, place), gestures.step_item(issue, place, by)
        return made, _anchor(_found(made, plan.slug, place, by)), say("Article déplacé.")

    return gesture


def _found(issue: Issue, slug: str, before: Place, by: int) -> Place:
    """Return where a moved article is now: the place of its name nearest to where it was."""
    places = [
        Place(s, n) for s, section in enumerate(issue.sections) for n, p in enumerate(section.items) if p.slug == slug
    ]
    return min(places, key=lambda p: (abs(p.section - before.section), abs(p.item - before.item - by)), default=LEAD)


def _move(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
    plan, target = gestures.plan_at(issue, place), visit.text("vers")
    if ":" in target:
        section, item = (_number(part) for part in target.split(":", 1))
    else:
        section = _number(target)
        item = len(issue.sections[section].items) if 0 <= section < len(issue.sections) else 0
    made = gestures.move_item(issue, place, Place(section, item))
    return made, _anchor(_found(made, plan.slug, Place(section, item), 0)), say("Article déplacé.")


def _lead(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
    return gestures.lead_item(issue, place), "une", say("Cet article ouvre maintenant la lettre.")


def _override(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
    made = gestures.override_item(issue, place, title=_line(visit, "titre"), summary=_line(visit, "resume"))
    return made, _anchor(place), say("Titre et résumé changés pour ce numéro seulement.")


def _line(visit: Visit, name: str) -> str:
    return " ".join(visit.text(name).split())


def _target(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
    slug = gestures.plan_at(issue, place).slug
    made = gestures.target_item(issue, place, sent_rule(visit), site.workspace.pool().get(slug))
    return made, _anchor(place), say("Le public de cet article est enregistré pour ce numéro.")


def _target_issue(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
    return replace(issue, audience=sent_rule(visit)), "numero", say("Le public de ce numéro est enregistré.")


def _split(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
    return (
        gestures.split_section(issue, place, visit.text("titre")),
        f"s{place.section + 1}",
        say("Rubrique coupée en deux."),
    )


def _rename(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
    return (
        gestures.rename_section(issue, place.section, visit.text("titre")),
        f"s{place.section}",
        say("Rubrique renommée."),
    )


def _add_section(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
    made = gestures.add_section(issue, visit.text("etiquette_rubrique") or Tag.RTES, visit.text("titre"))
    return made, f"s{len(made.sections) - 1}", say("Rubrique ajoutée à la fin.")


def _remove_section(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
    return gestures.remove_section(issue, place.section), "numero", say("Rubrique retirée, avec ses articles.")


def _step_section(by: int) -> Gesture:
    def gesture(issue: Issue, place: Place, visit: Visit, site: Site) -> Done:
        target = place.section + by if 0 <= place.section + by < len(issue.sections) else place.section
        return gestures.move_section(issue, place.section, by), f"s{target}", say("Rubrique déplacée.")

    return gesture


_GESTURES: Mapping[str, Gesture] = {
    "ajouter": _add,
    "retirer": _remove,
    "monter": _step(-1),
    "descendre": _step(1),
    "deplacer": _move,
    "une": _lead,
    "remplacer": _override,
    "public": _target,
    "public-numero": _target_issue,
    "couper": _split,
    "renommer": _rename,
    "rubrique": _add_section,
    "retirer-rubrique": _remove_section,
    "monter-rubrique": _step_section(-1),
    "descendre-rubrique": _step_section(1),
}
