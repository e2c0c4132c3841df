"""What the forms on many people say: whose boxes are ticked, and what is to be done."""

from __future__ import annotations

from fastapi import HTTPException

from newsletter.actions.people import bulk
from newsletter.actions.people.bulk import BulkAct, ChosenPeople
from newsletter.web.studio.session import Visit

_MOST_CHOSEN = 100  # boxes of one page of a list


def chosen_people(visit: Visit) -> ChosenPeople | None:
    """Return the people whose boxes were ticked on a list, or None without any."""
    uids = visit.texts("personne") or visit.queries("personne")
    return ChosenPeople(tuple(dict.fromkeys(uids))[:_MOST_CHOSEN]) if uids else None


def sent_act(visit: Visit) -> BulkAct:
    """Return the act that a form asks for, other than to erase."""
    kinds: dict[str, bulk.BulkKind] = {"abonner": "subscribe", "desabonner": "unsubscribe", "champ": "field"}
    if visit.text("geste") not in kinds:
        raise HTTPException(422)
    values = tuple(text for text in visit.texts("valeur") if text)
    return BulkAct(
        kind=kinds[visit.text("geste")],
        publication=visit.text("publication"),
        asked=visit.text("asked"),
        field=visit.text("champ"),
        values=values,
    )


def sent_time(visit: Visit) -> float:
    """Return the time of what is to be taken back, as its notice said it."""
    try:
        return float(visit.text("quand"))
    except ValueError:
        raise HTTPException(422) from None
