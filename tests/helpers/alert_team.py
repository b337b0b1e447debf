"""A team that receives alerts, with a channel on loopback, a database and several notifiers."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from bot.alerts import channels as channels_module
from bot.alerts.channels import AppriseSender
from bot.alerts.notifier import Notifier
from bot.config import AlertSettings
from bot.config.secrets import Redactor, environment_variable
from bot.evidence import EvidenceReader
from bot.model import (
    Account,
    BudgetStatus,
    Counters,
    Snapshot,
    State,
    Transition,
)
from bot.store.alerts import Alerts
from bot.store.approvals import Approvals
from bot.store.ledger import Ledger
from bot.store.metrics import Metrics
from bot.store.pauses import MassCancelStore
from helpers.alerts import ALL, ChannelServer, channel_server
from helpers.clock import ManualClock
from helpers.store import PUBLISHED_POST, Store, text_content

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.config import Config
    from bot.model import Campaign
    from bot.reports.answer import Answer
    from bot.reports.period import Period

ACCOUNTS = {"mj": Account("mj", "x", "mj", "http://127.0.0.1")}
LIVE = {"mj": Account("mj", "x", "mj", "")}
"""The same account, whose posts are at X."""


@dataclass
class Team:
    """A database, a channel called team, and the notifiers of several workers."""

    store: Store
    box: ChannelServer
    clock: ManualClock = field(default_factory=ManualClock)
    settings: AlertSettings = field(default_factory=lambda: AlertSettings({"team": ALL}))
    file_errors: list[str] = field(default_factory=list)
    spent: list[BudgetStatus] = field(default_factory=list)
    campaigns: tuple[Campaign, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    web_origin: str = ""

    def __post_init__(self) -> None:
        self.environ[environment_variable("alerts-team", "url")] = self.box.url
        self.worker = self.another()
        self.worker.begin()

    def another(self) -> Notifier:
        """Return a notifier, as after a restart or on another machine."""
        database, redactor = self.store.database, Redactor()
        return Notifier(
            alerts=Alerts(database),
            queue=self.store.queue,
            approvals=Approvals(database),
            mass_cancels=MassCancelStore(database),
            metrics=Metrics(database),
            accounts=ACCOUNTS,
            settings=self.settings,
            campaigns=lambda: self.campaigns,
            file_errors=lambda: self.file_errors,
            budgets=lambda: self.spent,
            answer=self.answer,
            send=AppriseSender(self.environ, redactor, self.config(LIVE)),
            clock=self.clock,
            redact=redactor,
            web_origin=self.web_origin,
        )

    def config(self, accounts: Mapping[str, Account]) -> Config:
        """Return the parts of a config that alerts and the digest read."""
        return SimpleNamespace(  # type: ignore[return-value]
            accounts=accounts, alerts=self.settings, web_origin=self.web_origin
        )

    def answer(self, period: Period, campaigns: Sequence[Campaign]) -> Answer:
        """Return the first screen of a report on this store."""
        database = self.store.database
        no_limit = SimpleNamespace(statuses=lambda: self.spent, why_not_read=lambda _: "")
        reader = EvidenceReader(
            database=database,
            metrics=Metrics(database),
            ledger=Ledger(database),
            queue=self.store.queue,
            approvals=Approvals(database),
            mass_cancels=MassCancelStore(database),
            budgets=no_limit,  # type: ignore[arg-type]
            config=self.config(ACCOUNTS),
            hint=str,
        )
        return reader.answer(period, campaigns)

    def run(self, worker: Notifier | None = None, **later: float) -> list[str]:
        """Run a notifier once, after so long, and return the channel's new messages."""
        self.clock.advance(**later)
        before = len(self.box.messages)
        (worker or self.worker).run()
        return self.box.texts[before:]

    def fail(
        self,
        post: str = "hart",
        state: State = State.MISSED,
        why: str = "too late",
        **other: Any,
    ) -> None:
        claim = self.store.must_claim(self.store.add(post, **other), self.clock.now())
        self.store.close(claim, Transition(state, reason=why), "rejected", self.clock.now())

    def hanging(self) -> Thread:
        """Run the notifier until its channel hangs; return its thread."""
        self.box.released.clear()
        running = Thread(target=self.worker.run, daemon=True)
        running.start()
        assert self.box.received.wait(20)
        return running

    def leave_hanging(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Run a notifier until its channel hangs, and shut it down without waiting."""
        monkeypatch.setattr(channels_module, "SHUTDOWN_SECONDS", 0.1)
        running = self.hanging()
        self.worker.shutdown()
        running.join(5)  # a channel may take ten seconds
        assert not running.is_alive()

    def break_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """End the hanging connection without the message, and make the channel work again."""
        monkeypatch.setattr(channels_module, "SHUTDOWN_SECONDS", 20)
        self.box.status = 503
        self.box.released.set()
        assert self.worker._threads.wait(["team"], 20)
        self.box.status = 200

    def publish(self, post: str, at: datetime, remote_id: str, *reads: tuple[float, int]) -> None:
        """Publish a post, and read its impressions so many hours later."""
        claim = self.store.must_claim(self.store.add(post, due=at, content=text_content(post)), at)
        out = type(PUBLISHED_POST)(remote_id, f"https://x.com/mj/status/{remote_id}", at)
        self.store.close(claim, Transition(State.PUBLISHED, published=out), now=at)
        metrics = Metrics(self.store.database)
        [id_] = [known.id for known in metrics.publications() if known.remote_id == remote_id]
        found = [
            Snapshot(id_, at + timedelta(hours=hours), Counters(impressions=seen, likes=seen))
            for hours, seen in reads
        ]
        metrics.record(found, {}, [], at)


@pytest.fixture
def team(store: Store) -> Iterator[Team]:
    with ExitStack() as stack:
        yield Team(store, stack.enter_context(channel_server()))
