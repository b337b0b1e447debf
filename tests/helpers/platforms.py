"""Accounts in sandboxes for the tests of a client, a new one for every test."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from bot.model import Account
from bot.platforms import load_platform
from bot.platforms.base import SendKey
from bot.platforms.calls import Limits
from bot.platforms.options import XOptions
from bot.platforms.x import connect
from bot.platforms.x.network import SECRETS
from helpers.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.platforms.base import Client
    from bot.sandbox import MastodonWorld, XWorld
    from bot.sandbox.state import SimPost
    from bot.sandbox.world import World

SEND_KEY = SendKey("campaign/post/account/once/1/1", datetime(2026, 1, 1, tzinfo=UTC))
"""A key for platforms without keys."""

FAULT_EFFECTS = {"lost": "commit_then_drop", "dropped": "drop_before"}
_NUMBERS = count(1)


def x_client(api: str, limits: Limits) -> Client:
    """Return a client of X with secrets of its own, at an address that need not be a sandbox."""
    secrets = {name: f"canary-{name}" for name in SECRETS} | {"access_token": "42-canary-token"}
    options = {"clock": ManualClock(), "limits": limits}
    return connect(Account("mj", "x", "mediajustice", api), secrets, options)


class SandboxBackend:
    """A fresh account in a sandbox that other tests use too."""

    account: Account
    send_path: str

    def __init__(
        self, platform: str, world: World, clock: ManualClock, bio: str, domain: str = ""
    ) -> None:
        self.kind = load_platform(platform)
        self.world, self.clock = world, clock
        self.handle = f"mediajustice{next(_NUMBERS)}{domain}"
        self.author = self.world.add_account(self.handle, "MediaJustice", description=bio)
        self.secrets: Mapping[str, str] = self.author.secrets
        self.waited: list[float] = []

    def client(self, **secrets: str) -> Client:
        options = {"clock": self.clock, "limits": Limits(silence=5.0), "wait": self.wait}
        return self.kind.connect(self.account, {**self.secrets, **secrets}, options)

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.advance(seconds=seconds)

    def posts(self) -> list[SimPost]:
        return [post for post in self.world.visible() if post.author is self.author]

    def visible(self) -> list[str]:
        return [post.raw for post in self.posts()]

    def alt_texts(self) -> list[str]:
        return [upload.alt for post in self.posts() for upload in post.media]

    def delete(self, remote_id: str) -> None:
        self.world.delete_post(self.world.posts[remote_id])

    def break_next_send(self, how: str) -> None:
        self.fault(FAULT_EFFECTS[how])

    def fault(self, effect: dict[str, Any] | str, path: str = "", **more: int) -> None:
        self.world.faults.add("*", path or self.send_path, effect, **more)


class XBackend(SandboxBackend):
    """An account on the simulated X."""

    world: XWorld
    send_path = "/2/tweets"

    def __init__(self, url: str, world: XWorld, clock: ManualClock) -> None:
        super().__init__("x", world, clock, "Media is a right. Some posts are automated.")
        self.url = url
        options = XOptions(field_spelling=world.spelling)
        self.account = Account("mj", "x", f"@{self.handle}", url, options=options)


class MastodonSandboxBackend(SandboxBackend):
    """An account on a simulated Mastodon server."""

    world: MastodonWorld
    send_path = "/api/v1/statuses"

    def __init__(self, url: str, world: MastodonWorld, clock: ManualClock) -> None:
        super().__init__("mastodon", world, clock, "Media is a right.")
        self.url = url
        handle = f"@{self.handle}@{world.domain}"
        self.account = Account("mj", "mastodon", handle, url)
