"""What can become of a send on the network, one by one, through the real loop to its end.

The table is the failure catalogue (reliability bar, section 2): what was attempted, where the
delivery stands in the end, how many copies can be seen, and what is paused.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from faults_bugs import install_bug
from faults_figures import record_figures
from faults_proxy import FaultyProxy, NetworkFault, faulty_proxy, http_response
from helpers.delivery import DUE, AppHarness

from bot.model import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESET_AT = int((DUE + timedelta(minutes=4)).timestamp())
REPEATED = http_response(
    "403 Forbidden",
    b'{"detail":"You are not allowed to create a Tweet with duplicate content."}',
)
SUSPENDED = b'{"detail":"Your account is suspended and is not permitted to access this feature."}'
LOCKED = b'{"detail":"To protect our users from spam, this account is temporarily locked."}'
WORDS = b'{"detail":"Reply to this conversation is not allowed."}'
ELSEWHERE = "Location: https://example.org/"

LOST = {
    "reset": b"",
    "stall": b"",
    "garbage": b"\x00\xff no HTTP at all\r\n\r\n",
    "garbage body": http_response("201 Created", b"<html>Something went wrong"),
    "closed": b"",
    "500": http_response("500 Internal Server Error"),
    "502": http_response("502 Bad Gateway", b"<html>bad gateway"),
    "503": http_response("503 Service Unavailable"),
    "504": http_response("504 Gateway Timeout"),
    "408": http_response("408 Request Timeout"),
}
"""No answer, or none that says what became of the send."""

LIMITED = {
    "429 with reset": http_response(
        "429 Too Many Requests", b"{}", f"x-rate-limit-reset: {RESET_AT}"
    ),
    "429 without": http_response("429 Too Many Requests"),
}
TOO_LATE = http_response("429 Too Many Requests", b"{}", f"x-rate-limit-reset: {RESET_AT + 3600}")

REFUSED = {
    "400": (http_response("400 Bad Request"), "rejected", State.REJECTED, ""),
    "401": (http_response("401 Unauthorized"), "unauthorized", State.MISSED, "account"),
    "402": (http_response("402 Payment Required"), "out_of_credit", State.MISSED, "platform"),
    "403 suspended": (
        http_response("403 Forbidden", SUSPENDED),
        "unauthorized",
        State.MISSED,
        "account",
    ),
    "403 locked": (http_response("403 Forbidden", LOCKED), "unauthorized", State.MISSED, "account"),
    "403": (http_response("403 Forbidden"), "unauthorized", State.MISSED, "account"),
    "403 these words": (http_response("403 Forbidden", WORDS), "rejected", State.REJECTED, ""),
    **{
        code: (http_response(f"{code} Moved", b"", ELSEWHERE), "rejected", State.REJECTED, "")
        for code in ("301", "302", "303", "307", "308")
    },
}
"""Definite refusals: one attempt, where the delivery ends, and what is paused."""

Row = tuple[NetworkFault, list[str], State, int, str]


def _unknown(trouble: NetworkFault) -> Row:
    """Not there: sent once more. There: found, and adopted."""
    outcomes = ["unknown"] if trouble.forwarded else ["unknown", "published"]
    return trouble, outcomes, State.PUBLISHED, 1, ""


def _limited(trouble: NetworkFault) -> Row:
    """A platform that limits and yet posts: its refusal of the repeated text leads to the post."""
    second = "duplicate" if trouble.forwarded else "published"
    return trouble, ["rate_limited", second], State.PUBLISHED, 1, ""


def _refused(trouble: NetworkFault) -> Row:
    """A refusal is believed, also from a platform that refuses and yet posts: no second copy."""
    _, outcome, state, paused = REFUSED[trouble.name]
    return trouble, [outcome], state, int(trouble.forwarded), paused


def _both(name: str, said: bytes = b"", **more: bool) -> list[NetworkFault]:
    return [NetworkFault(name, said, forwarded=behind, **more) for behind in (False, True)]


TABLE: list[Row] = [
    _unknown(NetworkFault("reset unread")),
    *(_unknown(one) for name, said in LOST.items() for one in _both(name, said)),
    *map(_unknown, _both("truncated", half=True)),
    *(_limited(one) for name, said in LIMITED.items() for one in _both(name, said)),
    (NetworkFault("429 until too late", TOO_LATE), ["rate_limited"], State.MISSED, 0, ""),
    *(_refused(one) for name, (said, *_) in REFUSED.items() for one in _both(name, said)),
    (NetworkFault("403 duplicate", REPEATED), ["duplicate"], State.NEEDS_HUMAN, 0, ""),
    (
        NetworkFault("403 duplicate", REPEATED, forwarded=True),
        ["duplicate"],
        State.PUBLISHED,
        1,
        "",
    ),
]


def _named(row: object) -> str | None:
    return f"{row.name}{', posted' * row.forwarded}" if isinstance(row, NetworkFault) else None


@pytest.fixture
def way(loop: AppHarness) -> Iterator[FaultyProxy]:
    """Put a proxy between the loop and the platform."""
    with faulty_proxy(loop.url) as made:
        loop.account = replace(loop.account, api=made.url)
        loop.restart()
        yield made


def to_the_end(loop: AppHarness, key: str) -> None:
    """Drive until nothing more becomes of it by itself."""
    for _ in range(40):
        loop.drive(minutes=1)
        if loop.state(key) not in {State.SCHEDULED, State.SENDING, State.UNKNOWN}:
            return


@pytest.mark.parametrize(("trouble", "outcomes", "state", "copies", "paused"), TABLE, ids=_named)
def test_every_row_ends_as_the_catalogue_says(
    loop: AppHarness,
    way: FaultyProxy,
    record_property: Callable[[str, object], None],
    trouble: NetworkFault,
    outcomes: list[str],
    state: State,
    copies: int,
    paused: str,
) -> None:
    key = loop.add(due=loop.clock.now())
    way.trouble = trouble
    to_the_end(loop, key)
    record_figures(record_property, "network matrix", runs=1, doubles=max(0, len(loop.posts) - 1))
    assert way.fault_count == 1
    assert (loop.outcomes(key), loop.state(key), len(loop.posts)) == (outcomes, state, copies)
    assert [pause.scope for pause in loop.app.queue.pauses()] == ([paused] if paused else [])


@pytest.mark.parametrize("name", ["nobody listens", "no TLS"])
def test_without_a_connection_it_is_provably_unsent_and_tried_again(
    loop: AppHarness, way: FaultyProxy, record_property: Callable[[str, object], None], name: str
) -> None:
    there = loop.account
    broken = {"nobody listens": "http://127.0.0.1:1", "no TLS": way.url.replace("http", "https")}
    loop.account = replace(there, api=broken[name])
    loop.restart()
    key = loop.add(due=loop.clock.now())
    loop.drive(minutes=1)
    loop.account = there
    loop.restart()
    to_the_end(loop, key)
    record_figures(record_property, "network matrix", runs=1, doubles=len(loop.posts) - 1)
    *tries, last = loop.outcomes(key)
    assert (set(tries), last) == ({"unsent"}, "published")
    assert (loop.state(key), len(loop.posts)) == (State.PUBLISHED, 1)


@pytest.mark.parametrize("name", ["reset", "503", "garbage body"])
def test_harness_sees_what_a_blind_resend_would_do(
    loop: AppHarness, way: FaultyProxy, name: str
) -> None:
    loop.world.api.duplicate_window = timedelta(seconds=-1)
    install_bug("blind_resend")
    try:
        loop.add(due=loop.clock.now())
        way.trouble = NetworkFault(name, LOST[name], forwarded=True)
        loop.drive(minutes=20)
    finally:
        patch.stopall()
    assert len(loop.posts) == 2
