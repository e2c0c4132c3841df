"""Hosts of any script are written as every mail program reads them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import new_article
from newsletter.hosts import ascii_host


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://exämple.org/été?q=é#É", "https://xn--exmple-cua.org/été?q=é#É"),
        ("https://www.Exämple.org:8443/a", "https://www.xn--exmple-cua.org:8443/a"),
        ("https://mairie-orléans.example", "https://xn--mairie-orlans-khb.example"),
        ("https://example.org/é", "https://example.org/é"),
        ("mailto:é@exämple.org", "mailto:é@exämple.org"),
        ("https://\u2028/", "https://\u2028/"),
        ("", ""),
    ],
)
def test_a_host_is_written_in_ascii_and_the_rest_stays(url, written):
    assert ascii_host(url) == written


@given(st.text(max_size=40))
def test_no_host_makes_it_raise_and_twice_is_once(text):
    assert ascii_host(ascii_host(f"https://{text}")) == ascii_host(f"https://{text}")


def test_the_link_of_an_article_is_read_with_an_ascii_host(tmp_path):
    made = new_article(tmp_path, title="Un", tags=("rtes",), date=date(2026, 11, 1), link="https://exämple.org/été")
    assert made.link == "https://xn--exmple-cua.org/été"
