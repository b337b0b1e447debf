"""One HTTP request, once, by requests: what the platforms' clients send with.

A session here sets timeouts, follows no redirect, retries nothing, limits the size of an answer,
and lives for one request. It records whether a connection was ever established: that it was not is
the only proof that a failed send was not received.

Neither a platform's library nor those below it may log at DEBUG: they would write tokens.
"""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from bot.errors import GroundswellError
from bot.platforms import is_loopback
from bot.platforms.responses import HttpAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""Most bytes of an answer, unpacked: a page of a hundred of X's longest posts has half of it."""
DATE_FRESH_SECONDS = 120.0
"""How long after its request an answer's Date is compared with our clock: later, the machine may
have slept. Far below the five minutes that count as a wrong clock."""

_LOGGERS = ("urllib3", "requests")


class SingleRequestSession(requests.Session):
    """A session for one request; ``answer`` is what came back."""

    def __init__(self, api: str, timeouts: tuple[float, float]) -> None:
        super().__init__()
        self.answer: HttpAnswer | None = None
        self._timeouts = timeouts
        # A proxy of the environment is for the network, not for a sandbox on this machine.
        self.trust_env = not is_loopback(api)
        self.adapter = _Adapter()
        self.mount("http://", self.adapter)
        self.mount("https://", self.adapter)

    def request(  # type: ignore[override]
        self, method: str, url: str, *, auth: Any, **fields: Any
    ) -> requests.Response:
        """Send a request. Raise whatever requests raises."""
        assert auth is not None, "without a signature, requests would use .netrc"
        fields.update(timeout=self._timeouts, allow_redirects=False, auth=auth)
        response = super().request(method, url, **fields)
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
