"""Sends one request to a server of Mastodon's API by Mastodon.py, on a session of our own.

Mastodon.py 2.3 by itself waits for the end of a rate limit and sends again, has one timeout of five
minutes, and asks for the server's version before an upload. Here it raises at a rate limit, and
takes every server for 4.0. The session of ``bot.platforms.transport`` keeps the server's answer,
and only that counts.
"""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING, Any

from mastodon import Mastodon

from bot.platforms.mastodon.network import SECRETS
from bot.platforms.mastodon.responses import classify
from bot.platforms.outcomes import Unsent
from bot.platforms.transport import SingleRequestSession, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from bot.platforms.responses import HttpAnswer

_BEARER = re.compile(r"(Bearer\s+)[^\s\"',&]+", re.IGNORECASE)


class MastodonTransport(Transport):
    """One account's requests to its server. Every failure becomes an Outcome."""

    secret_names = SECRETS
    credentials = _BEARER

    def __init__(self, api: str, secrets: Mapping[str, str], **options: Any) -> None:
        """Take and raise the same as ``Transport``."""
        super().__init__(api, secrets, **options)
        self._library = Mastodon(
            api_base_url=self.api,
            mastodon_version="4.0.0",
            version_check_mode="none",
            ratelimit_method="throw",
            user_agent="groundswell",
        )
        self._library.mastodon_major = 4  # which version_check_mode keeps it from setting
        [self._library.access_token] = self._secrets  # above, it could be the name of a file

    def send(
        self, call: Callable[[Mastodon], object], *, size: int = 0, repeatable: bool = True
    ) -> HttpAnswer:
        """Make the one request of ``call``, which carries a file of ``size`` bytes.

        Return its 2xx answer. Raise Outcome.
        """
        seconds = self.limits.request(size, is_send=not repeatable)
        session = _Session(self.api, self.limits, seconds)
        library = copy(self._library)  # each request has a session of its own
        library.session = session  # type: ignore[assignment]  # it has all that is called
        return self._exchange(session, lambda: call(library), classify, repeatable=repeatable)

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


class _Session(SingleRequestSession):
    """A session for the one request that a call of Mastodon.py makes."""

    def request(self, method: str, url: str, **fields: Any) -> requests.Response:
        """Send a request. Raise whatever requests raises."""
        assert self.answer is None, "one request, so that one answer says what came of it"
        # Mastodon.py ends some addresses in a slash, which not every server accepts.
        response = super().request(method, url.rstrip("/"), **fields)
        response.headers.pop("Deprecation", None)  # Mastodon.py would warn of it
        return response
