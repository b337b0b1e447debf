"""The whole app on real servers, each behind a proxy.

Two have Mastodon's API. mastodon_mock recognises a repetition by its key, and snac does not. The
third is Bluesky's own, on which a repetition is the same record. Their clocks cannot be advanced.
Deliveries that must wait are therefore sent with the app's clock ahead.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

import requests

from bot.config.secrets import environment_variable
from bot.model import State
from bot.planning.diff import Add
from bot.platforms.base import Markable
from bot.platforms.calls import Limits
from bot.runtime.loop_app import LoopApp, create_loop_app
from helpers.bluesky import BlueskyBackend, Front, bluesky_server
from helpers.clock import OffsetClock
from helpers.databases import create_sqlite_file, make_config
from helpers.delivery import content_of
from helpers.flaky_proxy import flaky_proxy
from helpers.mastodon_servers import snac
from helpers.platform_contract import PlatformBackend
from helpers.store import occurrence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from bot.model import Account, Part
    from helpers.flaky_proxy import FlakyProxy

ENDED = frozenset(State) - {State.SCHEDULED, State.SENDING, State.UNKNOWN}


class ServerBackend(PlatformBackend, Protocol):
    """A new account on a real server behind a proxy.

    ``send_path`` is the path of a send. With ``keeps_keys``, a repeated send is the same post.
    """

    proxy: FlakyProxy
    send_path: str
    keeps_keys: bool

    def parents(self) -> Mapping[str, str | None]:
        """Return the parent of each of the account's posts, oldest first."""
        ...


class _BlueskyAccount(BlueskyBackend):
    """An account on Bluesky's server, reached through a proxy."""

    send_path = "/xrpc/com.atproto.repo.putRecord"
    keeps_keys = True

    def __init__(self, front: Front, proxy: FlakyProxy) -> None:
        super().__init__(front, OffsetClock())
        self.proxy = proxy
        self.account = replace(self.account, api=proxy.url)

    def parents(self) -> dict[str, str | None]:
        found = {}
        for entry in self.records():
            reply = entry["value"].get("reply")
            parent = reply["parent"]["uri"].rpartition("/")[2] if reply else None
            found[entry["uri"].rpartition("/")[2]] = parent
        return found


@contextmanager
def snac_accounts(folder: Path) -> Iterator[Callable[[], ServerBackend]]:
    """Yield a function that returns a new account on a snac."""
    with snac(folder) as (server, proxy):
        yield lambda: server.add_account(proxy)


@contextmanager
def bluesky_accounts(folder: Path) -> Iterator[Callable[[], ServerBackend]]:
    """Yield a function that clears the one account, because a new one takes longer than a test."""
    with bluesky_server(folder) as front, flaky_proxy(front.url) as proxy:
        backend = _BlueskyAccount(front, proxy)

        def clear() -> ServerBackend:
            backend.reset()
            return backend

        yield clear


def beat(app: LoopApp) -> None:
    """Run the loop's jobs for posts once."""
    app.restore_check.run()
    app.uploads.run()
    app.dispatcher.run()
    app.reconciler.rescue(sole=False)
    app.reconciler.run()


class ServerApp:
    """An account on a server, and the app that posts from it."""

    def __init__(self, backend: ServerBackend, folder: Path) -> None:
        self.backend, self.folder = backend, folder
        client = backend.client()
        assert isinstance(client, Markable)
        client.mark_automated()
        backend.proxy.faults.clear()
        backend.proxy.requests.clear()
        backend.proxy.now = backend.clock.now
        self.secrets = backend.secrets
        self.account: Account = replace(backend.account, name="mj")
        self.database = create_sqlite_file(folder / "groundswell.db")

    @property
    def environ(self) -> dict[str, str]:
        """The account's secrets, as the environment has them."""
        return {environment_variable("mj", name): value for name, value in self.secrets.items()}

    def open(self) -> Any:
        """Return a new app, as another process would be."""
        config = make_config(self.folder, {"mj": self.account}, self.database)
        options = {"limits": Limits(silence=5.0)}
        return create_loop_app(config, self.environ, clock=self.backend.clock, options=options)

    def add(self, app: LoopApp, *parts: Part, post: str = "hart") -> str:
        now, content = self.backend.clock.now(), content_of(*parts)
        fields = {"platform": self.account.platform, "due": now, "grace": timedelta(hours=2)}
        planned = occurrence(post, content=content, **fields)
        app.queue.apply([Add(planned)], now)
        return planned.key

    def run(self, app: LoopApp, *keys: str) -> list[State]:
        """Run the app until these deliveries are settled, and return their states."""
        clock = self.backend.clock
        for _ in range(100):
            beat(app)
            states = [delivery.state for key in keys if (delivery := app.queue.get(key))]
            if ENDED.issuperset(states):
                return states
            parts = (app.dispatcher, app.uploads, app.reconciler)
            wakes = [wake for part in parts if (wake := part.next_wake())]
            wait = (min(wakes) - clock.now()).total_seconds() if wakes else 0.0
            clock.advance(seconds=min(max(wait, 0.1), 60.0))
        raise AssertionError(f"still {states}")

    def repeat_sends(self) -> set[int]:
        """Repeat every send unchanged, and return the statuses of the answers."""
        proxy, path = self.backend.proxy, self.backend.send_path
        statuses = set()
        for method, asked, headers, body in [*proxy.requests]:
            if (method, asked) == ("POST", path):
                url = proxy.upstream + path
                statuses.add(requests.post(url, body, headers=headers, timeout=20).status_code)
        return statuses
