"""Checks that need no network: secret, database, clock, addresses, provider, limits, and returns."""

from __future__ import annotations

import math
from urllib.parse import urlsplit

from newsletter import addresses
from newsletter.actions.operations.doctor_dns import same_organisation
from newsletter.actions.operations.doctor_lines import DoctorLine, bad, doubt, good
from newsletter.actions.workspace import Workspace
from newsletter.errors import MessageError, ProviderError, StoreError, TokenError
from newsletter.i18n import _
from newsletter.providers import verp, webhook_reader
from newsletter.store.engine import probe
from newsletter.store.engine.sqlite_library import library_fault
from newsletter.store.reports import counts

_LONG_ENOUGH, _VARIED_ENOUGH = 32, 10
_SKEW, _FAR = 5.0, 300.0
_LONGEST_LINK = 900
_HOURS = 10
_SCALEWAY_MONTH = 10_000
_ORANGE_CONNECTIONS, _ORANGE_MESSAGES = 2, 100
_NO_REPLY = ("noreply", "no-reply", "nepasrepondre", "ne-pas-repondre", "donotreply", "do-not-reply")


def sender(workspace: Workspace) -> addresses.Address:
    """Return the address letters come from."""
    return addresses.parse_mailbox(workspace.settings.sending.from_)[1]


def secret(workspace: Workspace) -> DoctorLine:
    """Check the strength of NEWSLETTER_SECRET."""
    step = _("Mettez dans NEWSLETTER_SECRET le résultat de « openssl rand -hex 32 ».")
    try:
        keys = workspace.signer.keys
    except TokenError:
        return bad("secret", _("Le secret de signature manque ou est trop court."), step)
    if any(len(key) < _LONG_ENOUGH or len(set(key)) < _VARIED_ENOUGH for key in keys):
        text = _("Le secret de signature est facile à deviner.")
        return doubt("secret", text, step + " " + _("Gardez l’ancien à sa suite : les anciens liens restent valables."))
    return good("secret", _("Secret de signature : assez long."))


def database(workspace: Workspace) -> list[DoctorLine]:
    """Try to write to the database, and compare the clocks."""
    try:
        probe.try_write(workspace.database)
        theirs, newest = probe.clocks(workspace.database)
    except StoreError as error:
        text = _("La base de données ne répond pas (« {why} »).").format(
            why=error.what.partition(": ")[2] or error.what
        )
        return [bad("database", text, _("Vérifiez [database] url, les droits et la place sur le disque."))]
    kind = "SQLite" if workspace.database.sqlite else "PostgreSQL"
    return [
        good("database", _("Base de données {kind} : à jour et accessible en écriture.").format(kind=kind)),
        *(_sqlite(workspace) if workspace.database.sqlite else ()),
        _clock(theirs - workspace.clock(), newest - theirs),
    ]


def _sqlite(workspace: Workspace) -> list[DoctorLine]:
    """Look at what a power cut would cost, and at the SQLite library."""
    if workspace.settings.database.durable:
        lines = [good("durable", _("Coupure de courant : ce qui est parti est d’abord écrit sur le disque."))]
    else:
        text = _("Après une coupure de courant, la lettre partirait une seconde fois vers les personnes déjà servies.")
        lines = [doubt("durable", text, _("Retirez « durable = false » de [database] : cela ne coûte rien."))]
    if version := library_fault():
        text = _("SQLite {version} a un défaut connu (« WAL-reset ») qui peut abîmer la base.").format(version=version)
        step = _("Installez l’extra « sqlite » (pip install 'lettre-reseau[sqlite]'), ou SQLite 3.51.3 ou plus récent.")
        lines.append(doubt("sqlite", text, step))
    return lines


def _clock(skew: float, ahead: float) -> DoctorLine:
    step = _("Réglez l’heure de cette machine et de celle de la base (NTP).")
    if abs(skew) > _FAR or ahead > _FAR:
        return bad("clock", _("L’horloge est fausse de plus de cinq minutes."), step)
    if abs(skew) > _SKEW:
        text = _("L’horloge et celle de la base diffèrent de {seconds} secondes.").format(seconds=round(abs(skew)))
        return doubt("clock", text, step)
    return good("clock", _("Horloge : en ordre."))


def base_url(workspace: Workspace) -> DoctorLine:
    """Check the public address to which the links of letters lead."""
    url = urlsplit(workspace.settings.web.base_url)
    shown = workspace.settings.web.base_url
    if url.scheme != "https" or url.hostname in ("localhost", "127.0.0.1", "::1"):
        text = _("Les liens des lettres mènent à {url}, qui n’est pas une adresse publique en https.").format(url=shown)
        return bad("base-url", text, _("Donnez à [web] base_url l’adresse publique du service, en https."))
    return good("base-url", _("Adresse publique : {url}.").format(url=shown))


def one_click(workspace: Workspace) -> DoctorLine:
    """Check the one-click unsubscription link that every letter carries (RFC 8058)."""
    step = _("Donnez à [web] base_url une adresse https courte, et à NEWSLETTER_SECRET un long secret.")
    try:
        longest = max(workspace.settings.publications, key=len)
        link = workspace.links.unsubscribe(bytes(16), longest)
    except TokenError:
        return bad("one-click", _("Désabonnement en un clic : les liens ne peuvent pas être signés."), step)
    if not link.startswith("https://") or len(link) > _LONGEST_LINK:
        return bad("one-click", _("Désabonnement en un clic : le lien n’est pas en https, ou trop long."), step)
    return good("one-click", _("Désabonnement en un clic : List-Unsubscribe et List-Unsubscribe-Post en ordre."))


def provider(workspace: Workspace) -> DoctorLine:
    """Check whether the provider can be used at all."""
    name = workspace.settings.sending.provider
    try:
        workspace.provider()
    except ProviderError as error:
        text = _("Le fournisseur d’envoi {name} n’est pas prêt.").format(name=name)
        return bad("provider", text, _("Complétez ou corrigez {where}.").format(where=error.where or "[sending]"))
    if name == "outbox":
        text = _("Rien ne part : les lettres sont déposées dans des fichiers (outbox).")
        return doubt("provider", text, _("Choisissez un fournisseur dans [sending] provider avant un envoi réel."))
    return good("provider", _("Fournisseur d’envoi : {name}, configuré.").format(name=name))


def quota(workspace: Workspace) -> DoctorLine:
    """Compare the limits of sending with the largest audience."""
    sending = workspace.settings.sending
    try:
        with workspace.database.read() as connection:
            sizes = counts.by_publication(connection, workspace.database.now(connection))
    except StoreError:
        return doubt("quota", _("Quota : le nombre d’abonné·es n’est pas connu."), _("Réparez d’abord la base."))
    largest = max(sizes.values(), default=0)
    if sending.daily and sending.daily < largest:
        days = math.ceil(largest / sending.daily)
        text = _("{n} abonné·es pour {daily} messages par jour : un envoi dure {days} jours.")
        step = _("Augmentez [sending] daily et le quota du fournisseur, ou prévoyez ce délai.")
        return doubt("quota", text.format(n=largest, daily=sending.daily, days=days), step)
    if sending.rate and largest / sending.rate > _HOURS * 3600:
        text = _("À {rate} message(s) par seconde, {n} lettres partent en plus de {hours} heures.")
        step = _("Augmentez [sending] rate si le fournisseur le permet.")
        return doubt("quota", text.format(rate=sending.rate, n=largest, hours=_HOURS), step)
    if sending.provider == "scaleway" and sum(sizes.values()) > _SCALEWAY_MONTH / 2:
        text = _("Scaleway limite à {n} messages par mois, sauf demande.").format(n=_SCALEWAY_MONTH)
        return doubt("quota", text, _("Demandez un quota plus grand avant le premier envoi."))
    return good("quota", _("Quota : suffisant pour {n} abonné·es.").format(n=largest))


def operators(workspace: Workspace) -> DoctorLine:
    """Compare the settings with the rules of Orange and La Poste."""
    local = sender(workspace).local.lower()
    if any(word in local for word in _NO_REPLY):
        text = _("L’expéditeur {local}@ refuse les réponses : La Poste le rejette.").format(local=local)
        return doubt("operators", text, _("Écrivez depuis une adresse qui est lue, dans [sending] from."))
    sending = workspace.settings.sending
    if sending.provider == "outbox":
        return good("operators", _("Orange et La Poste : sans objet tant que rien ne part."))
    if sending.provider != "smtp":
        return good("operators", _("Orange et La Poste : le fournisseur règle ses connexions."))
    slow = all(
        name in sending.caps and sending.caps[name].connections <= _ORANGE_CONNECTIONS for name in ("orange", "laposte")
    )
    if not slow or sending.smtp.messages_per_connection > _ORANGE_MESSAGES:
        text = _("Orange et La Poste n’acceptent que 2 connexions de 100 messages.")
        step = _("Réglez [sending.caps] orange et laposte à 2, et messages_per_connection à 100.")
        return bad("operators", text, step)
    return good("operators", _("Orange et La Poste : 2 connexions au plus, 100 messages chacune."))


def way_back(workspace: Workspace) -> DoctorLine:
    """Check whether bounces and complaints can come back: by webhook, or by mail."""
    settings = workspace.settings
    name = settings.sending.provider
    if webhook_reader(name):
        variable = f"NEWSLETTER_{name.upper()}_WEBHOOK_SECRET"
        secret = settings.secret(f"{name}_webhook_secret")
        url = f"{settings.web.base_url}/hooks/{name}"
        if len(secret) < _LONG_ENOUGH // 2:
            text = _("Les rejets et les plaintes ne reviennent pas : {variable} manque ou est trop court.")
            step = _("Choisissez un long secret, puis déclarez {url} chez le fournisseur.").format(url=url)
            return doubt("way-back", text.format(variable=variable), step)
        return good("way-back", _("Retours : {url} est ouvert.").format(url=url))
    if name == "outbox":
        return good("way-back", _("Retours : rien ne part, rien ne revient."))
    if not settings.sending.return_path or not settings.bounces.imap_host or not settings.secret("imap_password"):
        text = _("Les rejets ne sont pas relevés.")
        step = _("Réglez [sending] return_path, [bounces] imap_host et imap_user, et NEWSLETTER_IMAP_PASSWORD.")
        return doubt("way-back", text, step)
    return good("way-back", _("Retours : relevés dans la boîte de {host}.").format(host=settings.bounces.imap_host))


def alignment(workspace: Workspace) -> DoctorLine:
    """Check whether the return path belongs to the sender's domain, and can carry a signature."""
    ours, base = sender(workspace).domain, workspace.settings.sending.return_path
    if workspace.settings.sending.provider == "outbox":
        return good("alignment", _("Alignement : sans objet tant que rien ne part."))
    if workspace.settings.sending.provider != "smtp":
        text = _("Alignement : il repose sur DKIM, que le fournisseur doit signer au nom de {domain}.")
        return good("alignment", text.format(domain=ours))
    if not base:
        text = _("Sans adresse de retour, les rejets ne nomment pas leur lettre.")
        return doubt(
            "alignment", text, _("Donnez à [sending] return_path une adresse comme retours@{d}.").format(d=ours)
        )
    try:
        verp.return_path(workspace.signer, base, 1, 1)
    except (MessageError, TokenError):
        text = _("L’adresse de retour {base} ne peut pas être signée.").format(base=base)
        return bad("alignment", text, _("Choisissez une adresse courte, comme retours@{d}.").format(d=ours))
    if not same_organisation(ours, base.rpartition("@")[2]):
        text = _("L’adresse de retour {base} n’est pas du domaine {domain} : SPF ne compte pas pour DMARC.")
        step = _("Prenez une adresse de retour sous {domain}.").format(domain=ours)
        return doubt("alignment", text.format(base=base, domain=ours), step)
    return good("alignment", _("Alignement : expéditeur et adresse de retour sont du même domaine."))
