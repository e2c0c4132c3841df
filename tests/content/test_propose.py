from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import issue as issues
from newsletter.content.compose import compose, propose
from newsletter.content.pool import Pool
from newsletter.headlines import preheader_line
from newsletter.model import Issue, ItemPlan, Picture, SectionPlan, Status, Visibility
from newsletter.paris import PARIS
from tests.content.test_compose import DAY, FLASH, LETTRE, NETWORK, article, event


def past(publication: str, day: date, *slugs: str, tag: str = "rtes", number: int | None = None) -> Issue:
    key = f"{day:%Y-%m}-{publication}"
    section = SectionPlan(tag=tag, title="", items=tuple(ItemPlan(slug=s) for s in slugs))
    return Issue(
        key=key,
        path=f"issues/{key}.md",
        publication=publication,
        date=day,
        subject="",
        number=number,
        sections=(section,),
    )


def placed(proposal) -> dict[str, list[str]]:
    return {str(s.tag): [i.slug for i in s.items] for s in proposal.issue.sections}


def offer(*articles, publication=LETTRE, history=(), key=None):
    return propose(Pool(tuple(articles)), publication, DAY, list(history), NETWORK, key)


def test_each_article_goes_to_the_section_of_its_first_tag_that_has_one():
    proposal = offer(article("a", "europe", "territoires", "rtes"), article("b", "rtes"), article("c", "europe"))
    assert placed(proposal) == {"rtes": ["b"], "territoires": ["a"]}
    assert proposal.left_out == {"c": "aucune rubrique ne correspond à ses étiquettes"}


def test_news_with_an_event_to_come_stands_in_its_section_and_in_the_agenda():
    proposal = offer(article("a", "agenda", "territoires", event=event(2026, 11, 24, 9)))
    assert placed(proposal) == {"territoires": ["a"], "agenda": ["a"]}
    assert proposal.notes == {
        ("territoires", "a"): "aussi dans l'agenda",
        ("agenda", "a"): "aussi dans « L'actualité des territoires »",
    }


def test_an_article_tagged_agenda_alone_goes_only_there():
    assert placed(offer(article("a", "agenda", event=event(2026, 11, 24)))) == {"agenda": ["a"]}


def test_the_agenda_runs_by_date_and_calls_by_deadline():
    def until(day: int):
        return datetime(2026, 11, day, 23, 59, tzinfo=PARIS)

    proposal = offer(
        article("e2", "agenda", event=event(2026, 12, 2)),
        article("e1", "agenda", event=event(2026, 11, 12)),
        article("sans", "appel"),
        article("c2", "appel", deadline=until(30)),
        article("c1", "appel", deadline=until(10)),
        publication=FLASH,
    )
    assert placed(proposal) == {"appel": ["c1", "c2", "sans"], "agenda": ["e1", "e2"]}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"event": event(2026, 11, 9, 20)}, "l'événement est passé"),
        ({"deadline": datetime(2026, 11, 9, 23, 59, tzinfo=PARIS)}, "la date limite est passée"),
        ({"visibility": Visibility.MEMBERS}, "réservé aux adhérents"),
        ({"status": Status.DRAFT}, "encore à l'état de brouillon"),
        ({"status": Status.PROPOSED}, "proposé, pas encore relu"),
        ({"status": Status.DECLINED}, "écarté"),
    ],
)
def test_what_cannot_stand_is_left_out_with_its_reason(more, reason):
    proposal = offer(article("a", **more), article("b"))
    assert placed(proposal) == {"rtes": ["b"]}
    assert proposal.left_out == {"a": reason}


def test_members_read_in_their_publication_what_is_theirs():
    assert placed(offer(article("a", visibility=Visibility.MEMBERS), publication=FLASH)) == {"rtes": ["a"]}


def test_only_what_is_new_since_the_last_issue_is_taken():
    history = [past("lettre", date(2026, 10, 13), "imprime"), past("lettre", date(2026, 9, 8), "ancien")]
    proposal = offer(
        article("imprime", date=date(2026, 10, 13)),
        article("neuf", date=date(2026, 10, 13)),
        article("vieux", date=date(2026, 10, 12)),
        article("demain", date=date(2026, 11, 11), event=event(2026, 11, 24)),
        history=history,
    )
    assert placed(proposal) == {"rtes": ["neuf"]}


LATE = "daté d'avant le dernier numéro, mais jamais paru"


@pytest.mark.parametrize(
    ("more", "elsewhere", "left_out"),
    [
        ({"date": date(2026, 10, 12)}, (), {"a": LATE}),
        ({"date": date(2026, 10, 12), "status": Status.DRAFT}, (), {}),
        ({"date": date(2026, 10, 12)}, ("a",), {}),
        ({"date": date(2026, 9, 1)}, (), {}),
    ],
    ids=["ready too late", "not ready yet", "printed in the Flash", "long ago"],
)
def test_what_was_ready_too_late_for_the_last_issue_is_named(more, elsewhere, left_out):
    history = [past("lettre", date(2026, 10, 13), "imprime"), past("flash", date(2026, 10, 20), *elsewhere)]
    proposal = offer(article("a", **more), history=history)
    assert placed(proposal) == {}
    assert proposal.left_out == left_out


def test_an_issue_that_holds_nothing_took_nobodys_turn():
    assert placed(offer(article("a"), history=[past("lettre", DAY)])) == {"rtes": ["a"]}


def test_an_announced_event_stays_in_the_agenda_until_it_is_over():
    history = [past("lettre", date(2026, 10, 13), "a")]
    proposal = offer(article("a", date=date(2026, 9, 1), event=event(2026, 11, 24)), history=history)
    assert placed(proposal) == {"agenda": ["a"]}
    assert proposal.notes == {("agenda", "a"): "déjà annoncé dans un numéro précédent"}


def test_what_stood_in_the_agenda_alone_is_still_news():
    history = [past("lettre", date(2026, 11, 3), "a", tag="agenda")]
    assert placed(offer(article("a", event=event(2026, 11, 24)), history=history)) == {"rtes": ["a"], "agenda": ["a"]}


def test_what_another_publication_printed_is_told():
    proposal = offer(article("a"), history=[past("flash", date(2026, 11, 6), "a")])
    assert proposal.notes == {("rtes", "a"): "déjà paru dans « flash » le 6 novembre 2026"}


def test_an_issue_proposed_again_does_not_stand_in_its_own_way():
    own = past("lettre", DAY, "a", number=7)
    again = offer(article("a"), history=[own], key=own.key)
    assert placed(again) == {"rtes": ["a"]}
    assert again.issue.key == "2026-11-lettre"


@pytest.mark.parametrize(
    ("publication", "history", "key", "number"),
    [
        (LETTRE, [], "2026-11-lettre", 1),
        (LETTRE, [past("lettre", date(2026, 10, 1), number=141), past("flash", DAY, number=6)], "2026-11-lettre", 142),
        (LETTRE, [past("lettre", date(2026, 10, 1))], "2026-11-lettre", None),
        (LETTRE, [past("lettre", date(2026, 11, 2), number=4)], "2026-11-10-lettre", 5),
        (FLASH, [], "2026-11-10-flash", 1),
    ],
)
def test_number_and_key_follow_those_that_came_out(publication, history, key, number):
    issue = offer(publication=publication, history=history).issue
    assert (issue.key, issue.path, issue.number) == (key, f"issues/{key}.md", number)


def test_subject_and_date_are_those_of_the_sending_day():
    issue = offer(publication=FLASH).issue
    assert (issue.subject, issue.date, issue.publication) == ("Flash – 10 novembre 2026", DAY, "flash")


def test_a_letter_opens_on_its_newest_illustrated_news():
    picture = Picture("images/a.jpg", "Une place")
    proposal = offer(article("c"), article("a", picture=picture), article("b", picture=picture, date=date(2026, 11, 1)))
    assert proposal.issue.lead == ItemPlan(slug="a")
    assert placed(proposal) == {"rtes": ["c", "b"]}
    assert proposal.notes == {("", "a"): "proposé à la une"}
    assert offer(article("a", picture=picture)).issue.lead is None


def test_a_proposal_is_saved_as_a_file_that_composes(tmp_path):
    pool = Pool((article("a", event=event(2026, 11, 24)), article("b", status=Status.DRAFT)))
    proposal = propose(pool, LETTRE, DAY, [], NETWORK)
    assert proposal.save(tmp_path) == proposal.issue
    path = tmp_path / "issues" / "2026-11-lettre.md"
    assert "- a # aussi dans l'agenda\n" in path.read_text()
    assert "# - b : encore à l'état de brouillon\n" in path.read_text()
    composed = compose(issues.read_issue(path, tmp_path), pool, LETTRE, NETWORK)
    assert [i.article.slug for i in composed.items] == ["a", "a"]


@given(st.lists(st.text(st.sampled_from("abc é,:"), min_size=1, max_size=200).filter(str.strip), max_size=6))
@settings(max_examples=200)
def test_a_preheader_has_30_to_150_characters(titles):
    assert 25 <= len(preheader_line(titles, NETWORK)) <= 150
