"""Whom the words of a permanent SMTP answer speak of: the recipient's mailbox, or the sender, client, relay or quota.

Postfix gives almost every refusal at RCPT (`smtpd_delay_reject`), whatever it is about, and many relays answer a
sender's daily quota there too: the stage says little. Sources of the phrases: Postfix's smtpd_check.c and postconf(5),
Exim's ACL defaults, Microsoft's NDR list (5.1.90, 5.7.5xx to 5.7.7xx), Google's SMTP error reference (5.4.5, 5.7.1,
5.7.26), Yahoo's and OVH's published codes, RFC 7372 (5.7.20 to 5.7.26), RFC 7505 (5.7.27).
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

About = Literal["recipient", "us", "unclear"]

# A mailbox that is not there, closed or full (RFC 3463 sections 3.2 and 3.3, RFC 7505).
_RECIPIENT_STATUS = re.compile(r"(?:1\.(?:1|2|3|4|6|10)|2\.[1-4])\Z")
# Our sender address (RFC 3463), sending quotas, and proofs of who we are (RFC 7372; Microsoft's own numbers).
_OUR_STATUS = re.compile(r"(?:1\.(?:7|8|90)|4\.5|7\.(?:8|9|2[0-7]|5[01]\d|6[0-4]\d|7\d\d|60|64))\Z")
# Microsoft: a mailbox or group that takes mail from some senders only: the words speak of the sender, but its owner
# decided.
_RESTRICTED_STATUS = re.compile(r"7\.1[23]\d\Z")

_ECHO = re.compile(r"<[^<>]*>|[^\s<>@]+@[^\s<>]+|https?://\S+")
_BLANKS = re.compile(r"[\s_]+")

# Each tuple holds alternatives; a phrase begins at a word.
_MAILBOX = r"(?:user|mailbox|recipient|account|address|inbox|person|destinataire|utilisateur|bo[iî]te|adresse)"
_GONE = (
    r"(?:unknown|not (?:found|exist|valid|active|available|accept\w+)|(?:does|do)n't exist|n'existe pas|inconnue?"
    r"|unavailable|disabled|inactive|invalid|deactivated|no longer|expired|is full|pleine?|over ?quota"
    r"|over (?:the |its )?(?:allowed )?(?:quota|storage)|has exceeded (?:its|the|his|storage)|exceeded storage)\b"
)
_RECIPIENT_PHRASES = (
    rf"(?:unknown|no such|no|invalid|bad|inactive|disabled|non-?existent|unroute?able|undeliverable)"
    rf" (?:local )?{_MAILBOX}\b",
    rf"{_MAILBOX}\b[^.;]{{0,60}}?\b{_GONE}",
    r"(?:mailbox|storage|disk) (?:is )?(?:full|quota|limit|space)",
    r"quota exceeded \(mailbox",
    r"you (?:tried|are trying) to (?:reach|contact)",
    r"recipient address rejected: (?:domain|undeliverable|unverified)",
)
_QUOTA_PHRASES = (
    r"(?:daily|hourly|monthly|weekly|sending|send|sender'?s?|outgoing|outbound|submission|messages?|relay|smtp|plan)"
    r"(?: (?:user|sending|messages?|emails?|mails?|relay|recipients?|rate|account)){0,2}"
    r" (?:quotas?|limits?|allowance)\b",
    r"(?:quotas?|limits?) (?:of|for|on|per) (?:\w+ ){0,2}"
    r"(?:messages|emails|mails|recipients|sending|outgoing|sender|day|hour)\b",
    r"too many (?:messages|emails|mails|recipients|connections)",
    r"rate ?limit|message rate|throttl",
    r"(?:messages|emails|mails|recipients) (?:per|an|a|in the last|this) (?:hour|day|minute|24|month)",
    r"quota (?:d'envoi|journalier|horaire|mensuel|de messages|de mails)",
    r"limite (?:d'envoi|journali[eè]re|horaire|de messages|de mails)",
    r"(?:out of|insufficient|not enough|no more) credits?\b|credits? (?:exhausted|exceeded)",
)
_CLIENT_PHRASES = (
    r"client (?:host|ip|address|was|is|has|does|not)\b",
    r"your (?:ip|server|host|hostname|network|domain|mail ?server|sending|account|isp|provider|mta|reverse|ptr"
    r"|reputation|subscription|plan|smtp)\b",
    r"votre (?:ip|serveur|domaine|compte|fournisseur|abonnement)\b",
    r"the ip you(?:'re| are) using|banned sending ip|traffic not accepted|blocked using",
    r"ip (?:address )?(?:\[[^]]*\] )?(?:is |has been |was )?(?:blocked|listed|banned|denied)\b",
    r"(?:helo|ehlo) (?:command )?rejected|(?:invalid|bad) (?:helo|ehlo)",
    r"reverse (?:dns|hostname)|ptr record|rdns\b|(?:poor|bad|low) (?:sender )?reputation",
)
_SENDER_PHRASES = (
    r"sender address|sender (?:is |was |domain |has (?:been )?)?"
    r"(?:rejected|denied|blocked|banned|unknown|unverified|not|verif\w+|refused|invalid|suspended)\b",
    r"(?:invalid|bad|unknown|banned|blocked|rejected|unauthori[sz]ed) sender\b",
    r"mail from\b|return.path|envelope sender|exp[eé]diteur|sending domain|from (?:address|header|domain)\b",
    r"not (?:allowed|permitted|authori[sz]ed|owned)(?: \w+){0,3} (?:send|as this sender|by user)\b",
    r"permissions? to send as|unauthenticated (?:e-?mail|message)|spf\b|dkim\b|dmarc\b",
)
_RELAY_PHRASES = (
    r"relay(?:ing)?(?: access)? (?:is )?(?:denied|not permitted|not allowed|prohibited|disallowed|forbidden|refused)",
    r"(?:unable|not permitted|not allowed|cannot|can't|refused?|attempt)(?: to)? relay|do(?:es)? not relay|no relaying",
    r"authentication (?:is )?required|must (?:authenticate|issue a starttls|use tls)|not authenticated",
    r"auth(?:entication)? (?:failed|needed|first)|log ?in first|tenantattribution",
)
_BLOCKLISTS = (
    r"spamhaus|spamcop|barracuda|sorbs|abuseat|senderscore|uceprotect|dnsbl\b|rbl\b|black ?list|block ?list|deny ?list",
)


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})")


_OF_QUOTA = _any_of(*_QUOTA_PHRASES)
_OF_A_MONTH = _any_of(r"month|mensuel|par mois|credits?\b|cr[eé]dits?\b|plan\b")
_OF_AN_HOUR = _any_of(r"hour|horaire|par heure|minute|rate|throttl|too many connections")
_OF_RECIPIENT = _any_of(*_RECIPIENT_PHRASES)
_OF_US = _any_of(*_QUOTA_PHRASES, *_CLIENT_PHRASES, *_SENDER_PHRASES, *_RELAY_PHRASES)
_OF_A_LIST = _any_of(*_BLOCKLISTS)


class Words(NamedTuple):
    """What an answer says: `status` without its class (`7.1`), `text` as it came."""

    status: str
    text: str


def about(words: Words, *, whole_message: bool = False) -> About:
    """Return whom a permanent answer speaks of, from its words and its enhanced status together.

    Words outweigh the status, since many servers answer everything with one number; where the words speak of both or of
    neither, the status decides, and where that is a general one (5.7.1, 5.0.0), the answer is unclear. `whole_message`:
    it was given after the final dot, where the name of a block list may be about a link in the text.
    """
    if _RESTRICTED_STATUS.match(words.status):
        return "unclear"
    text = _plain(words.text)
    person = bool(_OF_RECIPIENT.search(text))
    us = bool(_OF_US.search(text)) or (not whole_message and bool(_OF_A_LIST.search(text)))
    by_status = _about_by_status(words.status)
    if us != person:
        return "us" if us else "recipient" if by_status != "us" else "unclear"
    return by_status


def quota_period(text: str) -> Literal["hour", "day", ""]:
    """Return which quota of ours an answer says is used: an hour's, a day's; "" for a month's, bought credits or none.

    A quota without a period counts as a day's, the most frequent one.
    """
    plain = _plain(text)
    if not _OF_QUOTA.search(plain) or _OF_A_MONTH.search(plain):
        return ""
    return "hour" if _OF_AN_HOUR.search(plain) else "day"


def _about_by_status(status: str) -> About:
    if _RECIPIENT_STATUS.match(status):
        return "recipient"
    return "us" if _OUR_STATUS.match(status) else "unclear"


def _plain(text: str) -> str:
    """Return `text` in small letters without addresses and links: an address may spell any word."""
    return _BLANKS.sub(" ", _ECHO.sub(" ", text).replace("’", "'").lower())
