"""The columns by which other tools say that a person may, or must not, be written to: one table with its sources.

A header is folded (`fold`: no accents, no capitals, letters and digits only). What the table does not name is judged
by the words of the header (`sense_of`), and what that leaves open by the values of the column (module `reading`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from newsletter.exchange.columns import SUBSCRIBERS
from newsletter.exchange.consent_words import Standing
from newsletter.exchange.values import fold

Sense = Literal["status", "stop", "consent", "confirmed", "lists", "count", "text", "name", "none"]
"""How the cells of a column speak of writing to a person.

status: a word for the state (subscribed, désabonné, bounced). stop: a yes, a date or any text says no. consent: a no
says no. confirmed: a no says that the person has not confirmed. lists: names of lists, or yes/no. count: a number of
bounces. text: free words that may mention leaving. name: a name or a number, which hardly ever does. none: never.
"""


class ColumnSense(NamedTuple):
    """What a column says: how to read it, what a yes in a `stop` column means, and how sure its header makes us.

    `known`: the table of tools names this header. Otherwise the header's words or the values were judged. `weak`: the
    header alone proves nothing, its values must speak too.
    """

    sense: Sense
    standing: Standing = "left"
    known: bool = False
    weak: bool = False
    tool: str = ""


class Tool(NamedTuple):
    """The columns of one tool's exports: headers by sense, and where they are documented."""

    name: str
    source: str
    columns: Mapping[str, str]


_PUBLIC = "the tool's public source or documentation"
_SEEN = "exports as users show them in forums and issues; not documented by the tool"

# Keys: a sense, or `stop:bounced`, `stop:complained`, `stop:unclear`, `stop:pending` for what a yes means there.
TOOLS: tuple[Tool, ...] = (
    Tool("Brevo", "developers.brevo.com/reference/request-contact-export", {
        "consent": "email marketing, abonnement e mail, email subscription, e mail subscription",
        "stop": "blacklisted, email blacklisted, emailblacklisted, blocklisted, email blocklisted, unsubscribed time",
        "none": "blacklisted sms, sms blacklisted, smsblacklisted, sms marketing, whatsapp blacklisted, "
                "whatsapp marketing, abonnement sms, added time, modified time",
        "consent ": "double opt in, opt in, optin",
    }),
    Tool("Mailchimp", "mailchimp.com/help/view-export-contacts", {
        "stop": "unsub time, unsub campaign title, unsub campaign id, unsub reason, unsub reason other",
        "stop:bounced": "clean time, clean campaign title, clean campaign id",
        "none": "member rating, optin ip, confirm ip, leid, euid, gmtoff, dstoff, timezone, cc, region, last changed",
        "consent": "email marketing status, marketing permissions",
        "text": "tags, notes",
    }),
    Tool("Mailjet", "dev.mailjet.com/email/reference/contacts", {
        "stop": "isexcludedfromcampaigns, is excluded from campaigns, isunsubscribed, is unsubscribed, unsubscribedat, "
                "unsubscribed at, isunsub, exclu des campagnes, exclusion des campagnes, exclude from campaigns",
        "stop:complained": "isspamcomplaining, is spam complaining",
        "stop:pending": "isoptinpending, is optin pending, is opt in pending",
        "consent": "isactive, is active",
    }),
    Tool("listmonk", "github.com/knadh/listmonk", {"status": "subscription status", "none": "uuid, attributes, attribs"}),
    Tool("Keila", "github.com/pentacent/keila", {"none": "data, external id"}),
    Tool("Ghost", "ghost.org/docs/members/export", {
        "consent": "subscribed to emails",
        "stop": "email disabled, deleted at",
        "none": "complimentary plan, stripe customer id, tiers, subscribed at",
        "text": "labels, note",
    }),
    Tool("Buttondown", "docs.buttondown.com/api-subscribers-type", {
        "stop": "unsubscription date, unsubscription reason, churn date",
        "stop:bounced": "undeliverability date, undeliverability reason",
    }),
    Tool("Substack", _SEEN, {
        "stop": "email disabled, unsubscribed at",
        "none": "active subscription, expiry, plan, first payment at, emails enabled count",
        "consent": "emails enabled",
    }),
    Tool("Kit (ConvertKit), Beehiiv, Revue, MailerLite, AWeber, GetResponse", "their help centres on exporting", {
        "status": "state, subscriber state, stop status",
        "stop": "cancelled at, canceled at, unsubscribed on, stop time, unsubscribe date, unsubscribe reason, "
                "removed at, blocked at, unsubscribed method",
        "consent": "is subscribed, verified",
        "none": "opted in, subscribe date, subscribed via, acquisition source, engagement, score",
    }),
    Tool("Sympa", "sympa.community: member.dump and the review's CSV", {
        "status": "reception",
        "stop:bounced": "bounce, bounce address",
        "stop": "suspend, suspended, suspendre, abonnement suspendu",
        "count": "bounce score, score de rebond",
        "none": "visibility, visibilite, included, inclus, number messages, inclusion, topics",
        "consent": "subscribed, inscrit",
    }),
    Tool("Mailman 2 and 3", "docs.mailman3.org, list_members(1)", {
        "status": "delivery status, delivery mode",
        "stop": "nomail, nomail reason, no mail",
        "none": "digest, plain, hide, mod, ack, not metoo, nodupes, moderation action, subscription mode, role, "
                "list id, preferred language",
    }),
    Tool("phpList", "github.com/phpList/phplist3 public_html/lists/admin/export.php", {
        "confirmed": "confirmed, is this subscriber confirmed, cet abonne est il confirme",
        "stop": "blacklisted, is this subscriber blacklisted, disabled, is this account disabled, "
                "cet abonne est il sur liste noire, ce compte est il desactive, excluded",
        "count": "bouncecount, number of bounces, bounces, bounce count, nombre de rebonds",
        "none": "optedin, uniqid, htmlemail, send this subscriber html emails, rssfrequency, foreignkey, subscribepage",
    }),
    Tool("MailPoet", "github.com/mailpoet/mailpoet lib/Subscribers/ImportExport", {
        "status": "list status, global status, statut de la liste, statut global, statut liste",
        "none": "subscribed ip, confirmed ip, ip d inscription, subscribed at, ip abonne",
        "lists": "list name, segment name, nom de la liste, listes, lists, list",
    }),
    Tool("AcyMailing", "docs.acymailing.com: import and export of users", {
        "consent": "active, actif, enabled, accept",
        "confirmed": "confirmed, confirme, confirmee",
        "lists": "subscription, listids, listname, listsub, abonnements",
        "stop": "unsubscribe date, date de desinscription, unsubdate",
        "none": "html, cms id, userid",
    }),
    Tool("CiviCRM", "docs.civicrm.org: communication preferences", {
        "stop": "do not email, donotemail, is opt out, no bulk emails user opt out, no bulk emails, "
                "ne pas envoyer de courriel, pas d envoi en nombre choix de l utilisateur, pas d envoi en nombre, "
                "pas de courriels en masse, pas d envoi groupe, opt out d e mails en masse, ne pas envoyer d e mail, "
                "is deleted, contact is in trash",
        "stop:unclear": "do not mail, ne pas envoyer de courrier, is deceased, deceased, decede",
        "stop:bounced": "on hold, email on hold, en attente d envoi, courriel suspendu, hold date",
        "none": "do not phone, do not sms, do not trade, ne pas telephoner, ne pas envoyer de sms, is bulkmail, "
                "preferred communication method, bulk mailings, privacy, reset date",
    }),
    Tool("Mautic", "docs.mautic.org: Do Not Contact", {
        "stop": "dnc, donotcontact, do not contact, dnc email, dnc reason, donotcontact email, ne pas contacter",
        "stop:bounced": "bounced",
        "none": "points, stage, last active, date identified, is published",
    }),
    Tool("HubSpot", "knowledge.hubspot.com: default contact properties", {
        "stop": "unsubscribed from all email, hs email optout, opted out of all email, portal unsubscribe, "
                "desabonne de tous les e mails, desinscrit de tous les e mails, marketing information, "
                "ineligible for marketing email, quarantined, email quarantined, hs email quarantined, "
                "currently ineligible for email, hs emailconfirmationstatus reason",
        "stop:bounced": "email hard bounce reason, hs email hard bounce reason, hs email hard bounce reason enum, "
                        "hs email bad address, invalid email address, portal bounce, global bounce, "
                        "motif de rebond definitif, motif du rebond definitif de l e mail",
        "stop:complained": "portal spam report, spam report, hs email spam report",
        "status": "marketing contact status, statut de contact marketing, email confirmation status, "
                  "hs emailconfirmationstatus, marketing email confirmation status",
        "count": "hs email bounce, marketing emails bounced, e mails marketing rebondis",
        "none": "lifecycle stage, lead status, hs lead status, hs marketable reason type, hs analytics source, "
                "legal basis for processing contact s data, base juridique",
    }),
    Tool("Sarbacane, Sendethic", "help.sarbacane.com: statistics exports", {
        "stop": "desinscrit, desinscription, desinscrits, blackliste, blacklist, liste noire, repoussoir",
        "stop:bounced": "npai, bounce dur, hard bounce, hardbounce, rebond dur",
        "stop:complained": "plainte, plaintes, spam, signalement spam",
        "consent": "optin email, opt in email, email optin",
        "none": "soft bounce, bounce doux, rebond leger",
    }),
    Tool("Odoo", "github.com/odoo/odoo addons/mass_mailing", {
        "stop": "opt out, optout, refus, refuse, is blacklisted, blacklist, liste noire, opt out datetime, "
                "unsubscription date, opt out reason id, raison du desabonnement",
        "count": "bounce, rebond, message bounce, rebonds",
        "consent": "active, actif",
    }),
    Tool("ActiveCampaign", "help.activecampaign.com: contact list statuses", {
        "stop": "unsubscribed, unsubscribed date, global unsubscribe",
        "stop:bounced": "bounced, hard bounces",
        "none": "soft bounces, confirmed opt in date",
    }),
    Tool("Constant Contact", "developer.constantcontact.com: contacts, permission_to_send", {
        "status": "email permission status, permission to send, email status, email confirmation status, "
                  "permission status",
        "stop": "opt out date, email opt out date, opt out source, email opt out source, opt out reason, "
                "email opt out reason",
        "none": "email update source, email permission source, email lists id",
        "lists": "email lists",
    }),
    Tool("Campaign Monitor, Benchmark, Mailcoach, SendPortal", "their API references on subscriber state", {
        "status": "subscriber status, subscription state",
        "stop": "unsubscribedate, unsubscribed at, unsubscribe event id",
        "consent": "consent to track",
    }),
    Tool("Dynamics 365", "learn.microsoft.com: contact entity reference", {
        "stop": "do not allow emails, do not allow e mails, do not allow bulk emails, do not allow bulk e mails, "
                "donotemail, donotbulkemail, ne pas autoriser les courriers electroniques, "
                "ne pas autoriser les e mails, ne pas autoriser les e mails en nombre, "
                "ne pas autoriser les messages electroniques en nombre, do not send marketing materials, "
                "donotsendmm, ne pas envoyer de documents marketing",
        "none": "do not allow phone calls, do not allow faxes, do not allow mails, donotphone, donotfax, "
                "donotpostalmail, donotbulkpostalmail, do not allow bulk mails, follow email, statecode, statuscode, "
                "raison du statut, status reason",
        "consent": "allow email, allow emails, bulk email, e mail, autoriser les e mails",
    }),
    Tool("Salesforce", "developer.salesforce.com: Contact and Lead objects", {
        "stop": "hasoptedoutofemail, has opted out of email, email opt out, e mail opt out, isdeleted, "
                "desinscription e mail, refus e mail",
        "stop:bounced": "emailbouncedreason, email bounced reason, emailbounceddate, email bounced date, "
                        "isemailbounced, is email bounced",
        "none": "hasoptedoutoffax, fax opt out, donotcall, do not call",
    }),
    Tool("SuiteCRM", "docs.suitecrm.com: email addresses", {
        "stop": "email opt out, opt out, opted out",
        "stop:bounced": "invalid email, email invalide",
        "confirmed": "confirm opt in, confirmed opt in",
    }),
    Tool("Dolibarr", "github.com/Dolibarr/dolibarr htdocs/contact", {
        "stop": "refuse les e mailings, refuse les emailings, refuse les emails de masse, no email, "
                "refuse les emails en masse, ne pas envoyer d emailing, unsubscribe, refuse bulk emails",
    }),
    Tool("MailUp", "help.mailup.com: exports of unsubscribed recipients", {
        "stop": "optout date, optout nl, optout type, optout subtype, optout note",
    }),
    Tool("AssoConnect, HelloAsso", _SEEN, {
        "consent": "newsletter, inscrit a la newsletter, abonne a la newsletter, accepte la newsletter, "
                   "accepte de recevoir des informations, accepte les communications, opt in newsletter, "
                   "souhaite recevoir la newsletter, abonnement newsletter, accepte d etre contacte",
        "stop": "desinscrit des emails, desabonne des emails, desinscrit des e mails",
    }),
    Tool("Shopify, WooCommerce, Klaviyo, Zoho, Eventbrite, Wix", _PUBLIC, {
        "consent": "accepts marketing, accepts email marketing, email marketing consent, email consent, "
                   "marketing consent, consentement marketing, can email, can be contacted, email opt in, "
                   "email subscriber status",
        "stop": "email suppressions, suppressed, suppression reason, suppression timestamp, "
                "globally unsubscribed, global unsubscribe, globalunsubscribe, unsubscribe all, email unsubscribed",
        "none": "accepts sms marketing, sms consent, phone consent",
    }),
    Tool("Drupal Simplenews, Newsletter Plugin", "drupal.org/project/simplenews", {
        "lists": "newsletters, subscriptions, newsletter list, mailing lists, listes de diffusion, liste de diffusion",
        "none": "langcode",
    }),
    Tool("Google and Outlook contacts", _PUBLIC, {
        "none": "type de messagerie, e mail type, email type, e mail display name, "
                "nom complet de l adresse de messagerie, priority, sensitivity, private, labels type",
        "text": "group membership, categories, notes",
    }),
    Tool("French tables made by hand", "issue 16 and lists of networks of local authorities", {
        "consent": "inscrit newsletter, abonne newsletter, inscrit, inscrite, abonne, abonnee, abonnement, newsletter, "
                   "lettre d information, infolettre, rgpd, accord, accord rgpd, consentement, consent, "
                   "optin, opt in, accepte de recevoir la newsletter, souhaite recevoir la lettre, accepte mail, "
                   "ok mail, ok newsletter, mailing, e mailing, emailing, actif, active, contactable, "
                   "valide, email valide, mail valide, adresse valide",
        "stop": "desabonne, desabonnee, desinscrit, desinscrite, desabonne le, desinscrit le, date de desinscription, "
                "date desinscription, date de desabonnement, date desabonnement, a supprimer, supprime, supprime le, "
                "a retirer, a enlever, retire le, ne plus envoyer, ne pas envoyer, ne plus contacter, "
                "ne pas contacter, ne plus ecrire, stop, stop mail, stop newsletter, exclu, exclue, exclus, refuse, "
                "refus, bloque, bloquee, oppose, opposition rgpd, radie le, inactif, inactive, desactive, "
                "supprime de la liste, ne souhaite plus recevoir, plus de mail, unsubscribed, unsubscribed from list, "
                "opt out, optout, blocked, removed, archived, archive",
        "stop:bounced": "npai, adresse invalide, mail invalide, email invalide, invalide, erreur, adresse erronee, "
                        "mail en erreur, retour, bounced at, hard bounced, bounced, cleaned, cleaned at, "
                        "adresse en erreur, email en erreur, retour npai, rebond le, mail npai",
        "stop:complained": "complained, complained at, complaint, spam complaint, abuse, plainte le",
        "stop:unclear": "date de depart, depart, date de sortie, sortie, parti le, quitte le, a quitte",
        "confirmed": "confirmation, double optin, inscription confirmee, confirmed at, date de confirmation",
    }),
)  # fmt: skip


def _by_header() -> dict[str, ColumnSense]:
    """Return the table by folded header; where two tools use one header, the later line of the table is the surer."""
    found: dict[str, ColumnSense] = {}
    for tool in TOOLS:
        for key, headers in tool.columns.items():
            sense, _colon, standing = key.strip().partition(":")
            for header in headers.split(","):
                one = ColumnSense(sense, standing or "left", known=True, tool=tool.name)  # type: ignore[arg-type]
                known = found.get(" ".join(header.split()))
                # A reading that can say no is never replaced by one that cannot.
                if known is None or known.sense in ("none", "text") or one.sense not in ("none", "text"):
                    found[" ".join(header.split())] = one
    return found


_KNOWN = _by_header()

_OTHER_CHANNEL = re.compile(r"\b(sms|whatsapp|fax|telephon\w*|phone|appels?|calls?|papier|paper|pushs?|mobile|tel)\b")
_OTHER_STATUS = re.compile(
    r"\b(juridique|marital\w*|civil\w*|matrimonia\w*|professionnel\w*|adhesion\w*|adherent\w*|cotisation\w*|cotisant\w*|"
    r"structures?|organisations?|organizations?|organismes?|collectivites?|entreprises?|societes?|company|etablissements?|"
    r"associations?|communes?|epci|dossiers?|projets?|commandes?|paiements?|payments?|orders?|leads?|deals?|factures?|"
    r"invoices?|avancements?|emplois?|postes?|mandats?|membres?|member|membership|candidatures?|etudiants?|postal\w*|"
    r"clients?|customers?|prospects?|visites?|conventions?|conges?|contrats?|contracts?|social|sociale|agents?|elus?|"
    r"evenements?|events?|colloques?|ateliers?|formations?|journees?|assemblees?|ag|webinaires?|salons?|congres|"
    r"rencontres?|seminaires?|billets?|tickets?|dejeuners?|repas|visio|participations?|participants?|presences?)\b"
)
_LINK = re.compile(r"\b(url|link|lien|token|key|cle|hash|page|uid|uuid|count|number|nombre|nb)\b")
_DETAIL = re.compile(
    r"\b(date|time|at|on|le|ip|source|origine|provenance|form|formulaire|texte|text|version|nombre|nb|number|total|count|"
    r"id|uid|lang|langue|type|frequence|frequency|nom|name|title|titre|campaign|by|par|via|since|depuis|methode|method|"
    r"proof|preuve|wording|lists?|listes?|tags?|groupes?|rating|score|points|timestamp|country|pays|url|link|lien|"
    r"mode|canal|channel|format|theme|themes|sujet|sujets|centres?|interets?|interests?|langues?|created|updated)\b"
)

_STRONG_STOP: tuple[tuple[Standing, re.Pattern[str]], ...] = (
    ("complained", re.compile(r"\b(spam|complain\w*|plaintes?|abuse)\b")),
    (
        "bounced",
        re.compile(r"\b(bounc\w*|hardbounc\w*|npai|rebonds?|cleaned|undeliver\w*|quarantin\w*|bad (email|address))\b"),
    ),
    (
        "left",
        re.compile(
            r"\b(unsub\w*|desabon\w*|desinscri\w*|opt(ed)? ?outs?|optedout|outopt|black ?list\w*|block ?list\w*|"
            r"liste (noire|rouge|d exclusion)|repoussoir|nomail|no e?mails?|dnc|do ?not ?(e ?mail|contact|send|bulk)\w*|"
            r"ne (plus|pas|souhaite pas|souhaite plus|veut pas|veut plus|desire pas|desire plus) (\w+ )?"
            r"(envoyer|contacter|ecrire|solliciter|recevoir|mailer|diffuser|relancer|inscrire|autoriser)|"
            r"(plus|pas) (de|d) (mails?|newsletters?|lettres?|courriels?|envois?|e mails?)|"
            r"stop (mails?|newsletters?|envois?|e mails?|emails?|courriels?|diffusion|pub)|abgemeldet|desuscri\w*|"
            r"disiscri\w*|afgemeld|suppressed|suppressions?)\b"
        ),
    ),
)
_WEAK_STOP = re.compile(
    r"\b(exclu\w*|refus\w*|bloqu\w*|blocked|block|oppos\w*|suppr\w*|retir\w*|retrait|remov\w*|delet\w*|invalid\w*|"
    r"erreurs?|errors?|erronee?s?|disabled|desactiv\w*|deactivat\w*|suspend\w*|suspens\w*|hold|inacti\w*|reject\w*|"
    r"rejet\w*|cancel\w*|annul\w*|withdr\w*|revo\w*|archiv\w*|exclud\w*|prohibit\w*|forbidden|interdi\w*|stop)\b"
)
_MAIL = re.compile(
    r"\b(e ?mails?|mails?|courriels?|newsletters?|lettres?|infolettres?|campagnes?|campaigns?|contact\w*|diffusion|"
    r"envois?|mailings?|e ?mailings?|abonne\w*|subscri\w*|adresses?|address|user|utilisateurs?|compte|account|"
    r"marketing|communications?|prospection|consent\w*|rgpd|gdpr|messages?|bulletins?|sollicitation\w*)\b"
)
_CONFIRMED = re.compile(r"\b(confirm\w*|double ?opt ?ins?|verified|verifie\w*|valide[es]*|validated|activated)\b")
_CONSENT = re.compile(
    r"\b(inscri\w*|abonn\w*|subscri\w*|opt(ed)? ?ins?|optedin|consent\w*|rgpd|gdpr|newsletters?|infolettres?|"
    r"lettres? d info\w*|recevoir|receives?|receiving|e ?mailings?|mailings?|mailing ?lists?|permissions?|mailable|"
    r"contactable|contact autorise|angemeldet|suscri\w*|iscritt\w*|e ?mail ?marketing|marketing ?e ?mails?|"
    r"ok (mail|newsletter|lettre|envoi|rgpd|diffusion)|accords?|autoris\w*|allow\w*|accept\w*|souhait\w*|agree\w*)\b"
)
# These words speak of mail only beside a word of mail, or alone.
_VAGUE_CONSENT = re.compile(r"\b(accords?|autoris\w*|allow\w*|accept\w*|souhait\w*|agree\w*|inscri\w*|permissions?)\b")
_WEAK = re.compile(r"\b(diffusion|envois?|communications?|lettres?|bulletins?|marketing|e ?mails? ok|prospection)\b")
_STATUS = re.compile(r"\b(statuts?|status|standing|reception|delivery)\b")
_NAMES = frozenset({"email", "first_name", "last_name", "organisation", "role", "phone", "consent_date"})


@lru_cache(maxsize=4096)
def sense_of(header: str) -> ColumnSense:
    """Return what the column `header` says of writing to a person, as far as its header tells."""
    words = fold(header)
    if known := _KNOWN.get(words):
        return known
    canonical = SUBSCRIBERS.name(header)
    if canonical in _NAMES:
        return ColumnSense("name")
    if canonical == "status":
        return ColumnSense("status", known=True, weak=words in ("state", "etat"))
    return _by_words(words)


def _by_words(words: str) -> ColumnSense:
    stop = next((standing for standing, pattern in _STRONG_STOP if pattern.search(words)), None)
    if _OTHER_CHANNEL.search(words) and not _MAIL.search(words):
        return ColumnSense("none")
    if stop:
        return _strong_stop(words, stop)
    if _WEAK_STOP.search(words):
        return ColumnSense("stop", "left", weak=not _MAIL.search(words))
    if _OTHER_STATUS.search(words):
        return ColumnSense("text")
    if _STATUS.search(words):
        return ColumnSense("status")
    if _CONFIRMED.search(words) and not _DETAIL.search(words):
        return ColumnSense("confirmed", weak=not _MAIL.search(words))
    return _consent(words)


def _strong_stop(words: str, standing: Standing) -> ColumnSense:
    if standing == "bounced" and re.search(r"\b(count|number|nombre|nb|score|rate|taux|soft|rebonds|bounces)\b", words):
        return ColumnSense("none" if "soft" in words else "count")
    return ColumnSense("text") if _LINK.search(words) else ColumnSense("stop", standing)


def _consent(words: str) -> ColumnSense:
    if _CONSENT.search(words):
        if _DETAIL.search(words) and not re.search(r"\b(statut|status|ok|oui|yes)\b", words):
            return ColumnSense("text")
        plain = _CONSENT.sub(lambda found: "" if _VAGUE_CONSENT.fullmatch(found[0]) else found[0], words)
        vague = not _CONSENT.search(plain) and not _MAIL.search(words)
        return ColumnSense("consent", weak=vague)
    if _WEAK.search(words) and not _DETAIL.search(words):
        return ColumnSense("consent", weak=True)
    return ColumnSense("text")
