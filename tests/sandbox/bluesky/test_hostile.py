"""Requests that no client of ours sends are refused as by Bluesky, and the sandbox goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from helpers.sandbox_bluesky import POSTS, post

from bot.sandbox.bluesky.problems import PROBLEMS

if TYPE_CHECKING:
    from helpers.sandbox_bluesky import BlueskySandboxClient

JSON = {"Content-Type": "application/json"}
DEEP = "[" * 100_000
PUT = "com.atproto.repo.putRecord"
WRITES = [f"com.atproto.repo.{how}Record" for how in ("put", "create", "delete")]
BODIES = {
    "nothing": b"",
    "no object": "[]",
    "deep": f'{{"repo": {DEEP}',
    "deep and whole": f'{{"repo": {DEEP}{"]" * 100_000}}}',
    "no number": '{"repo": NaN}',
    "an infinite number": '{"repo": 1e999}',
    "a huge number": f'{{"repo": {"9" * 400}}}',
    "more digits than Python reads": f'{{"repo": {"9" * 5_000}}}',
    "no UTF-8": b'{"repo": "\xff"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("nsid", [*WRITES, "com.atproto.server.createSession"])
def test_a_body_that_cannot_be_is_refused(
    sky: BlueskySandboxClient, nsid: str, body: str | bytes
) -> None:
    answer = sky.call("POST", nsid, data=body, headers=JSON)
    assert answer.status_code in {400, 413}, answer.text
    assert answer.json().keys() == {"error", "message"}
    assert not sky.world.posts


def test_half_a_character_is_stored_as_the_sign_for_one(sky: BlueskySandboxClient) -> None:
    record = post("a\\ud800b").__repr__().replace("'", '"').replace("\\\\", "\\")
    body = f'{{"repo": "{sky.own.id}", "collection": "{POSTS}", "rkey": "{sky.key()}", '
    answer = sky.call("POST", PUT, data=f'{body}"record": {record}}}', headers=JSON)
    assert answer.status_code == 200, answer.text
    assert sky.world.visible()[0].raw == "a\ufffdb"


ODD = {
    "no bytes": {"$bytes": "x"},
    "bytes that are a number": {"$bytes": 3},
    "a link to nothing": {"$link": "x"},
    "a link that is a number": {"$link": 3},
    "a link and more": {"$link": "x", "a": 1},
    "a deep object": {"a": {"a": {"a": [[[{}]]]}}},
    "a type that is a number": {"$type": 3},
    "a blob without type": {"ref": {"$link": "x"}, "mimeType": "a", "size": 1},
    "an embed of pictures that is none": {"$type": "app.bsky.embed.images"},
}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
@pytest.mark.parametrize("place", ["unknown", "embed", "labels", "facets"])
@pytest.mark.parametrize("validate", [True, False])
def test_no_record_is_an_error_of_the_sandbox(
    sky: BlueskySandboxClient, place: str, value: Any, *, validate: bool
) -> None:
    answer = sky.put(post(**{place: value}), validate=validate)
    assert answer.status_code in {200, 400}, answer.text
    html = sky.session.get(sky.url, timeout=10)
    assert html.status_code == 200
    shown = sky.session.get(f"{sky.url}/sandbox/posts", timeout=10)
    assert shown.status_code == 200
    uris = [sky.uri(post.id) for post in sky.world.visible()]
    if uris:
        assert sky.get("app.bsky.feed.getPosts", uris=uris).status_code == 200


def test_a_profile_that_was_not_checked_is_no_error_of_the_sandbox(
    sky: BlueskySandboxClient,
) -> None:
    kind = "app.bsky.actor.profile"
    odd = {"$type": kind, "displayName": 3, "labels": [3], "description": None}
    answer = sky.write("put", odd, "self", collection=kind, validate=False)
    assert answer.status_code == 200
    assert sky.get("app.bsky.actor.getProfile", actor=sky.own.id).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/xrpc/com.example.nothing"),
        ("GET", f"/xrpc/{PUT}"),
        ("POST", "/xrpc/app.bsky.feed.getPosts"),
        ("GET", "/xrpc/"),
        ("PUT", "/"),
    ],
)
def test_what_does_not_exist_is_refused_in_bluesky_s_form(
    sky: BlueskySandboxClient, method: str, path: str
) -> None:
    answer = sky.session.request(method, sky.url + path, timeout=10)
    assert answer.status_code in {404, 405}
    assert answer.json().keys() == {"error", "message"}


def test_a_body_where_none_is_expected_is_refused(sky: BlueskySandboxClient) -> None:
    token = sky.login().json()["refreshJwt"]
    answer = sky.call("POST", "com.atproto.server.refreshSession", token, data=b"{}")
    message = "A request body was provided when none was expected"
    assert answer.json() == {"error": "InvalidRequest", "message": message}


@pytest.mark.parametrize(
    ("headers", "words"),
    [({}, "required but not provided"), ({"Content-Type": "text/plain"}, "Wrong request encoding")],
)
def test_a_body_says_what_it_is(
    sky: BlueskySandboxClient, headers: dict[str, str], words: str
) -> None:
    answer = sky.call("POST", PUT, data=b"{}", headers=headers)
    assert answer.status_code == 400
    assert words in answer.json()["message"]


def test_a_body_over_the_limit_of_a_server_is_refused(sky: BlueskySandboxClient) -> None:
    answer = sky.put(post("x" * 200_000))
    assert (answer.status_code, answer.json()["error"]) == (413, "PayloadTooLarge")
    assert sky.upload(b"x" * (5 * 1024 * 1024 + 1)).status_code == 413
    assert sky.upload(b"x", "").status_code == 400


# --- Faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_documented_refusal_can_be_asked_for(sky: BlueskySandboxClient, name: str) -> None:
    sky.world.faults.add("POST", f"/xrpc/{PUT}", {"type": "status", "problem": name})
    answer = sky.put(post())
    assert answer.status_code == PROBLEMS[name].status
    assert answer.json() == PROBLEMS[name].body
    assert not sky.world.posts


@pytest.mark.parametrize(
    ("effect", "status", "stored"),
    [
        ({"status": 429, "reset": 300}, 429, 0),
        ({"status": 418}, 418, 0),
        ({"status": 502}, 502, 0),
        ("commit_then_503", 503, 1),
        ("garbage", 200, 1),
        ("redirect", 307, 0),
        ("errors_only", 200, 0),
    ],
    ids=str,
)
def test_faults_hit_bluesky_s_requests(
    sky: BlueskySandboxClient, effect: Any, status: int, stored: int
) -> None:
    sky.token()
    sky.world.faults.add("POST", f"/xrpc/{PUT}", effect)
    answer = sky.put(post())
    assert answer.status_code == status
    assert len(sky.world.posts) == stored
    if status == 429:
        ends = int(sky.clock.now().timestamp()) + 300
        assert int(answer.headers["ratelimit-reset"]) == ends
