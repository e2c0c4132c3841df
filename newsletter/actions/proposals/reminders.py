"""Two mails that the settings can switch on: a call for proposals before an issue, and a note to those named in one.

Recurring work: each person gets each of them once, however often the functions are called.
"""

from __future__ import annotations

from datetime import timedelta

from newsletter.actions import mail
from newsletter.actions.issues.files import history
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound
from newsletter.french import date_words
from newsletter.i18n import _
from newsletter.model import Issue
from newsletter.rendering.notice import Notice
from newsletter.store import journal, proposals
from newsletter.store.journal import Event
from newsletter.store.people import organisations
from newsletter.store.proposals import Contact
from newsletter.store.sending import mailings

RECENT = 7 * 86_400  # a letter older than that is no news to those named in it


def remind_contacts(workspace: Workspace) -> int:
    """Ask the contacts of current members for proposals, `members.reminder_days` before an issue; return how many."""
    days, sent = workspace.settings.members.reminder_days, 0
    if not days:
        return 0
    today = workspace.today()
    near = [i for i in history(workspace) if today < i.date <= today + timedelta(days=days) and _open(workspace, i)]
    for issue in near:
        for person in _contacts(workspace):
            if _once(workspace, f"reminder:{issue.key}:{person.id}", person):
                sent += mail.post(workspace, person.address, _reminder(workspace, issue, person))
    return sent


def tell_featured(workspace: Workspace) -> int:
    """Write to the contacts of members named in a letter that has just been sent, if the settings say so."""
    if not workspace.settings.members.tell_featured:
        return 0
    sent, since = 0, workspace.clock() - RECENT
    with workspace.database.read() as connection:
        done = [m for m in mailings.list_mailings(connection, status=("done",)) if (m.ended_at or 0) >= since]
    for mailing in done:
        public = workspace.settings.publication(mailing.publication).archive == "public"
        named = {o: slug for slug, item in mailing.record["items"].items() for o in item["organisations"]}
        for name, slug in named.items() if public else ():
            for person in _contacts(workspace, name):
                if _once(workspace, f"featured:{mailing.id}:{person.id}", person):
                    sent += mail.post(workspace, person.address, _featured(workspace, mailing, name, slug, person))
    return sent


def _open(workspace: Workspace, issue: Issue) -> bool:
    """Tell whether an issue of a letter that all read has not been approved yet."""
    with workspace.database.read() as connection:
        mailing = mailings.of_issue(connection, issue.key)
    public = workspace.settings.publication(issue.publication).archive == "public"
    return public and (mailing is None or mailing.status == "cancelled")


def _contacts(workspace: Workspace, name: str = "") -> list[Contact]:
    """Return the people of current members (or of the one called `name`) who receive what is for members."""
    setting = next((p for p in workspace.settings.publications.values() if p.audience == "members"), None)
    if setting is None:
        return []
    with workspace.database.read() as connection:
        try:
            only = organisations.find_organisation(connection, name).id if name else None
        except NotFound:
            return []
        return proposals.contacts(connection, workspace.rule(setting), workspace.today(), only)


def _once(workspace: Workspace, key: str, person: Contact) -> bool:
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        return journal.record_event(connection, Event(now, "notice-sent", subscriber_id=person.id, key=key))


def _reminder(workspace: Workspace, issue: Issue, person: Contact) -> Notice:
    title = workspace.settings.publication(issue.publication).title
    words = _("« {title} » paraît le {date}. Un projet, un événement, un retour d’expérience à y faire connaître ?")
    return Notice(
        subject=_("Une initiative à partager dans « {title} » ?").format(title=title),
        heading=_("Une initiative à partager ?"),
        paragraphs=(words.format(title=title, date=date_words(issue.date)),),
        action=(_("Proposer un article"), workspace.links.proposal(person.uid)),
        small=(_("Vous recevez ce message en tant que contact d’une collectivité adhérente."),),
        choices=workspace.links.preferences(person.uid),
    )


def _featured(workspace: Workspace, mailing: mailings.Mailing, name: str, slug: str, person: Contact) -> Notice:
    words = _("{name} est dans « {subject} ». Faites-le savoir autour de vous.")
    return Notice(
        subject=_("Votre territoire est dans la lettre"),
        heading=_("Votre territoire est dans la lettre"),
        paragraphs=(words.format(name=name, subject=mailing.subject),),
        action=(_("Lire l’article"), f"{workspace.links.web_version(mailing.issue)}#{slug}"),
        small=(_("Vous recevez ce message en tant que contact d’une collectivité adhérente."),),
        choices=workspace.links.preferences(person.uid),
    )
