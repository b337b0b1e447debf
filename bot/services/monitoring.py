"""The figures that monitoring systems read, and the token with which they do.

Nothing here names a post or has a word of one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.model import State
from bot.services.database import unstopped_workers
from bot.services.health import judge, read_lateness
from bot.services.status import attention_summary, budget_view, visible_pauses
from bot.services.views_monitoring import AccountFigures, MonitoringView
from bot.services.views_people import MetricsToken
from bot.store.monitoring import (
    count_by_state,
    count_unknown,
    first_due,
    newest_reads,
    schema_revision,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.runtime.app import App


def read_monitoring(app: App) -> MonitoringView:
    """Return the figures of everything, without changing anything. Raise StoreError."""
    now, workers = app.clock.now(), unstopped_workers(app)
    alive = [worker.started for worker in workers if worker.state == "alive"]
    late = read_lateness(app, workers, now)
    pauses, needs = visible_pauses(app), attention_summary(app)
    budgets = tuple(map(budget_view, app.budgets.statuses()))
    with app.database.reading() as connection:
        unknown, due = count_unknown(connection), first_due(connection)
        revision = schema_revision(connection)
    return MonitoringView(
        health=judge(workers, late, pauses, needs, budgets),
        revision=revision,
        loops=len(alive),
        started=min(alive, default=None),
        late=late,
        needs=needs,
        unknown=unknown,
        next_due=due,
        budgets=budgets,
        pauses=pauses,
        accounts=tuple(_account_figures(app)),
    )


def _account_figures(app: App) -> Iterator[AccountFigures]:
    """Yield the figures of each account of the config, and of others that have posts."""
    with app.database.reading() as connection:
        counted, read = count_by_state(connection), newest_reads(connection)
    next_reads, pauses = app.metrics.next_reads(), app.queue.pauses()
    states: dict[tuple[str, str], dict[State, int]] = defaultdict(dict)
    for name, known in app.config.accounts.items():
        states[name, known.platform] = {}
    for (name, platform, state), count in counted.items():
        states[name, platform][state] = count
    for (name, platform), by_state in states.items():
        account = app.config.accounts.get(name)
        stopping = [pause for pause in pauses if account and pause.stops_account(account)]
        yield AccountFigures(
            account=name,
            platform=platform,
            posts={state: by_state.get(state, 0) for state in State},
            read=read.get(name),
            next_read=next_reads.get(name),
            paused_by_person=any(not pause.is_automatic for pause in stopping),
            paused_by_itself=any(pause.is_automatic for pause in stopping),
        )


# --- The token ------------------------------------------------------------------------------------


def create_token(app: App, by: str) -> MetricsToken:
    """Make the token of the metrics, which ends the one before."""
    return MetricsToken(*app.sign_ins.create_metrics_token(by))


def revoke_token(app: App, by: str) -> MetricsToken:
    """Revoke the token of the metrics, if there is one."""
    return MetricsToken(None, app.sign_ins.revoke_metrics_token(by))


def is_token(app: App, token: str) -> bool:
    """Return whether this is the token of the metrics, which may read them and nothing else."""
    return app.sign_ins.is_metrics_token(token)
