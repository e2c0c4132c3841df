"""What the doctor says to who sends: who asks for a record, since when a policy stands, which letter is due."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from newsletter.actions.operations.doctor_lines import Level
from newsletter.actions.sending import schedule
from newsletter.paris import PARIS
from newsletter.store.sending import mailings
from tests.actions.operations.doctor_people import D, lines, txt
from tests.store.helpers import mailing as freeze


@pytest.mark.parametrize(
    ("code", "where", "words"),
    [
        ("spf", (D, "TXT"), ["Orange refuse", "Gmail et Microsoft", "La Poste"]),
        ("dkim", (f"mail._domainkey.{D}", "TXT"), ["Orange refuse", "Gmail et Microsoft", "La Poste"]),
        ("dmarc", (f"_dmarc.{D}", "TXT"), ["Orange veut", "au moins p=none", "La Poste"]),
        ("ptr", ("8.8.8.8.in-addr.arpa.", "PTR"), ["Gmail et Orange refusent", "La Poste"]),
        ("mx", (D, "MX"), ["La Poste refuse"]),
    ],
)
def test_a_fault_of_the_name_system_says_who_asks_for_it(workspace, nameserver, code, where, words):
    nameserver.zone[where] = []
    advice = lines(workspace(), nameserver)[code].advice
    assert all(part in advice for part in words), advice


def test_how_long_a_domain_has_stood_at_p_none_is_remembered(workspace, nameserver):
    made = workspace()
    clock, day = made.database.now, [0]
    vars(made.database)["now"] = lambda connection: clock(connection) + day[0] * 86_400

    def advice(policy):
        nameserver.zone[f"_dmarc.{D}", "TXT"] = txt(f"v=DMARC1; p={policy}; rua=mailto:d@lettre.example")
        return lines(made, nameserver)["dmarc"].advice

    first = advice("none").partition(" observe")[0]
    assert re.match(r"p=none depuis le \d+(er)? \w+ \d{4} au moins\.", first), first
    day[0] = 40
    assert advice("none").startswith(first), "forty days later the first day is still named"
    assert advice("reject") == ""
    day[0] = 80
    assert not advice("none").startswith(first), "it was taken up again"


def test_a_letter_that_is_due_while_a_line_is_red_is_warned_of(workspace, nameserver):
    made = workspace()
    with made.database.write() as connection:
        connection.exec_driver_sql("UPDATE mailings SET status = 'done'")
    assert lines(made, nameserver)["letters"].text == "Aucune lettre n’est programmée."
    with made.database.write() as connection:
        mailing = freeze(connection, issue="2026-12-lettre")
        mailings.touch(connection, mailing.id, status="approved", not_before=1_796_115_600.0)
    assert lines(made, nameserver)["letters"].text == "Aucune lettre n’est programmée.", "an approval sends nothing"
    with made.database.write() as connection:
        schedule.record(connection, mailing.id, datetime.fromtimestamp(1_796_115_600, PARIS), 0.0, "a")
    calm = lines(made, nameserver)["letters"]
    assert calm.level is Level.GREEN and "part mardi 1er décembre à 10 h 00 : rien ne s’y oppose" in calm.text
    nameserver.zone[D, "TXT"] = []
    warned = lines(made, nameserver)["letters"]
    assert (
        warned.level is Level.RED
        and "part mardi 1er décembre à 10 h 00, et des points sont en rouge (1)" in warned.text
    )
    assert f"mailings pause {mailing.issue}" in warned.advice
    with made.database.write() as connection:
        mailings.touch(connection, mailing.id, status="sending")
    assert "est en train de partir" in lines(made, nameserver)["letters"].text
