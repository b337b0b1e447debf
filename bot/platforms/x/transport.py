"""One request of X's API, once: tweepy's client on a session of our own.

tweepy 4.17 has no timeout, no choice of host and no media upload, and its session keeps
connections that may be stale. The session here rewrites the host, sets timeouts, follows no
redirect, retries nothing, and lives for one request. It also records whether a connection was ever
established: that it was not is the only proof that a failed send was not received.

Neither tweepy nor the libraries below it may log at DEBUG: they would write tokens and signatures.
"""

from __future__ import annotations

import json
import logging
import re
import time
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import tweepy
from requests.adapters import HTTPAdapter

from bot.clock import Clock
from bot.errors import GroundswellError
from bot.platforms import is_loopback
from bot.platforms.base import Unauthorized, Unsent
from bot.platforms.x import API, SECRETS
from bot.platforms.x.responses import HttpAnswer, outcome_of, outcome_without_answer, root_cause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""Most bytes of an answer, unpacked: a page of a hundred of the longest posts has half of it."""
DATE_FRESH_SECONDS = 120.0
"""How long after its request an answer's Date is compared with our clock: later, the machine may
have slept. Far below the five minutes that count as a wrong clock."""

_TWEEPY_HOST = "https://api.twitter.com"  # written into tweepy's source
_LOGGERS = ("tweepy", "oauthlib", "requests_oauthlib", "urllib3", "requests")
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
        self.api = _checked_api(api)
        self.clock = clock or Clock()
        self.wait = wait
        self._timeouts = (connect_timeout, read_timeout)
        self._secrets = [secrets[name] for name in SECRETS]
        self._last_answer: HttpAnswer | None = None
        self._last_asked_at = 0.0  # by the boot clock, when the last answer was asked for
        self._client = tweepy.Client(None, *self._secrets, return_type=requests.Response)
        silence_loggers()

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
        with SingleRequestSession(self.api, self._timeouts) as session:
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


class SingleRequestSession(requests.Session):
    """A session for one request; ``answer`` is what came back."""

    def __init__(self, api: str, timeouts: tuple[float, float]) -> None:
        super().__init__()
        self.answer: HttpAnswer | None = None
        self._api = api
        self._timeouts = timeouts
        # A proxy of the environment is for the network, not for a sandbox on this machine.
        self.trust_env = not is_loopback(api)
        self.adapter = _Adapter()
        self.mount("http://", self.adapter)
        self.mount("https://", self.adapter)

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        *,
        auth: Any,
        json: Mapping[str, Any] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> requests.Response:
        """Send a request to the configured host. Raise whatever requests raises."""
        assert auth is not None, "without a signature, requests would use .netrc"
        headers = dict(headers or {})
        if json is not None:
            fields["data"] = (json if isinstance(json, str) else canonical_json(json)).encode()
            headers["Content-Type"] = "application/json"
        fields.update(timeout=self._timeouts, allow_redirects=False, auth=auth, headers=headers)
        response = super().request(method, self._api + url.removeprefix(_TWEEPY_HOST), **fields)
        lower = {name.lower(): value for name, value in response.headers.items()}
        self.answer = HttpAnswer(response.status_code, lower, response.content)
        return response


class _Adapter(HTTPAdapter):
    """Retries nothing (the default of requests) and limits the size of an answer.

    ``opened`` is whether a connection was established.
    """

    def __init__(self) -> None:
        self.opened = False
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(self._connection, pool.ConnectionCls)
        return pool

    def _connection(self, kind: Any, **kwargs: Any) -> Any:
        connection = kind(**kwargs)
        connect = connection.connect

        def connect_and_report() -> None:
            connect()  # TCP, a proxy's tunnel and the TLS handshake are all in here
            self.opened = True

        connection.connect = connect_and_report
        return connection

    def build_response(self, request: Any, answer: Any) -> requests.Response:
        answer.stream = partial(_limit_size, answer.stream)
        return super().build_response(request, answer)


def _limit_size(
    stream: Callable[..., Iterator[bytes]], *args: Any, **kwargs: Any
) -> Iterator[bytes]:
    """Yield an answer as it is read and unpacked: a few bytes sent may become many."""
    size = 0
    for chunk in stream(*args, **kwargs):
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise requests.RequestException(
                f"the answer is longer than {MAX_ANSWER_BYTES // 1024**2} MiB"
            )
        yield chunk


def canonical_json(document: Mapping[str, Any]) -> str:
    """Return a document as JSON: the same bytes for the same content."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def silence_loggers() -> None:
    """Limit the loggers that would write tokens, and those below them, to WARNING."""
    known = [name for name in logging.root.manager.loggerDict if name.startswith(_LOGGERS)]
    for name in {*_LOGGERS, *known}:
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING and (logger.level or name in _LOGGERS):
            logger.setLevel(logging.WARNING)
    # It would warn of half a header with a traceback; the outcome says that no answer came.
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


def _checked_api(api: str) -> str:
    """Return the base without a last slash. Raise GroundswellError if tokens could be read."""
    parts = urlsplit(api or API)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(api))
    if not (safe and parts.hostname) or parts.username or parts.query or parts.fragment:
        raise GroundswellError(
            f"api: {parts.scheme}://{parts.hostname} cannot be used: an https address is needed "
            "(http only for a sandbox on this machine)",
        )
    return (api or API).rstrip("/")
