"""A Mastodon sandbox over real HTTP, with a manual clock; a pytest plugin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bot.sandbox import MastodonWorld, serve
from helpers.clock import ManualClock
from helpers.pictures import picture_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.state import SimAccount


@dataclass
class MastodonSandbox:
    """The world, its clock, two accounts, and ways to talk to it."""

    world: MastodonWorld
    clock: ManualClock
    url: str
    own: SimAccount
    other: SimAccount
    session: requests.Session = field(default_factory=requests.Session)

    def api(
        self, method: str, path: str, *, token: str | None = None, **options: Any
    ) -> requests.Response:
        """Send a request as the own account, with another token, or with none (``""``)."""
        token = self.own.secrets["access_token"] if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= options.pop("headers", {})
        return self.session.request(
            method,
            self.url + path,
            headers=headers,
            allow_redirects=False,
            **{"timeout": 10, **options},
        )

    def get(self, path: str, status: int = 200, **options: Any) -> Any:
        answer = self.api("GET", path, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, text: str, status: int = 200, *, key: str = "", **fields: Any) -> Any:
        """Post a text and return the answer."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.api(
            "POST", "/api/v1/statuses", json={"status": text, **fields}, headers=headers
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def refused(self, text: str, status: int = 422, **fields: Any) -> str:
        """Post a text that must be refused, and return the reason."""
        return str(self.post(text, status, **fields)["error"])

    def token(self, account: SimAccount | None = None) -> str:
        return (account or self.own).secrets["access_token"]

    def control(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = self.session.request(method, f"{self.url}/sandbox{path}", timeout=10, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def upload(self, data: bytes | None = None, version: int = 2, **form: str) -> requests.Response:
        files = {"file": ("file", data or picture_bytes(), "application/octet-stream")}
        return self.api("POST", f"/api/v{version}/media", files=files, data=form)

    def create_upload(self, description: str = "") -> str:
        answer = self.upload(description=description)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])


@pytest.fixture
def server() -> Iterator[MastodonSandbox]:
    """A fresh world with two accounts, served."""
    clock = ManualClock()
    world = MastodonWorld(now=clock, seed=7)
    mine = world.add_account("mediajustice", "MediaJustice", description="Posts by software.")
    theirs = world.add_account("athena", "Athena")
    with serve(world) as url, requests.Session() as session:
        yield MastodonSandbox(world, clock, url, mine, theirs, session)
