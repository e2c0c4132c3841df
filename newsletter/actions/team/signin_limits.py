"""How often a sign-in link may be asked for: counted for who asks, so that no stranger's request locks a user out.

A browser that somebody has signed in from has a count of its own; every other one shares the count of its network.
What strangers ask for one address neither uses up its owner's links nor fills the mailbox: beyond a few mails an hour
the link that lies in the mailbox already is kept alive instead, and whoever reads that mailbox gets in.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

from newsletter.actions.team.sessions import Requester
from newsletter.actions.team.users import digest
from newsletter.actions.workspace import Workspace
from newsletter.networks import network_of
from newsletter.store.people import limits
from newsletter.store.team import sessions
from newsletter.store.team import users as store
from newsletter.store.team.users import User

LINK_SECONDS = 15 * 60.0
SIGN_IN = "sign-in"
_HOUR = 3600
_PER_NETWORK, _PER_DEVICE = 30, 10
_MAILED_TO_KNOWN, _MAILED_TO_UNKNOWN = 5, 3
_OLDEST = _HOUR - LINK_SECONDS  # a link that is kept alive ends an hour after it was mailed


def may_ask(workspace: Workspace, requester: Requester) -> bool:
    """Count one request for a link; tells whether the requester may go on. It depends on the requester alone."""
    mark = workspace.signer.fingerprint
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        if requester.device and sessions.device_users(connection, digest(requester.device)):
            asked = limits.hit(connection, f"signin-device:{mark('limit', requester.device)}", now, _HOUR)
            return asked <= _PER_DEVICE
        asked = limits.hit(connection, f"signin-network:{mark('limit', network_of(requester.ip))}", now, _HOUR)
        return asked <= _PER_NETWORK


def wants_mail(workspace: Workspace, connection: Connection, user: User, requester: Requester, now: float) -> bool:
    """Tell whether to mail `user` a link; if not, the link that they were mailed last lives on from now."""
    known = user.id in sessions.device_users(connection, digest(requester.device))
    most = _MAILED_TO_KNOWN if known else _MAILED_TO_UNKNOWN
    mark = workspace.signer.fingerprint("limit", f"{user.id}:{'known' if known else 'unknown'}")
    if limits.hit(connection, f"signin-mails:{mark}", now, _HOUR) <= most:
        return True
    return not store.extend(connection, SIGN_IN, str(user.id), now - _OLDEST, now + LINK_SECONDS, now)
