"""Following the links of an issue, for `issues check --online`: public addresses only, a HEAD, then a GET."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from newsletter.actions import fetch
from newsletter.actions.issues.files import read_issue
from newsletter.actions.workspace import Workspace
from newsletter.content import checks
from newsletter.content.compose import compose
from newsletter.errors import NewsletterError
from newsletter.i18n import _
from newsletter.model import Finding, Severity


def follow_links(workspace: Workspace, key: str) -> list[Finding]:
    """Return a finding for each link of issue `key` that does not lead to a page."""
    issue = read_issue(workspace, key)
    publication = workspace.settings.publication(issue.publication)
    composed = compose(issue, workspace.pool(), publication, workspace.settings.network)
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda pair: _follow(*pair), checks.links(composed))
    return [finding for finding in found if finding]


def _follow(url: str, where: str) -> Finding | None:
    try:
        status = fetch.status(url)
    except NewsletterError as error:
        text = _("Le lien {url} ne répond pas : {why}").format(url=url, why=error.told)
        return Finding("link-dead", Severity.WARNING, text, where)
    if status >= 400:
        text = _("Le lien {url} répond par une erreur {status}.").format(url=url, status=status)
        return Finding("link-dead", Severity.ERROR if status in (404, 410) else Severity.WARNING, text, where)
    return None
