"""Proofs read by others: comments of the team, and a link by which a person interviewed sees their item alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.actions import mail
from newsletter.actions.issues.board import plans
from newsletter.actions.issues.files import read_issue
from newsletter.actions.letters import previews
from newsletter.actions.team.outside_mail import note_message
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence, _, speaking
from newsletter.model import Article, Issue, ItemPlan
from newsletter.rendering import clean
from newsletter.rendering.notice import Notice
from newsletter.store import journal
from newsletter.store.issues import comments as store
from newsletter.store.issues.comments import Comment
from newsletter.store.journal import Event
from newsletter.store.people import one_time

DAYS = 14
LONGEST = 4000
_PURPOSE = "proof-item"
_MOST = 40


@dataclass(frozen=True, slots=True)
class Proof:
    """What a link opens: one item of an issue, for a person named by the editors, until a day."""

    issue: Issue
    article: Article
    plan: ItemPlan
    reader: str
    comments: tuple[Comment, ...]
    content_hash: str

    @property
    def approved(self) -> bool:
        """Whether exactly this text was approved."""
        return any(c.approves and c.content_hash == self.content_hash for c in self.comments)


def comments(workspace: Workspace, key: str) -> Sequence[Comment]:
    """Return the comments on an issue, oldest first."""
    with workspace.database.read() as connection:
        return store.list_comments(connection, key)


def titles(workspace: Workspace, key: str) -> dict[str, str]:
    """Return the titles of the articles that comments on an issue refer to, by slug."""
    pool = workspace.pool()
    found = {c.item: pool.get(c.item) for c in comments(workspace, key) if c.item}
    return {slug: article.title for slug, article in found.items() if article}


def add_comment(workspace: Workspace, key: str, text: str, *, by: str) -> None:
    """Keep a team member's comment on an issue; Refused for an empty one, NotFound for an unknown issue."""
    read_issue(workspace, key)
    _keep(workspace, key, "", by, text, approves=False, content_hash="")


def settle_comment(workspace: Workspace, number: int) -> None:
    """Mark a comment as dealt with; repeating it changes nothing."""
    with workspace.database.write() as connection:
        store.settle_comment(connection, number, workspace.database.now(connection))


def invite_reviewer(
    workspace: Workspace, key: str, slug: str, *, reader: str, address: str, by: str, may_send: bool
) -> str:
    """Return a link to one item of an issue, valid for fourteen days, and mail it to `address` if one is given.

    Refused for an item that is not in the issue, for a reader without a name, and for mail to an address outside of the
    team when `by` may not send.
    """
    if not reader.strip():
        raise Refused(_("Donnez le nom de la personne qui relira."), hint="name the reader")
    _item(workspace, key, slug)
    subject = {"issue": key, "item": slug, "reader": " ".join(clean.text(reader).split())[:120]}
    if address:
        note_message(workspace, "proof-mailed", address, by=by, may_send=may_send, detail={"issue": key, "item": slug})
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        token = one_time.make_link(connection, _PURPOSE, subject, now + DAYS * 86_400)
        detail = {"issue": key, "item": slug, "reader": subject["reader"]}
        journal.record_event(connection, Event(now, "proof-invited", actor=by, detail=detail))
    link = f"{workspace.settings.web.base_url}/epreuve/{token}"
    if address:
        with speaking(workspace.settings.network.locale):
            mail.send(workspace, address, _notice(workspace, link, by))
    return link


def open_proof(workspace: Workspace, token: str) -> Proof:
    """Return what a link opens, as the files are now; TokenError when it has expired, NotFound when it is gone."""
    with workspace.database.read() as connection:
        found = one_time.look_up_link(connection, _PURPOSE, token, workspace.database.now(connection))
        key, slug, reader = (str(found.subject[name]) for name in ("issue", "item", "reader"))
        said = [c for c in store.list_comments(connection, key) if c.item == slug and c.author == reader]
    issue, article, plan = _item(workspace, key, slug)
    return Proof(issue, article, plan, reader, tuple(said), _hash(article, plan))


def answer(workspace: Workspace, token: str, text: str, *, approves: bool, seen: str) -> Proof:
    """Store the reader's answer about the item; `seen` is the hash of what the page showed.

    Refused for an approval of a text that changed meanwhile, for an empty comment, and for too many of them.
    """
    proof = open_proof(workspace, token)
    if approves and seen != proof.content_hash:
        raise Refused(_("Le texte a changé pendant votre lecture : relisez-le, puis validez-le."), hint="read it again")
    if len(proof.comments) >= _MOST:
        raise Refused(
            _("Vous avez déjà laissé beaucoup de commentaires. Écrivez-nous directement."), hint="write a mail"
        )
    _keep(workspace, proof.issue.key, proof.article.slug, proof.reader, text, approves=approves, content_hash=seen)
    return open_proof(workspace, token)


def look_at_item(workspace: Workspace, token: str, prefix: str) -> str:
    """Return the item of a link as it will look."""
    proof = open_proof(workspace, token)
    return previews.item_look(workspace, proof.article, proof.issue.publication, proof.plan, prefix=prefix)


def _item(workspace: Workspace, key: str, slug: str) -> tuple[Issue, Article, ItemPlan]:
    issue = read_issue(workspace, key)
    plan = next((plan for plan in plans(issue) if plan.slug == slug), None)
    article = workspace.pool().get(slug)
    if plan is None or article is None:
        raise NotFound(
            f"`{slug}` is not in `{key}`",
            hint="ask the team for a new link",
            said=Sentence("Cet article n’est plus dans ce numéro. Demandez un nouveau lien à l’équipe."),
        )
    return issue, article, plan


def _hash(article: Article, plan: ItemPlan) -> str:
    """Return what an approval of one item covers: all that is printed of it."""
    printed = (
        plan.title or article.title,
        plan.summary or article.summary,
        article.body,
        article.quote,
        article.speakers,
        plan.picture or article.picture,
        article.event,
        article.link,
    )
    return hashlib.sha256(repr(printed).encode()).hexdigest()


def _keep(
    workspace: Workspace, key: str, item: str, author: str, text: str, *, approves: bool, content_hash: str
) -> None:
    words = clean.text(text.replace("\r\n", "\n"), lines=True).strip()[:LONGEST]
    if not words and not approves:
        raise Refused(_("Le commentaire est vide."), hint="write something")
    with workspace.database.write() as connection:
        store.add_comment(
            connection,
            issue=key,
            item=item,
            author=author,
            text=words,
            approves=approves,
            content_hash=content_hash,
            at=workspace.database.now(connection),
        )


def _notice(workspace: Workspace, link: str, by: str) -> Notice:
    return Notice(
        subject=_("Un texte à relire avant parution"),
        heading=_("Votre texte est prêt à relire"),
        paragraphs=(
            _("{by} vous invite à relire un texte qui paraîtra dans une lettre de {network}.").format(
                by=by, network=workspace.settings.network.short_name
            ),
        ),
        action=(_("Relire le texte"), link),
        small=(_("Ce lien vous est personnel. Il sert pendant quatorze jours."),),
    )
