"""From a finished issue to a balanced receipt: proof, bon à tirer, departure, progress, doubtful deliveries."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from newsletter.actions.archive import link_counts
from newsletter.actions.letters import editions
from newsletter.actions.operations import doctor
from newsletter.actions.operations.doctor_lines import DoctorLine, Level
from newsletter.actions.sending import corrections, mailings, schedule, send_page, sent_letter
from newsletter.actions.workspace import Workspace
from newsletter.errors import NewsletterError, NotFound
from newsletter.web.site import Site, say, told
from newsletter.web.studio import database_labels
from newsletter.web.studio.content_labels import change_words, level_words, reason_words, state_words
from newsletter.web.studio.frames import frame
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell

_MOVING = ("approved", "sending")
_SECONDS = 300  # a stream ends by then, and the browser opens the next


def router(site: Site) -> APIRouter:
    """Return the routes of an issue's departure."""
    routes = APIRouter(prefix="/studio/numeros/{key}/envoi", include_in_schema=False)
    pages = _SendingPages(site, Shell(site))
    editor, sender = allow(site, "content"), allow(site, "send")
    # What lets a letter leave.
    signatory, dispatcher = allow(site, "content", fresh=True), allow(site, "send", fresh=True)

    @routes.get("")
    def show(key: str, visit: Visit = editor) -> Response:
        return pages.show(visit, key)

    @routes.post("/epreuve")
    def proof(key: str, visit: Visit = editor) -> Response:
        return pages.proof(visit, key)

    @routes.post("/bon-a-tirer")
    def approve(key: str, visit: Visit = editor) -> Response:
        return pages.approve(visit, key)

    @routes.post("/retirer")
    def withdraw(key: str, visit: Visit = editor) -> Response:
        done = say("Le bon à tirer est retiré : rien ne partira. Le numéro peut être corrigé.")
        return pages.do(key, done, lambda: mailings.withdraw_unscheduled(site.workspace, key, visit.by))

    @routes.get("/lettre")
    def letter(key: str, visit: Visit = editor) -> Response:
        return frame(visit.request, sent_letter.frozen_letter(site.workspace, key, site.prefix))

    @routes.get("/heure")
    def hour(key: str, visit: Visit = sender) -> Response:
        return pages.hour(visit)

    @routes.post("/second-accord")
    def confirm(key: str, visit: Visit = signatory) -> Response:
        seen = visit.text("empreinte")
        return pages.do(
            key, say("Second accord enregistré."), lambda: mailings.confirm_mailing(site.workspace, key, visit.by, seen)
        )

    @routes.post("/partir")
    def leave(key: str, visit: Visit = dispatcher) -> Response:
        return pages.leave(visit, key)

    @routes.post("/rappeler")
    def recall(key: str, visit: Visit = sender) -> Response:
        done = say("L’envoi est rappelé : rien n’est parti. Le numéro peut être corrigé.")
        return pages.do(key, done, lambda: mailings.cancel_mailing(site.workspace, key, visit.by))

    @routes.post("/pause")
    def pause(key: str, visit: Visit = sender) -> Response:
        return pages.do(
            key, say("L’envoi est en pause."), lambda: mailings.pause_mailing(site.workspace, key, visit.by)
        )

    @routes.post("/reprendre")
    def resume(key: str, visit: Visit = dispatcher) -> Response:
        return pages.do(key, say("L’envoi reprend."), lambda: mailings.resume_mailing(site.workspace, key, visit.by))

    @routes.post("/arreter")
    def stop(key: str, visit: Visit = sender) -> Response:
        done = say("L’envoi est arrêté. Ce qui était parti reste parti.")
        return pages.do(key, done, lambda: mailings.cancel_mailing(site.workspace, key, visit.by))

    @routes.post("/trancher")
    def settle(key: str, visit: Visit = dispatcher) -> Response:
        how, _colon, address = visit.text("geste").partition(":")
        if how not in ("renvoyer", "parti"):
            raise HTTPException(422)
        done = say("C’est réglé.") if how == "parti" else say("C’est noté : le message repart.")
        return pages.do(
            key,
            done,
            lambda: mailings.settle_doubtful(
                site.workspace, key, resend=how == "renvoyer", by=visit.by, address=address
            ),
        )

    @routes.post("/reessayer")
    def retry(key: str, visit: Visit = dispatcher) -> Response:
        done = say("C’est noté : l’envoi repart vers ces personnes.")
        reason = visit.text("reponse")
        return pages.do(key, done, lambda: corrections.retry_refused(site.workspace, key, visit.by, reason=reason))

    @routes.get("/etat")
    def state(key: str, _visit: Visit = editor) -> Response:
        return JSONResponse(send_page.progress(site.workspace, key))

    @routes.get("/flux")
    def stream(key: str, visit: Visit = editor) -> Response:
        send_page.progress(site.workspace, key)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        events = _events(site.workspace, key, visit.request)
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    return routes


async def _events(workspace: Workspace, key: str, request: Request) -> AsyncIterator[str]:
    """Yield the progress once a second while something moves, and once more when it has stopped."""
    for _second in range(_SECONDS):
        if await request.is_disconnected():
            return
        try:
            state = await run_in_threadpool(send_page.progress, workspace, key)
        except NotFound:
            return
        yield f"data: {json.dumps(state)}\n\n"
        if state["stage"] not in _MOVING:
            return
        await asyncio.sleep(1)


@dataclass(frozen=True, slots=True)
class _SendingPages:
    site: Site
    shell: Shell

    def show(
        self, visit: Visit, key: str, *, status: int = 200, problem: str = "", when: str = "", at_once: bool = False
    ) -> Response:
        """Show where the issue stands and what can be done now; `when` and `at_once` are what was asked for."""
        workspace = self.site.workspace
        found = send_page.send_page(workspace, key)
        return self.shell.page(
            visit,
            "sending.html",
            status=status,
            key=key,
            d=found,
            problem=problem,
            when=when,
            at_once=at_once,
            remarks=found.remarks,
            levels=level_words(),
            states=state_words(),
            reasons=reason_words(),
            users=found.users,
            moment_words=send_page.moment_words,
            change_words=change_words,
            comments=found.comments,
            titles=found.titles,
            pause=database_labels.pause,
            links=found.links,
            shares=link_counts.shares(list(found.links)),
            alarms=self._alarms() if found.stage in ("approved", "scheduled", "late") else (),
        )

    def proof(self, visit: Visit, key: str) -> Response:
        """Send the proof to everybody chosen, and say who could not be reached."""
        typed = [part for part in re.split(r"[\s,;]+", visit.text("autres")) if part]
        addresses = list(dict.fromkeys([*visit.texts("a"), *typed]))[:20]
        if not addresses:
            return self._back(key, say("Choisissez au moins une personne."), bad=True)
        failed = []
        for address in addresses:
            try:
                editions.proof(self.site.workspace, key, address, by=visit.by, may_send=visit.may("send"))
            except NewsletterError as error:
                failed.append(f"{address} ({told(error)})")
        if failed:
            return self._back(key, f"{say('L’épreuve n’est pas partie vers :')} {', '.join(failed)}", bad=True)
        return self._back(key, say("L’épreuve est partie vers {who}.").format(who=", ".join(addresses)))

    def approve(self, visit: Visit, key: str) -> Response:
        """Give the bon à tirer; one that is already to leave is replaced by those who may send only."""
        done = say("Bon à tirer donné. Il vaut pour ce texte-là, et pas pour un autre.")
        seen, may_send = visit.text("empreinte"), visit.may("send")

        def give() -> object:
            return send_page.approve_from_page(self.site.workspace, key, by=visit.by, seen=seen, may_send=may_send)

        try:
            return self.do(key, done, give)
        except PermissionError:
            raise HTTPException(403) from None

    def leave(self, visit: Visit, key: str) -> Response:
        """Let it leave at the hour that was typed or picked, or at once if that alone was chosen.

        An hour that was typed, or picked otherwise than proposed, counts whatever the radio button says. At once is
        only what the button that was pressed announced (`annonce`; without script it announces the hour).
        """
        typed, picked, proposed = (visit.text(name) for name in ("heure", "moment", "propose"))
        at_once = visit.text("quand") == "maintenant"
        when = typed or (picked if not at_once or picked != proposed else "")
        if not when and not at_once:
            return self.show(visit, key, status=422, problem=say("Écrivez le jour et l’heure du départ."))
        if not when and visit.text("annonce") == "heure":
            question = say(
                "Le numéro partira maintenant : c’est bien cela ? Appuyez encore une fois, ou choisissez l’heure."
            )
            return self.show(visit, key, status=422, problem=question, at_once=True)
        try:
            at = send_page.schedule_sending(self.site.workspace, key, when, visit.text("empreinte"), visit.by)
        except NewsletterError as error:
            return self.show(visit, key, status=422, problem=told(error), when=typed)
        words = send_page.moment_words(at)
        return self._back(key, say("C’est entendu : départ {when}.").format(when=words))

    def hour(self, visit: Visit) -> Response:
        """Tell how the typed hour is understood, for the words of the button."""
        try:
            at = schedule.parse_moment(visit.query("texte"), schedule.clock(self.site.workspace))
        except NewsletterError as error:
            return JSONResponse({"problem": told(error)})
        return JSONResponse({"words": send_page.moment_words(at), "value": f"{at:%Y-%m-%dT%H:%M}"})

    def _alarms(self) -> Sequence[DoctorLine]:
        """Return what the examination finds wrong without asking the network: the letter would not leave well."""
        lines = doctor.examine_settings(self.site.workspace)
        return [line for line in lines if line.level is Level.RED]

    def do(self, key: str, done: str, act: Callable[[], object]) -> Response:
        """Do one thing to the mailing and come back; what is refused is said there."""
        try:
            act()
        except NewsletterError as error:
            return self._back(key, f"{say('Ce n’était plus possible :')} {told(error)}", bad=True)
        return self._back(key, done)

    def _back(self, key: str, sentence: str, *, bad: bool = False) -> Response:
        return self.shell.back(f"/studio/numeros/{key}/envoi", sentence, bad=bad)
