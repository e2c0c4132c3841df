"""`newsletter doctor`: is everything in place for letters to leave, arrive and come back?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from functools import cache, partial

import dns.resolver

from newsletter.actions import fetch
from newsletter.actions.operations import doctor_dmarc, doctor_dns, doctor_local
from newsletter.actions.operations.doctor_dns import Dns
from newsletter.actions.operations.doctor_letters import due_letters
from newsletter.actions.operations.doctor_lines import DoctorLine, Level, Unanswered, bad, doubt, good, unchecked
from newsletter.actions.operations.doctor_mailboxes import name_who_asks
from newsletter.actions.operations.doctor_memory import policy_since
from newsletter.actions.workspace import Workspace
from newsletter.errors import ExchangeError
from newsletter.i18n import _

Check = Callable[[], DoctorLine]
SECONDS = 15.0
# What keeps letters from being sent at all, even into files.
_ALWAYS_GRAVE = ("secret", "database", "clock", "provider")


def examine(
    workspace: Workspace,
    *,
    resolver: dns.resolver.Resolver | None = None,
    reach: Callable[[str], int] = fetch.status,
    offline: bool = False,
    seconds: float = SECONDS,
) -> list[DoctorLine]:
    """Return one line per check, always the same ones in the same order, after about `seconds` at most.

    Without the network (or `offline`) the lines that need it are amber, "not checked". While the provider is `outbox`
    nothing leaves, so what would be red for a real sending is amber.
    """
    return _weighed(
        workspace, [*_local(workspace), *_network(workspace, resolver, reach, offline=offline, seconds=seconds)]
    )


def examine_settings(workspace: Workspace) -> list[DoctorLine]:
    """Return the lines that need no network: quick enough for every look at a page."""
    return _weighed(workspace, _local(workspace))


def _weighed(workspace: Workspace, found: list[DoctorLine]) -> list[DoctorLine]:
    """Make amber what would be red for a real sending only, while nothing leaves; add whether a letter is due."""
    if workspace.settings.sending.provider == "outbox":
        found = [
            replace(line, level=Level.AMBER) if line.level is Level.RED and line.code not in _ALWAYS_GRAVE else line
            for line in found
        ]
    return [*found, due_letters(workspace, found)]


def _local(workspace: Workspace) -> list[DoctorLine]:
    checks = (
        doctor_local.base_url,
        doctor_local.one_click,
        doctor_local.provider,
        doctor_local.quota,
        doctor_local.operators,
        doctor_local.way_back,
        doctor_local.alignment,
    )
    return [doctor_local.secret(workspace), *doctor_local.database(workspace), *(check(workspace) for check in checks)]


def _network(
    workspace: Workspace,
    resolver: dns.resolver.Resolver | None,
    reach: Callable[[str], int],
    *,
    offline: bool,
    seconds: float,
) -> list[DoctorLine]:
    sending = workspace.settings.sending
    domain = doctor_local.sender(workspace).domain
    envelope = sending.return_path.rpartition("@")[2] if sending.provider == "smtp" else ""
    selector = sending.options.get("dkim_selector", "")

    def ask(question: Callable[[Dns], DoctorLine]) -> Check:
        return lambda: question(names())

    @cache
    def names() -> Dns:
        try:
            return Dns(resolver or dns.resolver.Resolver(), deadline)
        except dns.resolver.NoResolverConfiguration:
            raise Unanswered from None

    deadline = time.monotonic() + seconds
    checks: list[tuple[str, Check]] = [
        ("spf", ask(lambda dns_: doctor_dns.spf(dns_, envelope or domain))),
        ("dkim", ask(lambda dns_: doctor_dns.dkim(dns_, domain, selector))),
        ("dmarc", ask(lambda dns_: doctor_dmarc.dmarc(dns_, domain, partial(policy_since, workspace, domain)))),
        ("bimi", ask(lambda dns_: doctor_dmarc.bimi(dns_, domain))),
        ("mx", ask(lambda dns_: doctor_dns.mx(dns_, domain))),
        ("images", lambda: images(workspace, reach)),
    ]
    if sending.provider == "smtp":
        checks.append(("ptr", ask(lambda dns_: doctor_dns.ptr(dns_, sending.smtp.host))))
    if offline:
        return [unchecked(code) for code, _check in checks]
    return _together(checks)


def _together(checks: Sequence[tuple[str, Check]]) -> list[DoctorLine]:
    with ThreadPoolExecutor(len(checks)) as pool:
        # A thread starts without the language of the one that started it.
        running = [(code, pool.submit(copy_context().run, check)) for code, check in checks]
        return [_answer(code, future) for code, future in running]


def _answer(code: str, future: Future[DoctorLine]) -> DoctorLine:
    try:
        return name_who_asks(future.result())
    except Unanswered:
        return unchecked(code)


def images(workspace: Workspace, reach: Callable[[str], int]) -> DoctorLine:
    """Fetch one published picture as a reader's mail program does."""
    name = next(workspace.media.names(), "")
    if not name:
        text = _("Images : aucune n’est encore publiée.")
        return doubt("images", text, _("Préparez un numéro, puis relancez `newsletter doctor`."))
    url = f"{workspace.settings.web.base_url}/images/{name}"
    step = _("Lancez `newsletter serve` derrière cette adresse et ouvrez-la à tous.")
    try:
        status = reach(url)
    except ExchangeError:
        return doubt("images", _("Images : {url} n’a pas pu être vérifiée d’ici.").format(url=url), step)
    if status != 200:
        return bad("images", _("Images : {url} répond {status}.").format(url=url, status=status), step)
    return good("images", _("Images : visibles depuis Internet."))


def worst(lines: Sequence[DoctorLine]) -> Level:
    """Return the worst level among `lines`."""
    return max((line.level for line in lines), key=list(Level).index, default=Level.GREEN)
