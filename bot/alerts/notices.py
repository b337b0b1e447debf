"""Which events deserve an alert, and what it says; and whether a post takes off. Pure.

A notice's ``key`` identifies the event: each is sent once. No alert repeats the text of a post,
which may be under embargo; it names the post.

The usual is the median of the account's posts when each was as old as this one is now. A post
counts for it only if it was read after that age too, so that a value between two readings can be
interpolated; nothing is carried forward. An account with few such posts has no usual, and no alert
is made.

In words for a team: a post takes off when it has at least three times what the account's posts
usually have at its age, and also more than nearly all of them would have, by how much they differ.
The second half is needed: where the posts of an account differ widely, every tenth or fifth
ordinary post has three times the median. All this goes by impressions, or by engagements where the
platform gives no impressions; every alert says which.

How much they differ is taken from the logarithms of these counts, as they spread by
factors: the median distance from the median (MAD; Hampel 1974), which earlier successes hardly
move, times 1.4826, which makes it a standard deviation where the logarithms are normal. To stand so
many of these above the median marks an outlier, as in the modified z-score of Iglewicz and Hoaglin
(1993). They ask for 3.5 on either side; here it is ``MIN_DEVIATIONS`` above, where 2 of 100 normal
values are. Of few posts the MAD is often too small by chance: of n posts,
``1 + SMALL_SAMPLE_FACTOR / n`` times as much is required.

``SMALL_SAMPLE_FACTOR`` is from simulated accounts (``benchmarks/bench_takeoff.py``), where each
post is judged at every reading: with log-normal impressions 1 to 3 of 100 ordinary posts raise an
alert, at every spread that was simulated and from ten posts on; with a heavier tail up to 6. By
engagements it is up to 3, also in small accounts, thanks to the least number that is asked for. The
other figures below are a choice, not a finding. The price: in an account whose posts differ wildly,
five times the median is nothing rare, and raises no alert.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Literal, TypeAlias

from bot.model import State
from bot.planning.left_files import MASS_CANCEL_HINT
from bot.schedules.local_time import format_local
from bot.text import truncate_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.config.schema import AlertKind
    from bot.model import BudgetStatus, Delivery, Pause, Publication, Snapshot
    from bot.store.pauses import HeldBack


FAILED_STATES = (State.REJECTED, State.MISSED, State.EXPIRED)
"""The final states of a delivery that should have gone out, and did not."""

MAX_LINES = 20
"""How many notices one message lists; the others are counted."""

_MAX_CHARS = 400  # of one notice: a platform's words can be long


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a team should know."""

    key: str
    kind: AlertKind
    text: str


def post_failed(delivery: Delivery) -> Notice:
    """Return the notice of a post that did not go out."""
    # Another time, or another attempt, is another failure.
    key = f"{delivery.state}:{delivery.key}:{delivery.due.isoformat()}:{delivery.fence}"
    return Notice(key, "failed", f"Did not go out: {_describe(delivery)}")


def needs_human(delivery: Delivery) -> Notice:
    """Return the notice of a post about which a person must decide."""
    key = f"{delivery.state}:{delivery.key}:{delivery.fence}"
    return Notice(key, "person", f"Needs a person (groundswell inbox): {_describe(delivery)}")


def mass_cancelled(held_back: HeldBack) -> Notice:
    """Return the notice of posts that left the campaign files at once, and are not cancelled."""
    words = f"Needs a person: {held_back}. {MASS_CANCEL_HINT}"
    # That fewer are left, because one went out or was put back, is no news.
    return Notice(f"vanished:{held_back.at.isoformat()}", "person", words)


def own_pauses(pauses: Iterable[Pause]) -> list[Notice]:
    """Return a notice of each pause that Groundswell set by itself; people know their own."""
    found = []
    for pause in (pause for pause in pauses if pause.is_automatic):
        scope = "everything" if pause.scope == "all" else f"{pause.scope} {pause.name}"
        words = f"Stopped by itself: {scope}. {pause.why}. Once it is fixed: {pause.resume_command}"
        found.append(Notice(f"pause:{pause.id}", "paused", words))
    return found


def file_errors(problems: Sequence[str]) -> list[Notice]:
    """Return the notice of mistakes in the campaign files, with the first one, if there are any."""
    if not problems:
        return []
    count = f"{len(problems)} mistakes" if len(problems) > 1 else "a mistake"
    words = (
        f"The campaign files have {count}; the last good plan stays in force for the posts that "
        f"they still name. See groundswell check. First: {problems[0]}"
    )
    return [Notice(f"files:{_digest(problems)}", "files", words)]


def budget_thresholds(budgets: Iterable[BudgetStatus]) -> list[Notice]:
    """Return a notice of each budget that is nearly or wholly spent."""
    return [
        Notice(
            f"budget:{budget.account}:{budget.since:%Y-%m}:{budget.threshold}",
            "budget",
            f"Budget of {budget.account}: {budget.threshold} % are spent, {budget}",
        )
        for budget in budgets
        if budget.threshold
    ]


def compose_message(texts: Sequence[str], hint: Callable[[str], str] = str) -> tuple[str, str]:
    """Return one message for several notices: its title, and a body with a line for each."""
    shown = [f"- {truncate_line(text, _MAX_CHARS)}" for text in texts[:MAX_LINES]]
    if more := len(texts) - len(shown):
        shown.append(hint(f"- and {more} more: see groundswell inbox, groundswell log"))
    title = "Groundswell" if len(texts) == 1 else f"Groundswell: {len(texts)} things"
    return title, "\n".join(shown)


def _describe(delivery: Delivery) -> str:
    why = f", {delivery.reason}" if delivery.reason else ""
    due = format_local(delivery.due, delivery.timezone)
    return f"{delivery.key}, due {due}: {delivery.state}{why}"


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]


MIN_POSTS = 10
"""The least number of other posts for an account to have a usual."""

MIN_MULTIPLE = 3
"""Well above: at least this many times the usual."""

MIN_DEVIATIONS, SMALL_SAMPLE_FACTOR = 2.05, 8
"""And this many robust standard deviations above it; of n posts, ``1 + SMALL_SAMPLE_FACTOR / n``
times as many."""

MAD_TO_SIGMA = 1.4826
"""A normal distribution's standard deviation in MADs."""


Yardstick: TypeAlias = Literal["impressions", "engagements"]
"""What a take-off goes by."""

LEAST: Mapping[Yardstick, int] = {"impressions": 500, "engagements": 20}
"""Of fewer, three times as many are no news."""

MIN_AGE, MAX_AGE = timedelta(hours=1), timedelta(hours=48)
"""The ages between which a team is alerted: earlier it is chance, later it is no news."""

BASELINE_SPAN = timedelta(days=90)
"""How far back posts count for the account's usual."""

BASELINE_POSTS = 60
"""At most this many posts, the newest older than ``MAX_AGE``, make the usual."""


def count_at_age(
    post: Publication, history: Iterable[Snapshot], age: timedelta, by: Yardstick
) -> float | None:
    """Return how many it had at that age; None where no readings lie on both sides of it."""
    early, low = timedelta(0), 0
    for snapshot in history:
        late, high = snapshot.read - post.published, getattr(snapshot.counters, by)
        if high is None or late <= timedelta(0):
            continue
        if age <= late:
            return float(low + (high - low) * ((age - early) / (late - early)))
        early, low = late, high
    return None


def yardstick(histories: Iterable[Iterable[Snapshot]]) -> Yardstick:
    """Return what these posts of an account are compared by: impressions, if they have any."""
    seen = (snapshot.counters.impressions for history in histories for snapshot in history)
    return "impressions" if any(count is not None for count in seen) else "engagements"


def baseline(
    others: Iterable[tuple[Publication, Sequence[Snapshot]]], age: timedelta, by: Yardstick
) -> tuple[float, float, int] | None:
    """Return what these posts usually had at that age, what they rarely reach, and their number.

    None where they are too few.
    """
    found = (count_at_age(post, history, age, by) for post, history in others)
    values = [value for value in found if value is not None]
    if len(values) < MIN_POSTS:
        return None
    logs = [math.log(max(1.0, value)) for value in values]
    centre = median(logs)
    deviation = MAD_TO_SIGMA * median(abs(value - centre) for value in logs)
    rare = math.exp(centre + MIN_DEVIATIONS * (1 + SMALL_SAMPLE_FACTOR / len(values)) * deviation)
    usual = median(values)
    return usual, max(rare, MIN_MULTIPLE * usual), len(values)


def is_takeoff(count: int, age: timedelta, threshold: float, by: Yardstick) -> bool:
    """Return whether this many at that age are a take-off."""
    return age >= MIN_AGE and count >= max(LEAST[by], threshold)


def takeoff_notice(
    post: Publication,
    history: Sequence[Snapshot],
    others: Sequence[tuple[Publication, Sequence[Snapshot]]],
    now: datetime,
) -> Notice | None:
    """Return the notice that it takes off, or None. ``others`` are the account's other posts."""
    by = yardstick([history, *(readings for _, readings in others)])
    read = [(snapshot.read, getattr(snapshot.counters, by)) for snapshot in history]
    known = [(at, count) for at, count in read if count is not None]
    if not known or now - post.published > MAX_AGE:
        return None
    age, count = known[-1][0] - post.published, known[-1][1]
    if (normal := baseline(others, age, by)) is None:
        return None
    usual, threshold, posts = normal
    if not is_takeoff(count, age, threshold, by):
        return None
    hours = round(age / timedelta(hours=1))
    words = (
        f"Taking off: {post.campaign}/{post.post} on {post.account} has {count:,} "
        f"{by} after {hours} h; its posts usually have {round(usual):,} by "
        f"then, and hardly ever {round(threshold):,} ({posts} posts). {post.url}"
    )
    return Notice(f"takeoff:{post.id}", "takeoff", words)
