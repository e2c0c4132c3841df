"""An import never brings anybody back, loses nothing, gives one state in any order, and can be taken back."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.actions.imports import reviews, subscribers
from newsletter.actions.people import data_rights, subscriptions
from newsletter.errors import NotFound, Refused
from newsletter.store.reports import counts
from tests.actions.audience_desk import NOW, actions, again, bring, desk, state

HEADER = "email;prenom;nom;fonction;collectivite;statut;date inscription\n"
LETTER = HEADER + (
    "a@ville.fr;Zoé;Blanc;Maire;Ville de Lille;abonné;2024-03-12\n"
    "b@ville.fr;;;;;désabonné;\n"
    "c@gmial.com;;;;;;\n"
    "pas une adresse;;;;;;\n"
    "a@ville.fr;;;Maire de Lille;;;\n"
    ";;;;;;\n"
)


@pytest.fixture
def workspace(tmp_path, database_url):
    with desk(tmp_path, database_url) as made:
        yield made


@pytest.fixture
def local(tmp_path):
    with desk(tmp_path, "sqlite:///test.db") as made:
        yield made


def test_every_record_has_an_outcome_and_the_rehearsal_says_the_same(workspace):
    rehearsed, number = bring(workspace, LETTER, dry_run=True)
    before = state(workspace)
    done, made = bring(workspace, LETTER)
    assert actions(done) == ["accept", "suppress", "review", "reject", "merge", "ignore"]
    assert done == rehearsed
    assert (before, number, made) == (set(), None, 1)


def test_a_person_comes_with_details_organisation_basis_and_proof(workspace):
    bring(workspace, LETTER, wording="2024-01")
    record = data_rights.whole_record(workspace, "a@ville.fr")
    assert record["organisation"] == "Ville de Lille"
    assert record["details"]["function"] == "Maire de Lille"
    assert record["details"]["role"] == "elu"
    assert [(s["publication"], s["state"], s["basis"]) for s in record["subscriptions"]] == [
        ("lettre", "active", "consent")
    ]
    proof = record["events"][0]["detail"]
    assert proof == {
        "basis": "consent",
        "how": "import",
        "import": 1,
        "wording": "2024-01",
        "consent_date": "2024-03-12",
    }


@pytest.mark.parametrize(
    ("publication", "basis", "stored"),
    [
        ("lettre", "", "consent"),
        ("flash", "", "member service"),
        ("lettre", "legitimate interest", "legitimate interest"),
    ],
)
def test_the_basis_follows_the_audience_unless_it_is_named(local, publication, basis, stored):
    bring(local, "email\na@ville.fr\n", publication, basis=basis)
    assert data_rights.whole_record(local, "a@ville.fr")["subscriptions"][0]["basis"] == stored


def test_an_unknown_basis_is_refused(local):
    with pytest.raises(Refused, match="no legal basis"):
        bring(local, "email\na@ville.fr\n", basis="because")


def test_the_same_file_again_changes_nothing(workspace):
    bring(workspace, LETTER)
    before = state(workspace)
    rows, _number = bring(workspace, LETTER)
    assert state(workspace) == before
    assert actions(rows) == ["keep", "keep", "review", "reject", "merge", "ignore"]


@pytest.mark.parametrize("how", ["left", "erased", "bounced", "complained"])
def test_nobody_who_is_gone_comes_back_by_a_file(workspace, how):
    if how in ("bounced", "complained"):
        bring(workspace, f"email;status\na@ville.fr;{'cleaned' if how == 'bounced' else 'spam'}\n")
    else:
        bring(workspace, "email\na@ville.fr\n")
    if how == "left":
        subscriptions.unsubscribe(workspace, "a@ville.fr", by="anna")
    if how == "erased":
        data_rights.forget_person(workspace, "A@ville.fr", by="anna")
    before = state(workspace)
    rows, _number = bring(workspace, "email;prenom;statut\na@ville.fr;Zoé;abonné\n")
    assert (actions(rows), state(workspace)) == (["keep"], before)
    assert not subscriptions.why(workspace, "a@ville.fr", "lettre").receives


def test_a_file_of_a_second_publication_adds_to_the_people_who_are_there(workspace):
    bring(workspace, "email\na@ville.fr\n")
    bring(workspace, "email;collectivite\na@ville.fr;Région Bretagne\n", "flash")
    assert subscriptions.why(workspace, "a@ville.fr", "flash").receives
    assert subscriptions.why(workspace, "a@ville.fr", "lettre").receives


def test_what_a_human_wrote_is_not_replaced_by_a_file(local):
    subscriptions.add_subscription(local, "a@ville.fr", "lettre", by="anna", details={"first_name": "Zoé"})
    rows, _number = bring(local, "email;prenom;nom\na@ville.fr;Zoé-Alexandrine;Blanc\n")
    details = data_rights.whole_record(local, "a@ville.fr")["details"]
    assert (details["first_name"], details["last_name"], actions(rows)) == ("Zoé", "Blanc", ["merge"])


def test_two_organisations_for_one_person_become_a_question(local):
    bring(local, "email;collectivite\na@ville.fr;Ville de Lille\n")
    bring(local, "email;collectivite\na@ville.fr;Région Bretagne\n")
    (question,) = reviews.list_reviews(local)
    assert (question.kind, question.subject) == ("organisations", "Ville de Lille / Région Bretagne")
    reviews.settle_review(local, question.id, accept=True, by="anna", organisation="Région Bretagne")
    assert data_rights.whole_record(local, "a@ville.fr")["organisation"] == "Région Bretagne"


def test_an_organisation_settled_once_is_settled_for_everybody_who_named_it(local):
    bring(local, "email;collectivite\na@ville.fr;Lile\nb@ville.fr;Lile\n")
    first, second = reviews.list_reviews(local, kind="organisation")
    assert first.subject == second.subject == "Lile"
    assert reviews.settle_review(local, second.id, accept=True, by="anna", organisation="Ville de Lille") == 2
    assert data_rights.whole_record(local, "b@ville.fr")["organisation"] == "Ville de Lille"
    assert reviews.list_reviews(local) == []


def test_a_doubtful_row_is_subscribed_under_the_corrected_address(local):
    bring(local, "email;prenom\nc@gmial.com;Zoé\n")
    (question,) = reviews.list_reviews(local)
    reviews.settle_review(local, question.id, accept=True, by="anna", email="c@gmail.com")
    record = data_rights.whole_record(local, "c@gmail.com")
    assert (record["details"]["first_name"], record["subscriptions"][0]["state"]) == ("Zoé", "active")
    with pytest.raises(Refused, match="settled by anna"):
        reviews.settle_review(local, question.id, accept=False, by="anna")


def test_a_declined_row_is_not_asked_again(local):
    bring(local, "email\nc@gmial.com\n")
    reviews.settle_review(local, reviews.list_reviews(local)[0].id, accept=False, by="anna")
    bring(local, "email\nc@gmial.com\n")
    assert reviews.list_reviews(local) == []


def test_a_file_that_is_no_table_is_refused_and_changes_nothing(local):
    plan, number = subscribers.import_subscribers(local, subscribers.open_source(page(local)), "lettre", by="anna")
    assert (plan.file_action, number, state(local)) == ("refuse", None, set())
    assert "page web" in plan.reason


def page(workspace) -> Path:
    path = workspace.root / "page.csv"
    path.write_text("<!doctype html><p>Session expirée</p>")
    return path


# --- taking back --------------------------------------------------------------------------------------------------


def test_an_import_taken_back_leaves_the_state_before_it(workspace):
    bring(workspace, "email;prenom\nold@ville.fr;\nleaves@ville.fr;\n")
    before = state(workspace)
    rows = "old@ville.fr;Zoé;Blanc;", "leaves@ville.fr;;;désabonné", "new@ville.fr;;;", "x@gmial.com;;;"
    text = "\n".join(("email;prenom;nom;statut", *rows))
    _rows, number = bring(workspace, text)
    assert state(workspace) != before
    workspace.clock.now = NOW + 60
    undone = subscribers.take_back(workspace, number, "anna")
    assert (undone, state(workspace)) == ({"removed": 1, "restored": 2}, before)


def test_an_import_taken_back_leaves_the_years_figures_as_if_it_had_not_been(workspace):
    bring(workspace, "email;prenom\nold@ville.fr;\nleaves@ville.fr;\n")
    workspace.clock.now = NOW + 60
    before = figures(workspace)
    rows = "old@ville.fr;Zoé;Blanc;", "leaves@ville.fr;;;désabonné", "new@ville.fr;;;", "lost@ville.fr;;;NPAI"
    _rows, number = bring(workspace, "\n".join(("email;prenom;nom;statut", *rows)))
    workspace.clock.now = NOW + 86400
    assert figures(workspace) != before
    subscribers.take_back(workspace, number, "anna")
    workspace.clock.now = NOW + 2 * 86400
    assert figures(workspace) == before


def figures(workspace) -> tuple[dict[str, int], dict[str, int], int]:
    """Return who came and who left in the year, and how many there are."""
    with workspace.database.read() as connection:
        year = NOW - 86400, NOW + 30 * 86400
        return counts.entries(connection, *year), counts.exits(connection, *year), counts.active(connection, year[1])


def test_an_import_is_taken_back_once_only(local):
    _rows, number = bring(local, "email\na@ville.fr\n")
    subscribers.take_back(local, number, "anna")
    with pytest.raises(Refused, match="undone already"):
        subscribers.take_back(local, number, "anna")
    with pytest.raises(NotFound):
        subscribers.take_back(local, 99, "anna")


def test_what_happened_since_an_import_is_not_undone(local):
    _rows, number = bring(local, "email\na@ville.fr\nb@ville.fr\n")
    local.clock.now = NOW + 60
    subscriptions.unsubscribe(local, "a@ville.fr", by="a@ville.fr")
    subscribers.take_back(local, number, "anna")
    assert subscriptions.why(local, "a@ville.fr", "lettre").reason == "left"
    assert subscriptions.why(local, "b@ville.fr", "lettre").reason == "unknown"


def test_a_person_removed_never_lends_the_number_to_another(local):
    _rows, number = bring(local, "email\na@ville.fr\n")
    subscribers.take_back(local, number, "anna")
    bring(local, "email\nb@ville.fr\n")
    assert [span["state"] for span in data_rights.whole_record(local, "b@ville.fr")["history"]] == ["active"]


# --- one state ----------------------------------------------------------------------------------------------------

ROW = st.tuples(
    st.sampled_from(["a@ville.fr", "A@Ville.fr", "b@ville.fr", "c@gmial.com", "d@orange.fr", "nothing", ""]),
    st.sampled_from(["", "Zoé", "Zoé-Alexandrine", "Éric"]),
    st.sampled_from(["", "Maire", "Directrice", "presse", "Conseillère municipale"]),
    st.sampled_from(["", "Ville de Lille", "Région Bretagne", "Lile", "Association inconnue"]),
    st.sampled_from(["", "abonné", "désabonné", "NPAI", "plainte", "à relancer"]),
)
FILE = st.lists(ROW, max_size=6).map(
    lambda rows: (
        "email;prenom;fonction;collectivite;statut\nz@ville.fr;;;;\n" + "".join(";".join(r) + "\n" for r in rows)
    )
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Path:
    """A workspace that nobody has used, to be copied for every example."""
    root = tmp_path_factory.mktemp("fresh")
    with desk(root, "sqlite:///test.db"):
        return root


def after(fresh: Path, *files: str) -> set[tuple]:
    """Return the state of a fresh workspace after these imports."""
    with tempfile.TemporaryDirectory() as root, again(fresh, Path(root) / "ws") as workspace:
        for minute, text in enumerate(files):
            workspace.clock.now = NOW + 60 * minute
            bring(workspace, text)
        return state(workspace)


@settings(max_examples=12, deadline=None)
@given(FILE)
def test_a_file_imported_twice_gives_the_state_of_once(fresh, text):
    assert after(fresh, text, text) == after(fresh, text)


@settings(max_examples=20, deadline=None)
@given(FILE, FILE)
def test_two_files_give_one_state_in_either_order(fresh, first, second):
    assert after(fresh, first, second) == after(fresh, second, first)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_graver_word_wins_in_whatever_order_it_comes(fresh, order):
    words = ["désabonné", "NPAI", "plainte"]
    found = after(fresh, *(f"email;statut\na@ville.fr;{words[n]}\n" for n in order))
    assert {(row[7], row[10]) for row in found} == {("complained", "complained")}
