"""The only exceptions that a client raises. ``bot.delivery`` decides what happens next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import GroundswellError
from bot.model import PauseCause, PauseRequest

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.platforms.base import Charge


MAX_DETAIL = 2000
"""Most characters of an outcome's words, which are kept, and shown to people."""


class Outcome(GroundswellError):
    """The meaning of a platform's answer, or of its absence."""

    name = "outcome"

    charges: tuple[Charge, ...] = ()
    """The cost of the requests that were answered before the call failed."""

    pause: tuple[str, PauseCause, str] | None = None
    """The pause that it calls for, as scope, cause and reason. None if only this call failed."""

    def __init__(self, detail: str, *, status: int | None = None) -> None:
        self.detail = detail[:MAX_DETAIL]
        """In the platform's words or ours, without secrets."""
        self.status = status
        """The HTTP status, if there was an answer."""
        super().__init__(self.detail)

    def pause_request(self, account: str, platform: str) -> PauseRequest | None:
        """Return the pause that it calls for, of the account or its whole platform, or None."""
        if self.pause is None:
            return None
        scope, cause, why = self.pause
        name = account if scope == "account" else platform
        return PauseRequest(scope, name, why.format(self.detail), cause)


class Rejected(Outcome):
    """The platform refused this content for good."""

    name = "rejected"


class Unauthorized(Outcome):
    """The account may not act: it is suspended or locked, or its token is bad or lacks a right."""

    name = "unauthorized"
    pause = ("account", PauseCause.REFUSED, "the platform refuses it: {}")


class Unfit(Outcome):
    """The platform refused nothing, but the account must not be used.

    Its credentials belong to another account, or it does not disclose that it is automated. It is
    paused until a start finds it in order.
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
    """The platform wants a pause, until an instant that it may name."""

    name = "rate_limited"

    def __init__(self, detail: str, *, until: datetime | None, status: int | None = 429) -> None:
        again = f"; again from {until:%Y-%m-%d %H:%M} UTC on" if until else ""
        super().__init__(f"{detail}{again}", status=status)
        self.until = until

    def retry_at(self, now: datetime, wait: timedelta) -> datetime:
        """Return when to ask again: at the named instant if it is to come, or after ``wait``."""
        return self.until if self.until and self.until > now else now + wait


class Unsent(Outcome):
    """Provably nothing was accepted: no byte of the request left, or a repeatable step failed."""

    name = "unsent"


class Unknown(Outcome):
    """The post may be visible now, which only the timeline can show."""

    name = "unknown"

    def __init__(self, detail: str, *, status: int | None = None, duplicate: bool = False) -> None:
        super().__init__(detail, status=status)
        self.duplicate = duplicate
        """Whether the platform says that it already has this text."""
