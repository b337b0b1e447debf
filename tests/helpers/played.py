"""A month of two campaigns, played against the sandbox over HTTP, with what goes wrong in a month.

The loop's own jobs run one after the other, and the clock goes from wake to wake: nothing sleeps.
The platform's side keeps a book of what it showed, and the script one of what each post is for: a
report is held against these two, not against what Groundswell wrote down.
"""

from __future__ import annotations

import json
import urllib.request
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.authoring.checking import check
from bot.config import load
from bot.config.secrets import environment_variable
from bot.reports import render, tables
from bot.runtime.app import App, create_app
from bot.runtime.evidence import gather_report
from bot.runtime.loop import start_up
from bot.sandbox import XWorld, serve
from bot.sandbox.world import SimCounters
from bot.sandbox.x import price
from bot.services.demo import Demo
from helpers.cli import CommandResult, run_cli_process, write_file
from helpers.clock import ManualClock
from helpers.databases import create_sqlite_file
from helpers.delivery import make_media
from helpers.played_script import (
    BUDGETED,
    LINK,
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

    from bot.runtime.loop import Job
    from bot.sandbox.state import SimPost

END = datetime(2026, 3, 31, 22, tzinfo=UTC)
"""Still March by UTC, which is the month that a budget is for."""
AFTER_MONTH = datetime(2026, 4, 2, 20, tzinfo=UTC)
BUDGET_HELD_FROM = datetime(2026, 3, 26, 18, tzinfo=UTC)
"""From here on, March's budget is kept for the posts to come."""

BUDGET = "0.95"
CONFIG = f"""\
accounts:
  {UNLIMITED}: {{platform: x, handle: ours, api: "URL", gap: 0s, part_gap: 0s}}
  {BUDGETED}:
    platform: x
    handle: allies
    api: "URL"
    gap: 0s
    part_gap: 0s
    budget: {BUDGET}
    budget_stops_posts: true
campaigns: posts
horizon: 60d
database: groundswell.db
"""

CLICKS_READ_UNTIL = timedelta(days=29)
"""Up to this age, X is asked for clicks."""

IDLE_INTERVAL = timedelta(days=1)
"""A job that names no time of its own is run once a day here."""

READ_PATHS = r"/2/(users/\d+/)?tweets"


class RecordingWorld(XWorld):
    """A sandbox that keeps a book of the counters it shows, and whose counters can fall.

    The tokens of the account ``allies`` do not tell its id: a client has to ask who it is.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now=now, seed=11)
        self.shown_counters: dict[str, list[tuple[datetime, SimCounters]]] = defaultdict(list)
        self._taken: dict[str, list[tuple[datetime, SimCounters]]] = defaultdict(list)

    def read_counters(self, post: SimPost) -> SimCounters:
        counters = super().read_counters(post)
        self.shown_counters[post.id].append((self.now(), counters))
        return counters

    def reduce_counters(self, post: SimPost, share: float) -> None:
        """Take back a share of what a post has gathered, as platforms do with the work of bots."""
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


# --- Playing --------------------------------------------------------------------------------------


class PlayedMonth:
    """The two campaigns, the sandbox, and the app as ``run`` has it, on a database file."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.clock = ManualClock(START)
        self.world = RecordingWorld(self.clock.now)
        self.script = month_script()
        self.incidents: list[tuple[datetime, Callable[[], object]]] = []
        self.runs = 0
        self._secrets = {
            environment_variable(account, name): secret
            for account in (UNLIMITED, BUDGETED)
            for name, secret in self._join(account).items()
        }
        self.url = stack.enter_context(serve(self.world))
        write_file(folder / "config.yaml", CONFIG.replace("URL", self.url))
        create_sqlite_file(folder / "groundswell.db")
        self.save()
        make_media(folder / "posts")
        self.trouble()
        self._stack = stack
        self._open: ExitStack | None = None
        self.restart()

    def _join(self, account: str) -> Mapping[str, str]:
        handle = account.removesuffix("-x")
        added = self.world.add_account(handle, handle.title(), description="Automated posts.")
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
        found = create_app(config, self._secrets, clock=self.clock)
        self.app: App = self._open.enter_context(found)
        self._open.enter_context(self.app.registered())
        start_up(self.app)
        self._jobs = self.app.scheduler()._jobs
        self._due = dict.fromkeys(self._jobs, self.clock.now())

    def on(self, day: int, at: str, happens: Callable[[], object]) -> None:
        """Let something happen on a day of March, by UTC."""
        self.incidents.append((datetime.fromisoformat(f"2026-03-{day:02}T{at}Z"), happens))

    def play(self, until: datetime) -> None:
        """Run each of the loop's jobs whenever it wants to, and let happen what happens."""
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
        """Lay out what goes wrong in this month, and what a person does."""
        self.on(2, "09:10", lambda: self._fault({"status": 503}, count=2))
        self.on(8, "17:59", lambda: self._fault("commit_then_drop", "/2/tweets", "POST"))
        self.on(9, "03:00", lambda: self._fault({"status": 429, "reset": 5400}))
        self.on(10, "01:00", lambda: self._fault("garbage"))
        self.on(12, "10:00", lambda: self._delete("plain-0"))
        self.on(12, "10:00", lambda: self._take_back("plain-1", 0.3))
        self.on(12, "10:00", lambda: self._take_back("first-1", 0.5))
        self.on(15, "17:59", lambda: self._fault({"status": 503}, count=2))
        self.on(15, "18:05", lambda: self._delete("fourth-2"))  # before it could be read
        self.on(16, "12:00", self.restart)
        self.on(17, "12:00", lambda: self._take_back("summit-during", 0.4))
        self.on(20, "10:00", lambda: self._delete("thread-1", part=1))
        self.on(24, "09:00", lambda: self._fault("drop_before"))
        self.on(25, "09:00", self._two_more)
        self.on(26, "12:00", self.restart)

    def _fault(
        self, effect: Any, path: str = READ_PATHS, method: str = "GET", count: int = 1
    ) -> None:
        self.world.faults.add(method, path, effect, count=count)

    def _delete(self, post: str, part: int = 0) -> None:
        self.world.delete_post(self.post(post, part))

    def _take_back(self, post: str, share: float) -> None:
        self.world.reduce_counters(self.post(post), share)

    def _two_more(self) -> None:
        """Write two posts more for the account with a budget; it does not pay for the second."""
        self.script.add(ScriptedPost("ring", "late", "stop"), "2026-03-27 14:00")
        self.script.add(ScriptedPost("ring", "dear", "open"), "2026-03-31 17:50", LINK)
        self.save()

    def post(self, post: str, part: int = 0) -> SimPost:
        """Return what the platform has of a post of the script: the first of it, or a part."""
        numbers = [
            number for number, source in self.script.by_number.items() if source.post == post
        ]
        found = [sent for sent in self.world.posts.values() if text_number(sent.raw) in numbers]
        return found[part]

    # --- both sides, at one instant ---

    def sides(self) -> MonthResult:
        """Read everything once more, and ask both sides."""
        config, now = self.app.config, self.clock.now()
        campaigns = check(config, now).campaigns
        Demo(self.app, {"x": self.url}, START, END, "UTC", campaigns).read_all()
        evidence, _ = gather_report(self.app, campaigns, now=now)
        document = json.loads(render("json", evidence, tables(evidence, now), now))
        return MonthResult(
            now=now,
            report={table["id"]: table for table in document["reports"]},
            command=run_cli_process("report", "--json", cwd=self.folder),
            totals=self._ask("totals"),
            charges=self._ask("ledger")["entries"],
            shown={post: [*self.world.shown_counters[post]] for post in self.world.posts},
            paid=self._paid(),
            pending=[str(fault) for fault in self.world.faults.pending],
            hits=[hit["effect"] for hit in self.world.faults.hits],
            script=self.script.by_number,
            owners={account.app: f"{account.handle}-x" for account in self.world.accounts.values()},
        )

    def _paid(self) -> dict[str, Decimal]:
        """Return what each post cost to publish; a picture, once for those that show it."""
        found: dict[str, Decimal] = {}
        seen: set[str] = set()
        for post in self.world.posts.values():
            dollars = price("post_with_url" if post.has_link else "post", post.created)
            new = {upload.id for upload in post.media if upload.alt} - seen
            seen |= new
            found[post.id] = dollars + price("media_metadata", post.created) * len(new)
        return found

    def _ask(self, what: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/sandbox/{what}", timeout=10) as answer:
            return json.load(answer)


@dataclass(frozen=True, slots=True)
class MonthResult:
    """What the report says, and what the platform says, at one instant.

    Of the platform's: ``shown`` holds, by post, what it showed and when, ``paid`` what publishing
    it cost; ``pending`` and ``hits`` are the faults that did not and that did come; ``owners`` the
    accounts by the app that is billed.
    """

    now: datetime
    report: dict[str, Any]
    command: CommandResult
    totals: dict[str, Any]
    charges: list[dict[str, Any]]
    shown: dict[str, list[tuple[datetime, SimCounters]]]
    paid: dict[str, Decimal]
    pending: list[str]
    hits: list[str]
    script: dict[str, ScriptedPost]
    owners: dict[str, str]
