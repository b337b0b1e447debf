"""One request of X's API, once: tweepy's client on a session of our own.

tweepy 4.17 has no timeout, no choice of host and no media upload, and its session keeps connections
that may be stale. The session here is ``bot.platforms.transport``'s, and rewrites the host.
"""

from __future__ import annotations

import re
import time
from copy import copy
from typing import TYPE_CHECKING, Any

import requests
import tweepy

from bot.clock import Clock
from bot.platforms.base import Unauthorized, Unsent
from bot.platforms.responses import outcome_without_answer, root_cause
from bot.platforms.transport import (
    DATE_FRESH_SECONDS,
    SingleRequestSession,
    canonical_json,
    checked_api,
    silence_loggers,
)
from bot.platforms.x import API, SECRETS
from bot.platforms.x.responses import outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.platforms.responses import HttpAnswer

_TWEEPY_HOST = "https://api.twitter.com"  # written into tweepy's source
_LOGGERS = ("tweepy", "oauthlib", "requests_oauthlib")
_OAUTH = re.compile(r"""(oauth_\w+["']?\s*[=:]\s*|Bearer\s+)["']?[^\s"',&]+""", re.IGNORECASE)


class XTransport:
    """One account's requests to X: signs them and turns every failure into an Outcome.

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
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take timeouts in seconds; ``wait`` sleeps while X processes a video."""
        missing = [name for name in SECRETS if not secrets.get(name)]
        if missing:
            raise Unauthorized(f"missing secrets: {', '.join(missing)}")
        self.api = checked_api(api or API)
        self.clock = clock or Clock()
        self.wait = wait
        self._timeouts = (connect_timeout, read_timeout)
        self._secrets = [secrets[name] for name in SECRETS]
        self._last_answer: HttpAnswer | None = None
        self._last_asked_at = 0.0  # by the boot clock, when the last answer was asked for
        self._client = tweepy.Client(None, *self._secrets, return_type=requests.Response)
        silence_loggers(*_LOGGERS)

    @property
    def user_id(self) -> str | None:
        """The account's id, with which X begins an access token; None if it does not."""
        head, dash, _ = self._secrets[2].partition("-")
        return head if dash and head.isascii() and head.isdigit() else None

    @property
    def platform_time(self) -> datetime | None:
        """X's own clock as of the last answer; None if that is not recent."""
        recent = self.clock.uptime() - self._last_asked_at < DATE_FRESH_SECONDS
        return self._last_answer.date if self._last_answer and recent else None

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

        ``json`` may be text that is sent byte for byte.
        """
        started = self.clock.uptime()
        with _XSession(self.api, self._timeouts) as session:
            client = copy(self._client)  # each request has a session of its own
            client.session = session
            try:
                if files is None:
                    client.request(method, route, params=params, json=json, user_auth=True)
                else:
                    auth = tweepy.OAuth1UserHandler(*self._secrets).apply_auth()
                    url = _TWEEPY_HOST + route
                    session.request(method, url, data=form, files=files, auth=auth)
            except Exception as error:  # noqa: BLE001 - tweepy also fails on odd bodies
                if session.answer is None:
                    cause, opened = self.redact(root_cause(error)), session.adapter.opened
                    raise outcome_without_answer(
                        cause, opened=opened, repeatable=repeatable
                    ) from None
        assert session.answer is not None, "without an exception there is an answer"
        self._last_asked_at, self._last_answer = started, session.answer
        if outcome := outcome_of(session.answer, repeatable=repeatable, hide=self.redact):
            raise outcome
        return session.answer

    def read(self, method: str, route: str, **fields: Any) -> dict[str, Any]:
        """Send a repeatable request and return the JSON object that answers it. Raise Outcome."""
        answer = self.send(method, route, **fields)
        document = answer.document()
        if document is None:
            raise Unsent(f"HTTP {answer.status} without a readable body", status=answer.status)
        return document

    def redact(self, text: str) -> str:
        """Return the text without secrets, whoever wrote it."""
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return _OAUTH.sub(r"\1[secret]", text)


class _XSession(SingleRequestSession):
    """Sends to the configured host instead of the one in tweepy's source."""

    def __init__(self, api: str, timeouts: tuple[float, float]) -> None:
        super().__init__(api, timeouts)
        self._api = api

    def request(  # type: ignore[override]
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
