"""A sandbox of X over real HTTP, with a manual clock; a pytest plugin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests
import tweepy
from requests_oauthlib import OAuth1

from bot.sandbox import XWorld, serve
from helpers.clock import NOW, ManualClock
from helpers.pictures import picture_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.state import SimAccount

START = NOW


@dataclass
class SandboxClient:
    """The world, its clock, two accounts, and ways to talk to it."""

    world: XWorld
    clock: ManualClock
    url: str
    own: SimAccount
    other: SimAccount
    session: requests.Session = field(default_factory=requests.Session)

    def auth(self, who: SimAccount | None = None) -> OAuth1:
        key, secret, token, token_secret = (who or self.own).secrets.values()
        return OAuth1(key, secret, token, token_secret)

    def api(
        self, method: str, path: str, who: SimAccount | None = None, **options: Any
    ) -> requests.Response:
        """Send a signed request, once."""
        return self.session.request(
            method,
            self.url + path,
            auth=self.auth(who),
            allow_redirects=False,
            **{"timeout": 10, **options},
        )

    def post(self, who: SimAccount | None = None, **body: Any) -> requests.Response:
        return self.api("POST", "/2/tweets", who, json=body)

    def create_post(self, text: str, who: SimAccount | None = None, **body: Any) -> str:
        """Post a text that must be accepted, and return its id."""
        answer = self.post(who, text=text, **body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

    def control(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = self.session.request(method, f"{self.url}/sandbox{path}", timeout=10, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def fault(
        self, effect: Any, method: str = "POST", path: str = "/2/tweets", **more: Any
    ) -> None:
        body = {"method": method, "path": path, "effect": effect, **more}
        self.control("POST", "/faults", 201, json=body)

    def upload(
        self,
        data: bytes | None = None,
        category: str = "tweet_image",
        who: SimAccount | None = None,
    ) -> requests.Response:
        files = {"media": ("file", data or picture_bytes(), "application/octet-stream")}
        form = {"media_category": category}
        return self.api("POST", "/2/media/upload", who, files=files, data=form)

    def create_upload(self, **options: Any) -> str:
        answer = self.upload(**options)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["id"])

    def tweepy(self) -> tweepy.Client:
        """Return a tweepy client that talks to the sandbox; tweepy has no option for its host."""
        url = self.url

        class Session(requests.Session):
            def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
                request.url = str(request.url).replace("https://api.twitter.com", url)
                return super().prepare_request(request)

        client = tweepy.Client(**self.own.secrets)
        client.session = Session()
        return client


@pytest.fixture
def sandbox() -> Iterator[SandboxClient]:
    """A fresh world with two accounts, served."""
    clock = ManualClock()
    world = XWorld(now=clock, seed=7)
    world.spelling = "tweet"  # as these tests ask, unless they say otherwise
    mine = world.add_account("mediajustice", "MediaJustice", description="Posts by software.")
    theirs = world.add_account("athena", "Athena")
    with serve(world) as url, requests.Session() as session:
        yield SandboxClient(world, clock, url, mine, theirs, session)
