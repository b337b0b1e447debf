"""What the teller and the digest work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bot.alerts.channels import Send
    from bot.alerts.notices import Budget
    from bot.alerts.wanted import Wanted
    from bot.clock import Clock
    from bot.model import Account
    from bot.reports import Names
    from bot.store.alerts import Alerts
    from bot.store.approvals import Approvals
    from bot.store.ledger import Ledger
    from bot.store.mass_cancel import MassCancels
    from bot.store.metrics import Metrics
    from bot.store.queue import Queue


class CampaignFiles(Protocol):
    """What the loop knows about the campaign files, as ``bot.intake`` has it."""

    @property
    def names(self) -> Names:
        """What people call things, as the files said when they were last read."""
        ...

    @property
    def broken(self) -> Sequence[str]:
        """The mistakes that keep the files from being followed."""
        ...


class Standings(Protocol):
    """What accounts have spent of their budgets, as ``bot.engagement.budget`` has it."""

    def standings(self) -> Iterable[Budget]:
        """Return how each account stands that has a budget."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierDeps:
    """The store's parts, the accounts, the channels, the clock.

    ``wanted`` are the settings of the config, ``hide`` takes secrets out of a text.
    """

    alerts: Alerts
    queue: Queue
    approvals: Approvals
    mass_cancels: MassCancels
    metrics: Metrics
    ledger: Ledger
    accounts: Mapping[str, Account]
    wanted: Wanted
    files: CampaignFiles
    budgets: Standings
    send: Send
    clock: Clock
    hide: Callable[[str], str]
