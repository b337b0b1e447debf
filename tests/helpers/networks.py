"""The networks that a harness can simulate, with the paths of their APIs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.model import Account
from bot.sandbox import BlueskyWorld, MastodonWorld, World, XWorld

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Network:
    """A simulated network."""

    platform: str
    world: Callable[..., World]
    """Takes the arguments of a ``World`` except its API."""
    handle: str
    """Format of a handle, with a place for the name."""
    send: str
    """Path of a send, as faults name it."""
    upload: str
    """Path of an upload."""
    timeline: str
    """Path of a timeline, a pattern."""

    def account(self, name: str, url: str, **settings: Any) -> Account:
        """Return an account as the config has it."""
        return Account(name, self.platform, self.handle.format(name), url, **settings)

    def add_account(self, world: World, name: str) -> Any:
        """Add an account to a world, and return it."""
        local = self.handle.format(name).removeprefix("@").partition("@")[0]
        return world.add_account(local, name)


def _minimal_mastodon(**options: Any) -> MastodonWorld:
    world = MastodonWorld(**options)
    world.minimal = True
    return world


def _mastodon(world: Callable[..., World]) -> Network:
    return Network(
        "mastodon",
        world,
        "{}@sandbox.example",
        send="/api/v1/statuses",
        upload="/api/v2/media",
        timeline=r"/api/v1/accounts/\d+/statuses",
    )


X = Network(
    "x",
    XWorld,
    "@{}",
    send="/2/tweets",
    upload="/2/media/upload",
    timeline=r"/2/users/\d+/tweets",
)
NETWORKS = {
    "x": X,
    "mastodon": _mastodon(MastodonWorld),
    "mastodon without keys": _mastodon(_minimal_mastodon),
    "bluesky": Network(
        "bluesky",
        BlueskyWorld,
        "{}.test",
        send="/xrpc/com.atproto.repo.putRecord",
        upload="/xrpc/com.atproto.repo.uploadBlob",
        timeline="/xrpc/com.atproto.repo.listRecords",
    ),
}
"""Networks by name. Some servers with Mastodon's API ignore idempotency keys."""
