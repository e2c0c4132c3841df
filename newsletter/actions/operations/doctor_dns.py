"""What the DNS says about the sender: SPF, DKIM, DMARC, MX, PTR, and whether they belong together."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

from newsletter.actions.operations.doctor_lines import DoctorLine, Unanswered, bad, doubt, good
from newsletter.i18n import _

# Names under which providers and mail servers publish their keys by default.
SELECTORS = (
    "default",
    "dkim",
    "mail",
    "mailjet",
    "brevo1",
    "brevo2",
    "s1",
    "s2",
    "k1",
    "smtp",
    "mx",
    "pm",
    "mta",
    "mailo",
    "selector1",
    "selector2",
    "google",
    "lettre",
    "newsletter",
)
_QUESTION_SECONDS = 3.0
_MOST_LOOKUPS = 10  # RFC 7208 section 4.6.4
_ASKS_AGAIN = ("include", "redirect", "a", "mx", "ptr", "exists")
_SECOND_LEVEL = frozenset({"asso", "com", "nom", "gouv", "tm", "co", "org", "net"})


@dataclass(frozen=True)
class Dns:
    """Questions to a resolver, answered before `deadline` (monotonic seconds) or with Unanswered."""

    resolver: dns.resolver.Resolver
    deadline: float

    def texts(self, name: str) -> list[str]:
        """Return the TXT records of `name`."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")]

    def exchangers(self, name: str) -> list[str]:
        """Return the mail exchangers of `name`; `.` for a domain that declares that it takes no mail (RFC 7505)."""
        return [str(record.exchange) for record in self._ask(name, "MX")]

    def addresses(self, name: str) -> list[str]:
        """Return the IP addresses of `name`."""
        return [str(record.address) for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def names(self, address: str) -> list[str]:
        """Return the names of an IP address."""
        return [
            str(record.target).rstrip(".") for record in self._ask(str(dns.reversename.from_address(address)), "PTR")
        ]

    def _ask(self, name: str, kind: str) -> list[Any]:
        left = min(self.deadline - time.monotonic(), _QUESTION_SECONDS)
        if left <= 0:
            raise Unanswered(name)
        try:
            return list(self.resolver.resolve(name, kind, lifetime=left, raise_on_no_answer=False) or ())
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            # In a closed network a resolver may deny every name, even the root: then its answers mean nothing.
            if name != "." and not self._sees_the_root:
                raise Unanswered(name) from None
            return []
        except (dns.exception.DNSException, OSError):
            raise Unanswered(name) from None

    @cached_property
    def _sees_the_root(self) -> bool:
        return bool(self._ask(".", "NS"))


def spf(names: Dns, domain: str) -> DoctorLine:
    """Check the SPF record of `domain` (RFC 7208)."""
    found = _spf_records(names, domain)
    if len(found) != 1:
        text = (
            _("{domain} n’a pas d’enregistrement SPF.") if not found else _("{domain} a plusieurs enregistrements SPF.")
        )
        step = _("Publiez un seul enregistrement TXT « v=spf1 … -all » qui nomme votre fournisseur d’envoi.")
        return bad("spf", text.format(domain=domain), step)
    (record,) = found
    if _lookups(names, record) > _MOST_LOOKUPS:
        text = _("Le SPF de {domain} demande plus de {most} recherches : il ne vaut rien.")
        return bad(
            "spf", text.format(domain=domain, most=_MOST_LOOKUPS), _("Retirez les « include: » qui ne servent plus.")
        )
    terms = record.lower().split()[1:]
    if {"all", "+all"} & set(terms):
        step = _("Remplacez « +all » par « ~all » ou « -all ».")
        return bad("spf", _("Le SPF de {domain} autorise le monde entier.").format(domain=domain), step)
    if not any(term in ("-all", "~all") or term.startswith("redirect=") for term in terms):
        step = _("Terminez-le par « ~all » ou « -all ».")
        return doubt("spf", _("Le SPF de {domain} n’exclut personne.").format(domain=domain), step)
    return good("spf", _("SPF de {domain} : en ordre.").format(domain=domain))


def _spf_records(names: Dns, domain: str) -> list[str]:
    return [text for text in names.texts(domain) if re.match(r"v=spf1(?: |$)", text, re.IGNORECASE)]


def _lookups(names: Dns, record: str) -> int:
    """Return how many further questions an SPF record asks, counted until they are too many."""
    count, waiting = 0, [record]
    while waiting and count <= _MOST_LOOKUPS:
        for term in waiting.pop().lower().split()[1:]:
            name, _colon, target = re.sub(r"^[+~?-]", "", term).replace("=", ":", 1).partition(":")
            if name.partition("/")[0] not in _ASKS_AGAIN:
                continue
            count += 1
            if name in ("include", "redirect") and target and "%" not in target and count <= _MOST_LOOKUPS:
                waiting += _spf_records(names, target)
    return count


def dkim(names: Dns, domain: str, configured: str) -> DoctorLine:
    """Look for DKIM keys of `domain` under the configured selectors (by commas), else under the usual ones."""
    chosen = [part.strip() for part in configured.split(",") if part.strip()]
    found = {s: tags for s in chosen or SELECTORS if (tags := _key(names, f"{s}._domainkey.{domain}"))}
    absent = [selector for selector in chosen if selector not in found]
    step = _("Publiez la clef DKIM que donne votre fournisseur d’envoi pour votre propre domaine.")
    if absent:
        text = _("Aucune clef DKIM sous {names}._domainkey.{domain}.")
        return bad("dkim", text.format(names=", ".join(absent), domain=domain), step)
    if not found:
        text = _("Aucune clef DKIM de {domain} sous les noms habituels.").format(domain=domain)
        return doubt("dkim", text, _("Indiquez son nom dans [sending.options] dkim_selector. ") + step)
    weakest = min(found, key=lambda selector: _strength(found[selector]))
    bits, where = _strength(found[weakest]), f"{weakest}._domainkey.{domain}"
    if bits == 0 and chosen:
        return bad("dkim", _("La clef DKIM {where} est vide ou révoquée.").format(where=where), step)
    if 0 < bits < 1024:
        return bad("dkim", _("La clef DKIM {where} est trop courte.").format(where=where), _("Passez à 2 048 bits."))
    if 0 < bits < 2048:
        text = _("La clef DKIM {where} a moins de 2 048 bits.").format(where=where)
        return doubt("dkim", text, _("Demandez une clef de 2 048 bits à votre fournisseur."))
    shown = ", ".join(sorted(found))
    return good("dkim", _("DKIM de {domain} : clef publiée ({names}).").format(domain=domain, names=shown))


def _key(names: Dns, name: str) -> dict[str, str]:
    return next((tags for text in names.texts(name) if "p" in (tags := read_tags(text))), {})


def read_tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}


def _strength(tags: dict[str, str]) -> int:
    """Return the strength of a published key in bits of RSA, from the length of its DER form; 0 for none."""
    try:
        der = base64.b64decode(re.sub(r"\s", "", tags["p"]), validate=True)
    except (binascii.Error, ValueError):
        return 0
    if tags.get("k", "rsa").lower() == "ed25519":
        return 3072 if len(der) == 32 else 0
    # The modulus, and 34 octets of DER around it for a key of 1,024 bits.
    return max(0, (len(der) - 34) * 8)


def mx(names: Dns, domain: str) -> DoctorLine:
    """Check whether `domain` can receive mail: La Poste refuses senders that cannot."""
    found = names.exchangers(domain)
    if found and "." not in found:
        return good("mx", _("{domain} reçoit du courrier.").format(domain=domain))
    step = _("Ajoutez un enregistrement MX : La Poste refuse les expéditeurs qui ne peuvent pas recevoir.")
    if not found and names.addresses(domain):
        return doubt("mx", _("{domain} n’a pas de MX, seulement une adresse.").format(domain=domain), step)
    return bad("mx", _("{domain} ne reçoit pas de courrier.").format(domain=domain), step)


def ptr(names: Dns, host: str) -> DoctorLine:
    """Check whether the relay's address has a name that leads back to it: Google and Orange ask for it."""
    found = [host] if _is_address(host) else names.addresses(host)
    public = [address for address in found if ipaddress.ip_address(address).is_global]
    if not public:
        text = _("Le relais {host} n’a pas d’adresse publique d’ici.").format(host=host)
        return doubt("ptr", text, _("Vérifiez le nom inverse (PTR) de l’adresse par laquelle il sort."))
    for address in public:
        if not any(address in names.addresses(name) for name in names.names(address)):
            text = _("L’adresse {address} du relais n’a pas de nom inverse qui revienne à elle.")
            step = _("Demandez un PTR concordant à l’hébergeur du relais.")
            return bad("ptr", text.format(address=address), step)
    return good("ptr", _("Nom inverse du relais {host} : concordant.").format(host=host))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def same_organisation(one: str, other: str) -> bool:
    """Tell whether two domains belong together (relaxed alignment of DMARC), by their last two or three labels."""

    def base(domain: str) -> str:
        labels = domain.lower().split(".")
        return ".".join(labels[-3:] if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else labels[-2:])

    return base(one) == base(other)
