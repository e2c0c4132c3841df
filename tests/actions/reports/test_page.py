"""The printable report in a browser: accessible, self-contained, nothing clipped, and on paper."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise

import lxml.html
import pytest

from newsletter.actions.operations import start
from newsletter.actions.reports import formats
from newsletter.actions.reports import report as reports
from newsletter.actions.reports.charts import columns, rows, scale
from newsletter.actions.workspace import open_workspace
from newsletter.paris import PARIS
from newsletter.store.people import organisations
from newsletter.store.people.organisations import Organisation, Period
from tests import axe
from tests.actions.past import at, reader, record, sent
from tests.browser import letter_page, mail_browser

__all__ = ["mail_browser"]
HOSTILE = '<script>alert("x")</script> & « Ville »'


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A page with every kind of figure in it, hostile names included."""
    root = tmp_path_factory.mktemp("report")
    start.init(root)
    workspace = open_workspace(root, datetime(2026, 3, 1, tzinfo=PARIS).timestamp)
    with workspace.database.write() as c:
        for name, level, region in (
            (HOSTILE, "commune", "Provence-Alpes-Côte d'Azur"),
            ("B", "outre-mer", HOSTILE * 3),
        ):
            organisations.add_organisation(
                c,
                Organisation(name=name, level=level, region=region, departement="2A", periods=(Period("2020-01-01"),)),
                now=0,
            )
        for n in range(8):
            reader(c, f"p{n}", at(2025, 1 + n, 1))
        for month in range(1, 13):
            content = record(("territoires", f"t{month}"), ("rtes", f"r{month}"))
            sent(c, f"2025-{month:02d}-lettre", at(2025, month, 20), content, feedback=["hard"])
    yield formats.write_report(workspace, reports.report(workspace, 2025), "html").decode()
    workspace.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    root = tmp_path_factory.mktemp("empty")
    start.init(root)
    workspace = open_workspace(root, datetime(2026, 1, 1, tzinfo=PARIS).timestamp)
    yield formats.write_report(workspace, reports.report(workspace, 2026), "html").decode()
    workspace.close()


@pytest.mark.browser
@pytest.mark.parametrize("which", ["full", "empty"])
@pytest.mark.parametrize("width", [375, 1280])
def test_the_accessibility_engine_finds_nothing_and_no_page_is_wider_than_its_window(
    mail_browser, request, which, width
):
    with letter_page(mail_browser, request.getfixturevalue(which), {}, width=width) as page:
        assert axe.faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_no_text_of_a_chart_leaves_its_canvas(mail_browser, full):
    outside = """[...document.querySelectorAll('svg')].flatMap(svg => { const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('text')].filter(t => getComputedStyle(t).display != 'none').filter(t => {
        const b = t.getBoundingClientRect(); return b.left < box.left - 1 || b.right > box.right + 1 })
        .map(t => t.textContent) })"""
    for width in (375, 1280):
        with letter_page(mail_browser, full, {}, width=width) as page:
            assert page.evaluate(outside) == []


@pytest.mark.browser
def test_it_prints_to_a_few_pages(mail_browser, full):
    with letter_page(mail_browser, full, {}, width=1280) as page:
        pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert pdf.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 8


def test_nothing_is_loaded_and_nothing_runs(full):
    document = lxml.html.document_fromstring(full)
    assert not list(document.iter("script", "link", "img", "iframe", "object"))
    assert not re.search(r"https?://|url\(|@import", full)
    assert "alert" in document.text_content()


def test_every_chart_has_a_name_a_description_and_its_numbers_in_a_table_beneath(full):
    document = lxml.html.document_fromstring(full)
    charts = document.xpath("//svg")
    assert len(charts) == 6
    for svg in charts:
        name, description = svg.get("aria-labelledby").split()
        assert svg.get("role") == "img"
        assert svg.xpath(f"./title[@id='{name}']")[0].text and svg.xpath(f"./desc[@id='{description}']")[0].text
        assert svg.getparent().getparent().xpath(".//table/tbody/tr")


def test_headings_begin_at_one_and_the_language_is_said(full):
    document = lxml.html.document_fromstring(full)
    assert document.get("lang") == "fr"
    assert [h.tag for h in document.iter("h1", "h2", "h3")] == ["h1"] + ["h2"] * 10


@pytest.mark.parametrize(
    ("low", "high"), [(0, 0), (0, 1), (0, 7), (1928, 2000), (0, 6540), (5549, 5549), (0, 2_000_000)]
)
def test_an_axis_has_few_even_round_numbers_that_hold_every_value(low, high):
    ticks = scale(low, high)
    steps = {b - a for a, b in pairwise(ticks)}
    assert ticks[0] <= low and high <= ticks[-1] and 2 <= len(ticks) <= 8
    assert len(steps) == 1 and str(steps.pop()).rstrip("0") in {"1", "2", "5"}


def test_bars_are_as_long_as_their_numbers_say():
    first, second, none = rows([("a", 10), ("b", 5), ("c", 0)]).bars
    assert (first.width, none.width) == (2 * second.width, 0)
    (high, low) = columns([("x", (8, 4))]).bars
    assert high.height == pytest.approx(2 * low.height) and (high.series, low.series) == (0, 1)


def test_a_long_name_is_cut_in_the_chart_only():
    assert rows([("Provence-Alpes-Côte d'Azur et au-delà", 1)]).names[0].text.endswith("…")
