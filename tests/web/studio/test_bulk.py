"""One act on everybody of an audience: seen first, done once, taken back; who left is never brought back by it."""

from __future__ import annotations

import re

from newsletter.actions.people import audiences, bulk, custom_fields, directory, subscriptions
from newsletter.actions.reports import report
from newsletter.audience_parser import parse_rule
from newsletter.filters import PersonFilter
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


def everybody(desk):
    return directory.search(desk.workspace, PersonFilter(), 0, 100)[0]


def test_people_ticked_on_the_list_are_shown_alone_and_changed_alone(desk):
    one, two = everybody(desk)[:2]
    assert f'name="personne" value="{one.uid}"' in desk.get("/studio/public").text
    seen = desk.get(f"{HOME}/personnes?choisies=oui&personne={one.uid}&personne={two.uid}")
    assert "Personnes choisies" in words(seen) and one.address in seen.text and two.address in seen.text
    desk.post("/studio/public/groupes", titre="Printemps")
    desk.post(f"{HOME}/groupe", personne=[one.uid, two.uid], groupe="printemps")
    assert "2 personnes" in words(desk.get("/studio/public/groupes/printemps"))
    fields = {"personne": [one.uid], "geste": "desabonner", "publication": "lettre"}
    assert "1 personne changerait." in words(desk.post(f"{HOME}/geste", **fields))
    assert "C’est fait pour 1 personne." in words(desk.post(f"{HOME}/geste", **fields, sure="oui"))
    assert (everybody(desk)[0].states["lettre"], everybody(desk)[1].states["lettre"]) == ("left", "active")


def test_no_box_ticked_is_said_and_never_means_everybody(desk):
    answer = desk.get(f"{HOME}/personnes?choisies=oui")
    assert "Cochez au moins une personne." in words(answer) and answer.url.path == "/studio/public"
    assert "Personne ne correspond." in words(desk.get(f"{HOME}/personnes?choisies=oui&personne=nobody"))


def test_chosen_people_are_erased_once_their_number_was_seen_and_the_box_ticked(desk):
    before = everybody(desk)
    fields = {"personne": [p.uid for p in before[:3]], "geste": "effacer"}
    assert "3 personnes seraient effacées." in words(desk.post(f"{HOME}/geste", **fields))
    assert "3 personnes seraient effacées." in words(desk.post(f"{HOME}/geste", **fields, vues="3"))
    assert "Ces personnes ont changé depuis" in words(desk.post(f"{HOME}/geste", **fields, vues="2", sure="oui"))
    assert len(everybody(desk)) == len(before)
    done = desk.post(f"{HOME}/geste", **fields, vues="3", sure="oui")
    assert "3 personnes sont effacées." in words(done)
    assert [p.uid for p in everybody(desk)] == [p.uid for p in before[3:]]


def test_an_audience_is_erased_and_too_large_a_one_is_not(desk, monkeypatch):
    n, fields = count(desk, RULE), {"regle": RULE, "geste": "effacer"}
    assert f"{n} personnes seraient effacées." in words(desk.post(f"{HOME}/geste", **fields))
    monkeypatch.setattr(bulk, "MOST_ERASED", n - 1)
    assert "On n’efface pas plus de" in words(desk.post(f"{HOME}/geste", **fields, vues=str(n), sure="oui"))
    assert count(desk, RULE) == n
    monkeypatch.undo()
    desk.post(f"{HOME}/geste", **fields, vues=str(n), sure="oui")
    assert count(desk, RULE) == 0
