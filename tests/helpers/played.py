"""A month of two campaigns, played on three sandboxes over HTTP, with the faults of a month.

The loop's own jobs run one after the other, and the clock moves from wake to wake without sleeping.
Each sandbox records the counters that it showed, and the script records the purpose of each post.
Reports are compared with these records and not with Groundswell's.
"""

from __future__ import annotations

import json
import urllib.request
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from bot.checking import check
from bot.config import load
from bot.config.secrets import environment_variable
from bot.reports import render, tables
from bot.runtime.loop import start_up
from bot.runtime.loop_app import LoopApp, create_loop_app
from bot.sandbox import BlueskyWorld, MastodonWorld, XWorld, serve
from bot.sandbox.state import SimCounters
from bot.sandbox.world import World
from bot.sandbox.x.prices import price
from bot.services.demo import Demo
from bot.services.reporting import STORED_REPORTS
from helpers.cli import CommandResult, run_cli_process, write_file
from helpers.clock import ManualClock
from helpers.databases import create_sqlite_file
from helpers.delivery import make_media
from helpers.played_script import (
    BLUESKY,
    BUDGETED,
    LINK,
    MASTODON,
    START,
    UNLIMITED,
    ScriptedPost,
    month_script,
    text_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal
    from pathlib import Path

    from starlette.responses import Response

    from bot.runtime.scheduler import Job
    from bot.sandbox.answers import Exchange
    from bot.sandbox.state import SimPost

END = datetime(2026, 3, 31, 22, tzinfo=UTC)
"""Still March in UTC, by which a budget's month is counted."""
AFTER_MONTH = datetime(2026, 4, 2, 20, tzinfo=UTC)
BUDGET_HELD_FROM = datetime(2026, 3, 26, 18, tzinfo=UTC)
"""From this instant on, March's budget is kept for the later posts."""

BUDGET = "0.95"
CONFIG = f"""\
accounts:
  {UNLIMITED}: {{platform: x, handle: ours, api: "X-URL", gap: 0s, part_gap: 0s}}
  {MASTODON}:
    platform: mastodon
    handle: ours@sandbox.example
    api: "MASTODON-URL"
    gap: 0s
    part_gap: 0s
  {BLUESKY}:
    platform: bluesky
    handle: ours.example.org
    api: "BLUESKY-URL"
    gap: 0s
    part_gap: 0s
  {BUDGETED}:
    platform: x
    handle: allies
    api: "X-URL"
    gap: 0s
    part_gap: 0s
    budget: {BUDGET}
    budget_stops_posts: true
campaigns: posts
horizon: 60d
database: groundswell.db
"""

HANDLES = {
    UNLIMITED: ("x", "ours"),
    BUDGETED: ("x", "allies"),
    MASTODON: ("mastodon", "ours"),
    BLUESKY: ("bluesky", "ours.example.org"),
}
"""Platform and handle of each account."""

OWNERS = {place: account for account, place in HANDLES.items()}

CLICKS_READ_UNTIL = timedelta(days=29)
"""Age up to which Groundswell reads a post's clicks on X."""

IDLE_INTERVAL = timedelta(days=1)
"""Interval of jobs that name no time themselves."""

READ_PATHS = {
    "x": r"/2/(users/\d+/)?tweets",
    "mastodon": "/api/v1/statuses",
    "bluesky": r"/xrpc/app\.bsky\.feed\.getPosts",
}
POST_PATHS = {
    "x": "/2/tweets",
    "mastodon": "/api/v1/statuses",
    "bluesky": r"/xrpc/com\.atproto\.repo\.putRecord",
}


class RecordingWorld(World):
    """A sandbox that records the counters it shows, and whose counters can fall.

    The record leaves out the own parts of a thread, which the sandbox shows as replies.
    """

    is_read = True
    """Whether the present request asks for counters."""

    @cached_property
    def shown_counters(self) -> dict[str, list[tuple[datetime, SimCounters]]]:
        return defaultdict(list)

    @cached_property
    def _taken(self) -> dict[str, list[tuple[datetime, SimCounters]]]:
        return defaultdict(list)

    def read_counters(self, post: SimPost) -> SimCounters:
        counters = super().read_counters(post)
        if self.is_read:
            own = sum(reply.author is post.author and not reply.deleted for reply in post.replies)
            others = replace(counters, replies=counters.replies - own)
            self.shown_counters[post.id].append((self.now(), others))
        return counters

    def reduce_counters(self, post: SimPost, share: float) -> None:
        """Reduce a post's counters by a share, as platforms do when they remove bots."""
        found = astuple(self.counters(post))
        self._taken[post.id].append(
            (self.now(), SimCounters(*(int(count * share) for count in found)))
        )

    def counters(self, post: SimPost, at: datetime | None = None) -> SimCounters:
        found = super().counters(post, at)
        for since, lost in self._taken[post.id]:
            if since <= (at or self.now()):
                both = zip(astuple(found), astuple(lost), strict=True)
                found = SimCounters(*(count - less for count, less in both))
        return found


class RecordingX(RecordingWorld, XWorld):
    """An X whose account ``allies`` has tokens without its id, for which a client must ask."""


class RecordingBluesky(RecordingWorld, BlueskyWorld):
    """A Bluesky that records its counters."""


class RecordingMastodon(RecordingWorld, MastodonWorld):
    """A Mastodon, which shows the counters of a status in other answers too."""

    def handle(self, exchange: Exchange) -> Response:
        """Answer a request, and record whether it was a reading of counters."""
        self.is_read = exchange.endpoint.startswith("GET /api/v1/statuses")
        return super().handle(exchange)


# --- Playing --------------------------------------------------------------------------------------


class PlayedMonth:
    """The two campaigns, the sandboxes, and the app of ``run`` on a database file."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.clock = ManualClock(START)
        self.worlds: dict[str, RecordingWorld] = {
            "x": RecordingX(now=self.clock.now, seed=11),
            "mastodon": RecordingMastodon(now=self.clock.now, seed=11),
            "bluesky": RecordingBluesky(now=self.clock.now, seed=11),
        }
        self.script = month_script()
        self.incidents: list[tuple[datetime, Callable[[], object]]] = []
        self.runs = 0
        self._secrets = {
            environment_variable(account, name): secret
            for account in HANDLES
            for name, secret in self._join(account).items()
        }
        self.urls = {name: stack.enter_context(serve(world)) for name, world in self.worlds.items()}
        config = CONFIG
        for name, url in self.urls.items():
            config = config.replace(f"{name.upper()}-URL", url)
        write_file(folder / "config.yaml", config)
        create_sqlite_file(folder / "groundswell.db")
        self.save()
        make_media(folder / "posts")
        self.trouble()
        self._stack = stack
        self._open: ExitStack | None = None
        self.restart()

    def _join(self, account: str) -> Mapping[str, str]:
        platform, handle = HANDLES[account]
        world = self.worlds[platform]
        added = world.add_account(handle, handle.title(), description="Automated posts.")
        if handle == "allies":
            added.secrets["access_token"] = "token-that-does-not-begin-with-an-id"
        return added.secrets

    def save(self) -> None:
        self.script.save(self.folder / "posts")

    # --- time ---

    def restart(self) -> None:
        """End the app, if it runs, and start it again."""
        if self._open:
            self._open.close()
        self._open = self._stack.enter_context(ExitStack())
        config = load(self.folder / "config.yaml", {})
        found = create_loop_app(config, self._secrets, clock=self.clock)
        self.app: LoopApp = self._open.enter_context(found)
        self._open.enter_context(self.app.registered())
        start_up(self.app)
        self._jobs = {job.name: job for job in self.app.jobs()}
        self._due = dict.fromkeys(self._jobs, self.clock.now())

    def on(self, day: int, at: str, happens: Callable[[], object]) -> None:
        """Plan a call on a day of March, in UTC."""
        self.incidents.append((datetime.fromisoformat(f"2026-03-{day:02}T{at}Z"), happens))

    def play(self, until: datetime) -> None:
        """Run the loop's jobs and the planned calls at their times."""
        while True:
            happening = [incident for incident in self.incidents if incident[0] <= self.clock.now()]
            for incident in happening:
                self.incidents.remove(incident)
                incident[1]()
            for name in self._jobs if happening else ():
                self._due[name] = self.clock.now()
            for job in self._jobs.values():
                if self._due[job.name] <= self.clock.now():
                    self._run(job)
            wake = min([*self._due.values(), *(at for at, _ in self.incidents)])
            if wake >= until:
                self.clock.advance_to(until)
                return
            self.clock.advance_to(max(wake, self.clock.now()))

    def _run(self, job: Job) -> None:
        self.runs += 1
        assert self.runs < 20_000, "the loop spins"
        job.run()
        for name in (job.name, *job.wakes):
            wake = self._jobs[name].next_wake() or self.clock.now() + IDLE_INTERVAL
            self._due[name] = wake if name == job.name else min(wake, self._due[name])

    # --- what happens ---

    def trouble(self) -> None:
        """Plan the faults of this month and a person's actions."""
        self.on(2, "09:10", lambda: self._fault({"status": 503}, count=2))
        self.on(2, "09:10", lambda: self._fault({"status": 503}, on="mastodon", count=2))
        for platform in self.worlds:
            self.on(8, "17:59", partial(self._lose_answer, platform))
        self.on(9, "03:00", lambda: self._fault({"status": 429, "reset": 5400}))
        self.on(9, "03:00", lambda: self._fault({"status": 429, "reset": 5400}, on="bluesky"))
        self.on(10, "01:00", lambda: self._fault("garbage"))
        self.on(10, "01:00", lambda: self._fault("garbage", on="bluesky"))
        self.on(12, "10:00", lambda: self._delete("plain-0"))
        self.on(12, "10:00", lambda: self._delete("other-1", on="mastodon"))
        self.on(12, "10:00", lambda: self._delete("third-1", on="bluesky"))
        self.on(12, "10:00", lambda: self._take_back("plain-1", 0.3))
        self.on(12, "10:00", lambda: self._take_back("first-1", 0.5))
        self.on(12, "10:00", lambda: self._take_back("poll-1", 0.5, on="mastodon"))
        self.on(12, "10:00", lambda: self._take_back("summit-before", 0.4, on="bluesky"))
        self.on(15, "17:59", lambda: self._fault({"status": 503}, count=2))
        self.on(15, "18:05", lambda: self._delete("fourth-2"))  # before it could be read
        self.on(16, "12:00", self.restart)
        self.on(17, "12:00", lambda: self._take_back("summit-during", 0.4))
        self.on(20, "10:00", lambda: self._delete("thread-1", part=1))
        self.on(24, "09:00", lambda: self._fault("drop_before"))
        self.on(24, "09:00", lambda: self._fault("drop_before", on="mastodon"))
        self.on(25, "09:00", self._two_more)
        self.on(26, "12:00", self.restart)

    def _fault(self, effect: Any, on: str = "x", count: int = 1) -> None:
        self.worlds[on].faults.add("GET", READ_PATHS[on], effect, count=count)

    def _lose_answer(self, on: str) -> None:
        # Bluesky refuses the first request of the week because its token has expired.
        skip = on == "bluesky"
        self.worlds[on].faults.add("POST", POST_PATHS[on], "commit_then_drop", skip=skip)

    def _delete(self, post: str, part: int = 0, on: str = "x") -> None:
        self.worlds[on].delete_post(self.post(post, part, on))

    def _take_back(self, post: str, share: float, on: str = "x") -> None:
        self.worlds[on].reduce_counters(self.post(post, on=on), share)

    def _two_more(self) -> None:
        """Write two more posts for the account with a budget, which cannot pay for the second."""
        self.script.add(ScriptedPost("ring", "late", "stop"), "2026-03-27 14:00")
        self.script.add(ScriptedPost("ring", "dear", "open"), "2026-03-31 17:50", LINK)
        self.save()

    def post(self, post: str, part: int = 0, on: str = "x") -> SimPost:
        """Return a platform's copy of a post of the script, the first part or another."""
        numbers = [
            number for number, source in self.script.by_number.items() if source.post == post
        ]
        sent = self.worlds[on].posts.values()
        found = [published for published in sent if text_number(published.raw) in numbers]
        return found[part]

    # --- the report and the platforms at one instant ---

    def sides(self) -> MonthResult:
        """Read all counters once more, and return the report and the platforms' records."""
        config, now = self.app.config, self.clock.now()
        campaigns = check(config, now).campaigns
        Demo(self.app, self.urls, START, END, "UTC").read_all()
        evidence, _ = self.app.evidence.report(campaigns, now=now)
        worlds = [*self.worlds.values()]
        document = json.loads(render("json", evidence, tables(evidence, now, STORED_REPORTS), now))
        return MonthResult(
            now=now,
            report={table["id"]: table for table in document["reports"]},
            command=run_cli_process("report", "--json", cwd=self.folder),
            totals={name: self._ask(name, "totals") for name in self.worlds},
            charges=self._ask("x", "ledger")["entries"],
            shown={
                (name, post): [*world.shown_counters[post]]
                for name, world in self.worlds.items()
                for post in world.posts
            },
            paid=self._paid(),
            pending=[str(fault) for world in worlds for fault in world.faults.pending],
            hits=[hit["effect"] for world in worlds for hit in world.faults.hits],
            script=self.script.by_number,
            owners={
                account.app: OWNERS["x", account.handle]
                for account in self.worlds["x"].accounts.values()
            },
        )

    def _paid(self) -> dict[str, Decimal]:
        """Return the cost of each post on X, with a shared picture's cost in its first post."""
        found: dict[str, Decimal] = {}
        seen: set[str] = set()
        for post in self.worlds["x"].posts.values():
            dollars = price("post_with_url" if post.has_link else "post", post.created)
            new = {upload.id for upload in post.media if upload.alt} - seen
            seen |= new
            found[post.id] = dollars + price("media_metadata", post.created) * len(new)
        return found

    def _ask(self, platform: str, what: str) -> Any:
        with urllib.request.urlopen(f"{self.urls[platform]}/sandbox/{what}", timeout=10) as answer:
            return json.load(answer)


@dataclass(frozen=True, slots=True)
class MonthResult:
    """The report and the platforms' records at one instant."""

    now: datetime
    report: dict[str, Any]
    """Tables of the report by id."""
    command: CommandResult
    """Result of ``groundswell report --json``."""
    totals: dict[str, dict[str, Any]]
    """Each platform's own totals."""
    charges: list[dict[str, Any]]
    """X's ledger."""
    shown: dict[tuple[str, str], list[tuple[datetime, SimCounters]]]
    """All counters that a platform showed of a post, by platform and post."""
    paid: dict[str, Decimal]
    """Cost of publishing each post on X."""
    pending: list[str]
    """Faults that did not happen."""
    hits: list[str]
    """Faults that happened."""
    script: dict[str, ScriptedPost]
    """Purpose of each text by its number."""
    owners: dict[str, str]
    """Account on X by the app that is billed."""
