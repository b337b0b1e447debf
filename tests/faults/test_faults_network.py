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
from delivery_support import DUE, Loop
from faults_bugs import plant
from faults_figures import record
from faults_proxy import Proxy, Trouble, http, proxy

from bot.model import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESET_AT = int((DUE + timedelta(minutes=4)).timestamp())
REPEATED = http(
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
    "garbage body": http("201 Created", b"<html>Something went wrong"),
    "closed": b"",
    "500": http("500 Internal Server Error"),
    "502": http("502 Bad Gateway", b"<html>bad gateway"),
    "503": http("503 Service Unavailable"),
    "504": http("504 Gateway Timeout"),
    "408": http("408 Request Timeout"),
}
"""No answer, or none that says what became of the send."""

LIMITED = {
    "429 with reset": http("429 Too Many Requests", b"{}", f"x-rate-limit-reset: {RESET_AT}"),
    "429 without": http("429 Too Many Requests"),
}
TOO_LATE = http("429 Too Many Requests", b"{}", f"x-rate-limit-reset: {RESET_AT + 3600}")

REFUSED = {
    "400": (http("400 Bad Request"), "rejected", State.REJECTED, ""),
    "401": (http("401 Unauthorized"), "unauthorized", State.MISSED, "account"),
    "402": (http("402 Payment Required"), "out_of_credit", State.MISSED, "platform"),
    "403 suspended": (http("403 Forbidden", SUSPENDED), "unauthorized", State.MISSED, "account"),
    "403 locked": (http("403 Forbidden", LOCKED), "unauthorized", State.MISSED, "account"),
    "403": (http("403 Forbidden"), "unauthorized", State.MISSED, "account"),
    "403 these words": (http("403 Forbidden", WORDS), "rejected", State.REJECTED, ""),
    **{
        code: (http(f"{code} Moved", b"", ELSEWHERE), "rejected", State.REJECTED, "")
        for code in ("301", "302", "303", "307", "308")
    },
}
"""Definite refusals: one attempt, where the delivery ends, and what is paused."""

Row = tuple[Trouble, list[str], State, int, str]


def _unknown(trouble: Trouble) -> Row:
    """Not there: sent once more. There: found, and adopted."""
    outcomes = ["unknown"] if trouble.behind else ["unknown", "published"]
    return trouble, outcomes, State.PUBLISHED, 1, ""


def _limited(trouble: Trouble) -> Row:
    """A platform that limits and yet posts: its refusal of the repeated text leads to the post."""
    second = "duplicate" if trouble.behind else "published"
    return trouble, ["rate_limited", second], State.PUBLISHED, 1, ""


def _refused(trouble: Trouble) -> Row:
    """A refusal is believed, also from a platform that refuses and yet posts: no second copy."""
    _, outcome, state, paused = REFUSED[trouble.name]
    return trouble, [outcome], state, int(trouble.behind), paused


def _both(name: str, said: bytes = b"", **more: bool) -> list[Trouble]:
    return [Trouble(name, said, behind=behind, **more) for behind in (False, True)]


TABLE: list[Row] = [
    _unknown(Trouble("reset unread")),
    *(_unknown(one) for name, said in LOST.items() for one in _both(name, said)),
    *map(_unknown, _both("truncated", half=True)),
    *(_limited(one) for name, said in LIMITED.items() for one in _both(name, said)),
    (Trouble("429 until too late", TOO_LATE), ["rate_limited"], State.MISSED, 0, ""),
    *(_refused(one) for name, (said, *_) in REFUSED.items() for one in _both(name, said)),
    (Trouble("403 duplicate", REPEATED), ["duplicate"], State.NEEDS_HUMAN, 0, ""),
    (Trouble("403 duplicate", REPEATED, behind=True), ["duplicate"], State.PUBLISHED, 1, ""),
]


def _named(row: object) -> str | None:
    return f"{row.name}{', posted' * row.behind}" if isinstance(row, Trouble) else None


@pytest.fixture
def way(loop: Loop) -> Iterator[Proxy]:
    """Put a proxy between the loop and the platform."""
    with proxy(loop.server.url) as made:
        loop.account = replace(loop.account, api=made.url)
        loop.restart()
        yield made


def to_the_end(loop: Loop, key: str) -> None:
    """Drive until nothing more becomes of it by itself."""
    for _ in range(40):
        loop.drive(minutes=1)
        if loop.state(key) not in {State.SCHEDULED, State.SENDING, State.UNKNOWN}:
            return


@pytest.mark.parametrize(("trouble", "outcomes", "state", "copies", "paused"), TABLE, ids=_named)
def test_every_row_ends_as_the_catalogue_says(
    loop: Loop,
    way: Proxy,
    record_property: Callable[[str, object], None],
    trouble: Trouble,
    outcomes: list[str],
    state: State,
    copies: int,
    paused: str,
) -> None:
    key = loop.add(due=loop.clock.now())
    way.trouble = trouble
    to_the_end(loop, key)
    record(record_property, "network matrix", runs=1, doubles=max(0, len(loop.posts) - 1))
    assert way.met == 1
    assert (loop.outcomes(key), loop.state(key), len(loop.posts)) == (outcomes, state, copies)
    assert [pause.scope for pause in loop.app.queue.pauses()] == ([paused] if paused else [])


@pytest.mark.parametrize("name", ["nobody listens", "no TLS"])
def test_without_a_connection_it_is_provably_unsent_and_tried_again(
    loop: Loop, way: Proxy, record_property: Callable[[str, object], None], name: str
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
    record(record_property, "network matrix", runs=1, doubles=len(loop.posts) - 1)
    *tries, last = loop.outcomes(key)
    assert (set(tries), last) == ({"unsent"}, "published")
    assert (loop.state(key), len(loop.posts)) == (State.PUBLISHED, 1)


@pytest.mark.parametrize("name", ["reset", "503", "garbage body"])
def test_harness_sees_what_a_blind_resend_would_do(loop: Loop, way: Proxy, name: str) -> None:
    loop.world.duplicate_window = timedelta(seconds=-1)
    plant("blind_resend")
    try:
        loop.add(due=loop.clock.now())
        way.trouble = Trouble(name, LOST[name], behind=True)
        loop.drive(minutes=20)
    finally:
        patch.stopall()
    assert len(loop.posts) == 2
