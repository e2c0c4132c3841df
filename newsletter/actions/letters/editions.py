"""Issues rendered: preview, proof and sending are the same function of the same values."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import Connection

from newsletter import addresses, i18n
from newsletter.actions import published_pictures
from newsletter.actions.issues.files import check_issue_file, read_issue, unreadable
from newsletter.actions.letters import pictures
from newsletter.actions.letters.personal import Personal
from newsletter.actions.workspace import Workspace
from newsletter.content.compose import compose
from newsletter.content.pool import Pool
from newsletter.errors import NewsletterError, Refused
from newsletter.i18n import Sentence
from newsletter.messages import Letter, PublishedPicture
from newsletter.model import ComposedIssue, Finding, Issue, Reader, Severity
from newsletter.paris import PARIS
from newsletter.providers import Wants
from newsletter.rendering import checks as rendering_checks
from newsletter.rendering.letter import render, variant_for
from newsletter.rendering.message import Skeleton
from newsletter.settings import Publication
from newsletter.store.people import organisations
from newsletter.store.sending.mailings import Frozen

SAMPLE_ADDRESS = "camille.martin@collectivite.example"
_SAMPLE_UID = bytes(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An issue in all the forms it is sent in: one letter and skeleton per variant, and what the proof-reader found."""

    composed: ComposedIssue
    publication: Publication
    letters: tuple[Letter, ...]
    skeletons: tuple[Skeleton, ...]
    organisation_ids: tuple[tuple[int, ...], ...]
    pictures: Mapping[str, PublishedPicture]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop an approval."""
        return tuple(f for f in self.findings if f.level is Severity.ERROR)

    @property
    def content_hash(self) -> str:
        """SHA-256 over every variant's frozen bytes: what an approval vouches for."""
        return hashlib.sha256("\n".join(s.digest() for s in self.skeletons).encode()).hexdigest()

    @property
    def frozen(self) -> list[Frozen]:
        """The variants as the store keeps them."""
        rows = zip(self.letters, self.skeletons, self.organisation_ids, strict=True)
        return [Frozen(letter.variant, skeleton.freeze(), ids) for letter, skeleton, ids in rows]


def edition(
    workspace: Workspace, key: str, *, pool: Pool | None = None, connection: Connection | None = None
) -> Edition:
    """Compose, check and render issue `key` for every variant of its readers; raises what makes that impossible.

    A caller that has read the pool, or reads the database already, hands them over: nothing is read twice.
    """
    issue, pool, settings = read_issue(workspace, key), pool or workspace.pool(), workspace.settings
    publication = settings.publication(issue.publication)
    findings = check_issue_file(workspace, issue, pool)
    composed = composition(workspace, issue, pool)
    published, unusable = pictures.publish(workspace, composed)
    groups = variants(workspace, composed, connection)

    def print_all() -> Rendered:
        return _print(workspace, composed, publication, published, tuple(groups))

    printed = workspace.kept.get(print_all, (_print, composed, settings), (published, tuple(groups), i18n.locale()))
    return Edition(
        composed=composed,
        publication=publication,
        letters=printed.letters,
        skeletons=printed.skeletons,
        organisation_ids=tuple(tuple(ids) for ids in groups.values()),
        pictures=published,
        findings=tuple(dict.fromkeys([*findings, *printed.findings, *unusable])),
    )


def composition(workspace: Workspace, issue: Issue, pool: Pool) -> ComposedIssue:
    """Return `issue` with its items, rebuilt only when it, one of its articles or the settings changed."""
    settings = workspace.settings
    plans = ([issue.lead] if issue.lead else []) + [plan for section in issue.sections for plan in section.items]
    return workspace.kept.get(
        lambda: compose(issue, pool, settings.publication(issue.publication), settings.network),
        (compose, issue, settings, *(pool.get(plan.slug) for plan in plans)),
    )


@dataclass(frozen=True, slots=True)
class Rendered:
    """The letters of all variants, their skeletons, and what the proof-reader found in them."""

    letters: tuple[Letter, ...]
    skeletons: tuple[Skeleton, ...]
    findings: tuple[Finding, ...]


def _print(
    workspace: Workspace,
    composed: ComposedIssue,
    publication: Publication,
    published: Mapping[str, PublishedPicture],
    groups: tuple[tuple[str, ...], ...],
) -> Rendered:
    settings = workspace.settings
    args = (publication, settings.network, settings.theme, settings.web.base_url, published)
    letters = tuple(render(composed, *args, group, counted=settings.web.count_links) for group in groups)
    return Rendered(
        letters,
        tuple(skeleton(workspace, letter, publication) for letter in letters),
        tuple(f for letter in letters for f in rendering_checks.check_letter(letter, settings.theme, published)),
    )


def findings(workspace: Workspace, key: str) -> tuple[Finding, ...]:
    """Proof-read issue `key`: its file, its articles and, if it can be rendered, its letters."""
    pool = workspace.pool()
    try:
        return edition(workspace, key, pool=pool).findings
    except NewsletterError as error:
        return unprintable(workspace, key, pool, error)


def unprintable(workspace: Workspace, key: str, pool: Pool, error: NewsletterError) -> tuple[Finding, ...]:
    """Proof-read the files of an issue of which `error` says why no letter can be made."""
    found = check_issue_file(workspace, read_issue(workspace, key), pool)
    if error.where not in {finding.where for finding in found}:
        found.append(unreadable(error, "unprintable"))
    return tuple(found)


def variants(
    workspace: Workspace, composed: ComposedIssue, connection: Connection | None = None
) -> dict[tuple[str, ...], list[int]]:
    """Return the variants in use, each with the organisations it is for; the one of unattached readers comes first."""
    plain = variant_for(composed, Reader())
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list, {plain: []})
    if any(item.article.restriction for item in composed.items):
        with nullcontext(connection) if connection else workspace.database.read() as reading:
            for o in organisations.list_organisations(reading):
                variant = variant_for(composed, Reader(o.level, o.region, o.departement))
                if variant != plain:
                    groups[variant].append(o.id)
    return dict(groups)


def skeleton(workspace: Workspace, letter: Letter, publication: Publication) -> Skeleton:
    """Return the byte skeleton of a letter, with the headers that all recipients share."""
    settings = workspace.settings
    sender = settings.sending.from_
    domain = sender.rpartition("@")[2].rstrip("> ")
    return Skeleton.compile(
        letter,
        sender=sender,
        reply_to=publication.reply_to,
        list_id=f"{publication.title} <{publication.key}.{domain}>",
        language=settings.network.locale,
    )


def personal(workspace: Workspace, publication: Publication, issue: str, wants: Wants, mailing: int = 0) -> Personal:
    """Return the maker of the personal messages of one mailing (0: of a preview or proof)."""
    sending = workspace.settings.sending
    return Personal(
        issue=issue,
        publication=publication.key,
        mailing=mailing,
        sender=sending.from_,
        return_path=sending.return_path,
        links=workspace.links,
        members_web=publication.archive == "members",
        wants=wants,
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """What a preview wrote, and about which letter."""

    letter: Letter
    findings: tuple[Finding, ...]
    files: tuple[Path, ...]


def preview(workspace: Workspace, key: str, out: Path) -> Preview:
    """Write `letter.html`, `letter.txt`, `letter.eml` into `out`, as a sample recipient would get them.

    Further variants are written beside it as `letter-2.html`...; the pages show the pictures from `out/images`.
    """
    made = edition(workspace, key)
    out.mkdir(parents=True, exist_ok=True)
    _copy_pictures(workspace, made, out)
    maker = personal(workspace, made.publication, key, "parts")
    values = maker.values(
        SAMPLE_ADDRESS, _SAMPLE_UID, 0, datetime.combine(made.composed.date, datetime.min.time(), PARIS)
    )
    files = []
    for number, bones in enumerate(made.skeletons, 1):
        parts = bones.parts(values)
        html = parts.html.replace(f"{workspace.settings.web.base_url}/{pictures.PATH}/", f"{pictures.PATH}/")
        stem = "letter" if number == 1 else f"letter-{number}"
        contents = {"html": html.encode(), "txt": parts.text.encode(), "eml": bones.message(values)}
        for extension, data in contents.items():
            files.append(out / f"{stem}.{extension}")
            files[-1].write_bytes(data)
    return Preview(made.letters[0], made.findings, tuple(files))


def _copy_pictures(workspace: Workspace, made: Edition, out: Path) -> None:
    (out / pictures.PATH).mkdir(exist_ok=True)
    for picture in made.pictures.values():
        name = picture.url.rpartition("/")[2]
        (out / pictures.PATH / name).write_bytes(published_pictures.required(workspace.media, name))


def proof(workspace: Workspace, key: str, to: str) -> str:
    """Send one copy of issue `key` to `to` through the provider, as a reader would get it; returns the answer.

    The subject says that it is a proof. Nothing is recorded as sent. Raises Refused when the provider does not take it.
    """
    address = addresses.parse_address(to)
    made, provider = edition(workspace, key), workspace.provider()
    letter = replace(made.letters[0], subject=f"[Épreuve] {made.letters[0].subject}")
    bones = skeleton(workspace, letter, made.publication)
    maker = personal(workspace, made.publication, key, provider.wants)
    session = provider.connect(f"{key}-epreuve")
    try:
        (outcome,) = session.send([maker.outgoing(bones, 0, address.text, _SAMPLE_UID, workspace.now())])
    finally:
        session.close()
    if outcome.kind != "accepted":
        raise Refused(
            f"the proof did not leave: {outcome.text}",
            where=address.text,
            hint="check the provider's settings",
            said=Sentence(
                "Le prestataire d’envoi n’a pas pris l’épreuve : {answer}", answer=outcome.text or outcome.status
            ),
        )
    return outcome.provider_id or outcome.text
