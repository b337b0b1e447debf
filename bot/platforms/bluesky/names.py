"""Looks up the ids of the accounts that posts mention, and keeps them for a while.

A server answers "Unable to resolve handle" if a name does not exist, but also if its domain did not
answer or the network failed. A name that is not found now may be found later. The post waits
until then, and is not refused.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.platforms.bluesky.transport import readable
from bot.platforms.outcomes import Rejected, Unsent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.platforms.bluesky.transport import BlueskyTransport

REMEMBER_SECONDS = 600.0
"""How long a name's id is remembered. A name may become another account's."""


class Names:
    """The ids of names, as an account's own server or else the index knows them."""

    def __init__(self, transport: BlueskyTransport, appview: str) -> None:
        self._transport = transport
        self._servers = (*dict.fromkeys((transport.api, appview)),)
        self._found: dict[str, tuple[str, float]] = {}

    def find(
        self,
        names: Iterable[str],
        *,
        known: Mapping[str, str] | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> dict[str, str]:
        """Return the id of each name. Raise Unsent with all names that are not found, or Outcome.

        ``known`` are the ids found for the parts before. A thread that has begun goes on with them
        if a name is not found any more. ``before`` is called before each request.
        """
        ids: dict[str, str] = {}
        missing: dict[str, str] = {}
        for name in names:
            try:
                ids[name] = self._find(name, before)
            except (Rejected, Unsent) as failed:
                if known and name in known:
                    ids[name] = known[name]
                else:
                    missing[name] = failed.detail
        if missing:
            listed = ", ".join(f"@{name}" for name in missing)
            [*_, why] = missing.values()
            raise Unsent(f"not found on Bluesky yet: {listed}; is it the whole name? ({why})")
        return ids

    def _find(self, name: str, before: Callable[[], None]) -> str:
        now = self._transport.clock.uptime()
        did, until = self._found.get(name, ("", 0.0))
        if until <= now:
            before()
            did = self._ask(name)
            self._found[name] = did, now + REMEMBER_SECONDS
        return did

    def _ask(self, name: str) -> str:
        failed: Rejected | Unsent | None = None
        for address in self._servers:
            identity = self._transport.server(address).com.atproto.identity
            try:
                answer = readable(partial(identity.resolve_handle, {"handle": name}))
                return str(answer.did)
            except (Rejected, Unsent) as outcome:
                failed = outcome
        assert failed is not None, "there is at least one address"
        raise failed
