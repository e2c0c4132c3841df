"""Why somebody receives a publication or not, and why two mailings went to different people."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.actions.people import members, subscriptions
from newsletter.actions.sending.compare_audiences import compare
from newsletter.errors import AddressError, NotFound, Refused
from newsletter.store.people import organisations, people
from newsletter.store.people.details import attach
from newsletter.store.people.erasure import erase_person
from newsletter.store.people.people import Consent
from newsletter.store.sending import mailings
from newsletter.store.sending.mailings import Frozen
from tests.actions.audience_desk import DAY, NOW, bring, desk


@pytest.fixture
def workspace(tmp_path):
    with desk(tmp_path, "sqlite:///test.db") as made:
        yield made


def add(workspace, email, publication="flash", organisation=""):
    return subscriptions.add_subscription(workspace, email, publication, by="anna", organisation=organisation)


@pytest.mark.parametrize(
    ("organisation", "reason", "since"),
    [
        ("Ville de Lille", "", date(2026, 11, 24)),
        ("Ville de Foix", "not-a-member", date(2026, 11, 1)),
        ("", "no-organisation", None),
    ],
)
def test_the_flash_is_for_contacts_of_current_members(workspace, organisation, reason, since):
    add(workspace, "a@ville.fr", organisation=organisation)
    found = subscriptions.why(workspace, "a@ville.fr", "flash")
    assert (found.receives, found.reason, found.since) == (not reason, reason, since)


def test_a_membership_that_ends_takes_the_flash_from_the_next_day_on(workspace):
    add(workspace, "a@ville.fr", organisation="Ville de Lille")
    members.end_membership(workspace, "Ville de Lille", date(2026, 11, 24), by="anna")
    assert subscriptions.why(workspace, "a@ville.fr", "flash").receives
    workspace.clock.now = NOW + DAY
    found = subscriptions.why(workspace, "a@ville.fr", "flash")
    assert (found.reason, found.since) == ("not-a-member", date(2026, 11, 25))
    members.renew_membership(workspace, "Ville de Lille", begin=None, until=date(2027, 12, 31), by="anna")
    assert subscriptions.why(workspace, "a@ville.fr", "flash").receives


def test_an_unknown_address_has_a_clear_answer_and_a_wrong_one_an_error(workspace):
    assert subscriptions.why(workspace, "nobody@ville.fr", "lettre").reason == "unknown"
    with pytest.raises(AddressError):
        subscriptions.why(workspace, "nobody", "lettre")


def test_since_when_somebody_receives_survives_a_change_of_organisation(workspace):
    add(workspace, "a@ville.fr", "lettre")
    workspace.clock.now = NOW + 10 * DAY
    add(workspace, "a@ville.fr", "lettre", organisation="Ville de Lille")
    assert subscriptions.why(workspace, "a@ville.fr", "lettre").since == date(2026, 11, 24)


def test_who_left_is_not_subscribed_again_by_the_team_unless_they_asked(workspace):
    add(workspace, "a@ville.fr", "lettre")
    assert subscriptions.unsubscribe(workspace, "A@ville.fr", by="anna") == ["lettre"]
    with pytest.raises(Refused, match="left on 2026-11-24"):
        add(workspace, "a@ville.fr", "lettre")
    subscriptions.add_subscription(workspace, "a@ville.fr", "lettre", by="anna", asked="by letter")
    assert subscriptions.why(workspace, "a@ville.fr", "lettre").receives


def test_unsubscribing_from_one_publication_leaves_the_other(workspace):
    for publication in ("lettre", "flash"):
        add(workspace, "a@ville.fr", publication, "Ville de Lille")
    assert subscriptions.unsubscribe(workspace, "a@ville.fr", by="anna", publication="flash") == ["flash"]
    assert subscriptions.why(workspace, "a@ville.fr", "lettre").receives
    with pytest.raises(NotFound):
        subscriptions.unsubscribe(workspace, "b@ville.fr", by="anna")


# --- members ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["Région Bretagne", "Ville de Lille"]),
        ({"everybody": True}, ["Région Bretagne", "Ville de Foix", "Ville de Lille"]),
        ({"on": date(2026, 10, 31)}, ["Région Bretagne", "Ville de Foix", "Ville de Lille"]),
        ({"without_contact": True}, ["Région Bretagne"]),
        ({"ending_within": 40}, ["Ville de Lille"]),
        ({"ending_within": 10}, []),
    ],
)
def test_members_are_listed_by_day_end_and_contacts(workspace, options, names):
    add(workspace, "a@ville.fr", organisation="Ville de Lille")
    members.end_membership(workspace, "Ville de Lille", date(2026, 12, 31), by="anna")
    assert [row.organisation.name for row in members.list_members(workspace, **options)] == names


def test_changes_name_who_ended_and_who_joined(workspace):
    members.add_member(workspace, members.organisation(name="Ville de Brest"), date(2026, 11, 2), by="anna")
    found = members.changes(workspace, date(2026, 10, 1))
    assert [(c.day.isoformat(), c.kind, c.organisation.name) for c in found] == [
        ("2026-10-31", "ended", "Ville de Foix"),
        ("2026-11-02", "joined", "Ville de Brest"),
    ]


def test_a_membership_is_renewed_without_a_gap_or_begun_anew(workspace):
    members.end_membership(workspace, "Ville de Lille", date(2026, 12, 31), by="anna")
    lille = members.renew_membership(workspace, "Ville de Lille", begin=None, until=date(2027, 12, 31), by="anna")
    foix = members.renew_membership(workspace, "Ville de Foix", begin=date(2026, 11, 20), until=None, by="anna")
    assert [(p.joined, p.ended) for p in lille.periods] == [("2020-01-01", "2027-12-31")]
    assert [(p.joined, p.ended) for p in foix.periods] == [("2020-01-01", "2026-10-31"), ("2026-11-20", None)]
    with pytest.raises(Refused, match="no end"):
        members.renew_membership(workspace, "Ville de Foix", begin=None, until=None, by="anna")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (
            "Ville de Foix",
            lambda w, n: members.renew_membership(w, n, begin=date(2026, 12, 1), until=date(2026, 11, 1), by="anna"),
            "La fin de l’adhésion précède son début.",
        ),
        (
            "Ville de Foix",
            lambda w, n: members.renew_membership(w, n, begin=date(2020, 5, 1), until=date(2026, 10, 31), by="anna"),
            "Cette adhésion court déjà jusqu’au 31/10/2026.",
        ),
        (
            "Ville de Foix",
            lambda w, n: members.end_membership(w, n, date(2019, 12, 31), by="anna"),
            "La fin de l’adhésion précède son début.",
        ),
        (
            "Ville de Lille",
            lambda w, n: members.renew_membership(w, n, begin=None, until=date(2027, 1, 1), by="anna"),
            "L’adhésion de « Ville de Lille » n’a pas de fin",
        ),
        (
            "Ville de Neuve",
            lambda w, n: members.end_membership(w, n, date(2026, 12, 31), by="anna"),
            "« Ville de Neuve » n’a jamais adhéré.",
        ),
        (
            "…",
            lambda w, n: members.add_member(w, members.organisation(name=n), None, by="anna"),
            "Donnez le nom complet de l’organisation.",
        ),
    ],
    ids=["ends before it begins", "no longer than it is", "ends before it began", "has no end", "none", "no name"],
)
def test_a_membership_that_cannot_be_is_refused_in_a_sentence(workspace, name, change, words):
    members.add_member(workspace, members.organisation(name="Ville de Neuve"), None, by="anna")
    before = members.list_members(workspace, everybody=True)
    with pytest.raises(Refused) as refused:
        change(workspace, name)
    assert words in refused.value.told.replace("\xa0", " ")
    assert members.list_members(workspace, everybody=True) == before


@pytest.mark.parametrize(("field", "code"), [("siren", "123456789"), ("insee", "ABCDE")])
def test_a_wrong_code_is_refused(field, code):
    with pytest.raises(Refused, match=field.upper()):
        members.organisation(name="Ville", **{field: code})


# --- two mailings -------------------------------------------------------------------------------------------------


def send(workspace, issue):
    with workspace.database.write() as c:
        mailings.create_mailing(
            c,
            issue=issue,
            subject="S",
            content_hash="h",
            record={},
            frozen=[Frozen((), b"x")],
            caps={},
            rule=workspace.rule(workspace.settings.publication("flash")),
            approved_by="anna",
            now=workspace.clock(),
            not_before=workspace.clock(),
            today=workspace.today(),
        )


def test_a_comparison_says_why_recipients_are_fewer_and_more(workspace):
    for n in range(3):
        add(workspace, f"p{n}@lille.fr", organisation="Ville de Lille")
    add(workspace, "leaves@bretagne.fr", organisation="Région Bretagne")
    add(workspace, "erased@bretagne.fr", organisation="Région Bretagne")
    send(workspace, "first")
    workspace.clock.now = NOW + 10 * DAY
    members.end_membership(workspace, "Ville de Lille", date(2026, 11, 30), by="anna")
    subscriptions.unsubscribe(workspace, "leaves@bretagne.fr", by="anna")
    with workspace.database.write() as c:
        erase_person(c, people.by_key(c, "erased@bretagne.fr"), "f" * 64, workspace.clock(), reason="asked")
        foix = organisations.find_organisation(c, "Ville de Foix")
        organisations.join_member(c, foix.id, organisations.Period("2026-12-01"), now=workspace.clock())
    add(workspace, "new@foix.fr", organisation="Ville de Foix")
    send(workspace, "second")
    found = compare(workspace, "first", "second")
    assert (found.recipients_first, found.recipients_second) == (5, 1)
    assert [(g.count, g.sentence) for g in found.fewer] == [
        (3, "membership of Ville de Lille ended on 2026-11-30"),
        (1, "data erased since"),
        (1, "left on 2026-12-04"),
    ]
    assert [(g.count, g.sentence) for g in found.more] == [(1, "membership of Ville de Foix began on 2026-12-01")]


def test_a_comparison_names_whoever_was_left_out_of_one_of_the_two(workspace):
    add(workspace, "stays@lille.fr", organisation="Ville de Lille")
    add(workspace, "placed@lille.fr")
    unplaced = add(workspace, "moves@lille.fr", organisation="Ville de Lille")
    send(workspace, "first")
    workspace.clock.now = NOW + 10 * DAY
    with workspace.database.write() as c:
        lille = organisations.find_organisation(c, "Ville de Lille").id
        attach(c, people.by_key(c, "placed@lille.fr"), lille, workspace.clock(), "anna")
        attach(c, unplaced, organisations.find_organisation(c, "Ville de Foix").id, workspace.clock(), "anna")
        people.suppress(c, people.by_key(c, "stays@lille.fr"), "bounced", Consent("", "test"), workspace.clock())
    add(workspace, "new@lille.fr", organisation="Ville de Lille")
    send(workspace, "second")
    found = compare(workspace, "first", "second")
    assert [(g.reason, g.sentence) for g in found.fewer] == [
        ("bounced", "address bounced on 2026-12-04"),
        ("not-a-member", "membership of Ville de Foix ended on 2026-10-31"),
    ]
    assert [(g.reason, g.sentence) for g in found.more] == [
        ("no-organisation", "excluded before: no organisation"),
        ("subscribed", "subscribed on 2026-12-04"),
    ]


def test_a_comparison_needs_two_mailings(workspace):
    with pytest.raises(NotFound, match="`first` has no mailing"):
        compare(workspace, "first", "second")


def test_imported_contacts_get_the_flash_of_their_organisation(workspace):
    bring(workspace, "email;collectivite\na@ville.fr;VILLE DE LILLE\nb@ville.fr;Foix\n", "flash")
    assert subscriptions.why(workspace, "a@ville.fr", "flash").receives
    assert subscriptions.why(workspace, "b@ville.fr", "flash").reason == "not-a-member"
