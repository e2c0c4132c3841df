"""What the pages say of a mailing that stands still: a silence, a pause, a doubt."""

from __future__ import annotations

import re
import time

import pytest

from newsletter.actions.sending import mailings
from newsletter.store.sending import mailings as store
from newsletter.store.tables.core import deliveries
from tests.web.studio.test_board import KEY
from tests.web.studio.test_board import editor as editor
from tests.web.studio.test_board import month as month
from tests.web.studio.test_departure import silent
from tests.web.studio.test_sending import ENVOI, approve, its_hour_has_come, leave, mailing
from tests.web.studio.test_sending import sender as sender


def bare(page: str) -> str:
    return page.replace("\xa0", " ").replace("\u202f", " ")


def test_a_page_that_tells_of_a_silence_does_not_say_that_the_letter_is_leaving(sender):
    silent(sender, "[Errno 111] Connection refused")
    page = sender.get(ENVOI).text
    assert "est en train de partir" not in page and "mais l’envoi n’avance plus" in page


def test_a_pause_is_told_on_the_home_page_with_its_reason(sender):
    silent(sender, "")
    mailings.pause_mailing(sender.workspace, KEY, "test", "le prestataire refuse cet expéditeur")
    home = sender.get("/studio").text
    assert "Le prestataire refuse cet expéditeur" in home and f'href="{ENVOI}"' in home
    assert "tout est à jour" not in home
    page = sender.get(ENVOI).text
    assert "est en pause" in page and "Le compte est juste" not in page and "refusés : <span" in bare(page)


@pytest.mark.parametrize(("n", "words"), [(1, "l’avoir confié au"), (2, "les avoir confiés au")])
def test_doubt_is_told_in_the_right_number_and_leaves_the_account_open(sender, n, words):
    silent(sender, "")
    with sender.workspace.database.write() as connection:
        every = [row.id for row in connection.execute(deliveries.select().order_by(deliveries.c.id))]
        for state, chosen in (("doubtful", every[:n]), ("sent", every[n:])):
            values = {"state": state, "settled_at": time.time()}
            connection.execute(deliveries.update().where(deliveries.c.id.in_(chosen)).values(**values))
        store.touch(connection, mailing(sender).id, status="done")
    page = sender.get(ENVOI).text
    assert words in page and "--from-log FICHIER" in page and "Le compte est juste" not in page
    assert f'href="{ENVOI}"><span>envoi' in sender.get("/studio").text, "it leads to where a doubt is settled"


def test_the_hour_of_a_departure_is_not_torn_between_two_lines(sender):
    approve(sender)
    leave(sender, heure="demain 8h")
    assert "à 8\xa0h\xa000." in sender.get(ENVOI).text
    its_hour_has_come(sender, 3 * 3600)
    assert re.search(r"devait partir [^<]* \d+\xa0h\xa0\d\d et n’est", sender.get(ENVOI).text)
