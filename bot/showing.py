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
from bot.schedules.hours import day_span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.app import App
    from bot.model import Attempt, Delivery, Pause, Rest

LOCAL = "%a %Y-%m-%d %H:%M"


class Showing:
    """Describes deliveries; asks the store once for what concerns them all."""

    def __init__(self, app: App) -> None:
        self._app = app

    @cached_property
    def _pauses(self) -> list[Pause]:
        return self._app.queue.pauses()

    @cached_property
    def _last_sent(self) -> Mapping[str, datetime | None]:
        return {
            name: self._app.sending.last_sent(name, but=0) for name in self._app.config.accounts
        }

    @cached_property
    def _urls(self) -> Mapping[tuple[int, int], str]:
        return {(one.delivery, one.part): one.url for one in self._app.metrics.publications()}

    @cached_property
    def _rests(self) -> Mapping[str, Rest | None]:
        return {name: self._app.guards.rest(name) for name in self._app.config.accounts}

    @cached_property
    def _today(self) -> Mapping[str, int]:
        now = self._app.clock.now()
        accounts = self._app.config.accounts.items()
        capped = {name: account for name, account in accounts if account.daily_cap is not None}
        return {
            name: self._app.sending.out_since(name, day_span(account, now)[0])
            for name, account in capped.items()
        }

    @cached_property
    def _lacking(self) -> Mapping[int, str]:
        approvals = self._app.guards.approvals
        return approvals.lacking(approvals.pending())

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
        step = decide(
            delivery,
            self._app.config.accounts.get(delivery.account),
            now=self._app.clock.now(),
            pauses=self._pauses,
            last_sent=self._last_sent.get(delivery.account),
            rest=self._rests.get(delivery.account),
            said_before=self._app.guards.twin(delivery, self._app.clock.now()),
            lacking=self._lacking.get(delivery.id),
            today=self._today.get(delivery.account, 0),
            unpaid=self._app.budgets.unpaid(delivery),
        )
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
