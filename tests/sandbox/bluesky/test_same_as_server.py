"""The sandbox and Bluesky's own server answer the same requests alike.

Each difference on purpose has a test of its own.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import requests
from helpers.bluesky import BlueskyBackend, Front, bluesky_server
from helpers.clock import ManualClock
from helpers.pictures import picture_bytes
from helpers.sandbox_bluesky import POSTS, post
from helpers.sandbox_bluesky_cases import CID, INVALID, VALID, images, picture

from bot.sandbox import BlueskyWorld, serve
from bot.sandbox.bluesky.data import tid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "3n3bexomrtj27"
_numbers = count(1)
REPO = "com.atproto.repo"
SERVER = "com.atproto.server"


@dataclass
class Side:
    """One of the two servers, with an account of its own for the test."""

    url: str
    handle: str
    password: str
    did: str = ""
    token: str = ""
    refresh: str = ""

    def call(
        self, method: str, nsid: str, token: str | None = None, **options: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= options.pop("headers", {})
        address = f"{self.url}/xrpc/{nsid}"
        return requests.request(method, address, headers=headers, timeout=20, **options)

    def login(self) -> None:
        body = {"identifier": self.handle, "password": self.password}
        made = self.call("POST", f"{SERVER}.createSession", json=body).json()
        self.did, self.token, self.refresh = made["did"], made["accessJwt"], made["refreshJwt"]

    def write(self, how: str, **fields: Any) -> requests.Response:
        body = {"repo": self.did, "collection": POSTS, **fields}
        return self.call("POST", f"{REPO}.{how}Record", self.token, json=body)

    def put(self, record: Any, key: str = KEY, **fields: Any) -> requests.Response:
        return self.write("put", record=record, rkey=key, **{"swapRecord": None, **fields})

    def upload(self, content: bytes, mime: str = "image/png") -> requests.Response:
        headers = {"Content-Type": mime}
        return self.call("POST", f"{REPO}.uploadBlob", self.token, data=content, headers=headers)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with bluesky_server(tmp_path_factory.mktemp("bluesky"), limits=True) as started:
        yield started


@contextmanager
def new_sides(front: Front) -> Iterator[tuple[Side, Side]]:
    """Yield the real server and a sandbox, with a session on each."""
    world, real = BlueskyWorld(now=ManualClock()), BlueskyBackend(front)
    account = world.add_account(real.handle, "MediaJustice")
    with serve(world) as url:
        pair = (
            Side(f"http://127.0.0.1:{front.port}", real.handle, real.secrets["app_password"]),
            Side(url, account.handle, account.secrets["app_password"]),
        )
        for side in pair:
            side.login()
        yield pair


@pytest.fixture(scope="module")
def shared(front: Front) -> Iterator[tuple[Side, Side]]:
    """An account that many tests use, because the real server takes a second for each."""
    with new_sides(front) as pair:
        yield pair


@pytest.fixture
def sides(front: Front) -> Iterator[tuple[Side, Side]]:
    with new_sides(front) as pair:
        yield pair


@pytest.fixture
def key() -> str:
    """Return a key that no other test uses."""
    return tid(ManualClock().now(), next(_numbers))


def plain(side: Side, answer: requests.Response) -> tuple[Any, ...]:
    """Return an answer without ids, tokens, commits and times."""
    text = answer.text.replace(side.did, "DID").replace(side.url, "URL")
    text = re.sub(r'"(rev|accessJwt|refreshJwt)":"[^"]+"', r'"\1":""', text)
    text = re.sub(r'"commit":\{"cid":"[^"]+"', '"commit":{"cid":""', text)
    document = json.loads(text) if text else None
    if isinstance(document, dict):
        for name in ("didDoc", "email", "emailConfirmed"):
            document.pop(name, None)
    policy = answer.headers.get("ratelimit-policy")
    return answer.status_code, document, policy


def assert_same(
    sides: tuple[Side, Side], ask: Callable[[Side], requests.Response]
) -> requests.Response:
    """Ask both, hold the answers against each other, and return the sandbox's."""
    real, ours = sides
    expected, answer = ask(real), ask(ours)
    assert plain(ours, answer) == plain(real, expected)
    return answer


@pytest.mark.parametrize("record", VALID.values(), ids=VALID)
def test_what_the_server_stores_is_stored(shared: tuple[Side, Side], key: str, record: Any) -> None:
    assert_same(shared, lambda side: side.put(record, key))
    params = {"collection": POSTS, "rkey": key}
    assert_same(
        shared,
        lambda side: side.call("GET", f"{REPO}.getRecord", params={"repo": side.did, **params}),
    )


@pytest.mark.parametrize("record", [record for record, _ in INVALID.values()], ids=INVALID)
def test_what_the_server_refuses_is_refused(
    shared: tuple[Side, Side], key: str, record: Any
) -> None:
    assert_same(shared, lambda side: side.put(record, key))


def test_writes_have_the_same_answers(sides: tuple[Side, Side]) -> None:
    steps: list[Callable[[Side], requests.Response]] = [
        lambda side: side.put(post("One")),
        lambda side: side.put(post("One")),
        lambda side: side.put(post("Two")),
        lambda side: side.put(post("One"), swapRecord=CID),
        lambda side: side.put(post("Two"), swapRecord=CID),
        lambda side: side.put(post("Two"), "self"),
        lambda side: side.put(post("Two"), "bad/key"),
        lambda side: side.put(post("Two"), tid(ManualClock().now()), swapRecord=CID),
        lambda side: side.write("put", record=post("Two"), rkey=KEY),
        lambda side: side.write("create", record=post("Two"), rkey=KEY),
        lambda side: side.write("put", record=post("Two"), rkey=KEY, repo="nobody.test"),
        lambda side: side.write("put", rkey=KEY),
        lambda side: side.put(post(), collection="nope"),
        lambda side: side.put({"a": 1}, "x", collection="com.example.foo"),
        lambda side: side.put({"a": 1.5}, "y", collection="com.example.foo"),
        lambda side: side.put({"a": 1}, "y", collection="com.example.foo", validate=True),
        lambda side: side.put({"$type": "app.bsky.feed.like"}),
        lambda side: side.put(post("x" * 400), "3n3bexomrtk27", validate=False),
        lambda side: side.write("delete", rkey=KEY, swapRecord=CID),
        lambda side: side.write("delete", rkey=KEY),
        lambda side: side.write("delete", rkey=KEY),
        lambda side: side.write("delete"),
        lambda side: side.put(post("One")),
        lambda side: side.call("POST", f"{REPO}.putRecord", json={}),
    ]
    for step in steps:
        assert_same(sides, step)


def test_files_have_the_same_answers(sides: tuple[Side, Side]) -> None:
    png = picture_bytes()
    blob = assert_same(sides, lambda side: side.upload(png)).json()["blob"]
    steps: list[Callable[[Side], requests.Response]] = [
        lambda side: side.upload(png, "image/jpeg"),
        lambda side: side.upload(b"Hello", "text/plain"),
        lambda side: side.upload(b"Hello", "image/png"),
        lambda side: side.upload(b""),
        lambda side: side.upload(b"x" * (5 * 1024 * 1024 + 1)),
        lambda side: side.put(images(picture({**blob, "size": 5}))),
        lambda side: side.put(images(picture({**blob, "mimeType": "image/jpeg"}))),
        lambda side: side.put(images(picture())),
        lambda side: side.put(images(picture(blob))),
        lambda side: side.put(images(picture(blob)), "3n3bexomrtk27"),
        lambda side: side.put(images(picture({**blob, "size": 5})), "3n3bexomrtl27"),
        lambda side: side.write("delete", rkey=KEY),
        lambda side: side.put(images(picture(blob))),
        lambda side: side.write("delete", rkey=KEY),
        lambda side: side.write("delete", rkey="3n3bexomrtk27"),
        lambda side: side.write("delete", rkey="3n3bexomrtl27"),
        lambda side: side.put(images(picture(blob))),
        lambda side: side.upload(png),
        lambda side: side.put(images(picture(blob))),
        lambda side: side.put(post("Without"), swapRecord=None),
        lambda side: side.write("put", record=post("Without"), rkey=KEY),
        lambda side: side.put(images(picture(blob)), "3n3bexomrtk27"),
    ]
    for step in steps:
        assert_same(sides, step)


def test_sessions_have_the_same_answers(sides: tuple[Side, Side]) -> None:
    login = partial(Side.call, method="POST", nsid=f"{SERVER}.createSession")
    bodies = [
        {"identifier": "nobody.test", "password": "x"},
        {"identifier": "nobody.test"},
        {"identifier": 3, "password": "x"},
    ]
    steps: list[Callable[[Side], requests.Response]] = [
        *(partial(login, json=body) for body in bodies),
        lambda side: side.call("POST", f"{SERVER}.createSession"),
        lambda side: side.call("GET", f"{SERVER}.getSession"),
        lambda side: side.call("GET", f"{SERVER}.getSession", side.token),
        lambda side: side.call("GET", f"{SERVER}.getSession", side.refresh),
        lambda side: side.call("GET", f"{SERVER}.getSession", "garbage"),
        lambda side: side.call("GET", f"{SERVER}.getSession", f"{side.token[:-4]}aaaa"),
        lambda side: side.call("GET", f"{SERVER}.getSession", headers={"Authorization": "Bearer"}),
        lambda side: side.call("GET", f"{SERVER}.getSession", headers={"Authorization": "Foo x"}),
        lambda side: side.call("GET", f"{SERVER}.getSession", headers={"Authorization": "Basic x"}),
        lambda side: side.call("POST", f"{SERVER}.refreshSession"),
        lambda side: side.call("POST", f"{SERVER}.refreshSession", side.token),
        lambda side: side.call("POST", f"{SERVER}.refreshSession", side.refresh),
        lambda side: side.call("POST", f"{SERVER}.refreshSession", side.refresh),
    ]
    for step in steps:
        assert_same(sides, step)


def test_reading_has_the_same_answers(sides: tuple[Side, Side]) -> None:
    for side in sides:
        for place in "234":
            side.put(post(place), f"3n3bexomrt{place}27")

    def listing(**params: Any) -> Callable[[Side], requests.Response]:
        usual = {"collection": POSTS, **params}
        return lambda side: side.call(
            "GET", f"{REPO}.listRecords", params={"repo": side.did, **usual}
        )

    def resolving(handle: str) -> Callable[[Side], requests.Response]:
        nsid = "com.atproto.identity.resolveHandle"
        return lambda side: side.call("GET", nsid, params={"handle": handle})

    missing = {"collection": POSTS, "rkey": KEY}
    steps = [
        listing(),
        listing(limit=2),
        listing(limit=2, cursor="3n3bexomrt327"),
        listing(limit=2, reverse="true"),
        listing(cursor="2"),
        listing(collection="com.example.none"),
        listing(repo="nobody.test"),
        resolving(sides[0].handle),
        resolving(sides[0].handle.upper()),
        resolving("nobody.test"),
        lambda side: side.call("GET", f"{REPO}.getRecord", params={"repo": side.did, **missing}),
    ]
    for step in steps:
        assert_same(sides, step)


def test_logins_are_counted_alike(sides: tuple[Side, Side]) -> None:
    left = []
    for side in sides:
        body = {"identifier": side.handle, "password": "wrong"}
        answers = [side.call("POST", f"{SERVER}.createSession", json=body) for _ in range(2)]
        left.append([answer.headers["ratelimit-remaining"] for answer in answers])
        ends = [int(answer.headers["ratelimit-reset"]) for answer in answers]
        assert abs(ends[0] - ends[1]) <= 1, "the window began with the login of the session"
    assert left == [["28", "27"]] * 2


# --- Differences between the lexicon and the server -----------------------------------------------


def test_the_server_s_own_lexicon_is_older_about_pictures(
    shared: tuple[Side, Side], key: str
) -> None:
    real, ours = shared
    content = picture_bytes().ljust(1_500_000, b"x")
    record = images(picture(ours.upload(content).json()["blob"]))
    real.upload(content)
    assert "blob too big (maximum 1000000" in real.put(record, key).text
    assert ours.put(record, key).status_code == 200


def test_a_wrong_parameter_is_an_error_of_the_server_and_a_refusal_here(
    shared: tuple[Side, Side],
) -> None:
    params = {"repo": "nobody.test", "collection": POSTS, "limit": "101"}
    real, ours = (side.call("GET", f"{REPO}.listRecords", params=params) for side in shared)
    assert (real.status_code, ours.status_code) == (500, 400)
