"""The people who use the control room: what each may do, and which posts each sees. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Role(StrEnum):
    """What a person may do. Each role may do all that the roles before it may."""

    SEE = "see"
    """Read the pages."""
    APPROVE = "approve"
    """Approve posts, withdraw an own approval, and refuse posts."""
    RUN = "run"
    """Pause and resume, and settle posts whose outcome is unknown."""
    ADMIN = "admin"
    """Add, limit and remove people."""

    def may(self, right: Role) -> bool:
        """Return whether this role has a right, which is named by the first role that has it."""
        ranks = [*Role]
        return ranks.index(self) >= ranks.index(right)


@dataclass(frozen=True, slots=True)
class Scope:
    """The posts that a person sees: those of some campaigns, on some accounts."""

    accounts: frozenset[str] | None
    """The names of the accounts; None for all."""
    campaigns: frozenset[str] | None
    """The ids of the campaigns; None for all."""

    @property
    def is_everything(self) -> bool:
        """Whether nothing is hidden, posts of accounts and campaigns to come included."""
        return self.accounts is None and self.campaigns is None

    def sees(self, campaign: str, account: str) -> bool:
        """Return whether a post of this campaign on this account is shown."""
        return self.sees_account(account) and self.sees_campaign(campaign)

    def sees_account(self, account: str) -> bool:
        """Return whether posts of some campaign on this account are shown."""
        return self.accounts is None or account in self.accounts

    def sees_campaign(self, campaign: str | None) -> bool:
        """Return whether posts of this campaign on some account are shown.

        ``campaign`` is None for what belongs to none, such as a batch of reads.
        """
        return self.campaigns is None or campaign in self.campaigns


EVERYTHING = Scope(None, None)


@dataclass(frozen=True, slots=True)
class User:
    """A person who can sign in."""

    id: int
    """The id in the database, which is never used again for another person."""
    name: str
    """The name under which approvals are given. No two people's names mean the same person."""
    role: Role
    scope: Scope
    """The posts that the person sees."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session of a person, which goes on."""

    user: User
    session: int
    """The number of the session."""
    opened: datetime
    """When the person signed in."""
    seen: datetime
    """The last use of the session, up to a few minutes ago."""
    address: str
    """The address from which the person signed in."""
