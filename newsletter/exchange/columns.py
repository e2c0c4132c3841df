"""What columns are called: the French and English headers of Excel, Brevo, Mailchimp, Mailjet and listmonk exports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from newsletter.exchange.values import fold

_Name = TypeVar("_Name", bound=str)


@dataclass(frozen=True)
class Vocabulary:
    """The headers one kind of table is known by: folded header to canonical name, and the column it cannot lack.

    `loose` recognises a header that merely speaks of the required column; None when guessing would be wrong.
    """

    required: str
    names: Mapping[str, str]
    loose: re.Pattern[str] | None = None

    def name(self, header: str) -> str:
        """Return the canonical name of `header`, or "" for a header that means nothing here."""
        return self.names.get(fold(header), "")

    def hints(self, header: str) -> bool:
        """Tell whether `header` speaks of the required column without being one of its names."""
        return self.loose is not None and self.loose.search(fold(header)) is not None

    def columns(self, headers: Sequence[str]) -> tuple[str, ...]:
        """Return one name per header, each once: canonical, or the header's slug; a second `email` is `email_2`."""
        repeats: Counter[str] = Counter()
        names: dict[str, None] = {}  # in order, and quick to ask: a hostile header has a million columns
        for number, header in enumerate(headers, 1):
            name = unique = self.name(header) or fold(header).replace(" ", "_") or f"column_{number}"
            while unique in names:
                repeats[name] += 1
                unique = f"{name}_{repeats[name] + 1}"
            names[unique] = None
        return tuple(names)


def by_header(listed: Mapping[_Name, str]) -> dict[str, _Name]:
    """Turn `{name: "header, header"}` around: each folded header to its name."""
    return {" ".join(header.split()): name for name, headers in listed.items() for header in headers.split(",")}


def _vocabulary(required: str, loose: str, headers: Mapping[str, str]) -> Vocabulary:
    return Vocabulary(required, by_header(headers), re.compile(loose) if loose else None)


# Headers are written as `fold` leaves them: no accents, no capitals, only letters, digits and single spaces.
SUBSCRIBERS = _vocabulary(
    "email",
    r"\b(e ?mails?|mails?|courriels?|mels?)\b",
    {
        "email": """email, e mail, mail, mel, courriel, adresse email, adresse e mail, adresse mail, adresse mel,
            adresse courriel, adresse electronique, adresse de messagerie, adresse de courriel, email address,
            e mail address, emailaddress, mail address, adresse email professionnelle, email professionnel,
            mail professionnel, courriel professionnel, email contact, contact email, subscriber email, primary email,
            e mail 1 value, adressemail, adresse mail pro""",
        "first_name": """first name, firstname, fname, given name, prenom, prenoms, prenom usuel, prenom du contact""",
        "last_name": """last name, lastname, lname, surname, family name, nom, nom de famille, nom d usage,
            nom du contact""",
        "organisation": """organisation, organization, organisme, structure, collectivite, collectivite adherente,
            societe, company, company name, entreprise, employeur, etablissement, nom de la structure,
            nom de la collectivite, nom de l organisation, nom de l organisme, organisation name, organization name""",
        "role": """role, fonction, fonctions, function, poste, job, job title, jobtitle, mandat, qualite, position""",
        "status": """status, statut, etat, state, statut d abonnement, statut abonnement, statut de l abonnement,
            email status, statut email, statut e mail, subscription status, subscriber status, contact status,
            statut du contact""",
        "consent_date": """consent date, date de consentement, date du consentement, optin time, opt in time,
            confirm time, date d inscription, date inscription, inscrit le, inscrite le, date d abonnement, abonne le,
            subscribed at, subscription date, date d ajout, added time, created at, date de creation, optin date,
            opt in date""",
        "phone": """phone, phone number, telephone, numero de telephone, tel, tel portable, mobile, portable, sms,
            telephone fixe""",
    },
)

ORGANISATIONS = _vocabulary(
    "name",
    "",
    {
        "name": """name, nom, organisation, organization, organisme, collectivite, collectivite adherente, adherent,
            adherents, structure, nom de la collectivite, nom de l organisation, nom de la structure, denomination,
            raison sociale, libelle, nom collectivite, nom de l adherent, territoire""",
        "level": """level, niveau, type, type de collectivite, categorie, echelon, nature, nature juridique,
            type collectivite""",
        "siren": """siren, numero siren, n siren, no siren, siret, numero siret, n siret""",
        "insee": """insee, code insee, code commune, code insee commune, cog, insee code""",
        "region": """region, nom region, nom de la region""",
        "departement": """departement, dept, dep, dpt, code departement, numero departement, n departement""",
        "joined": """joined, adhesion, date d adhesion, date adhesion, adherent depuis, debut, date de debut, depuis,
            annee d adhesion, start, member since, date d entree""",
        "ended": """ended, fin, date de fin, date de depart, date de sortie, fin d adhesion, depart, end,
            date de retrait, radiation""",
        "website": """website, site, site web, site internet, url""",
    },
)
