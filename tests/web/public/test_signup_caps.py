"""How many mails the subscription form sends, to whom, and what its page says of those that wait."""

from __future__ import annotations

import time

from newsletter.actions.people import signup_rules
from newsletter.store import journal
from tests.web.conftest import heading

ADDRESS = "jeanne@ville.example"


def test_a_hundred_requests_for_one_address_send_one_mail(town, monkeypatch):
    form = town.form()
    for n in range(100):
        address = ADDRESS.upper() if n % 2 else ADDRESS
        with town.workspace.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM limits WHERE name LIKE 'subscribe:ip:%'")
        answer = town.client.post("/abonnement", data={"address": address, "publications": ["lettre"], "form": form})
        assert answer.status_code == 200
    assert len(town.mails()) == 1


def test_beyond_the_cap_of_an_ip_the_door_is_closed_and_one_alarm_is_raised(town, caplog):
    statuses, cap = [], town.workspace.settings.web.requests_per_ip
    keys = [signup_rules.form_key(town.workspace) for _n in range(cap + 5)]
    town.clock.ahead += 10
    for n, key in enumerate(keys):
        data = {"address": f"someone{n}@ville.example", "publications": ["lettre"], "form": key}
        statuses.append(town.client.post("/abonnement", data=data).status_code)
    assert statuses == [200] * cap + [429] * 5
    assert len(town.mails()) == cap
    with town.workspace.database.read() as connection:
        alarms = [e for e in journal.latest_events(connection, 1000) if e.kind == "subscribe-alarm"]
    assert [e.detail["which"] for e in alarms] == ["one-ip"]
    assert sum("ALARM" in r.message for r in caplog.records) == 1


def test_one_form_key_spent_on_many_addresses_is_worth_one_mail(town):
    form = town.form()
    answers = [
        town.client.post(
            "/abonnement", data={"address": f"x{n}@ville.example", "publications": ["lettre"], "form": form}
        )
        for n in range(5)
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 422, 422, 422]
    assert len(town.mails()) == 1
    assert "Ce formulaire a déjà servi pour une autre adresse" in answers[1].text


def test_a_page_never_claims_a_mail_that_waits(town, monkeypatch):
    """Where the hour's mails are used up the page says so, in the same words for everyone."""
    with town.workspace.database.write() as connection:
        hour = int(time.time() // 3600) * 3600
        for period in (hour, hour + 3600):
            connection.exec_driver_sql(f"INSERT INTO limits VALUES ('subscribe:all', {period}, 100000)")
    town.person("known@ville.example", lettre="active")
    answers = [town.ask(address) for address in (ADDRESS, "known@ville.example")]
    assert heading(answers[0]) == "Votre demande est enregistrée"
    assert "pas encore parti" in answers[0].text
    assert answers[0].text == answers[1].text
    assert town.mails() == []
