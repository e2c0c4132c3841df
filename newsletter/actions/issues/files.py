"""Articles and issues as files: list, create, compose, check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

from newsletter.actions.workspace import Workspace
from newsletter.content import article as articles
from newsletter.content import checks
from newsletter.content import issue as issues
from newsletter.content.pool import Pool
from newsletter.content.propose import ProposedIssue, propose
from newsletter.errors import ContentError, NewsletterError, NotFound, Refused, nearest
from newsletter.french import date_words
from newsletter.i18n import Sentence, _, speaking
from newsletter.model import Article, Finding, Issue, Severity, Status, Tag
from newsletter.paris import PARIS
from newsletter.store.sending import mailings


@dataclass(frozen=True, slots=True)
class IssueSummary:
    """An issue in a list: its file, and the state of its mailing (`draft` without one)."""

    issue: Issue
    status: str


def history(workspace: Workspace) -> list[Issue]:
    """Return every issue that can be read, newest first."""
    return list(issues.read_issues(workspace.root, workspace.files)[0])


def list_issues(workspace: Workspace) -> tuple[list[IssueSummary], tuple[ContentError, ...]]:
    """Return the issues, newest first, each with its mailing's status; and the errors of files that cannot be read."""
    found, errors = issues.read_issues(workspace.root, workspace.files)
    with workspace.database.read() as connection:
        states = {m.issue: m.status for m in reversed(mailings.list_mailings(connection))}
    return [IssueSummary(issue, states.get(issue.key, "draft")) for issue in found], errors


def read_issue(workspace: Workspace, key: str) -> Issue:
    """Return the issue `key`; NotFound names the nearest one."""
    path = workspace.root / issues.FOLDER / f"{Path(key).name}.md"
    if path.stem != key or not path.exists():
        known = [p.stem for p in (workspace.root / issues.FOLDER).glob("*.md")]
        raise NotFound(
            f"there is no issue `{key}`",
            where=issues.FOLDER,
            hint=nearest(key, known),
            said=Sentence(
                "Il n’y a pas de numéro « {key} » : il a peut-être été renommé ou retiré. Choisissez-en un dans "
                "la liste.",
                key=key,
            ),
        )
    return workspace.files.one(path, workspace.root, issues.load_issue).issue


def new_issue(workspace: Workspace, publication: str, on: date, key: str | None = None) -> ProposedIssue:
    """Compose an issue of `publication` to be sent on that day and write its file.

    Refuses to overwrite one, and to make a second one of a day unless `key` names it.
    """
    setting = workspace.settings.publication(publication)
    found, errors = issues.read_issues(workspace.root, workspace.files)
    if errors:
        # An unreadable issue may have printed what would be proposed again.
        raise errors[0]
    if key and (workspace.root / issues.FOLDER / f"{key}.md").exists():
        raise Refused(
            f"issue `{key}` is there already",
            where=f"{issues.FOLDER}/{key}.md",
            hint="edit that file",
            said=Sentence("Il y a déjà un numéro « {key} ». Ouvrez-le dans la liste.", key=key),
        )
    same = next((i for i in found if i.publication == publication and i.date == on), None)
    if same and not key:
        hint = "edit that file; or remove it to compose it again; or name a second one with --key"
        what = _("Un numéro de « {title} » est déjà daté du {day} : {key}.").format(
            title=setting.title, day=date_words(on), key=same.key
        )
        raise Refused(what.removesuffix("."), where=same.path, hint=hint)
    proposal = propose(workspace.pool(), setting, on, list(found), workspace.settings.network, key)
    (workspace.root / issues.FOLDER).mkdir(exist_ok=True)
    proposal.save(workspace.root)
    return proposal


def new_article(workspace: Workspace, title: str, tags: Sequence[str], on: date) -> Article:
    """Create a draft article; ContentError for an invalid title or tag."""
    for tag in tags:
        if tag not in list(Tag):
            raise ContentError(
                f"the tag `{tag}` is unknown",
                where="--tag",
                hint=nearest(tag, list(Tag)),
                said=Sentence("L’étiquette « {tag} » n’existe pas. Choisissez-en une dans la liste.", tag=tag),
            )
    with speaking(workspace.settings.network.locale):  # what is written into the file is for all who edit it
        note = _(
            "À remplir : summary, link, image {src, alt}, organisations ; event {start, end, place} ; deadline, contact"
        )
    return articles.new_article(workspace.root, title=title, tags=tuple(tags), date=on, note=note)


def used_in(workspace: Workspace) -> Counter[str]:
    """Return in how many issues each article is."""
    used: Counter[str] = Counter()
    for issue in history(workspace):
        plans = ([issue.lead] if issue.lead else []) + [item for s in issue.sections for item in s.items]
        used.update({plan.slug for plan in plans})
    return used


def check_articles(pool: Pool) -> list[Finding]:
    """Proof-read every article, broken files and unknown keys included; what is not ready yet has no errors."""
    found = [unreadable(error) for error in pool.errors]
    for article in pool:
        remarks = checks.check_article(article)
        ready = article.status is Status.READY
        found += [r if ready or r.level is not Severity.ERROR else replace(r, level=Severity.WARNING) for r in remarks]
    return [*found, *checks.unknown_keys(pool.unknown)]


def unreadable(error: NewsletterError, code: str = "unreadable") -> Finding:
    """Return the finding for a file that cannot be read, or for an issue that cannot be printed."""
    return Finding(code, Severity.ERROR, str(error.said) or f"{error.what}. {error.hint}".strip(". "), error.where)


def check_issue_file(workspace: Workspace, issue: Issue, pool: Pool) -> list[Finding]:
    """Proof-read an issue and the articles it prints, as of the day it is dated.

    What is over only because the issue leaves later than dated is a warning: the editor decides whether it still goes.
    """
    publication = workspace.settings.publication(issue.publication)
    earlier = [other for other in history(workspace) if other.key != issue.key]
    dated = datetime.combine(issue.date, time(12), PARIS)
    found = checks.check(issue, pool, publication, dated, earlier)
    if workspace.now() > dated:
        late = checks.check(issue, pool, publication, workspace.now(), earlier)
        found += [replace(finding, level=Severity.WARNING) for finding in late if finding not in found]
    loaded = workspace.files.one(workspace.root / issue.path, workspace.root, issues.load_issue)
    return found + checks.unknown_keys(loaded.unknown)
