"""``config.yaml``, which names accounts, files and settings, but never holds a secret.

``find`` decides which file to read. ``load`` reads it and reports every problem at once. Secrets
come from elsewhere (``bot.config.secrets``). A config that holds one is refused, and no message
repeats a value.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config.secrets import (
    CREDENTIALS_VARIABLE,
    DATABASE_VARIABLE,
    redact_passwords,
    secrets_in_environment,
)
from bot.errors import Problem, UserError
from bot.model import Account
from bot.platforms import PLATFORMS, load_platform
from bot.secrecy import KnownSecrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from bot.config.schema import AccountForm
    from bot.model import Slot

CODES = {
    "G101": "Without a config, nobody knows which accounts there are.",
    "G102": "A value of the config is not valid.",
    "G103": "An unknown key is usually a typing error, and its value would be ignored.",
    "G104": "One account under two names would post everything twice.",
    "G105": "A queue slot in an account's quiet hours is never used.",
    "G110": "Everybody who may read the config would know a secret in it.",
    "G201": "Without its secret, nothing can be published from the account.",
    "G202": "The platform rejects a secret that was not copied completely.",
    "G203": "Secrets are stored in a keyring or a private file, and this machine has neither.",
    "G204": "Only its owner may read a file with secrets, and no shared folder may contain it.",
}
"""Every code of a problem that this package finds, with the reason for it in one sentence."""

FILE_NAME = "config.yaml"
PATH_VARIABLE = "GROUNDSWELL_CONFIG"


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """The alerts of each channel. A channel's address and password are secrets, and not here."""

    channels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The kinds of alert that each channel receives."""
    digest: Slot | None = None
    """The weekday and time of the weekly digest."""
    timezone: str = "UTC"
    """The timezone of the digest."""


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration."""

    path: Path
    """The config file."""
    accounts: Mapping[str, Account]
    campaigns: Path
    """The folder of the campaign files."""
    reports: Path
    """The folder of report pages."""
    database: str = field(repr=False)
    """A SQLAlchemy URL, which may hold a password."""
    horizon: timedelta
    """Posts are queued this far ahead."""
    log_level: str
    log_format: str
    secrets: KnownSecrets = field(default_factory=KnownSecrets, repr=False, compare=False)
    """The secrets in our variables of the environment, of whatever account."""
    alerts: AlertSettings = field(default_factory=AlertSettings)
    web_origin: str = ""
    """The origin of the control room, as ``https://control.example.org``; "" without one."""
    fingerprint: str = ""
    """The fingerprint of the file as it was before it was read."""

    @property
    def database_name(self) -> str:
        """The database without its password, as it can be shown."""
        return redact_passwords(self.database)

    @property
    def has_database(self) -> bool:
        """Whether the database exists, so that commands that only read create none.

        A database on a server is taken to exist, and so is one whose folder is missing. Opening it
        reports that.
        """
        scheme, _, name = self.database.partition(":///")
        return scheme != "sqlite" or Path(name).exists() or not Path(name).parent.is_dir()


# --- Which file -----------------------------------------------------------------------------------


def find(path: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the config file, which is ``path``, GROUNDSWELL_CONFIG or ``./config.yaml``.

    A folder stands for the ``config.yaml`` in it. Raise UserError if there is no such file.
    """
    wanted = path or Path(environ.get(PATH_VARIABLE, "").strip() or FILE_NAME)
    if wanted.is_dir():
        wanted = wanted / FILE_NAME
    if not wanted.exists():
        hint = "`groundswell init` writes one; --config names one elsewhere."
        raise UserError([Problem(str(wanted), 0, 0, "G101", "There is no such config file.", hint)])
    return wanted


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the secrets of all accounts and channels.

    The address of the database stays, because every process needs it, and so does the config. The
    folder of secrets would bring them back.
    """
    kept = {PATH_VARIABLE, DATABASE_VARIABLE}
    return {
        name: value
        for name, value in environ.items()
        if name in kept or not (name.startswith("GROUNDSWELL_") or name == CREDENTIALS_VARIABLE)
    }


# --- Reading it -----------------------------------------------------------------------------------


def load(
    path: Path, environ: Mapping[str, str] | None = None, *, without_extras: bool = False
) -> Config:
    """Read the config. GROUNDSWELL_DATABASE in the environment overrides its database.

    Raise UserError with every problem. Missing extras are problems unless ``without_extras``, which
    is for commands that stop or simulate.
    """
    from bot.config.fields import database_url
    from bot.config.reading import read
    from bot.yamlsource.folder import content_fingerprint

    environ = os.environ if environ is None else environ
    fingerprint = content_fingerprint(path)
    override = environ.get(DATABASE_VARIABLE, "").strip()
    form, problems = read(path, override, without_extras=without_extras)
    problems += _check_override(override)
    if form is None or problems:
        raise UserError(problems)
    accounts = {
        name: _build_account(name, account, form.timezone)
        for name, account in form.accounts.items()
    }
    return Config(
        path=path,
        accounts=accounts,
        campaigns=path.parent / form.campaigns,
        reports=path.parent / form.reports,
        database=database_url(override or form.database, path.resolve().parent),
        horizon=form.horizon,
        log_level=form.log.level,
        log_format=form.log.format,
        secrets=KnownSecrets(secrets_in_environment(environ)),
        alerts=AlertSettings(
            {name: frozenset(kinds) for name, kinds in form.alerts.channels.items()},
            form.alerts.digest,
            form.alerts.timezone or form.timezone,
        ),
        web_origin=form.web.origin or "",
        fingerprint=fingerprint,
    )


def _check_override(database: str) -> list[Problem]:
    from bot.config.fields import database_url

    try:
        if database:
            database_url(database, Path())
    except ValueError as error:
        return [Problem(DATABASE_VARIABLE, 0, 0, "G102", f"The database {error}.")]
    return []


def _build_account(name: str, form: AccountForm, timezone: str) -> Account:
    fields = {key: value for key, value in form if key not in PLATFORMS}
    fields |= {
        "api": form.api or load_platform(form.platform).api_of(form.handle),
        "timezone": form.timezone or timezone,
        "slots": tuple(sorted({slot for line in form.slots for slot in line})),
        "options": getattr(form, form.platform, None),
    }
    return Account(name=name, **fields)
