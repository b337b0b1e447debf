"""Sends one request of the AT Protocol by atproto, on a session of our own.

atproto's own requests follow redirects, and do not say whether a connection was established, which
decides whether a failed send may have been received. Its models leave out a null that ``putRecord``
needs, and refuse a whole answer for one unknown value. Records and lists are plain JSON here.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from atproto_client.client.raw import ClientRaw
from atproto_client.request import RequestBase, Response
from atproto_core.exceptions import AtProtocolError

from bot.platforms.bluesky.network import API, SECRETS
from bot.platforms.bluesky.responses import classify
from bot.platforms.outcomes import Unsent
from bot.platforms.transport import SingleRequestSession, Transport, unsigned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.platforms.responses import HttpAnswer

T = TypeVar("T")
_WHERE = "is this a server of Bluesky, and is the account's api right?"
_BEARER = re.compile(r"(Bearer\s+)[^\s\"',&]+|\beyJ[\w-]+\.[\w-]+\.[\w-]+", re.IGNORECASE)


class BlueskyTransport(Transport):
    """One account's requests. Every failure becomes an Outcome."""

    secret_names = SECRETS
    credentials = _BEARER
    usual_api = API
    loggers = ("atproto", "httpx", "httpcore")

    @property
    def password(self) -> str:
        """The app password."""
        return self._secrets[0]

    def server(self, address: str) -> ClientRaw:
        """Return atproto's client of a server, whose methods raise Outcome.

        Each of its methods also takes ``repeatable``, which is False for a send.
        """
        return ClientRaw(address, request=_Request(self))

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        repeatable: bool = True,
    ) -> HttpAnswer:
        """Send a request once and return its 2xx answer. Raise Outcome."""
        seconds = self.limits.request(len(body or b""), is_send=not repeatable)
        session = SingleRequestSession(url, self.limits, seconds)
        request = partial(session.request, method, url, auth=unsigned, headers=headers)
        call = partial(request, params=params, data=body)
        return self._exchange(session, call, classify, repeatable=repeatable)


class _Request(RequestBase):  # type: ignore[misc]  # atproto publishes no types
    """Takes the place of atproto's own request."""

    def __init__(self, transport: BlueskyTransport) -> None:
        super().__init__()
        self._transport = transport

    def get(self, url: str, **fields: Any) -> Response:
        return self._send("GET", url, **fields)

    def post(self, url: str, **fields: Any) -> Response:
        return self._send("POST", url, **fields)

    def _send(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
        content: str | None = None,
        **fields: Any,
    ) -> Response:
        """Send ``content``, which is JSON, or ``data``, the bytes of a file."""
        body = data if content is None else content.encode()
        answer = self._transport.exchange(
            method, url, headers=self.get_headers(headers), body=body, **fields
        )
        document: Any = answer.document()
        return Response(
            success=True, status_code=answer.status, content=document, headers=dict(answer.headers)
        )


def document_of(response: Response) -> dict[str, Any]:
    """Return the JSON object in the answer to a repeatable request. Raise Unsent without one."""
    if not isinstance(response.content, dict):
        status = response.status_code
        raise Unsent(f"HTTP {status} without a readable body: {_WHERE}", status=status)
    return response.content


def readable(ask: Callable[[], T]) -> T:
    """Call a method of atproto's client. Raise Unsent if it cannot read the answer."""
    try:
        return ask()
    except (AtProtocolError, ValueError):  # its words may quote a token
        raise Unsent(f"the answer is not readable: {_WHERE}") from None
