"""The rule of an audience: written, read back, said in French."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import audience
from newsletter.audience import AllOf, AnyOf, Condition, Except, canonical, formula, resolve
from newsletter.audience_parser import parse_resolved, parse_rule
from newsletter.audience_words import AudienceNames, rule_sentence
from newsletter.errors import AudienceError

WORDS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u2028\u2029\x85"), min_size=0, max_size=12
)
DAYS = st.dates().map(str)
VALUED = st.sampled_from([f for f, ways in audience.FIELDS.items() if "values" in ways and f != "level"])
DATED = st.sampled_from(["joined", "member", "featured", "person.mandat"])
CONDITIONS = st.one_of(
    st.builds(lambda f, v: Condition(f, tuple(v)), VALUED, st.lists(WORDS, min_size=1, max_size=3)),
    st.builds(lambda v: Condition("level", (v,)), st.sampled_from(["region", "departement", "commune"])),
    st.builds(lambda f, d: Condition(f, since=d), DATED, DAYS),
    st.builds(lambda f, d, e: Condition(f, since=d, before=e), DATED, DAYS, DAYS),
    st.sampled_from([Condition("member"), Condition("former"), Condition("featured")]),
)
RULES = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds(Except, inner),
        st.builds(lambda parts: AllOf(tuple(parts)), st.lists(inner, max_size=3)),
        st.builds(lambda parts: AnyOf(tuple(parts)), st.lists(inner, max_size=3)),
    ),
    max_leaves=8,
)


@given(RULES)
def test_what_is_written_is_read_back(rule):
    assert parse_rule(formula(canonical(rule))) == canonical(rule)


@given(RULES)
def test_the_canonical_form_is_its_own_and_every_rule_has_a_sentence(rule):
    assert canonical(canonical(rule)) == canonical(rule)
    assert rule_sentence(rule)


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_refused_with_a_sentence(text):
    try:
        parse_rule(text)
    except AudienceError as error:
        assert error.told and error.hint


@pytest.mark.parametrize(
    "one, other",
    [
        ("level = region, departement", "level = departement,region"),
        ("member and region = Bretagne", "region = Bretagne and member and member"),
        ("member without group = presse", "not group = presse and member"),
        ("(member)", "member"),
        ("not not member", "member"),
    ],
)
def test_the_same_rule_said_twice_is_recognised(one, other):
    assert parse_rule(one) == parse_rule(other)


@pytest.mark.parametrize(
    "text, says",
    [
        ("regoin = Bretagne", "did you mean `region`"),
        ("region Bretagne", "region = ..."),
        ("region =", "a value of `region` is missing, at character 9"),
        ("member and", "a condition is missing, at character 11"),
        ("(member", "a bracket is opened and not closed"),
        ("member region = X", "nothing may follow here"),
        ("level = departements", "did you mean `departement`"),
        ("member since 2026-02-30", "`2026-02-30` is no day"),
        ('region = "Bretagne', "a quote is opened"),
        ("joined", "joined since 2026-01-01"),
        ("(" * 40 + "member" + ")" * 40, "layers"),
        ("member or " * 100 + "member", "more than 60 conditions"),
        ("region = " + "x" * 200_000, "longer than"),
    ],
)
def test_a_rule_that_cannot_be_read_says_where_and_what_to_write(text, says):
    with pytest.raises(AudienceError) as refused:
        parse_rule(text)
    assert says in str(refused.value)
    assert refused.value.told


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "tout le monde"),
        (
            "level = departement and member and region = Bretagne",
            "les contacts des départements adhérents (30 jours de grâce compris) de la région Bretagne",
        ),
        ("level = region, commune", "les contacts des communes et des régions"),
        ("role = elu without group = presse", "les personnes qui sont élu·es et hors du groupe « presse »"),
        ("region = Bretagne, Normandie", "les personnes des régions Bretagne ou Normandie"),
        (
            "joined since 2025-01-01 before 2026-01-01",
            "les personnes arrivées à partir du 1er janvier 2025 et avant le 1er janvier 2026",
        ),
        ("role = elu or role = press", "les personnes soit qui sont élu·es, soit qui sont journalistes"),
        (
            "not (member or former)",
            "les personnes sauf celles soit d’une collectivité qui n’est plus adhérente, "
            "soit d’une collectivité adhérente (30 jours de grâce compris)",
        ),
        ("person.theme = santé", "les personnes dont « thème » est « santé »"),
    ],
)
def test_a_rule_in_one_french_sentence(text, sentence):
    def name(field, value):
        return value or "thème"

    said = rule_sentence(parse_rule(text), AudienceNames(name, grace_days=30))
    assert said.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2060", "") == sentence


def test_a_named_audience_stands_for_its_rule():
    named = {"bretagne": parse_rule("region = Bretagne"), "presse": parse_rule("group = presse or audience = bretagne")}
    assert canonical(resolve(parse_rule("member without audience = presse"), named)) == parse_rule(
        "member without (group = presse or region = Bretagne)"
    )


def test_named_audiences_together_may_be_longer_and_deeper_than_a_rule_that_is_written():
    long = {f"a{n}": parse_rule(" or ".join(f"role = elu and region = r{n}-{m}" for m in range(25))) for n in range(3)}
    deep = {f"d{n}": parse_rule(f"member or (former and audience = d{n + 1})") for n in range(15)}
    named = {**long, **deep, "d15": parse_rule("featured")}
    for text in ("audience = a0, a1, a2", "audience = d0"):
        looked_up = canonical(resolve(parse_rule(text), named))
        with pytest.raises(AudienceError):
            parse_rule(formula(looked_up))
        assert parse_resolved(formula(looked_up)) == looked_up


@pytest.mark.parametrize(
    "text, says",
    [("audience = bretagn", "did you mean `bretagne`"), ("audience = rond", "circle: rond > carre > rond")],
)
def test_a_name_that_leads_nowhere_is_refused(text, says):
    named = {
        "bretagne": parse_rule("region = Bretagne"),
        "rond": parse_rule("audience = carre"),
        "carre": parse_rule("not audience = rond"),
    }
    with pytest.raises(AudienceError, match=says):
        resolve(parse_rule(text), named)
