"""What the name system says of the sender's policy and logo: DMARC by RFC 9989, and BIMI."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from newsletter.actions.operations.doctor_dns import Dns, read_tags
from newsletter.actions.operations.doctor_lines import DoctorLine, bad, doubt, good
from newsletter.french import date_words
from newsletter.i18n import _

_MOST_QUESTIONS = 8  # RFC 9989, DNS tree walk
_POLICIES = ("none", "quarantine", "reject")
Since = Callable[[str], date | None]


@dataclass(frozen=True, slots=True)
class _Record:
    """The one DMARC record under a domain, and its tags."""

    domain: str
    tags: Mapping[str, str]

    def policy(self, name: str) -> str:
        """Return a policy tag in small letters; an empty text when it is absent or means nothing."""
        value = self.tags.get(name, "").lower()
        return value if value in _POLICIES else ""


class _TwoRecordsError(Exception):
    """A domain has several DMARC records, so that none counts."""


def dmarc(names: Dns, domain: str, since: Since = lambda _policy: None) -> DoctorLine:
    """Look at the DMARC policy for letters of `domain` (RFC 9989), found by the tree walk.

    `since(policy)` tells on which day that policy was first seen here.
    """
    try:
        found = list(_walk(names, domain))
    except _TwoRecordsError as error:
        text = _("_dmarc.{name} a plusieurs enregistrements : aucun ne compte.").format(name=error.args[0])
        return bad("dmarc", text, _("Gardez-en un seul."))
    own = next((record for record in found if record.domain == domain), None)
    record = own or _organisational(found)
    if record is None:
        step = _(
            "Publiez « v=DMARC1; p=none; rua=mailto:… » sous _dmarc.{domain} : Gmail, Microsoft et Orange le demandent "
            "à qui écrit à beaucoup de monde."
        )
        return bad("dmarc", _("{domain} n’a pas de DMARC.").format(domain=domain), step.format(domain=domain))
    if not record.policy("p") and not record.tags.get("rua"):
        text = _("DMARC de {name} : la politique « p= » manque ou n’a pas de sens, l’enregistrement ne compte pas.")
        return bad("dmarc", text.format(name=record.domain), _("Écrivez p=none, p=quarantine ou p=reject."))
    policy = record.policy("p") or "none"
    if record is not own:
        policy = record.policy("sp") or policy
    return _weighed(record, policy, since(policy), inherited=record is not own)


def _walk(names: Dns, domain: str) -> Iterator[_Record]:
    """Yield the records on the way up from `domain`, at most eight questions (RFC 9989, section on the tree walk)."""
    labels = domain.lower().rstrip(".").split(".")
    starts = list(range(len(labels)))
    if len(labels) > _MOST_QUESTIONS:
        starts = [0, *range(len(labels) - _MOST_QUESTIONS + 1, len(labels))]
    for start in starts:
        name = ".".join(labels[start:])
        # The version stands first and exactly so; what does not begin with it is no record at all.
        texts = [t for t in names.texts(f"_dmarc.{name}") if re.match(r"v\s*=\s*DMARC1\s*(;|$)", t)]
        if len(texts) > 1:
            raise _TwoRecordsError(name)
        if texts:
            record = _Record(name, read_tags(texts[0]))
            yield record
            if record.tags.get("psd", "").lower() == "n":
                return


def _organisational(found: list[_Record]) -> _Record | None:
    """Return the record of the organisational domain: the one that says so, else the one with the fewest labels."""
    for record in found:
        if record.tags.get("psd", "").lower() == "n":
            return record
    plain = [record for record in found if record.tags.get("psd", "").lower() != "y"]
    return plain[-1] if plain else (found[-1] if found else None)


def _weighed(record: _Record, policy: str, first: date | None, *, inherited: bool) -> DoctorLine:
    """Say what a policy that counts means, and what is left to do."""
    tags, remarks = record.tags, []
    testing = tags.get("t", "").lower() == "y"
    if testing and policy != "none":
        remarks.append(
            _("« t=y » : la politique est à l’essai, elle n’est pas appliquée. Retirez-le quand tout va bien.")
        )
    if "pct" in tags:
        remarks.append(_("« pct » ne compte plus (RFC 9989) : retirez-le ; pour un essai, écrivez « t=y »."))
    for name in ("sp", "np"):
        if name in tags and not record.policy(name):
            remarks.append(_("« {name} » n’a pas de sens : none, quarantine ou reject.").format(name=name))
    if not re.search(r"mailto:\s*[^\s@,]+@[^\s,]+", tags.get("rua", ""), re.IGNORECASE):
        remarks.append(
            _("Sans « rua=mailto:… », personne ne reçoit les rapports : vous ne verriez pas qui écrit en votre nom.")
        )
    if policy == "none":
        if first:
            remarks.append(_("p=none depuis le {day} au moins.").format(day=date_words(first)))
        remarks.append(
            _(
                "p=none observe sans protéger : si les rapports sont bons depuis quelques semaines, passez à "
                "p=quarantine."
            )
        )
    text = (_("DMARC de {name}, hérité : p={policy}.") if inherited else _("DMARC de {name} : p={policy}.")).format(
        name=record.domain, policy=policy
    )
    return doubt("dmarc", text, " ".join(remarks)) if remarks else good("dmarc", text)


def bimi(names: Dns, domain: str) -> DoctorLine:
    """Look at the BIMI record of `domain`: the logo that some mail programs show beside a letter."""
    found = [t for t in names.texts(f"default._bimi.{domain}") if t.lower().replace(" ", "").startswith("v=bimi1")]
    if not found:
        return good("bimi", _("BIMI : pas de logo publié pour {domain} (facultatif).").format(domain=domain))
    if len(found) > 1:
        text = _("default._bimi.{domain} a plusieurs enregistrements : aucun ne compte.").format(domain=domain)
        return doubt("bimi", text, _("Gardez-en un seul."))
    tags = read_tags(found[0])
    logo = urlsplit(tags.get("l", ""))
    if not tags.get("l") and "l" in tags:
        return good("bimi", _("BIMI : {domain} dit ne pas vouloir de logo.").format(domain=domain))
    if logo.scheme != "https" or not logo.path.lower().endswith(".svg"):
        text = _("BIMI de {domain} : le logo n’est pas un fichier SVG en https.").format(domain=domain)
        return doubt("bimi", text, _("Donnez à « l= » l’adresse https d’un SVG Tiny PS carré."))
    try:
        strict = any(r.policy("p") in ("quarantine", "reject") for r in _walk(names, domain))
    except _TwoRecordsError:
        strict = False
    if not strict:
        text = _("BIMI de {domain} : sans effet tant que DMARC est à p=none.").format(domain=domain)
        return doubt("bimi", text, _("Passez DMARC à p=quarantine ou p=reject : aucun logo n’est montré avant."))
    if not tags.get("a"):
        text = _("BIMI de {domain} : logo publié, sans certificat.").format(domain=domain)
        return doubt(
            "bimi", text, _("Gmail, Apple et La Poste ne montrent le logo qu’avec un certificat (VMC ou CMC).")
        )
    return good("bimi", _("BIMI de {domain} : logo et certificat publiés.").format(domain=domain))
