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
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot import files
from bot.authoring.checking import check, check_folder
from bot.clock import Clock, DemoClock
from bot.config import load
from bot.config.secrets import Redactor, environment_variable
from bot.errors import Problem, UserError
from bot.model import COUNTER_NAMES, State
from bot.runtime.app import App, create_app
from bot.runtime.loop import run_until, start_up
from bot.services.inbox import approve, waiting
from bot.store.metrics import PublicationFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bot.model import Campaign, Event

START_TIME = time(17, 0)
"""Local time at which the demo starts, on the day before the event."""

DAYS_AFTER, END_TIME = 3, time(20, 0)
"""How long the demo lasts after the event, so that the counters of the last posts can grow."""

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
    approved: int = 0

    def play(self, until: Callable[[], bool]) -> None:
        """Run the loop to the end of the span, or until ``until()``, which should wait a little.

        Unapproved posts would never leave: before it starts, what a person does with ``groundswell
        review`` is done for them.
        """
        start_up(self.app)
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
        run_until(self.app, lambda: until() or self.app.clock.now() >= self.end)

    def progress(self) -> tuple[int, int]:
        """Return how many of the posts due in the span are done, and how many there are."""
        states = [delivery.state for delivery in self.app.queue.between(self.start, self.end)]
        return sum(state not in {State.SCHEDULED, State.SENDING} for state in states), len(states)

    def read_all(self) -> None:
        """Read all counters once more, so that report and sandbox show the same instant."""
        for account in self.app.config.accounts:
            self.app.poller.run(account, everything=True)

    def differences(self) -> list[str]:
        """Return how Groundswell's records differ from the sandbox; empty where all is equal."""
        posts = _get_json(f"{self.url}/sandbox/posts")["posts"]
        totals = _get_json(f"{self.url}/sandbox/totals")
        deliveries = self.app.queue.between(self.start, self.end)
        unpublished = [due for due in deliveries if due.state is not State.PUBLISHED]
        theirs = {post["id"] for post in posts}
        ours = {published.remote_id for published in self.app.metrics.publications()}
        texts = Counter(post["text"] for post in posts)
        spent = sum((entry.dollars for entry in self.app.ledger.totals()), start=Decimal(0))
        recorded = {**self.totals(), "dollars": spent}
        counted = {**totals["totals"], "dollars": Decimal(totals["spent"])}
        return [
            *(f"{due.key} is {due.state}: {due.reason}" for due in unpublished),
            *(f"post {name} is not in the sandbox" for name in ours - theirs),
            *(f"post {name} is in the sandbox only" for name in theirs - ours),
            *(f"twice in the sandbox: {text}" for text, count in texts.items() if count > 1),
            *(
                f"{name}: {recorded[name]} recorded, {counted[name]} in the sandbox"
                for name in recorded
                if recorded[name] != counted[name]
            ),
        ]

    def totals(self) -> dict[str, int]:
        """Return the sum of each counter over all publications, as the report has them."""
        latest = self.app.metrics.latest(PublicationFilter()).values()
        return {
            name: sum(getattr(snapshot.counters, name) or 0 for snapshot in latest)
            for name in COUNTER_NAMES
        }


@contextmanager
def open_demo(folder: Path, posts: Path, redactor: Redactor, speed: float) -> Iterator[Demo]:
    """Start a sandbox and connect an app to it, in ``folder``. Raises UserError."""
    from bot.sandbox import XWorld, serve

    campaigns, event = _load_campaigns(posts)
    zone = ZoneInfo(event.timezone)
    day = event.starts.astimezone(zone).date()
    start = datetime.combine(day - timedelta(days=1), START_TIME, zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=DAYS_AFTER), END_TIME, zone).astimezone(UTC)
    # Time stops at the end, so that the last reading is what the sandbox returns afterwards.
    clock = DemoClock(start, speed, end=end)
    world = XWorld(now=clock.now, seed=2022)
    names = sorted({name for campaign in campaigns for name in campaign.accounts})
    handles = {name: name.removesuffix("-x").replace("-", "_") for name in names}
    environ: dict[str, str] = {}
    with serve(world) as url:
        for name, handle in handles.items():
            bio = "Posts of this account are automated. A simulated account in a sandbox."
            secrets = world.add_account(handle, name, description=bio).secrets
            environ |= {environment_variable(name, key): value for key, value in secrets.items()}
        config = load(_write_config(folder, posts, url, handles, zone.key), {})
        with create_app(config, environ, clock=clock, redactor=redactor) as app, app.registered():
            yield Demo(app, url, start, end, zone.key, check(config, start).campaigns)


def example_folder() -> Path:
    """Return the folder of the example campaign: in the installed package, or beside it."""
    package = Path(__file__).parents[1]
    inside = package / "example"
    return inside if inside.is_dir() else package.parent / "posts"


def _load_campaigns(posts: Path) -> tuple[tuple[Campaign, ...], Event]:
    """Return the campaigns and the first of their events. Raises UserError."""
    checked = check_folder(posts, Clock().now())
    errors = [*checked.errors]
    events = [event for campaign in checked.campaigns for event in campaign.events.values()]
    if not events:
        hint = "The demo starts on the eve of a campaign's first event."
        errors.append(Problem(str(posts), 0, 0, "D102", "No campaign here has an event.", hint))
    if errors:
        raise UserError(errors)
    return checked.campaigns, min(events, key=lambda event: event.starts)


def _write_config(
    folder: Path, posts: Path, url: str, handles: Mapping[str, str], zone: str
) -> Path:
    """Write the demo's config and delete what an earlier demo left there. Raises UserError."""
    path = folder / "config.yaml"
    if path.exists() and not path.read_bytes().startswith(CONFIG_HEADER.encode()):
        message = "This is a project of your own; the demo would overwrite it."
        raise UserError([Problem(str(path), 0, 0, "D101", message, "Name another --folder.")])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("demo.db*"):
        old.unlink()
    lines = [CONFIG_HEADER, "accounts:"]
    for name, handle in handles.items():
        lines += [f"  {name}:", "    platform: x", f"    handle: {handle}"]
        lines += [f"    api: {url}", *(f"    {line}" for line in ACCOUNT_SETTINGS)]
    quoted = json.dumps(str(posts.resolve()))
    lines += [f"timezone: {zone}", f"campaigns: {quoted}", "database: demo.db", "reports: ."]
    files.write_atomically(path, "\n".join([*lines, ""]))
    return path


def _get_json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own loopback sandbox
        return json.load(response)
