"""Read the status of the loop, the next posts, and the number of posts that need a person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.alerts.notices import FAILED_STATES
from bot.model import PostKey, State, visible
from bot.model.people import EVERYTHING
from bot.planning.pending import visible_posts
from bot.schedules.local_time import format_local
from bot.services.database import list_workers, unstopped_workers
from bot.services.health import judge, read_lateness
from bot.services.posts import post_views
from bot.services.queue import format_due, waiting_calls
from bot.services.views_running import PauseView
from bot.services.views_status import (
    AttentionView,
    BudgetView,
    CallView,
    RestView,
    StatusView,
)
from bot.store.pauses import read_backoffs
from bot.yamlsource.folder import stamp_of, yaml_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.model import BudgetStatus, Delivery
    from bot.model.people import Scope
    from bot.runtime.app import App
    from bot.services.views import PostView

NEXT_LIMIT = 5
"""The status lists this many of the next posts."""

MAX_CHECKED_BYTES = 500_000
"""Campaign files that are larger than this together are not checked, to keep the status quick."""

_WEEK = timedelta(days=7)


def read_status(app: App, scope: Scope = EVERYTHING) -> StatusView:
    """Return the status, without changing anything or asking a platform."""
    workers, now = unstopped_workers(app), app.clock.now()
    following, scheduled = _next_posts(app, scope)
    seen = [name for name in app.config.accounts if scope.sees_account(name)]
    late = read_lateness(app, workers, now, scope)
    pauses, needs = visible_pauses(app, scope), attention_summary(app, scope)
    budgets = tuple(budget_view(of) for of in app.budgets.statuses() if of.account in seen)
    return StatusView(
        health=judge(workers, late, pauses, needs, budgets),
        config=str(app.config.path),
        database=app.config.database_name,
        has_run=bool(workers or list_workers(app, limit=1)),
        workers=tuple(workers),
        late=late,
        pauses=pauses,
        rests=tuple(rest for rest in _rests(app, now) if rest.account in seen),
        waiting=tuple(
            CallView(call.account, call.platform, call.since, call.limit, call.describe(now))
            for call in waiting_calls(app)
            if call.account in seen
        ),
        scheduled=scheduled,
        next=tuple(following),
        needs_person=needs,
        budgets=budgets,
    )


def _next_posts(app: App, scope: Scope) -> tuple[list[PostView], int]:
    """Return the posts due next, and the number of all scheduled posts."""
    keys, scheduled = app.queue.next_posts(NEXT_LIMIT, scope)
    found = app.queue.of_posts({(key.campaign, key.post) for key in keys})
    return post_views(app, [of for of in found if PostKey.of(of) in keys], scope), scheduled


def visible_pauses(app: App, scope: Scope = EVERYTHING) -> tuple[PauseView, ...]:
    """Return the pauses in force, without those of accounts and campaigns outside the scope."""
    return tuple(PauseView.of(pause) for pause in app.queue.pauses() if pause.is_seen(scope))


def _rests(app: App, now: datetime) -> Iterator[RestView]:
    accounts = app.config.accounts
    with app.database.reading() as connection:
        backoffs = read_backoffs(connection, [*accounts])
    for name, account in accounts.items():
        if (wait := backoffs.get(name)) and now < wait.until:
            local = format_local(wait.until, account.timezone)
            yield RestView(name, wait.until, local, wait.why)


def budget_view(budget: BudgetStatus) -> BudgetView:
    """Return the view of a budget."""
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


def count_waiting(app: App, scope: Scope) -> Mapping[str, int]:
    """Return how many posts wait for approval, and how many wait in the inbox."""
    asked = visible(app.queue.in_states([State.NEEDS_HUMAN]), scope)
    waiting = visible_posts(app.approvals.waiting(app.clock.now()), scope)
    return {"inbox": count_posts(asked), "approvals": len(waiting)}


# --- Attention ------------------------------------------------------------------------------------


def attention_summary(app: App, scope: Scope = EVERYTHING) -> AttentionView:
    """Return the number of posts that need a person, by kind, without asking a platform.

    Only people who see everything are asked about the campaign files as a whole.
    """
    now, whole = app.clock.now(), scope.is_everything
    waiting = visible_posts(app.approvals.waiting(now), scope)
    held_back = app.mass_cancels.held_back() if whole else None
    return AttentionView(
        inbox=count_posts(visible(app.queue.in_states([State.NEEDS_HUMAN]), scope)),
        approvals=len(waiting),
        first_approval=format_due(waiting[0].first.next) if waiting else None,
        refused=len(visible_posts(app.approvals.refused(now), scope)),
        left_files=held_back.posts if held_back else 0,
        stale_facts=app.queue.count_stale(now, scope),
        lost=count_posts(visible(recently_lost(app), scope)),
        floors=tuple(sorted(app.floors.held())) if whole else (),
        stopped=tuple(pause.resume for pause in visible_pauses(app, scope) if pause.by_itself),
        mistakes=_mistakes(app, now) if whole else (),
    )


def _mistakes(app: App, now: datetime) -> tuple[str, ...] | None:
    """Return the mistakes as the loop knows them, or find them if these files are new to it."""
    known = app.file_checks.read(now)
    if known is not None:
        return known
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
