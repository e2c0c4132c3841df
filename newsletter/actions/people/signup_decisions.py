"""The team's word on who says they belong to a member."""

from __future__ import annotations

from newsletter import i18n
from newsletter.actions import mail
from newsletter.actions.people.signup import REQUEST, form_consent
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.i18n import Sentence, _
from newsletter.rendering.notice import Notice
from newsletter.store.imports import reviews
from newsletter.store.people import people
from newsletter.store.people.details import attach
from newsletter.store.people.people import Person


def decide_request(workspace: Workspace, number: int, *, accept: bool, by: str) -> None:
    """Settle a request for a members' publication and tell the person; NotFound, Refused when it is settled already."""
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        review = reviews.get_review(connection, number)
        if review.kind != REQUEST or review.subscriber_id is None or review.publication is None:
            raise Refused(
                f"review {number} is no request to subscribe",
                hint="see the list of requests",
                said=Sentence("Cette demande d’inscription n’existe plus. Revenez à la liste."),
            )
        person = people.by_id(connection, review.subscriber_id)
        title = workspace.settings.publication(review.publication).title
        reviews.settle_review(connection, review, "accepted" if accept else "declined", by, now)
        if accept:
            attach(connection, person, review.detail["organisation"], now, by)
            person = people.by_id(connection, person.id)
            people.move_subscription(
                connection, person, review.publication, "active", form_consent("request accepted", by), now
            )
    with i18n.speaking(workspace.settings.network.locale):
        mail.post(workspace, person.address, _decision(workspace, person, title, accept))


def _decision(workspace: Workspace, person: Person, title: str, accept: bool) -> Notice:
    network = workspace.settings.network
    if accept:
        return Notice(
            subject=_("{title} : votre demande est acceptée").format(title=title),
            heading=_("Bienvenue"),
            paragraphs=(_("Vous recevrez {title} dès son prochain numéro.").format(title=title),),
            action=(_("Voir mes choix"), workspace.links.preferences(person.uid)),
        )
    return Notice(
        subject=_("{title} : réponse à votre demande").format(title=title),
        heading=_("Votre demande n’a pas pu être acceptée"),
        paragraphs=(
            _("{title} est réservé aux contacts des collectivités adhérentes.").format(title=title),
            _("Une question ? Écrivez-nous à {email}.").format(email=network.email),
        ),
    )
