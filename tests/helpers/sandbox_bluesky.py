"""Bluesky's sandbox over real HTTP, with a manual clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import requests

from bot.model import Account
from bot.sandbox.bluesky.data import tid
from helpers.platforms import SandboxBackend

if TYPE_CHECKING:
    from bot.sandbox import BlueskyWorld
    from bot.sandbox.state import SimAccount
    from helpers.clock import ManualClock

POSTS = "app.bsky.feed.post"
_numbers = count(1)


@dataclass
class BlueskySandboxClient:
    """The world, its clock, two accounts, and ways to talk to it."""

    world: BlueskyWorld
    clock: ManualClock
    url: str
    own: SimAccount
    other: SimAccount
    session: requests.Session = field(default_factory=requests.Session)
    tokens: dict[str, str] = field(default_factory=dict)

    def call(
        self, method: str, nsid: str, token: str | None = "", **options: Any
    ) -> requests.Response:
        """Send a request as the own account, with another ``token``, or with none (None)."""
        headers = dict(options.pop("headers", {}))
        if token == "" and token is not None:
            token = self.token()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        address = f"{self.url}/xrpc/{nsid}"
        return self.session.request(
            method, address, headers=headers, allow_redirects=False, timeout=10, **options
        )

    def get(self, nsid: str, **params: Any) -> requests.Response:
        """Send a query without a login."""
        return self.call("GET", nsid, None, params=params)

    def login(self, who: SimAccount | None = None, **fields: Any) -> requests.Response:
        account = who or self.own
        body = {"identifier": account.handle, "password": account.secrets["app_password"]}
        nsid = "com.atproto.server.createSession"
        return self.call("POST", nsid, None, json={**body, **fields})

    def token(self) -> str:
        """Return an access token of the own account."""
        if "accessJwt" not in self.tokens:
            self.tokens = self.login().json()
        return self.tokens["accessJwt"]

    def write(self, how: str, record: Any = None, key: str = "", **fields: Any) -> Any:
        """Send a request to ``putRecord``, ``createRecord`` or ``deleteRecord``."""
        body = {"repo": self.own.id, "collection": POSTS}
        body |= {"rkey": key} if key else {}
        body |= {"record": record} if record is not None else {}
        return self.call("POST", f"com.atproto.repo.{how}Record", json={**body, **fields})

    def key(self) -> str:
        """Return a new key for a record that is made now."""
        return tid(self.clock.now(), next(_numbers) % 1024)

    def put(self, record: Any, key: str = "", **fields: Any) -> requests.Response:
        """Write a record that must be new, as our client does."""
        answer: requests.Response = self.write(
            "put", record, key or self.key(), **{"swapRecord": None, **fields}
        )
        return answer

    def create_post(self, text: str, **fields: Any) -> str:
        """Post a text that must be accepted, and return its key."""
        answer = self.put(post(text, **fields))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["uri"].rpartition("/")[2])

    def upload(self, content: bytes, mime: str = "image/png") -> requests.Response:
        headers = {"Content-Type": mime}
        nsid = "com.atproto.repo.uploadBlob"
        return self.call("POST", nsid, data=content, headers=headers)

    def uri(self, key: str) -> str:
        return f"at://{self.own.id}/{POSTS}/{key}"


def post(text: Any = "Hello", **fields: Any) -> dict[str, Any]:
    """Return a record of a post."""
    return {"$type": POSTS, "text": text, "createdAt": "2026-11-27T04:00:00.000Z", **fields}


class BlueskySandboxBackend(SandboxBackend):
    """An account on a simulated Bluesky."""

    world: BlueskyWorld
    send_path = "/xrpc/com.atproto.repo.putRecord"

    def __init__(self, url: str, world: BlueskyWorld, clock: ManualClock) -> None:
        super().__init__("bluesky", world, clock, "", ".test")
        self.url = url
        self.account = Account("mj", "bluesky", f"@{self.handle}", url)
