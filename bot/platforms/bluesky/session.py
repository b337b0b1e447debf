"""The account's session, made with the app password and renewed when its token expires.

An access token lasts two hours, and the token that renews it three months. A refused renewal means
that somebody has ended the session. A person has to know of that, and nothing logs in before the
account is resumed. If the answer to a renewal was lost, a refusal of the next one proves nothing,
because the server may have renewed the session.
"""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from bot.platforms.bluesky.network import API
from bot.platforms.bluesky.responses import TokenExpiredError
from bot.platforms.bluesky.transport import readable
from bot.platforms.outcomes import Rejected, Unauthorized, Unsent
from bot.platforms.responses import as_object, as_objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from atproto_client.client.raw import ClientRaw

    from bot.platforms.bluesky.transport import BlueskyTransport

T = TypeVar("T")
_TOKEN = re.compile(r"[!-~]{1,10000}")
"""An id or a token that can stand in a header."""
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Tokens:
    did: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    server: str


class BlueskySession:
    """One account's session, for several threads."""

    def __init__(self, transport: BlueskyTransport, handle: str) -> None:
        self._transport = transport
        self._handle = handle
        self._tokens: _Tokens | None = None
        self._lock = threading.Lock()
        self._renewal_lost = False

    @property
    def did(self) -> str:
        """The account's id, which never changes. Raise Outcome if logging in fails."""
        return self._current().did

    @property
    def scope(self) -> str:
        """The scope of the password, as the access token names it, or ""."""
        from atproto_server.auth.jwt import get_jwt_payload
        from atproto_server.exceptions import TokenDecodeError

        try:
            return get_jwt_payload(self._current().access).scope or ""
        except (TokenDecodeError, ValueError):
            return ""

    def call(self, ask: Callable[[ClientRaw, Headers], T]) -> T:
        """Call ``ask`` with the account's server and the headers of its session. Raise Outcome.

        It is called again if the token had expired, because the server did nothing then.
        """
        tokens = self._current()
        with suppress(TokenExpiredError):
            return self._ask(ask, tokens)
        try:
            return self._ask(ask, self._renew(tokens))
        except TokenExpiredError as refused:  # the server's clock, or ours, is wrong
            why = f"the server calls a new token expired: {refused.detail}"
            raise Unsent(why, status=refused.status) from None

    def _ask(self, ask: Callable[[ClientRaw, Headers], T], tokens: _Tokens) -> T:
        server = self._transport.server(tokens.server)
        try:
            return ask(server, {"Authorization": f"Bearer {tokens.access}"})
        except TokenExpiredError:
            raise
        except Unauthorized:
            self._forget(tokens)
            raise

    def _current(self) -> _Tokens:
        with self._lock:
            if self._tokens is None:
                self._tokens = self._log_in()
            return self._tokens

    def _forget(self, tokens: _Tokens) -> None:
        with self._lock:
            if self._tokens is tokens:
                self._tokens = None

    def _log_in(self) -> _Tokens:
        server = self._transport.server(self._transport.api)
        data: Any = {"identifier": self._handle, "password": self._transport.password}
        return self._read_tokens(lambda: server.com.atproto.server.create_session(data))

    def _renew(self, expired: _Tokens) -> _Tokens:
        """Return new tokens, unless another thread has them already. Raise Outcome."""
        with self._lock:
            if self._tokens is not None and self._tokens is not expired:
                return self._tokens
            server = self._transport.server(expired.server)
            headers = {"Authorization": f"Bearer {expired.refresh}"}
            try:
                self._tokens = self._read_tokens(
                    lambda: server.com.atproto.server.refresh_session(headers=headers)
                )
            except Unsent:
                self._renewal_lost = True
                raise
            except Unauthorized as refused:
                self._tokens = None
                if self._renewal_lost:  # that renewal may have used up the token
                    self._renewal_lost = False
                    self._tokens = self._log_in()
                    return self._tokens
                why = (
                    f"the session was ended ({refused.detail}). Resume the account to log in again"
                )
                raise Unauthorized(why, status=refused.status) from refused
            self._renewal_lost = False
            return self._tokens

    def _read_tokens(self, ask: Callable[[], Any]) -> _Tokens:
        """Return the tokens in an answer. Raise Outcome, never Unknown or Rejected."""
        try:
            answer = readable(ask)
        except Rejected as refused:  # of the account, as no post was sent
            raise Unauthorized(refused.detail, status=refused.status) from refused
        tokens = (answer.did, answer.access_jwt, answer.refresh_jwt)
        if not all(isinstance(token, str) and _TOKEN.fullmatch(token) for token in tokens):
            raise Unsent("the server's answer to the login is not readable")
        if answer.active is False:
            raise Unauthorized(f"the account is {answer.status or 'not active'}")
        self._transport.known.add((answer.access_jwt, answer.refresh_jwt))
        server = repository_server(self._transport.api, answer.did_doc)
        return _Tokens(answer.did, answer.access_jwt, answer.refresh_jwt, server)


def repository_server(api: str, document: Any) -> str:
    """Return the address of the server that keeps an account's posts.

    Bluesky's own login server names it in the account's ``document``. Any other keeps them itself.
    """
    plain = document.to_dict() if hasattr(document, "to_dict") else document
    for service in as_objects(as_object(plain).get("service")):
        address = service.get("serviceEndpoint")
        is_repository = str(service.get("id", "")).endswith("#atproto_pds")
        if api == API and is_repository and isinstance(address, str):
            parts = urlsplit(address)
            if parts.scheme == "https" and parts.hostname and not parts.username:
                return address.rstrip("/")
    return api
