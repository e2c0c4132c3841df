"""What an answer to an open question may do, and whom it may not bring back."""

from __future__ import annotations

import pytest

from newsletter.actions.imports import reviews as import_reviews
from newsletter.actions.people import data_rights, directory, subscriptions
from newsletter.errors import Refused
from newsletter.filters import PersonFilter
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.people import organisations, people
from tests.actions.audience_desk import bring, desk


@pytest.fixture
def workspace(tmp_path):
    with desk(tmp_path, "sqlite:///test.db") as made:
        yield made


def question(workspace, **more) -> int:
    with workspace.database.write() as connection:
        reviews.ask(connection, [Review(at=workspace.clock(), **more)])
    return import_reviews.list_reviews(workspace)[-1].id


def person(workspace, address: str) -> people.Person:
    with workspace.database.read() as connection:
        return people.by_key(connection, address)


def erase(workspace) -> None:
    data_rights.forget_person(workspace, "zoe@ville.fr", by="anna")


def leave(workspace) -> None:
    subscriptions.unsubscribe(workspace, "zoe@ville.fr", by="anna")


def block(workspace) -> None:
    directory.suppress(workspace, person(workspace, "zoe@ville.fr").uid.hex(), "anna")


@pytest.mark.parametrize(
    ("deed", "words"),
    [(erase, "were erased"), (leave, "left, or the address"), (block, "left, or the address")],
    ids=["erased", "left", "suppressed"],
)
def test_the_corrected_address_of_somebody_who_is_gone_brings_nobody_back(workspace, deed, words):
    subscriptions.add_subscription(workspace, "zoe@ville.fr", "lettre", by="anna")
    deed(workspace)
    bring(workspace, "email\nzoe@gmial.com\n")
    number = import_reviews.list_reviews(workspace)[0].id
    with pytest.raises(Refused, match=words) as refused:
        import_reviews.settle_review(workspace, number, accept=True, by="anna", email="zoe@ville.fr")
    assert "Écartez ce cas." in refused.value.told
    assert not subscriptions.why(workspace, "zoe@ville.fr", "lettre").receives
    assert [r.id for r in import_reviews.list_reviews(workspace)] == [number], "it still waits"


def test_the_only_organisation_that_could_be_meant_needs_no_name(workspace):
    zoe = subscriptions.add_subscription(workspace, "zoe@ville.fr", "lettre", by="anna")
    with workspace.database.read() as connection:
        lille = organisations.find_organisation(connection, "Ville de Lille").id
    asked = question(
        workspace, kind=reviews.ORGANISATION, subject="Lile", subscriber_id=zoe.id, detail={"candidates": [lille]}
    )
    import_reviews.settle_review(workspace, asked, accept=True, by="anna")
    assert data_rights.whole_record(workspace, "zoe@ville.fr")["organisation"] == "Ville de Lille"


def test_several_that_could_be_meant_are_named(workspace):
    zoe = subscriptions.add_subscription(workspace, "zoe@ville.fr", "lettre", by="anna")
    asked = question(
        workspace, kind=reviews.ORGANISATION, subject="L.", subscriber_id=zoe.id, detail={"candidates": [1, 2]}
    )
    with pytest.raises(Refused, match="`Ville de Lille`, `Région Bretagne`"):
        import_reviews.settle_review(workspace, asked, accept=True, by="anna")


def test_a_doubtful_member_that_is_named_by_nobody_is_taken_as_new(workspace):
    asked = question(workspace, kind=reviews.MEMBER, subject="Ville de Neuve", detail={"fields": {"level": "commune"}})
    import_reviews.settle_review(workspace, asked, accept=True, by="anna")
    found, _total = directory.search(workspace, PersonFilter())
    assert not found and "Ville de Neuve" in directory.names(workspace)
