"""The report as text, as JSON and as CSV; the printable page is made by `report_page`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from newsletter import french, paris
from newsletter.actions.reports import page
from newsletter.actions.reports.figures import Value, group_name, groups, shown
from newsletter.actions.reports.report import YearReport
from newsletter.actions.workspace import Workspace
from newsletter.exchange.export import write_table
from newsletter.i18n import speaking
from newsletter.store.reports.figures import MailingOutcome

Form = Literal["text", "json", "csv", "html"]
FORMS: tuple[Form, ...] = get_args(Form)


def write_report(workspace: Workspace, report: YearReport, form: Form) -> bytes:
    """Return the report in one of FORMS, in UTF-8 and in the network's language."""
    with speaking(workspace.settings.network.locale):
        if form == "html":
            return page.page(report, workspace.settings.theme).encode()
        if form == "csv":
            return _csv(report)
        if form == "json":
            return (json.dumps(as_json(report), ensure_ascii=False, indent=2) + "\n").encode()
        text = "\n".join(_text(report)) + "\n"
        # A terminal does not break lines, and a search for a sentence uses ordinary blanks.
        return french.plain(text).replace(french.NO_BREAK, " ").encode()


def as_json(report: YearReport) -> dict[str, Any]:
    """Return the JSON contract: `year` and `figures` (key, label, value, previous, rule, unit), and their sources.

    A share is a number from 0 to 1; figures by group are objects; days are ISO texts.
    """
    return {
        "year": report.year,
        "until": report.until.isoformat(),
        "complete": report.complete,
        "sentences": list(report.sentences),
        "figures": [
            {
                "key": f.key,
                "label": f.label,
                "value": _plain(f.value),
                "previous": _plain(f.previous),
                "rule": f.rule,
                "unit": f.unit,
            }
            for f in report.figures
        ],
        "months": [
            {"month": m.key, "subscribers": m.subscribers, "joined": m.joined, "left": m.left} for m in report.months
        ],
        "mailings": [_mailing(outcome) for outcome in report.mailings],
        "members_not_featured": [
            {
                "name": a.name,
                "level": a.level,
                "region": a.region,
                "since": a.since.isoformat(),
                "featured": a.featured.isoformat() if a.featured else None,
            }
            for a in report.absent
        ],
    }


def _plain(value: Value) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _mailing(outcome: MailingOutcome) -> dict[str, Any]:
    mailing = outcome.mailing
    return {
        "issue": mailing.issue,
        "publication": mailing.publication,
        "subject": mailing.subject,
        "started_at": paris.iso(mailing.started_at or 0.0),
        "sent": outcome.sent,
        "hard": outcome.hard,
        "soft": outcome.soft,
        "block": outcome.block,
        "delivered": outcome.sent - outcome.returned,
        "left": outcome.left,
    }


def _text(report: YearReport) -> Iterator[str]:
    yield page.title(report)
    yield ""
    yield from report.sentences
    yield ""
    width = max(len(figure.label) for figure in report.figures)
    yield f"{'':{width}}  {report.year:>10}  {report.year - 1:>10}"
    for figure in report.figures:
        if isinstance(figure.value, Mapping):
            yield figure.label
            for group, number, previous in groups(figure):
                name = f"  {group_name(figure, group)}"
                yield f"{name:{width}}  {french.number_words(number):>10}  {french.number_words(previous):>10}"
            continue
        value, before = shown(figure.value, figure.unit), shown(figure.previous, figure.unit)
        yield f"{figure.label:{width}}  {value:>10}  {before:>10}"


def _csv(report: YearReport) -> bytes:
    """Return a table for a French spreadsheet: one line per figure and per group."""
    columns = ("key", "label", "value", "previous", "rule")
    return b"".join(write_table(columns, (dict(zip(columns, row, strict=True)) for row in _rows(report))))


def _rows(report: YearReport) -> Iterator[tuple[str, ...]]:
    for figure in report.figures:
        if isinstance(figure.value, Mapping):
            for group, number, previous in groups(figure):
                label = f"{figure.label} – {group_name(figure, group)}"
                yield f"{figure.key}.{group}", label, str(number), str(previous), figure.rule
        else:
            yield figure.key, figure.label, _cell(figure.value), _cell(figure.previous), figure.rule


def _cell(value: Value) -> str:
    # A French spreadsheet reads the comma as the decimal sign.
    return "" if value is None else str(value).replace(".", ",")
