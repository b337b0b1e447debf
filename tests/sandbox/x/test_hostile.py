"""Requests that no client of ours sends are refused as by X, and the sandbox goes on."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]

JSON = {"Content-Type": "application/json"}
DEEP = "[" * 100_000
HUGE = "9" * 5_000
FAR = "9" * 400

BODIES = {
    "a lone surrogate": r'{"text": "\ud800"}',
    "one in a name": r'{"\udfff": 1}',
    "one far inside": r'{"poll": {"options": ["a", "\ud800"], "duration_minutes": 60}}',
    "deep": f'{{"text": {DEEP}',
    "deep and whole": f'{{"text": {DEEP}{"]" * 100_000}}}',
    "more digits than Python reads": f'{{"text": "a", "reply": {HUGE}}}',
    "a huge number": f'{{"poll": {{"options": ["a", "b"], "duration_minutes": {FAR}}}}}',
    "an infinite number": '{"poll": {"options": ["a", "b"], "duration_minutes": 1e999}}',
    "no number": '{"poll": {"options": ["a", "b"], "duration_minutes": NaN}}',
    "no UTF-8": b'{"text": "\xff"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize(
    "path", ["/2/tweets", "/2/media/upload/initialize", "/2/media/metadata"], ids=str
)
def test_a_body_that_cannot_be_is_a_400(
    sandbox: SandboxClient, path: str, body: str | bytes
) -> None:
    answer = sandbox.api("POST", path, data=body, headers=JSON)
    assert answer.status_code == 400, answer.text
    assert answer.json()["title"] == "Invalid Request"
    assert not sandbox.world.posts


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["accounts", "faults", "credits"])
def test_a_control_that_cannot_be_is_refused(
    sandbox: SandboxClient, path: str, body: str | bytes
) -> None:
    answer = sandbox.session.post(
        f"{sandbox.url}/sandbox/{path}", data=body, headers=JSON, timeout=10
    )
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["error"]


QUERIES = {
    "max_results": {"max_results": HUGE},
    "pagination_token": {"pagination_token": f"7140sandbox{HUGE}"},
    "other digits": {"pagination_token": "\u0661\u0662"},
    "a day only": {"start_time": "2026-03-02"},
    "the year 0": {"start_time": "0000-01-01T00:00:00Z"},
    "no offset": {"end_time": "2026-03-02T12:00:00"},
    "an odd offset": {"start_time": "0001-01-01T00:00:00+99:99"},
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_that_cannot_be_is_a_400(sandbox: SandboxClient, query: dict[str, str]) -> None:
    sandbox.create_post("Something to show")
    answer = sandbox.api("GET", f"/2/users/{sandbox.own.id}/tweets", params=query)
    assert answer.status_code == 400, answer.text
    assert answer.json()["title"] == "Invalid Request"


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_the_edges_of_time_are_times(sandbox: SandboxClient, edge: str) -> None:
    sandbox.create_post("Something to show")
    path = f"/2/users/{sandbox.own.id}/tweets"
    assert sandbox.api("GET", path, params={"start_time": edge}).status_code == 200


@pytest.mark.parametrize("path", [f"/2/users/{HUGE}/tweets", "/2/users/%ED%A0%80/tweets"])
def test_an_id_that_cannot_be_is_a_400(sandbox: SandboxClient, path: str) -> None:
    assert sandbox.api("GET", path).status_code in {400, 401}


FORMS = {
    "no boundary": ("multipart/form-data", b"x"),
    "no end": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"',
    ),
    "no name": ("multipart/form-data; boundary=x", b"--x\r\n\r\nabc\r\n--x--\r\n"),
    "no form": ("multipart/form-data; boundary=x", b"{}"),
}


@pytest.mark.parametrize(("kind", "body"), FORMS.values(), ids=FORMS)
def test_a_form_that_cannot_be_is_a_400(sandbox: SandboxClient, kind: str, body: bytes) -> None:
    answer = sandbox.api("POST", "/2/media/upload", data=body, headers={"Content-Type": kind})
    assert answer.status_code == 400, answer.text
    assert answer.json()["title"] == "Invalid Request"


@pytest.mark.parametrize("segment", [HUGE, "\u0661"])
def test_a_segment_that_cannot_be_is_a_400(sandbox: SandboxClient, segment: str) -> None:
    body = {"media_type": "video/mp4", "media_category": "tweet_video", "total_bytes": 10}
    begun = sandbox.api("POST", "/2/media/upload/initialize", json=body).json()["data"]["id"]
    files = {"media": ("chunk", b"x", "application/octet-stream")}
    form = {"segment_index": segment}
    answer = sandbox.api("POST", f"/2/media/upload/{begun}/append", files=files, data=form)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("credits", {"balance": "1e999999999"}),
        ("credits", {"add": "NaN"}),
        ("faults", {"path": "/2", "effect": {"type": "status", "reset": int(FAR)}}),
        ("faults", {"path": "/2", "effect": {"type": "redirect", "location": "/\nx"}}),
        ("accounts", {"handle": "../x", "name": "X"}),
        ("accounts", {"handle": "x", "name": ""}),
    ],
)
def test_a_control_that_would_break_later_is_refused_at_once(
    sandbox: SandboxClient, path: str, body: Any
) -> None:
    answer = sandbox.session.post(f"{sandbox.url}/sandbox/{path}", json=body, timeout=10)
    assert answer.status_code == 422, answer.text
    sandbox.create_post("Still there")


@pytest.mark.parametrize("path", ["/2/tweets", "/sandbox/credits"])
def test_a_body_in_chunks_is_limited_too(sandbox: SandboxClient, path: str) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(1_000):
            yield b"x" * 1_000_000

    with socket.create_connection(("127.0.0.1", int(sandbox.url.rsplit(":", 1)[1])), 20) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        line.sendall(head.encode())
        sent = 0
        try:
            for chunk in endless():
                line.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
                sent += len(chunk)
        except OSError:
            pass  # it has hung up
        answer = line.recv(1_000)
    assert b" 413 " in answer
    assert sent < 100_000_000
    sandbox.create_post("Still there")
