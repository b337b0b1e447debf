"""Sends one request to X's API by tweepy, on a session of our own.

tweepy 4.17 has no timeout, no choice of host and no media upload, and its session keeps connections
that may be stale. The session here, of ``bot.platforms.transport``, rewrites the host.
"""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING, Any

import requests
import tweepy

from bot.platforms.outcomes import Unsent
from bot.platforms.transport import SingleRequestSession, Transport, canonical_json
from bot.platforms.x.network import API, SECRETS
from bot.platforms.x.responses import explain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.platforms.calls import Limits
    from bot.platforms.responses import HttpAnswer

_TWEEPY_HOST = "https://api.twitter.com"  # written into tweepy's source
_OAUTH = re.compile(r"""(oauth_\w+["']?\s*[=:]\s*|Bearer\s+)["']?[^\s"',&]+""", re.IGNORECASE)


class XTransport(Transport):
    """One account's requests to X, signed. Every failure becomes an Outcome."""

    secret_names = SECRETS
    credentials = _OAUTH
    usual_api = API
    loggers = ("tweepy", "oauthlib", "requests_oauthlib")

    def __init__(self, api: str, secrets: Mapping[str, str], **options: Any) -> None:
        """Take and raise the same as ``Transport``."""
        super().__init__(api, secrets, **options)
        self._client = tweepy.Client(None, *self._secrets, return_type=requests.Response)
        self._client.session = None  # each request has one of its own

    @property
    def user_id(self) -> str | None:
        """The account's id, if X's access token begins with it."""
        head, dash, _ = self._secrets[2].partition("-")
        return head if dash and head.isascii() and head.isdigit() else None

    def send(
        self,
        method: str,
        route: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | str | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        form: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> HttpAnswer:
        """Send a request once and return its 2xx answer. Raise Outcome.

        If ``json`` is a text, it is sent byte for byte.
        """
        size = sum(len(content) for _, content, _ in (files or {}).values())
        seconds = self.limits.request(size, is_send=not repeatable)
        session = _XSession(self.api, self.limits, seconds)
        client = copy(self._client)
        client.session = session

        def call() -> None:
            if files is None:
                client.request(method, route, params=params, json=json, user_auth=True)
            else:
                auth = tweepy.OAuth1UserHandler(*self._secrets).apply_auth()
                session.request(method, _TWEEPY_HOST + route, data=form, files=files, auth=auth)

        return self._exchange(session, call, explain, repeatable=repeatable)

    def read(self, method: str, route: str, **fields: Any) -> dict[str, Any]:
        """Send a repeatable request and return the JSON object that answers it. Raise Outcome."""
        answer = self.send(method, route, **fields)
        document = answer.document()
        if document is None:
            raise Unsent(f"HTTP {answer.status} without a readable body", status=answer.status)
        return document


class _XSession(SingleRequestSession):
    """Sends to the configured host instead of the one in tweepy's source."""

    def __init__(self, api: str, limits: Limits, seconds: float) -> None:
        super().__init__(api, limits, seconds)
        self._api = api

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Mapping[str, Any] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> requests.Response:
        """Send a request to the configured host. Raise whatever requests raises."""
        headers = dict(headers or {})
        if json is not None:
            fields["data"] = (json if isinstance(json, str) else canonical_json(json)).encode()
            headers["Content-Type"] = "application/json"
        url = self._api + url.removeprefix(_TWEEPY_HOST)
        return super().request(method, url, headers=headers, **fields)
