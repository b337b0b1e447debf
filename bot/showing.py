"""What a person is told about the queue, as plain values for output."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.delivery.decide import GiveUp, Wait, decide
from bot.engagement.spend import price
from bot.model import State
from bot.platforms import kind
from bot.store.types import batched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.app import App
    from bot.model import Attempt, Delivery, Situation

LOCAL = "%a %Y-%m-%d %H:%M"


class Showing:
    """Describes deliveries; asks the store once for what concerns them all."""

    def __init__(self, app: App, deliveries: Sequence[Delivery] = ()) -> None:
        """``deliveries`` are those that will be asked for: what decides is read for all at once."""
        self._app = app
        self._deliveries = deliveries
        self._now = app.clock.now()

    @cached_property
    def _urls(self) -> Mapping[tuple[int, int], str]:
        return {(one.delivery, one.part): one.url for one in self._app.metrics.publications()}

    @cached_property
    def _situations(self) -> dict[int, Situation]:
        return self._read([one for one in self._deliveries if one.state is State.SCHEDULED])

    def _read(self, deliveries: Sequence[Delivery]) -> dict[int, Situation]:
        found: dict[int, Situation] = {}
        for some in batched(deliveries):
            with self._app.database.reading() as connection:
                found |= self._app.situations.read(connection, some, self._now).of
        return found

    def describe(self, delivery: Delivery) -> dict[str, Any]:
        """Give a delivery as plain values: where it stands and why, what it says and costs."""
        local = delivery.due.astimezone(ZoneInfo(delivery.timezone))
        dollars = price(kind(delivery.platform), delivery.content, delivery.due)
        return {
            "number": delivery.id,
            "key": delivery.key,
            "campaign": delivery.campaign,
            "demand": delivery.demand,
            "event": delivery.event,
            "account": delivery.account,
            "wording": delivery.wording,
            "state": delivery.state.value,
            "why": self.why(delivery),
            "due": delivery.due,
            "local": f"{local:{LOCAL} %Z}",
            "price": f"${dollars}",
            "text": delivery.content.text,
            "parts": [self._part(delivery, i) for i in range(len(delivery.content.parts))],
        }

    def why(self, delivery: Delivery) -> str:
        """Say why a delivery stands where it stands."""
        if delivery.state is not State.SCHEDULED:
            return delivery.reason
        known = self._situations
        if delivery.id not in known:
            known |= self._read([delivery])
        step = decide(delivery, known[delivery.id], self._now)
        return step.why if isinstance(step, Wait | GiveUp) else "goes out now, if the loop runs"

    def _part(self, delivery: Delivery, index: int) -> dict[str, Any]:
        part = delivery.content.parts[index]
        account = self._app.config.accounts.get(delivery.account)
        used, most = kind(delivery.platform).length(part, account) if account else (0, 0)
        return {
            "text": part.text,
            "length": f"{used} of {most} characters",
            "media": [{"file": one.path.name, "alt": one.alt} for one in part.media],
            "poll": asdict(part.poll) if part.poll else None,
            "url": self._urls.get((delivery.id, index), ""),
        }

    def history(self, delivery: Delivery) -> list[dict[str, Any]]:
        """Give every attempt at it, with every look at the timeline that followed."""
        return [self._attempt(attempt) for attempt in self._app.queue.attempts(delivery.id)]

    def _attempt(self, attempt: Attempt) -> dict[str, Any]:
        looks = [
            {
                "at": f"{look.at:%Y-%m-%d %H:%M:%SZ}",
                "readable": look.readable,
                "matches": [match.url for match in look.matches],
                "evidence": look.evidence,
            }
            for look in self._app.queue.looks(attempt.id)
        ]
        return {
            "part": attempt.part + 1,
            "opened": f"{attempt.opened:%Y-%m-%d %H:%M:%SZ}",
            "outcome": attempt.outcome,
            "detail": attempt.detail,
            "status": attempt.status,
            "sent": attempt.payload,
            "looks": looks,
        }
