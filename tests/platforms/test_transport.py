"""Secrets stay secret, and the way to X is the configured one."""

from __future__ import annotations

import gc
import gzip
import json
import logging
import threading
import tracemalloc
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from helpers.clock import ManualClock
from helpers.platforms import SEND_KEY
from helpers.store import text_content
from helpers.trap import answering, http, request, trapped

from bot.errors import GroundswellError
from bot.model import Account
from bot.platforms.calls import Limits
from bot.platforms.connection import MAX_ANSWER_BYTES
from bot.platforms.outcomes import Outcome, Unauthorized, Unknown, Unsent
from bot.platforms.transport import SingleRequestSession, canonical_json
from bot.platforms.x import SECRETS, connect
from bot.platforms.x.transport import XTransport

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.platforms import XBackend

CANARIES = {name: f"4242-canary-{name}" for name in SECRETS}


@pytest.mark.parametrize("where", ["detail", "title", "errors"])
def test_a_secret_in_an_answer_is_blotted_out(stage: XBackend, where: str) -> None:
    secret = stage.secrets["access_token_secret"]
    words = f'{secret} oauth_signature="c2lnbmF0dXJl" Bearer AAAA'
    body = {where: [{"message": words}] if where == "errors" else words}
    stage.fault({"status": 400, "body": body})
    with pytest.raises(Outcome) as caught:
        stage.client().publish('{"text":"Hello"}', SEND_KEY)
    said = f"{caught.value} {caught.value!r}"
    assert "[secret]" in said
    assert not any(word in said for word in (secret, "c2lnbmF0dXJl", "AAAA"))


def test_a_text_that_looks_like_a_token_is_still_recognised(stage: XBackend) -> None:
    client = stage.client()
    payload = client.payload(text_content("Bearer AAAA is what oauth_token=x is not"), 0, [], None)
    published = client.publish(payload, SEND_KEY)
    assert len(client.find(payload, published.at).matches) == 1


def test_no_log_at_any_level_shows_a_secret(
    stage: XBackend, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("tweepy", "tweepy.client", "requests_oauthlib.oauth1_auth", "oauthlib", "urllib3"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    client = stage.client()
    client.publish(client.payload(text_content("Quiet"), 0, [], None), SEND_KEY)
    client.whoami()
    assert "oauth_signature" not in caplog.text
    assert not any(secret in caplog.text for secret in stage.secrets.values())


def test_nothing_shows_its_secrets() -> None:
    account = Account("mj", "x", "mj", "")
    client = connect(account, CANARIES)
    line = XTransport("", CANARIES)
    assert "canary" not in f"{client!r} {line!r} {vars(client)!r}"


def test_missing_secrets_are_named_not_shown() -> None:
    account = Account("mj", "x", "mj", "")
    with pytest.raises(Unauthorized) as caught:
        connect(account, {**CANARIES, "consumer_secret": ""})
    assert str(caught.value) == "missing secrets: consumer_secret"


SAFE = ["", "https://api.x.com", "https://api.x.com/", "http://127.0.0.1:8000", "http://[::1]:80"]
UNSAFE = [
    "http://api.x.com",
    "http://127.0.0.1.evil.example",
    "ftp://api.x.com",
    "https://",
    "api.x.com",
    "https://user:canary@api.x.com",
    "https://api.x.com/?canary",
]


@pytest.mark.parametrize("api", SAFE)
def test_an_address_that_keeps_tokens_is_taken(api: str) -> None:
    assert connect(Account("mj", "x", "mj", api), CANARIES)


@pytest.mark.parametrize("api", UNSAFE)
def test_an_address_that_would_show_tokens_is_refused(api: str) -> None:
    with pytest.raises(GroundswellError, match="https") as caught:
        connect(Account("mj", "x", "mj", api), CANARIES)
    assert "canary" not in str(caught.value)


def test_a_sandbox_is_reached_past_proxy_and_netrc(
    stage: XBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert stage.client().whoami().handle == stage.handle


def test_the_real_x_is_reached_through_a_proxy_where_there_is_one() -> None:
    assert SingleRequestSession("https://api.x.com", Limits(), 1).trust_env


def test_an_unsigned_request_is_impossible() -> None:
    session = SingleRequestSession("https://api.x.com", Limits(), 1)
    with pytest.raises(AssertionError):
        session.request("GET", "/2/users/me", auth=None)


def test_a_request_learns_nothing_from_the_one_before() -> None:
    heads: list[bytes] = []

    def act(line: socket.socket, _: threading.Event) -> None:
        heads.append(request(line).lower())
        line.sendall(http("200 OK", b"{}", "Set-Cookie: crumb=1; Path=/"))

    other = {name: f"77-otter-{name}" for name in SECRETS}
    with trapped(act) as trap:
        for secrets in (CANARIES, other, CANARIES):
            line = XTransport(f"http://127.0.0.1:{trap.port}", secrets, clock=ManualClock())
            for _ in range(2):
                line.read("GET", "/2/users/me")
    assert not any(b"cookie" in head for head in heads)
    assert [b"canary" in head for head in heads] == [True, True, False, False, True, True]
    assert [b"otter" in head for head in heads] == [False, False, True, True, False, False]


def test_a_request_leaves_nothing_for_the_collector() -> None:
    with trapped(answering(http("200 OK", b"{}"))) as trap:
        line = XTransport(f"http://127.0.0.1:{trap.port}", CANARIES, clock=ManualClock())
        line.read("GET", "/2/users/me")
        gc.collect()
        gc.disable()
        try:
            line.read("GET", "/2/users/me")
            assert gc.collect() == 0
        finally:
            gc.enable()


def test_the_user_is_known_from_the_token_without_paying() -> None:
    assert XTransport("", CANARIES).user_id == "4242"
    assert XTransport("", {**CANARIES, "access_token": "canary"}).user_id is None


def test_an_option_that_there_is_not_is_an_error() -> None:
    with pytest.raises(TypeError, match="retries"):
        connect(Account("mj", "x", "mj", ""), CANARIES, {"retries": 3})


def test_canonical_json_is_the_same_bytes_for_the_same_content() -> None:
    one = canonical_json({"text": "Z\u00fcrich", "media": {"media_ids": ["1"]}})
    assert one == canonical_json(dict(reversed(json.loads(one).items())))
    assert one == '{"media":{"media_ids":["1"]},"text":"Z\u00fcrich"}'


def test_the_connect_timeout_reaches_the_wire(stage: XBackend) -> None:
    stage.fault({"stall": 5, "commit": "never"}, "/2/users/me")
    account = replace(stage.account)
    options = {"clock": stage.clock, "limits": Limits(silence=0.2)}
    with pytest.raises(Outcome, match="timed out"):
        connect(account, stage.secrets, options).whoami()


# --- Answers without an end -----------------------------------------------------------------------


@contextmanager
def answering_with(body: bytes, **headers: str) -> Iterator[str]:
    """Serve this one answer to every request, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(201)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):  # whoever asked has seen enough
                self.wfile.write(body)

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


BOMBS: dict[str, dict[str, str]] = {
    "plain": {},
    "gzip": {"Content_Encoding": "gzip"},
    "gzip twice": {"Content_Encoding": "gzip, gzip"},
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_an_answer_is_not_read_beyond_all_reason(bomb: str) -> None:
    body, headers = b"0" * (MAX_ANSWER_BYTES + 1), BOMBS[bomb]
    for _ in range("".join(headers.values()).count("gzip")):
        body = gzip.compress(body)
    with answering_with(body, **headers) as address:
        line = XTransport(address, CANARIES, clock=ManualClock())
        tracemalloc.start()
        try:
            with pytest.raises(Unsent, match="the answer is longer than 32 MiB"):
                line.read("GET", "/2/users/me")
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        with pytest.raises(Unknown, match="the answer is longer than 32 MiB"):
            line.send("POST", "/2/tweets", json={"text": "Hello"}, repeatable=False)
    assert most < 2 * MAX_ANSWER_BYTES


def test_an_answer_that_is_packed_is_read() -> None:
    body = gzip.compress(b'{"data": {"id": "7"}}')
    with answering_with(body, Content_Encoding="gzip") as address:
        line = XTransport(address, CANARIES, clock=ManualClock())
        assert line.read("GET", "/2/users/me") == {"data": {"id": "7"}}
