"""What mail systems of every make answer, and what it means: the person, the moment, or the sender."""

from __future__ import annotations

import pytest

from newsletter.providers.bounces.verdict import judge

HARD = [
    ("5.7.1", "550 5.7.1 Recipient address rejected: User unknown"),
    ("5.0.0", "550 5.1.1 <a@x.example>: Recipient address rejected: User unknown in virtual mailbox table"),
    ("5.0.0", "550 5.7.1 <a@x.example>... Invalid recipient"),
    ("", "550 No such person at this address."),
    ("", "550 <a@x.example>: Recipient address rejected: Invalid user"),
    ("", "User a (a@x.example) not listed in Domino Directory"),
    ("", "User a (a@x.example) not listed in public Name & Address Book"),
    ("", "550 unknown user a@x.example"),
    ("", "The recipient name is not recognized"),
    ("", "550 #5.1.0 Address rejected a@x.example does not exist, address unknown"),
    ("", "553 sorry, this recipient is in my badrecipientto list"),
    ("", "550 sorry, no mailbox here by that name (#5.1.1 - chkuser)"),
    ("5.4.4", "Host or domain name not found. Name service error for name=x.example type=A: Host not found"),
    ("5.1.2", "Sorry, I couldn't find any host named x.example. (#5.1.2)"),
    ("5.1.2", "Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)"),
    ("", "550 No such domain"),
    ("", "Invalid domain"),
    ("", "No MX found for x.example"),
    ("", "x.example has no SMTP service"),
    ("", "the domain is not reachable"),
    ("", "550 Illegal host/domain name found"),
    ("5.0.0", "556 5.1.10 Domain does not accept mail (nullMX)"),
    ("", "all relevant MX records point to non-existent hosts"),
    ("5.4.310", "550 5.4.310 DNS domain x.example does not exist [Message=InfoDomainNonexistent]"),
    ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient a@x.example not found by SMTP address lookup"),
    ("", "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking"),
    ("", "** Address not found ** Your message wasn't delivered because the address couldn't be found"),
    ("", "Adresse d'au moins un destinataire invalide. Invalid recipient. OFR204_416 [416]"),
    ("", "550 5.1.1 Adresse d au moins un destinataire invalide"),
    ("", "554 delivery error: dd This user doesn't have a yahoo.example account (a@yahoo.example) [0]"),
    ("", "550 Utilisateur inconnu !"),
    ("", "L'adresse de messagerie référencée ci-dessus n'existe pas."),
    ("", "550 El usuario no existe: usuario desconocido"),
    ("", "550 Nessun utente simile in questo indirizzo"),
    ("", "550 5.1.1 Empfänger unbekannt"),
    ("", "550 <a@x.example> is not a valid mailbox"),
    ("", "550 a@x.example: user does not exist"),
    ("", "5.1.0 - Unknown address error 550-'5.1.1 <a@x.example>: user unknown' (delivery attempts: 0)"),
    ("", "5.1.2 - Bad destination host 'DNS Hard Error looking up x.example (MX):  NXDomain'"),
    ("", "550 user not found"),
    ("", "550 Address unknown"),
    ("", "550 account has been terminated"),
    ("5.1.6", "551 not our customer"),
    ("", 'unrouteable mail domain "x.example"'),
    ("", "550 That email address is wrong or no longer valid"),
    ("", "553 5.3.0 <a@x.example>... Addressee unknown"),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. [x.prod.protection.outlook.com]"),
]
NOT_HARD = [
    ("soft", "5.1.1", "550 5.1.1 the sender has sent to too many recipients this hour"),
    ("block", "5.1.3", "553 http://www.spamhaus.org/query/bl?ip=192.0.2.10"),
    (
        "block",
        "5.1.0",
        "5.1.0 - Unknown address error 550-'5.7.1 <a@x.example>... Access denied' (delivery attempts: 0)",
    ),
    ("soft", "5.0.0", "5.1.0 - Unknown address error 550-'5.2.2 <a@x.example>... Mailbox Full' (delivery attempts: 0)"),
    ("soft", "", "550 5.2.2 User unknown or mailbox over quota"),
    (
        "block",
        "",
        "SMTP error from remote mail server after MAIL FROM:<r@reseau.example>: 553 5.1.0 reseau.example does not "
        "exist",
    ),
    (
        "block",
        "5.1.0",
        "host mx.x.example said: 550 5.1.0 reseau.example unknown domain (in reply to MAIL FROM command)",
    ),
    ("block", "", "550 Sender address rejected: User unknown in local recipient table"),
    ("block", "", "550 Domain of sender address r@reseau.example does not exist"),
    ("block", "", "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org"),
    ("block", "5.7.1", "550 5.7.1 Unable to relay for a@x.example"),
    ("block", "", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"),
    ("soft", "5.1.1", "452 4.2.2 The email account that you tried to reach is over quota"),
    (
        "soft",
        "",
        "Host or domain name not found. Name service error for name=x.example type=MX: Host not found, try again",
    ),
    ("soft", "", "The user's mailfolder is full."),
    ("soft", "", "Mailbox quota usage exceeded. Espacio en casilla agotado."),
    ("soft", "", "User mailbox exceeds allowed size: a@x.example"),
    ("soft", "", "552 5.2.2 This message is larger than the current system limit or the recipient's mailbox is full."),
    ("soft", "5.4.7", "5.4.7 - Delivery expired (message too old) 'timeout' (delivery attempts: 34)"),
    ("soft", "", "450 4.2.0 <a@x.example>: Recipient address rejected: Greylisted"),
    ("soft", "", "554 rejected [42]"),
    ("soft", "", "cannot append to mailbox: not owned by this account"),
    ("soft", "", "Delivery to the following recipients failed."),
    ("block", "5.1.1", "550 5.1.1 your IP address 192.0.2.10 is on our blacklist"),
    ("block", "5.7.1", "550 5.7.1 mailbox unavailable"),
    ("block", "", "550 5.7.509 Access denied, sending domain reseau.example does not pass DMARC verification"),
    ("block", "", "550 SPF check failed: reseau.example does not designate 192.0.2.10"),
    ("block", "", "552 5.3.4 Message size exceeds fixed limit"),
    ("soft", "4.4.1", "connect to mx.x.example[192.0.2.7]:25: Connection timed out"),
    ("soft", "5.4.6", "Too many hops 26 (25 max)"),
    ("soft", "4.1.1", "450 4.1.1 <a@x.example>: Recipient address rejected: unverified address: user unknown"),
    ("block", "", "550 HELO rejected: host not found"),
    ("block", "5.1.8", "553 5.1.8 <r@reseau.example>... Domain of sender address does not exist"),
]


@pytest.mark.parametrize(("status", "words"), HARD)
def test_a_dead_address_or_domain_is_told_as_hard(status, words):
    assert judge(status, words) == "hard"


@pytest.mark.parametrize(("kind", "status", "words"), NOT_HARD)
def test_what_is_for_now_or_about_the_sender_never_ends_a_subscription(kind, status, words):
    assert judge(status, words) == kind


def test_the_status_of_the_refusing_server_counts_before_the_one_of_the_report():
    assert judge("5.1.1", "smtp; 550 5.7.1 Message rejected") == "block"
    assert judge("5.7.1", "smtp; 550 5.1.1 gone") == "hard"
