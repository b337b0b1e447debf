"""One request of X's API, once: tweepy's client on a session of our own.

tweepy 4.17 has no timeout, no choice of host and no media upload, and its session keeps
connections that may be stale. The session here rewrites the host, sets timeouts, follows no
redirect, retries nothing, and lives for one request. It also notes whether a connection ever stood,
which is the only proof that a failed send was not received.

Neither tweepy nor the libraries below it may log at DEBUG: they would write tokens and signatures.
"""

from __future__ import annotations

import json
import logging
import re
import time
from copy import copy
from dataclasses import dataclass, field
from functools import cache, partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import tweepy
from requests.adapters import HTTPAdapter

from bot.clock import Clock, SystemClock
from bot.errors import GroundswellError
from bot.platforms.base import Unauthorized, Unsent
from bot.platforms.x import API, SECRETS
from bot.platforms.x.answers import Answer, cause, failure, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

LONGEST = 32 * 1024 * 1024
"""Bytes of an answer, unpacked: a page of a hundred of the longest posts has half as many."""
FRESH_SECONDS = 120.0
"""So long after its request, an answer's Date is no measure of our clock any more: the machine may
have slept, or nothing was asked since. Far below the five minutes that count as a wrong clock."""

_TWEEPY_HOST = "https://api.twitter.com"  # written into tweepy's source
_LOGGERS = ("tweepy", "oauthlib", "requests_oauthlib", "urllib3", "requests")
_OAUTH = re.compile(r"""(oauth_\w+["']?\s*[=:]\s*|Bearer\s+)["']?[^\s"',&]+""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Options:
    """How to talk: seconds for timeouts; ``wait`` sleeps while X processes a video."""

    clock: Clock = field(default_factory=SystemClock)
    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    wait: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, given: Any) -> Options:
        """Give options as they are, or from a mapping of them. Raises TypeError for others."""
        return given if isinstance(given, cls) else cls(**(given or {}))


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask; ``json`` may be text that is sent byte for byte."""

    method: str
    route: str
    params: Mapping[str, str] | None = None
    json: Mapping[str, Any] | str | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    form: Mapping[str, str] | None = None


class Line:
    """The way to X for one account: signs with its tokens and turns every failure into an Outcome.

    Shows its secrets to nobody: not in its representation, an outcome, or a log.
    """

    def __init__(self, api: str, secrets: Mapping[str, str], options: Options) -> None:
        missing = [name for name in SECRETS if not secrets.get(name)]
        if missing:
            raise Unauthorized(f"missing secrets: {', '.join(missing)}")
        self.api = _sound_api(api)
        self.options = options
        self._secrets = [secrets[name] for name in SECRETS]
        self._last: Answer | None = None
        self._asked = 0.0  # the boot clock when that was asked for which the last answer came
        self._client = tweepy.Client(None, *self._secrets, return_type=requests.Response)
        keep_quiet()

    @property
    def user_id(self) -> str | None:
        """The account's id, which X writes in front of an access token; None if it is not there."""
        head, dash, _ = self._secrets[2].partition("-")
        return head if dash and head.isascii() and head.isdigit() else None

    @property
    def platform_time(self) -> datetime | None:
        """What X's own clock said with the last answer; None where there is no fresh one."""
        fresh = self.options.clock.boot() - self._asked < FRESH_SECONDS
        return self._last.date if self._last and fresh else None

    def ask(self, request: Request, *, repeatable: bool = True) -> Answer:
        """Send a request once and give its 2xx answer. Raises Outcome."""
        begun = self.options.clock.boot()
        with Session(self.api, self.options) as session:
            try:
                self._send(session, request)
            except Exception as error:  # noqa: BLE001 - tweepy also stumbles over odd bodies
                if session.answer is None:
                    said = self.hide(cause(error))
                    raise failure(said, opened=session.opened, repeatable=repeatable) from None
        self._asked = begun
        return self._judge(session.answer, repeatable=repeatable)

    def read(self, request: Request) -> dict[str, Any]:
        """Send a repeatable request and give the JSON object that answers it. Raises Outcome."""
        answer = self.ask(request)
        document = answer.document()
        if document is None:
            raise Unsent(f"HTTP {answer.status} without a readable body", status=answer.status)
        return document

    def _send(self, session: Session, request: Request) -> None:
        client = copy(self._client)  # each request has a session of its own
        client.session = session
        if request.files is None:
            fields = {"params": request.params, "json": request.json}
            client.request(request.method, request.route, user_auth=True, **fields)
            return
        auth = tweepy.OAuth1UserHandler(*self._secrets).apply_auth()
        url = _TWEEPY_HOST + request.route
        session.request("POST", url, data=request.form, files=request.files, auth=auth)

    def _judge(self, answer: Answer | None, *, repeatable: bool) -> Answer:
        assert answer is not None, "without an exception there is an answer"
        self._last = answer
        if outcome := refusal(answer, repeatable=repeatable, hide=self.hide):
            raise outcome
        return answer

    def hide(self, said: str) -> str:
        """Blot out what nobody may read, whoever sent it."""
        for secret in self._secrets:
            said = said.replace(secret, "[secret]")
        return _OAUTH.sub(r"\1[secret]", said)


class Session(requests.Session):
    """A session for one request. ``answer`` is what came back, ``opened`` whether a line stood."""

    def __init__(self, api: str, options: Options) -> None:
        super().__init__()
        self.answer: Answer | None = None
        self._api = api
        self._timeout = (options.connect_timeout, options.read_timeout)
        # A proxy of the environment is for the world outside, not for a sandbox on this machine.
        self.trust_env = not _is_loopback(urlsplit(api).hostname or "")
        self._adapter = _Adapter()
        self.mount("http://", self._adapter)
        self.mount("https://", self._adapter)

    @property
    def opened(self) -> bool:
        """Whether a connection stood, TLS included."""
        return self._adapter.opened

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
        """Send it to the configured host. Raises whatever requests raises."""
        assert auth is not None, "unsigned, requests would look into .netrc"
        headers = dict(headers or {})
        if json is not None:
            fields["data"] = (json if isinstance(json, str) else canonical(json)).encode()
            headers["Content-Type"] = "application/json"
        fields.update(timeout=self._timeout, allow_redirects=False, auth=auth, headers=headers)
        response = super().request(method, self._api + url.removeprefix(_TWEEPY_HOST), **fields)
        lower = {name.lower(): value for name, value in response.headers.items()}
        self.answer = Answer(response.status_code, lower, response.content)
        return response


class _Adapter(HTTPAdapter):
    """Retries nothing (the default of requests) and reads no answer beyond all reason.

    ``opened`` is whether a connection stood.
    """

    def __init__(self) -> None:
        self.opened = False
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(self._connection, _telling(pool.ConnectionCls))
        return pool

    def _connection(self, kind: Any, **how: Any) -> Any:
        connection = kind(**how)
        connection.adapter = self
        return connection

    def build_response(self, request: Any, answer: Any) -> requests.Response:
        answer.stream = partial(_bounded, answer.stream)
        return super().build_response(request, answer)


def _bounded(stream: Callable[..., Iterator[bytes]], *how: Any, **named: Any) -> Iterator[bytes]:
    """Yield what is read of an answer and unpacked: a few bytes on the wire may become many."""
    size = 0
    for chunk in stream(*how, **named):
        size += len(chunk)
        if size > LONGEST:
            raise requests.RequestException(f"the answer is longer than {LONGEST // 1024**2} MiB")
        yield chunk


@cache
def _telling(kind: Any) -> Any:
    """Return such connections that tell their adapter; a class is made once and not per request."""

    class Telling(kind):  # type: ignore[misc]
        adapter: _Adapter

        def connect(self) -> None:
            super().connect()  # TCP, a proxy's tunnel and the TLS handshake are all in here
            self.adapter.opened = True

    return Telling


def canonical(document: Mapping[str, Any]) -> str:
    """Give the one JSON text of a document: same content, same bytes."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def keep_quiet() -> None:
    """Cap the loggers that would write tokens at WARNING, those that exist below them too."""
    known = [name for name in logging.root.manager.loggerDict if name.startswith(_LOGGERS)]
    for name in {*_LOGGERS, *known}:
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING and (logger.level or name in _LOGGERS):
            logger.setLevel(logging.WARNING)
    # Of half a header it would warn with a traceback; the outcome says that there was no answer.
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


def _sound_api(api: str) -> str:
    """Give the base without its last slash. Raises GroundswellError where tokens would be seen."""
    parts = urlsplit(api or API)
    safe = parts.scheme == "https" or (
        parts.scheme == "http" and _is_loopback(parts.hostname or "")
    )
    if not (safe and parts.hostname) or parts.username or parts.query or parts.fragment:
        raise GroundswellError(
            f"api: {parts.scheme}://{parts.hostname} will not do: an https address is needed "
            "(http only for a sandbox on this machine)",
        )
    return (api or API).rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
