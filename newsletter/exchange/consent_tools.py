"""The columns by which other tools say that a person may, or must not, be written to: one table with its sources.

A header is folded (`fold`: no accents, no capitals, letters and digits only). `consent_columns` says what the senses
mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Tool(NamedTuple):
    """The columns of one tool's exports: headers by sense, and where they are documented."""

    name: str
    source: str
    columns: Mapping[str, str]


_PUBLIC = "the tool's public source or documentation"
_SEEN = "exports as users show them in forums and issues; not documented by the tool"

# Keys: a sense, with the standing of its bad answer if it is another than left: `stop:bounced`, `consent:pending`.
TOOLS: tuple[Tool, ...] = (
    Tool(
        "Brevo",
        "developers.brevo.com/reference/request-contact-export",
        {
            "consent": "email marketing, abonnement e mail, email subscription, e mail subscription, double opt in, "
            "opt in, optin",
            "stop": "blacklisted, email blacklisted, emailblacklisted, blocklisted, email blocklisted, "
            "unsubscribed time",
            "none": "blacklisted sms, sms blacklisted, smsblacklisted, sms marketing, whatsapp blacklisted, "
            "whatsapp marketing, abonnement sms, added time, modified time",
        },
    ),
    Tool(
        "Mailchimp",
        "mailchimp.com/help/view-export-contacts",
        {
            "stop": "unsub time, unsub campaign title, unsub campaign id, unsub reason, unsub reason other",
            "stop:bounced": "clean time, clean campaign title, clean campaign id",
            "none": "member rating, optin ip, confirm ip, leid, euid, gmtoff, dstoff, timezone, cc, "
            "region, last changed",
            "consent": "email marketing status, marketing permissions",
            "text": "tags, notes",
        },
    ),
    Tool(
        "Mailjet",
        "dev.mailjet.com/email/reference/contacts",
        {
            "stop": "isexcludedfromcampaigns, is excluded from campaigns, isunsubscribed, is unsubscribed, "
            "unsubscribedat, "
            "unsubscribed at, isunsub, exclu des campagnes, exclusion des campagnes, exclude from campaigns",
            "stop:complained": "isspamcomplaining, is spam complaining",
            "stop:pending": "isoptinpending, is optin pending, is opt in pending",
            "consent": "isactive, is active",
        },
    ),
    Tool(
        "listmonk", "github.com/knadh/listmonk", {"status": "subscription status", "none": "uuid, attributes, attribs"}
    ),
    Tool("Keila", "github.com/pentacent/keila", {"none": "data, external id"}),
    Tool(
        "Ghost",
        "ghost.org/docs/members/export",
        {
            "consent": "subscribed to emails",
            "stop": "email disabled, deleted at",
            "none": "complimentary plan, stripe customer id, tiers, subscribed at",
            "text": "labels, note",
        },
    ),
    Tool(
        "Buttondown",
        "docs.buttondown.com/api-subscribers-type",
        {
            "stop": "unsubscription date, unsubscription reason, churn date",
            "stop:bounced": "undeliverability date, undeliverability reason",
        },
    ),
    Tool(
        "Substack",
        _SEEN,
        {
            "stop": "email disabled, unsubscribed at",
            "none": "active subscription, expiry, plan, first payment at, emails enabled count",
            "consent": "emails enabled",
        },
    ),
    Tool(
        "Kit (ConvertKit), Beehiiv, Revue, MailerLite, AWeber, GetResponse",
        "their help centres on exporting",
        {
            "status": "state, subscriber state, stop status",
            "stop": "cancelled at, canceled at, unsubscribed on, stop time, unsubscribe date, unsubscribe reason, "
            "removed at, blocked at, unsubscribed method",
            "consent": "is subscribed, opted in",
            "consent:pending": "verified",
            "none": "subscribe date, subscribed via, acquisition source, engagement, score",
        },
    ),
    Tool(
        "Sympa",
        "sympa.community: member.dump and the review's CSV",
        {
            "status": "reception",
            "stop:bounced": "bounce, bounce address",
            "stop": "suspend, suspended, suspendre, abonnement suspendu",
            "count": "bounce score, score de rebond",
            "none": "visibility, visibilite, included, inclus, number messages, inclusion, topics",
            "consent": "subscribed, inscrit",
        },
    ),
    Tool(
        "Mailman 2 and 3",
        "docs.mailman3.org, list_members(1)",
        {
            "status": "delivery status, delivery mode",
            "stop": "nomail, nomail reason, no mail",
            "none": "digest, plain, hide, mod, ack, not metoo, nodupes, moderation action, subscription mode, role, "
            "list id, preferred language",
        },
    ),
    Tool(
        "phpList",
        "github.com/phpList/phplist3 public_html/lists/admin/export.php",
        {
            "consent:pending": "confirmed, is this subscriber confirmed, cet abonne est il confirme",
            "stop": "blacklisted, is this subscriber blacklisted, disabled, is this account disabled, "
            "cet abonne est il sur liste noire, ce compte est il desactive, excluded",
            "count": "bouncecount, number of bounces, bounces, bounce count, nombre de rebonds",
            "consent:unclear": "optedin",
            "none": "uniqid, htmlemail, send this subscriber html emails, rssfrequency, foreignkey, subscribepage",
        },
    ),
    Tool(
        "MailPoet",
        "github.com/mailpoet/mailpoet lib/Subscribers/ImportExport",
        {
            "status": "list status, global status, statut de la liste, statut global, statut liste",
            "none": "subscribed ip, confirmed ip, ip d inscription, subscribed at, ip abonne",
            "lists": "list name, segment name, nom de la liste, listes, lists, list",
        },
    ),
    Tool(
        "AcyMailing",
        "docs.acymailing.com: import and export of users",
        {
            "consent": "active, actif, enabled, accept",
            "consent:pending": "confirmed, confirme, confirmee",
            "lists": "subscription, listids, listname, listsub, abonnements",
            "stop": "unsubscribe date, date de desinscription, unsubdate",
            "none": "html, cms id, userid",
        },
    ),
    Tool(
        "CiviCRM",
        "docs.civicrm.org: communication preferences",
        {
            "stop": "do not email, donotemail, is opt out, no bulk emails user opt out, no bulk emails, "
            "ne pas envoyer de courriel, pas d envoi en nombre choix de l utilisateur, pas d envoi en nombre, "
            "pas de courriels en masse, pas d envoi groupe, opt out d e mails en masse, ne pas envoyer d e mail, "
            "is deleted, contact is in trash",
            "stop:unclear": "do not mail, ne pas envoyer de courrier, is deceased, deceased, decede",
            "stop:bounced": "on hold, email on hold, en attente d envoi, courriel suspendu, hold date",
            "none": "do not phone, do not sms, do not trade, ne pas telephoner, ne pas envoyer de sms, is bulkmail, "
            "preferred communication method, bulk mailings, privacy, reset date",
        },
    ),
    Tool(
        "Mautic",
        "docs.mautic.org: Do Not Contact",
        {
            "stop": "dnc, donotcontact, do not contact, dnc email, dnc reason, donotcontact email, ne pas contacter",
            "stop:bounced": "bounced",
            "none": "points, stage, last active, date identified, is published",
        },
    ),
    Tool(
        "HubSpot",
        "knowledge.hubspot.com: default contact properties",
        {
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
        },
    ),
    Tool(
        "Sarbacane, Sendethic",
        "help.sarbacane.com: statistics exports",
        {
            "stop": "desinscrit, desinscription, desinscrits, blackliste, blacklist, liste noire, repoussoir",
            "stop:bounced": "npai, bounce dur, hard bounce, hardbounce, rebond dur",
            "stop:complained": "plainte, plaintes, spam, signalement spam",
            "consent": "optin email, opt in email, email optin",
            "none": "soft bounce, bounce doux, rebond leger",
        },
    ),
    Tool(
        "Odoo",
        "github.com/odoo/odoo addons/mass_mailing",
        {
            "stop": "opt out, optout, refus, refuse, is blacklisted, blacklist, liste noire, opt out datetime, "
            "unsubscription date, opt out reason id, raison du desabonnement",
            "count": "bounce, rebond, message bounce, rebonds",
            "consent": "active, actif",
        },
    ),
    Tool(
        "ActiveCampaign",
        "help.activecampaign.com: contact list statuses",
        {
            "stop": "unsubscribed, unsubscribed date, global unsubscribe",
            "stop:bounced": "bounced, hard bounces",
            "none": "soft bounces, confirmed opt in date",
        },
    ),
    Tool(
        "Constant Contact",
        "developer.constantcontact.com: contacts, permission_to_send",
        {
            "status": "email permission status, permission to send, email status, email confirmation status, "
            "permission status",
            "stop": "opt out date, email opt out date, opt out source, email opt out source, opt out reason, "
            "email opt out reason",
            "none": "email update source, email permission source, email lists id",
            "lists": "email lists",
        },
    ),
    Tool(
        "Campaign Monitor, Benchmark, Mailcoach, SendPortal",
        "their API references on subscriber state",
        {
            "status": "subscriber status, subscription state",
            "stop": "unsubscribedate, unsubscribed at, unsubscribe event id",
            "consent": "consent to track",
        },
    ),
    Tool(
        "Dynamics 365",
        "learn.microsoft.com: contact entity reference",
        {
            "stop": "do not allow emails, do not allow e mails, do not allow bulk emails, do not allow bulk e mails, "
            "donotemail, donotbulkemail, ne pas autoriser les courriers electroniques, "
            "ne pas autoriser les e mails, ne pas autoriser les e mails en nombre, "
            "ne pas autoriser les messages electroniques en nombre, do not send marketing materials, "
            "donotsendmm, ne pas envoyer de documents marketing",
            "none": "do not allow phone calls, do not allow faxes, do not allow mails, donotphone, donotfax, "
            "donotpostalmail, donotbulkpostalmail, do not allow bulk mails, follow email, statecode, statuscode, "
            "raison du statut, status reason",
            "consent": "allow email, allow emails, bulk email, autoriser les e mails",
        },
    ),
    Tool(
        "Salesforce",
        "developer.salesforce.com: Contact and Lead objects",
        {
            "stop": "hasoptedoutofemail, has opted out of email, email opt out, e mail opt out, isdeleted, "
            "desinscription e mail, refus e mail",
            "stop:bounced": "emailbouncedreason, email bounced reason, emailbounceddate, email bounced date, "
            "isemailbounced, is email bounced",
            "none": "hasoptedoutoffax, fax opt out, donotcall, do not call",
        },
    ),
    Tool(
        "SuiteCRM",
        "docs.suitecrm.com: email addresses",
        {
            "stop": "email opt out, opt out, opted out",
            "stop:bounced": "invalid email, email invalide",
            "consent:pending": "confirm opt in, confirmed opt in",
        },
    ),
    Tool(
        "Dolibarr",
        "github.com/Dolibarr/dolibarr htdocs/contact",
        {
            "stop": "refuse les e mailings, refuse les emailings, refuse les emails de masse, no email, "
            "refuse les emails en masse, ne pas envoyer d emailing, unsubscribe, refuse bulk emails",
        },
    ),
    Tool(
        "MailUp",
        "help.mailup.com: exports of unsubscribed recipients",
        {
            "stop": "optout date, optout nl, optout type, optout subtype, optout note",
        },
    ),
    Tool(
        "AssoConnect, HelloAsso",
        _SEEN,
        {
            "consent": "newsletter, inscrit a la newsletter, abonne a la newsletter, accepte la newsletter, "
            "accepte de recevoir des informations, accepte les communications, opt in newsletter, "
            "souhaite recevoir la newsletter, abonnement newsletter, accepte d etre contacte",
            "stop": "desinscrit des emails, desabonne des emails, desinscrit des e mails",
        },
    ),
    Tool(
        "Shopify, WooCommerce, Klaviyo, Zoho, Eventbrite, Wix",
        _PUBLIC,
        {
            "consent": "accepts marketing, accepts email marketing, email marketing consent, email consent, "
            "marketing consent, consentement marketing, can email, can be contacted, email opt in, "
            "email subscriber status",
            "stop": "email suppressions, suppressed, suppression reason, suppression timestamp, "
            "globally unsubscribed, global unsubscribe, globalunsubscribe, unsubscribe all, email unsubscribed",
            "none": "accepts sms marketing, sms consent, phone consent",
        },
    ),
    Tool(
        "Drupal Simplenews, Newsletter Plugin",
        "drupal.org/project/simplenews",
        {
            "lists": "newsletters, subscriptions, newsletter list, mailing lists, listes de diffusion, "
            "liste de diffusion",
            "none": "langcode, a corriger",
        },
    ),
    Tool(
        "Google and Outlook contacts",
        _PUBLIC,
        {
            "none": "type de messagerie, e mail type, email type, e mail display name, "
            "nom complet de l adresse de messagerie, priority, sensitivity, private, labels type",
            "text": "group membership, categories, notes",
        },
    ),
    Tool(
        "CleverReach, Acumbamail, MailUp, Laposta in their own languages",
        _SEEN,
        {
            "status": "estado, stato, zustand, abonnementstatus, suscripcion, iscrizione",
            "stop": "abgemeldet, abgemeldet am, abmeldedatum, fecha de baja, baja, data disiscrizione, disiscritto, "
            "desuscrito, afgemeld, afgemeld op, uitgeschreven op, gesperrt",
            "consent": "einwilligung, consentimiento, consenso, toestemming, angemeldet, suscrito, iscritto",
        },
    ),
    Tool(
        "French tables made by hand",
        "issue 16 and lists of networks of local authorities",
        {
            "consent": "inscrit newsletter, abonne newsletter, inscrit, inscrite, abonne, abonnee, "
            "abonnement, newsletter, "
            "lettre d information, infolettre, rgpd, accord, accord rgpd, consentement, consent, "
            "optin, opt in, accepte de recevoir la newsletter, souhaite recevoir la lettre, accepte mail, "
            "ok mail, ok newsletter, mailing, e mailing, emailing, actif, active, contactable, "
            "accepte les mails",
            "stop": "desabonne, desabonnee, desinscrit, desinscrite, desabonne le, desinscrit le, "
            "date de desinscription, "
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
            "consent:pending": "confirmation, double optin, inscription confirmee, confirmed at, date de confirmation",
        },
    ),
)
