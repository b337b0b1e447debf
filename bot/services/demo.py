"""The demo: the loop, the adapter and the store as in ``run``, against the sandbox, in fast time.

Only the clock and the address of the API differ from ``run``, and what needs approval is approved
as soon as it is queued, by the function that ``groundswell review`` calls. The clock starts on the
eve of the campaign's first event. At the end, every post and every total is compared with those
that the sandbox returns over HTTP.
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
from bot.authoring.checking import check, check_folder
from bot.clock import DemoClock, SystemClock
from bot.config import load
from bot.config.secrets import Redactor, environment_variable
from bot.errors import Problem, UserError
from bot.model import COUNTER_NAMES, State
from bot.platforms import load_platform
from bot.runtime.app import App, create_app
from bot.runtime.loop import run_until, start_up
from bot.services.inbox import approve, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bot.model import Campaign, Event

START_TIME = time(17, 0)
"""Local time at which the demo starts, on the day before the event."""

DAYS_AFTER = 3
"""Days that the demo lasts after the event, so that the counters of the last posts can grow."""

SPEED = 12_000.0
"""Seconds of demo time a second: five days in about half a minute, with the work between."""

APPROVERS = ("demo", "demo's colleague")
"""Who approves; the second one where two must."""

ACCOUNT_SETTINGS = (
    "slots: [mon-fri 09:00, mon-fri 17:30, sat 11:00]",
    "quiet: 22:00-07:00",
    "daily_cap: 12",
)
"""When the demo's accounts post; nobody wants to read more than the cap in a day."""

CONFIG_HEADER = "# Written by groundswell demo; overwritten by the next one."
"""The first line of a demo's config; a config that begins otherwise is the user's own."""

log = logging.getLogger("groundswell.demo")


@dataclass(slots=True)
class Demo:
    """A demo that is set up: the app, the sandbox's address, and the time span that it plays.

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
        """Run the loop to the end of the span, or until ``until()``, which should wait a little."""
        start_up(self.app)
        self._approve()
        self._due = len(self.app.queue.between(self.start, self.end))
        run_until(self.app, lambda: until() or self.app.clock.now() >= self.end)

    def _approve(self) -> None:
        """Do what a person does with ``groundswell review``; unapproved posts would never leave."""
        texts = waiting(self.app)
        for who in APPROVERS:
            for pending in waiting(self.app):
                if pending.refusal_reason(who) is None:
                    approve(self.app, pending, who)
        self.approved = len(texts) - len(waiting(self.app))
        if texts:
            log.info(
                "%d texts approved by %s, as a person would with groundswell review",
                self.approved,
                APPROVERS[0],
            )

    def progress(self) -> tuple[int, int]:
        """Return how many of the posts due in the span are done, and how many there are."""
        counts = self.app.queue.count_by_state()
        undone = sum(
            count for state, count in counts.items() if state in {State.SCHEDULED, State.SENDING}
        )
        later = sum(counts.values()) - self._due
        return max(0, self._due - (undone - later)), self._due

    def read_all(self) -> None:
        """Read all counters once more, so that report and sandbox show the same instant."""
        for account in self.app.config.accounts:
            self.app.poller.run(account, everything=True)

    def differences(self) -> list[str]:
        """Return how Groundswell's records differ from the sandbox; empty where all is equal."""
        posts = _get_json(f"{self.url}/sandbox/posts")["posts"]
        totals = _get_json(f"{self.url}/sandbox/totals")
        return [*self._post_differences(posts), *self._total_differences(totals)]

    def _post_differences(self, posts: list[dict[str, Any]]) -> list[str]:
        theirs = {post["id"] for post in posts}
        texts = Counter(post["text"] for post in posts)
        ours = {published.remote_id for published in self.app.metrics.publications()}
        unpublished = [
            delivery
            for delivery in self.app.queue.between(self.start, self.end)
            if delivery.state is not State.PUBLISHED
        ]
        return [
            *(f"{due.key} is {due.state}: {due.reason}" for due in unpublished),
            *(f"post {name} is not in the sandbox" for name in ours - theirs),
            *(f"post {name} is in the sandbox only" for name in theirs - ours),
            *(f"twice in the sandbox: {text}" for text, count in texts.items() if count > 1),
        ]

    def _total_differences(self, totals: Mapping[str, Any]) -> list[str]:
        ours = {**self.totals(), "dollars": self.spent()}
        theirs = {**totals["totals"], "dollars": Decimal(totals["spent"])}
        return [
            f"{name}: {ours[name]} recorded, {theirs[name]} in the sandbox"
            for name in ours
            if ours[name] != theirs[name]
        ]

    def spent(self) -> Decimal:
        """Return the dollars booked."""
        return sum((entry.dollars for entry in self.app.ledger.spending()), start=Decimal(0))

    def totals(self) -> dict[str, int]:
        """Return the sum of each counter over the newest snapshot of every publication."""
        newest = {
            snapshot.publication: snapshot.counters for snapshot in self.app.metrics.snapshots()
        }
        return {
            name: sum(getattr(counters, name) or 0 for counters in newest.values())
            for name in COUNTER_NAMES
        }


@contextmanager
def open_demo(folder: Path, posts: Path, redactor: Redactor, speed: float) -> Iterator[Demo]:
    """Start a sandbox and connect an app to it, in ``folder``. Raises UserError."""
    from bot.sandbox import World, serve

    campaigns = _load_campaigns(posts)
    zone, start, end = demo_span(campaigns)
    # Time stops at the end, so that the last reading is what the sandbox returns afterwards.
    clock = DemoClock(start, speed, end=end)
    world = World(now=clock.now, seed=2022)
    names = sorted({name for campaign in campaigns for name in campaign.accounts})
    with ExitStack() as stack:
        server = stack.enter_context(serve(world))
        environ: dict[str, str] = {}
        for name in names:
            environ |= _add_account(world, name)
        config = load(_write_config(folder, posts, server.url, names, zone), {})
        app = stack.enter_context(create_app(config, environ, clock=clock, redactor=redactor))
        stack.enter_context(app.registered())
        yield Demo(app, server.url, start, end, zone, check(config, start).campaigns)


def example_folder() -> Path:
    """Return the folder of the example campaign: in the installed package, or beside it."""
    package = Path(__file__).parents[1]
    inside = package / "example"
    return inside if inside.is_dir() else package.parent / "posts"


def demo_span(campaigns: tuple[Campaign, ...]) -> tuple[str, datetime, datetime]:
    """Return the timezone, start and end of the demo, around the campaign's first event."""
    events: list[Event] = [event for campaign in campaigns for event in campaign.events.values()]
    first = min(events, key=lambda event: event.starts)
    zone = ZoneInfo(first.timezone)
    day = first.starts.astimezone(zone).date()
    eve = datetime.combine(day - timedelta(days=1), START_TIME, zone)
    end = datetime.combine(day + timedelta(days=DAYS_AFTER), time(20, 0), zone)
    return first.timezone, eve.astimezone(UTC), end.astimezone(UTC)


def _load_campaigns(posts: Path) -> tuple[Campaign, ...]:
    checked = check_folder(posts, SystemClock().now())
    errors = [*checked.errors]
    if not any(campaign.events for campaign in checked.campaigns):
        hint = "The demo starts on the eve of a campaign's first event."
        errors.append(Problem(str(posts), 0, 0, "D102", "No campaign here has an event.", hint))
    if errors:
        raise UserError(errors)
    return checked.campaigns


def _add_account(world: Any, name: str) -> dict[str, str]:
    """Open an account in the sandbox; return its secrets as environment variables."""
    bio = "Posts of this account are automated. A simulated account in a sandbox."
    credentials = world.add_account(handle_of(name), name, description=bio)
    return {
        environment_variable(name, secret): getattr(credentials, secret)
        for secret in load_platform("x").SECRETS
    }


def handle_of(name: str) -> str:
    """Return a handle for an account's name: ``mediajustice-x`` → ``mediajustice``."""
    return name.removesuffix("-x").replace("-", "_")


def _write_config(folder: Path, posts: Path, url: str, names: list[str], zone: str) -> Path:
    """Write the demo's config and delete what an earlier demo left there. Raises UserError."""
    path = folder / "config.yaml"
    if path.exists() and not path.read_bytes().startswith(CONFIG_HEADER.encode()):
        message = "This is a project of your own; the demo would overwrite it."
        raise UserError([Problem(str(path), 0, 0, "D101", message, "Name another --folder.")])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("demo.db*"):
        old.unlink()
    lines = [CONFIG_HEADER, "accounts:"]
    for name in names:
        lines += [f"  {name}:", "    platform: x", f"    handle: {handle_of(name)}"]
        lines += [f"    api: {url}", *(f"    {line}" for line in ACCOUNT_SETTINGS)]
    quoted = json.dumps(str(posts.resolve()))
    lines += [f"timezone: {zone}", f"campaigns: {quoted}", "database: demo.db", "reports: ."]
    files.write_atomically(path, "\n".join([*lines, ""]))
    return path


def _get_json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own loopback sandbox
        return json.load(response)
