"""An audience is one condition everywhere: counted, listed, explained and sent to alike, today and on a past day."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.audience import Except, canonical, formula
from newsletter.audience_parser import parse_rule
from newsletter.errors import AudienceError
from newsletter.store.people import audiences, custom_fields, erasure, groups, organisations, people
from newsletter.store.people.audience_sql import standing_now, standing_on
from newsletter.store.people.details import attach
from newsletter.store.people.entitlement import Rule
from newsletter.store.people.organisations import Period
from newsletter.store.people.people import Consent
from newsletter.store.sending import candidates
from newsletter.store.sending.candidates import NOTHING, Shares
from newsletter.store.sending.mailings import Frozen
from newsletter.store.sending.receipts import count_receipt
from newsletter.store.tables.core import deliveries, subscribers
from tests.store.helpers import NOW, mailing
from tests.store.people.population import AFTER, PAST, RULES, THEME, TODAY, populate

GRACE = 30
HERE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EVERYONE_NOW, EVERYONE_THEN = standing_now(TODAY, GRACE), standing_on(PAST, GRACE)


@pytest.fixture
def people_of(database):
    with database.write() as connection:
        return populate(connection)


def test_a_rule_and_its_contrary_share_out_everybody_and_why_agrees_with_membership(database, people_of):
    @HERE
    @given(RULES, st.sampled_from([EVERYONE_NOW, EVERYONE_THEN]))
    def check(rule, at):
        with database.read() as c:
            inside = set(audiences.ids_of_audience(c, rule, at))
            listed = [person.address for person in audiences.list_audience(c, rule, at)]
            assert len(inside) == len(listed) == audiences.count_audience(c, rule, at)
            everybody = audiences.count_audience(c, parse_rule(""), at)
            assert len(inside) + audiences.count_audience(c, Except(rule), at) == everybody
            assert audiences.count_audience(c, canonical(rule), at) == len(inside)
            for n in people_of:
                answers = audiences.answer_conditions(c, rule, at, n)
                assert (n in inside) == (answers is not None and audiences.holds(rule, answers))

    check()


def later(connection, made):
    """All that may be recorded after the past day: people leave, move, are erased; groups, fields, members change."""
    person = people.by_id(connection, made[0])
    attach(connection, person, None, AFTER + 100)
    for n in made[::4]:
        person = people.by_id(connection, n)
        people.move_subscription(connection, person, "lettre", "left", Consent("", "test"), AFTER + 200)
        people.move_subscription(connection, person, "flash", "active", Consent("consent", "test"), AFTER + 300)
        custom_fields.set_value(connection, THEME, n, ("achats",), AFTER + 300)
    groups.join_group(connection, "presse", made, AFTER + 400)
    groups.leave_group(connection, "bureau", made, AFTER + 400)
    organisations.join_member(connection, 3, Period("2026-02-01"), now=AFTER, actor="test")
    erasure.erase_person(connection, people.by_id(connection, made[6]), "print", AFTER + 500, reason="asked")


def test_a_count_at_a_past_day_never_changes_by_what_comes_later(database, people_of):
    counted = []

    @HERE
    @given(RULES)
    def count(rule):
        with database.read() as c:
            counted.append((rule, audiences.count_audience(c, rule, EVERYONE_THEN)))

    count()
    with database.write() as connection:
        later(connection, people_of)
    with database.read() as c:
        for rule, before in counted:
            assert audiences.count_audience(c, rule, EVERYONE_THEN) == before, formula(rule)


def test_every_candidate_gets_one_variant_with_an_item_or_is_excluded_and_the_receipt_balances(database, people_of):
    @HERE
    @given(st.lists(RULES, min_size=1, max_size=4), st.booleans(), RULES)
    def check(rules, one_for_all, for_whom):
        texts = tuple(formula(canonical(rule)) for rule in rules)
        rule = Rule("lettre", members_only=False, grace_days=GRACE, audience=formula(canonical(for_whom)))
        with database.read() as c:
            found = candidates.count_signatures(c, rule, texts, TODAY)
            counts = candidates.count_candidates(c, rule, TODAY)
            members = [set(audiences.ids_of_audience(c, r, EVERYONE_NOW)) for r in rules]
        assert sum(found.values()) == counts.get("", 0)
        filled = [s for s in sorted(found) if one_for_all or s]
        numbers = {s: filled.index(s) if s in filled else NOTHING for s in found}
        with database.engine.connect() as c, c.begin() as undone:
            m = mailing(c, rule, frozen=[Frozen((), b"x")] * max(1, len(filled)), shares=Shares(texts, numbers))
            receipt = count_receipt(c, m, NOW)
            rows = c.execute(deliveries.select().where(deliveries.c.mailing_id == m.id)).all()
            undone.rollback()
        assert receipt.balanced and receipt.candidates == sum(counts.values())
        assert receipt.excluded_by.get("nothing-for-them", 0) == (0 if one_for_all else found.get(0, 0))
        for row in (row for row in rows if row.state == "queued"):
            signature = sum(1 << bit for bit, inside in enumerate(members) if row.subscriber_id in inside)
            assert filled[row.variant] == signature and (one_for_all or signature)

    check()


def test_a_variant_that_does_not_exist_any_more_is_refused(database, people_of):
    with database.write() as c, pytest.raises(candidates.Refused, match="audience changed"):
        mailing(c, shares=Shares(("role = elu",), {0: 0}))


def test_the_audience_of_a_mailing_is_looked_at_again_at_the_hand_off(database, people_of):
    rule = Rule("lettre", members_only=False, audience="role = elu")
    with database.write() as c:
        m = mailing(c, rule)
        queued = count_receipt(c, m, NOW).open
        c.execute(subscribers.update().values(role="press"))
        assert queued and candidates.count_candidates(c, m.rule, TODAY).get("", 0) == 0


def test_the_function_of_a_past_day_is_not_known(database, people_of):
    rule = parse_rule("function = maire")
    with database.read() as c:
        assert audiences.count_audience(c, rule, EVERYONE_NOW) > 0
        with pytest.raises(AudienceError, match="not kept"):
            audiences.count_audience(c, rule, EVERYONE_THEN)
