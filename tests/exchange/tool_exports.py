"""Exports of other tools, re-made from their documentation: who may be written to, who may not, who has to be asked.

Each case is a file name, a header and rows; the last word of a row says what the file says of its person: `ok`, `left`,
`bounced`, `complained`, `pending`, or `ask` for what no reader could know.
"""

from __future__ import annotations

from typing import NamedTuple


class Export(NamedTuple):
    """One file: its name, its text, and what it says of each person (`p1@`, `p2@`... in order)."""

    name: str
    text: str
    says: tuple[str, ...]


def _export(name: str, header: str, *rows: str) -> Export:
    """Return an export; `@` alone in a row stands for the address of its person."""
    lines, says = [header], []
    for number, row in enumerate(rows, 1):
        cells, _bar, said = row.rpartition(" -> ")
        lines.append(cells.replace("@", f"p{number}@mairie.example", 1))
        says.append(said.strip())
    return Export(name, "\n".join(lines) + "\n", tuple(says))


EXPORTS = [
    _export(
        "brevo-en.csv",
        "EMAIL;FIRSTNAME;LASTNAME;email_marketing;sms_marketing;ADDED_TIME",
        "@;A;B;Subscribed;Unsubscribed;2024-01-01 -> ok",
        "@;A;B;Unsubscribed;;2024-01-01 -> left",
        "@;A;B;Blocklisted;;2024-01-01 -> left",
        "@;A;B;;;2024-01-01 -> ask",
    ),
    _export(
        "brevo-double-optin.csv",
        "EMAIL,NOM,DOUBLE_OPT-IN,BLOCKLISTED",
        "@,A,Yes,false -> ok",
        "@,A,No,false -> left",
        "@,A,Yes,true -> left",
    ),
    _export(
        "archived_email_audience_export_77.csv",
        "Email Address,First Name,LAST_CHANGED",
        "@,A,2024-01-01 -> left",
    ),
    _export(
        "unsubscribed_segment_export_8f.csv",
        "Email Address,First Name,EUID",
        "@,A,x -> left",
    ),
    _export(
        "mailchimp-all.csv",
        "Email Address,Email Marketing Status,TAGS,MEMBER_RATING",
        '@,Subscribed,"""adhérents""",2 -> ok',
        "@,Unsubscribed,,2 -> left",
        "@,Cleaned,,2 -> bounced",
        "@,Non-subscribed,,2 -> left",
        "@,Transactional,,2 -> left",
        '@,Subscribed,"""désabonnés 2023""",2 -> left',
    ),
    _export(
        "mailjet-api.csv",
        "Email,Name,IsExcludedFromCampaigns,IsOptInPending,IsSpamComplaining",
        "@,A,False,False,False -> ok",
        "@,A,True,False,False -> left",
        "@,A,False,True,False -> pending",
        "@,A,False,False,True -> complained",
    ),
    _export(
        "listmonk-list.csv",
        "uuid,email,name,status,subscription_status,attributes",
        '1,@,A,enabled,confirmed,"{}" -> ok',
        '2,@,A,enabled,unsubscribed,"{}" -> left',
        '3,@,A,enabled,unconfirmed,"{}" -> pending',
        '4,@,A,blocklisted,confirmed,"{}" -> left',
    ),
    _export(
        "keila-blocked.csv",
        "Email,First name,Status,Double opt-in at",
        "@,A,active,2024-01-01 -> ok",
        "@,A,unreachable,2024-01-01 -> bounced",
        "@,A,unsubscribed, -> left",
    ),
    _export(
        "ghost-newsletters.csv",
        "id,email,name,subscribed_to_emails,email_disabled,labels,newsletters",
        "1,@,A,true,false,,La lettre -> ok",
        "2,@,A,false,false,, -> left",
        "3,@,A,true,true,, -> left",
    ),
    _export(
        "buttondown-paid.csv",
        "email_address,type,tags,unsubscription_date,undeliverability_date",
        "@,regular,,, -> ok",
        "@,premium,,, -> ok",
        "@,unsubscribed,,2025-01-01T08:00:00Z, -> left",
        "@,regular,,2025-01-01T08:00:00Z, -> left",
        "@,undeliverable,,,2025-01-01T08:00:00Z -> bounced",
        "@,unactivated,,, -> pending",
    ),
    _export(
        "substack-free.csv",
        "Email,active_subscription,expiry,plan,email_disabled,created_at",
        "@,false,,free,false,2024-01-01 -> ok",
        "@,true,2027-01-01,yearly,true,2024-01-01 -> left",
    ),
    _export(
        "sympa-review.csv",
        "Email;Nom;Réception;Suspendu;Score de rebond",
        "@;A;mail;;0 -> ok",
        "@;A;digest;;0 -> ok",
        "@;A;nomail;;0 -> left",
        "@;A;mail;oui;0 -> left",
        "@;A;mail;;75 -> ask",
    ),
    _export(
        "mailman3-fr.csv",
        "Address;Display name;Delivery status;Delivery mode",
        "@;A B;enabled;regular -> ok",
        "@;A B;enabled;plaintext_digests -> ok",
        "@;A B;by_user;regular -> left",
        "@;A B;by_bounces;regular -> bounced",
    ),
    _export(
        "phplist-fr.csv",
        "id,email,confirmed,blacklisted,optedin,bouncecount,disabled",
        "1,@,1,0,1,0,0 -> ok",
        "2,@,0,0,1,0,0 -> pending",
        "3,@,1,1,1,0,0 -> left",
        "4,@,1,0,1,0,1 -> left",
        "5,@,1,0,1,9,0 -> ask",
    ),
    _export(
        "mailpoet-fr.csv",
        '"Email","Prénom","Nom","Liste","Statut de la liste","Statut global"',
        '"@","A","B","Lettre","Abonné","Abonné" -> ok',
        '"@","A","B","Lettre","Désabonné","Abonné" -> left',
        '"@","A","B","Lettre","Abonné","Désabonné" -> left',
        '"@","A","B","Lettre","Abonné","Non confirmé" -> pending',
        '"@","A","B","Lettre","Abonné","Rejeté" -> bounced',
        '"@","A","B","Lettre","Abonné","Inactif" -> left',
    ),
    _export(
        "acymailing-list.csv",
        "email;name;active;confirmed;listname;status",
        "@;A;1;1;Lettre;1 -> ok",
        "@;A;1;1;Lettre;-1 -> left",
        "@;A;1;1;Lettre;0 -> left",
        "@;A;1;0;Lettre;1 -> pending",
    ),
    _export(
        "civicrm-api.csv",
        "id,display_name,email,do_not_email,is_opt_out,on_hold,do_not_phone",
        "1,A B,@,0,0,0,1 -> ok",
        "2,A B,@,1,0,0,0 -> left",
        "3,A B,@,0,1,0,0 -> left",
        "4,A B,@,0,0,1,0 -> bounced",
    ),
    _export(
        "mautic.csv",
        "id,email,firstname,dnc,points",
        "1,@,A,0,10 -> ok",
        "2,@,A,1,10 -> left",
        "3,@,A,Unsubscribed,0 -> left",
        "4,@,A,Bounced,0 -> bounced",
    ),
    _export(
        "hubspot-fr.csv",
        "Identifiant;Prénom;E-mail;Désabonné de tous les e-mails;Motif de rebond définitif;Statut du lead",
        "1;A;@;;;Nouveau -> ok",
        "2;A;@;Oui;;Ouvert -> left",
        "3;A;@;;Utilisateur inconnu;Ouvert -> bounced",
    ),
    _export(
        "hubspot-types.csv",
        "Email,Opted out of email: Marketing Information,Email Confirmation Status,Lifecycle Stage",
        "@,false,Confirmed,Subscriber -> ok",
        "@,true,Confirmed,Lead -> left",
        "@,false,Unconfirmed,Lead -> pending",
    ),
    _export(
        "salesforce-fr.csv",
        "Prénom;Nom;E-mail;Désinscription e-mail;Ne pas appeler",
        "A;B;@;Faux;Vrai -> ok",
        "A;B;@;Vrai;Faux -> left",
    ),
    _export(
        "dynamics-fr.csv",
        "Nom complet;E-mail;Ne pas autoriser les e-mails en nombre;Raison du statut",
        "A B;@;Autoriser;Actif -> ok",
        "A B;@;Ne pas autoriser;Actif -> left",
    ),
    _export(
        "odoo-en.csv",
        "Name,Email,Opt Out,Blacklist,Bounce",
        "A,@,False,False,0 -> ok",
        "A,@,True,False,0 -> left",
        "A,@,False,True,0 -> left",
        "A,@,False,False,12 -> ask",
    ),
    _export(
        "suitecrm-leads.csv",
        "First Name,Email Address,Email Opt Out,Invalid Email,Do Not Call",
        "A,@,0,0,1 -> ok",
        "A,@,1,0,0 -> left",
        "A,@,0,1,0 -> bounced",
    ),
    _export(
        "dolibarr-en.csv",
        "Lastname,Email,Refuse bulk emails",
        "A,@,No -> ok",
        "A,@,Yes -> left",
    ),
    _export(
        "constantcontact.csv",
        "Email address,First name,Email status,Email permission status,Email opt-out date,Email Lists",
        "@,A,Active,Express,,Lettre -> ok",
        "@,A,Active,Implied,,Lettre -> ok",
        "@,A,Active,Unsubscribed,2025-01-01,Lettre -> left",
        "@,A,Active,Awaiting confirmation,,Lettre -> pending",
        "@,A,Active,Temporary hold,,Lettre -> ask",
    ),
    _export(
        "campaignmonitor-state.csv",
        "EmailAddress,Name,State,ConsentToTrack",
        "@,A,Active,Yes -> ok",
        "@,A,Unconfirmed,Yes -> pending",
        "@,A,Deleted,Yes -> left",
        "@,A,Bounced,Yes -> bounced",
    ),
    _export(
        "benchmark.csv",
        "Email,FirstName,Status,UnsubscribeDate",
        "@,A,Active, -> ok",
        "@,A,DNC, -> left",
        "@,A,Unsubscribed,2025-01-01 -> left",
        "@,A,Bounced, -> bounced",
    ),
    _export(
        "kit.csv",
        "email,first_name,state,created_at,tags",
        "@,A,active,2024-01-01, -> ok",
        "@,A,cancelled,2024-01-01, -> left",
        "@,A,inactive,2024-01-01, -> left",
        "@,A,bounced,2024-01-01, -> bounced",
        "@,A,complained,2024-01-01, -> complained",
    ),
    _export(
        "shopify.csv",
        "First Name,Email,Accepts Email Marketing,Accepts SMS Marketing,City",
        "A,@,yes,no,Lille -> ok",
        "A,@,no,yes,Lille -> left",
    ),
    _export(
        "klaviyo.csv",
        "Email,First Name,Email Marketing Consent,Email Suppressions",
        "@,A,SUBSCRIBED,[] -> ok",
        "@,A,UNSUBSCRIBED,['UNSUBSCRIBE'] -> left",
        "@,A,NEVER_SUBSCRIBED,[] -> left",
    ),
    _export(
        "sarbacane.csv",
        "Email;Nom;Optin email;Désinscrit;NPAI;Plainte",
        "@;A;oui;non;non;non -> ok",
        "@;A;oui;oui;non;non -> left",
        "@;A;oui;non;oui;non -> bounced",
        "@;A;oui;non;non;oui -> complained",
    ),
    _export(
        "helloasso.csv",
        "Nom;Prénom;Email payeur;Statut de la commande;J'accepte de recevoir la newsletter",
        "B;A;@;Validé;Oui -> ok",
        "B;A;@;Validé;Non -> left",
        "B;A;@;Remboursé;J'accepte -> ok",
    ),
    _export(
        "assoconnect-2025.csv",
        "Nom;Prénom;Email;Statut adhésion;Désinscrit des emails",
        "B;A;@;À jour;Non -> ok",
        "B;A;@;En retard;Oui -> left",
    ),
    _export(
        "mailcoach.csv",
        "email,first_name,tags,subscribed_at,unsubscribed_at",
        "@,A,,2024-01-01 10:00:00, -> ok",
        "@,A,,2024-01-01 10:00:00,2025-01-01 10:00:00 -> left",
    ),
    _export(
        "cleverreach-de.csv",
        "E-Mail;Vorname;Status;Abgemeldet",
        "@;A;Aktiv; -> ok",
        "@;A;Inaktiv;01.02.2025 -> left",
        "@;A;Gesperrt; -> left",
    ),
    _export(
        "acumbamail-es.csv",
        "Email;Nombre;Estado;Fecha de baja",
        "@;A;Activo; -> ok",
        "@;A;Baja;01/02/2025 -> left",
        "@;A;Rebotado; -> bounced",
    ),
    _export("suppression_group_12.csv", "email,created_at", "@,2025-01-01 -> left"),
    _export("bounces-2025-11.csv", "email,reason,created", "@,550 5.1.1,1700000000 -> bounced"),
    _export("Désabonnés au 3 février.csv", "Nom;Courriel", "A;@ -> left"),
    _export("abonnes-sans-les-desabonnes.csv", "Nom;Courriel", "A;@ -> ok"),
    _export(
        "elus.csv",
        "NOM Prénom;Courriel;Inscrit newsletter ?",
        "B A;@;Oui -> ok",
        "B A;@;Non -> left",
        "B A;@;désinscrit le 03/02/2025 -> left",
        "B A;@;? -> ask",
        "B A;@; -> ask",
        "B A;@;x -> ok",
    ),
    _export(
        "rgpd.csv",
        "Nom;Mail;RGPD;À supprimer;Observations",
        "B;@;OK;; -> ok",
        "B;@;12/05/2023;; -> ok",
        "B;@;Refus;; -> left",
        "B;@;OK;x; -> left",
        "B;@;OK;;ne souhaite plus recevoir la lettre -> left",
        "B;@;OK;;NPAI depuis mars -> bounced",
        "B;@;OK;;à rappeler lundi -> ok",
        "B;@;à demander;; -> ask",
    ),
    _export(
        "marques.csv",
        "Nom;Mail;Newsletter;STOP",
        "B;@;x; -> ok",
        "B;@;; -> ask",
        "B;@;x;03/02/2025 -> left",
    ),
]


PLAIN = [
    _export("agents.csv", "Nom;Courriel;Statut", "A;@;Titulaire -> ok", "B;@;Contractuelle -> ok", "C;@; -> ok"),
    _export("categories.csv", "Nom;Courriel;Statut", "A;@;A -> ok", "B;@;B -> ok", "C;@;C -> ok"),
    _export("elus.csv", "Nom;Courriel;Statut;Fonction", "A;@;Élu;Maire -> ok", "B;@;Suppléant;Adjointe -> ok"),
    _export("adherents.csv", "Nom;Courriel;Statut", "A;@;Adhérent -> ok", "B;@;Partenaire -> ok"),
    _export("juridique.csv", "Structure;Courriel;Statut juridique", "A;@;SCIC -> ok", "B;@;Association loi 1901 -> ok"),
    _export("structures.csv", "Structure;Courriel;Structure active", "A;@;Oui -> ok", "B;@;Non -> ok"),
    _export("adresses.csv", "Name,Email,City,State", "A,@,Lille,Nord -> ok", "B,@,Lyon,Rhône -> ok"),
    _export("colloque.csv", "Nom;Courriel;Inscrit au colloque", "A;@;oui -> ok", "B;@;non -> ok"),
    _export("civil.csv", "Nom;Courriel;État civil;Adhérent", "A;@;Mariée;Non -> ok", "B;@;Veuf;Oui -> ok"),
    _export("canaux.csv", "Nom;Courriel;Opt-in SMS;Ne pas téléphoner", "A;@;non;oui -> ok", "B;@;non;non -> ok"),
    _export(
        "liens.csv", "Email;Lien de désabonnement", "@;https://x.example/u/1 -> ok", "@;https://x.example/u/2 -> ok"
    ),
    _export("groupes.csv", "Nom;Courriel;Groupe politique", "A;@;Opposition -> ok", "B;@;Majorité -> ok"),
    _export("themes.csv", "Nom;Courriel;Centres d'intérêt", "A;@;Lutte contre l'exclusion -> ok", "B;@;ESS -> ok"),
    _export("vip.csv", "Nom;Courriel;VIP;Membre du CA", "A;@;non;non -> ok", "B;@;oui;non -> ok"),
    _export(
        "outlook.csv",
        "Prénom,Nom,Société,Adresse de messagerie,Type de messagerie,Catégories,Privé,Priorité",
        "A,B,Ville,@,SMTP,Élus,Faux,Normale -> ok",
    ),
    _export(
        "google.csv",
        "First Name,Last Name,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Value",
        "A,B,Ville,* myContacts,* Work,@,+33 1 00 00 00 00 -> ok",
    ),
    _export(
        "google-fr.csv",
        "Prénom,Nom,Nom de l'organisation,Libellés,Adresse e-mail 1 - Libellé,Adresse e-mail 1 - Valeur",
        "A,B,Ville,* myContacts,* Travail,@ -> ok",
    ),
    _export("noms.csv", "Name,Email", "Oui Dupont,@ -> ok", "Left Parti,@ -> ok", "Stop Durand,@ -> ok"),
    _export("associations.csv", "Nom;Organisation;Courriel", "A;Stop Pub Lille;@ -> ok", "B;Abus Dangereux;@ -> ok"),
    _export(
        "dates.csv", "Email;Date d'inscription;Source de l'abonnement", "@;2024-01-01;site -> ok", "@;;salon -> ok"
    ),
    _export("numeros.csv", "Email;Nombre de newsletters reçues;Langue", "@;0;fr -> ok", "@;12;fr -> ok"),
    _export("mandats.csv", "Nom;Courriel;Fin de mandat;Délégation", "A;@;2026-03-15;Finances -> ok"),
]
"""Ordinary lists, whose columns must raise no question."""
