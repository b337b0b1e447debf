"""What an endpoint of Mastodon's is, and its answers other than a plain 200."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Answer:
    """A body of JSON with its status and headers."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers a call: ``respond`` returns a body, an ``Answer``, or a whole response.

    A token needs the ``scope``, if there is one. What is ``public`` needs no token, but one that is
    sent must be valid.
    """

    respond: Callable[[Any, Any], Any]
    scope: str = ""
    public: bool = False
