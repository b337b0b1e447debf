"""Views of the people who can sign in to the control room, and of their sessions and links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """A person who can sign in, or could."""

    number: int
    """The number of the person, which no other person ever gets."""
    name: str
    """The name, under which the person approves."""
    role: Role
    """What the person may do: ``see``, ``approve``, ``run`` or ``admin``."""
    accounts: tuple[str, ...] | None
    """The accounts whose posts the person sees; null for all."""
    campaigns: tuple[str, ...] | None
    """The campaigns whose posts the person sees; null for all."""
    limits: str
    """The accounts and campaigns in words; "" for all."""
    has_password: bool
    """Whether the person has a password. Without one, they sign in by login links only."""
    added: datetime
    """When the person was added, in UTC."""
    removed: datetime | None
    """When the person was removed; null if they can sign in."""
    sessions: int
    """How many browsers the person is signed in with."""
    seen: datetime | None
    """The last use of one of these sessions, up to five minutes ago; null without one."""


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A person whose password was set, or who was added."""

    user: UserView
    """The person as they are now."""
    phrase: str | None
    """The generated phrase, which is shown this once; null if the password was typed."""
    waiting_again: tuple[str, ...] = ()
    """The posts that need two people and were approved by typed names, which count no longer."""


@dataclass(frozen=True, slots=True)
class LinkView:
    """A login link, which works once."""

    name: str
    """The person whom it signs in."""
    token: str
    """The secret end of its address."""
    expires: datetime
    """When it ends, in UTC."""


@dataclass(frozen=True, slots=True)
class LoginAddress:
    """The address of a login link. Whoever opens it first is signed in as that person."""

    name: str
    """The person whom it signs in."""
    address: str
    """The address, with its secret token."""
    expires: datetime
    """When it ends, in UTC."""
    only_here: bool
    """Whether it opens on the machine of the control room only, as no origin is declared."""


@dataclass(frozen=True, slots=True)
class MetricsToken:
    """The token with which a program reads the metrics, or the end of it."""

    token: str | None
    """The secret token, which is shown this once; null if it was revoked."""
    replaced: bool
    """Whether there was one before, which ended."""
