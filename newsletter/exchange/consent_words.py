"""What the word in a cell says of a person: may be written to, must not be, has not confirmed, or is not understood.

The words are those of the tools named beside them, in the languages their exports come in. A word that is not listed
is never a consent: `word_standing` answers "unclear".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from newsletter.exchange.titles import role_of, role_word
from newsletter.exchange.values import fold, iso_date

Standing = Literal["", "left", "bounced", "complained", "pending", "unclear"]
"""May be mailed (""), must not be (left, bounced, complained), has not confirmed (pending), or is not understood."""

STOPPED: frozenset[Standing] = frozenset({"left", "bounced", "complained"})

Answer = Literal["yes", "no", "blank", "date", ""]
"""What a cell answers to a yes/no question; "" when it is no answer at all."""


def word_set(text: str) -> frozenset[str]:
    """Return the folded words of a list with commas."""
    return frozenset(" ".join(word.split()) for word in text.split(","))


_YES = word_set(
    """1, oui, o, yes, y, ok, true, vrai, v, x, xx, on, checked, coche, cochee, ja, j, si, s, sim, wahr, verdadero,
    vero, accepte, acceptee, accepted, agree, agreed, d accord, accord, autorise, autorisee, granted, donne, obtenu,
    recueilli, signe, explicite, implicite, tacite, express, explicit, implied, consenti, 1 0, true 1, allow, allowed,
    autoriser, single, double, valide, validee"""
)
_NO = word_set(
    """0, non, n, no, false, faux, f, off, nein, nee, nao, falsch, falso, not checked, unchecked, decoche, decochee,
    non coche, non cochee, 0 0, 00, not agreed, not accepted, non merci, no thanks, pas d accord, jamais,
    never, nok, ko, hs"""
)
_BLANK = word_set(
    "null, none, nan, na, n a, nd, nc, undefined, nil, vide, empty, 0000 00 00, 0000 00 00 00 00 00, neant"
)
_YES_SIGNS, _NO_SIGNS = frozenset("✓✔☑✅🗹"), frozenset("✗✘☐❌✖❎🗙")
_YES_START = re.compile(r"(oui|yes|ok|j accepte|je souhaite|j autorise|je consens|i agree|i accept|i consent|i want)\b")
_DENIED = re.compile(r"\b(ne|n|non|pas|plus|jamais|not|never|no longer|don t|do not|refuse)\b")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_BARE_YES = word_set(
    "1, oui, o, yes, y, ok, true, vrai, v, x, xx, on, checked, coche, cochee, ja, j, si, s, sim, wahr, "
    "verdadero, vero, 1 0, true 1"
)

_ANSWERED: Mapping[Answer, Standing] = {"yes": "", "no": "left", "date": "unclear", "blank": "", "": "unclear"}


@lru_cache(maxsize=4096)
def answer(text: str) -> Answer:
    """Return what `text` answers to a yes/no question: `x` and a date are a yes in their own way."""
    if (sign := text.strip()) and len(sign) <= 2 and sign[0] in _YES_SIGNS | _NO_SIGNS:
        return "yes" if sign[0] in _YES_SIGNS else "no"
    words = plain_words(text)
    if not words:
        return "" if "?" in text else "blank"
    if words in _BLANK:
        return "blank"
    if words in _YES or words in _NO:
        return "yes" if words in _YES else "no"
    if iso_date(text) or re.match(r"(19|20)\d{6}t\d{4,6}\b|1[5-9]\d{8}(\d{3})?\Z", words):
        return "date"
    if _YES_START.match(words) and not _DENIED.search(words):
        return "yes"
    if re.match(r"\s*(non|no)\s*[,;.:!–-]", text, re.IGNORECASE):
        return "no"
    return ""


def is_bare_yes(text: str) -> bool:
    """Tell whether `text` is a yes and nothing else: `allowed` is a yes too, but says to what."""
    sign = text.strip()
    return (bool(sign) and sign[0] in _YES_SIGNS) or plain_words(text) in _BARE_YES


# Whole words, from the tool's own lists of states.
_ACTIVE = word_set(
    """1, abonne, abonnee, abonnes, abonne actif, actif, active, confirme, confirmed, confirmee, double opt in, enabled,
    in, inscrit, inscrite, new, non desabonne, non desinscrit, nouveau, ok, opt in, optin, oui, soft bounce,
    soft bounced, subscribed, subscriber, true, valid, valide, validee, verified, verifie, vrai, yes, opted in,
    optedin, activated, activee, actives, live, engaged, deliverable, contactable, mailable, not unsubscribed,
    non unsubscribed, double optin, single opt in, single optin, optin confirmed, opt in confirmed, confirmed opt in,
    email allowed, allow, allowed, autorise, autoriser, accepte, acceptee, marketing contact, email subscribed,
    angemeldet, aktiv, bestatigt, abonniert, suscrito, suscrita, activo, activa, iscritto, iscritta, attivo, attiva,
    ingeschreven, actief, inscripto, membre actif, contact actif, regular, regulier, normal, digest, mail, summary,
    plain, mime digests, plaintext digests, summary digests, notice, html, txt, urlize, premium, gifted, gift,
    comped, free, gratuit, paid, payant,
    trialed, trial, churning, past due, not bounced, none bounced, registered, enregistre, soft bouncing, transferred,
    subscribes, s est inscrit, 1 oui, reactive, resubscribed, reinscrit, reabonne, a jour"""
)
_LISTED: Mapping[str, Standing] = {
    "0": "left",
    "2": "unclear",
    "non": "left",
    "no": "left",
    "false": "left",
    "faux": "left",
    "dnc": "left",  # Benchmark Email
    "dne": "left",
    "out": "left",
    "by user": "left",  # Mailman 3
    "by moderator": "left",
    "by bounces": "bounced",
    "on": "left",  # Mailman 2: `nomail [reason]` is `on [U]`
    "on u": "left",
    "on a": "left",
    "on b": "bounced",
    "on hold": "bounced",  # CiviCRM
    "on hold bounce": "bounced",
    "on hold opt out": "left",
    "temporary hold": "unclear",  # Constant Contact
    "no permissions set": "unclear",
    "non marketing contact": "unclear",  # HubSpot
    "cold": "unclear",  # Kit (ConvertKit)
    "transactional": "left",  # Mailchimp: never agreed to be written to
    "dropped": "bounced",  # SendGrid
    "nomail": "left",
    "churned": "left",
    "nosub": "left",
    "tbc": "pending",
    "unknown": "unclear",
    "inconnu": "unclear",
}

# The Newsletter Plugin writes one letter; a column of a civil servant's categories (A, B, C) must not be taken for it.
LETTERS: Mapping[str, Standing] = {"C": "", "S": "pending", "U": "left", "B": "bounced", "P": "complained"}

# Beginnings of folded words: `desabonne` covers désabonné·e, DÉSABONNÉE, « désabonné le 12/03/2024 ».
_STOPS: tuple[tuple[Standing, re.Pattern[str]], ...] = (
    (
        "complained",
        re.compile(
            r"\b(complain|plaintes?\b|spam\b|spammer|abus|report(ed)? as|signal(e|ement)\b|junk|indesirable|fbl\b|"
            r"feedback loop|reclamation|queja|reclamo|beschwerde)"
        ),
    ),
    (
        "bounced",
        re.compile(
            r"\b(clean(ed)?\b|bounc|hard\b|hardbounce|npai\b|rejet|reject|undeliver|not deliver|non delivr|erreur\b|"
            r"error\b|nettoye|rebond|(adresse |e ?mail |mail )?(invalid|erron|inexist|n existe)|"
            r"unreachable|injoignable|"
            r"non remis|quarantin|user unknown|unknown user|mailbox (full|unavailable|disabled)|"
            r"does not exist|introuvable|"
            r"retour a l (envoyeur|expediteur)|failed|failing|echec|bad address|wrong address|fausse adresse|"
            r"rebotad|devuelt|rimbalz|unzustellbar|teruggestuurd|dead\b|perime|obsolete)"
        ),
    ),
    (
        "left",
        re.compile(
            r"\b(unsub|un sub|desabon|de abonn|desinscri|de inscri|non[ -]?(abonne|inscrit|subscribed|optin|opt in)|"
            r"pas (abonne|inscrit)|not (subscribed|opted|allow|active|agree|consent|contactable|mailable)|"
            r"nonsubscribed|nomail|no mail|no e ?mail|opt(ed|ing)? ?out|optedout|remov|retire\b|retiree\b|a retirer|"
            r"radie|supprim|a supprimer|effac|delet|archiv|block|black|bloqu|liste noire|exclu|suppress|stop\b|stoppe|"
            r"disabled|desactiv|deactivat|inactiv|inactif|refus|oppos|resili|left\b|parti\b|partie\b|sorti\b|sortie\b|"
            r"quitt|cancel|annul|suspend|declin|denied|withdr|retract|revok|revoqu|decede|mute\b|mutee\b|"
            r"do not|don t|dont (send|mail|contact)|ne (plus|pas)|n (accepte|autorise|est) pas|"
            r"ne \w+ (plus|pas)|plus de (mail|lettre|newsletter|courriel|message)|"
            r"no longer|never\b|jamais|forget|oubli|gdpr|expired|expire\b|banned|banni|demissionn|"
            r"abgemeldet|ausgetragen|gesperrt|inaktiv|desuscri|dado de baja|baja\b|cancelad|disiscri|cancellat|inattiv|"
            r"afgemeld|uitgeschreven|geblokkeerd|inactivo|descadastr|odhlas|wypis|not on list)"
        ),
    ),
    (
        "pending",
        re.compile(
            r"\b(pending|attente|unconfirm|(non|pas|not) (confirm|activ|verif|valid|bestat)|await|waiting|unactivat|"
            r"a (confirmer|valider|verifier)|en cours|unverified|invit|not yet|unbestatigt|pendiente|in attesa|"
            r"no confirm|non optin|half|provisional|draft)"
        ),
    ),
)
_NEGATED = re.compile(
    r"(non|pas|jamais|not|never) (unsub\w*|desabon\w*|desinscri\w*|opted out|optout|opt out|black\w*|"
    r"block\w*|bloque\w*|"
    r"bounced|exclue?|supprime\w*|refuse\w*)"
)

# The states of people as employees, members and elected: a "Statut" of another kind, which says nothing of mail.
_OTHER_STATES = word_set(
    """titulaire, suppleant, suppleante, contractuel, contractuelle, fonctionnaire, stagiaire, vacataire, apprenti,
    apprentie, salarie, salariee, cadre, independant, independante, benevole, volontaire, adherent, adherente, membre,
    member, non adherent, non adherente, non membre, sympathisant, sympathisante, partenaire, client, prospect, lead,
    contact, customer, donateur, donatrice, mecene, public, prive, mixte, association, associatif, entreprise, commune,
    collectivite, epci, departement, region, intercommunalite, syndicat mixte, etat, sarl, sas, sa, scop, scic, scea,
    loi 1901, marie, mariee, celibataire, divorce, divorcee, veuf, veuve, pacse, pacsee, concubinage, en poste,
    en fonction, en exercice, en activite, cdi, cdd, interim, temps plein, temps partiel, categorie a, categorie b,
    categorie c, a, b, c, etudiant, etudiante, retraite, retraitee, membre du bureau, membre du ca, membre de droit,
    membre fondateur, membre associe, invite permanent, majorite, minorite, ancien adherent, honoraire, expert,
    prospect chaud, prospect froid, fournisseur, prestataire, elu, elue, agent, particulier, professionnel, etranger,
    francais, importe, imported, marketing qualified lead, sales qualified lead, opportunity, subscriber, evangelist,
    oui a jour, cotisant, cotisante, detache, detachee, mis a disposition, mise a disposition,
    en disponibilite, en conge, en retraite, en detachement, stagiaire de la fonction publique, beneficiaire,
    correspondant, correspondante, referent, referente"""
)


@lru_cache(maxsize=4096)
def word_standing(text: str) -> Standing:
    """Return what the status `text` means; an empty one means nothing against the person."""
    words = plain_words(text)
    if re.fullmatch(r"-\s*\d+", text.strip()):
        return "left"  # AcyMailing: -1 is unsubscribed
    if not words:
        return "unclear" if "?" in text else ""
    if words in _BLANK:
        return ""
    if words in _ACTIVE:
        return ""
    if words in _LISTED:
        return _LISTED[words]
    if _NEGATED.match(words):
        return "" if _NEGATED.fullmatch(words) else "unclear"
    if found := next((standing for standing, pattern in _STOPS if pattern.search(words)), None):
        return "unclear" if "?" in text and words not in _LISTED else found
    return _ANSWERED[answer(text)]


def is_other_state(text: str) -> bool:
    """Tell whether `text` is the state of an employee, a member or an elected person, which says nothing of mail."""
    words = plain_words(text)
    if words in _OTHER_STATES:
        return True
    return word_standing(text) == "unclear" and bool(role_word(text) or role_of(text))


def is_state_word(text: str) -> bool:
    """Tell whether `text` is a word that a tool uses for the state of a subscriber, other than yes, no or a number."""
    words = plain_words(text)
    return bool(words) and not answer(text) and word_standing(text) != "unclear" and not is_other_state(text)


def is_number(text: str) -> bool:
    """Tell whether `text` is a number."""
    return bool(_NUMBER.fullmatch(text.strip()))


def plain_words(text: str) -> str:
    """Return `text` folded, without the endings of inclusive writing: `désinscrit(e)` is `desinscrit`."""
    return re.sub(r"(?<=[a-z]) (e|es|ee|ees|ve|ves|rice|rices)\b", "", fold(text))
