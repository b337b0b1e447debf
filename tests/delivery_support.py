"""The app against the sandbox over real HTTP, with a clock that the test turns."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from store_support import NOW, occurrence

from bot.app import App, opened
from bot.config import Config
from bot.errors import StoreError
from bot.model import Account, Media, State
from bot.sandbox import World, serve
from bot.secrets import variable
from bot.store import doubts
from bot.store.claiming import Claiming
from bot.store.queue import Entry
from bot.store.restoring import Restoring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.model import Attempt, Content, Delivery
    from bot.sandbox import Credentials
    from bot.sandbox.state import Post
    from bot.store.claiming import Answer
    from bot.store.doubts import SlotDoubt

TICK = timedelta(seconds=15)
LONG_TICK = timedelta(minutes=2)
DUE = NOW + timedelta(minutes=10)


Act = Callable[[], object] | None


class Crash(BaseException):
    """The process ends here, as by kill -9."""


class TurnedClock:
    """Stands still until it is turned; the boot clock can jump on its own."""

    def __init__(self, instant: datetime = NOW) -> None:
        self.instant = instant
        self.booted = 1000.0

    def now(self) -> datetime:
        return self.instant

    def boot(self) -> float:
        return self.booted

    def drift(self) -> float:
        return (self.instant - NOW).total_seconds() - self.booted

    def after(self, seconds: float) -> datetime:
        return self.instant + timedelta(seconds=seconds)

    def arm(self, job: str, instant: datetime) -> datetime:  # noqa: ARG002 - the protocol has it
        return instant

    def to(self, instant: datetime) -> None:
        self.booted += (instant - self.instant).total_seconds()
        self.instant = instant

    def turn(self, **units: float) -> None:
        self.to(self.instant + timedelta(**units))

    def step(self, **units: float) -> None:
        """Set the wall clock, as a person or a time server does; the boot clock knows nothing."""
        self.instant += timedelta(**units)


class Loop:
    """A sandbox, one account on it, and the app; ``crash`` and ``restart`` make it anew."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.clock = TurnedClock()
        self.world = World(now=self.clock.now, seed=3)
        self.credentials = self.world.add_account("mediajustice", "MediaJustice")
        self.server = stack.enter_context(serve(self.world))
        self.folder = folder
        self.campaigns = folder / "posts"
        self.campaigns.mkdir()
        self.account = Account("mj", "x", "@mediajustice", self.server.url)
        self.others: dict[str, Account] = {}
        self.asks = False
        """Whether it asks whose the keys are, which costs a cent: tests of other things count."""
        self._secrets = _secrets("mj", self.credentials)
        self._stack = stack
        self._open: ExitStack | None = None
        self.app = self.restart()

    def restart(self) -> App:
        """Open the app anew, as another process would after the old one is gone."""
        self.clock.turn(seconds=1)
        if self._open:
            self._open.close()
        self._open = self._stack.enter_context(ExitStack())
        options = {"read_timeout": 2.0, "wait": lambda seconds: self.clock.turn(seconds=seconds)}
        self.app = self._open.enter_context(
            opened(self.config, self.environ, clock=self.clock, options=options),
        )
        self._open.enter_context(self.app.held())
        if not self.asks:
            self.app.identity._known |= {*self.config.accounts}
        return self.app

    def stop(self) -> None:
        """End it in good order."""
        if self._open:
            self._open.close()
        self._open = None

    @property
    def environ(self) -> Mapping[str, str]:
        return self._secrets | _secrets(self.account.name, self.credentials)

    def join(self, name: str) -> None:
        """Open another account; it is there from the next start on."""
        self._secrets |= _secrets(name, self.world.add_account(name, name))
        self.others[name] = Account(name, "x", f"@{name}", self.server.url)

    @property
    def config(self) -> Config:
        return Config(
            path=self.folder / "config.yaml",
            accounts={self.account.name: self.account, **self.others},
            campaigns=self.campaigns,
            reports=self.folder,
            database=f"sqlite:///{self.folder / 'groundswell.db'}",
            horizon=timedelta(days=30),
            log_level="info",
            log_format="text",
        )

    # --- the queue ---

    def add(self, post: str = "hart", due: datetime = DUE, **other: Any) -> str:
        """Queue a post, and give its key."""
        one = occurrence(post, due=due, **other)
        self.app.queue.apply([Entry(one, State.SCHEDULED, "")], [], self.clock.now())
        return one.key

    def edit(self, key: str, **changes: Any) -> None:
        """Bring a queued post to other words or another time, as a replan does."""
        old = self.get(key)
        entry = Entry(occurrence(old.post, **{"due": old.due, **changes}), old.state, "", old)
        self.app.queue.apply([entry], [], self.clock.now())

    def get(self, key: str) -> Delivery:
        found = self.app.queue.get(key)
        assert found is not None, key
        return found

    def state(self, key: str) -> State:
        return self.get(key).state

    def attempts(self, key: str) -> list[Attempt]:
        return self.app.queue.attempts(self.get(key).id)

    def outcomes(self, key: str) -> list[str | None]:
        return [attempt.outcome for attempt in self.attempts(key)]

    def slot_doubt(self) -> SlotDoubt | None:
        """Give which posts in queue slots may be out without the database knowing."""
        with self.app.database.reading() as connection:
            return doubts.read(connection)

    def name_slots(self, *keys: str) -> None:
        """Say which posts in queue slots the files name, as a plan does."""
        Restoring(self.app.database).name_slots({key: key.split("/")[2] for key in keys})

    # --- time ---

    def drive(self, **units: float) -> None:
        """Let the loop run for so long: wake when it asks to, every tick at the latest.

        Where it asks for nothing, ticks grow longer: hours of nothing need not take seconds.
        """
        end = self.clock.now() + timedelta(**units)
        steps = int((end - self.clock.now()) / TICK) * 2 + 100
        tick = TICK
        for _ in range(steps):
            self.beat()
            latest = self.clock.now() + tick
            wake = min([*self._wakes(), latest])
            tick = min(tick + TICK, LONG_TICK) if wake == latest else TICK
            if wake > end:
                self.clock.to(end)
                self.beat()
                return
            self.clock.to(max(wake, self.clock.now()))
        raise AssertionError(f"the loop spins: {steps} beats were not enough")

    def beat(self) -> None:
        self.app.uploads.run()
        self.app.dispatcher.run()
        self.app.reconciler.rescue(sole=False)
        self.app.reconciler.run()

    def _wakes(self) -> Iterator[datetime]:
        wakes = [self.app.dispatcher.next_wake(), self.app.uploads.next_wake()]
        yield from filter(None, [*wakes, self.app.reconciler.next_wake()])

    # --- the platform ---

    def fault(self, effect: dict[str, Any] | str, path: str = "/2/tweets", **more: Any) -> None:
        method = "POST" if path == "/2/tweets" else "*"
        self.world.faults.add(method, path, effect, **more)

    @property
    def posts(self) -> list[Post]:
        return self.world.visible()

    @property
    def said(self) -> list[str]:
        return [post.raw for post in self.posts]

    def gaps(self) -> list[timedelta]:
        """Give the times between the posts that are out."""
        return [later.created - post.created for post, later in pairwise(self.posts)]

    # --- accidents ---

    def client_that(self, publish: Callable[[Callable[[], Any]], Any]) -> None:
        """Let the next sends go through ``publish``, which is given the real send to call."""
        self.app.clients._made["mj"] = _Bent(self.app.clients("mj"), publish)

    def around_claim(
        self, patch: pytest.MonkeyPatch, *, before: Act = None, after: Act = None
    ) -> None:
        """Do something before each transaction that claims, or once its claims are on disk."""
        claiming = self.app.sending.claiming

        @contextmanager
        def around() -> Iterator[Claiming]:
            if before:
                before()
            with claiming() as one:
                yield one
            if after and one.claimed:
                after()

        patch.setattr(self.app.sending, "claiming", around)

    def crash(self) -> None:
        """Beat, and die while sending; nothing more is written down."""
        with pytest.raises(Crash):
            self.beat()


class _Bent:
    def __init__(self, client: Any, publish: Callable[[Callable[[], Any]], Any]) -> None:
        self._client, self._publish = client, publish

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def publish(self, payload: str, key: str) -> Any:
        return self._publish(lambda: self._client.publish(payload, key))


def _secrets(name: str, credentials: Credentials) -> dict[str, str]:
    return {variable(name, secret): value for secret, value in asdict(credentials).items()}


def picture(folder: Path, alt: str = "A camera above a door") -> Media:
    """Make a picture and describe it as the loader does."""
    out = io.BytesIO()
    Image.new("RGB", (8, 6), (9, 80, 160)).save(out, "PNG")
    path = folder / "hart.png"
    path.write_bytes(out.getvalue())
    digest = sha256(out.getvalue()).hexdigest()
    return Media(path, alt, digest, "image/png", len(out.getvalue()), 8, 6)


def content_of(*parts: Any) -> Content:
    """Give a content of parts that are made already."""
    from bot.model import Content

    return Content(tuple(parts))


def disk_full(patch: pytest.MonkeyPatch) -> None:
    """Let the database take nothing of what has been sent."""

    def full(_self: Claiming, answers: Sequence[Answer], _now: datetime) -> list[bool]:
        if answers:
            raise StoreError("database or disk is full")
        return []

    patch.setattr(Claiming, "close", full)
