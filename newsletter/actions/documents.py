"""The JSON documents of the contract, the same from every door: the command line's `--json` and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from newsletter import paris
from newsletter.actions.issues.files import IssueSummary
from newsletter.actions.letters.editions import Preview
from newsletter.actions.people.audiences import DescribedAudience
from newsletter.actions.people.members import ListedOrganisation
from newsletter.actions.people.subscriptions import Why
from newsletter.actions.reports.report import Count
from newsletter.model import Article, Finding
from newsletter.store.people.organisations import Organisation
from newsletter.store.sending.mailings import Mailing
from newsletter.store.sending.receipts import Receipt


def receipt(made: Receipt) -> dict[str, Any]:
    """Return a receipt."""
    return {**asdict(made), "doubtful_names": list(made.doubtful_names)}


def count(made: Count) -> dict[str, Any]:
    """Return a count at the end of a day."""
    return {
        "on": made.on.isoformat(),
        "what": made.what,
        "by": made.by,
        "rule": made.rule,
        "total": made.total,
        "groups": dict(made.groups),
    }


def mailing(made: Mailing) -> dict[str, Any]:
    """Return a mailing as a list shows it."""
    return {
        "issue": made.issue,
        "mailing": made.uid,
        "publication": made.publication,
        "status": made.status,
        "subject": made.subject,
        "approved_at": moment(made.approved_at),
        "approved_by": made.approved_by,
        "ended_at": moment(made.ended_at),
    }


def moment(value: float | None) -> str | None:
    """Return a time as an ISO text in Paris time."""
    return paris.iso(value) if value else None


def issue(found: IssueSummary) -> dict[str, Any]:
    """Return an issue as a list shows it."""
    return {
        "issue": found.issue.key,
        "publication": found.issue.publication,
        "date": found.issue.date.isoformat(),
        "number": found.issue.number,
        "subject": found.issue.subject,
        "status": found.status,
    }


def preview(key: str, made: Preview) -> dict[str, Any]:
    """Return what a preview of issue `key` wrote, and what the proof-reader found."""
    return {
        "issue": key,
        "subject": made.letter.subject,
        "preheader": made.letter.preheader,
        "bytes_html": len(made.letter.html.encode()),
        "files": [str(path) for path in made.files],
        "warnings": findings(made.findings),
    }


def findings(found: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings of the proof-reader: code, level, message, where."""
    return [asdict(finding) for finding in found]


def article(found: Article, uses: int) -> dict[str, Any]:
    """Return an article as a list shows it; `uses` is the number of issues it stands in."""
    return {
        "article": found.slug,
        "title": found.title,
        "tags": list(found.tags),
        "date": found.date.isoformat(),
        "status": found.status,
        "visibility": found.visibility,
        "path": found.path,
        "issues": uses,
    }


def organisation(found: Organisation) -> dict[str, Any]:
    """Return an organisation with its membership periods."""
    return {
        "name": found.name,
        "level": found.level,
        "siren": found.siren,
        "insee": found.insee,
        "region": found.region,
        "departement": found.departement,
        "periods": [{"joined": p.joined, "ended": p.ended} for p in found.periods],
    }


def member(row: ListedOrganisation) -> dict[str, Any]:
    """Return an organisation as the list of members shows it."""
    return {**organisation(row.organisation), "member": row.member, "contacts": row.contacts}


def audience(found: DescribedAudience) -> dict[str, Any]:
    """Return an audience with its rule, its sentence and its people of today."""
    return {
        "audience": found.key,
        "title": found.title,
        "rule": found.formula,
        "sentence": found.sentence,
        "people": found.people,
        "trouble": found.trouble,
    }


def why(found: Why) -> dict[str, Any]:
    """Return the chain from an address to whether it receives a publication."""
    person, place, subscription = found.person, found.organisation, found.subscription
    return {
        "email": found.email,
        "publication": found.publication,
        "receives": found.receives,
        "reason": found.reason,
        "since": found.since,
        "exception": found.exception,
        "person": person
        and {
            "name": f"{person.first_name} {person.last_name}".strip(),
            "role": person.role,
            "suppressed": person.suppressed,
        },
        "organisation": place
        and {
            "name": place.name,
            "level": place.level,
            "periods": [{"joined": p.joined, "ended": p.ended} for p in place.periods],
        },
        "subscription": subscription
        and {"state": subscription.state, "basis": subscription.basis, "since": paris.iso(subscription.since)},
    }


def without_names(receipt_document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a receipt for somebody who may not see people."""
    return {**receipt_document, "doubtful_names": []}
