"""One request of Mastodon's API, once: Mastodon.py's client on a session of our own.

Mastodon.py 2.3 waits out a rate limit and sends again unless told not to, has one timeout of five
minutes, and asks a server for its version before it uploads. Here it throws, and takes every server
for one of 4.0: what a server lacks, its answer says. The session is ``bot.platforms.transport``'s;
its answer counts, not what Mastodon.py makes of it.
"""

from __future__ import annotations

import re
import time
from copy import copy
from typing import TYPE_CHECKING, Any

from mastodon import Mastodon

from bot.clock import Clock
from bot.platforms.base import Unauthorized, Unsent
from bot.platforms.mastodon import SECRETS
from bot.platforms.mastodon.responses import outcome_of
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

    import requests

    from bot.platforms.responses import HttpAnswer

_BEARER = re.compile(r"(Bearer\s+)[^\s\"',&]+", re.IGNORECASE)


class MastodonTransport:
    """One account's requests to its server; turns every failure into an Outcome.

    Its secret shows up nowhere: not in its representation, an outcome, or a log.
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
        """Take timeouts in seconds; ``wait`` sleeps while the server processes a file."""
        missing = [name for name in SECRETS if not secrets.get(name)]
        if missing:
            raise Unauthorized(f"missing secrets: {', '.join(missing)}")
        self.api = checked_api(api)
        self.clock = clock or Clock()
        self.wait = wait
        self._timeouts = (connect_timeout, read_timeout)
        self._secret = secrets["access_token"]
        self._last_answer: HttpAnswer | None = None
        self._last_asked_at = 0.0  # by the boot clock, when the last answer was asked for
        self._library = Mastodon(
            api_base_url=self.api,
            mastodon_version="4.0.0",
            version_check_mode="none",
            ratelimit_method="throw",
            request_timeout=read_timeout,
            user_agent="groundswell",
        )
        self._library.mastodon_major = 4  # which version_check_mode keeps it from setting
        self._library.access_token = self._secret  # given above, it could name a file
        silence_loggers()

    @property
    def platform_time(self) -> datetime | None:
        """The server's own clock as of the last answer; None if that is not recent."""
        recent = self.clock.uptime() - self._last_asked_at < DATE_FRESH_SECONDS
        return self._last_answer.date if self._last_answer and recent else None

    def send(self, call: Callable[[Mastodon], object], *, repeatable: bool = True) -> HttpAnswer:
        """Make the one request of ``call`` and return its 2xx answer. Raise Outcome."""
        started = self.clock.uptime()
        with _Session(self.api, self._timeouts) as session:
            library = copy(self._library)  # each request has a session of its own
            library.session = session
            try:
                call(library)
            except Exception as error:  # noqa: BLE001 - it also fails on odd bodies and headers
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

    def read(self, call: Callable[[Mastodon], object]) -> dict[str, Any]:
        """Make a repeatable request and return the JSON object that answers it. Raise Outcome."""
        answer = self.send(call)
        document = answer.document()
        if document is None:
            detail = (
                f"HTTP {answer.status} without a readable answer: is the account's server right?"
            )
            raise Unsent(detail, status=answer.status)
        return document

    def redact(self, text: str) -> str:
        """Return the text without the secret, whoever wrote it."""
        return _BEARER.sub(r"\1[secret]", text.replace(self._secret, "[secret]"))


class _Session(SingleRequestSession):
    """A session for the one request that a call of Mastodon.py makes."""

    def request(  # type: ignore[override]
        self, method: str, url: str, **fields: Any
    ) -> requests.Response:
        """Send a request. Raise whatever requests raises."""
        assert self.answer is None, "one request, so that one answer says what came of it"
        # Mastodon.py ends some addresses in a slash, from which not every server turns away.
        response = super().request(method, url.rstrip("/"), **fields)
        response.headers.pop("Deprecation", None)  # it would warn, for developers
        return response
