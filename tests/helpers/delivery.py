"""The app against the sandbox over real HTTP, with a manual clock."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from PIL import Image

from bot.config.secrets import environment_variable
from bot.errors import StoreError
from bot.model import Account, Media, PauseCause, PauseRequest, State
from bot.planning.diff import Add, Change
from bot.platforms.calls import Limits
from bot.runtime.loop_app import LoopApp, create_loop_app
from bot.sandbox import serve
from bot.services.queue import explain
from bot.store import restore
from bot.store.claims import ClaimTransaction
from bot.store.restore import RestoreStore
from helpers.clock import ManualClock
from helpers.databases import create_sqlite_file, make_config
from helpers.networks import Network, X
from helpers.store import NOW, occurrence, spending, text_content

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.config import Config
    from bot.model import Attempt, Content, Delivery
    from bot.platforms.base import SendKey
    from bot.sandbox.state import SimPost
    from bot.store.restore import Unverified
    from bot.store.sends import SendResult

TICK = timedelta(seconds=15)
MAX_TICK = timedelta(minutes=30)
DUE = NOW + timedelta(minutes=10)


Callback = Callable[[], object] | None


class Crash(BaseException):
    """Ends the process, as kill -9 does."""


class AppHarness:
    """A sandbox, one account on it, and the app, which ``crash`` and ``restart`` open again."""

    def __init__(self, folder: Path, stack: ExitStack, network: Network = X) -> None:
        self.clock = ManualClock()
        self.network = network
        self.world: Any = network.world(now=self.clock.now, seed=3)
        self.author = network.add_account(self.world, "mediajustice")
        self.credentials: Mapping[str, str] = self.author.secrets
        self.url = stack.enter_context(serve(self.world))
        self.folder = folder
        self.campaigns = folder / "posts"
        self.campaigns.mkdir()
        self.database = create_sqlite_file(folder / "groundswell.db")
        self.account = replace(network.account("mediajustice", self.url), name="mj")
        self.others: dict[str, Account] = {}
        self.checks_identity = False
        """Whether the app asks whose the keys are, which costs a cent and changes counts."""
        self.limits = Limits()
        self._secrets = _secrets("mj", self.credentials)
        self._stack = stack
        self._open: ExitStack | None = None
        self.app = self.restart()

    def restart(self) -> LoopApp:
        """Open the app again, as another process would after the end of the old one."""
        self.clock.advance(seconds=1)
        if self._open:
            self._open.close()
        self._open = self._stack.enter_context(ExitStack())
        options: dict[str, Any] = {"limits": self.limits}
        if self.network is X:  # the only one whose files take time here
            options["wait"] = lambda seconds: self.clock.advance(seconds=seconds)
        self.app = self._open.enter_context(
            create_loop_app(self.config, self.environ, clock=self.clock, options=options),
        )
        self._open.enter_context(self.app.registered())
        if not self.checks_identity:
            self.app.verified_clients.verified |= {*self.config.accounts}
        return self.app

    def stop(self) -> None:
        """Close the app."""
        if self._open:
            self._open.close()
        self._open = None

    @property
    def environ(self) -> Mapping[str, str]:
        return self._secrets | _secrets(self.account.name, self.credentials)

    def join(self, name: str) -> None:
        """Add another account, from the next start on."""
        self._secrets |= _secrets(name, self.network.add_account(self.world, name).secrets)
        self.others[name] = self.network.account(name, self.url)

    @property
    def config(self) -> Config:
        return make_config(
            self.folder,
            {self.account.name: self.account, **self.others},
            self.database,
            campaigns=self.campaigns,
        )

    def booked(self, item: str = "") -> Decimal:
        """Return the dollars booked for the items whose name contains this."""
        found = spending(self.app.database)
        return sum((entry.dollars for entry in found if item in entry.item), start=Decimal(0))

    def read_as_planned(self, **units: float) -> int:
        """Read counters whenever they are due, and return the number of new snapshots."""
        end, made = self.clock.now() + timedelta(**units), 0
        for _ in range(3000):
            made += self.app.poller.run("mj")
            wake = self.app.poller.wakes().get("mj")
            if wake is None or wake > end:
                self.clock.advance_to(end)
                return made
            self.clock.advance_to(max(wake, self.clock.now()))
        raise AssertionError("the poller spins")

    # --- the queue ---

    def add(self, post: str = "hart", due: datetime = DUE, **other: Any) -> str:
        """Queue a post, and return its key."""
        one = occurrence(post, due=due, **{"platform": self.network.platform, **other})
        self.app.queue.apply([Add(one)], self.clock.now())
        return one.key

    def add_posts(self, count: int, every: timedelta = timedelta(0)) -> list[str]:
        """Queue "post 0", "post 1" and so on from DUE on, and return their keys."""
        names = [f"post {number}" for number in range(count)]
        return [
            self.add(name, due=DUE + number * every, content=text_content(name))
            for number, name in enumerate(names)
        ]

    def lose_a_send(self, after: int = 0, rounds: int = 40) -> None:
        """Lose a request after some others, and go on until nobody but a person can tell of it."""
        self.world.faults.add("POST", self.network.send, "drop_before", skip=after)
        self.clock.advance(minutes=10)
        for _ in range(rounds):
            self.app.run_once()
            self.clock.advance(seconds=20)

    def edit(self, key: str, **changes: Any) -> None:
        """Change a queued post, as a new plan does."""
        old = self.get(key)
        entry = Change(old, occurrence(old.post, **{"due": old.due, **changes}), ())
        self.app.queue.apply([entry], self.clock.now())

    def get(self, key: str) -> Delivery:
        found = self.app.queue.get(key)
        assert found is not None, key
        return found

    def state(self, key: str) -> State:
        return self.get(key).state

    def why(self, key: str) -> str:
        """Return the reason why a delivery waits."""
        delivery = self.get(key)
        return explain(self.app, [delivery])[delivery.id]

    def attempts(self, key: str) -> list[Attempt]:
        return self.app.queue.attempts(self.get(key).id)

    def outcomes(self, key: str) -> list[str | None]:
        return [attempt.outcome for attempt in self.attempts(key)]

    def unverified(self) -> Unverified | None:
        """Return the posts that may be out although the database does not know of them."""
        with self.app.database.reading() as connection:
            return restore.read_unverified(connection)

    def set_slot_keys(self, *keys: str) -> None:
        """Set the keys of the posts in slots that the files name, as a plan does."""
        RestoreStore(self.app.database).set_slot_keys({key: key.split("/")[2] for key in keys})

    def pause(self, scope: str = "all", name: str = "", why: str = "a storm") -> None:
        """Pause as Ana, like the command."""
        request = PauseRequest(scope, name, why, PauseCause.PERSON)
        self.app.queue.pause(request, "Ana", self.clock.now())

    def resume(self, scope: str = "all", name: str = "") -> int:
        return self.app.queue.resume(scope, name, "Ana", self.clock.now())

    # --- time ---

    def drive(self, **units: float) -> None:
        """Run the loop for so long, waking when it asks to and at every tick.

        Ticks double while the loop asks for nothing, which makes hours at rest quick.
        """
        end = self.clock.now() + timedelta(**units)
        steps = int((end - self.clock.now()) / TICK) * 2 + 100
        tick = TICK
        for _ in range(steps):
            self.beat()
            latest = self.clock.now() + tick
            wake = min([*self._wakes(), latest])
            tick = min(tick * 2, MAX_TICK) if wake == latest else TICK
            if wake > end:
                self.clock.advance_to(end)
                self.beat()
                return
            self.clock.advance_to(max(wake, self.clock.now()))
        raise AssertionError(f"the loop spins: {steps} beats were not enough")

    def beat(self) -> None:
        self.app.uploads.run()
        self.app.uploads.names.run()
        self.app.dispatcher.run()
        self.app.reconciler.rescue(sole=False)
        self.app.reconciler.run()

    def _wakes(self) -> Iterator[datetime]:
        wakes = [self.app.dispatcher.next_wake(), self.app.uploads.next_wake()]
        yield from filter(None, [*wakes, self.app.reconciler.next_wake()])

    # --- the platform ---

    def fault(self, effect: dict[str, Any] | str, path: str = "", **more: Any) -> None:
        """Add an effect on requests of a path, by default on sends."""
        method, path = ("*", path) if path else ("POST", self.network.send)
        self.world.faults.add(method, path, effect, **more)

    @property
    def posts(self) -> list[SimPost]:
        return [*self.world.visible()]

    @property
    def texts(self) -> list[str]:
        return [post.raw for post in self.posts]

    def gaps(self) -> list[timedelta]:
        """Return the times between the posts that are out."""
        return [later.created - post.created for post, later in pairwise(self.posts)]

    # --- faults ---

    def intercept_publish(self, publish: Callable[[Callable[[], Any]], Any]) -> None:
        """Pass the next sends to ``publish``, which receives the real send to call."""
        self.app.clients._connected["mj"] = _InterceptedClient(self.app.clients("mj"), publish)

    def hook_claims(self, *, before: Callback = None, after: Callback = None) -> None:
        """Call functions before the next claiming transaction and after its commit."""
        claiming, hooks = self.app.claims.claiming, vars(self.app.claims)

        @contextmanager
        def around() -> Iterator[ClaimTransaction]:
            if before:
                del hooks["claiming"]
                before()
            with claiming() as one:
                yield one
            if after and one.claimed:
                del hooks["claiming"]
                after()

        hooks["claiming"] = around

    def lose_database(self, *, mark: bool = True) -> None:
        """Delete the database, with its mark or without, and start again."""
        self.stop()
        for path in self.folder.glob("groundswell.db*"):
            if mark or not path.name.endswith(".mark"):
                path.unlink()
        self.restart()

    def send_unrecorded(self) -> None:
        """Send the due posts while the database cannot record any answer."""

        def full(_: ClaimTransaction, answers: Sequence[SendResult], _now: datetime) -> list[bool]:
            if answers:
                raise StoreError("database or disk is full")
            return []

        self.clock.advance_to(DUE)
        unrecorded = patch.object(ClaimTransaction, "record_results", full)
        with unrecorded, pytest.raises(StoreError, match="disk is full"):
            self.app.dispatcher.run()

    def crash(self) -> None:
        """Run the heartbeat until the process dies while sending."""
        with pytest.raises(Crash):
            self.beat()


class _InterceptedClient:
    def __init__(self, client: Any, publish: Callable[[Callable[[], Any]], Any]) -> None:
        self._client, self._publish = client, publish

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def publish(self, payload: str, key: SendKey) -> Any:
        return self._publish(lambda: self._client.publish(payload, key))


def _secrets(name: str, credentials: Mapping[str, str]) -> dict[str, str]:
    return {environment_variable(name, secret): value for secret, value in credentials.items()}


def make_media(folder: Path, alt: str = "A camera above a door") -> Media:
    """Make a picture and describe it as the loader does."""
    out = io.BytesIO()
    Image.new("RGB", (8, 6), (9, 80, 160)).save(out, "PNG")
    path = folder / "hart.png"
    path.write_bytes(out.getvalue())
    digest = sha256(out.getvalue()).hexdigest()
    return Media(path, alt, digest, "image/png", len(out.getvalue()), 8, 6)


def content_of(*parts: Any) -> Content:
    """Return a content of these parts."""
    from bot.model import Content

    return Content(tuple(parts))


WATCHED_HEAD = """\
campaign: people
title: People over profit
timezone: UTC
accounts: [mj]
demands:
  hart: {ask: Take HART off AWS, target: Amazon}
events:
  nyc:
    name: Summit
    place: New York
    timezone: America/New_York
    starts: 2026-03-02 %s
    ends: 2026-03-02 18:00
    cancelled: %s
posts:
"""


ONCE = """\
  - id: once
    demand: hart
    when: {at: "2026-03-02 12:10"}
    text: %s
"""


def write_campaign(
    loop: AppHarness, *posts: str, starts: str = "09:00", cancelled: bool = False
) -> None:
    text = WATCHED_HEAD % (starts, str(cancelled).lower()) + "".join(posts)
    (loop.campaigns / "people.yaml").write_text(text, encoding="utf-8")


def watch_files(loop: AppHarness, times: int = 2) -> None:
    for _ in range(times):
        loop.clock.advance(seconds=2)
        loop.app.queue_sync.watch()


def follow_campaign(loop: AppHarness, *posts: str, **header: Any) -> None:
    """Write the campaign, and let the loop check it until it counts as finished."""
    write_campaign(loop, *posts, **header)
    watch_files(loop)


def queued_states(loop: AppHarness) -> dict[str, State]:
    return {delivery.post: delivery.state for delivery in loop.app.queue.all()}
