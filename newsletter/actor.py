"""Who acts: the name that the journal shows, and the ids that no change of name touches."""

from __future__ import annotations


class Actor(str):
    """A name for the journal, with the id of the user and of the session that it stands for.

    Text in every other respect. Commands and programs act under a plain name: they have neither id.
    """

    __slots__ = ("session", "user")

    user: int
    session: str

    def __new__(cls, name: str, user: int, session: str) -> Actor:
        """Make the name of the user with this id, acting in the session with this id."""
        made = super().__new__(cls, name)
        made.user, made.session = user, session
        return made


def user_of(name: str) -> int | None:
    """Return the id of the user who acts under this name; None for a command, a program or a service."""
    return name.user if isinstance(name, Actor) else None


def session_of(name: str) -> str:
    """Return the id of the session in which a user acts; an empty text for everybody else."""
    return name.session if isinstance(name, Actor) else ""


def same_person(one: str, one_id: int | None, other: str, other_id: int | None) -> bool:
    """Tell whether two acts may be one person's: the same user, or, where one has no id, the same name in any case."""
    if one_id is not None and other_id is not None:
        return one_id == other_id
    return one.strip().casefold() == other.strip().casefold()
