"""Answers in French and English: who asks to leave, who has left, who is only away."""

from __future__ import annotations

import pytest

from newsletter.providers.bounces import classify


def answer(body: str, subject: str = "Re: La lettre", headers: str = "") -> str:
    raw = (
        f"From: Claire <c@ville.example>\nTo: lettre@rtes.example\nSubject: {subject}\n{headers}"
        f"Content-Type: text/plain; charset=utf-8\n\n{body}\n"
    )
    found = classify(raw.encode())
    assert found.recipients == ("c@ville.example",)
    return found.kind


@pytest.mark.parametrize(
    "body",
    [
        "Bonjour, merci de bien vouloir me désinscrire de votre liste de diffusion.",
        "Merci de supprimer mon adresse de vos contacts",
        "Veuillez ne plus m’envoyer de messages",
        "Je n'arrive pas à me désabonner, pouvez-vous le faire pour moi ?",
        "Je ne parviens pas à me désabonner !",
        "Pourriez-vous arrêter de m'envoyer cette lettre ?",
        "Je ne veux plus de vos courriels",
        "Merci de ne plus me solliciter",
        "stop",
        "Please take me off your list.",
    ],
)
def test_a_short_request_to_leave_is_understood(body):
    assert answer(body) == "unsubscribe_request"


@pytest.mark.parametrize("subject", ["Désabonnement", "RE: Unsubscribe", "Tr : désinscription", "STOP"])
def test_a_request_may_stand_in_the_subject_alone(subject):
    assert answer("Merci d'avance.", subject) == "unsubscribe_request"


@pytest.mark.parametrize(
    "body",
    [
        "Ne me désabonnez pas, c'est une erreur de manipulation",
        "Je ne souhaite surtout pas être désabonnée",
        "J'ai été désabonnée par erreur, pouvez-vous me réinscrire ?",
        "Pouvez-vous ajouter ma collègue à votre liste de diffusion ?",
        "Merci de supprimer le paragraphe sur notre commune",
        "Nous voulons parler du désabonnement dans un article. " + "Voici notre projet en détail. " * 30,
        "Le mandat commence, nous arrêtons le calendrier demain.",
        "Merci !\n\n> Vous ne souhaitez plus recevoir cette lettre ? Se désabonner",
        "Merci !\n\nLe mar. 3 nov. 2026, RTES <lettre@rtes.example> a écrit :\nSe désabonner",
        "Merci !\n\n-----Message d'origine-----\nSe désabonner",
        "Merci !\n\nDe : RTES\nEnvoyé : mardi 3 novembre\nSe désabonner",
        "Merci !\n-- \nPour vous désabonner de nos envois, écrivez-nous.",
    ],
)
def test_any_other_letter_is_put_before_a_person(body):
    assert answer(body) == "human"


@pytest.mark.parametrize(
    "body",
    [
        "Je suis en congés jusqu'au 3. Je ne serai pas joignable.",
        "Je ne serai plus joignable à partir du 24 décembre et jusqu'au 4 janvier.",
        "Je n'ai plus accès à mes messages jusqu'à lundi.",
        "Je ne travaille pas le mercredi.",
        "I have limited access to my mail.",
        "Pour vous désabonner de nos envois, écrivez-nous.",
    ],
)
def test_who_is_only_away_is_an_automatic_reply(body):
    assert answer(body, headers="Auto-Submitted: auto-replied\n") == "auto_reply"


@pytest.mark.parametrize(
    "body",
    [
        "Claire a quitté la collectivité.",
        "J'ai quitté mes fonctions au sein de la Région le 31 août.",
        "Je ne fais plus partie des effectifs de la communauté de communes.",
        "Monsieur Roy n’est plus élu depuis mars.",
        "Mon mandat est terminé depuis les élections.",
        "Cette boîte n'est plus consultée.",
        "Mon adresse électronique a changé.",
        "Mme Roy a changé de poste.",
        "I have left the council. Please write to our office.",
        "She no longer works here.",
    ],
)
def test_who_has_left_is_put_before_a_person_even_when_a_machine_says_so(body):
    assert answer(body, headers="Auto-Submitted: auto-replied\n") == "human"


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-generated\n",
        "X-Autoreply: yes\n",
        "X-Auto-Response-Suppress: All\n",
        "Return-Path: <>\n",
        "Precedence: auto_reply\n",
    ],
)
def test_a_machine_is_known_by_its_headers(headers):
    assert answer("Votre message est arrivé.", headers=headers) == "auto_reply"


def test_auto_submitted_no_is_a_person():
    assert answer("Bonjour, une question.", headers="Auto-Submitted: no\n") == "human"


@pytest.mark.parametrize(
    "subject", ["Absence", "Absent du bureau : x", "Out of Office AutoReply: x", "Automatic reply: x", "Congés", "OOO"]
)
def test_a_machine_is_known_by_its_subject(subject):
    assert answer("De retour lundi.", subject) == "auto_reply"


@pytest.mark.parametrize("subject", ["Absence de financement pour notre projet ?", "Autonomie des territoires"])
def test_a_subject_that_only_looks_automatic_hides_no_person(subject):
    assert answer("Bonjour, parlons-en.", subject) == "human"
