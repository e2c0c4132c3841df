"""One question per cause, its answers with the proposed one first, and one answer for all its cases."""

from __future__ import annotations

import pytest

from newsletter.actions.imports import review_groups
from newsletter.actions.imports.review_groups import ReviewAnswer, group_reviews, settle_group
from newsletter.actions.people import data_rights, subscriptions
from newsletter.store.people import organisations
from newsletter.store.people.organisations import Organisation
from tests.actions.audience_desk import bring, desk

TEXT = "email;nom;prenom;collectivite;statut\n" + "".join(
    (
        *(f"slip{n}@gmial.com;Blanc;Zoé;;abonné\n" for n in range(3)),
        *(f"odd{n}@ville.fr;Roux;Léo;;à relancer\n" for n in range(3)),
        *(f"org{n}@ville.fr;Vert;Ada;Commune de Trifouilly;abonné\n" for n in range(3)),
        "hélène@ville.fr;Bleu;Hélène;;abonné\n",
        "jean dupont@ville.fr;Dupont;Jean;;abonné\n",
        "noreply@ville.fr;;;;abonné\n",
    )
)


@pytest.fixture
def workspace(tmp_path):
    with desk(tmp_path, "sqlite:///test.db") as made:
        yield made


def receives(workspace, address: str) -> bool:
    return subscriptions.why(workspace, address, "lettre").receives


def test_each_cause_is_one_question_with_the_proposed_answer_first(workspace):
    bring(workspace, TEXT)
    found = {group.title: group for group in group_reviews(workspace)}
    asked = {title: (len(group.reviews), group.answers[0].code) for title, group in found.items()}
    assert asked == {
        "gmial.com → gmail.com": (3, "correct"),
        "statut inconnu : « statut » : à relancer": (3, "decline"),
        "Commune de Trifouilly": (3, "create"),
        "hélène@ville.fr": (1, "correct"),
        "jeandupont@ville.fr": (1, "accept"),
        "noreply@ville.fr": (1, "decline"),
    }
    assert found["Commune de Trifouilly"].people[0] == "Ada Vert (org0@ville.fr)"
    assert found["gmial.com → gmail.com"].people[0] == "Zoé Blanc (slip0@gmial.com)"


def test_the_proposed_answers_settle_everything_and_write_to_nobody_who_was_doubtful(workspace):
    bring(workspace, TEXT)
    for group in group_reviews(workspace):
        settle_group(workspace, [review.id for review in group.reviews], group.answers[0], "anna")
    assert group_reviews(workspace) == []
    wanted = {
        "slip0@gmail.com": True,
        "slip0@gmial.com": False,
        "odd0@ville.fr": False,
        "helene@ville.fr": True,
        "jeandupont@ville.fr": True,
        "noreply@ville.fr": False,
        "org2@ville.fr": True,
    }
    assert {address: receives(workspace, address) for address in wanted} == wanted
    assert data_rights.whole_record(workspace, "org2@ville.fr")["organisation"] == "Commune de Trifouilly"


def test_one_organisation_of_two_with_one_name_is_chosen_by_its_button(workspace):
    with workspace.database.write() as connection:
        for departement, insee in (("93", "93066"), ("974", "97411")):
            one = Organisation(name="Saint-Denis", level="commune", departement=departement, insee=insee)
            organisations.add_organisation(connection, one, now=workspace.clock())
    bring(workspace, "email;collectivite\na@ville.fr;Saint-Denis\nb@ville.fr;Saint-Denis\n")
    bring(workspace, "email;collectivite;code postal\nc@ville.fr;Saint-Denis;97400\n")
    (group,) = group_reviews(workspace)
    second = [answer for answer in group.answers if answer.code == "organisation"][1]
    assert settle_group(workspace, [review.id for review in group.reviews], second, "anna") == (2, 0)
    with workspace.database.read() as connection:
        chosen = organisations.get_organisation(connection, int(second.value))
        assert organisations.contacts(connection, [chosen.id]) == {chosen.id: 3}
    assert chosen.departement == "974"


def test_a_person_who_left_meanwhile_is_counted_apart(workspace):
    subscriptions.add_subscription(workspace, "slip0@gmail.com", "lettre", by="anna")
    bring(workspace, TEXT)
    subscriptions.unsubscribe(workspace, "slip0@gmail.com", by="anna")
    slips = next(group for group in group_reviews(workspace) if "gmial" in group.title)
    numbers = [review.id for review in slips.reviews]
    assert settle_group(workspace, numbers, ReviewAnswer("correct"), "anna") == (2, 1)
    assert not receives(workspace, "slip0@gmail.com")


def test_an_unknown_number_is_no_failure(workspace):
    assert review_groups.settle_group(workspace, [99], ReviewAnswer("accept"), "anna") == (0, 0)
