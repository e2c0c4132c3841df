"""Email addresses: one strict validator, one comparison key, and the doubts worth a human look.

Every address of the product passes through `parse`, and mail goes to exactly what it returned: two parsers that
disagree are how a message reaches another person (CVE-2023-27043, CVE-2019-19844).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from string import ascii_lowercase
from typing import NamedTuple

import idna
from email_validator import EmailNotValidError, validate_email

from newsletter.errors import AddressError
from newsletter.i18n import _

_LONGEST_LOCAL, _LONGEST = 64, 254  # octets, RFC 5321 section 4.5.3.1 and RFC 3696 erratum 1690

# Names that exist inside one network only, or never in mail. `.example`, `.test` and `.invalid` stay allowed: samples
# and rehearsals use them.
_CLOSED = r"(?:local|localhost|localdomain|internal|lan|onion|arpa)"

# Addresses of this plain kind, up to `_PLAIN_LENGTH`, are all but a few of any list; the library takes 26 us for each,
# this pattern 0.4. Anything else (`--` in a label, a long one, a letter beyond ASCII) goes to the library.
_PLAIN_LENGTH = 64
_is_plain = re.compile(
    r"[a-z0-9_][\w'+-]*+(?:\.[\w'+-]++)*+@(?:[a-z0-9]++(?:-[a-z0-9]++)*+\.)++(?!" + _CLOSED + r"\Z)[a-z]{2,63}",
    re.ASCII | re.IGNORECASE,
).fullmatch
_TOP = re.compile(r"\.(?!" + _CLOSED + r"\Z)(?:[a-z]{2,}|xn--[a-z0-9-]+)\Z")

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_LONGEST_MAILBOX = 1000
_EDGES = "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
_MAILBOX = re.compile(r"\s*(?:\"(?P<quoted>[^\"\\]*)\"|(?P<bare>[^\"<>,;]*))\s*<(?P<address>[^<>]*)>\s*")


class Address(NamedTuple):
    """A checked address. A named tuple, not a data class: an import makes a million of them.

    `text` is what is stored and mailed, `key` what is compared, `domain` the ASCII (A-label) lower-case domain.
    """

    text: str
    key: str
    domain: str

    @property
    def local(self) -> str:
        """The part before the at sign, as written."""
        return self.text.rpartition("@")[0]

    @property
    def wire(self) -> str:
        """The address for an SMTP envelope: with the domain in A-labels only a non-ASCII local part needs SMTPUTF8."""
        return f"{self.local}@{self.domain}"


def parse_address(text: str) -> Address:
    """Return the one address that `text` is.

    Surrounding blanks, zero-width characters and `mailto:` go; everything else stays as written. Two addresses are the
    same if their keys are equal: ASCII letters in lower case, NFC, domain by UTS 46 and IDNA 2008; so `mıke@` is not
    `mike@`, and `ＭＩＫＥ@` is not either.

    Raises AddressError, with a sentence for the person who typed it.
    """
    if len(text) <= _PLAIN_LENGTH and _is_plain(text):
        key = text.lower()
        return Address(text, key, key.partition("@")[2])
    trimmed = _trim(text)
    return parse_address(trimmed) if trimmed != text else _parse_unusual(text)


def wire_address(text: str) -> str:
    """Return `parse_address(text).wire`: the address for an SMTP envelope; AddressError as there."""
    if len(text) <= _PLAIN_LENGTH and _is_plain(text) and text.islower():
        return text
    return parse_address(text).wire


def parse_mailbox(text: str) -> tuple[str, Address]:
    """Return the name and the address of `Jeanne <j@ville.fr>` or of a bare address (then the name is empty).

    Raises AddressError, also when the name is itself another address: `legit@a.fr <autre@b.fr>` deceives its reader.
    """
    found = _MAILBOX.fullmatch(text) if len(text) <= _LONGEST_MAILBOX else None
    if not found:
        return "", parse_address(text)
    address = parse_address(found["address"])
    name = " ".join((found["quoted"] or found["bare"] or "").split())
    if "@" in name and name.lower() != address.key:
        raise AddressError(_("le nom placé devant l’adresse est lui-même une autre adresse"))
    return ("" if "@" in name else name), address


def mask(address: Address) -> str:
    """Return the address for screens and logs, with only the ends of its local part: `m…e@ville.fr`."""
    local = address.local
    shown = f"{local[0]}…{local[-1]}" if len(local) > 3 else f"{local[0]}…" if len(local) > 1 else "…"
    return f"{shown}@{address.domain}"


def suggest(address: Address) -> str | None:
    """Return the address that was probably meant, when the domain is a known slip of a frequent one."""
    domain = _meant(address.domain)
    return f"{address.local}@{domain}" if domain else None


def suspect(address: Address) -> str | None:
    """Return why a human should look at a valid address before it is used (a French clause), or None."""
    domain = address.domain
    if _meant(domain):
        return _("le domaine semble mal écrit : fallait-il lire {address} ?").format(address=suggest(address))
    imitates = "xn--" in domain and _look_alike_domain(domain)
    if imitates or (not address.text.isascii() and any(map(_look_alike, re.split("[@.]", address.text)))):
        return _("l’adresse mélange des alphabets ou imite d’autres lettres")
    return None


def _trim(text: str) -> str:
    """Return `text` without what copying and pasting leaves around an address."""
    text = _INVISIBLE.sub("", text).strip().strip(_EDGES).strip()
    return text[7:].partition("?")[0] if text[:7].lower() == "mailto:" else text


def _parse_unusual(text: str) -> Address:
    for pattern, sentence in _faults():
        if re.search(pattern, text):
            raise AddressError(sentence)
    try:
        # `globally_deliverable` would refuse `.test` and `.example`; `_faults` has refused what matters of it.
        found = validate_email(text, check_deliverability=False, globally_deliverable=False, strict=True)
    except EmailNotValidError:
        raise AddressError(_("ce n’est pas une adresse électronique")) from None
    local, domain = found.local_part, found.ascii_domain
    if len(local.encode()) > _LONGEST_LOCAL or len(f"{local}@{domain}".encode()) > _LONGEST:
        raise AddressError(_("l’adresse est trop longue"))
    if not _TOP.search(domain):
        raise AddressError(_("le domaine n’est pas joignable par la messagerie publique"))
    written = unicodedata.normalize("NFC", text.rpartition("@")[2])
    return Address(f"{local}@{written}", f"{_lower(local)}@{domain}", domain)


def _faults() -> tuple[tuple[str, str], ...]:
    """Return the reasons for refusal found before the library is asked, the most helpful first."""
    return (
        (r"\A\Z", _("l’adresse est vide")),
        (r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd\ud800-\udfff]", _("l’adresse contient un caractère de contrôle")),
        (rf"\A.{{{_LONGEST_MAILBOX}}}", _("l’adresse est trop longue")),
        (r"@.*[\s,;/].*@", _("plusieurs adresses se trouvent ensemble : une seule par ligne")),
        (r"\A[^@]*\Z", _("il manque l’arobase (@)")),
        (r"[<>]", _("un nom accompagne l’adresse : seule l’adresse est attendue")),
        (r"@.*@", _("il y a plusieurs arobases (@)")),
        (r"[\"\\()]", _("les guillemets et les parenthèses ne sont pas admis dans une adresse")),
        (r"\s", _("l’adresse contient un espace")),
        (r"[,;]", _("l’adresse contient une virgule ou un point-virgule")),
        (r"\A[-=]", _("l’adresse commence par un signe qui n’y a pas sa place")),
        # Legal in RFC 5322, but template and shell syntax everywhere the address may be printed or logged.
        (r"[{}$%*|!`]", _("l’adresse contient un signe réservé aux modèles de message")),
        (r"@\[|@[0-9.]+\Z", _("une adresse de machine (IP) n’est pas admise")),
        (r"@[^.]*\Z", _("le domaine n’a pas de point : il manque sans doute « .fr »")),
        (r"\A\.|\.@|@\.|\.\.|\.\Z", _("un point est mal placé")),
    )


def _lower(text: str) -> str:
    """Return `text` with ASCII letters only in lower case: `İ` and `ı` must not become `i`."""
    return "".join(c.lower() if c.isascii() else c for c in text)


# --- slips of the keyboard ---------------------------------------------------------------------------------------

_FREQUENT = (
    "aliceadsl.fr",
    "club-internet.fr",
    "gmail.com",
    "hotmail.com",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "numericable.fr",
    "orange.fr",
    "outlook.com",
    "outlook.fr",
    "protonmail.com",
    "wanadoo.fr",
    "yahoo.com",
    "yahoo.fr",
)
_REAL = frozenset({"cloud.com", "email.com", "grange.fr", "granges.fr", "mail.com", "oranges.fr", "ymail.com"})
_SLIPS = {
    "gmail.fr": "gmail.com",
    "gmail.co": "gmail.com",
    "gmail.cm": "gmail.com",
    "laposte.fr": "laposte.net",
    "hotmail.co": "hotmail.com",
    "hotmail.cm": "hotmail.com",
    "outlook.co": "outlook.com",
    "yahoo.co": "yahoo.com",
    "yahoo.cm": "yahoo.com",
}
# None of these left-hand names is a delegated top-level domain.
_TOP_SLIPS = {
    "cim": "com",
    "cmo": "com",
    "comm": "com",
    "con": "com",
    "coom": "com",
    "ocm": "com",
    "vom": "com",
    "xom": "com",
    "fe": "fr",
    "ffr": "fr",
    "fra": "fr",
    "frr": "fr",
    "ft": "fr",
    "rf": "fr",
    "ent": "net",
    "nett": "net",
    "ogr": "org",
    "orgg": "org",
}


@lru_cache(maxsize=8192)
def _meant(domain: str) -> str | None:
    """Return the domain that `domain` is a slip of, or None."""
    stem, _dot, top = domain.rpartition(".")
    right = f"{stem}.{_TOP_SLIPS.get(top, top)}"
    meant = _slips().get(right, right)
    return meant if meant != domain else None


@cache
def _slips() -> dict[str, str]:
    """Return every name one slip away from a frequent domain, with that domain."""
    near = {wrong: right for right in _FREQUENT for wrong in _one_slip(right)}
    return {wrong: right for wrong, right in (near | _SLIPS).items() if wrong not in _REAL and wrong not in _FREQUENT}


def _one_slip(domain: str) -> Iterator[str]:
    """Yield the names with one letter of the first label lost, doubled, replaced or swapped."""
    stem, _dot, top = domain.partition(".")
    for i in range(len(stem) + 1):
        head, tail = stem[:i], stem[i:]
        yield from (f"{head}{letter}{tail}.{top}" for letter in ascii_lowercase)
        if tail:
            yield f"{head}{tail[1:]}.{top}"
            yield from (f"{head}{letter}{tail[1:]}.{top}" for letter in ascii_lowercase)
        if len(tail) > 1:
            yield f"{head}{tail[1]}{tail[0]}{tail[2:]}.{top}"


# --- letters that imitate others ---------------------------------------------------------------------------------

_LATIN_WITHOUT_ACCENT = frozenset("æœøłđßþð")


@lru_cache(maxsize=1024)
def _look_alike_domain(domain: str) -> bool:
    labels = [idna.decode(label) if label.startswith("xn--") else label for label in domain.split(".")]
    foreign = any(_scripts(label) - {"LATIN"} for label in labels[:-1])
    return any(map(_look_alike, labels)) or (foreign and labels[-1].isascii())


def _look_alike(text: str) -> bool:
    """Tell whether `text` mixes scripts, or holds a letter that only looks like an ASCII one (UTS 39, simplified)."""
    if len(_scripts(text)) > 1 or unicodedata.normalize("NFKC", text) != unicodedata.normalize("NFC", text):
        return True
    bases = (unicodedata.normalize("NFD", c.lower())[0] for c in text if unicodedata.name(c, "").startswith("LATIN"))
    return any(not base.isascii() and base not in _LATIN_WITHOUT_ACCENT for base in bases)


def _scripts(text: str) -> set[str]:
    return {unicodedata.name(c, "UNNAMED").partition(" ")[0] for c in text if c.isalpha()}
