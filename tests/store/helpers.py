"""Small makers for store tests: people, members, mailings."""

from __future__ import annotations

from datetime import date

from newsletter.store.people import organisations, people
from newsletter.store.people.entitlement import Rule
from newsletter.store.people.organisations import Organisation, Period
from newsletter.store.sending import mailings
from newsletter.store.sending.mailings import Frozen, Mailing

TODAY = date(2026, 11, 24)
NOW = 1_795_500_000.0
LETTRE = Rule("lettre", members_only=False)
FLASH = Rule("flash", members_only=True)
BY_FORM = people.Consent("consent", "form")


def subscribe(connection, n, publication="lettre", organisation_id=None, domain="example.org"):
    made = []
    for i in range(n):
        address = f"p{i}.{publication}@{domain.format(i=i)}"
        person = people.Person(address=address, key=address, organisation_id=organisation_id)
        made.append(people.add_person(connection, person, NOW))
        people.move_subscription(connection, made[-1], publication, "active", BY_FORM, NOW)
    return made


def member(connection, name="Ville de X", *periods, **more):
    spans = tuple(Period(*p) for p in periods) or (Period("2020-01-01"),)
    return organisations.add_organisation(connection, Organisation(name=name, periods=spans, **more), now=NOW)


ONE_VARIANT = (Frozen((), b"skeleton"),)


def mailing(connection, rule=LETTRE, issue="2026-11-lettre", frozen=ONE_VARIANT, **more) -> Mailing:
    made = mailings.create_mailing(
        connection,
        issue=issue,
        subject="La lettre",
        content_hash="h",
        rule=rule,
        record={},
        frozen=list(frozen),
        caps=more.get("caps", {"orange": ["orange.fr"]}),
        approved_by="editor",
        now=NOW,
        not_before=NOW,
        today=TODAY,
        shares=more.get("shares", mailings.ALIKE),
    )
    mailings.change_mailing(connection, made.id, "sending", only=("approved",), started_at=NOW)
    return mailings.get_mailing(connection, made.id)
