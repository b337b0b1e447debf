"""A call ends in time whatever the server does, and only a final answer says what came of it."""

from __future__ import annotations

import itertools
import socket
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from helpers.clock import ManualClock
from helpers.platforms import SEND_KEY, x_client
from helpers.trap import answering, certificate, http, request, trapped

from bot.platforms import calls
from bot.platforms.bluesky.responses import classify as bluesky_classify
from bot.platforms.calls import Call, Limits, long_calls, making
from bot.platforms.connection import MAX_ANSWER_BYTES
from bot.platforms.mastodon.responses import classify as mastodon_classify
from bot.platforms.outcomes import Unknown, Unsent
from bot.platforms.responses import HttpAnswer, outcome_of
from bot.platforms.x.responses import classify as x_classify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from bot.platforms.responses import Classify

    Act = Callable[[socket.socket, threading.Event], object]

OK = b'{"data":{"id":"1795000000000000000","text":"Hello"}}'
LIMIT = 0.6
"""Seconds that a call may take here, while the servers below would go on for ever."""
LIMITS = Limits(connect=0.4, silence=0.4, send=LIMIT, read=LIMIT)


client_for = partial(x_client, limits=LIMITS)


# --- Informational answers ------------------------------------------------------------------------


def informing(*codes: int) -> bytes:
    return b"".join(
        b"HTTP/1.1 %d Wait\r\nLink: </style.css>; rel=preload\r\n\r\n" % code for code in codes
    )


CODES = [(100,), (102,), (103,), (199,), (103, 103, 103), (100, 103, 102, 100)]


@pytest.mark.parametrize("codes", CODES, ids=str)
def test_the_final_answer_counts_whatever_informs_before_it(codes: tuple[int, ...]) -> None:
    with trapped(answering(informing(*codes), http("201 Created", OK))) as trap:
        client = client_for(f"http://127.0.0.1:{trap.port}")
        assert client.publish('{"text":"Hello"}', SEND_KEY).remote_id == "1795000000000000000"


@pytest.mark.parametrize("codes", [(103,), (100, 102), (101,)], ids=str)
def test_an_informational_answer_alone_proves_nothing(codes: tuple[int, ...]) -> None:
    with trapped(answering(informing(*codes))) as trap:
        client = client_for(f"http://127.0.0.1:{trap.port}")
        with pytest.raises(Unknown):
            client.publish('{"text":"Hello"}', SEND_KEY)
        with pytest.raises(Unsent):
            client.whoami()


@pytest.mark.parametrize("classify", [x_classify, mastodon_classify, bluesky_classify])
@pytest.mark.parametrize("status", [100, 101, 102, 103, 199])
@pytest.mark.parametrize("body", [b"", b'{"error":"Forbidden"}'])
def test_a_status_below_200_is_no_refusal(classify: Classify, status: int, body: bytes) -> None:
    answer = HttpAnswer(status, {}, body)
    assert type(outcome_of(answer, classify)) is Unknown
    assert type(outcome_of(answer, classify, repeatable=True)) is Unsent


# --- Servers without an end -----------------------------------------------------------------------


def drip(chunks: Iterable[bytes], *, seconds: float = 0.05) -> Act:
    """Return what sends these one after the other, until whoever asked hangs up."""

    def act(line: socket.socket, over: threading.Event) -> None:
        request(line)
        _drip(line, over, chunks, seconds)

    return act


def _drip(
    line: socket.socket, over: threading.Event, chunks: Iterable[bytes], seconds: float
) -> None:
    for chunk in chunks:
        if over.wait(seconds):
            return
        try:
            line.sendall(chunk)
        except OSError:
            return


def in_bytes(text: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in text]


HEAD = b"HTTP/1.1 201 Created\r\n"
CONTINUE = informing(100)
ENDLESS = {
    "before the status line": drip(in_bytes(HEAD * 20)),
    "in a header": drip([HEAD, b"X-Slow: ", *[b"a"] * 200]),
    "header after header": drip([HEAD, *[b"X-Slow: a\r\n"] * 99]),
    "100 after 100": drip(itertools.repeat(CONTINUE)),
    "103 after 103": drip(itertools.repeat(informing(103))),
    "in the body": drip([http("201 Created", length=10**6), *in_bytes(OK * 9)]),
    "chunk after chunk": drip(
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\n \r\n"] * 500]
    ),
    "until the connection closes": drip([HEAD + b"Connection: close\r\n\r\n", *[b" "] * 500]),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_server_without_an_end_is_given_up(name: str) -> None:
    with trapped(ENDLESS[name]) as trap:
        client = client_for(f"http://127.0.0.1:{trap.port}")
        with pytest.raises(Unknown, match=rf"not done within {LIMIT:g} s"):
            client.publish('{"text":"Hello"}', SEND_KEY)
        with pytest.raises(Unsent, match=rf"not done within {LIMIT:g} s"):
            client.whoami()


FLOODS = {
    "100 after 100": drip(itertools.repeat(CONTINUE * 1000), seconds=0),
    "header after header": drip([HEAD, *[b"X-Long: %b\r\n" % (b"a" * 60_000)] * 99], seconds=0),
    "empty chunks' extensions": drip(
        [
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
            *[b"1;" + b"e" * 60_000 + b"\r\na\r\n"] * (MAX_ANSWER_BYTES // 50_000),
        ],
        seconds=0,
    ),
}


@pytest.mark.parametrize("name", FLOODS)
def test_what_comes_with_an_answer_is_not_read_beyond_all_reason(name: str) -> None:
    with trapped(FLOODS[name]) as trap:
        client = x_client(f"http://127.0.0.1:{trap.port}", Limits())
        with pytest.raises(Unknown, match="no end"):
            client.publish('{"text":"Hello"}', SEND_KEY)


def test_a_server_that_stops_reading_is_given_up() -> None:
    with trapped(lambda _, over: over.wait(10)) as trap:
        client = client_for(f"http://127.0.0.1:{trap.port}")
        with pytest.raises(Unknown, match="timed out"):
            client.publish('{"text":"%s"}' % ("a" * 10**7), SEND_KEY)


def test_silence_ends_a_call_before_its_limit_does() -> None:
    limits = Limits(silence=0.2, send=30, read=30)
    with trapped(drip([HEAD], seconds=60)) as trap, pytest.raises(Unknown, match="not a byte"):
        x_client(f"http://127.0.0.1:{trap.port}", limits).publish('{"text":"Hello"}', SEND_KEY)


# --- Provably unsent before a connection ----------------------------------------------------------


def test_a_name_that_is_looked_up_for_ever_is_unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: over.wait(10) and [])
    with pytest.raises(Unsent, match="no connection was made"):
        client_for("https://x-api.invalid").publish('{"text":"Hello"}', SEND_KEY)
    over.set()


def test_a_handshake_that_drips_is_unsent() -> None:
    def act(line: socket.socket, over: threading.Event) -> None:
        line.recv(1)
        _drip(line, over, in_bytes(b"\x16\x03\x03\x40\x00" + b"\x02" * 500), 0.05)

    with trapped(act) as trap, pytest.raises(Unsent, match="no connection was made"):
        client_for(f"https://127.0.0.1:{trap.port}").publish('{"text":"Hello"}', SEND_KEY)


def test_an_answer_over_tls_that_drips_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certificate(tmp_path)

    def act(line: socket.socket, over: threading.Event) -> None:
        secure = context.wrap_socket(line, server_side=True)
        request(secure)
        _drip(secure, over, in_bytes(HEAD * 20), 0.05)
        secure.close()

    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "cert.pem"))
    limits = Limits(connect=5, silence=0.4, send=LIMIT)
    with trapped(act) as trap, pytest.raises(Unknown, match="not done within"):
        x_client(f"https://127.0.0.1:{trap.port}", limits).publish('{"text":"Hello"}', SEND_KEY)


# --- Calls of several requests --------------------------------------------------------------------


def test_a_call_ends_in_time_however_many_requests_it_makes() -> None:
    """Each page is quick enough by itself, and leads to another."""
    page = b'{"data":[],"meta":{"result_count":0,"next_token":"again"}}'

    def act(line: socket.socket, over: threading.Event) -> None:
        request(line)
        over.wait(0.1)
        line.sendall(http("200 OK", page))

    with trapped(act) as trap:
        client = client_for(f"http://127.0.0.1:{trap.port}")
        with pytest.raises(Unsent, match="timed out"):
            client.find('{"text":"Hello"}', ManualClock().now())
        assert trap.connections < 20


def test_a_call_that_waits_is_named_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(calls, "NOTICE_SECONDS", 0.1)
    monkeypatch.setattr(calls, "NOTICE_SHARE", 0.0)
    seen: list[list[str]] = []

    def act(line: socket.socket, over: threading.Event) -> None:
        request(line)
        over.wait(0.3)
        seen.append([call.account for call in long_calls()])
        line.sendall(http("201 Created", OK))

    with trapped(act) as trap:
        x_client(f"http://127.0.0.1:{trap.port}", Limits()).publish('{"text":"Hello"}', SEND_KEY)
    assert seen == [["mj"]]
    said = [record.getMessage() for record in caplog.records]
    assert said == ["mj: waiting for X for 0 s; the request is given up after 30 s"]
    assert long_calls() == []


def test_a_call_within_a_call_has_what_is_left_of_its_time() -> None:
    with making(Call("mj", "x", 30.0)), making(Call("mj", "x", 60.0)):
        assert (current := calls.current_call())
        assert current.limit == 30


def test_a_claim_lasts_longer_than_a_send() -> None:
    from bot.delivery.dispatcher import LEASE_SECONDS
    from bot.delivery.sending import LAUNCH_SECONDS

    assert LAUNCH_SECONDS + Limits().send + 20 <= LEASE_SECONDS


def test_a_file_has_time_by_its_size() -> None:
    request_seconds = partial(Limits().request, is_send=False)
    assert request_seconds(0) == 60
    assert request_seconds(4 * 1024**2) == 60 + 64
