"""``/metrics``: figures for monitoring systems that have the token, in the OpenMetrics format.

A reader without it learns nothing, not even whether there is one. The figures are made from one
view, and serve all programs that ask within two seconds.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    StateSetMetricFamily,
)
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.responses import PlainTextResponse, Response

from bot import __version__
from bot.model import State
from bot.services import monitoring
from bot.services.views_health import Trouble, Verdict
from bot.web.made import BusyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from prometheus_client import Metric

    from bot.services.views_monitoring import AccountFigures, MonitoringView
    from bot.web.visit import Call

log = logging.getLogger("groundswell")

_ON_ACCOUNT = ("account", "platform")


def show(call: Call) -> Response:
    """Answer with the figures. Wrong tokens slow their address, as wrong passwords do."""
    slowing = call.site.token_slowing
    if wait := slowing.wait(call.address, call.now):
        seconds = str(int(wait.total_seconds()) + 1)
        return PlainTextResponse("Wait.\n", 429, {"retry-after": seconds})
    if not monitoring.is_token(call.app, call.bearer):
        words = "A token is needed.\n"
        if call.bearer:  # whether there is one at all is not told
            words = "The token is wrong, or a newer one has ended it.\n"
            slowing.note_failure(call.address, "", call.now)
            log.warning("a wrong token for the metrics came from %s", call.address)
        return PlainTextResponse(words, 401, {"www-authenticate": "Bearer"})
    slowing.note_success(call.address)
    app = call.app
    try:
        text = call.site.scrapes.get(
            "metrics", "", call.now, lambda: as_openmetrics(monitoring.read_monitoring(app))
        )
    except BusyError:
        return PlainTextResponse("Too many programs ask at once.\n", 503)
    return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})


class Figures(Collector):
    """The metrics of a view."""

    def __init__(self, view: MonitoringView) -> None:
        self._view = view

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        yield from _program(self._view)
        yield from _posts(self._view)
        yield from _accounts(self._view.accounts)
        yield from _pauses(self._view)
        yield from _budgets(self._view)


def as_openmetrics(view: MonitoringView) -> str:
    """Return the figures of a view in the OpenMetrics text format."""
    text: bytes = generate_latest(Figures(view))  # type: ignore[no-untyped-call]  # has no types
    return text.decode()


# --- The metrics ----------------------------------------------------------------------------------


def _gauge(
    name: str, words: str, values: Iterable[tuple[Iterable[str], float]], *labels: str
) -> GaugeMetricFamily:
    """Return a gauge with a value for each list of labels. The unit is the end of its name."""
    unit = next((unit for unit in ("seconds", "dollars") if name.endswith(f"_{unit}")), "")
    family = GaugeMetricFamily(f"groundswell_{name}", words, labels=labels, unit=unit)
    for of, value in values:
        family.add_metric([*of], value)
    return family


def _one(name: str, words: str, value: float | datetime | None) -> GaugeMetricFamily:
    """Return a gauge of one value, without any if there is none."""
    number = value if isinstance(value, int | float | None) else value.timestamp()
    return _gauge(name, words, [] if number is None else [((), number)])


def _program(view: MonitoringView) -> Iterator[Metric]:
    found = {reason.code for reason in view.health.reasons}
    yield InfoMetricFamily(
        "groundswell_build", "The version of Groundswell.", {"version": __version__}
    )
    words = "The revision of the database's tables."
    yield _one("database_revision", words, view.revision)
    yield StateSetMetricFamily(
        "groundswell_health",
        "The verdict of groundswell status. Down means that no posts are sent.",
        {verdict.value: verdict is view.health.verdict for verdict in Verdict},
    )
    words = "Whether this is a reason for the verdict."
    yield _gauge("trouble", words, [((code,), code in found) for code in Trouble], "reason")
    yield _one("loop_up", "Whether a loop holds its lock, and is alive.", bool(view.loops))
    yield _one("loops", "The number of loops that are alive.", view.loops)
    words = "When the loop started that has been alive longest."
    yield _one("loop_start_timestamp_seconds", words, view.started)


def _posts(view: MonitoringView) -> Iterator[Metric]:
    needs, late = view.needs, view.late
    words = "Posts that were due five minutes ago or earlier, and are not out everywhere."
    yield _one("posts_late", words, late.posts)
    words = "When the first of the late posts was due."
    yield _one("posts_late_due_timestamp_seconds", words, late.since)
    words = "When the next scheduled post is due."
    yield _one("next_post_due_timestamp_seconds", words, view.next_due)
    words = "Posts about which Groundswell is finding out whether they are out."
    yield _one("posts_unknown", words, view.unknown)
    waiting = {
        Trouble.INBOX: needs.inbox,
        Trouble.APPROVALS: needs.approvals,
        Trouble.REFUSED: needs.refused,
        Trouble.LEFT_FILES: needs.left_files,
        Trouble.STALE_FACTS: needs.stale_facts,
    }
    words = "Posts that wait for a person. A post counts once, whatever the number of its accounts."
    yield _gauge("posts_waiting", words, [((of,), n) for of, n in waiting.items()], "reason")
    mistakes = None if needs.mistakes is None else len(needs.mistakes)
    words = "Mistakes in the campaign files; absent if the files are too large to be checked here."
    yield _one("file_mistakes", words, mistakes)


def _accounts(accounts: Iterable[AccountFigures]) -> Iterator[Metric]:
    out = CounterMetricFamily(
        "groundswell_posts_published",
        "Posts that are out. A post on two accounts counts on each.",
        labels=_ON_ACCOUNT,
    )
    words = "Posts in each state but published. A post on two accounts counts on each."
    states = _gauge("account_posts", words, (), *_ON_ACCOUNT, "state")
    words = "Whether something stops the account: a person, or Groundswell by itself."
    paused = _gauge("account_paused", words, (), *_ON_ACCOUNT, "by")
    words = "When the newest counters of the account's posts were read."
    read = _gauge("counters_read_timestamp_seconds", words, (), *_ON_ACCOUNT)
    words = "When the next reading of the account's counters is due; in the past if it is late."
    due = _gauge("counters_due_timestamp_seconds", words, (), *_ON_ACCOUNT)
    for of in accounts:
        names = [of.account, of.platform]
        for state, count in of.posts.items():
            if state is State.PUBLISHED:
                out.add_metric(names, count)
            else:
                states.add_metric([*names, state.value], count)
        paused.add_metric([*names, "person"], of.paused_by_person)
        paused.add_metric([*names, "groundswell"], of.paused_by_itself)
        if of.read:
            read.add_metric(names, of.read.timestamp())
        if of.next_read:
            due.add_metric(names, of.next_read.timestamp())
    yield from (out, states, paused, read, due)


def _pauses(view: MonitoringView) -> Iterator[Metric]:
    words = "Pauses in force."
    counts = {
        (scope, by): sum(
            (pause.scope, pause.by_itself) == (scope, by == "groundswell") for pause in view.pauses
        )
        for scope in ("all", "platform", "account", "campaign")
        for by in ("person", "groundswell")
    }
    yield _gauge("pauses", words, counts.items(), "scope", "by")


def _budgets(view: MonitoringView) -> Iterator[Metric]:
    budgets = view.budgets
    limits = [((of.account,), float(of.budget)) for of in budgets]
    yield _gauge("budget_limit_dollars", "The account's budget of this month.", limits, "account")
    left = [((of.account,), float(of.budget - of.spent)) for of in budgets]
    words = "What is left of the account's budget of this month; below zero if more was spent."
    yield _gauge("budget_left_dollars", words, left, "account")
