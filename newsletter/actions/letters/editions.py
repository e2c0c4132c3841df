"""Issues rendered: preview, proof and sending are the same function of the same values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import Connection

from newsletter import addresses, i18n
from newsletter.actions import published_pictures
from newsletter.actions.issues.files import check_issue_file, read_issue, unreadable
from newsletter.actions.letters import pictures
from newsletter.actions.letters.personal import Personal
from newsletter.actions.letters.variants import (
    MOST_VARIANTS,
    ShownVariant,
    VariantPlan,
    check_variants,
    plan_variants,
    shown_variants,
)
from newsletter.actions.team.outside_mail import note_message
from newsletter.actions.workspace import Workspace
from newsletter.content.compose import compose
from newsletter.content.pool import Pool
from newsletter.errors import NewsletterError, Refused
from newsletter.i18n import Sentence
from newsletter.messages import Letter, PublishedPicture
from newsletter.model import ComposedIssue, Finding, Issue, Severity
from newsletter.paris import PARIS
from newsletter.private_files import make_private_folder, write_private
from newsletter.providers import Wants
from newsletter.rendering import checks as rendering_checks
from newsletter.rendering.letter import render
from newsletter.rendering.message import Skeleton
from newsletter.settings import Publication
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
    plan: VariantPlan
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
        rows = zip(self.letters, self.skeletons, strict=True)
        return [Frozen(self._targeted(letter), skeleton.freeze()) for letter, skeleton in rows]

    def _targeted(self, letter: Letter) -> tuple[str, ...]:
        return tuple(
            sorted({i.article.slug for i in self.composed.items if i.audience and i.audience in letter.variant})
        )


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
    plan = plan_variants(workspace, composed, connection)
    groups = tuple(variant.rules for variant in plan.variants[:MOST_VARIANTS])

    def print_all() -> Rendered:
        return _print(workspace, composed, publication, published, groups)

    printed = workspace.kept.get(print_all, (_print, composed, settings), (published, groups, i18n.locale()))
    findings = [*findings, *check_variants(composed, plan, publication)]
    return Edition(
        composed=composed,
        publication=publication,
        letters=printed.letters,
        skeletons=printed.skeletons,
        plan=plan,
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


def issue_variants(workspace: Workspace, key: str) -> tuple[ShownVariant, ...]:
    """Return the variants of issue `key` in words; none while it cannot be made, or when all readers get the same."""
    try:
        plan = edition(workspace, key).plan
    except NewsletterError:
        return ()
    return shown_variants(workspace, plan) if plan.shares.rules else ()


def unprintable(workspace: Workspace, key: str, pool: Pool, error: NewsletterError) -> tuple[Finding, ...]:
    """Proof-read the files of an issue of which `error` says why no letter can be made."""
    found = check_issue_file(workspace, read_issue(workspace, key), pool)
    if error.where not in {finding.where for finding in found}:
        found.append(unreadable(error, "unprintable"))
    return tuple(found)


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
    make_private_folder(out)
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
            write_private(files[-1], data)
    return Preview(made.letters[0], made.findings, tuple(files))


def _copy_pictures(workspace: Workspace, made: Edition, out: Path) -> None:
    make_private_folder(out / pictures.PATH)
    for picture in made.pictures.values():
        name = picture.url.rpartition("/")[2]
        write_private(out / pictures.PATH / name, published_pictures.required(workspace.media, name))


def proof(workspace: Workspace, key: str, to: str, *, by: str, may_send: bool) -> str:
    """Send one copy of issue `key` to `to` through the provider, as a reader would get it; returns the answer.

    The subject says that it is a proof. Nothing is recorded as sent, but the journal names the address. Raises
    Refused when the provider does not take it, and for an address outside of the team when `by` may not send.
    """
    address = addresses.parse_address(to)
    made, provider = edition(workspace, key), workspace.provider()
    note_message(workspace, "proof-sent", address.text, by=by, may_send=may_send, detail={"issue": key})
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
