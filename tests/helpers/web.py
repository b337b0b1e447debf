"""The control room on a loopback port, over a database of the test, with a clock of the test."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx

from bot.model import EVERYTHING, Account, Role, Scope
from bot.planning.diff import Add
from bot.runtime.loop_app import LoopApp, create_loop_app
from bot.services import people
from bot.web.server import serve_beside
from bot.web.signin import cookie_name
from helpers.clock import ManualClock
from helpers.databases import create_sqlite_file, make_config
from helpers.stopping import stopped_soon
from helpers.store import occurrence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.model import Delivery
    from bot.web.protection import Addresses

PASSWORD = "otters juggle seven lanterns"

ACCOUNTS = {
    "mj": Account("mj", "x", "mediajustice", "http://127.0.0.1:9"),
    "mj-m": Account("mj-m", "mastodon", "mediajustice@sandbox.example", "http://127.0.0.1:9"),
}


@dataclass
class WebSite:
    """A running control room, and the app behind it."""

    app: LoopApp
    clock: ManualClock
    url: str
    addresses: Addresses
    _clients: list[httpx.Client] = field(default_factory=list)

    def client(self) -> httpx.Client:
        """Return a browser-like client that nobody has signed in with."""
        client = httpx.Client(
            base_url=self.url,
            headers={"origin": self.url, "sec-fetch-site": "same-origin"},
            timeout=30,
        )
        self._clients.append(client)
        return client

    def signed_in(
        self, role: Role = Role.ADMIN, scope: Scope = EVERYTHING, name: str = ""
    ) -> httpx.Client:
        """Return a client on which a person with this role has signed in."""
        name = name or f"{role.value.capitalize()} Person"
        known = {of.name for of in people.list_users(self.app)}
        if name not in known:
            people.add_user(self.app, name, role, "the test", scope)
        token = people.open_session(self.app, people.find_user(self.app, name))
        client = self.client()
        client.cookies.set(cookie_name(secure=bool(self.addresses.origin)), token)
        return client

    def add(self, post: str = "hart", **more: Any) -> Delivery:
        """Queue a post on an account, and return its delivery."""
        one = occurrence(post, **{"account": "mj", **more})
        self.app.queue.apply([Add(one)], self.clock.now())
        found = self.app.queue.get(one.key)
        assert found
        return found

    def close(self) -> None:
        for client in self._clients:
            client.close()


@contextmanager
def serve_site(
    folder: Path, *, origin: str = "", accounts: dict[str, Account] | None = None, **config: Any
) -> Iterator[WebSite]:
    """Serve the control room over a new database in a folder."""
    clock = ManualClock()
    posts = folder / "posts"
    posts.mkdir(exist_ok=True)
    settings = make_config(
        folder,
        ACCOUNTS if accounts is None else accounts,
        create_sqlite_file(folder / "groundswell.db"),
        campaigns=posts,
        **config,
    )
    settings = replace(settings, web_origin=origin)
    with create_loop_app(settings, {}, clock=clock) as app, site_of(app, origin) as site:
        yield site


@contextmanager
def site_of(app: LoopApp, origin: str = "") -> Iterator[WebSite]:
    """Serve the control room of an app that somebody else has made, and closes."""
    assert isinstance(app.clock, ManualClock)
    with serve_app(app, origin) as (url, addresses):
        site = WebSite(app, app.clock, url, addresses)
        try:
            yield site
        finally:
            site.close()


@contextmanager
def serve_app(app: LoopApp, origin: str = "") -> Iterator[tuple[str, Addresses]]:
    """Serve the control room of an app, in a thread, and yield its address."""
    with stopped_soon(), serve_beside(app, origin) as addresses:
        yield f"http://127.0.0.1:{addresses.port}", addresses
