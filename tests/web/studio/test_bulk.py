"""One act on everybody of an audience: seen first, done once, taken back; who left is never brought back by it."""

from __future__ import annotations

import re

from newsletter.actions.people import audiences, custom_fields, subscriptions
from newsletter.actions.reports import report
from newsletter.audience_parser import parse_rule
from tests.web.studio.test_audiences import desk, network, words

HOME = "/studio/public/publics"
RULE = "level = departement"
__all__ = ["desk", "network"]


def count(desk, rule):
    return audiences.count_people(desk.workspace, parse_rule(rule))


def undo(desk, answer):
    form = re.search(r'action="[^"]*/geste/annuler">(.*?)</form>', answer.text, re.DOTALL)[1]
    fields = dict(re.findall(r'name="(geste|publication|champ|quand)" value="([^"]*)"', form))
    return desk.post(f"{HOME}/geste/annuler", **fields)


def test_an_audience_leaves_a_publication_after_a_look_and_comes_back(desk):
    n, fields = count(desk, RULE), {"regle": RULE, "geste": "desabonner", "publication": "flash"}
    seen = desk.post(f"{HOME}/geste", **fields)
    assert (
        n > 1 and f"{n} personnes changeraient." in words(seen) and count(desk, f"{RULE} and subscribed = flash") == n
    )
    done = desk.post(f"{HOME}/geste", **fields, sure="oui")
    assert f"C’est fait pour {n} personnes." in words(done) and count(desk, f"{RULE} and subscribed = flash") == 0
    assert f"C’est annulé pour {n} personnes." in words(undo(desk, done))
    assert count(desk, f"{RULE} and subscribed = flash") == n
    why = subscriptions.why(desk.workspace, next(iter(people(desk))).address, "flash")
    assert why.subscription.basis == "member service"


def people(desk):
    return audiences.list_people(desk.workspace, parse_rule(RULE))[0]


def test_subscribing_many_asks_how_they_asked_and_leaves_those_who_left(desk):
    gone, other = people(desk)[:2]
    for person in (gone, other):
        subscriptions.unsubscribe(desk.workspace, person.address, by="test", publication="flash")
    before = report.count(desk.workspace).total
    fields = {"regle": RULE, "geste": "abonner", "publication": "flash"}
    assert "Dites comment ces personnes" in words(desk.post(f"{HOME}/geste", **fields, asked=""))
    seen = words(desk.post(f"{HOME}/geste", **fields, asked="courriel du 3 novembre"))
    assert "0 personne changerait." in seen and "2 sont parties ou bloquées" in seen
    assert report.count(desk.workspace).total == before


def test_a_field_is_filled_for_an_audience_and_emptied_again(desk):
    custom_fields.save_field(desk.workspace, "person", "", "Thème", "choice", ("santé", "achats"), "test")
    first = people(desk)[0]
    custom_fields.set_person_values(desk.workspace, first.address, {"theme": ["achats"]}, "test")
    fields = {"regle": RULE, "geste": "champ", "champ": "theme", "valeur": "sante"}
    assert "ne convient pas" in words(desk.post(f"{HOME}/geste", **{**fields, "valeur": "pêche"}))
    done = desk.post(f"{HOME}/geste", **fields, sure="oui")
    assert count(desk, "person.theme = santé") == count(desk, RULE)
    undo(desk, done)
    assert (count(desk, "person.theme = santé"), count(desk, "person.theme = achats")) == (0, 1)


def test_an_audience_is_put_into_a_group(desk):
    desk.post("/studio/public/groupes", titre="Printemps")
    answer = desk.post(f"{HOME}/groupe", regle=RULE, groupe="printemps")
    assert answer.url.path == "/studio/public/groupes/printemps" and count(desk, "group = printemps") == count(
        desk, RULE
    )
