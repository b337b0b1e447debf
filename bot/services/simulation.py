"""Create the simulated platforms for some accounts, one X, one Bluesky, each Mastodon server.

The form of a handle shows its platform. ``name`` is on X, ``name@server`` on Mastodon, and a domain
such as ``name.bsky.social`` on Bluesky.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import yaml

from bot import files
from bot.config.secrets import environment_variable
from bot.errors import Problem, UserError
from bot.extras import load
from bot.sandbox import BlueskyWorld, MastodonWorld, World, XWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.config import Config
    from bot.model import Account

BIO = "An automated account. It is simulated."
WORLDS: Mapping[str, type[World]] = {
    "x": XWorld,
    "mastodon": MastodonWorld,
    "bluesky": BlueskyWorld,
}
"""The simulated platforms."""

_SERVER = re.compile(r"[\w-]+(?:\.[\w-]+)*(?::\d+)?")


@dataclass(frozen=True, slots=True)
class Handle:
    """The handle of an account, with its platform."""

    platform: str
    name: str
    server: str = ""
    """The server, on Mastodon only."""

    def __str__(self) -> str:
        return f"{self.name}@{self.server}" if self.server else self.name

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for all spellings of a handle."""
        return self.platform, self.name.lower(), self.server.lower()


def parse_handle(typed: str) -> Handle:
    """Return a typed handle with the platform of its form."""
    name, at, server = typed.removeprefix("@").partition("@")
    if at:
        return Handle("mastodon", name, server)
    return Handle("bluesky" if "." in name else "x", name)


def handle_of(account: Account) -> Handle:
    """Return the handle of an account of the config, on its platform."""
    return replace(parse_handle(account.handle), platform=account.platform)


def invent_handle(account: Account) -> Handle:
    """Return a handle for an account that has none, from its name without its platform's."""
    name = account.name.removesuffix(f"-{account.platform}")
    if account.platform == "bluesky":
        return Handle("bluesky", f"{name}.bsky.social")
    server = "mastodon.example" if account.platform == "mastodon" else ""
    return Handle(account.platform, name.replace("-", "_"), server)


def handle_problems(handles: Sequence[Handle]) -> list[Problem]:
    """Return the problems of typed handles."""
    problems = []
    for place, handle in enumerate(handles):
        kind = WORLDS[handle.platform]
        message, hint = f"{str(handle)!r} is not a handle.", ""
        if not kind.HANDLE.fullmatch(handle.name):
            hint = kind.HANDLE_RULE
        elif handle.platform == "mastodon" and not _SERVER.fullmatch(handle.server):
            hint = "On Mastodon, an account is name@server."
        elif handle.key in (other.key for other in handles[:place]):
            message, hint = f"{handle} is named twice.", "Name each once."
        if hint:
            problems.append(Problem("--handle", 0, 0, "N102", message, hint))
    return problems


def create_worlds(
    handles: Iterable[Handle],
    now: Callable[[], datetime],
    *,
    seed: int = 1,
    spelling: Literal["tweet", "post"] = "post",
    one_app: bool = False,
    minimal: bool = False,
) -> list[World]:
    """Return the platforms of these handles, each once, with the accounts on them.

    The other parameters are the options of ``groundswell sandbox``. Raise UserError if the
    extra ``bluesky`` is needed, and missing or broken.
    """
    handles = [*handles]
    if any(handle.platform == "bluesky" for handle in handles):
        load("A simulated Bluesky", "bluesky", ["libipld"])
    worlds: dict[tuple[str, str], World] = {}
    for handle in {handle.key: handle for handle in handles}.values():
        place = handle.platform, handle.server.lower()
        if place not in worlds:
            world = worlds[place] = WORLDS[handle.platform](now=now, seed=seed)
            if isinstance(world, XWorld):
                world.spelling = spelling
                world.one_app = one_app
            elif isinstance(world, MastodonWorld):
                world.minimal = minimal
                world.domain = handle.server.lower() or world.domain
        worlds[place].add_account(handle.name, handle.name, description=BIO)
    return [*worlds.values()]


def secret_names(accounts: Iterable[Account]) -> Callable[[World, str, str], str]:
    """Return a function that names the environment variable for a secret of a handle.

    The variable is named after the account with the handle, or else after the handle.
    """
    names = {handle_of(account).key: account.name for account in accounts}

    def variable(world: World, name: str, secret: str) -> str:
        server = world.domain if isinstance(world, MastodonWorld) else ""
        handle = Handle(world.platform, name, server)
        known = names.get(handle.key) or names.get(replace(handle, server="").key)
        fallback = re.sub(r"[^A-Za-z0-9_]", "-", str(handle))
        return environment_variable(known or fallback, secret)

    return variable


# --- A config for a rehearsal ---------------------------------------------------------------------

REHEARSAL_HEADER = "# Written by groundswell sandbox; overwritten by the next one.\n"
"""The first line of such a config. A file without it belongs to the user."""

REHEARSAL_DATABASE = "rehearsal.db"

_LEFT_OUT = ("alerts", "reports")
"""Keys of the config that a rehearsal leaves out, because it alerts nobody."""


def write_rehearsal_config(path: Path, config: Config, urls: Mapping[World, str]) -> None:
    """Write a copy of a config whose accounts are on these simulated platforms.

    It has a database of its own, because posts of a rehearsal count as published there. Raise
    UserError if the file is not the config of a rehearsal, if it is the config itself, or if it
    would have no account.
    """
    if path.exists() and not path.read_bytes().startswith(REHEARSAL_HEADER.encode()):
        message, hint = "This file is not the config of a rehearsal.", "Name another file."
        raise UserError([Problem(str(path), 0, 0, "N103", message, hint)])
    if path.exists() and path.samefile(config.path):
        message = "GROUNDSWELL_CONFIG names this file, which would become a copy of itself."
        hint = "Unset GROUNDSWELL_CONFIG, and start the sandbox again."
        raise UserError([Problem(str(path), 0, 0, "N103", message, hint)])
    values, accounts = _as_typed(config.path)
    rehearsed = {
        account.name: {**accounts[account.name], "api": url}
        for account in config.accounts.values()
        for world, url in urls.items()
        if _has_account(world, handle_of(account))
    }
    if not rehearsed:
        message, hint = "No account of the config has the handle.", "Leave out --handle."
        raise UserError([Problem(str(path), 0, 0, "N104", message, hint)])
    values = {key: value for key, value in values.items() if key not in _LEFT_OUT} | {
        "accounts": rehearsed,
        "campaigns": os.path.relpath(config.campaigns, path.absolute().parent),
        "database": REHEARSAL_DATABASE,
    }
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    files.write_atomically(path, f"{REHEARSAL_HEADER}{text}")


def _as_typed(path: Path) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """Return the values of a valid config as plain texts, and the values of its accounts."""
    values = yaml.load(path.read_bytes(), yaml.BaseLoader)  # noqa: S506 - makes texts only
    return values, values["accounts"]


def _has_account(world: World, handle: Handle) -> bool:
    if isinstance(world, MastodonWorld) and handle.server.lower() not in {"", world.domain}:
        return False
    return world.platform == handle.platform and bool(world.by_handle(handle.name))
