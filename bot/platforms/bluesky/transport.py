"""One request of the AT Protocol, once: atproto's client on the shared session.

atproto's own request follows redirects, and does not say whether a connection was established: that
it was not is the only proof that a failed send was not received. Its models leave out a null, which
``putRecord`` needs, and refuse a whole answer for one value that they do not know: a record is sent
as the JSON it is, and lists are read as such.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from atproto_client.client.raw import ClientRaw
from atproto_client.request import RequestBase, Response
from atproto_core.exceptions import AtProtocolError

from bot.clock import Clock
from bot.platforms.base import Unauthorized, Unsent
from bot.platforms.bluesky import API, SECRETS
from bot.platforms.bluesky.responses import outcome_of
from bot.platforms.responses import outcome_without_answer, root_cause
from bot.platforms.transport import (
    DATE_FRESH_SECONDS,
    SingleRequestSession,
    checked_api,
    silence_loggers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from requests import PreparedRequest

    from bot.platforms.responses import HttpAnswer

T = TypeVar("T")
_LOGGERS = ("atproto", "httpx", "httpcore")
_BEARER = re.compile(r"(Bearer\s+)[^\s\"',&]+|\beyJ[\w-]+\.[\w-]+\.[\w-]+", re.IGNORECASE)


class BlueskyTransport:
    """One account's requests: sends each once, and turns every failure into an Outcome.

    Its secrets show up nowhere: not in its representation, an outcome, or a log.
    """

    def __init__(
        self,
        api: str,
        secrets: Mapping[str, str],
        *,
        clock: Clock | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
    ) -> None:
        """Take timeouts in seconds."""
        missing = [name for name in SECRETS if not secrets.get(name)]
        if missing:
            raise Unauthorized(f"missing secrets: {', '.join(missing)}")
        self.api = checked_api(api or API)
        self.clock = clock or Clock()
        self.password = secrets["app_password"]
        self._timeouts = (connect_timeout, read_timeout)
        self._last_answer: HttpAnswer | None = None
        self._last_asked_at = 0.0  # by the boot clock, when the last answer was asked for
        silence_loggers(*_LOGGERS)

    @property
    def platform_time(self) -> datetime | None:
        """The server's own clock as of the last answer; None if that is not recent."""
        recent = self.clock.uptime() - self._last_asked_at < DATE_FRESH_SECONDS
        return self._last_answer.date if self._last_answer and recent else None

    def server(self, address: str) -> ClientRaw:
        """Return atproto's client of a server: its methods raise Outcome.

        Beside what they are documented to take, they take ``repeatable``, False for a send.
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
        started = self.clock.uptime()
        with SingleRequestSession(url, self._timeouts) as session:
            try:
                session.request(
                    method, url, auth=_as_it_is, params=params, data=body, headers=dict(headers)
                )
            except Exception as error:  # noqa: BLE001 - not all of them are those of requests
                cause, opened = self.redact(root_cause(error)), session.adapter.opened
                raise outcome_without_answer(cause, opened=opened, repeatable=repeatable) from None
        assert session.answer is not None, "without an exception there is an answer"
        self._last_asked_at, self._last_answer = started, session.answer
        if outcome := outcome_of(session.answer, repeatable=repeatable, hide=self.redact):
            raise outcome
        return session.answer

    def redact(self, text: str) -> str:
        """Return the text without secrets, whoever wrote it."""
        return _BEARER.sub("[secret]", text.replace(self.password, "[secret]"))


class _Request(RequestBase):  # type: ignore[misc]  # atproto publishes no types
    """What atproto's client sends with, in place of its own."""

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
        """Send ``content``, which is JSON, or ``data``, which are the bytes of a file."""
        body = data if content is None else content.encode()
        answer = self._transport.exchange(
            method, url, headers=self.get_headers(headers), body=body, **fields
        )
        document: Any = answer.document()
        return Response(
            success=True, status_code=answer.status, content=document, headers=dict(answer.headers)
        )


def document_of(response: Response) -> dict[str, Any]:
    """Return the JSON object that answers a repeatable request. Raise Unsent if there is none."""
    if not isinstance(response.content, dict):
        status = response.status_code
        raise Unsent(f"HTTP {status} without a readable body", status=status)
    return response.content


def readable(ask: Callable[[], T]) -> T:
    """Return what a method of atproto's client returns. Raise Unsent if its answer is not that."""
    try:
        return ask()
    except (AtProtocolError, ValueError):  # which may quote a token
        raise Unsent("the server's answer is not readable") from None


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    """Sign nothing: the token is in a header already, and .netrc must not be asked for one."""
    return request
