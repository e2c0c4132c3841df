"""The settings: what is wrong names itself, its line and the nearest valid word."""

from __future__ import annotations

import pytest

from newsletter.errors import SettingsError
from newsletter.settings_file import load_settings
from tests.conftest import ROOT

TEXT = (ROOT / "newsletter.toml").read_text(encoding="utf-8")


@pytest.fixture
def workspace(tmp_path):
    def write(text: str = TEXT, env: str = ""):
        (tmp_path / "newsletter.toml").write_text(text, encoding="utf-8")
        if env:
            (tmp_path / ".env").write_text(env, encoding="utf-8")
        return tmp_path

    return write


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_the_sample_settings_are_read(workspace):
    settings = load_settings(workspace(), {})
    assert list(settings.publications) == ["lettre", "flash"]
    assert settings.publication("flash").audience == "members"
    assert settings.publication("lettre").sections[0].tag == "rtes"
    assert settings.sending.provider == "outbox", "nothing real leaves by accident"


@pytest.mark.parametrize(
    ("old", "new", "words", "at"),
    [
        ("rate = 0 ", "raet = 0 ", ["`raet` is unknown", "did you mean `rate`?"], "raet ="),
        ("grace_days = 30", "grace_day = 30", ["`grace_day` is unknown", "did you mean `grace_days`?"], "grace_day ="),
        ("grace_days = 30", "grace_days = -1", ["members.grace_days", "greater than or equal to 0"], "grace_days ="),
        ("port = 25", 'port = "soon"', ["sending.smtp.port", "valid integer"], 'port = "soon"'),
        ('audience = "members"', 'audience = "everybody"', ["publications.flash.audience"], 'audience = "everybody"'),
        ('layout = "cards"', 'layout = "card"', ["publications.lettre.sections.1.layout"], 'layout = "card"'),
        ("{title} – {month} {year}", "{titel} – {month}", ["`{titel}` is unknown", "did you mean `title`?"], "{titel}"),
        ('base_url = "http', 'base_url = "ftp', ["web.base_url"], 'base_url = "ftp'),
        ("[members]", "[membres]", ["`membres` is unknown", "did you mean `members`?"], "[membres]"),
    ],
)
def test_a_wrong_setting_names_itself_its_line_and_what_was_meant(workspace, old, new, words, at):
    text = TEXT.replace(old, new, 1)
    assert text != TEXT
    with pytest.raises(SettingsError) as caught:
        load_settings(workspace(text), {})
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert f"newsletter.toml:{line_of(text, at)}" in message


@pytest.mark.parametrize(
    ("line", "words", "at"),
    [
        ('ulr = "https://site.example/feed"', ["`ulr` is unknown", "did you mean `url`?"], "ulr ="),
        ('tags = ["rte"]', ["the tag `rte` is unknown", "did you mean `rtes`?"], "tags ="),
        ('categories = { Europe = "eurpe" }', ["did you mean `europe`?"], "categories ="),
        ("days = -1", ["feeds.1.days", "greater than or equal to 0"], "days = -1"),
        ('url = "file:///etc/passwd"', ["plain http or https address"], "file:"),
        ('url = "https://me:word@site.example/feed"', ["plain http or https address"], "me:word"),
        ('url = "https://a.example/feed"', ["is given twice"], "[[feeds]]"),
    ],
)
def test_a_wrong_feed_names_itself_its_line_and_what_was_meant(workspace, line, words, at):
    more = "" if line.startswith("url") else 'url = "https://b.example/feed"\n'
    text = f'{TEXT}\n[[feeds]]\nurl = "https://a.example/feed"\n\n[[feeds]]\n{more}{line}\n'
    with pytest.raises(SettingsError) as caught:
        load_settings(workspace(text), {})
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert f"newsletter.toml:{line_of(text, at)}" in message


@pytest.mark.parametrize("proxy", ["*", "0.0.0.0/0", "::/0", "proxy.example", ""])
def test_nobody_is_a_trusted_proxy_by_a_wildcard(workspace, proxy):
    text = TEXT.replace("trusted_proxies = []", f'trusted_proxies = ["127.0.0.1", "{proxy}"]')
    assert text != TEXT
    with pytest.raises(SettingsError, match="trusted_proxies"):
        load_settings(workspace(text), {})


def test_a_missing_setting_is_named(workspace):
    with pytest.raises(SettingsError, match=r"`network.short_name` is missing"):
        load_settings(workspace(TEXT.replace('short_name = "RTES"\n', "")), {})


@pytest.mark.parametrize(
    ("name", "value", "read", "expected"),
    [
        ("NEWSLETTER_SENDING__RATE", "2.5", lambda s: s.sending.rate, 2.5),
        ("NEWSLETTER_SENDING__SMTP__HOST", "relay.example", lambda s: s.sending.smtp.host, "relay.example"),
        (
            "NEWSLETTER_DATABASE__URL",
            "postgresql+psycopg://db/x",
            lambda s: s.database.url,
            "postgresql+psycopg://db/x",
        ),
        ("NEWSLETTER_WEB__BASE_URL", "https://l.example/", lambda s: s.web.base_url, "https://l.example"),
        ("NEWSLETTER_PUBLICATIONS__LETTRE__TITLE", "Autre", lambda s: s.publications["lettre"].title, "Autre"),
        ("NEWSLETTER_NETWORK__FUNDERS", '["A", "B"]', lambda s: s.network.funders, ("A", "B")),
    ],
)
def test_the_environment_overrides_any_setting(workspace, name, value, read, expected):
    assert read(load_settings(workspace(), {name: value})) == expected


def test_a_wrong_override_names_the_variable(workspace):
    with pytest.raises(SettingsError, match=r"`raet` is unknown \(NEWSLETTER_SENDING__RAET\)"):
        load_settings(workspace(), {"NEWSLETTER_SENDING__RAET": "1"})


def test_secrets_come_from_the_environment_and_are_never_printed(workspace):
    root = workspace(
        env="# made by init\nNEWSLETTER_SECRET='from-the-file-0123456789'\nNEWSLETTER_SMTP_PASSWORD=file\n"
    )
    settings = load_settings(root, {"NEWSLETTER_SMTP_PASSWORD": "hunter2"})
    assert settings.secret("secret") == "from-the-file-0123456789"
    assert settings.secret("smtp_password") == "hunter2", "the environment goes before the file"
    assert "hunter2" not in repr(settings) and "0123456789" not in repr(settings)


def test_a_broken_file_says_where(workspace):
    with pytest.raises(SettingsError, match=r"not valid TOML.*line 2") as raised:
        load_settings(workspace("[network]\nname = \n"), {})
    assert "newsletter.toml ne peut pas être lu" in raised.value.told and "ligne 2" in raised.value.told
