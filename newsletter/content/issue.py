"""Issue files: one number of a publication; front matter for the sections, the éditorial as body."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from newsletter.audience import formula
from newsletter.content import frontmatter
from newsletter.content.fields import Fields, UnknownKey
from newsletter.content.filecache import FileCache
from newsletter.content.frontmatter import Document, name_of
from newsletter.content.merge import Notes, Plain, block_text, sections_text
from newsletter.content.plain_values import picture_plain
from newsletter.content.yaml_nodes import Node
from newsletter.errors import ContentError
from newsletter.i18n import Sentence
from newsletter.model import Issue, ItemPlan, SectionPlan, Tag
from newsletter.settings import Layout

FOLDER = "issues"
_LAYOUTS: tuple[str, ...] = get_args(Layout)
_ITEM_KEYS = ("article", "title", "summary", "image", "cta", "for")


@dataclass(frozen=True, slots=True)
class LoadedIssue:
    """An issue with the unknown keys of its file."""

    issue: Issue
    unknown: tuple[UnknownKey, ...]


def read_issue(path: Path, root: Path) -> Issue:
    """Return the issue in the file `path` of the workspace `root`; its key is the file's stem.

    Raises ContentError naming file, line and field.
    """
    return load_issue(path, root).issue


def load_issue(path: Path, root: Path) -> LoadedIssue:
    """Read as `read` does, and return the unknown keys too."""
    return _parse(frontmatter.load_document(path, root))


def read_issues(root: Path, files: FileCache | None = None) -> tuple[tuple[Issue, ...], tuple[ContentError, ...]]:
    """Return the issues of `issues/*.md`, newest first, and the errors of those that cannot be read.

    With `files`, only those are read that changed since.
    """
    found, errors = [], []
    for loaded in (files or FileCache()).folder(root / FOLDER, root, load_issue):
        if isinstance(loaded, ContentError):
            errors.append(loaded)
        else:
            found.append(loaded.issue)
    return tuple(sorted(found, key=lambda i: (i.date, i.key), reverse=True)), tuple(errors)


def write_issue(path: Path, issue: Issue, notes: Notes | None = None, remarks: Iterable[str] = ()) -> Issue:
    """Write `issue` into the file `path` and return it as read back.

    An existing file is changed only where it differs: comments, order and unknown keys stay. In a new file, `notes`
    become comments beside their items, and `remarks` as comment lines below the sections. The file is replaced in
    one step. Raises ContentError, with nothing written, for invalid values.
    """
    name = issue.path or path.name
    values = _values(issue)
    if path.exists():
        document = replace(frontmatter.load_document(path, path.parent), path=name)
        present = _parse(document).issue
        before = _values(present)
        changed = {key: value for key, value in values.items() if value != before[key]}
        if not changed and issue.editorial == present.editorial:
            return present
        text = document.with_values(changed, issue.editorial)
    else:
        text = _new_text(values, issue.editorial, notes or {}, remarks)
    written = _parse(frontmatter.parse_document(text, name)).issue
    frontmatter.save_document(path, text)
    return written


def _new_text(values: dict[str, Plain], editorial: str, notes: Notes, remarks: Iterable[str]) -> str:
    sections = values.pop("sections")
    head = [block_text(key, value) for key, value in values.items() if value is not None]
    lead = values["lead"]
    if isinstance(lead, str) and (note := notes.get(("", lead))):
        head[-1] = f"{head[-1].rstrip()} # {' '.join(note.split())}\n"
    if isinstance(sections, list):
        head.append(sections_text(sections, notes))
    head += [f"# {' '.join(remark.split())}\n" for remark in remarks]
    return frontmatter.join("".join(head), f"\n{editorial.strip()}\n" if editorial.strip() else "")


def _parse(document: Document) -> LoadedIssue:
    key = name_of(document, "an issue")
    fields = Fields.of(document)
    date = fields.date("date", required=True)
    assert date is not None
    lead = fields.node("lead")
    issue = Issue(
        key=key,
        path=document.path,
        publication=fields.text("publication", 50, required=True),
        number=fields.number("number"),
        date=date,
        subject=fields.text("subject", 300),
        preheader=fields.text("preheader", 300),
        audience=fields.audience("for"),
        lead=_item(lead, "lead", fields) if lead else None,
        sections=tuple(_section(section) for section in fields.children("sections", 40)),
        editorial=frontmatter.clean(document.body, f"{document.path}:{document.body_line}").strip(),
        lines=document.lines,
    )
    fields.close()
    return LoadedIssue(issue, tuple(fields.unknown))


def _section(fields: Fields) -> SectionPlan:
    if not fields.text("tag", 50):
        fields.fail(
            "tag",
            "`sections.tag` is missing",
            "add `tag: rtes`, or another tag",
            said=Sentence("Une rubrique n’a pas d’étiquette. Donnez-lui-en une."),
        )
    section = SectionPlan(
        tag=fields.words("tag", Tag)[0],
        title=fields.text("title", 200),
        layout=fields.one_of("layout", _LAYOUTS),
        items=tuple(_item(node, "items", fields) for node in fields.items("items", 200)),
        line=fields.line,
    )
    fields.close()
    return section


def _item(node: Node, name: str, parent: Fields) -> ItemPlan:
    """Read one item: a slug alone, or a mapping with `article` and what is overridden."""
    if isinstance(node.value, str):
        node = Node({"article": node}, node.line)
    if not isinstance(node.value, dict):
        where = f"{parent.path}:{node.line}, {parent.prefix}{name}"
        raise ContentError(
            "an item must be an article's name",
            where=where,
            hint="write `- name-of-the-article`",
            said=Sentence("Chaque ligne d’une rubrique doit être le nom d’un article."),
        )
    inner = Fields(parent.path, node.value, f"{parent.prefix}{name}.", node.line, parent.unknown)
    item = ItemPlan(
        slug=inner.text("article", 200, required=True),
        title=inner.text("title", 300),
        summary=inner.text("summary", 3000),
        picture=inner.picture("image"),
        cta=inner.text("cta", 80),
        audience=inner.audience("for") if inner.node("for") else None,
        line=node.line,
    )
    inner.close()
    return item


def _values(issue: Issue) -> dict[str, Plain]:
    """Return the front matter of `issue` in the order of a new file; None where it has none."""
    sections: list[Plain] = [
        {
            "tag": str(section.tag),
            "title": section.title or None,
            "layout": section.layout or None,
            "items": [_item_values(item) for item in section.items] or None,
        }
        for section in issue.sections
    ]
    return {
        "publication": issue.publication,
        "number": issue.number,
        "date": issue.date,
        "subject": issue.subject or None,
        "preheader": issue.preheader or None,
        "for": formula(issue.audience) or None,
        "lead": _item_values(issue.lead) if issue.lead else None,
        "sections": sections or None,
    }


def _item_values(item: ItemPlan) -> Plain:
    audience = None if item.audience is None else formula(item.audience) or "everyone"
    given = (item.slug, item.title, item.summary, picture_plain(item.picture), item.cta, audience)
    if not any(given[1:]):
        return item.slug
    return {key: value or None for key, value in zip(_ITEM_KEYS, given, strict=True)}
