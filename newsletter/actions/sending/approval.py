"""The approval ("bon à tirer"): a letter frozen with everybody it goes to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from newsletter import paris
from newsletter.actions import published_pictures
from newsletter.actions.archive import letter_page
from newsletter.actions.archive import link_counts as archive_link_counts
from newsletter.actions.letters.editions import Edition, edition
from newsletter.actions.sending import deliveries, schedule
from newsletter.actions.sending.changes import prints_of, texts_of
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.i18n import Sentence, _
from newsletter.store import journal
from newsletter.store.archive import letter_pages, link_counts
from newsletter.store.journal import Event
from newsletter.store.people.entitlement import Rule
from newsletter.store.sending import candidates, mailings
from newsletter.store.sending.mailings import Mailing


def approve_issue(
    workspace: Workspace,
    key: str,
    *,
    by: str,
    at: datetime | None = None,
    now: bool = False,
    seen: str = "",
    over: int | None = None,
) -> Mailing:
    """Freeze issue `key` for sending: content, hash and candidates in one transaction.

    A very large audience takes several (`candidates.SLICE`): until the last the mailing is `loading`, nothing of it can
    leave, and an approval that was broken off is simply given again.
    It leaves at `at`, or after the recall window, or at once with `now` (as it does into the outbox, where nothing
    leaves). A mailing approved earlier that has not begun is replaced; with `over`, only the one with this id: another,
    approved by somebody else meanwhile, stands. Raises Refused then, and while the proof-reader finds
    errors, when nobody would receive it, when the issue was sent already, or when the files say something else than the
    content hash `seen`.
    """
    made = edition(workspace, key)
    if seen and seen != made.content_hash:
        raise Refused(_("Le bon à tirer n’est plus celui que vous avez vu. Relisez la page."), hint="look again")
    if made.errors:
        first = made.errors[0]
        more = f" (and {len(made.errors) - 1} more)" if len(made.errors) > 1 else ""
        raise Refused(
            f"{first.message}{more}",
            where=first.where,
            hint=f"see `newsletter issues check {key}`",
            said=Sentence("{first} Voyez toutes les remarques du numéro.", first=first.message)
            if more
            else first.message,
        )
    page, counted = letter_page.make(workspace, made), archive_link_counts.links(workspace, made)
    sending, after = workspace.settings.sending, 0
    frozen = archive_link_counts.frozen(workspace, made, counted)
    caps = {name: cap.domains for name, cap in sending.caps.items()}
    rule = workspace.rule(made.publication, made.composed.audience)

    def load(connection: Connection) -> int | None:
        """Write the next candidates; with the last of them the mailing is approved."""
        rest = mailings.load_mailing(
            connection, mailing, made.plan.shares, caps, paris.day(moment), moment, after=after, slice_=candidates.SLICE
        )
        if rest is None:
            mailings.change_mailing(connection, mailing.id, "approved", only=("loading",))
            journal.record_event(
                connection,
                Event(
                    moment,
                    "mailing-approved",
                    mailing_id=mailing.id,
                    actor=by,
                    publication=mailing.publication,
                    detail={"content": made.content_hash},
                ),
            )
            if at:
                schedule.record(connection, mailing.id, at, moment, by)
        return rest

    # In turn with who takes unused pictures away: they are still there when their names are frozen.
    with workspace.database.turn() as connection:
        for picture in made.pictures.values():
            published_pictures.required(workspace.media, picture.url.rpartition("/")[2])
        moment = workspace.database.now(connection)
        _require_recipients(connection, key, rule, made.plan.left_out, moment)
        earlier = mailings.of_issue(connection, key)
        # Held, then looked at: on PostgreSQL it may have begun to leave in this very moment.
        if earlier and mailings.status(connection, earlier.id, hold=True) in ("approved", "loading"):
            if over is not None and earlier.id != over:
                raise Refused(
                    f"another command has approved `{key}` at this moment, and delivers it",
                    hint=f"see `newsletter mailings show {key}`",
                    said=Sentence("Quelqu’un d’autre vient de donner le bon à tirer, et l’envoi est à lui."),
                )
            withdraw_approval(connection, earlier, moment, by, "approved again")
        else:
            earlier = None
        recall = 0.0 if now or sending.provider == "outbox" else sending.recall_minutes * 60
        mailing = mailings.freeze(
            connection,
            issue=key,
            subject=made.composed.subject,
            content_hash=made.content_hash,
            rule=rule,
            record=_record(made),
            frozen=frozen,
            approved_by=by,
            now=moment,
            not_before=at.timestamp() if at else moment + recall,
        )
        link_counts.save_links(connection, mailing.id, counted)
        letter_pages.save_page(connection, mailing.id, letter_page.freeze(page), letter_page.words(page))
        rest = load(connection)
    while rest is not None:
        after = rest
        with workspace.database.write() as connection:
            if mailings.status(connection, mailing.id, hold=True) != "loading":
                raise Refused(
                    f"the approval of `{key}` was replaced or called back meanwhile",
                    hint="see `newsletter mailings show`",
                    said=Sentence(
                        "Le bon à tirer a été remplacé ou rappelé entre-temps. Rechargez la page pour voir où en "
                        "est le numéro."
                    ),
                )
            rest = load(connection)
    if earlier:
        deliveries.finish_mailing(workspace, earlier.id)
    with workspace.database.read() as connection:
        return mailings.get_mailing(connection, mailing.id)


def _require_recipients(connection: Connection, key: str, rule: Rule, left_out: int, now: float) -> None:
    """Raise Refused when nobody would receive the issue `key` today; `left_out` have no item in it."""
    if candidates.count_candidates(connection, rule, paris.day(now)).get("", 0) > left_out:
        return
    raise Refused(
        f"nobody would receive `{key}`",
        hint="see the audience of its publication: `newsletter count --by publication`",
        said=Sentence(
            "Personne ne recevrait ce numéro : cette publication n’a pas d’abonné·e à qui écrire aujourd’hui. "
            "Ajoutez ou importez des personnes d’abord."
        ),
    )


def _record(made: Edition) -> dict[str, object]:
    """Return what is kept of the content: for the yearly report, and to tell later what has changed since."""
    composed = made.composed
    sections = [
        {"tag": s.tag, "title": s.title, "articles": [i.article.slug for i in s.items]} for s in composed.sections
    ]
    items = {
        i.article.slug: {
            "tags": list(i.article.tags),
            "organisations": list(i.article.organisations),
            "speakers": len(i.article.speakers),
            "speaker_organisations": [speaker.organisation for speaker in i.article.speakers],
        }
        for i in composed.items
    }
    lead = composed.lead.article.slug if composed.lead else ""
    return {
        "number": composed.number,
        "date": composed.date.isoformat(),
        "lead": lead,
        "sections": sections,
        "items": items,
        "texts": texts_of(composed),
        "prints": prints_of(composed),
    }


def withdraw_approval(connection: Connection, mailing: Mailing, now: float, by: str, why: str) -> None:
    """Cancel a mailing in the caller's transaction: nothing more leaves; `finish` cancels what is left of it."""
    mailings.change_mailing(connection, mailing.id, "cancelled", only=mailings.LIVE, ended_at=now)
    journal.record_event(
        connection, Event(now, "mailing-cancelled", mailing_id=mailing.id, actor=by, detail={"why": why})
    )
