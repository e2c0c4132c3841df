"""Proposals of members: a contact of a current member writes, previews, keeps drafts, sends; an article is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from newsletter.actions import mail
from newsletter.actions.issues import picture_upload
from newsletter.actions.proposals.form import Form
from newsletter.actions.workspace import Workspace
from newsletter.content import article as articles
from newsletter.content.markdown import render
from newsletter.errors import NotFound, Refused
from newsletter.french import event_words, typography
from newsletter.i18n import Sentence, _
from newsletter.rendering.body import body
from newsletter.rendering.notice import Notice
from newsletter.store import journal, proposals
from newsletter.store.journal import Event
from newsletter.store.people import organisations, people
from newsletter.store.proposals import Proposal

FOLDER = "images/propositions"
MOST_DRAFTS = 20
MOST_A_DAY = 10
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Proposer:
    """Who proposes: a contact of an organisation that is a member today."""

    subscriber_id: int
    address: str
    organisation_id: int
    organisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalLook:
    """An item as it will look in a letter; `body` is XHTML of the product's own serializer."""

    title: str
    summary: str
    body: str
    label: str
    when: str
    place: str
    link: str
    cta: str
    alt: str
    credit: str


def proposer(workspace: Workspace, token: str) -> Proposer:
    """Return the holder of the personal link `token`; TokenError, NotFound, or Refused without a current membership."""
    uid = workspace.links.read_proposal(token)
    with workspace.database.read() as connection:
        person = people.by_uid(connection, uid)
        if person.organisation_id is None:
            raise Refused(
                "this person belongs to no organisation",
                hint="staff can attach them to one",
                said=Sentence(
                    "Votre adresse n’est rattachée à aucune collectivité. Écrivez-nous : nous ferons le lien."
                ),
            )
        organisation = organisations.get_organisation(connection, person.organisation_id)
    if not organisation.member_on(workspace.today(), workspace.settings.members.grace_days):
        raise Refused(
            f"`{organisation.name}` is no member today",
            hint="renew its membership",
            said=Sentence(
                "L’adhésion de « {name} » n’est pas en cours : écrivez-nous pour la renouveler.", name=organisation.name
            ),
        )
    return Proposer(person.id, person.address, organisation.id, organisation.name)


def mine(workspace: Workspace, who: Proposer) -> list[Proposal]:
    """Return the person's drafts and proposals, newest first."""
    with workspace.database.read() as connection:
        return proposals.of_subscriber(connection, who.subscriber_id)


def own(workspace: Workspace, who: Proposer, uid: str) -> Proposal:
    """Return one proposal of this person; NotFound for another person's."""
    found = next((p for p in mine(workspace, who) if p.uid == uid), None)
    if found is None:
        raise NotFound(
            "there is no such proposal of yours",
            hint="use the link of a recent letter",
            said=Sentence("Cette proposition n’est pas à vous, ou n’existe plus. Prenez le lien d’une lettre récente."),
        )
    return found


def save_proposal(
    workspace: Workspace,
    who: Proposer,
    values: Mapping[str, str],
    uid: str = "",
    picture: bytes = b"",
    *,
    remove: bool = False,
) -> Proposal:
    """Keep a draft: a new one, or the draft `uid`; Refused for a picture that cannot be used or too many drafts."""
    before = own(workspace, who, uid) if uid else None
    if before and before.state != "draft":
        raise Refused(
            "this proposal was sent already",
            hint="write a new one",
            said=Sentence("Cette proposition est déjà envoyée. Écrivez-en une nouvelle."),
        )
    drafts = [p for p in mine(workspace, who) if p.state == "draft"]
    if before is None and len(drafts) >= MOST_DRAFTS:
        raise Refused(_("Vous avez déjà beaucoup de brouillons : envoyez-en un ou supprimez-en un."), hint="delete one")
    kept = "" if remove or before is None else before.picture
    name = picture_upload.keep_picture(workspace, picture, FOLDER) if picture else kept
    form = Form.of(values)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        if before is None:
            uid = proposals.create_proposal(
                connection, who.subscriber_id, who.organisation_id, form.values(), name, now
            )
        elif not proposals.revise(connection, uid, form.values(), name, now):
            raise Refused(
                "this proposal was sent already",
                hint="write a new one",
                said=Sentence("Cette proposition est déjà envoyée. Écrivez-en une nouvelle."),
            )
    if before and before.picture != name:
        _drop(workspace, before.picture)
    return own(workspace, who, uid)


def discard_proposal(workspace: Workspace, who: Proposer, uid: str) -> None:
    """Delete a draft and its picture."""
    draft = own(workspace, who, uid)
    with workspace.database.write() as connection:
        proposals.discard_proposal(connection, uid)
    _drop(workspace, draft.picture)


def problems(workspace: Workspace, proposal: Proposal) -> dict[str, str]:
    """Return what keeps a draft from being sent, by field."""
    return Form.of(proposal.values).problems(workspace.today(), pictured=bool(proposal.picture))


def look_at_proposal(workspace: Workspace, proposal: Proposal) -> ProposalLook:
    """Return a draft without problems as it will look."""
    article = Form.of(proposal.values).article(proposal.organisation, proposal.picture, workspace.today())
    public = next((p for p in workspace.settings.publications.values() if p.archive == "public"), None)
    event = article.event
    return ProposalLook(
        title=typography(article.title),
        summary=typography(article.summary),
        body=str(body(render(article.body)[0], where="text", level=4, pictures={})),
        label=typography(proposal.organisation),
        when=typography(event_words(event)) if event else "",
        place=typography(event.place) if event else "",
        link=article.link,
        cta=public.link_label if public else _("En savoir plus"),
        alt=article.picture.alt if article.picture else "",
        credit=article.picture.credit if article.picture else "",
    )


def submit(workspace: Workspace, who: Proposer, uid: str) -> Proposal:
    """Send a draft to the editors: it becomes an article with status `proposed`; Refused with problems or too often.

    The file names the organisation and the proposal, never an address. Sent twice, it is one article.
    """
    draft = own(workspace, who, uid)
    if draft.state != "draft":
        return draft
    if problems(workspace, draft):
        raise Refused(
            "the proposal is not complete",
            hint="see its preview",
            said=Sentence("La proposition n’est pas complète. Voyez ce qui manque dans l’aperçu."),
        )
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        if proposals.sent_since(connection, who.subscriber_id, now - _DAY) >= MOST_A_DAY:
            raise Refused(
                f"{MOST_A_DAY} proposals were sent today already",
                hint="send the next one tomorrow",
                said=Sentence(
                    "Vous avez envoyé beaucoup de propositions aujourd’hui. Le brouillon est gardé : revenez demain."
                ),
            )
        if not proposals.move_proposal(connection, uid, "sent", now, only=("draft",)):
            return own(workspace, who, uid)
        slug = _file(workspace, draft)
        proposals.move_proposal(connection, uid, "sent", now, only=("sent",), article=slug)
        detail = {"proposal": uid, "article": slug}
        journal.record_event(
            connection,
            Event(
                now,
                "proposal-sent",
                subscriber_id=who.subscriber_id,
                organisation_id=who.organisation_id,
                detail=detail,
            ),
        )
    mail.post(workspace, who.address, _receipt(draft))
    return own(workspace, who, uid)


def picture(workspace: Workspace, proposal: Proposal) -> Path:
    """Return the file of a proposal's picture; NotFound without one."""
    path = workspace.root / proposal.picture
    if not proposal.picture or not path.is_file():
        raise NotFound(
            "this proposal has no picture",
            hint="choose one in the form",
            said=Sentence("Cette proposition n’a pas d’image. Choisissez-en une dans le formulaire."),
        )
    return path


def _file(workspace: Workspace, draft: Proposal) -> str:
    article = Form.of(draft.values).article(draft.organisation, draft.picture, workspace.today())
    made = articles.new_article(
        workspace.root,
        title=article.title,
        tags=article.tags,
        date=article.date,
        status=article.status,
        note=f"proposed by {' '.join(draft.organisation.split())}, proposal {draft.uid}",
        summary=article.summary,
        link=article.link,
        picture=article.picture,
        organisations=article.organisations,
        event=article.event,
        body=article.body,
    )
    return made.slug


def _receipt(draft: Proposal) -> Notice:
    title = Form.of(draft.values).title
    return Notice(
        subject=_("Votre proposition est bien arrivée"),
        heading=_("Merci, nous l’avons reçue"),
        paragraphs=(
            _("Votre proposition : {title}").format(title=title),
            _("L’équipe la relit et vous dira si elle paraît, et dans quel numéro."),
        ),
    )


def _drop(workspace: Workspace, name: str) -> None:
    """Delete a draft's picture that no proposal shows any more."""
    with workspace.database.read() as connection:
        unused = bool(name) and not proposals.pictured(connection, name)
    if unused:
        (workspace.root / name).unlink(missing_ok=True)
