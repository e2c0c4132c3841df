"""The documents stay true: every command, option, setting, variable, target, module and link in them exists."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from newsletter.cli import cli
from newsletter.cli.manual import walk
from newsletter.content import article, audiences, issue
from newsletter.providers import PROVIDERS, webhook_reader
from newsletter.settings import Settings
from tests.conftest import ROOT
from tests.translations import sentences

DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
SETTINGS_PAGE = ROOT / "docs" / "settings.md"
COMMANDS = {path: context.command for path, context in walk(click.Context(cli, info_name="newsletter"))}
EVERY_OPTION = {name for command in COMMANDS.values() for p in command.params for name in p.opts} | {"--help", "-h"}
SOURCE = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "newsletter").rglob("*.py")))
# Options of other programs that the documents name in a span of their own.
FOREIGN = {"--system-site-packages", "--no-sandbox"}


def in_each_document(look: Callable[[Path, str], Iterable[tuple[str, str]]]) -> list[str]:
    """Return what `look` finds wrong in all documents; it yields the words at fault and what is wrong with them."""
    found = []
    for path in DOCS:
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(ROOT)}:{line_of(text, words)}: {fault}" for words, fault in look(path, text)]
    return found


def line_of(text: str, words: str) -> int:
    """Return the number of the first line with `words`, which may be broken over several lines; 0 if none has them."""
    found = re.search(r"\s+".join(map(re.escape, words.split())), text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def fences(text: str) -> Iterator[tuple[str, str]]:
    """Yield language and content of each fenced or indented block of code."""
    for found in re.finditer(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield found[1], found[2]
    without = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for found in re.finditer(r"(?:^ {4}.*\n)+", without, re.MULTILINE):
        yield "", found[0]


def spans(text: str) -> list[str]:
    """Return the spans of code in the prose, each on one line."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]


def lines_of_code(text: str) -> list[str]:
    """Return each command line of the document, without its comments."""
    blocks = [line for language, block in fences(text) if language != "toml" for line in block.splitlines()]
    return [re.sub(r"\s#.*", "", line).strip() for line in [*blocks, *spans(text)]]


def calls(text: str) -> Iterator[str]:
    """Yield what follows `newsletter` in each command line."""
    for line in lines_of_code(text):
        for part in re.split(r"\s(?:&&|\|)\s|[;$]\(?", line):
            if found := re.match(r"(?:\S*/)?newsletter\s+(\S.*)", part.strip()):
                yield found[1]


def faults(call: str) -> list[str]:
    """Return what of a call of `newsletter` does not exist; `a|b` are two calls, words in capitals are values."""
    words = shlex.split(call.replace("[", "").replace("]", ""))
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in ("-w", "--workspace") else words[1:]
    paths = ["newsletter"]
    while words and isinstance(COMMANDS.get(paths[0]), click.Group) and words[0][:1].islower():
        names = words.pop(0).split("|")
        paths = [f"{path} {name}" for path in paths for name in names]
    found = [f"there is no `{path}`" for path in paths if path not in COMMANDS]
    options = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    for path in paths:
        known = {name for p in COMMANDS[path].params for name in p.opts} if path in COMMANDS else EVERY_OPTION
        found += [f"`{path}` has no `{option}`" for option in sorted(options - known - {"--help", "-h"})]
    return found


def test_every_command_and_its_options_exist():
    def look(_path: Path, text: str) -> Iterator[tuple[str, str]]:
        for call in calls(text):
            for fault in faults(call):
                yield call, f"{fault}: newsletter {call}"

    assert in_each_document(look) == []


def test_every_option_named_alone_exists():
    def look(_path: Path, text: str) -> Iterator[tuple[str, str]]:
        alone = {span for span in spans(text) if re.fullmatch(r"--[a-z][a-z-]+", span)}
        for option in sorted(alone - EVERY_OPTION - FOREIGN):
            yield option, f"no command has {option}"

    assert in_each_document(look) == []


def test_the_words_of_a_document_are_found_on_their_line_even_when_it_is_broken():
    assert line_of("one\ntwo `newsletter\n  send` three", "newsletter send") == 2
    assert line_of("one", "two") == 0


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("issues nwe lettre", "there is no `newsletter issues nwe`"),
        ("mailings show|puase ISSUE", "there is no `newsletter mailings puase`"),
        ("send ISSUE --yess", "`newsletter send` has no `--yess`"),
        ("-w my-letters issues check KEY --offline", "`newsletter issues check` has no `--offline`"),
    ],
)
def test_a_command_that_does_not_exist_is_seen(call, fault):
    assert faults(call) == [fault]


def _model(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Return the model that a setting holds, and whether it holds several of them by name or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    inner = [a for a in get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
    return (inner[-1], True) if inner else (None, False)


def keys(model: type[BaseModel] = Settings, table: str = "") -> Iterator[tuple[str, str, FieldInfo]]:
    """Yield table, key and field of every setting; a table of named tables has the name `<key>`."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in ("root", "secrets") or (table, key) == ("publications.<key>", "key"):
            continue
        below, several = _model(field.annotation)
        if below is None:
            yield table, key, field
        else:
            inner = f"{table}.{key}".strip(".")
            listed = several and "tuple" in str(field.annotation)
            yield from keys(below, f"{inner}.<key>" if several and not listed else inner)


KEYS: Mapping[str, set[str]] = {}
for _table, _key, _field in keys():
    KEYS.setdefault(_table, set()).add(_key)
OPTIONS = set(re.findall(r'option\(settings, "(\w+)"', SOURCE)) | {"base_url", "batch", "timeout", "dkim_selector"}


def known_setting(table: str, key: str) -> bool:
    """Return whether `[table] key` is a setting."""
    if table == "sending.options":
        return key in OPTIONS
    if table == "feeds.categories":  # the words of somebody's site
        return True
    if table in ("network.accounts", "network"):
        return table == "network.accounts" or key in KEYS["network"]
    general = re.sub(r"^(publications|sending\.caps)\.[\w<>]+", r"\1.<key>", table)
    return key in KEYS.get(general, ()) or f"{general}.{key}".strip(".") in KEYS


def settings_of_block(data: Mapping[str, Any], table: str = "") -> Iterator[tuple[str, str]]:
    """Yield table and key of each value of a TOML document."""
    for key, value in data.items():
        inner = f"{table}.{key}".strip(".")
        if isinstance(value, dict):
            yield from settings_of_block(value, inner)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for one in value:
                yield from settings_of_block(one, inner)
        else:
            yield table, key


def test_every_setting_exists():
    def look(_path: Path, text: str) -> Iterator[tuple[str, str]]:
        named = [
            (span, table, key.strip())
            for span in spans(text)
            if (found := re.fullmatch(r"\[([a-z_.<>]+)\] ([a-z_, ]+)(?: ?=.*)?", span))
            for table, key in ((found[1], key) for key in found[2].split(","))
        ]
        for language, block in fences(text):
            if language == "toml":
                named += [(key, table, key) for table, key in settings_of_block(tomllib.loads(block))]
        for words, table, key in named:
            if not known_setting(table, key):
                yield words, f"there is no setting [{table}] {key}"

    assert in_each_document(look) == []


def described() -> dict[str, dict[str, str]]:
    """Return the rows of the settings page by table: key to default."""
    found: dict[str, dict[str, str]] = {}
    for part in re.split(r"^## ", SETTINGS_PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        if table := re.match(r"`\[{1,2}([a-z_.<>]+)\]{1,2}`", part):
            rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", part, re.MULTILINE)
            found[table[1]] = {key: default.strip().strip("`") for key, default in rows}
    return found


def test_the_settings_page_describes_every_setting_and_no_other():
    page = {table: set(rows) for table, rows in described().items()}
    options = page.pop("sending.options")
    assert page == dict(KEYS) | {"sending": KEYS["sending"] - {"options"}}
    assert options == OPTIONS


def test_the_settings_page_gives_the_defaults_of_the_code():
    page, wrong = described(), []
    for table, key, field in keys():
        if table in page and key in page[table]:
            default = "required" if field.is_required() else field.get_default(call_default_factory=True)
            said = page[table][key]
            if said != "see below" and said != _words(default):
                wrong.append(f"[{table}] {key}: the page says {said}, the code {_words(default)}")
    assert wrong == []


def _words(default: Any) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float) and default.is_integer():
        return str(int(default))
    if isinstance(default, tuple) and default and isinstance(default[0], str):
        return ", ".join(default)
    return {"": "empty", "()": "none", "{}": "none"}.get(str(default), str(default))


def variables() -> set[str]:
    """Return the environment variables that the product reads by name: secrets, and the three of the command line."""
    named = set(re.findall(r'(?:\bsecret\(|required\(settings, )"(\w+)"', SOURCE))
    named |= {f"{name}_webhook_secret" for name in PROVIDERS if webhook_reader(name)}
    return {f"NEWSLETTER_{name.upper()}" for name in named} | set(re.findall(r'"(NEWSLETTER_[A-Z_]*[A-Z])"', SOURCE))


def test_the_settings_page_names_every_variable_that_is_read_and_no_other():
    page = SETTINGS_PAGE.read_text(encoding="utf-8")
    assert {v for v in re.findall(r"`(NEWSLETTER_[A-Z_]+)`", page) if "__" not in v} == variables()


def test_every_variable_is_read():
    known = variables()

    def look(_path: Path, text: str) -> Iterator[tuple[str, str]]:
        for name in sorted(set(re.findall(r"\bNEWSLETTER_[A-Z_]*[A-Z]\b(?!_?<)", text))):
            *table, key = name.removeprefix("NEWSLETTER_").lower().split("__")
            if not (known_setting(".".join(table), key) if "__" in name else name in known):
                yield name, f"nothing reads {name}"

    assert in_each_document(look) == []


def test_every_link_and_picture_leads_to_a_file():
    def look(path: Path, text: str) -> Iterator[tuple[str, str]]:
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        prose = re.sub(r"`[^`]+`", "", prose)
        targets = re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(r'(?:src|href)="([^"]+)"', prose)
        for name in (target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|/", target)):
            if name and not (path.parent / name).exists():
                yield name, f"there is no file {name}"

    assert in_each_document(look) == []


def test_every_place_within_a_document_exists():
    def look(path: Path, text: str) -> Iterator[tuple[str, str]]:
        for name, anchor in re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", text):
            target = (path.parent / name) if name else path
            heads = re.findall(r"^#+ (.*)", target.read_text(encoding="utf-8"), re.MULTILINE)
            if anchor not in {re.sub(r"[^\w -]", "", head.lower()).strip().replace(" ", "-") for head in heads}:
                yield f"{name}#{anchor}", f"there is no place {name}#{anchor}"

    assert in_each_document(look) == []


def test_every_target_and_module_named_exists():
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    def look(_path: Path, text: str) -> Iterator[tuple[str, str]]:
        lines = lines_of_code(text)
        for name in sorted({t for line in lines for t in re.findall(r"(?:^|&&\s*|\s)make ([a-z]+)\b", line)} - known):
            yield f"make {name}", f"the Makefile has no target {name}"
        for name in sorted({m for line in lines for m in re.findall(r"python3? -m ([a-z_.]+)", line)}):
            if importlib.util.find_spec(name) is None:
                yield name, f"there is no module {name}"

    assert in_each_document(look) == []


def test_the_settings_file_names_only_what_exists():
    text = (ROOT / "newsletter.toml").read_text(encoding="utf-8")
    assert [pair for pair in settings_of_block(tomllib.loads(text)) if not known_setting(*pair)] == []
    comments = "\n".join(re.findall(r"#(.*)", text))
    assert set(re.findall(r"NEWSLETTER_[A-Z_]*[A-Z]\b(?!_?<)", comments)) <= variables()
    providers = re.search(r'provider = "outbox"\s+# ([a-z, ]+):', text)[1].split(", ")
    assert set(providers) == set(PROVIDERS)


def test_every_word_of_a_screen_in_the_french_guide_is_on_a_screen():
    def plain(text: str) -> str:
        return " ".join(text.replace("’", "'").split()).strip(" :").lower()

    said = {plain(form) for message, _path, _line in sentences() for form in _forms(message)}
    guide = (ROOT / "docs" / "guide-utilisateur.md").read_text(encoding="utf-8")
    labels = {plain(part) for name in re.findall(r"(?<![*\w])\*([^*]+)\*(?!\*)", guide) for part in name.split(">")}
    assert len(labels) > 20
    assert labels - said == set()


FILES_PAGE = (ROOT / "docs" / "fichiers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("heading", "reader"), [("Un article", "article"), ("Un numéro", "issue")], ids=["article", "issue"]
)
def test_the_page_of_files_describes_every_field_that_is_read_and_no_other(heading, reader):
    part = FILES_PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    code = (ROOT / "newsletter" / "content" / f"{reader}.py").read_text(encoding="utf-8")
    read = set(re.findall(r'\bfields\.(?!fail)\w+\("(\w+)"', code)) | ({"event", "restrict"} & {*_children(code)})
    if reader == "article":
        read |= {field.key for field in article.FIELDS}
    inner = {"name", "function", "organisation", "portrait", "tag", "title", "layout", "items"}
    rows = set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))
    assert read - inner <= rows | ({"title"} if reader == "issue" else set())
    assert rows - read == set()
    assert {name for name in inner & read if f"`{name}`" not in part} == set()


def _children(code: str) -> list[str]:
    return re.findall(r'fields\.child\("(\w+)"', code)


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "docs" / "fichiers.md"], ids=lambda path: path.name)
def test_the_examples_of_files_are_read_without_an_unknown_field(path, tmp_path):
    blocks = [block for language, block in fences(path.read_text(encoding="utf-8")) if language == "markdown"]
    assert blocks
    for number, block in enumerate(blocks):
        file = tmp_path / f"example-{number}.md"
        file.write_text(block, encoding="utf-8")
        if "tags:" not in block and "publication:" not in block:
            assert audiences.read_audience(file, tmp_path).title
            continue
        load = issue.load_issue if "publication:" in block else article.load_article
        assert load(file, tmp_path).unknown == ()


def _forms(message: str | tuple[str, str]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else message
