"""How often a post's counters are read in its first 30 days, what that costs, and what it misses.

Groundswell's plan (``bot/engagement/reading.py``) and hourly reads follow the same posts and the
same simulated audience. Its counts level off within a week, which is the sandbox's assumption
(``bot/sandbox/world.py``).

A post is paid for once a UTC day, at $0.001 on the own timeline and $0.005 looked up by id.
"Behind" is the lag of the last reading, as a share of the final count, on average over the first 3
days and over all 30. The last block plays the plan with the real poller, over HTTP against the
sandbox, and takes the dollars from the sandbox's own ledger. It waits for no real time.

    python benchmarks/bench_reads.py [posts, 200 if not given]
"""

from __future__ import annotations

import random
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from bench_support import campaign, row, title

from bot.clock import Clock
from bot.config import load
from bot.config.secrets import environment_variable
from bot.engagement.reading import PastRead, next_read
from bot.model import FIRST_READ_AGE, Account
from bot.platforms import load_platform
from bot.runtime.loop_app import LoopApp, create_loop_app
from bot.sandbox import XWorld, serve
from bot.sandbox.audience import simulate_counters
from bot.sandbox.state import SimAccount, SimPost, SimUpload

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SPAN = 30 * DAY
START = datetime(2026, 11, 1, tzinfo=UTC)
SEED = 20221113
PLAYED = 20
OWNER = Account("measured", "x", "measured", "")
"""It owns its app, so reading its own posts is cheap."""

Next: TypeAlias = Callable[[datetime, list[PastRead]], datetime | None]


def ours(published: datetime, reads: list[PastRead]) -> datetime | None:
    """Read by growth."""
    return next_read(load_platform(OWNER.platform), published, reads, reads[-1].at)


def hourly(published: datetime, reads: list[PastRead]) -> datetime | None:
    """Read every hour, however old."""
    del published
    return reads[-1].at + HOUR


@dataclass(frozen=True, slots=True)
class Post:
    """A simulated post."""

    simulated: SimPost
    published: datetime

    def count(self, age: timedelta) -> int:
        """Return its impressions at an age."""
        return simulate_counters(SEED, self.simulated, age).impressions

    def reads(self, plan: Next) -> list[PastRead]:
        """Return the reads of its first 30 days."""
        reads: list[PastRead] = []
        at: datetime | None = self.published + FIRST_READ_AGE
        while at is not None and at <= self.published + SPAN:
            reads.append(PastRead(at, self.count(at - self.published)))
            at = plan(self.published, reads)
        return reads

    def behind(self, reads: list[PastRead], span: timedelta) -> float:
        """Return how far the newest read lags on average, looked at half past every hour of age."""
        final = max(1, self.count(SPAN))
        ends = [read.at for read in reads[1:]] + [self.published + SPAN]
        lags, life = [], list(zip(reads, ends, strict=True))
        age = HOUR / 2
        while age < span:
            newest = next(read for read, end in life if end > self.published + age)
            lags.append(self.count(age) - newest.count)
            age += HOUR
        return statistics.fmean(lags) / final


def posts(many: int) -> list[Post]:
    """Return posts at any time of a month, of accounts of any size, with and without media."""
    chance = random.Random(SEED)  # noqa: S311 - a repeatable simulation, no secret
    made = []
    for number in range(many):
        account = SimAccount("", f"{number}", "Us", START)
        account.followers = int(chance.lognormvariate(8.5, 1.2))
        picture = SimUpload("1", "", "image/png", 0, START)
        media = (picture,) if chance.random() < 0.5 else ()
        published = START + chance.random() * SPAN
        made.append(Post(SimPost("1", account, "Take HART off AWS", published, media), published))
    return made


def measure(name: str, plan: Next, several: list[Post]) -> None:
    """Print what a plan does on these posts."""
    lives = [(post, post.reads(plan)) for post in several]
    reads = statistics.fmean(len(life) for _, life in lives)
    days = statistics.fmean(len({read.at.date() for read in life}) for _, life in lives)
    usual, most = load_platform("x").read_price(OWNER, START)[0], 0.005
    behind = [
        statistics.fmean(post.behind(life, span) for post, life in lives)
        for span in (3 * DAY, SPAN)
    ]
    least = min((b.at - a.at for _, life in lives for a, b in pairwise(life)), default=SPAN)
    row(f"{name}: API reads of a post", f"{reads:6.1f}   (at least {least} apart)")
    row(f"{name}: days paid for, dollars a post", f"{days:6.1f}   ${days * float(usual):.4f}")
    row(f"{name}: dollars, looked up by id", f"         ${days * most:.4f}")
    row(f"{name}: behind, in 3 days and in 30", f"{behind[0]:8.2%}   {behind[1]:.2%}")


# --- The real poller ------------------------------------------------------------------------------


class SetClock(Clock):
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.instant = START

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self.instant

    def uptime(self) -> float:
        """Return the seconds since it began."""
        return (self.instant - START).total_seconds()

    def boot_time(self) -> float:
        """Return 0, as the wall clock and the boot clock agree."""
        return 0.0

    def to(self, instant: datetime) -> None:
        """Set it, never back."""
        self.instant = max(self.instant, instant)


def played() -> None:
    """Publish some posts, read them for 30 days by the real poller, and print what that cost."""
    clock = SetClock()
    world = XWorld(now=clock.now, seed=SEED)
    secrets = world.add_account("measured", "Measured").secrets
    environ = {environment_variable("measured", name): value for name, value in secrets.items()}
    dues = [START + HOUR + number * 5 * HOUR for number in range(PLAYED)]
    with TemporaryDirectory(prefix="groundswell-bench-") as name, serve(world) as url:
        folder = Path(name)
        (folder / "posts").mkdir()
        (folder / "posts" / "measured.yaml").write_text(campaign(0, ["measured"], dues))
        lines = ["accounts:", "  measured:", "    platform: x", "    handle: measured"]
        (folder / "config.yaml").write_text("\n".join([*lines, f"    api: {url}", ""]))
        config = load(folder / "config.yaml", {})
        with create_loop_app(config, environ, clock=clock) as app, app.registered():
            requests = _play(app, clock, dues[-1] + SPAN)
            out = len(app.metrics.publications())
            booked = [booking for booking in app.ledger.totals() if "read" in booking.item]
            snapshots = len(app.metrics.snapshots())
    theirs = sum(float(entry.dollars) for entry in world.entries if "read" in entry.item)
    ours_booked = sum(float(booking.dollars) for booking in booked)
    row("posts played, calls of the poller", f"{out:6}   {requests}")
    row("API reads of a post", f"{snapshots / out:6.1f}")
    row("dollars a post, by the sandbox's ledger", f"         ${theirs / out:.4f}")
    row("dollars a post, as booked", f"         ${ours_booked / out:.4f}")


def _play(app: LoopApp, clock: SetClock, end: datetime) -> int:
    """Step from wake to wake; return how often counters were read."""
    app.queue_sync.refresh()
    requests = 0
    while clock.now() < end:
        app.dispatcher.run()
        requests += app.poller.run("measured") > 0
        wakes = (app.dispatcher.next_wake(), app.poller.wakes().get("measured"))
        clock.to(min((wake for wake in wakes if wake), default=end))
    return requests


def main() -> None:
    """Measure all plans on the same posts, then ours for real."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    title(f"Reading the counters of {many} posts in their first 30 days")
    several = posts(many)
    for name, plan in (("ours", ours), ("hourly", hourly)):
        measure(name, plan, several)
    print(f"\nOur plan by the real poller, over HTTP against the sandbox, {PLAYED} posts")
    played()


if __name__ == "__main__":
    main()
