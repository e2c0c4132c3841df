"""What an SMTP answer means for the person, the mailing or the provider.

RFC 5321 section 4.2 (reply codes), RFC 3463 (enhanced status codes: the middle number says what it is about), RFC 4954
(530 to 538: authentication).
"""

from __future__ import annotations

from newsletter.messages import Outcome, OutcomeScope
from newsletter.providers.smtp_wire import Answer, SmtpReply, Stage
from newsletter.providers.smtp_words import Words, about

_LOG_IN = frozenset({530, 534, 535, 538})
_OUT_OF_SEQUENCE = 503
_BEYOND_RECIPIENT = frozenset({"3", "4", "5"})


def judge(delivery: int, answer: Answer) -> Outcome:
    """Return the outcome of a settled transaction with exactly one recipient.

    2xx to the dot: accepted. 4xx: deferred. 5xx: refused; at MAIL nothing was said of the recipient yet, so it is about
    the mailing; later, status and words tell whether it is about the recipient, about us, or unclear. A demand to log
    in or a complaint about the order of commands condemns neither: deferred, the provider's affair.
    """
    stage, reply = answer
    if stage == "dot" and reply.code < 300:
        return Outcome(delivery, "accepted", code=reply.code, status=reply.status, text=reply.text)
    if reply.code in _LOG_IN or reply.code == _OUT_OF_SEQUENCE:
        return deferred(delivery, reply, "provider")
    if reply.code < 500:
        return deferred(delivery, reply, _temporary_scope(stage, reply.status[2:]))
    return Outcome(
        delivery, "refused", _permanent_scope(stage, reply), code=reply.code, status=reply.status, text=reply.text
    )


def deferred(delivery: int, reply: SmtpReply, scope: OutcomeScope) -> Outcome:
    """Return the outcome of a message that was certainly not taken."""
    return Outcome(delivery, "deferred", scope, code=reply.code, status=reply.status, text=reply.text)


def untried(delivery: int, why: str) -> Outcome:
    """Return the outcome of a message nothing of which was written."""
    return Outcome(delivery, "untried", "provider", text=why)


def _temporary_scope(stage: Stage, about_: str) -> OutcomeScope:
    if stage == "mail" or about_[:1] in _BEYOND_RECIPIENT:
        return "provider"
    return "recipient"


def _permanent_scope(stage: Stage, reply: SmtpReply) -> OutcomeScope:
    if stage == "mail":
        return "mailing"
    found = about(Words(reply.status[2:], reply.text), whole_message=stage == "dot")
    return "mailing" if found == "us" else found
