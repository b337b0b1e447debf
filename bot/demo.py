"""The demo: the loop, the adapter and the store as in ``run``, against the sandbox, in fast time.

Nothing is different from ``run`` but the clock and the address of the API; and what needs approval
is approved once it is queued, through what ``groundswell review`` calls. The clock starts on the
eve of the campaign's first event. At the end the sandbox is asked, over HTTP, what it holds, and
every post and every sum is compared.
"""

from __future__ import annotations

import json
import logging
import urllib.request
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot import files
from bot.app import App, opened
from bot.checking import check, check_folder
from bot.clock import DemoClock, SystemClock
from bot.config import load
from bot.errors import Problem, UserError
from bot.loop import beat, begin
from bot.model import COUNTERS, State
from bot.platforms import kind
from bot.reviewing import approve, waiting
from bot.secrets import Redactor, variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bot.model import Campaign, Event

EVE = time(17, 0)
"""Local time at which the demo starts, on the day before the event."""

DAYS_AFTER = 3
"""How many days after the event the demo goes on: the counters of the last posts must grow."""

SPEED = 12_000.0
"""Seconds of demo time a second: five days in about half a minute, with the work between."""

APPROVERS = ("demo", "demo's colleague")
"""Who approves: the second where two must."""

PACE = (
    "slots: [mon-fri 09:00, mon-fri 17:30, sat 11:00]",
    "quiet: 22:00-07:00",
    "daily_cap: 12",
)
"""How the demo's accounts are used to post; nobody wants to read more than the cap in a day."""

MARK = "# Written by groundswell demo; overwritten by the next one."
"""The first line of a demo's config: what begins otherwise is somebody's own."""

log = logging.getLogger("groundswell.demo")


@dataclass(slots=True)
class Demo:
    """A demo that is set up: the app, the sandbox's address, and the span that is played.

    ``approved`` is how many texts were approved.
    """

    app: App
    url: str
    start: datetime
    end: datetime
    timezone: str
    campaigns: tuple[Campaign, ...]
    approved: int = field(default=0)
    _due: int = field(default=0)

    def play(self, until: Callable[[], bool]) -> None:
        """Run the loop to the end of the span, or until ``until``, which should wait a little."""
        begin(self.app)
        self._approve()
        self._due = len(self.app.queue.between(self.start, self.end))
        beat(self.app, lambda: until() or self.app.clock.now() >= self.end)

    def _approve(self) -> None:
        """Do what a person does with ``groundswell review``: a post that nobody approves stays."""
        texts = waiting(self.app)
        for who in APPROVERS:
            for one in waiting(self.app):
                if one.refusal(who) is None:
                    approve(self.app, one, who)
        self.approved = len(texts) - len(waiting(self.app))
        if texts:
            log.info(
                "%d texts approved by %s, as a person would with groundswell review",
                self.approved,
                APPROVERS[0],
            )

    def progress(self) -> tuple[int, int]:
        """Give how many of the posts due in the span are done, and how many there are."""
        counts = self.app.queue.counts()
        undone = sum(
            count for state, count in counts.items() if state in {State.SCHEDULED, State.SENDING}
        )
        later = sum(counts.values()) - self._due
        return max(0, self._due - (undone - later)), self._due

    def read_all(self) -> None:
        """Read all counters once more, so that the report and the sandbox speak of one instant."""
        for account in self.app.config.accounts:
            self.app.poller.run(account, everything=True)

    def differences(self) -> list[str]:
        """Compare what Groundswell recorded with what the sandbox holds; [] where all is equal."""
        held = _get(f"{self.url}/sandbox/posts")["posts"]
        totals = _get(f"{self.url}/sandbox/totals")
        return [*self._posts_differ(held), *self._sums_differ(totals)]

    def _posts_differ(self, held: list[dict[str, Any]]) -> list[str]:
        times = Counter(post["id"] for post in held)
        texts = Counter(post["text"] for post in held)
        ours = {one.remote_id for one in self.app.metrics.publications()}
        undone = [
            delivery
            for delivery in self.app.queue.between(self.start, self.end)
            if delivery.state is not State.PUBLISHED
        ]
        return [
            *(f"{one.key} is {one.state}: {one.reason}" for one in undone),
            *(f"post {one} is not in the sandbox" for one in ours - times.keys()),
            *(f"post {one} is in the sandbox only" for one in times.keys() - ours),
            *(f"twice in the sandbox: {text}" for text, count in texts.items() if count > 1),
        ]

    def _sums_differ(self, totals: Mapping[str, Any]) -> list[str]:
        ours = {**self.sums(), "dollars": self.spent()}
        theirs = {**totals["totals"], "dollars": Decimal(totals["spent"])}
        return [
            f"{name}: {ours[name]} recorded, {theirs[name]} in the sandbox"
            for name in ours
            if ours[name] != theirs[name]
        ]

    def spent(self) -> Decimal:
        """Give the dollars booked."""
        return sum((one.dollars for one in self.app.ledger.spending()), start=Decimal(0))

    def sums(self) -> dict[str, int]:
        """Give the sum of each counter over the newest snapshot of every publication."""
        newest = {one.publication: one.counters for one in self.app.metrics.snapshots()}
        return {
            name: sum(getattr(counters, name) or 0 for counters in newest.values())
            for name in COUNTERS
        }


@contextmanager
def set_up(folder: Path, posts: Path, redactor: Redactor, speed: float) -> Iterator[Demo]:
    """Start a sandbox and wire an app on it, in ``folder``. Raises UserError."""
    from bot.sandbox import World, serve

    campaigns = _campaigns(posts)
    zone, start, end = span(campaigns)
    # Time stops at the end: what is read then is what the sandbox says.
    clock = DemoClock(start, speed, end=end)
    world = World(now=clock.now, seed=2022)
    names = sorted({name for one in campaigns for name in one.accounts})
    with ExitStack() as stack:
        server = stack.enter_context(serve(world))
        environ: dict[str, str] = {}
        for name in names:
            environ |= _join(world, name)
        config = load(_write(folder, posts, server.url, names, zone), {})
        app = stack.enter_context(opened(config, environ, clock=clock, redactor=redactor))
        stack.enter_context(app.held())
        yield Demo(app, server.url, start, end, zone, check(config, start).campaigns)


def example() -> Path:
    """Give the folder of the example campaign: beside the package, or within the installed one."""
    package = Path(__file__).parent
    inside = package / "example"
    return inside if inside.is_dir() else package.parent / "posts"


def span(campaigns: tuple[Campaign, ...]) -> tuple[str, datetime, datetime]:
    """Give the timezone, start and end of the demo: around the campaign's first event."""
    events: list[Event] = [one for campaign in campaigns for one in campaign.events.values()]
    first = min(events, key=lambda event: event.starts)
    zone = ZoneInfo(first.timezone)
    day = first.starts.astimezone(zone).date()
    eve = datetime.combine(day - timedelta(days=1), EVE, zone)
    end = datetime.combine(day + timedelta(days=DAYS_AFTER), time(20, 0), zone)
    return first.timezone, eve.astimezone(UTC), end.astimezone(UTC)


def _campaigns(posts: Path) -> tuple[Campaign, ...]:
    checked = check_folder(posts, SystemClock().now())
    errors = [problem for problem in checked.problems if problem.level == "error"]
    if not any(one.events for one in checked.campaigns):
        hint = "The demo starts on the eve of a campaign's first event."
        errors.append(Problem(str(posts), 0, 0, "D102", "No campaign here has an event.", hint))
    if errors:
        raise UserError(errors)
    return checked.campaigns


def _join(world: Any, name: str) -> dict[str, str]:
    """Open an account in the sandbox; give its secrets as environment variables."""
    bio = "Posts of this account are automated. A simulated account in a sandbox."
    credentials = world.add_account(handle_of(name), name, description=bio)
    return {variable(name, one): getattr(credentials, one) for one in kind("x").SECRETS}


def handle_of(name: str) -> str:
    """Make a handle of an account's name: ``mediajustice-x`` → ``mediajustice``."""
    return name.removesuffix("-x").replace("-", "_")


def _write(folder: Path, posts: Path, url: str, names: list[str], zone: str) -> Path:
    """Write the demo's config and clear what an earlier demo left there. Raises UserError."""
    path = folder / "config.yaml"
    if path.exists() and not path.read_bytes().startswith(MARK.encode()):
        message = "This is a project of yours; the demo would write over it."
        raise UserError([Problem(str(path), 0, 0, "D101", message, "Name another --folder.")])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("demo.db*"):
        old.unlink()
    lines = [MARK, "accounts:"]
    for name in names:
        lines += [f"  {name}:", "    platform: x", f"    handle: {handle_of(name)}"]
        lines += [f"    api: {url}", *(f"    {line}" for line in PACE)]
    quoted = json.dumps(str(posts.resolve()))
    lines += [f"timezone: {zone}", f"campaigns: {quoted}", "database: demo.db", "reports: ."]
    files.write(path, "\n".join([*lines, ""]))
    return path


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own loopback sandbox
        return json.load(answer)
