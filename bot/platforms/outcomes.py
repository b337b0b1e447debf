"""What a platform's answer, or its absence, means: the only exceptions that a client raises.

Nothing here retries: ``bot.delivery`` decides what happens next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import GroundswellError
from bot.model import PauseCause, PauseRequest

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.platforms.base import Charge


MAX_DETAIL = 2000
"""Most characters of an outcome's words, whoever wrote them: they are kept, and shown to people."""


class Outcome(GroundswellError):
    """What the platform's answer (or its absence) means.

    ``detail`` is in the platform's words or ours, without secrets; ``status`` is the HTTP status if
    there was one. ``charges`` is what the call had cost when it failed: of several requests, the
    earlier ones were answered and are billed. ``pause`` is the pause that it calls for: scope,
    cause and reason; None if it concerns only this call.
    """

    name = "outcome"
    charges: tuple[Charge, ...] = ()
    pause: tuple[str, PauseCause, str] | None = None

    def __init__(self, detail: str, *, status: int | None = None) -> None:
        detail = detail[:MAX_DETAIL]
        super().__init__(detail)
        self.detail = detail
        self.status = status

    def pause_request(self, account: str, platform: str) -> PauseRequest | None:
        """Return the pause that it calls for, of the account or of its whole platform."""
        if self.pause is None:
            return None
        scope, cause, why = self.pause
        name = account if scope == "account" else platform
        return PauseRequest(scope, name, why.format(self.detail), cause)


class Rejected(Outcome):
    """The platform refused this content for good; trying again changes nothing."""

    name = "rejected"


class Unauthorized(Outcome):
    """The account may not act: bad or revoked token, suspended, locked, lacking a permission."""

    name = "unauthorized"
    pause = ("account", PauseCause.REFUSED, "the platform refuses it: {}")


class Unfit(Outcome):
    """The account is not what the config says, or must not be used; the platform refused nothing.

    Its credentials belong to another, or it does not disclose that it is automated. It is paused
    until a start finds it in order.
    """

    name = "unfit"
    pause = (
        "account",
        PauseCause.UNFIT,
        "it must not be used as it is: {}. Once it is fixed, start groundswell run again",
    )


class OutOfCredit(Outcome):
    """The account with the platform has no credit left, or reached its spending or usage cap.

    All accounts on the platform draw on the same credit.
    """

    name = "out_of_credit"
    pause = ("platform", PauseCause.CREDIT, "no credit left: {}")


class RateLimited(Outcome):
    """Not now; ``until`` is when the platform says to come back, None if it does not say."""

    name = "rate_limited"

    def __init__(self, detail: str, *, until: datetime | None, status: int | None = 429) -> None:
        again = f"; again from {until:%Y-%m-%d %H:%M} UTC on" if until else ""
        super().__init__(f"{detail}{again}", status=status)
        self.until = until

    def retry_at(self, now: datetime, wait: timedelta) -> datetime:
        """Return when to ask again: at the instant named, or after ``wait`` if none is to come.

        An instant that has passed, by our clock or theirs, would be no wait at all.
        """
        return self.until if self.until and self.until > now else now + wait


class Unsent(Outcome):
    """Provably nothing was accepted: no byte of the request left, or a repeatable step failed."""

    name = "unsent"


class Unknown(Outcome):
    """The post may or may not be visible now; only the timeline can show it.

    ``duplicate``: the platform says that it already has this text.
    """

    name = "unknown"

    def __init__(self, detail: str, *, status: int | None = None, duplicate: bool = False) -> None:
        super().__init__(detail, status=status)
        self.duplicate = duplicate
