"""One tree of errors: each says what, where, and what to do next. Doors turn them into an exit code or a page."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from newsletter.i18n import Sentence


class NewsletterError(Exception):
    """Something was refused or failed.

    `what` is a sentence without final stop, `where` names file, field and line (or the record), `hint` says what to do:
    English, for the command line and the logs. `said` is for people in the browser, who type no commands: what happened
    and what to do next, in their language. Every error that can reach a page must set
    it, unless `what` itself was put through `_`.
    """

    usually: Sentence | str = ""  # what a page says of a whole kind of error whose details only a programmer can use

    def __init__(self, what: str, *, where: str = "", hint: str = "", said: Sentence | str = "") -> None:
        self.what, self.where, self.hint, self.said = what, where, hint, said
        place = f" ({where})" if where else ""
        advice = f". {hint}" if hint else ""
        super().__init__(f"{what}{place}{advice}")

    @property
    def told(self) -> str:
        """What a page shows: `said` in the language of now, else what is `usually` said, else `what`."""
        return str(self.said) or str(self.usually) or self.what


class SettingsError(NewsletterError):
    """`newsletter.toml` or the environment holds something that cannot be used."""


class ContentError(NewsletterError):
    """An article or issue file cannot be read or written."""


class AudienceError(NewsletterError):
    """The rule of an audience cannot be read, or names what is not there."""


class AddressError(NewsletterError):
    """A text is not a usable email address."""


class RenderingError(NewsletterError):
    """A letter cannot be rendered from these values."""


class MessageError(NewsletterError):
    """A value is not allowed in a message header or slot."""

    usually = Sentence(
        "Une valeur ne peut pas figurer dans un message. Vérifiez l’objet du numéro, puis le nom et les adresses du "
        "réseau dans les réglages."
    )


class StoreError(NewsletterError):
    """The database refuses, or does not hold what was asked for."""


class NotFound(StoreError):  # noqa: N818 - reads as what it says: the thing was not found
    """The issue, mailing, person or organisation asked for does not exist."""


class Refused(NewsletterError):  # noqa: N818 - an answer, not a fault: the rules say no
    """The rules of the product forbid it: a door shows the sentence and changes nothing."""


class ExchangeError(NewsletterError):
    """A file given for import cannot be read as a table."""


class ProviderError(NewsletterError):
    """A sending provider is not configured or not usable at all."""


class MailboxError(NewsletterError):
    """A file, directory or mailbox that holds what came back cannot be read."""


class TokenError(NewsletterError):
    """A token is truncated, forged, expired or made for something else."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint naming the known word nearest to `word`, or the list of known words when none is near."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return "known: " + ", ".join(f"`{w}`" for w in words) if words else ""
