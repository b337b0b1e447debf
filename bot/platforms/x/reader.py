"""Reading posts in X's two spellings: a request refused in the one is made in the other."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from bot.platforms.base import Rejected
from bot.platforms.x import spellings
from bot.platforms.x.responses import FieldRefusedError
from bot.platforms.x.transport import Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.platforms.x.transport import XTransport

log = logging.getLogger("groundswell.x")


class XReader:
    """One account's reading requests; it remembers the spelling that X accepted last."""

    def __init__(self, transport: XTransport, spelling: str, account: str) -> None:
        self._transport = transport
        self._spelling = spelling
        self._account = account

    def read(self, route: str, names: Sequence[str], params: Mapping[str, str]) -> dict[str, Any]:
        """Return the answer with these fields of posts, named in the spelling ``tweet``.

        Where X refuses a field or its parameter, the request is made once more in the other
        spelling. Raise Outcome: the first refusal where X refuses both.
        """
        try:
            return self._read(self._spelling, route, names, params)
        except FieldRefusedError as refused:
            other = spellings.other_spelling(self._spelling)
            try:
                document = self._read(other, route, names, params)
            except Rejected:
                raise refused from None
            log.warning(
                "%s: X no longer accepts the field names of its spelling %r; asking in %r from now "
                "on. Set field_spelling: %s under x: of this account in config.yaml. X said: %s",
                *(self._account, self._spelling, other, other, refused.detail),
            )
            self._spelling = other
            return document

    def _read(
        self,
        spelling: str,
        route: str,
        names: Sequence[str],
        params: Mapping[str, str],
    ) -> dict[str, Any]:
        asked = spellings.field_params(spelling, names, params.get("expansions"))
        return self._transport.read(Request("GET", route, params={**params, **asked}))
