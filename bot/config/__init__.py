"""``config.yaml``: where things are and which accounts there are; never a secret.

``find`` says which file is meant, ``load`` reads it and reports every problem at once. Secrets are
in ``bot.secrets``; a config that holds one is refused here, and no message repeats a value of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.alerts.wanted import Wanted
from bot.errors import Problem, UserError
from bot.model import Account
from bot.platforms import kind
from bot.platforms.x.options import XOptions
from bot.secrets import without_passwords

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from bot.config.form import AccountForm, ConfigForm

NAME = "config.yaml"
PATH_VARIABLE = "GROUNDSWELL_CONFIG"
DATABASE_VARIABLE = "GROUNDSWELL_DATABASE"


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration as it stands. ``database`` is a SQLAlchemy URL and may hold a password.

    ``horizon`` is how far ahead posts are queued.
    """

    path: Path
    accounts: Mapping[str, Account]
    campaigns: Path
    reports: Path
    database: str = field(repr=False)
    horizon: timedelta
    log_level: str
    log_format: str
    alerts: Wanted = field(default_factory=Wanted)

    @property
    def database_name(self) -> str:
        """The database as it may be shown: without a password."""
        return without_passwords(self.database)

    @property
    def database_file(self) -> Path | None:
        """The file of a SQLite database; None for one on a server."""
        scheme, _, name = self.database.partition(":///")
        return Path(name) if scheme == "sqlite" else None

    @property
    def has_database(self) -> bool:
        """Whether there is a database: who only looks makes none. A server's is taken for there."""
        return self.database_file is None or self.database_file.exists()


# --- Which file -----------------------------------------------------------------------------------


def find(path: Path | None, environ: Mapping[str, str]) -> Path:
    """Give the file that is meant: named, by GROUNDSWELL_CONFIG, or ``./config.yaml``.

    A folder means the ``config.yaml`` in it. Raises UserError where there is no such file.
    """
    wanted = path or Path(environ.get(PATH_VARIABLE, "").strip() or NAME)
    if wanted.is_dir():
        wanted = wanted / NAME
    if not wanted.exists():
        hint = "`groundswell init` writes one; --config names one that is elsewhere."
        raise UserError([Problem(str(wanted), 0, 0, "G101", "There is no such config file.", hint)])
    return wanted


def is_default(path: Path) -> bool:
    """Return whether this is the file that is meant where none is named."""
    return path.resolve() == Path(NAME).resolve()


# --- Reading it -----------------------------------------------------------------------------------


def load(path: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Read the config; GROUNDSWELL_DATABASE in the environment has precedence over its database.

    Raises UserError with every problem in it.
    """
    from bot.config.reading import read

    environ = os.environ if environ is None else environ
    form, problems = read(path)
    override = environ.get(DATABASE_VARIABLE, "").strip()
    if override:
        problems += _override_problems(override)
    if form is None or problems:
        raise UserError(problems)
    return _config(path, form, override or form.database)


def _override_problems(override: str) -> list[Problem]:
    from bot.config.addresses import database_url

    try:
        database_url(override, Path())
    except ValueError as error:
        return [Problem(DATABASE_VARIABLE, 0, 0, "G102", f"The database {error}.")]
    return []


def _config(path: Path, form: ConfigForm, database: str) -> Config:
    from bot.config.addresses import database_url

    accounts = {
        name: _account(name, account, form.timezone) for name, account in form.accounts.items()
    }
    return Config(
        path=path,
        accounts=accounts,
        campaigns=path.parent / form.campaigns,
        reports=path.parent / form.reports,
        database=database_url(database, path.resolve().parent),
        horizon=form.horizon,
        log_level=form.log.level,
        log_format=form.log.format,
        alerts=Wanted(
            {name: frozenset(kinds) for name, kinds in form.alerts.channels.items()},
            form.alerts.digest,
            form.alerts.timezone or form.timezone,
        ),
    )


def _account(name: str, form: AccountForm, timezone: str) -> Account:
    return Account(
        name=name,
        platform=form.platform,
        handle=form.handle,
        api=form.api or kind(form.platform).API,
        grace=form.grace,
        gap=form.gap,
        part_gap=form.part_gap,
        timezone=form.timezone or timezone,
        slots=tuple(sorted({slot for line in form.slots for slot in line})),
        daily_cap=form.daily_cap,
        quiet=form.quiet,
        budget=form.budget,
        budget_stops_posts=form.budget_stops_posts,
        require_approval=form.require_approval,
        disclosed_at=form.disclosed_at,
        options=XOptions(**form.x.model_dump()) if form.x else None,
    )
