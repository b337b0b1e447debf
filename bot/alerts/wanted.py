"""Which channel is told what, and when the digest goes out: as the config says it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model import Slot

Kind: TypeAlias = Literal["failed", "person", "paused", "files", "budget", "takeoff", "digest"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What each channel is told; ``digest`` is a weekday and a time in ``timezone``.

    Where a channel is and how to get in is a secret, and not here: see ``bot.secrets``.
    """

    channels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    digest: Slot | None = None
    timezone: str = "UTC"
