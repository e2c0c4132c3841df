"""Every route of the application, and everybody who may come: who is let in stands in one table, kept whole."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from newsletter.actions.operations.start import init
from newsletter.actions.team import signin
from newsletter.actions.workspace import open_workspace
from tests.web.studio.conftest import Desk, sign_in

# What lets somebody in: nothing, the link in the address, a session, a session with a right, or a key or secret of its
# own (`tests/web/api/test_routes.py`, `test_hooks.py` and `test_metrics.py` hold the tables of these).
TABLE = {
    "anybody": """
        GET / | GET /abonnement | POST /abonnement | GET /abonnement/formulaire | POST /abonnement/formulaire
        GET /accessibilite | GET /agenda | GET /agenda.ics | GET /agenda/{slug}.ics | GET /api/v1/abonnement
        OPTIONS /api/v1/abonnement | POST /api/v1/abonnement | GET /api/v1/openapi.json | GET /articles.rss
        GET /confidentialite | GET /images/{name} | GET /l/{issue}/{number} | GET /lettres.rss | GET /lettres/{issue}
        POST /lettres/{issue} | GET /mentions-legales | GET /robots.txt | GET /sante | GET /static/{name}
        GET /studio/oidc | GET /studio/oidc/retour | GET /studio/connexion | POST /studio/connexion
        POST /studio/connexion/cle
    """,
    "link": """
        GET /changement-adresse/{token} | POST /changement-adresse/{token} | POST /preferences/{token}/adresse
        GET /confirmation/{token} | POST /confirmation/{token} | GET /desabonnement/{token}
        POST /desabonnement/{token} | POST /desabonnement/{token}/annuler | POST /desabonnement/{token}/raison
        GET /effacement/{token} | POST /effacement/{token} | GET /epreuve/{token} | POST /epreuve/{token}
        GET /epreuve/{token}/texte | GET /mes-donnees/{token} | GET /mes-donnees/{token}/fichier
        GET /preferences/{token} | POST /preferences/{token} | POST /preferences/{token}/copie
        POST /preferences/{token}/effacement | GET /proposer/{token} | POST /proposer/{token}
        GET /proposer/{token}/image/{uid} | GET /studio/connexion/{token} | POST /studio/connexion/{token}
        GET /studio/premier/{token} | POST /studio/premier/{token}
    """,
    "secret": """
        GET /api/v1/audiences | GET /api/v1/groups | POST /api/v1/groups/{key}/people
        GET /api/v1/articles | POST /api/v1/articles | GET /api/v1/count | GET /api/v1/issues | GET /api/v1/issues/{key}
        GET /api/v1/mailings | GET /api/v1/mailings/{issue}/receipt | GET /api/v1/members | GET /api/v1/people
        POST /api/v1/people | DELETE /api/v1/people/subscription | GET /api/v1/report/{year} | POST /hooks/{provider}
        GET /metrics
    """,
    "user": """
        GET /studio | GET /studio/compte | POST /studio/compte/fermer | POST /studio/deconnexion
        GET /studio/compte/securite | POST /studio/compte/securite/cle | POST /studio/compte/securite/application
        POST /studio/compte/securite/application/confirmer | POST /studio/compte/securite/secours
        POST /studio/compte/securite/retirer | GET /studio/second-facteur | POST /studio/second-facteur
        POST /studio/preuve
        POST /studio/publics/compter
    """,
    "content": """
        GET /studio/articles | POST /studio/articles | POST /studio/articles/apercu | POST /studio/articles/controle
        GET /studio/articles/importer | POST /studio/articles/importer | GET /studio/articles/nouveau
        GET /studio/articles/propositions | POST /studio/articles/propositions/{name} | GET /studio/articles/{slug}
        POST /studio/articles/{slug} | POST /studio/articles/{slug}/annuler | GET /studio/articles/{slug}/apercu
        POST /studio/articles/{slug}/choisir | GET /studio/numeros | POST /studio/numeros | GET /studio/numeros/{key}
        POST /studio/numeros/{key}/annuler | GET /studio/numeros/{key}/apercu | POST /studio/numeros/{key}/choisir
        POST /studio/numeros/{key}/commentaires | GET /studio/numeros/{key}/controles | GET /studio/numeros/{key}/envoi
        POST /studio/numeros/{key}/envoi/bon-a-tirer | POST /studio/numeros/{key}/envoi/epreuve
        GET /studio/numeros/{key}/envoi/etat | GET /studio/numeros/{key}/envoi/flux
        GET /studio/numeros/{key}/envoi/lettre | POST /studio/numeros/{key}/envoi/retirer
        POST /studio/numeros/{key}/envoi/second-accord | GET /studio/numeros/{key}/faire-relire/{slug}
        POST /studio/numeros/{key}/faire-relire/{slug} | POST /studio/numeros/{key}/geste
        POST /studio/numeros/{key}/textes
    """,
    "send": """
        GET /studio/numeros/{key}/envoi/heure | POST /studio/numeros/{key}/envoi/arreter
        POST /studio/numeros/{key}/envoi/partir | POST /studio/numeros/{key}/envoi/reessayer
        POST /studio/numeros/{key}/envoi/pause | POST /studio/numeros/{key}/envoi/rappeler
        POST /studio/numeros/{key}/envoi/reprendre | POST /studio/numeros/{key}/envoi/trancher
    """,
    "people": """
        GET /studio/public | GET /studio/public/a-trancher | POST /studio/public/a-trancher/{number}
        POST /studio/public/a-trancher/proposees | POST /studio/public/a-trancher/reponse
        POST /studio/public/ajouter | POST /studio/public/exporter | GET /studio/public/importer
        POST /studio/public/importer | POST /studio/public/importer/colonnes
        POST /studio/public/importer/faire | GET /studio/public/importer/{number}/refusees
        POST /studio/public/importer/{number}/annuler | GET /studio/public/organisations
        POST /studio/public/organisations | GET /studio/public/organisations/{number}
        POST /studio/public/organisations/{number}/fiche
        POST /studio/public/organisations/{number}/reconduire | POST /studio/public/organisations/{number}/terminer
        GET /studio/public/personnes/{uid} | POST /studio/public/personnes/{uid}/abonner
        POST /studio/public/personnes/{uid}/adresse
        POST /studio/public/personnes/{uid}/bloquer | POST /studio/public/personnes/{uid}/debloquer
        POST /studio/public/personnes/{uid}/desabonner | GET /studio/public/personnes/{uid}/donnees.json
        POST /studio/public/personnes/{uid}/effacer | POST /studio/public/personnes/{uid}/fiche
        GET /studio/public/demandes | POST /studio/public/demandes
        POST /studio/public/demandes/{number} | GET /studio/public/demandes/registre.csv
        GET /studio/public/publics | GET /studio/public/publics/nouveau | GET /studio/public/publics/personnes
        GET /studio/public/publics/{key} | POST /studio/public/publics/enregistrer
        POST /studio/public/publics/geste | POST /studio/public/publics/geste/annuler
        POST /studio/public/publics/groupe
        POST /studio/public/publics/exporter | POST /studio/public/publics/{key}/supprimer
        GET /studio/public/rebonds | GET /studio/public/groupes | POST /studio/public/groupes
        GET /studio/public/groupes/{key} | POST /studio/public/groupes/{key}
        POST /studio/public/groupes/{key}/reprendre | GET /studio/public/champs | POST /studio/public/champs
        POST /studio/public/personnes/{uid}/champs | POST /studio/public/organisations/{number}/champs
    """,
    "figures": """
        GET /studio/chiffres | GET /studio/chiffres/annee | GET /studio/chiffres/annee/{year}
        GET /studio/chiffres/annee/{year}/imprimer | GET /studio/chiffres/annee/{year}/rapport.{form}
        GET /studio/chiffres/envois | GET /studio/chiffres/territoires | GET /studio/chiffres/reponses
    """,
    "settings": """
        GET /studio/boite | GET /studio/boite/{folder} | GET /studio/boite/{folder}/{file}
        GET /studio/boite/{folder}/{file}/html | POST /studio/exemple | POST /studio/exemple/retirer
        GET /studio/reglages
        GET /studio/reglages/apparence | POST /studio/reglages/apparence | GET /studio/reglages/cles
        POST /studio/reglages/cles | POST /studio/reglages/cles/fin | GET /studio/reglages/envoi
        POST /studio/reglages/envoi/essai | POST /studio/reglages/envoi/examen | GET /studio/reglages/equipe
        POST /studio/reglages/equipe | POST /studio/reglages/equipe/{user_id}
        POST /studio/reglages/equipe/{user_id}/connexions | POST /studio/reglages/equipe/{user_id}/facteurs
        POST /studio/reglages/equipe/{user_id}/fin | GET /studio/reglages/identite
        POST /studio/reglages/identite | GET /studio/reglages/journal | POST /studio/reglages/journal/exporter
        GET /studio/reglages/flux | POST /studio/reglages/flux
        GET /studio/reglages/publications | GET /studio/reglages/publications/{key}
        POST /studio/reglages/publications/{key}
    """,
}
ROUTES = {entry: who for who, text in TABLE.items() for entry in re.findall(r"[A-Z]+ \S+", text)}
HAS = {
    "editor": {"content"},
    "sender": {"content", "send"},
    "staff": {"people", "figures"},
    "admin": {"content", "people", "figures", "settings"},
}
STUDIO = [entry for entry, who in ROUTES.items() if who == "user" or who in set().union(*HAS.values())]
# What stands for a name that nothing bears: whoever is let in is told so, or brought back.
NOBODYS = {"{number}": "999999", "{user_id}": "999999", "{year}": "2026", "{form}": "csv"}


def walk(routes) -> Iterator[str]:
    for route in routes:
        if inner := getattr(route, "original_router", None):
            yield from walk(inner.routes)
        elif isinstance(route, (APIRoute, Route)):
            yield from (f"{method} {route.path}" for method in route.methods if method != "HEAD")


def asked(entry: str) -> tuple[str, str]:
    method, path = entry.split(" ")
    return method, re.sub(r"\{\w+\}", lambda found: NOBODYS.get(found[0], "rien"), path)


@pytest.fixture(scope="module")
def desks(tmp_path_factory, sample_workspace) -> Iterator[dict[str, Desk]]:
    """Somebody of every sort signed in, in a copy of the sample month."""
    path = tmp_path_factory.mktemp("routes") / "ws"
    shutil.copytree(sample_workspace, path)
    workspace = open_workspace(path)
    found = {role: sign_in(workspace, role) for role in ("editor", "staff", "admin")}
    found["sender"] = sign_in(workspace, "editor", may_send=True, name="sender")
    yield found
    workspace.close()


def test_every_route_stands_in_the_table_once(desks):
    served = sorted(walk(desks["admin"].client.app.routes))
    listed = sorted(entry for text in TABLE.values() for entry in re.findall(r"[A-Z]+ \S+", text))
    assert (sorted(set(listed) - set(served)), sorted(set(served) - set(listed))) == ([], [])
    assert listed == served


@pytest.mark.parametrize("entry", STUDIO)
def test_a_stranger_is_led_to_the_way_in(standing, entry):
    method, path = asked(entry)
    answer = standing.client.request(method, path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/studio/connexion")


@pytest.mark.parametrize("role", HAS)
@pytest.mark.parametrize("entry", STUDIO)
def test_the_studio_opens_to_who_has_the_right(desks, entry, role):
    desk, (method, path) = desks[role], asked(entry)
    data = {"csrf": desk.csrf} if method == "POST" else None
    answer = desk.client.request(method, path, data=data, follow_redirects=False)
    if ROUTES[entry] in {"user", *HAS[role]}:
        assert answer.status_code not in (401, 403, 405, 500)
        assert (answer.headers.get("location") == "/studio/connexion") == (entry == "POST /studio/compte/fermer")
    else:
        assert answer.status_code == 403
    if entry in ("POST /studio/compte/fermer", "POST /studio/deconnexion"):
        desk.client.post(signin.link_for(desk.workspace, desk.user))


@pytest.mark.parametrize("entry", [entry for entry, who in ROUTES.items() if who == "link"])
def test_a_link_that_we_did_not_make_opens_nothing(standing, entry):
    method, path = asked(entry)
    data = {"address": "a@b.example"} if method == "POST" else None
    assert standing.client.request(method, path, data=data).status_code == 404


@pytest.mark.parametrize("entry", [entry for entry, who in ROUTES.items() if who == "secret"])
def test_what_needs_a_secret_is_closed_without_one(standing, entry):
    method, path = asked(entry)
    assert standing.client.request(method, path).status_code == (401 if path.startswith("/api/") else 404)


# More than the database can count, more than Python reads as a number, and a place that no issue has.
ODD = [
    ("POST", "/studio/public/importer/99999999999999999999/annuler", {}, 422),
    ("POST", "/studio/public/a-trancher/99999999999999999999", {"decision": "accept"}, 422),
    ("POST", "/studio/reglages/equipe/99999999999999999999/fin", {}, 422),
    ("GET", "/studio/public/organisations/99999999999999999999", {}, 422),
    ("POST", "/studio/public/exporter", {"publication": "nulle"}, 409),
    ("POST", "/studio/public/ajouter", {"publication": "nulle", "address": "a@b.example"}, 409),
    ("GET", f"/studio/articles?de={'9' * 5000}", {}, 200),
    ("GET", f"/studio/numeros/2026-11-lettre/apercu?lecteur={'9' * 5000}", {}, 200),
    ("POST", "/studio/numeros/2026-11-lettre/commentaires", {"fait": "9" * 30}, 409),
    ("POST", "/studio/numeros/2026-11-lettre/geste", {"geste": "deplacer:0:0", "vers": ""}, 303),
    ("POST", "/studio/numeros/2026-11-lettre/geste", {"geste": "deplacer:0:0", "vers": "-3"}, 303),
]


@pytest.mark.parametrize(("method", "path", "form", "status"), ODD, ids=lambda value: str(value)[:60])
def test_an_odd_number_or_name_is_answered_and_no_fault(desks, method, path, form, status):
    data = {"csrf": desks["admin"].csrf, **form} if method == "POST" else None
    assert desks["admin"].client.request(method, path, data=data, follow_redirects=False).status_code == status


NUL = [
    ("GET", "/studio/public?q=%00&publication=%00&etat=%00&niveau=%00&region=%00", {}),
    ("POST", "/studio/reglages/equipe", {"address": "a@b.example", "role": "editor", "name": "\0x"}),
    ("POST", "/studio/public/organisations", {"name": "\0Ville de Nulle", "level": "commune"}),
    ("POST", "/studio/public/ajouter", {"address": "z@b.example", "publication": "lettre", "asked": "\0"}),
    ("POST", "/studio/reglages/cles", {"name": "\0clé", "scope": "read"}),
    ("POST", "/studio/reglages/cles/fin", {"token": "\0"}),
    ("GET", "/?q=%00a", {}),
    ("GET", "/lettres/%00", {}),
    ("GET", "/l/%00/1", {}),
]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite keeps a NUL like any character
def test_a_nul_which_postgresql_cannot_hold_is_as_if_it_were_not_there(database_url, tmp_path, monkeypatch):
    init(tmp_path / "ws", sample=True)
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    workspace = open_workspace(tmp_path / "ws")
    desk = sign_in(workspace, "admin")
    for method, path, form in NUL:
        data = {"csrf": desk.csrf, **form} if method == "POST" else None
        assert desk.client.request(method, path, data=data, follow_redirects=False).status_code in (200, 303, 404)
    workspace.close()
