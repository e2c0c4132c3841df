"""Invented subscribers: reserved domains only, unique, repeatable, and enough of them for every member."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.addresses import parse_address
from newsletter.exchange.generate import people

MEMBERS = [f"Ville de L'Œuvre-n°{i}" for i in range(182)]
RESERVED = re.compile(r"\.example$|^example\.(org|com|net)$")


def test_the_same_seed_gives_the_same_people_and_another_seed_gives_others():
    assert list(people(500, MEMBERS, seed=3)) == list(people(500, MEMBERS, seed=3))
    assert [p.email for p in people(500, MEMBERS, seed=3)] != [p.email for p in people(500, MEMBERS, seed=4)]


def test_a_longer_list_begins_with_the_shorter_one():
    assert list(islice(people(10**9, MEMBERS), 700)) == list(people(700, MEMBERS))


def test_every_address_is_unique_and_under_a_reserved_domain():
    found = [p.email for p in people(60_000, MEMBERS)]
    assert len(set(found)) == 60_000
    assert all(RESERVED.search(address.rpartition("@")[2]) for address in found)


def test_addresses_stay_unique_once_every_name_has_been_used_at_every_domain():
    found = {p.email for p in people(80_000, [])}
    assert len(found) == 80_000
    assert any(re.search(r"\.2@example\.", address) for address in found)


def test_every_address_is_one_the_product_accepts():
    for person in people(2_000, MEMBERS):
        assert parse_address(person.email).text == person.email


@pytest.mark.parametrize("n", [364, 500, 910, 5_000])
def test_each_member_has_at_least_two_contacts(n):
    contacts = Counter(p.organisation for p in people(n, MEMBERS) if p.organisation)
    assert set(contacts) == set(MEMBERS)
    assert min(contacts.values()) >= 2


def test_two_people_in_five_belong_to_an_organisation():
    attached = sum(bool(p.organisation) for p in people(20_000, MEMBERS))
    assert 0.38 < attached / 20_000 < 0.43


def test_elected_people_and_officers_sit_in_organisations_partners_and_press_do_not():
    roles: dict[bool, set[str]] = {True: set(), False: set()}
    for person in people(3_000, MEMBERS):
        roles[bool(person.organisation)].add(person.role)
    assert roles == {True: {"elu", "technicien"}, False: {"partner", "press", "other"}}


def test_nobody_joined_before_the_first_list_or_after_the_sample_letter():
    days = [p.joined for p in people(20_000, MEMBERS)]
    assert date(2004, 1, 1) <= min(days) < max(days) < date(2026, 11, 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=12), st.integers(0, 10**9))
def test_any_names_of_organisations_give_usable_unique_addresses(names, seed):
    found = [p.email for p in people(120, names, seed=seed)]
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[a-z.-]+@[a-z0-9-]+\.[a-z]+", address) for address in found)
