"""The demo runs the loop against simulated platforms, in fast time.

Only the clock and the addresses of the APIs differ from ``run``. Posts that need approval are
approved as soon as they are queued, by the function that ``groundswell review`` calls. The example
starts on the eve of its first event; another folder is played from its first post to its last. At
the end, every post and every total of a network is compared with its sandbox over HTTP.
"""

from __future__ import annotations

import json
import logging
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from bot import files
from bot.checking import AnyAccount, Checker
from bot.clock import Clock, DemoClock
from bot.config import load
from bot.config.secrets import Redactor, environment_variable
from bot.errors import Problem, UserError
from bot.model import COUNTER_NAMES, State, sum_known
from bot.model.post_words import platform_name
from bot.runtime.loop import run_until, start_up
from bot.runtime.loop_app import LoopApp, create_loop_app
from bot.schedules import Every
from bot.services.approving import approve, left_for, waiting
from bot.services.reporting import read_report
from bot.store.metrics import PublicationFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bot.model import Campaign, Publication
    from bot.planning.pending import PendingPost
    from bot.services.reporting import ReportSource
    from bot.services.simulation import Handle

START_TIME = time(17, 0)
"""Local time at which the demo starts, on the day before the first event or post."""

DAYS_AFTER, END_TIME = 3, time(20, 0)
"""The demo's last day and hour after that event or post; its counters can grow until then."""

ENDLESS_SPAN = timedelta(days=14)
"""The time for which a recurrence without an end is played."""

SLOWEST = 12_000.0
"""The least seconds of campaign time a second; five days take half a minute with the work."""

PLAY_SECONDS = 40
"""The clock of a long campaign runs through in about this time; the work comes on top."""

APPROVERS = ("demo", "demo's colleague")
"""The approvers; the second is for posts that need two."""

ACCOUNT_SETTINGS = (
    "slots: [mon-fri 09:00, mon-fri 17:30, sat 11:00]",
    "quiet: 22:00-07:00",
    "daily_cap: 12",
)
"""The posting times of the demo's accounts, and a cap on the posts that a reader gets a day."""

CONFIG_HEADER = "# Written by groundswell demo; overwritten by the next one."
"""The first line of a demo's config. A config without it belongs to the user."""

log = logging.getLogger("groundswell.demo")

A = TypeVar("A")
"""The type of a sandbox's answer."""


@dataclass(frozen=True, slots=True)
class NetworkResult:
    """The result of the demo on one network."""

    name: str
    posts: int
    """How many posts are in its sandbox."""
    totals: Mapping[str, int]
    """The sandbox's counts of other people's reactions, for the counters of the network."""
    differences: tuple[str, ...]
    """The differences between Groundswell's records and the sandbox, in words."""


@dataclass(slots=True)
class Demo:
    """A demo that is set up, with its app and the time span that it plays."""

    app: LoopApp
    urls: Mapping[str, str]
    """The addresses of the sandboxes, by platform."""
    start: datetime
    end: datetime
    timezone: str
    approved: int = 0
    """How many posts were approved by the demo."""
    patience: timedelta | None = None
    """Posts are approved only when they are due within this time, so that a person can be first;
    None to approve them at once."""

    def play(self, until: Callable[[], bool]) -> None:
        """Run the loop to the end of the span, or until ``until()``, which should wait a little.

        Posts that need approval are approved first, as a person would do with ``groundswell
        review``, because they would never be sent otherwise.
        """
        start_up(self.app)
        self._approve_waiting()

        def ended() -> bool:
            self._approve_waiting()  # posts that the horizon has reached since
            return until() or self.app.clock.now() >= self.end

        run_until(self.app, ended)

    def _approve_waiting(self) -> None:
        posts = self._waiting()
        for who in APPROVERS if posts else ():
            for post in left_for(self._waiting(), who):
                approve(self.app, post, who)
        if approved := len(posts) - (len(self._waiting()) if posts else 0):
            self.approved += approved
            words = "%d posts approved by %s, as a person would with groundswell review"
            log.info(words, approved, APPROVERS[0])

    def _waiting(self) -> list[PendingPost]:
        """Return the posts that wait for approval and that no person gets more time to approve."""
        posts = waiting(self.app)
        if self.patience is None:
            return posts
        return [post for post in posts if post.due - self.now() <= self.patience]

    def now(self) -> datetime:
        """Return the time on the demo's clock."""
        return self.app.clock.now()

    def report(self) -> ReportSource:
        """Return the evidence for its report."""
        return read_report(self.app, detailed=True)

    def progress(self) -> tuple[int, int]:
        """Return how many of the deliveries in the span are done, and how many there are."""
        states = [delivery.state for delivery in self.app.queue.between(self.start, self.end)]
        return sum(state not in {State.SCHEDULED, State.SENDING} for state in states), len(states)

    def read_all(self) -> None:
        """Read all counters once more, so that report and sandboxes show the same instant."""
        for account in self.app.config.accounts:
            self.app.poller.run(account, everything=True)

    def unpublished(self) -> list[str]:
        """Return the deliveries of the span that were not published, with the reasons."""
        deliveries = self.app.queue.between(self.start, self.end)
        others = (due for due in deliveries if due.state is not State.PUBLISHED)
        return [f"{due.key} is {due.state}: {due.reason}" for due in others]

    def compare(self) -> list[NetworkResult]:
        """Compare Groundswell's records with each network's own."""
        return [self._compare(platform, url) for platform, url in self.urls.items()]

    def _compare(self, platform: str, url: str) -> NetworkResult:
        posts = _read(f"{url}/sandbox/posts", _NetworkPosts).posts
        answer = _read(f"{url}/sandbox/totals", _NetworkTotals)
        # A network counts the parts of a thread as replies; Groundswell counts only other people's.
        own = sum(post.parent is not None for post in posts)
        totals = {**answer.totals, "replies": answer.totals["replies"] - own}
        counted = {**totals, "dollars": answer.spent}
        recorded = {**self._totals(platform), "dollars": self._spent(platform)}
        theirs = {post.id for post in posts}
        ours = {post.remote_id for post in self._published(platform)}
        differences = (
            *(f"post {name} is not in the sandbox" for name in sorted(ours - theirs)),
            *(f"post {name} is in the sandbox only" for name in sorted(theirs - ours)),
            *(
                f"{name}: {figure} recorded, {counted.get(name)} in the sandbox"
                for name, figure in recorded.items()
                if figure != counted.get(name)
            ),
        )
        return NetworkResult(platform_name(platform), len(posts), totals, differences)

    def _published(self, platform: str) -> list[Publication]:
        return [post for post in self.app.metrics.publications() if post.platform == platform]

    def _totals(self, platform: str) -> dict[str, int | None]:
        """Return the sum of each counter over a platform's posts, if there are any, as reports do.

        None means "no data", and is never 0 for a counter that the platform does not have.
        """
        latest = self.app.metrics.latest(PublicationFilter())
        found = [
            latest[post.id].counters for post in self._published(platform) if post.id in latest
        ]
        names = COUNTER_NAMES if found else ()
        return {name: sum_known(getattr(counters, name) for counters in found) for name in names}

    def _spent(self, platform: str) -> Decimal:
        accounts, booked = self.app.config.accounts, self.app.ledger.totals()
        mine = (own.dollars for own in booked if accounts[own.account].platform == platform)
        return sum(mine, start=Decimal(0))


@contextmanager
def open_demo(
    folder: Path, posts: Path | None, redactor: Redactor, speed: float | None
) -> Iterator[Demo]:
    """Start the sandboxes and connect an app to them, in ``folder``. Raise UserError.

    Without ``posts``, the example is played. Without ``speed``, the clock takes less than a minute.
    """
    from bot.sandbox import serve
    from bot.services.simulation import create_worlds, invent_handle

    campaigns = _load_campaigns(posts or example_folder())
    first, last, timezone = _whole_span(campaigns) if posts else _first_event(campaigns)
    zone = ZoneInfo(timezone)
    eve, after = first.astimezone(zone).date(), last.astimezone(zone).date()
    start = datetime.combine(eve - timedelta(days=1), START_TIME, zone).astimezone(UTC)
    end = datetime.combine(after + timedelta(days=DAYS_AFTER), END_TIME, zone).astimezone(UTC)
    speed = speed or max(SLOWEST, (end - start).total_seconds() / PLAY_SECONDS)
    # Time stops at the end, so that the last reading is what a sandbox returns afterwards.
    clock = DemoClock(start, speed, end=end)
    names = (name for campaign in campaigns for name in campaign.accounts)
    handles = {name: invent_handle(AnyAccount()[name]) for name in names}
    worlds = {
        world.platform: world for world in create_worlds(handles.values(), clock.now, seed=2022)
    }
    environ: dict[str, str] = {}
    for name, handle in handles.items():
        account = worlds[handle.platform].by_handle(handle.name)
        assert account, "its world was made with it"
        secrets = account.secrets.items()
        environ |= {environment_variable(name, key): value for key, value in secrets}
    with ExitStack() as stack:
        urls = {name: stack.enter_context(serve(world)) for name, world in worlds.items()}
        played = posts or example_folder()
        config = load(_write_config(folder, played, urls, handles, zone.key), {})
        created = create_loop_app(config, environ, clock=clock, redactor=redactor)
        app = stack.enter_context(created)
        stack.enter_context(app.registered())
        yield Demo(app, urls, start, end, zone.key)


def example_folder() -> Path:
    """Return the folder of the example campaign, in the installed package or beside it."""
    package = Path(__file__).parents[1]
    inside = package / "example"
    return inside if inside.is_dir() else package.parent / "posts"


def _load_campaigns(posts: Path) -> tuple[Campaign, ...]:
    checked = Checker(posts).check(Clock().now())
    if checked.errors:
        raise UserError(checked.errors)
    if not any(campaign.posts for campaign in checked.campaigns):
        hint = "The demo plays a folder from its first post to its last."
        raise UserError([Problem(str(posts), 0, 0, "D102", "No campaign here has a post.", hint)])
    return checked.campaigns


def _first_event(campaigns: Iterable[Campaign]) -> tuple[datetime, datetime, str]:
    """Return the start of the first event as both bounds of a span, and its timezone."""
    events = [event for campaign in campaigns for event in campaign.events.values()]
    first = min(events, key=lambda event: event.starts)
    return first.starts, first.starts, first.timezone


def _whole_span(campaigns: Sequence[Campaign]) -> tuple[datetime, datetime, str]:
    """Return the instants of the first and the last post, and the timezone of the first campaign.

    Posts for queue slots have no time of their own. They take the slots from the first post on, or
    from now on.
    """
    whens = [post.when for campaign in campaigns for post in campaign.posts]
    dues = [when.due for when in whens if when.due]
    every = [when for when in whens if isinstance(when, Every)]
    dues += [_midnight(when.start, when) for when in every if when.start]
    begin = min(dues, default=Clock().now())
    for when in every:
        end = _midnight(when.until, when) + timedelta(days=1) if when.until else None
        moments = when.occurrences(begin, end or begin + ENDLESS_SPAN)
        dues += [moment.due for moment in moments]
    dues = dues or [begin]
    return min(dues), max(dues), campaigns[0].timezone


def _midnight(day: date, when: Every) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(when.timezone))


def _write_config(
    folder: Path, posts: Path, urls: Mapping[str, str], handles: Mapping[str, Handle], zone: str
) -> Path:
    """Write the demo's config, and delete the database of an earlier demo. Raise UserError."""
    path = folder / "config.yaml"
    if path.exists() and not path.read_bytes().startswith(CONFIG_HEADER.encode()):
        message = "This is a project of your own, which the demo would overwrite."
        raise UserError([Problem(str(path), 0, 0, "D101", message, "Name another --folder.")])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("demo.db*"):
        old.unlink()
    lines = [CONFIG_HEADER, "accounts:"]
    for name, handle in handles.items():
        lines += [f"  {name}:", f"    platform: {handle.platform}", f"    handle: {handle}"]
        settings = (f"api: {urls[handle.platform]}", *ACCOUNT_SETTINGS)
        lines += [f"    {line}" for line in settings]
    quoted = json.dumps(str(posts.resolve()))
    lines += [f"timezone: {zone}", f"campaigns: {quoted}", "database: demo.db", "reports: ."]
    files.write_atomically(path, "\n".join([*lines, ""]))
    return path


# --- Answers of a sandbox -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _NetworkPost:
    id: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class _NetworkPosts:
    posts: list[_NetworkPost]


@dataclass(frozen=True, slots=True)
class _NetworkTotals:
    totals: dict[str, int]
    spent: Decimal


def _read(url: str, form: type[A]) -> A:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own loopback sandbox
        return TypeAdapter(form).validate_json(response.read())
