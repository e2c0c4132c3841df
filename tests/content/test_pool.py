from datetime import date

import pytest

from newsletter.content.pool import agenda, read_pool
from newsletter.errors import ContentError
from tests.content.test_article import SMALL


def test_one_broken_file_does_not_stop_the_list(place, tmp_path):
    place(SMALL, "ancien.md")
    place(SMALL.replace("-02", "-09").replace("tags", "couleur: bleu\ntags"), "2026/recent.md")
    place(SMALL.replace("rtes", "rets"), "faux.md")
    place(SMALL, "suite/ancien.md")
    pool = read_pool(tmp_path)
    assert [a.slug for a in pool] == ["recent", "ancien"]
    assert sorted(e.where for e in pool.errors) == ["articles/faux.md:3, tags", "articles/suite/ancien.md"]
    assert [(u.path, u.line, u.name) for u in pool.unknown] == [("articles/2026/recent.md", 3, "couleur")]


def test_a_slug_that_no_article_has_is_answered_with_the_nearest(place, tmp_path):
    place(SMALL, "recent.md")
    place(SMALL.replace("rtes", "rets"), "faux.md")
    pool = read_pool(tmp_path)
    assert pool.find("recent") is pool.get("recent")
    assert pool.get("faux") is None
    with pytest.raises(ContentError, match="did you mean `recent`"):
        pool.find("recents")
    with pytest.raises(ContentError, match="its file is refused: `rets` is unknown"):
        pool.find("faux")


def test_the_agenda_holds_what_is_to_come_for_everybody(place, tmp_path):
    def event(day: str, more: str = "") -> str:
        return SMALL.replace("---\nLe", f"event: {{start: {day}}}\n{more}---\nLe")

    place(event("2026-11-30"), "tard.md")
    place(event("2026-11-10"), "aujourd-hui.md")
    place(event("2026-11-09"), "hier.md")
    place(event("2026-11-12", "visibility: members\n"), "membres.md")
    place(event("2026-11-12", "status: draft\n"), "brouillon.md")
    pool = read_pool(tmp_path)
    on = date(2026, 11, 10)
    assert [a.slug for a in agenda(pool, on)] == ["aujourd-hui", "tard"]
    assert [a.slug for a in agenda(pool, on, public=False)] == ["aujourd-hui", "membres", "tard"]
