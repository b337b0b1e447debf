"""Read the status of the loop, the next posts, and the number of posts that need a person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.alerts.notices import FAILED_STATES
from bot.campaigns.reading import stamp_of
from bot.campaigns.source import yaml_files
from bot.model import PostKey, State
from bot.schedules.local_time import format_local
from bot.services.approving import held_floors
from bot.services.database import list_workers
from bot.services.posts import post_views
from bot.services.queue import format_due, waiting_calls
from bot.services.views_running import PauseView
from bot.services.views_status import AttentionView, BudgetView, CallView, RestView, StatusView
from bot.store.pauses import read_backoffs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.model import BudgetStatus, Delivery
    from bot.runtime.app import App
    from bot.services.views import PostView

NEXT_LIMIT = 5
"""The status lists this many of the next posts."""

MAX_CHECKED_BYTES = 500_000
"""Campaign files that are larger than this together are not checked, to keep the status quick."""

_WEEK = timedelta(days=7)


def read_status(app: App) -> StatusView:
    """Return the status, without changing anything or asking a platform."""
    workers, now = list_workers(app), app.clock.now()
    following, scheduled = _next_posts(app)
    return StatusView(
        config=str(app.config.path),
        database=app.config.database_name,
        has_run=bool(workers),
        workers=tuple(worker for worker in workers if not worker.stopped),
        pauses=tuple(map(PauseView.of, app.queue.pauses())),
        rests=tuple(_rests(app, now)),
        waiting=tuple(
            CallView(call.account, call.platform, call.since, call.limit, call.describe(now))
            for call in waiting_calls(app)
        ),
        scheduled=scheduled,
        next=tuple(following),
        needs_person=attention_summary(app),
        budgets=tuple(map(_budget_view, app.budgets.statuses())),
    )


def _next_posts(app: App) -> tuple[list[PostView], int]:
    """Return the posts due next, and the number of all scheduled posts."""
    keys, scheduled = app.queue.next_posts(NEXT_LIMIT)
    found = app.queue.of_posts({(key.campaign, key.post) for key in keys})
    return post_views(app, [of for of in found if PostKey.of(of) in keys]), scheduled


def _rests(app: App, now: datetime) -> Iterator[RestView]:
    accounts = app.config.accounts
    with app.database.reading() as connection:
        backoffs = read_backoffs(connection, [*accounts])
    for name, account in accounts.items():
        if (wait := backoffs.get(name)) and now < wait.until:
            local = format_local(wait.until, account.timezone)
            yield RestView(name, wait.until, local, wait.why)


def _budget_view(budget: BudgetStatus) -> BudgetView:
    return BudgetView(
        account=budget.account,
        since=budget.since,
        until=budget.until,
        budget=budget.budget,
        spent=budget.spent,
        planned=budget.planned,
        mark=budget.threshold,
        words=str(budget),
    )


# --- Attention ------------------------------------------------------------------------------------


def attention_summary(app: App) -> AttentionView:
    """Return the number of posts that need a person, by kind, without asking a platform."""
    now = app.clock.now()
    waiting = app.approvals.waiting(now)
    held_back = app.mass_cancels.held_back()
    return AttentionView(
        inbox=count_posts(app.queue.in_states([State.NEEDS_HUMAN])),
        approvals=len(waiting),
        first_approval=format_due(waiting[0].first.next) if waiting else None,
        left_files=held_back.posts if held_back else 0,
        stale_facts=app.queue.count_stale(now),
        lost=count_posts(recently_lost(app)),
        floors=tuple(floor.campaign for floor in held_floors(app)),
        stopped=tuple(of.resume_command for of in app.queue.pauses() if of.is_automatic),
        mistakes=_mistakes(app, now),
    )


def _mistakes(app: App, now: datetime) -> tuple[str, ...] | None:
    stamps = filter(None, map(stamp_of, yaml_files(app.config.campaigns)))
    if sum(size for size, *_ in stamps) > MAX_CHECKED_BYTES:
        return None
    return tuple(map(str, app.queue_sync.files.check(now).problems))


def count_posts(deliveries: Iterable[Delivery]) -> int:
    """Return the number of posts of these deliveries."""
    return len({PostKey.of(delivery) for delivery in deliveries})


def recently_lost(app: App) -> Sequence[Delivery]:
    """Return the deliveries of the past week that were not published and will not be."""
    return app.queue.in_states(FAILED_STATES, since=app.clock.now() - _WEEK)
