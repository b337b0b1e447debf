"""The failures that a send may meet on each network, with the outcome of each.

A missing or unreadable answer means the same on every network. Refusals differ by network.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from faults_proxy import NetworkFault, http_response
from helpers.delivery import DUE

from bot.model import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class CatalogueRow:
    """A fault and its expected consequences."""

    fault: NetworkFault
    outcomes: tuple[str, ...]
    """Outcome of each attempt, in order."""
    state: State = State.PUBLISHED
    """Last state of the delivery."""
    copies: int = 1
    """Number of posts on the platform in the end."""
    paused: str = ""
    """Scope of the pause that follows, or empty."""


def _both(name: str, answer: bytes = b"", *, half: bool = False) -> list[NetworkFault]:
    """Return the fault twice, the second time for a send that reaches the platform."""
    return [NetworkFault(name, answer, forwarded=behind, half=half) for behind in (False, True)]


# --- No answer, or an answer that does not settle the outcome -------------------------------------

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


_HEAD = b"HTTP/1.1 201 Created\r\n"
ENDLESS = {
    "drip before the status line": (b"", b"HTTP/1.1 201 Created and so on"),
    "drip in the headers": (_HEAD, b"X-Slow: a\r\n"),
    "100 after 100": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "drip in the body": (_HEAD + b"Content-Length: 1000000\r\n\r\n", b"{ "),
}
"""The start of an answer, and the bytes that the server then repeats slowly without end."""

_INFORMING = {
    "103": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n",
    "100, 102, 199": b"".join(b"HTTP/1.1 %d Wait\r\n\r\n" % code for code in (100, 102, 199, 103)),
}
_INFORMED_ROWS = [
    CatalogueRow(NetworkFault(f"{name} before the answer", before=before), ("published",))
    for name, before in _INFORMING.items()
]


def _unknown(fault: NetworkFault) -> CatalogueRow:
    """Return a row in which an absent post is sent again, and a present one is found and kept."""
    return CatalogueRow(fault, ("unknown",) if fault.forwarded else ("unknown", "published"))


_UNKNOWN_ROWS = [
    _unknown(NetworkFault("reset unread")),
    *(_unknown(fault) for name, answer in LOST.items() for fault in _both(name, answer)),
    *map(_unknown, _both("truncated", half=True)),
    *(
        _unknown(NetworkFault(f"{name} alone", before, forwarded=True))
        for name, before in _INFORMING.items()
    ),
    *(
        _unknown(NetworkFault(name, begun, forwarded=behind, drip=drip))
        for name, (begun, drip) in ENDLESS.items()
        for behind in (False, True)
    ),
    *_INFORMED_ROWS,
]

# --- Limits ---------------------------------------------------------------------------------------

_LIMITED = "429 Too Many Requests"
_RESET_AT = DUE + timedelta(minutes=4)
_LIMIT_HEADERS = {
    "x": "x-rate-limit-reset: {:%s}",
    "mastodon": "X-RateLimit-Reset: {:%Y-%m-%dT%H:%M:%S.%fZ}",
    "mastodon without keys": "Retry-After: {:%a, %d %b %Y %H:%M:%S GMT}",
    "bluesky": "ratelimit-reset: {:%s}",
}


def _limited(network: str, later: timedelta = timedelta(0)) -> bytes:
    return http_response(_LIMITED, b"{}", _LIMIT_HEADERS[network].format(_RESET_AT + later))


def _limit_rows(network: str) -> Iterator[CatalogueRow]:
    """Yield the rows of a platform that has reached a limit and has not posted."""
    outcomes = ("rate_limited", "published")
    for name, answer in {"reset": _limited(network), "none": http_response(_LIMITED)}.items():
        yield CatalogueRow(NetworkFault(f"429 with {name}", answer), outcomes)
    too_late = NetworkFault("429 until too late", _limited(network, timedelta(hours=1)))
    yield CatalogueRow(too_late, ("rate_limited",), State.MISSED, 0)


# --- Definite refusals ----------------------------------------------------------------------------

_ENDS = {
    "rejected": (State.REJECTED, ""),
    "unauthorized": (State.MISSED, "account"),
    "out_of_credit": (State.MISSED, "platform"),
}
"""Last state of a delivery after each refusal, and the scope of the pause that follows."""


def _refused(fault: NetworkFault, outcome: str) -> CatalogueRow:
    """Return a row in which a refusal is believed, even if the platform has posted all the same."""
    state, paused = _ENDS[outcome]
    return CatalogueRow(fault, (outcome,), state, int(fault.forwarded), paused)


def _saying(status: str, **words: str) -> bytes:
    return http_response(status, json.dumps(words).encode())


def _moved(code: int) -> bytes:
    return http_response(f"{code} Moved", b"", "Location: https://example.org/")


_SUSPENDED = "Your account is suspended and is not permitted to access this feature."
_LOCKED = "To protect our users from spam, this account is temporarily locked."
_NOT_MENTIONED = "Reply to this conversation is not allowed."
_REPEATED = "You are not allowed to create a Tweet with duplicate content."
_X = {
    "400": (http_response("400 Bad Request"), "rejected"),
    "401": (http_response("401 Unauthorized"), "unauthorized"),
    "402": (http_response("402 Payment Required"), "out_of_credit"),
    "403 suspended": (_saying("403 Forbidden", detail=_SUSPENDED), "unauthorized"),
    "403 locked": (_saying("403 Forbidden", detail=_LOCKED), "unauthorized"),
    "403": (http_response("403 Forbidden"), "unauthorized"),
    "403 these words": (_saying("403 Forbidden", detail=_NOT_MENTIONED), "rejected"),
    **{str(code): (_moved(code), "rejected") for code in (301, 302, 303, 307, 308)},
}
_MASTODON = {
    "401": (_saying("401 Unauthorized", error="The access token is invalid"), "unauthorized"),
    "403": (_saying("403 Forbidden", error="This action is not allowed"), "unauthorized"),
    "404": (_saying("404 Not Found", error="Record not found"), "rejected"),
    "422": (_saying("422 Unprocessable Content", error="Text can't be blank"), "rejected"),
}
_BLUESKY = {
    "400": (_saying("400 Bad Request", error="InvalidRequest"), "rejected"),
    "401": (_saying("401 Unauthorized", error="AuthenticationRequired"), "unauthorized"),
    "403": (_saying("403 Forbidden", error="AccountTakedown"), "unauthorized"),
}


def _refusal_rows(refusals: Mapping[str, tuple[bytes, str]]) -> Iterator[CatalogueRow]:
    for name, (answer, outcome) in refusals.items():
        for fault in _both(name, answer):
            yield _refused(fault, outcome)


# --- Answers of a single network ------------------------------------------------------------------


def _x_rows() -> Iterator[CatalogueRow]:
    """Yield the rows of X, which refuses to post the same text twice."""
    duplicate = _saying("403 Forbidden", detail=_REPEATED)
    absent, posted = _both("403 duplicate", duplicate)
    yield CatalogueRow(absent, ("duplicate",), State.NEEDS_HUMAN, 0)
    yield CatalogueRow(posted, ("duplicate",))
    limited = NetworkFault("429 with reset", _limited("x"), forwarded=True)
    yield CatalogueRow(limited, ("rate_limited", "duplicate"))


def _mastodon_rows() -> Iterator[CatalogueRow]:
    """Yield the rows of a proxy in front of a server, which has not accepted the post.

    A 302 or 303 may also follow a form that was accepted, which leaves the outcome unknown.
    """
    for name, answer in {"403 page": _PAGE, "308": _moved(308)}.items():
        yield CatalogueRow(NetworkFault(name, answer), ("unsent", "published"))
    for code in (302, 303):
        yield from map(_unknown, _both(str(code), _moved(code)))


def _bluesky_rows() -> Iterator[CatalogueRow]:
    """Yield the rows of a server that overwrites a record if its key is used again."""
    expired = _saying("400 Bad Request", error="ExpiredToken")
    for fault in _both("400 expired token", expired):
        yield CatalogueRow(fault, ("published",))
    absent, posted = _both("400 swap", _saying("400 Bad Request", error="InvalidSwap"))
    yield _unknown(absent)
    yield CatalogueRow(posted, ("published",))
    for name, answer in {"403 page": _PAGE, "302": _moved(302)}.items():
        yield from map(_unknown, _both(name, answer))


_PAGE = http_response("403 Forbidden", b"<html>Are you a robot?")

CATALOGUE = {
    "x": [*_UNKNOWN_ROWS, *_limit_rows("x"), *_refusal_rows(_X), *_x_rows()],
    **{
        name: [*_UNKNOWN_ROWS, *_limit_rows(name), *_refusal_rows(_MASTODON), *_mastodon_rows()]
        for name in ("mastodon", "mastodon without keys")
    },
    "bluesky": [
        *_UNKNOWN_ROWS,
        *_limit_rows("bluesky"),
        *_refusal_rows(_BLUESKY),
        *_bluesky_rows(),
    ],
}
"""Rows of each network."""
