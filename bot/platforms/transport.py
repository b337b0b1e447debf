"""One HTTP request, once, by requests: what the platforms' clients send with.

``Transport`` is what an account's requests have in common, whichever library makes them. A session
here keeps a deadline, follows no redirect, retries nothing, limits the size of an answer,
and lives for one request. It records whether a connection was ever established: that it was not is
the only proof that a failed send was not received.

Neither a platform's library nor those below it may log at DEBUG: they would write tokens.
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
"""How long after its request an answer's Date is compared with our clock: later, the machine may
have slept. Far below the five minutes that count as a wrong clock."""

_LOGGERS = ("urllib3", "requests")
_HIDDEN = "[secret]"


class SingleRequestSession:
    """What sends one request; ``answer`` is what came back.

    It stands in for a session of requests, of which one takes several times as long to make.
    """

    def __init__(self, api: str, limits: Limits, seconds: float) -> None:
        """Take the address, and how long the request may take."""
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
        """Send a request, and follow no redirect. Raise whatever requests raises."""
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
    """Return what knows the usual headers and the environment. It sends and keeps nothing."""
    session = requests.Session()
    session.trust_env = trust_env
    return session


class _Adapter(HTTPAdapter):
    """Retries nothing (the default of requests), keeps a deadline, and limits an answer's size.

    ``opened`` is whether a connection was established.
    """

    def __init__(self, deadline: Deadline) -> None:
        self.opened = False
        self._deadline = deadline
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Return what makes the one connection, without a pool of pools unless there is a proxy."""
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
    """An answer of urllib3's that is read, and unpacked, up to a size: a few bytes may become many.

    It stands before the answer and not within it: what refers to itself waits for the collector.
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
    """One account's requests: the end of each is its answer, or an Outcome.

    Its secrets show up nowhere: not in its representation, an outcome, or a log. A platform's own
    transport says which secrets there are, and which loggers of its library might write them.
    """

    secret_names: tuple[str, ...]
    credentials: re.Pattern[str]
    """What looks like a secret in any text; the first group, if there is one, is kept."""
    usual_api = ""
    loggers: tuple[str, ...] = ()

    def __init__(
        self,
        api: str,
        secrets: Mapping[str, str],
        *,
        clock: Clock | None = None,
        limits: Limits | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take how long things may take; ``wait`` sleeps while the platform processes a file.

        Raise Unauthorized where a secret is missing, and GroundswellError for an address over which
        they could be read.
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
        """The platform's own clock as of the last answer; None if that is not recent."""
        recent = self.clock.uptime() - self._last_asked_at < DATE_FRESH_SECONDS
        return self._last_answer.date if self._last_answer and recent else None

    def redact(self, text: str) -> str:
        """Return the text without secrets, whoever wrote it."""
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

    Raise Outcome, whose words have passed ``hide``. Whatever a library makes of an answer, the
    answer itself counts.
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
    """Send a request to log in, once, and return its 2xx answer. Raise Outcome, without secrets."""
    limits = Limits()
    session = SingleRequestSession(address, limits, limits.request())
    call = partial(session.request, "POST", address, **fields)
    return exchange(
        session, call, classify, partial(KnownSecrets(secrets).hide, by=_HIDDEN), repeatable=True
    )


def unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign nothing: what there is to show is in a header, and .netrc must not be asked for more."""
    return request


def canonical_json(document: Mapping[str, Any]) -> str:
    """Return a document as JSON: the same bytes for the same content."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def silence_loggers(*names: str) -> None:
    """Limit the loggers that would write tokens, and those below them, to WARNING.

    ``names`` are those of a platform's library, beside those of requests.
    """
    names = (*names, *_LOGGERS)
    known = [name for name in logging.root.manager.loggerDict if name.startswith(names)]
    for name in {*names, *known}:
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING and (logger.level or name in names):
            logger.setLevel(logging.WARNING)
    # It would warn of half a header with a traceback; the outcome says that no answer came.
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


def checked_api(api: str) -> str:
    """Return the base without a last slash. Raise GroundswellError if tokens could be read."""
    parts = urlsplit(api)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(api))
    if not (safe and parts.hostname) or parts.username or parts.query or parts.fragment:
        raise GroundswellError(
            f"api: {parts.scheme}://{parts.hostname} cannot be used: an https address is needed "
            "(http only for a sandbox on this machine)",
        )
    return api.rstrip("/")
