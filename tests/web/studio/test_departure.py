"""The hour of a departure: never at once by accident, never late without a question, never silent."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner

from newsletter.actions.issues import versions
from newsletter.actions.letters import editions
from newsletter.actions.sending import approval, mailings, schedule, send_page
from newsletter.actions.sending.silence import silence_words
from newsletter.cli import cli
from newsletter.paris import PARIS
from newsletter.store.engine.database import Database
from newsletter.store.sending import mailings as store
from newsletter.store.sending.warnings import Silence
from newsletter.store.tables.core import deliveries
from tests.web.studio.conftest import Desk, sign_in
from tests.web.studio.test_board import KEY
from tests.web.studio.test_board import editor as editor
from tests.web.studio.test_board import month as month
from tests.web.studio.test_sending import ENVOI, approve, its_hour_has_come, leave, mailing
from tests.web.studio.test_sending import sender as sender


def dated(desk: Desk, days: int) -> datetime:
    """Date the issue some days from now and return that day at 9 h 30."""
    day = desk.workspace.today() + timedelta(days=days)
    file = versions.issue_version(desk.workspace, KEY)
    versions.save_issue(desk.workspace, replace(file.issue, date=day), file.version)
    return datetime(day.year, day.month, day.day, 9, 30, tzinfo=PARIS)


def departure(desk: Desk) -> datetime | None:
    return send_page.send_page(desk.workspace, KEY).at


def checked(page: str) -> list[str]:
    return re.findall(r'name="quand" value="(\w+)" checked', page)


def test_the_page_proposes_the_issues_own_day_at_the_usual_hour(sender):
    at = dated(sender, 3)
    approve(sender)
    page = sender.get(ENVOI).text
    assert checked(page) == ["heure"] and f'name="moment" value="{at:%Y-%m-%dT%H:%M}"' in page
    assert f"Programmer pour {send_page.moment_words(at)}" in page


def test_an_issue_whose_day_is_past_has_no_hour_proposed_and_does_not_leave_by_itself(sender):
    dated(sender, -2)
    approve(sender)
    assert checked(sender.get(ENVOI).text) == ["heure"]
    answer = sender.post(f"{ENVOI}/partir", empreinte=mailing(sender).content_hash, quand="heure", moment="", heure="")
    assert answer.status_code == 422 and "Écrivez le jour et l’heure" in answer.text and departure(sender) is None


@pytest.mark.parametrize("radio", ["maintenant", "heure", ""])
def test_an_hour_typed_means_that_hour_whatever_the_radio_says(sender, radio):
    approve(sender)
    leave(sender, quand=radio, heure="demain 8h", moment="", propose="")
    tomorrow = sender.workspace.today() + timedelta(days=1)
    assert departure(sender).date() == tomorrow and departure(sender).hour == 8


def test_an_hour_picked_otherwise_than_proposed_means_that_hour(sender):
    approve(sender)
    tomorrow = f"{sender.workspace.today() + timedelta(days=1)}T07:15"
    leave(sender, quand="maintenant", moment=tomorrow, propose="2026-01-01T09:30")
    assert f"{departure(sender):%Y-%m-%dT%H:%M}" == tomorrow


def test_the_proposal_left_as_it_is_does_not_hold_back_who_says_now(sender):
    proposed = dated(sender, 3).strftime("%Y-%m-%dT%H:%M")
    approve(sender)
    assert "C’est entendu" in leave(sender, moment=proposed, propose=proposed, annonce="maintenant").text
    assert departure(sender) < datetime.now(PARIS) + timedelta(minutes=6)


def test_without_script_now_is_asked_once_more_because_the_button_said_an_hour(sender):
    approve(sender)
    answer = leave(sender, annonce="heure")
    assert answer.status_code == 422 and departure(sender) is None
    assert checked(answer.text) == ["maintenant"] and "Envoyer maintenant à 20 personnes" in answer.text
    assert "C’est entendu" in leave(sender, annonce="maintenant").text


def test_a_day_without_an_hour_asks_for_the_hour(sender):
    approve(sender)
    answer = leave(sender, heure="mardi")
    assert answer.status_code == 422 and "À quelle heure" in answer.text and departure(sender) is None


def test_the_button_learns_how_an_hour_is_understood(sender):
    found = sender.get(f"{ENVOI}/heure", params={"texte": "demain à 10 heures"}).json()
    assert found["words"].endswith("à 10 h 00") and found["value"].endswith("T10:00")
    assert "n’est pas une heure" in sender.get(f"{ENVOI}/heure", params={"texte": "bientôt"}).json()["problem"]


def test_also_in_trial_mode_there_is_time_to_recall(sender):
    approve(sender)
    page = leave(sender).text
    assert sender.workspace.settings.sending.provider == "outbox"
    assert send_page.send_page(sender.workspace, KEY).left > 200 and "Rappeler l’envoi" in page


def test_the_usual_hour_is_that_of_the_last_mailings():
    from newsletter.actions.sending.usual_hours import usual_hour

    def at(*hours: str) -> list[float]:
        return [datetime.fromisoformat(f"2026-11-{24 - n}T{h}+01:00").timestamp() for n, h in enumerate(hours)]

    cases = {
        (): "09:30",
        ("04:47", "23:10"): "09:30",
        ("14:02", "08:01", "07:58"): "08:00",
        ("10:31", "08:00"): "10:30",
    }
    assert {hours: usual_hour(at(*hours)).strftime("%H:%M") for hours in cases} == cases


def test_the_letter_and_who_gets_it_stand_where_the_approval_is_given(sender):
    page = sender.get(ENVOI).text
    assert f'src="/studio/numeros/{KEY}/apercu"' in page and "Il ira à 20 personnes" in page
    approve(sender)
    assert f'src="{ENVOI}/lettre"' in sender.get(ENVOI).text
    frame = sender.get(f"{ENVOI}/lettre")
    assert "<html" in frame.text and "sandbox" in frame.headers["content-security-policy"]


def test_an_approval_for_nobody_is_refused(editor):
    desk = sign_in(editor, "admin", may_send=True)
    page = desk.get(ENVOI).text
    assert "n’irait à personne" in page and "/bon-a-tirer" not in page
    assert "Personne ne recevrait ce numéro" in desk.post(f"{ENVOI}/bon-a-tirer").text and mailing(desk) is None


def test_an_approval_is_withdrawn_until_an_hour_is_given(sender):
    approve(sender)
    assert "est retiré" in sender.post(f"{ENVOI}/retirer").text and mailing(sender).status == "cancelled"
    assert "Donner le bon à tirer" in sender.get(ENVOI).text
    approve(sender)
    leave(sender, heure="demain 8h")
    assert "Ce n’était plus possible" in sender.post(f"{ENVOI}/retirer").text and mailing(sender).status == "approved"


def test_what_changed_since_the_approval_is_listed(sender):
    approve(sender)
    file = versions.issue_version(sender.workspace, KEY)
    first, *rest = file.issue.sections
    gone, kept, *others = first.items
    told = replace(kept, title="Un titre tout neuf")
    changed = replace(
        file.issue, subject="Un autre objet", sections=(replace(first, items=(told, *others)), *rest), editorial="Neuf."
    )
    versions.save_issue(sender.workspace, changed, file.version)
    page = re.sub(r"\s+", " ", sender.get(ENVOI).text)
    title = sender.workspace.pool().get(gone.slug).title[:10]
    assert "est devenu « Un autre objet »" in page.replace("\xa0", " ").replace("\u202f", " ")
    assert "Modifié" in page and "Un titre tout neuf" in page and "L’éditorial a changé" in page
    assert re.search(rf"Retiré[^<]*{re.escape(title)}", page)


def late_by(desk: Desk, minutes: float) -> None:
    approve(desk)
    leave(desk, heure="demain 8h")
    its_hour_has_come(desk, minutes * 60)


def test_a_letter_that_missed_its_hour_waits_for_a_word(sender):
    late_by(sender, 3 * 60)
    assert schedule.due(sender.workspace) == []
    page = sender.get(ENVOI).text
    assert "n’est pas parti" in page and "Il attend un mot de vous" in page and 'role="timer"' not in page
    home = sender.get("/studio").text
    assert "a manqué son heure" in home and "tout est à jour" not in home
    assert sender.get(f"{ENVOI}/etat").json()["stage"] == "late"
    assert "C’est entendu" in leave(sender).text
    its_hour_has_come(sender)
    assert [m.issue for m in schedule.due(sender.workspace)] == [KEY]


def test_a_letter_a_little_late_leaves_by_itself(sender):
    late_by(sender, 60)
    assert [m.issue for m in schedule.due(sender.workspace)] == [KEY]


def silent(desk: Desk, answer: str, *, served_since: bool = False) -> None:
    """Let a mailing be under way, its first messages handed over and given back with `answer`."""
    approve(desk)
    its_hour_has_come(desk)
    begun = mailings.begin_mailing(desk.workspace, mailing(desk))
    with desk.workspace.database.write() as connection:
        now, first = time.time(), deliveries.c.mailing_id == begun.id
        connection.execute(deliveries.update().where(first).values(handed_at=now - 5, answer=answer, tries=1))
        if served_since:
            one = connection.execute(deliveries.select().where(first).limit(1)).first().id
            sent = {"state": "sent", "settled_at": now}
            connection.execute(deliveries.update().where(deliveries.c.id == one).values(**sent))


def test_while_the_provider_takes_nothing_every_page_says_so(sender):
    silent(sender, "connexion perdue ou impossible : [Errno 111] Connection refused")
    page = sender.get(ENVOI).text
    assert "refuse la connexion" in page and "Rien ne part depuis" in page and "Le compte est juste" not in page
    home = sender.get("/studio").text
    assert "refuse la connexion" in home and "tout est à jour" not in home
    assert "refuse la connexion" in sender.get(f"{ENVOI}/etat").json()["silence"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("[Errno 111] Connection refused", "refuse la connexion"),
        ("[Errno -2] Name or service not known", "introuvable"),
        ("timed out", "ne répond pas"),
        ("535 5.7.8 Error: authentication failed", "ne reconnaît pas notre compte"),
        ("HTTP 429 Too Many Requests", "ralentir"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired", "connexion sécurisée"),
        ("421 4.3.2 Service not available", "ne prend aucun message"),
        ("", "ne répond pas aux messages"),
    ],
)
def test_the_cause_of_a_silence_is_said_in_plain_words(answer, words):
    told = silence_words(Silence(0.0, answer))
    assert words in told.cause and told.step


def test_the_command_line_tells_of_a_silence_and_of_a_missed_hour(sender):
    silent(sender, "[Errno 111] Connection refused")
    shown = CliRunner().invoke(cli, ["--workspace", str(sender.workspace.root), "mailings", "show", KEY])
    assert "takes nothing since" in shown.output and "Connection refused" in shown.output
    with sender.workspace.database.write() as connection:
        store.touch(connection, mailing(sender).id, status="approved", not_before=time.time() - 9000)
    schedule_it(sender)
    shown = CliRunner().invoke(cli, ["--workspace", str(sender.workspace.root), "mailings", "show", KEY])
    assert "its hour was missed" in shown.output


def schedule_it(desk: Desk) -> None:
    with desk.workspace.database.write() as connection:
        schedule.record(connection, mailing(desk).id, datetime.now(PARIS), time.time(), "test")


def test_once_a_message_is_taken_again_nothing_is_said(sender):
    silent(sender, "[Errno 111] Connection refused", served_since=True)
    assert "Rien ne part depuis" not in sender.get(ENVOI).text
    assert sender.get(f"{ENVOI}/etat").json()["silence"] == ""


@pytest.mark.parametrize(("seconds", "told"), [(3, False), (12, True)])
def test_messages_handed_over_without_any_answer_are_told_after_some_seconds(sender, seconds, told):
    silent(sender, "")
    with sender.workspace.database.write() as connection:
        values = {"state": "handed", "handed_at": time.time() - seconds}
        connection.execute(deliveries.update().where(deliveries.c.mailing_id == mailing(sender).id).values(**values))
    assert ("Rien ne part depuis" in sender.get(ENVOI).text) is told


def test_the_receipt_leads_on(sender):
    approve(sender)
    with sender.workspace.database.write() as connection:
        store.touch(connection, mailing(sender).id, started_at=time.time(), status="done")
    page = sender.get(ENVOI).text
    assert (
        f'href="{ENVOI}/lettre"' in page and f'href="/lettres/{KEY}"' in page and "Préparer le numéro suivant" in page
    )


@pytest.fixture
def counted(sender, monkeypatch) -> dict[str, int]:
    """How often the database is read, an edition made, the pool read."""
    found = {"reads": 0, "editions": 0, "pools": 0}

    def counting(name: str, real):
        def wrapped(*args, **more):
            found[name] += 1
            return real(*args, **more)

        return wrapped

    monkeypatch.setattr(Database, "read", counting("reads", Database.read))
    monkeypatch.setattr(editions, "edition", counting("editions", editions.edition))
    monkeypatch.setattr(approval, "edition", counting("editions", approval.edition))
    monkeypatch.setattr(type(sender.workspace), "pool", counting("pools", type(sender.workspace).pool))
    return found


@pytest.mark.parametrize("stage", ["draft", "approved"])
def test_the_page_is_made_from_one_moment_of_the_database_and_one_reading_of_the_articles(sender, counted, stage):
    if stage == "approved":
        approve(sender)
    counted.update(reads=0, editions=0, pools=0)
    send_page.send_page(sender.workspace, KEY)
    assert counted == {"reads": 1, "editions": 1, "pools": 1}
    counted.update(reads=0, editions=0, pools=0)
    sender.get(ENVOI)
    # The session is one reading, and so are the settings looked over for what would keep the letter here.
    assert counted["reads"] <= 5 and counted["editions"] == counted["pools"] == 1


def test_an_approval_makes_the_edition_once(sender, counted):
    csrf = sender.csrf
    counted.update(reads=0, editions=0, pools=0)
    sender.client.post(f"{ENVOI}/bon-a-tirer", data={"csrf": csrf}, follow_redirects=False)
    assert mailing(sender) and counted["editions"] == 1
