"""Sessions of the Studio, and the devices that users have signed in from before. Secrets are kept as digests only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.actor import Actor
from newsletter.store.tables.pages import users
from newsletter.store.tables.signin import devices, sessions
from newsletter.store.team import factors
from newsletter.store.team.users import User


@dataclass(frozen=True, slots=True)
class UserSession:
    """A browser that is signed in: `digest` of its cookie, the CSRF token of its forms, where it came from.

    `proved_at` and `second_at` are when its user was last proven in it, and when first by a second factor; `has_second`
    tells whether the user has one, `read_at` when all this was read.
    """

    digest: str
    user: User
    csrf: str
    created_at: float
    seen_at: float
    agent: str
    network: str
    proved_at: float
    second_at: float | None
    mark: str
    has_second: bool
    read_at: float

    @property
    def half_open(self) -> bool:
        """Whether its user has a second factor that was not given in it."""
        return self.has_second and self.second_at is None

    @property
    def actor(self) -> Actor:
        """The user, acting in this session."""
        return Actor(self.user.called, self.user.id, self.mark)


def open_session(
    connection: Connection,
    digest: str,
    user_id: int,
    *,
    csrf: str,
    now: float,
    expires: float,
    agent: str,
    network: str = "",
    second: bool = False,
    mark: str = "",
) -> None:
    """Store a new session, and forget those that have expired."""
    connection.execute(sessions.delete().where(sessions.c.expires_at < now))
    connection.execute(
        sessions.insert().values(
            digest=digest,
            user_id=user_id,
            csrf=csrf,
            created_at=now,
            seen_at=now,
            expires_at=expires,
            agent=agent,
            network=network,
            mark=mark,
            proved_at=now,
            second_at=now if second else None,
        )
    )


def find_session(connection: Connection, digest: str, now: float, *, idle: float, age: float) -> UserSession | None:
    """Return the session of a cookie, of a user with access, while it is open.

    It ends at its own end, `idle` seconds after its last page, and `age` seconds after it was opened.
    """
    query = _open_ones(now, idle, age).where(sessions.c.digest == digest)
    row = connection.execute(query).first()
    return _session(row, now) if row else None


def sessions_of(connection: Connection, user_id: int, now: float, *, idle: float, age: float) -> list[UserSession]:
    """Return a user's sessions that are still open, the last used first; `idle` and `age` as for `find_session`."""
    query = _open_ones(now, idle, age).where(sessions.c.user_id == user_id).order_by(sessions.c.seen_at.desc())
    return [_session(row, now) for row in connection.execute(query)]


def prove_session(connection: Connection, digest: str, now: float, *, second: bool, renamed: str = "") -> None:
    """Record that its user was proven in a session, with `second` by a second factor; `renamed` is its new digest."""
    values: dict[str, Any] = {"proved_at": now, "digest": renamed or digest}
    if second:
        values["second_at"] = sa.func.coalesce(sessions.c.second_at, now)
    connection.execute(sessions.update().where(sessions.c.digest == digest).values(values))


def touch_session(connection: Connection, digest: str, now: float) -> None:
    """Record the use of a session."""
    connection.execute(sessions.update().where(sessions.c.digest == digest).values(seen_at=now))


def close_session(connection: Connection, digest: str, user_id: int | None = None) -> bool:
    """End one session, with `user_id` only one of that user; tells whether there was one."""
    query = sessions.delete().where(sessions.c.digest == digest)
    if user_id is not None:
        query = query.where(sessions.c.user_id == user_id)
    return connection.execute(query).rowcount > 0


def close_sessions(connection: Connection, user_id: int, *, but: str = "") -> int:
    """End every session of a user, except the one with the digest `but`; return how many."""
    query = sessions.delete().where(sessions.c.user_id == user_id, sessions.c.digest != but)
    return int(connection.execute(query).rowcount)


def know_device(connection: Connection, digest: str, before: str, user_id: int, now: float, *, kept: float) -> bool:
    """Remember that a user signed in from the device `digest`, known as `before` until now.

    Every user's mark of the device moves to the new digest. Tells whether this user had signed in from it already.
    Devices of theirs not seen for `kept` seconds are forgotten.
    """
    long_gone = sa.and_(devices.c.user_id == user_id, devices.c.seen_at < now - kept)
    connection.execute(devices.delete().where(long_gone))
    mine = sa.and_(devices.c.digest == before, devices.c.user_id == user_id)
    known = connection.execute(devices.update().where(mine).values(seen_at=now)).rowcount > 0
    connection.execute(devices.update().where(devices.c.digest == before).values(digest=digest))
    if not known:
        connection.execute(devices.insert().values(digest=digest, user_id=user_id, first_at=now, seen_at=now))
    return known


def device_users(connection: Connection, digest: str) -> frozenset[int]:
    """Return the ids of the users who have signed in from a device."""
    return frozenset(connection.execute(sa.select(devices.c.user_id).where(devices.c.digest == digest)).scalars())


def has_device(connection: Connection, user_id: int) -> bool:
    """Tell whether a user has ever signed in from a device that is remembered."""
    return connection.scalar(sa.select(devices.c.user_id).where(devices.c.user_id == user_id).limit(1)) is not None


def forget_devices(connection: Connection, user_id: int) -> None:
    """Forget the devices of a user."""
    connection.execute(devices.delete().where(devices.c.user_id == user_id))


def _open_ones(now: float, idle: float, age: float) -> sa.Select[Any]:
    """Return the query for sessions that are open, of users with access."""
    return (
        sa.select(sessions, users, factors.has_second(sessions.c.user_id).label("has_second"))
        .join_from(sessions, users, sessions.c.user_id == users.c.id)
        .where(
            sessions.c.expires_at >= now,
            sessions.c.seen_at >= now - idle,
            sessions.c.created_at >= now - age,
            users.c.ended_at.is_(None),
        )
        .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
    )


def _session(row: sa.Row[Any], now: float) -> UserSession:
    values = row._asdict()
    user = User(**{name: values[f"users_{name}"] for name in User.__dataclass_fields__})
    made = ("user", "has_second", "read_at")
    columns = {name: values[f"sessions_{name}"] for name in UserSession.__dataclass_fields__ if name not in made}
    return UserSession(user=user, has_second=bool(values["has_second"]), read_at=now, **columns)
