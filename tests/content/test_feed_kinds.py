"""Feeds as the site programs of French authorities write them: each kind made anew, with what is right in it."""

from __future__ import annotations

import json
from datetime import date
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import feeds
from newsletter.content.feed_dates import french_day
from newsletter.content.feed_found import FeedEntry
from newsletter.content.feed_links import canonical, tidy_link, whole_link
from newsletter.content.feed_text import own_words, read_body
from newsletter.errors import ContentError

SPACES = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'


def rss(*items: str, head: str = "<link>https://site.example/</link>", root: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {SPACES} {root}><channel><title>S</title>{head}'
        f"{''.join(items)}</channel></rss>"
    ).encode()


def item(markup: str = "", *, title: str = "Un titre", link: str = "https://site.example/a", more: str = "") -> str:
    named = f"<title>{escape(title)}</title>" if title else ""
    led = f"<link>{escape(link)}</link>" if link else ""
    return f"<item>{named}{led}<description>{escape(markup)}</description>{more}</item>"


def only(data: bytes, name: str = "essai") -> FeedEntry:
    (found,) = feeds.read_feed(data, name)
    return found


@pytest.mark.parametrize(
    "link",
    [
        "https://www.reseau.example.org/spip.php?article1432",
        "https://www.reseau.example.org/spip.php?page=article&id_article=12&lang=fr",
        "https://site.example/index.php?/archives/12-titre.html",
        "https://site.example/?titre=%E9nergie",
        "https://site.example/#!/actu/12",
        "https://site.example/#/actu/12",
        "https://site.example/a%20b?x=1;y=2&z=a+b",
        "https://site.example/page?a&b=&c#ancre",
        "https://site.example/~mairie/(actu)/été?q=[1]",
    ],
)
def test_a_link_is_kept_byte_for_byte(link):
    assert tidy_link(link) == link
    assert only(rss(item(link=link))).link == link


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://s.example/a?utm_source=x&id=3&utm_medium=y", "https://s.example/a?id=3"),
        ("https://s.example/spip.php?article12&xtor=RSS-1", "https://s.example/spip.php?article12"),
        ("https://s.example/a#xtor=RSS-1", "https://s.example/a"),
        ("https://s.example/a?fbclid=z#suite", "https://s.example/a#suite"),
        ("https://s.example/?at_medium=rss&titre=%E9n", "https://s.example/?titre=%E9n"),
    ],
)
def test_only_what_tracks_is_taken_off_a_link(link, kept):
    assert tidy_link(link) == kept


@given(st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9/%~_.-]{0,20}(\?[a-z0-9=&;+%/!]{0,30})?", fullmatch=True))
def test_a_tidied_link_is_tidy_and_the_same_page(link):
    assert tidy_link(tidy_link(link)) == tidy_link(link)
    assert canonical(tidy_link(link)) == canonical(link)


def test_pages_behind_one_script_are_several_and_letters_of_any_charset_are_told_apart():
    assert canonical("https://s.example/#!/a/1") != canonical("https://s.example/#!/a/2")
    assert canonical("https://s.example/?t=%E9") != canonical("https://s.example/?t=%E8")
    assert canonical("https://s.example/?t=été") == canonical("https://s.example/?t=%C3%A9t%C3%A9")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (rss(item(link="/actu/1")), "flux.xml"),
        (rss(item(link="/actu/1"), head=""), "https://site.example/flux.xml"),
        (rss(item(link="actu/1"), head="", root='xml:base="https://site.example/"'), "flux.xml"),
    ],
    ids=["the site's own address", "the address of the feed", "xml:base"],
)
def test_a_relative_link_is_made_whole(data, name):
    assert only(data, name).link == "https://site.example/actu/1"


def test_a_permalink_is_a_link_and_another_identifier_is_none():
    guid = "<guid isPermaLink='true'>https://site.example/p</guid>"
    assert only(rss(item(link="", more=guid))).link == "https://site.example/p"
    assert only(rss(item(link="", more="<guid isPermaLink='false'>12 at x</guid>"))).link == ""


def test_entries_that_lead_to_one_page_stay_apart_and_have_marks_of_their_own():
    data = rss(item(title="Une réunion"), item(title="Une fête"), item(title="Une fête"))
    found = feeds.gather(data, "essai")
    assert [one.title for one in found.entries] == ["Une réunion", "Une fête"]
    first, second = feeds.marks(found.entries, "https://site.example/flux")
    assert not set(first) & set(second)
    assert "1" in str(found.notes[0])
    assert feeds.shared_links(found.entries) == {"site.example/a"}


PICTURES = {
    "media:content": ("", '<media:content url="https://s.example/i.jpg" medium="image"/>'),
    "media:thumbnail": ("", '<media:thumbnail url="https://s.example/i.jpg"/>'),
    "enclosure": ("", '<enclosure url="https://s.example/i.jpg" type="image/jpeg" length="1"/>'),
    "the first picture of the text": ('<p>Mots.</p><img src="https://s.example/i.jpg" alt="x">', ""),
    "a picture loaded late": ('<img src="data:image/gif;base64,AA" data-src="https://s.example/i.jpg">', ""),
    "behind a pixel that counts": (
        '<img src="https://s.example/p.gif" width="1" height="1"><img src="https://s.example/i.jpg">',
        "",
    ),
}


@pytest.mark.parametrize(("markup", "more"), PICTURES.values(), ids=PICTURES)
def test_the_picture_of_an_entry_is_taken_wherever_it_stands(markup, more):
    assert only(rss(item(markup, more=more))).picture == "https://s.example/i.jpg"


def test_a_picture_comes_with_its_alternative_text():
    assert only(rss(item('<img src="/i.jpg" alt="Quai de gare">'))).alternative == "Quai de gare"
    media = '<media:content url="https://s.example/i.jpg" medium="image"><media:description>Un pont</media:description>'
    assert only(rss(item("Mots.", more=media + "</media:content>"))).alternative == "Un pont"


def test_a_video_is_no_picture():
    assert only(rss(item(more='<enclosure url="https://s.example/i.mp4" type="video/mp4" length="1"/>'))).picture == ""


def test_an_entry_without_a_title_gets_one_from_its_text():
    found = only(rss(item("<p>Nouvelle étude : 12 % des ménages. La suite.</p>", title="")))
    assert found.title == "Nouvelle étude : 12 % des ménages."
    long = only(rss(item(f"<p>{'mot ' * 80}</p>", title="")))
    assert len(long.title) <= 120
    assert long.title.endswith("…")


def test_what_has_neither_title_nor_text_is_left_out_and_said():
    gathered = feeds.gather(rss(item(title=""), item("Des mots.")), "essai")
    assert len(gathered.entries) == 1
    assert str(gathered.notes[0]).endswith("1.")


def test_what_is_beyond_the_limit_is_said():
    data = rss(*(item(link=f"https://site.example/{n}", title=f"Titre {n}") for n in range(320)))
    gathered = feeds.gather(data, "essai")
    assert len(gathered.entries) == 300
    assert "320" in str(gathered.notes[0])


TAILS = [
    "<p>{}</p>\n-\n<a href='/r' rel='directory'>Initiatives</a>\n/\n<a href='/m' rel='tag'>Bois</a>, <a "
    "rel='tag'>Eau</a>",
    "<div>{}</div><p><a href='/a'>Lire la suite...</a></p>{{loadposition pub}}",
    "<p>{}</p><p><a href='/a' class='more-link'>Lire la suite <span>Un titre</span> →</a></p>",
    "<p>{} <a href='/a'>En savoir plus</a></p>",
    "<p>{}</p><p>L’article <a href='/a'>Un titre</a> est apparu en premier sur <a href='/'>Site</a>.</p>",
    "<span class='field field--name-title'>Un titre</span><div>{}</div><span class='field field--name-uid'><span>admin"
    "</span></span><span class='field field--name-created'><time>mar 03/11/2026 - 09:12</time></span>",
    "[caption id='x' width='3']{}[/caption]",
    "[vc_row][vc_column]{}[/vc_column][/vc_row]",
    "<p>{}</p><script>alert(1)</script><style>p{{}}</style>",
    "&lt;p&gt;{}&lt;/p&gt;",
    "&lt;p&gt;{}&lt;/p&gt;&amp;nbsp;",
    "<p>Un titre</p><p>{}</p>",
]


@pytest.mark.parametrize("shape", TAILS)
def test_what_site_programs_put_around_the_text_is_taken_off(shape):
    words = "La commune a remplacé ses trois chaudières."
    assert only(rss(item(shape.format(words)))).summary == words


@pytest.mark.parametrize(
    "words",
    [
        "Pour en savoir plus, appelez la mairie.",
        "Le maire a voulu lire la suite du rapport avant le vote du conseil municipal et de la commission",
        "Les {élus} et [les habitants] votent.",
        "Cet article parle d’un livre.",
    ],
)
def test_the_author_s_own_words_stay(words):
    assert own_words(words, "Un titre") == words


def test_windows_letters_in_a_file_that_calls_itself_latin_1_are_read():
    data = '<?xml version="1.0" encoding="iso-8859-1"?><rss version="2.0"><channel><title>S</title>'
    data += "<item><title>L’été… à 5 €</title><link>https://s.example/a</link></item></channel></rss>"
    assert only(data.encode("cp1252")).title == "L’été… à 5 €"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lun., 09 nov. 2026 10:00:00 +0100", date(2026, 11, 9)),
        ("lundi 1er février 2027", date(2027, 2, 1)),
        ("03/11/2026 - 09:12", date(2026, 11, 3)),
        ("12 août 2026", date(2026, 8, 12)),
        ("31 février 2026", None),
        ("demain", None),
        ("3 foo 2026", None),
    ],
)
def test_a_french_date_is_read(text, expected):
    assert french_day(text) == expected
    if expected:
        assert only(rss(item(more=f"<pubDate>{text}</pubDate>"))).published == expected


JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "home_page_url": "https://s.example/",
    "items": [
        {
            "id": "1",
            "url": "/a?b",
            "title": "L&#8217;eau",
            "content_html": "<p>Des mots.</p><img src='/i.jpg' alt='Un pont'>",
            "date_published": "2026-11-09T23:30:00Z",
            "tags": ["Eau"],
        },
        {"id": "https://s.example/2", "content_text": "Un mot seul.\nDeux.", "image": "https://s.example/j.png"},
        "bad",
    ],
}


def test_a_json_feed_is_read():
    first, second = feeds.read_feed(json.dumps(JSON).encode(), "https://s.example/feed.json")
    assert (first.title, first.link, first.summary) == ("L’eau", "https://s.example/a?b", "Des mots.")
    assert (first.published, first.categories) == (date(2026, 11, 10), ("Eau",))
    assert (first.picture, first.alternative) == ("https://s.example/i.jpg", "Un pont")
    assert (second.title, second.link, second.picture) == (
        "Un mot seul.",
        "https://s.example/2",
        "https://s.example/j.png",
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=40),
        lambda x: (
            st.lists(x, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "url",
                        "title",
                        "items",
                        "content_html",
                        "image",
                        "tags",
                        "date_published",
                        "attachments",
                        "mime_type",
                    ]
                ),
                x,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_makes_the_reader_raise(value):
    data = json.dumps({**JSON, "items": value if isinstance(value, list) else [value]}).encode()
    assert isinstance(feeds.read_feed(data, "essai"), list)


@given(st.text(max_size=300), st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_markup_makes_the_reader_raise(text, inside):
    for markup in (text, f"<p>{text}<a rel=tag href='{inside}'>{inside}<img src={inside}>", f"{text}<{inside}"):
        assert "\n" not in read_body(markup).words


@given(st.text(max_size=80), st.text(max_size=40))
def test_no_relative_link_makes_the_reader_raise(url, base):
    assert isinstance(whole_link(url, base, f"https://s.example/{base}"), str)


@given(st.binary(max_size=400), st.sampled_from([b"", b"<rss version='2.0'><channel><item><title>", b'{"items":[']))
@settings(max_examples=200, deadline=None)
def test_no_bytes_are_anything_but_entries_or_an_error_in_words(noise, start):
    try:
        assert isinstance(feeds.read_feed(start + noise, "essai"), list)
    except ContentError as error:
        assert error.said
