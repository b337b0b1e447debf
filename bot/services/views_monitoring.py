"""The figures for monitoring systems: counts, instants and names of accounts, never a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model import State
from bot.services.views_health import HealthView, LateView
from bot.services.views_running import PauseView
from bot.services.views_status import AttentionView, BudgetView


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """The figures of one account."""

    account: str
    platform: str
    posts: Mapping[State, int]
    """How many posts are in each state on this account."""
    read: datetime | None
    """When the newest counters of its posts were read; None if none ever were."""
    next_read: datetime | None
    """When the next reading is due; None if no more are planned."""
    paused_by_person: bool
    """Whether a person stopped the account, its platform, or everything."""
    paused_by_itself: bool
    """Whether Groundswell stopped the account, its platform, or everything."""


@dataclass(frozen=True, slots=True)
class MonitoringView:
    """All figures at one instant."""

    health: HealthView
    """The verdict of ``status``."""
    revision: int
    """The revision of the database's tables."""
    loops: int
    """How many loops are alive."""
    started: datetime | None
    """When the first of these started; None if none is alive."""
    late: LateView
    """The posts that should be out by now."""
    needs: AttentionView
    """How many posts need a person, by kind."""
    unknown: int
    """Posts about which Groundswell is finding out whether they are out, on an account at least."""
    next_due: datetime | None
    """When the next scheduled post is due; None if none is scheduled."""
    budgets: tuple[BudgetView, ...]
    """The budgets of the accounts that have one."""
    pauses: tuple[PauseView, ...]
    """The pauses in force."""
    accounts: tuple[AccountFigures, ...]
    """Each account, those of the config first."""
