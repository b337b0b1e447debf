"""Breaks on the wire, over real sockets, and their meaning for a send and for a read."""

from __future__ import annotations

import socket
from functools import partial
from typing import TYPE_CHECKING

import pytest
from helpers.platforms import SEND_KEY, x_client
from helpers.trap import answering, certificate, http, request, reset, trapped

from bot.platforms.calls import Limits
from bot.platforms.outcomes import Outcome, Rejected, Unauthorized, Unknown, Unsent

if TYPE_CHECKING:
    import ssl
    import threading
    from pathlib import Path


OK = b'{"data":{"id":"1795000000000000000","text":"Hello"}}'
SOON = 1.0  # seconds of the client's timeouts here, while a busy machine answers in tenths


def reset_before_reading(line: socket.socket, _: threading.Event) -> None:
    line.recv(1)
    reset(line)


def reset_after_reading(line: socket.socket, _: threading.Event) -> None:
    request(line)
    reset(line)


def close_without_answer(line: socket.socket, _: threading.Event) -> None:
    request(line)


def stall(line: socket.socket, over: threading.Event) -> None:
    request(line)
    over.wait(10)


def stall_in_body(line: socket.socket, over: threading.Event) -> None:
    request(line)
    line.sendall(http("201 Created", OK[:20], length=len(OK)))
    over.wait(10)


client_for = partial(x_client, limits=Limits(connect=SOON, silence=SOON))

AFTER = {
    "reset before reading": (reset_before_reading, Unknown),
    "reset after reading": (reset_after_reading, Unknown),
    "closed without an answer": (close_without_answer, Unknown),
    "stalled": (stall, Unknown),
    "stalled in the body": (stall_in_body, Unknown),
    "truncated": (answering(http("201 Created", OK[:30], length=len(OK))), Unknown),
    "half a header": (answering(b"HTTP/1.1 201 Created\r\nContent-Le"), Unknown),
    "no HTTP": (answering(b"\x00\x01 garbage \xff\r\n\r\n"), Unknown),
    "201 with garbage": (answering(http("201 Created", b"<html>\xff")), Unknown),
    "201 with a list": (answering(http("201 Created", b"[1]")), Unknown),
    "201 with null": (answering(http("201 Created", b'{"data":null}')), Unknown),
    "201 with an odd id": (answering(http("201 Created", b'{"data":{"id":"../x"}}')), Unknown),
    "201 with errors only": (answering(http("200 OK", b'{"errors":[{"message":"?"}]}')), Unknown),
    "204 without a body": (answering(http("204 No Content")), Unknown),
    "broken compression": (
        answering(http("201 Created", OK, "Content-Encoding: gzip")),
        Unknown,
    ),
    "503 with a list": (answering(http("503 Service Unavailable", b'["later"]')), Unknown),
    "502 of a proxy": (answering(http("502 Bad Gateway", b"<html>nginx</html>")), Unknown),
    "408": (answering(http("408 Request Timeout")), Unknown),
    "403 with a string": (answering(http("403 Forbidden", b'"no"')), Unauthorized),
    "400 with odd errors": (answering(http("400 Bad Request", b'{"errors":"what"}')), Rejected),
    "307": (
        answering(http("307 Temporary Redirect", b"", "Location: http://127.0.0.1:9/2/tweets")),
        Rejected,
    ),
}


@pytest.mark.parametrize("name", AFTER)
def test_what_breaks_after_the_connection_stood(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    act, outcome = AFTER[name]
    with trapped(act) as trap:
        client = client_for(f"http://127.0.0.1:{trap.port}")
        with pytest.raises(Outcome) as caught:
            client.publish('{"text":"Hello"}', SEND_KEY)
        assert isinstance(caught.value, outcome), caught.value
        assert trap.connections == 1, "nothing tries again"
        assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"
        assert "Traceback" not in caplog.text


@pytest.mark.parametrize("name", [name for name in AFTER if AFTER[name][1] is Unknown])
def test_the_same_while_reading_is_repeatable(name: str) -> None:
    with trapped(AFTER[name][0]) as trap:
        client = client_for(f"http://127.0.0.1:{trap.port}")
        with pytest.raises(Unsent):
            client.whoami()


def test_a_whole_answer_is_a_post_and_carries_the_time_of_the_platform() -> None:
    date = "Date: Tue, 24 Nov 2026 12:00:07 GMT"
    with trapped(answering(http("201 Created", OK, date))) as trap:
        client = client_for(f"http://127.0.0.1:{trap.port}")
        assert client.publish('{"text":"Hello"}', SEND_KEY).remote_id == "1795000000000000000"
        assert str(client.platform_time) == "2026-11-24 12:00:07+00:00"


def test_each_send_has_a_connection_of_its_own() -> None:
    with trapped(answering(http("201 Created", OK, "Connection: keep-alive"))) as trap:
        client = client_for(f"http://127.0.0.1:{trap.port}")
        for _ in range(3):
            client.publish('{"text":"Hello"}', SEND_KEY)
        assert trap.connections == 3


# --- Provably unsent before the connection --------------------------------------------------------


def unsent(api: str) -> str:
    with pytest.raises(Unsent) as caught:
        client_for(api).publish('{"text":"Hello"}', SEND_KEY)
    return caught.value.detail


def test_a_refused_port_is_unsent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "refused" in unsent(f"http://127.0.0.1:{port}")


def test_a_name_that_does_not_resolve_is_unsent() -> None:
    assert "no connection" in unsent("https://x-api.invalid")


def test_a_connection_that_is_never_accepted_is_unsent() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for line in (first, second):  # fill the queue, so that further SYNs go unanswered
            line.setblocking(False)
            line.connect_ex(full.getsockname())
        assert "no connection" in unsent(f"http://127.0.0.1:{full.getsockname()[1]}")


def tls(line: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket | None:
    try:
        return context.wrap_socket(line, server_side=True)
    except OSError:
        return None  # the client hung up, as it should


def test_a_server_that_speaks_no_tls_is_unsent() -> None:
    with trapped(lambda line, _: line.sendall(http("201 Created", OK))) as trap:
        unsent(f"https://127.0.0.1:{trap.port}")


def test_a_stalled_handshake_is_unsent() -> None:
    with trapped(lambda _, over: over.wait(10)) as trap:
        unsent(f"https://127.0.0.1:{trap.port}")


@pytest.fixture(scope="module")
def tls_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def context(tls_folder: Path) -> ssl.SSLContext:
    return certificate(tls_folder)


def test_a_certificate_that_nobody_vouches_for_is_unsent(context: ssl.SSLContext) -> None:
    with trapped(lambda line, _: tls(line, context)) as trap:
        assert "certificate" in unsent(f"https://127.0.0.1:{trap.port}")


def test_tls_that_breaks_after_the_handshake_is_unknown(
    context: ssl.SSLContext, tls_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(line: socket.socket, _: threading.Event) -> None:
        secure = tls(line, context)
        assert secure is not None
        request(secure)
        raw = secure.detach()
        with socket.socket(fileno=raw) as bare:
            bare.sendall(b"this is no TLS record")

    # requests asks the environment for certificates only away from loopback, so tell it directly.
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tls_folder / "cert.pem"))
    with trapped(act) as trap, pytest.raises(Unknown, match="SSL"):
        client_for(f"https://127.0.0.1:{trap.port}").publish('{"text":"Hello"}', SEND_KEY)
