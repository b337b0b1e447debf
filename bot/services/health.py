"""Whether the loop works, and whether a person is needed: one verdict for people and machines.

A lock shows that the loop's process lives, without a write. A process that hangs keeps its lock.
It is found by posts that are late, that nothing holds, and about which nothing has been done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.delivery.decide import LATE_AFTER, Wait, decide
from bot.model.people import EVERYTHING
from bot.schedules.local_time import format_local
from bot.services.needs import describe_needs
from bot.services.views_health import HealthReason, HealthView, LateView, Trouble, Verdict
from bot.store.lateness import has_abandoned_sends, last_act, read_late, read_overdue
from bot.text import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.model.people import Scope
    from bot.runtime.app import App
    from bot.services.views_running import PauseView, WorkerView
    from bot.services.views_status import AttentionView, BudgetView


def judge(
    workers: Sequence[WorkerView],
    late: LateView,
    pauses: Sequence[PauseView],
    needs: AttentionView,
    budgets: Sequence[BudgetView],
) -> HealthView:
    """Return the verdict of a status with these parts. Pure.

    A pause is no fault of the loop. A person should know of it all the same.
    """
    reasons = [*_reasons(workers, late, pauses, needs, budgets)]
    if any(reason.code.stops_all for reason in reasons):
        return HealthView(Verdict.DOWN, tuple(reasons))
    return HealthView(Verdict.ATTENTION if reasons else Verdict.OK, tuple(reasons))


def _reasons(
    workers: Sequence[WorkerView],
    late: LateView,
    pauses: Sequence[PauseView],
    needs: AttentionView,
    budgets: Sequence[BudgetView],
) -> Iterator[HealthReason]:
    if not any(worker.state == "alive" for worker in workers):
        yield HealthReason(Trouble.NO_LOOP, "no loop runs, so no posts are sent")
    elif late.posts and not late.loop_acts:
        words = "the loop runs, but does nothing about late posts; restart it if that goes on"
        yield HealthReason(Trouble.STUCK, words)
    if late.posts:
        are, which = ("is", "it") if late.posts == 1 else ("are", "the first")
        words = f"{pluralize(late.posts, 'post')} {are} late; {which} was due {late.local}"
        yield HealthReason(Trouble.LATE, words)
    for pause in pauses:
        yield HealthReason(Trouble.STOPPED if pause.by_itself else Trouble.PAUSED, pause.what)
    for need in describe_needs(needs):
        if need.code and need.code is not Trouble.STOPPED:  # the pauses have said it
            yield HealthReason(need.code, need.words)
    for budget in budgets:
        if budget.mark:
            yield HealthReason(Trouble.BUDGET, f"{budget.account}: {budget.words}")


def read_lateness(
    app: App, workers: Sequence[WorkerView], now: datetime, scope: Scope = EVERYTHING
) -> LateView:
    """Return the posts that should be out by now, and whether the loop acts. Raise StoreError."""
    due_by = now - LATE_AFTER
    with app.database.reading() as connection:
        late = read_late(connection, due_by, scope)
        if late.due is None:
            return LateView(0, None, "", loop_acts=True)
        alive = [worker.started for worker in workers if worker.state == "alive"]
        # A loop that was just started has not come to all of them yet.
        acts = not alive or min(alive) > due_by or _acts(app, connection, now)
    return LateView(late.posts, late.due, format_local(late.due, late.timezone), acts)


def _acts(app: App, connection: Connection, now: datetime) -> bool:
    """Return whether the loop acts, or has nothing that it could have done for five minutes.

    Whatever frees a post is an instant, at which ``decide`` looks, or an act of a person, which is
    in the audit log.
    """
    before = now - LATE_AFTER
    last = last_act(connection)
    if last and last > before:
        return True
    if has_abandoned_sends(connection, before):
        return False
    overdue = read_overdue(connection, before)
    situations = app.situations.read(connection, overdue, now).by_delivery
    return all(
        any(isinstance(decide(of, situations[of.id], at), Wait) for at in (before, now))
        for of in overdue
    )
