"""One request of Mastodon's API, once: Mastodon.py's client on a session of our own.

Mastodon.py 2.3 waits out a rate limit and sends again unless told not to, has one timeout of five
minutes, and asks a server for its version before it uploads. Here it throws, and takes every server
for one of 4.0: what a server lacks, its answer says. The session is ``bot.platforms.transport``'s;
its answer counts, not what Mastodon.py makes of it.
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
    """One account's requests to its server; turns every failure into an Outcome."""

    secret_names = SECRETS
    credentials = _BEARER

    def __init__(self, api: str, secrets: Mapping[str, str], **options: Any) -> None:
        """Take what ``Transport`` takes. Raise what it raises."""
        super().__init__(api, secrets, **options)
        self._library = Mastodon(
            api_base_url=self.api,
            mastodon_version="4.0.0",
            version_check_mode="none",
            ratelimit_method="throw",
            user_agent="groundswell",
        )
        self._library.mastodon_major = 4  # which version_check_mode keeps it from setting
        [self._library.access_token] = self._secrets  # given above, it could name a file

    def send(
        self, call: Callable[[Mastodon], object], *, size: int = 0, repeatable: bool = True
    ) -> HttpAnswer:
        """Make the one request of ``call`` and return its 2xx answer. Raise Outcome.

        ``size`` is how many bytes of a file it carries.
        """
        seconds = self.limits.request(size, is_send=not repeatable)
        session = _Session(self.api, self.limits, seconds)
        library = copy(self._library)  # each request has a session of its own
        library.session = session  # type: ignore[assignment]  # all that is asked of it is there
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
        # Mastodon.py ends some addresses in a slash, from which not every server turns away.
        response = super().request(method, url.rstrip("/"), **fields)
        response.headers.pop("Deprecation", None)  # it would warn, for developers
        return response
