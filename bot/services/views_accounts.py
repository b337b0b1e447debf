"""Views of accounts: where their secrets are, and what their platform says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account of the config, and where its secrets come from."""

    account: str
    """Its name in the config."""
    platform: str
    handle: str
    api: str
    """The address that requests go to."""
    secrets: Mapping[str, str]
    """Where each of its secrets comes from: ``environment``, ``keyring``, ``file``, ``missing``."""


@dataclass(frozen=True, slots=True)
class ChargeView:
    """What asking a platform cost."""

    item: str
    """What it bills, such as ``user_read``."""
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCheck:
    """What the platform says about an account; whatever goes wrong is one of its faults."""

    account: str
    """Its name in the config."""
    platform: str
    handle: str
    """Its handle in the config."""
    answered: bool = True
    """Whether the platform said anything, if only that it refuses the credentials."""
    id: str | None = None
    """The platform's id of the account; null if the profile could not be read."""
    who: str | None = None
    """The handle that the profile has; null as above."""
    name: str | None = None
    """The name that the profile shows; null as above."""
    discloses: bool | None = None
    """Whether the profile says that the account is automated; null if that cannot be told."""
    disclosed_at: str | None = None
    """The page that says so, if a person has read it."""
    faults: tuple[str, ...] = ()
    """Why the account cannot be used."""
    notes: tuple[str, ...] = ()
    """What to look at."""
    charges: tuple[ChargeView, ...] = ()
    """What asking the platform cost."""
    ok: bool = False
    """Whether the account can be used: it was read, and has no faults."""


@dataclass(frozen=True, slots=True)
class LoggedInAccount:
    """Whose the secrets are that were stored, and where."""

    account: str
    handle: str
    """The handle that the platform says they belong to."""
    stored_in: str
    """The place: ``the keyring``, or a file."""
    notes: tuple[str, ...]
    """What to look at."""
    overridden: tuple[str, ...]
    """Variables of the environment, which take precedence over what was stored."""


@dataclass(frozen=True, slots=True)
class LoggedOutAccount:
    """What became of the secrets of an account."""

    account: str
    outcome: str
    """What became of them on the platform."""
    left: tuple[str, ...]
    """Variables of the environment that still hold some."""


@dataclass(frozen=True, slots=True)
class AdoptedAccount:
    """Which account of the platform a name stands for."""

    account: str
    now: str
    """The account that its keys belong to: handle and id."""
    before: str | None
    """The one that it stood for, if that is another one."""
    who: str
    """The person who let it."""


@dataclass(frozen=True, slots=True)
class MarkedAccount:
    """An account that its platform marks as automated."""

    account: str
    handle: str
    platform: str
    changed: bool
    """Whether it is marked since now; if not, it was marked already."""


@dataclass(frozen=True, slots=True)
class DisclosureRecord:
    """That a person has read the page that says that an account is automated."""

    account: str
    handle: str
    page: str
    who: str
