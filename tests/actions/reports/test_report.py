"""The yearly report: every figure from what was recorded, by its rule, with the year before beside it."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime

import pytest

from newsletter.actions.operations import start
from newsletter.actions.reports import formats
from newsletter.actions.reports import report as reports
from newsletter.actions.reports.year import a_year_before, end_of
from newsletter.actions.workspace import open_workspace
from newsletter.errors import Refused
from newsletter.paris import PARIS
from newsletter.store.people import organisations, people
from newsletter.store.people.details import attach
from newsletter.store.people.erasure import erase_person
from newsletter.store.people.organisations import Organisation, Period
from newsletter.store.people.people import Person
from tests.actions.past import BY_FORM, at, reader, record, sent

NOW = datetime(2026, 11, 24, 10, tzinfo=PARIS)


@pytest.fixture
def workspace(tmp_path):
    start.init(tmp_path)
    made = open_workspace(tmp_path, NOW.timestamp)
    yield made
    made.close()


@pytest.fixture
def c(workspace):
    with workspace.database.write() as connection:
        yield connection


def figures(workspace, connection, year=2025):
    connection.commit()
    return {f.key: f for f in reports.report(workspace, year).figures}


def values(workspace, connection, *keys, year=2025):
    found = figures(workspace, connection, year)
    return [found[key].value for key in keys]


# --- readers -----------------------------------------------------------------------------------------------------


def test_readers_at_the_end_are_those_of_the_year_before_plus_arrivals_minus_departures(workspace, c):
    for n in range(5):
        reader(c, f"old{n}", at(2024, 6, 1 + n), "lettre", "flash")
    for n in range(3):
        reader(c, f"new{n}", at(2025, 3, 1 + n))
    for gone in ("old0", "new0"):
        person = people.by_key(c, f"{gone}@example.org")
        people.suppress(c, person, "bounced", BY_FORM, at(2025, 9, 1))
    reader(c, "later", at(2026, 1, 1))
    found = figures(workspace, c)
    assert (found["subscribers_end"].value, found["subscribers_end"].previous) == (6, 5)
    assert (found["subscribers_joined"].value, found["subscribers_left"].value) == (3, 2)
    assert (found["subscribers_joined"].previous, found["subscribers_left"].previous) == (5, 0)
    assert (found["subscribers_end_lettre"].value, found["subscribers_end_flash"].value) == (6, 4)


def test_months_lead_from_one_end_to_the_other_and_stop_today_in_the_running_year(workspace, c):
    reader(c, "ada", at(2025, 12, 31, 23, 59))
    reader(c, "bob", at(2026, 2, 10))
    people.move_subscription(c, people.by_key(c, "ada@example.org"), "lettre", "left", BY_FORM, at(2026, 5, 1))
    c.commit()
    made = reports.report(workspace, 2026)
    assert [m.subscribers for m in made.months] == [1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1]
    assert [(m.key, m.joined, m.left) for m in made.months if m.joined or m.left] == [
        ("2026-02", 1, 0),
        ("2026-05", 0, 1),
    ]
    assert (made.until, made.complete) == (date(2026, 11, 24), False)


@pytest.mark.parametrize("year", [2027, 3000, 12, -4])
def test_a_year_that_has_not_begun_is_refused(workspace, year):
    with pytest.raises(Refused, match="nothing to report"):
        reports.report(workspace, year)


# --- content -----------------------------------------------------------------------------------------------------


def test_only_what_really_left_counts_as_an_issue_and_in_the_year_in_which_it_began(workspace, c):
    reader(c, "ada", at(2024, 1, 1))
    sent(c, "2025-01-lettre", at(2025, 1, 1))
    sent(c, "2024-12-lettre", at(2024, 12, 31, 23, 59))
    sent(c, "2025-02-lettre", at(2025, 2, 1), status="cancelled", states=["cancelled"])
    sent(c, "2025-03-lettre", at(2025, 3, 1), states=["excluded"])
    sent(c, "2025-04-lettre", at(2025, 4, 1), status="sending")
    found = figures(workspace, c)
    assert (found["issues_lettre"].value, found["issues_lettre"].previous) == (1, 1)
    assert found["issues_flash"].value == 0


def test_an_article_counts_once_a_year_under_each_rubric_and_the_lead_under_its_first_tag(workspace, c):
    reader(c, "ada", at(2024, 1, 1))
    first = record(("rtes", "a", "b"), ("agenda", "a"), lead="z", z={"tags": ["europe", "rtes"]})
    again = record(("rtes", "a"), ("territoires", "t"))
    sent(c, "2025-01-lettre", at(2025, 1, 10), first)
    sent(c, "2025-02-lettre", at(2025, 2, 10), again)
    assert values(
        workspace, c, "articles_rtes", "articles_agenda", "articles_europe", "articles_territoires", "articles_bref"
    ) == [2, 1, 1, 1, 0]


def test_articles_of_the_members_letter_do_not_swell_those_of_the_open_one(workspace, c):
    office = organisations.add_organisation(c, Organisation(name="Ville A", periods=(Period("2020-01-01"),)), now=0)
    reader(c, "ada", at(2024, 1, 1), "lettre", "flash", organisation_id=office)
    sent(c, "2025-01-flash", at(2025, 1, 10), record(("appel", "x")), publication="flash")
    assert values(workspace, c, "issues_flash", "articles_appel") == [1, 0]


def test_interviews_are_split_by_whom_the_person_speaks_for(workspace, c):
    reader(c, "ada", at(2024, 1, 1))
    organisations.add_organisation(c, Organisation(name="Grand Lieu", level="intercommunalite"), now=0)
    content = record(
        ("elu", "i1", "i2", "i3"),
        lead="i4",
        i1={"tags": ["elu"], "speaker_organisations": ["Communauté de communes du Val d'Orbel"]},
        i2={"tags": ["elu"], "speaker_organisations": ["Les Ateliers du Lien"]},
        i3={"tags": ["elu"], "speaker_organisations": ["Grand Lieu"]},
        i4={"tags": ["elu"], "speaker_organisations": []},
    )
    sent(c, "2025-01-lettre", at(2025, 1, 10), content)
    sent(c, "2025-02-lettre", at(2025, 2, 10), content)
    assert values(workspace, c, "interviews", "interviews_elus", "interviews_partners") == [4, 2, 2]


# --- members -----------------------------------------------------------------------------------------------------


def member(connection, name, *periods, **details):
    return organisations.add_organisation(
        connection, Organisation(name=name, periods=tuple(Period(*p) for p in periods), **details), now=0
    )


def test_members_at_the_end_are_those_of_the_year_before_plus_joined_minus_left(workspace, c):
    member(c, "Always", ("2010-01-01",), level="region", region="Bretagne")
    member(c, "Renewed without a gap", ("2020-01-01", "2025-03-31"), ("2025-04-01",), level="commune")
    member(c, "Until the last day", ("2020-01-01", "2025-12-31"), level="commune")
    member(c, "Ended the day before the year", ("2020-01-01", "2024-12-31"))
    member(c, "Left in June", ("2020-01-01", "2025-06-30"), level="commune")
    member(c, "Came in May", ("2025-05-01",), level="metropole", region="Bretagne")
    member(c, "Came and went", ("2025-02-01", "2025-02-28"))
    found = figures(workspace, c)
    end, joined, left = (found[f"members_{key}"] for key in ("end", "joined", "left"))
    assert end.previous + joined.value - left.value == end.value == 4
    assert (joined.value, left.value) == (2, 3)
    assert found["members_by_level"].value == {"commune": 2, "metropole": 1, "region": 1}
    assert found["members_by_region"].value == {"Bretagne": 2, "none": 2}
    assert end.value == reports.count(workspace, on=date(2025, 12, 31), what="members").total


def test_members_nobody_spoke_of_for_a_year_are_named_the_longest_waiting_first(workspace, c):
    reader(c, "ada", at(2020, 1, 1))
    for name, since in (
        ("Ville A", "2010-01-01"),
        ("Ville B", "2011-01-01"),
        ("Ville C", "2012-01-01"),
        ("Ville D", "2013-01-01"),
        ("Ville E", "2009-01-01"),
    ):
        member(c, name, (since,))
    sent(c, "2024-12-lettre", at(2024, 12, 31), record(("territoires", "t"), t={"organisations": ["Ville A"]}))
    sent(c, "2025-01-lettre", at(2025, 1, 1), record(("territoires", "u"), u={"organisations": ["VILLE b"]}))
    sent(
        c,
        "2025-06-lettre",
        at(2025, 6, 1),
        record(("elu", "i"), i={"tags": ["elu"], "speaker_organisations": ["Ville C"]}),
    )
    sent(c, "2026-01-lettre", at(2026, 1, 1), record(("territoires", "v"), v={"organisations": ["Ville D"]}))
    c.commit()
    made = reports.report(workspace, 2025)
    assert [(a.name, a.featured) for a in made.absent] == [
        ("Ville E", None),
        ("Ville D", None),
        ("Ville A", date(2024, 12, 31)),
    ]
    found = {f.key: f.value for f in made.figures}
    assert (found["members_featured"], found["members_not_featured"], found["members_end"]) == (2, 3, 5)


# --- delivery ----------------------------------------------------------------------------------------------------


def test_the_rate_leaves_out_who_was_excluded_and_counts_dead_addresses_as_not_delivered(workspace, c):
    for n in range(10):
        reader(c, f"p{n}", at(2024, 1, 1))
    sent(
        c,
        "2025-01-lettre",
        at(2025, 1, 1),
        states=["excluded", "refused"],
        feedback=["", "", "hard", "soft", "unsubscribe"],
    )
    sent(c, "2025-02-lettre", at(2025, 2, 1), status="cancelled", states=["cancelled"] * 9)
    assert values(workspace, c, "deliveries", "delivery_rate") == [8 + 1, round((7 + 1) / (9 + 1), 4)]
    first, second = reports.report(workspace, 2025).mailings
    assert (first.sent, first.hard, first.soft, first.left, first.returned) == (8, 1, 1, 1, 2)
    assert second.sent == 1


def test_without_a_message_there_is_no_rate(workspace, c):
    assert values(workspace, c, "deliveries", "delivery_rate") == [0, None]


def test_nothing_recorded_later_changes_the_report_of_a_past_year(workspace, c):
    office = member(c, "Ville A", ("2020-01-01",), level="commune")
    for n in range(4):
        reader(c, f"p{n}", at(2025, 2, 1 + n), organisation_id=office)
    sent(c, "2025-03-lettre", at(2025, 3, 1), record(("territoires", "t"), t={"organisations": ["Ville A"]}))
    c.commit()
    before = formats.as_json(reports.report(workspace, 2025))
    with workspace.database.write() as later:
        organisations.end_period(later, office, date(2026, 5, 31), now=at(2026, 5, 1))
        member(later, "Ville B", ("2026-02-01",))
        attach(later, people.by_key(later, "p0@example.org"), None, at(2026, 1, 1))
        erase_person(later, people.by_key(later, "p1@example.org"), "hash", at(2026, 1, 2), reason="asked")
        people.suppress(later, people.by_key(later, "p2@example.org"), "bounced", BY_FORM, at(2026, 1, 3))
        reader(later, "new", at(2026, 1, 4))
        sent(later, "2026-01-lettre", at(2026, 1, 5), record(("rtes", "n")))
    assert formats.as_json(reports.report(workspace, 2025)) == before


# --- words and forms ---------------------------------------------------------------------------------------------


def test_sentences_read_as_the_network_writes_them(workspace, c):
    member(c, "Ville A", ("2020-01-01",))
    crowd = []
    for n in range(1200):
        address, since = f"p{n}@example.org", at(2024 if n < 900 else 2025, 2, 1)
        crowd.append(Person(address=address, key=address, created_at=since))
    people.enrol(c, people.load_person(c, crowd, at(2025, 3, 1)), crowd, ["lettre"], BY_FORM, at(2025, 3, 1))
    for month in (1, 2):
        sent(c, f"2025-{month:02d}-lettre", at(2025, month, 20))
    c.commit()
    text = formats.write_report(workspace, reports.report(workspace, 2025), "text").decode()
    assert "1 200 abonnés en décembre 2025 (900 un an plus tôt), 2 lettres envoyées (0 en 2024)" in text
    assert "1 collectivité adhérente au 31 décembre 2025" in text
    assert "Taux de remise" in text and "100,0 %" in text


def test_the_contract_of_the_json_document_holds(workspace, c):
    c.commit()
    document = json.loads(formats.write_report(workspace, reports.report(workspace, 2025), "json"))
    keys = {figure["key"] for figure in document["figures"]}
    assert document["year"] == 2025
    assert keys >= {
        "subscribers_end",
        "subscribers_joined",
        "subscribers_left",
        "issues_lettre",
        "issues_flash",
        "articles_rtes",
        "articles_territoires",
        "interviews",
        "members_end",
        "members_joined",
        "members_left",
        "members_by_level",
        "deliveries",
        "delivery_rate",
    }
    assert all(
        set(f) >= {"key", "label", "value", "rule", "previous"} and f["label"] and f["rule"]
        for f in document["figures"]
    )


def test_the_spreadsheet_has_a_line_for_every_figure_and_group(workspace, c):
    member(c, '=Ville "A"; x', ("2020-01-01",), level="commune", region="=1+1")
    c.commit()
    raw = formats.write_report(workspace, reports.report(workspace, 2025), "csv")
    rows = {row["key"]: row for row in csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";")}
    assert raw.startswith(b"\xef\xbb\xbf")
    assert rows["members_by_level.commune"]["value"] == "1"
    assert rows["members_end"]["previous"] == "1"
    assert not any(cell.startswith("=") for row in rows.values() for cell in row.values())


# --- counts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "midnight"),
    [
        (date(2026, 1, 15), "2026-01-15T23:00:00+00:00"),
        (date(2026, 3, 28), "2026-03-28T23:00:00+00:00"),
        (date(2026, 3, 29), "2026-03-29T22:00:00+00:00"),
        (date(2026, 10, 25), "2026-10-25T23:00:00+00:00"),
        (date(2026, 12, 31), "2026-12-31T23:00:00+00:00"),
    ],
)
def test_a_day_ends_at_midnight_in_paris_also_when_the_clocks_change(day, midnight):
    assert end_of(day) == datetime.fromisoformat(midnight).timestamp()


@pytest.mark.parametrize("what", list(reports.GROUPINGS))
def test_every_grouping_adds_up_to_its_total_and_says_its_rule(workspace, c, what):
    office = member(c, "Ville A", ("2020-01-01",), level="commune", region="Bretagne", departement="35")
    member(c, "Sans niveau", ("2021-01-01",))
    for n in range(4):
        reader(c, f"p{n}", at(2024, 1 + n, 1), "lettre", "flash", organisation_id=office if n % 2 else None, role="elu")
    people.move_subscription(c, people.by_key(c, "p0@example.org"), "flash", "left", BY_FORM, at(2024, 8, 1))
    c.commit()
    plain = reports.count(workspace, on=date(2024, 12, 31), what=what)
    for by in reports.GROUPINGS[what]:
        made = reports.count(workspace, on=date(2024, 12, 31), what=what, by=by)
        assert made.total == sum(made.groups.values()), by
        assert made.rule.endswith(".") and len(made.groups) >= 1
        assert made.total == (7 if by == "publication" else plain.total), by


def test_a_day_to_come_and_an_unknown_grouping_are_refused(workspace):
    with pytest.raises(Refused, match="future"):
        reports.count(workspace, on=date(2026, 11, 25))
    with pytest.raises(Refused, match="cannot be grouped"):
        reports.count(workspace, what="members", by="role")


def test_the_anniversary_of_a_leap_day_is_the_28th():
    assert a_year_before(date(2024, 2, 29)) == date(2023, 2, 28)
    assert a_year_before(date(2025, 12, 31)) == date(2024, 12, 31)
