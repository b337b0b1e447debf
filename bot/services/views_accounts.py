"""Views of accounts, their secrets and their profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account of the config, with the source of its secrets."""

    account: str
    """Its name in the config."""
    platform: str
    handle: str
    api: str
    """The address of its API."""
    secrets: Mapping[str, str]
    """The source of each secret: ``environment``, ``keyring``, ``file`` or ``missing``."""


@dataclass(frozen=True, slots=True)
class ChargeView:
    """The cost of asking a platform."""

    item: str
    """The billed item, such as ``user_read``."""
    quantity: int
    """How many of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCheck:
    """The profile of an account on its platform; every failure is one of its faults."""

    account: str
    """Its name in the config."""
    platform: str
    handle: str
    """Its handle in the config."""
    answered: bool = True
    """Whether the platform answered, even if it refused the credentials."""
    id: str | None = None
    """The platform's id of the account; null if the profile could not be read."""
    who: str | None = None
    """The handle in the profile; null as above."""
    name: str | None = None
    """The name in the profile; null as above."""
    discloses: bool | None = None
    """Whether the profile says that the account is automated; null if that is unknown."""
    disclosed_at: str | None = None
    """The page that says so, if a person has recorded reading it."""
    faults: tuple[str, ...] = ()
    """The reasons why the account cannot be used."""
    notes: tuple[str, ...] = ()
    """Remarks for a person."""
    charges: tuple[ChargeView, ...] = ()
    """The cost of asking the platform."""
    ok: bool = False
    """Whether the account can be used; it was read, and has no faults."""


@dataclass(frozen=True, slots=True)
class LoggedInAccount:
    """The account whose secrets were stored, and their place."""

    account: str
    handle: str
    """The handle to which they belong, according to the platform."""
    stored_in: str
    """The place: ``the keyring``, or a file."""
    notes: tuple[str, ...]
    """Remarks for a person."""
    overridden: tuple[str, ...]
    """Variables of the environment, which take precedence over the stored secrets."""


@dataclass(frozen=True, slots=True)
class LoggedOutAccount:
    """The result of removing an account's secrets."""

    account: str
    outcome: str
    """Whether the platform revoked them, in words."""
    left: tuple[str, ...]
    """Variables of the environment that still hold secrets."""


@dataclass(frozen=True, slots=True)
class AdoptedAccount:
    """The account of the platform that a name of the config stands for."""

    account: str
    now: str
    """The account to which its keys belong, with handle and id."""
    before: str | None
    """The account for which it stood before, if that was another one."""
    who: str
    """The person who adopted it."""


@dataclass(frozen=True, slots=True)
class MarkedAccount:
    """An account that its platform marks as automated."""

    account: str
    handle: str
    platform: str
    changed: bool
    """Whether the mark is new; false if the account was marked already."""


@dataclass(frozen=True, slots=True)
class DisclosureRecord:
    """A record that a person has read the page on which an account is disclosed as automated."""

    account: str
    handle: str
    page: str
    who: str
