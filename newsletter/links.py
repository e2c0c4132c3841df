"""The personal addresses in a letter: opaque signed tokens under the public base URL, never an email address.

One purpose each, so that a link for one thing opens no other (tokens.py); unsubscribe links name person and publication
(RFC 8058 section 3.1) and stay valid for years, across key rotations.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.errors import TokenError
from newsletter.i18n import Sentence
from newsletter.tokens import Signer

_UID = 16


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads the personal links of subscribers (`uid`: their 16 random bytes)."""

    base_url: str
    signer: Signer

    def unsubscribe(self, uid: bytes, publication: str) -> str:
        """Return the address that shows the unsubscription page on GET and unsubscribes on POST."""
        return f"{self.base_url}/desabonnement/{self.signer.seal('unsubscribe', uid + publication.encode())}"

    def preferences(self, uid: bytes) -> str:
        """Return the address of a person's choices."""
        return f"{self.base_url}/preferences/{self.signer.seal('preferences', uid)}"

    def proposal(self, uid: bytes) -> str:
        """Return the address under which a contact of a member proposes an article."""
        return f"{self.base_url}/proposer/{self.signer.seal('proposal', uid)}"

    def web_version(self, issue: str, uid: bytes | None = None) -> str:
        """Return the web version of an issue; with `uid`, the key that opens a members' issue for that person."""
        page = f"{self.base_url}/lettres/{issue}"
        return page if uid is None else f"{page}?cle={self.signer.seal('archive', uid + issue.encode())}"

    def read_unsubscribe(self, token: str) -> tuple[bytes, str]:
        """Return (uid, publication) of an unsubscribe token; TokenError."""
        return self._two("unsubscribe", token)

    def read_archive(self, token: str) -> tuple[bytes, str]:
        """Return (uid, issue) of the key to a members' issue; TokenError."""
        return self._two("archive", token)

    def read_preferences(self, token: str) -> bytes:
        """Return the uid of a preferences token; TokenError."""
        return self._uid(self.signer.open("preferences", token))

    def read_proposal(self, token: str) -> bytes:
        """Return the uid of a proposal token; TokenError."""
        return self._uid(self.signer.open("proposal", token))

    def _two(self, purpose: str, token: str) -> tuple[bytes, str]:
        payload = self.signer.open(purpose, token)
        return self._uid(payload[:_UID]), payload[_UID:].decode()

    @staticmethod
    def _uid(payload: bytes) -> bytes:
        if len(payload) != _UID:
            raise TokenError(
                "this link is not valid",
                hint="use the link of a recent letter",
                said=Sentence(
                    "Ce lien ne vaut pas ou plus. Prenez celui d’une lettre récente, ou demandez-en un nouveau."
                ),
            )
        return payload
