"""Sends one HTTP request, once, with requests, for the clients of all platforms.

A session here lives for one request. It keeps a deadline, follows no redirect, retries nothing and
limits the size of an answer. It records whether a connection was ever established, because only a
missing connection proves that a failed send was not received. ``Transport`` has what all requests
of an account share, whichever library makes them.

No library may log at DEBUG, because it would write tokens.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import closing
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from bot.clock import Clock
from bot.errors import GroundswellError
from bot.platforms import is_loopback
from bot.platforms.calls import Limits
from bot.platforms.connection import MAX_ANSWER_BYTES, Deadline, timed
from bot.platforms.outcomes import Unauthorized
from bot.platforms.responses import HttpAnswer, outcome_of, outcome_without_answer, root_cause
from bot.secrecy import KnownSecrets

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.platforms.responses import Classify

DATE_FRESH_SECONDS = 120.0
"""For how long after its request an answer's Date is compared with our clock. Later, the machine
may have slept. It is far below the five minutes that count as a wrong clock."""

_LOGGERS = ("urllib3", "requests")
_HIDDEN = "[secret]"


class SingleRequestSession:
    """Sends one request, and keeps its ``answer``.

    It takes the place of requests' own session, which takes several times as long to make.
    """

    def __init__(self, api: str, limits: Limits, seconds: float) -> None:
        """Take the API's address, and how long the request may take."""
        self.answer: HttpAnswer | None = None
        self.host = urlsplit(api).netloc
        self._timeouts = (limits.connect, limits.silence)
        # A proxy of the environment is for the network, not for a sandbox on this machine.
        self.trust_env = not is_loopback(api)
        self.adapter = _Adapter(Deadline(seconds, limits.silence, limits.connect))

    def request(
        self,
        method: str,
        url: str,
        *,
        auth: Any,
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> requests.Response:
        """Send the request, and follow no redirect. Raise whatever requests raises."""
        assert auth is not None, "without a signature, requests would use .netrc"
        fields.pop("timeout", None)  # a library's own
        session = _session(trust_env=self.trust_env)
        shown = CaseInsensitiveDict({**session.headers, **(headers or {})})
        asked = requests.Request(method, url, headers=shown, auth=auth, **fields).prepare()
        around: Any = session.merge_environment_settings(asked.url or "", {}, None, None, None)
        with closing(self.adapter):
            response = self.adapter.send(asked, timeout=self._timeouts, **around)
            body = response.content
        lower = {name.lower(): value for name, value in response.headers.items()}
        self.answer = HttpAnswer(response.status_code, lower, body)
        return response


@cache
def _session(*, trust_env: bool) -> requests.Session:
    """Return a session that only knows the usual headers and the environment. It sends nothing."""
    session = requests.Session()
    session.trust_env = trust_env
    return session


class _Adapter(HTTPAdapter):
    """Keeps a deadline and limits the answer's size. It retries nothing, as requests by default."""

    def __init__(self, deadline: Deadline) -> None:
        self.opened = False
        """Whether a connection was established."""
        self._deadline = deadline
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Return the pool of the one connection. Only a proxy needs a pool of pools."""
        pool: Any
        if select_proxy(request.url, proxies):
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        else:
            place, tls = self.build_connection_pool_key_attributes(request, verify, cert)
            host, port, safe = place["host"], place["port"], place["scheme"] == "https"
            pool = (
                HTTPSConnectionPool(host, port, **tls) if safe else HTTPConnectionPool(host, port)
            )
        pool.ConnectionCls = timed(pool.ConnectionCls, self._deadline, self._set_opened)
        return pool

    def _set_opened(self) -> None:
        self.opened = True

    def build_response(self, request: Any, answer: Any) -> requests.Response:
        response = super().build_response(request, answer)
        response.raw = _LimitedAnswer(answer)
        return response


class _LimitedAnswer:
    """Reads urllib3's answer up to a size after unpacking, because few bytes may become many.

    It wraps the answer. A method set on the answer itself would make a cycle of references.
    """

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answer, name)

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[bytes]:
        size = 0
        for chunk in self._answer.stream(*args, **kwargs):
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise requests.RequestException(
                    f"the answer is longer than {MAX_ANSWER_BYTES // 1024**2} MiB"
                )
            yield chunk


class Transport:
    """One account's requests. Each ends with its answer, or an Outcome.

    The account's secrets appear in no representation, no outcome and no log.
    """

    secret_names: tuple[str, ...]
    credentials: re.Pattern[str]
    """Matches secrets in any text. The first group, if there is one, is kept."""
    usual_api = ""
    """The address of the API, if the account has none of its own."""
    loggers: tuple[str, ...] = ()
    """The loggers of the platform's library that might write secrets."""

    def __init__(
        self,
        api: str,
        secrets: Mapping[str, str],
        *,
        clock: Clock | None = None,
        limits: Limits | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the account's secrets. ``wait`` sleeps while the platform processes a file.

        Raise Unauthorized if a secret is missing, and GroundswellError if others could read the
        secrets on their way to the address.
        """
        if missing := [name for name in self.secret_names if not secrets.get(name)]:
            raise Unauthorized(f"missing secrets: {', '.join(missing)}")
        self.api = checked_api(api or self.usual_api)
        self.clock = clock or Clock()
        self.wait = wait
        self.limits = limits or Limits()
        self._secrets = [secrets[name] for name in self.secret_names]
        self.known = KnownSecrets(self._secrets)
        self._last_answer: HttpAnswer | None = None
        self._last_asked_at = 0.0  # by the boot clock, when the last answer was asked for
        silence_loggers(*self.loggers)

    @property
    def platform_time(self) -> datetime | None:
        """The platform's clock, to the second, as of the last answer. None if it is not recent."""
        recent = self.clock.uptime() - self._last_asked_at < DATE_FRESH_SECONDS
        return self._last_answer.date if self._last_answer and recent else None

    def redact(self, text: str) -> str:
        """Return a text without secrets."""
        return self.credentials.sub(r"\1[secret]", self.known.hide(text, _HIDDEN))

    def _exchange(
        self,
        session: SingleRequestSession,
        call: Callable[[], object],
        classify: Classify,
        *,
        repeatable: bool,
    ) -> HttpAnswer:
        """Make the one request of ``call``, and return its 2xx answer. Raise Outcome."""
        started = self.clock.uptime()
        try:
            return exchange(session, call, classify, self.redact, repeatable=repeatable)
        finally:
            if session.answer is not None:
                self._last_asked_at, self._last_answer = started, session.answer


def exchange(
    session: SingleRequestSession,
    call: Callable[[], object],
    classify: Classify,
    hide: Callable[[str], str],
    *,
    repeatable: bool,
) -> HttpAnswer:
    """Make the one request of ``call`` over a session, and return its 2xx answer.

    Raise Outcome, whose words have passed ``hide``. Only the answer itself counts, whatever a
    library makes of it.
    """
    try:
        call()
    except Exception as error:  # noqa: BLE001 - libraries also fail on odd bodies and headers
        if session.answer is None:
            raise outcome_without_answer(
                hide(root_cause(error)),
                opened=session.adapter.opened,
                repeatable=repeatable,
                host=session.host,
            ) from None
    assert session.answer is not None, "without an exception there is an answer"
    if outcome := outcome_of(session.answer, classify, repeatable=repeatable, hide=hide):
        raise outcome
    return session.answer


def post_once(
    address: str, classify: Classify, secrets: Sequence[str], **fields: Any
) -> HttpAnswer:
    """Send one request to log in, and return its 2xx answer. Raise Outcome, without secrets."""
    limits = Limits()
    session = SingleRequestSession(address, limits, limits.request())
    call = partial(session.request, "POST", address, **fields)
    return exchange(
        session, call, classify, partial(KnownSecrets(secrets).hide, by=_HIDDEN), repeatable=True
    )


def unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request unsigned. It has its own header, and requests must not read .netrc."""
    return request


def canonical_json(document: Mapping[str, Any]) -> str:
    """Return a document as JSON, which is the same bytes for the same content."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def silence_loggers(*names: str) -> None:
    """Keep the loggers of requests, those of ``names``, and all below them, from writing tokens."""
    names = (*names, *_LOGGERS)
    known = [name for name in logging.root.manager.loggerDict if name.startswith(names)]
    for name in {*names, *known}:
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING and (logger.level or name in names):
            logger.setLevel(logging.WARNING)
    # It would log a traceback for half a header. The outcome says already that no answer came.
    connection = logging.getLogger("urllib3.connection")
    if connection.level != logging.ERROR:  # setting a level empties the caches of all loggers
        connection.setLevel(logging.ERROR)


def checked_api(api: str) -> str:
    """Return the address without a last slash. Raise GroundswellError if it would leak tokens."""
    parts = urlsplit(api)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(api))
    if not (safe and parts.hostname) or parts.username or parts.query or parts.fragment:
        raise GroundswellError(
            f"api: {parts.scheme}://{parts.hostname} cannot be used. It needs an https address "
            "(http only for a sandbox on this machine)",
        )
    return api.rstrip("/")
