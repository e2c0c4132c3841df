"""Addresses as people type and paste them: put right where only one reading is possible, proposed where one is likely.

`jean.dupont @ville.fr`, `jean@ville,fr`, `l’olivier@ville.fr` and `mailto:jean@ville.fr.` are certain. An accent, a
blank between two words and a missing point are proposals: a human decides.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from newsletter.addresses import Address, parse_address
from newsletter.errors import AddressError
from newsletter.i18n import _

_LONGEST = 2000  # characters of a cell that is worth a try
_LOOK_ALIKES = str.maketrans("’‘ʼ´`＠．‐‑–—", "'''''@.----")
_EDGES = " \t\r\n\u00a0\u202f,;:.<>()[]\"'«»“”|/*•·"
_AROUND = re.compile(r"\s*([@.])\s*|\s*([-_])\s+|\s+([-_])\s*")
_AT = re.compile(
    r"\s*(?:\(at\)|\[at\]|\{at\}|\(a\)|\[a\]|\(arobase\)|\[arobase\]|\s(?:at|arobase|chez)\s)\s*", re.IGNORECASE
)
_DOT = re.compile(r"\s*(?:\(dot\)|\[dot\]|\(point\)|\[point\]|\s(?:dot|point)\s)\s*", re.IGNORECASE)
_ADDRESSES = re.compile(r"[^\s,;<>()\[\]\"|/:]+@[^\s,;<>()\[\]\"|/:@]+")
_BETWEEN = re.compile(r"[\s,;|/&+<>()\[\]\"]*(?:\b(?:et|ou|and|or)\b)?[\s,;|/&+<>()\[\]\"]*", re.IGNORECASE)
_LAST_TOPS = re.compile(r"(fr|com|org|net|eu|re|gouv\.fr)\Z")

_ROBOTS = re.compile(
    r"(no|do ?not|dont|ne|nepas|ne ?pas|non)[-_. ]?(pas[-_. ]?)?(reply|repondre|repond|replay)\w*|abuse|"
    r"postmaster|hostmaster|"
    r"mailer[-_.]?daemon|bounces?|unsubscribe|desabonnement|desinscription|root|daemon|listserv|majordomo|sympa|null|"
    r"devnull|spam|test|exemple|example",
    re.IGNORECASE,
)
_ROBOTS_BEGIN = (
    "no",
    "do",
    "ne",
    "abuse",
    "postmaster",
    "hostmaster",
    "mailer",
    "bounce",
    "unsub",
    "desabo",
    "desins",
    "root",
    "daemon",
    "listserv",
    "majordomo",
    "sympa",
    "null",
    "dev",
    "spam",
    "test",
    "exemple",
    "example",
)
# RFC 2606 and RFC 6761: names that never receive mail. `.example` and `.test` stay usable for rehearsals.
_RESERVED = re.compile(r"(example\.(com|net|org)|(.+\.)?invalid|(.+\.)?localhost)\Z")


class Repair(NamedTuple):
    """What a cell that is no plain address was read as.

    `addresses` are those found, `names` the name in front of each; `note` says what was changed. `certain` tells that
    no other reading is possible; otherwise the first address is a proposal.
    """

    addresses: tuple[Address, ...]
    names: tuple[str, ...]
    note: str
    certain: bool


def repair_address(text: str) -> Repair | None:
    """Return what a cell that `parse_mailbox` refused was meant to be, or None when no address can be made of it."""
    if len(text) > _LONGEST or (
        not text.isprintable() and re.search(r"[\x00-\x08\x0b-\x1f]", text.replace("\r", "").replace("\n", ""))
    ):
        return None
    if text.count("@") > 1 and (several := _several(text)):
        return several
    if found := _try(_tidy(text)) or _mailbox(text):
        if found[0]:
            return Repair((found[1],), (found[0],), _("le nom écrit devant l’adresse a été séparé"), True)
        return Repair(
            (found[1],), (found[0],), _("l’adresse a été corrigée : « {found} »").format(found=text.strip()[:80]), True
        )
    if text.count("@") <= 1 and (found := _try(_guess(text))):
        note = _("l’adresse « {found} » est à vérifier : fallait-il lire {address} ?")
        return Repair((found[1],), (found[0],), note.format(found=text.strip()[:80], address=found[1].text), False)
    return None


def address_doubt(address: Address) -> str:
    """Return why a human should look at a valid address from a file before it is written to, or ""."""
    if address.key.startswith(_ROBOTS_BEGIN) and _ROBOTS.fullmatch(address.local):
        return _("« {address} » est l’adresse d’un automate ou d’un service technique, pas d’une personne").format(
            address=address.text
        )
    near = address.domain.startswith("example.") or address.domain.endswith(("invalid", "localhost"))
    if near and _RESERVED.match(address.domain):
        return _("« {domain} » est un domaine réservé aux exemples : il ne reçoit pas de courrier").format(
            domain=address.domain
        )
    if not address.text.isascii() and not address.local.isascii():
        return _("l’adresse contient des accents : fallait-il lire {address} ?").format(
            address=f"{unaccented(address.local)}@{address.domain}"
        )
    return ""


def proposed_address(address: Address) -> str:
    """Return the address most likely meant by one with accents in its local part, or ""."""
    bare = unaccented(address.local)
    return f"{bare}@{address.domain}" if bare != address.local and bare.isascii() else ""


def unaccented(text: str) -> str:
    """Return `text` without its accents: `hélène` is `helene`, `œuvre` is `oeuvre`."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return bare.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae")


def _several(text: str) -> Repair | None:
    """Return the addresses of a cell that holds nothing but addresses, with their names if they have any."""
    pieces = [piece for piece in re.split(r"[;\r\n|]+|,(?=[^<>]*@)|(?<=>)\s+", text) if piece.strip()]
    names, addresses = [], []
    for piece in pieces:
        if found := _try(_tidy(piece)) or _mailbox(piece.strip(" ,")):
            names.append(found[0])
            addresses.append(found[1])
            continue
        if re.search(r"@[^<]*<", piece):
            return None  # a name that is itself an address deceives
        inside = _ADDRESSES.findall(piece)
        read = [one for word in inside if (one := _try(_tidy(word)))]
        if not read or len(read) != len(inside) or not _BETWEEN.fullmatch(_ADDRESSES.sub("", piece)):
            return None
        names += [""] * len(read)
        addresses += [one[1] for one in read]
    unique = {address.key: (address, name) for address, name in reversed(list(zip(addresses, names, strict=True)))}
    kept = list(reversed(unique.values()))
    if not kept:
        return None
    note = _("plusieurs adresses dans la même case : {addresses}").format(
        addresses=", ".join(address.text for address, _name in kept[:5])
    )
    return Repair(tuple(a for a, _n in kept), tuple(n for _a, n in kept), note, len(kept) == 1)


def _mailbox(text: str) -> tuple[str, Address] | None:
    """Return the name and the address of `"Durand, Anne" <a@ville.fr>`, with a quote lost or a comma in the name."""
    found = re.fullmatch(r"([^<>@]*)<\s*([^<>]+?)\s*>\W*", text)
    if not found:
        return None
    name = " ".join(found[1].replace('"', " ").split()).strip(" ,;")
    read = _try(_tidy(found[2]))
    return (name, read[1]) if read else None


def _try(text: str) -> tuple[str, Address] | None:
    try:
        return "", parse_address(text)
    except AddressError:
        return None


def _tidy(text: str) -> str:
    """Return `text` with everything put right that can only have been meant in one way."""
    text = re.sub(r"^\s*[-–—]\s+", "", text)
    text = re.sub(r"^\W*(?:mailto|mail|e-?mail|courriel)\s*:\s*", "", text.translate(_LOOK_ALIKES), flags=re.IGNORECASE)
    text = text.partition("?")[0] if "@" in text.partition("?")[0] else text
    text = _AROUND.sub(lambda found: found[1] or found[2] or found[3], text.strip(_EDGES))
    local, at, domain = text.rpartition("@")
    domain = re.sub(r"[,;·]+", ".", domain)
    domain = re.sub(r"\.{2,}", ".", domain).strip(_EDGES)
    return f"{local.strip(_EDGES)}{at}{domain}"


def _guess(text: str) -> str:
    """Return the address that `text` most likely means."""
    text = _DOT.sub(".", _AT.sub("@", text))
    text = unaccented(_tidy(text))
    local, at, domain = text.rpartition("@")
    local, domain = re.sub(r"\s+", "", local), re.sub(r"\s+", "", domain)
    local = re.sub(r"\.{2,}", ".", re.sub(r"[,;]", ".", local)).strip(".")
    if at and "." not in domain and (top := _LAST_TOPS.search(domain)) and len(domain) > len(top[0]) + 2:
        domain = f"{domain[: top.start()]}.{top[0]}"
    return f"{local}{at}{domain}"
