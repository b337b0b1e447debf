"""From campaign files to the queue: notices a change, checks, plans, applies.

A broken edit changes nothing: the last good plan stays in force, and the log says so loudly. A file
is taken as finished when two looks in a row find the same content.

What was read from a file is kept for as long as its content stays; the plan is always made whole,
after an edit and every ``REPLAN_HOURS``, and held against the queue.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot import past, planning, slots
from bot.errors import UserError
from bot.memory import without_collector
from bot.model import ScheduleKind, State
from bot.store.queue import Entry
from bot.vanishing import kept_back, vanished

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.checking import Checked, Files
    from bot.clock import Clock
    from bot.config import Config
    from bot.errors import Problem
    from bot.model import Account, Campaign, Delivery, Occurrence
    from bot.planning import Action
    from bot.reports import Names
    from bot.store.approvals import Approvals
    from bot.store.mass_cancel import MassCancels
    from bot.store.queue import Queue
    from bot.store.restoring import Restoring
    from bot.store.turns import Planner
    from bot.vanishing import Vanished

REPLAN_HOURS = 6
"""Unchanged files are planned again this often: the horizon moves on."""

log = logging.getLogger("groundswell.intake")


@dataclass(slots=True)
class Taken:
    """What the last look at the files saw: ``seen`` last time, ``applied`` last planned.

    ``on_the_way`` are the deliveries that were out of the plan's reach just then, ``lost`` those
    that had not gone out in their queue slot, ``held`` the keys of those that have left the files
    and were not cancelled. ``version`` is the database's when none of that had changed.
    """

    version: object = None
    seen: str = ""
    applied: str = ""
    at: datetime | None = None
    on_the_way: frozenset[int] = field(default=frozenset())
    lost: frozenset[int] = field(default=frozenset())
    told: frozenset[str] = field(default=frozenset())
    warned: frozenset[str] = field(default=frozenset())
    held: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done; of that, the cancelling of what ``held`` names waits for a person."""

    actions: tuple[Action, ...]
    held: Vanished | None
    unsuited: tuple[Problem, ...] = ()
    """Of each post that no queue slot suits, why."""
    over: tuple[Problem, ...] = ()
    """Of posts that are over and were never queued."""


class Intake:
    """Keeps the queue true to the campaign files."""

    def __init__(
        self,
        config: Config,
        queue: Queue,
        approvals: Approvals,
        mass_cancels: MassCancels,
        restoring: Restoring,
        planner: Planner,
        files: Files,
        clock: Clock,
    ) -> None:
        self._config = config
        self._queue = queue
        self._approvals = approvals
        self._mass_cancels = mass_cancels
        self._restoring = restoring
        self._planner = planner
        self._files = files
        self._clock = clock
        self._taken = Taken()
        self.broken: tuple[str, ...] = ()
        """The mistakes for which the files were not taken in when they were last looked at."""
        self.settling = False
        """Whether something was saved between the last two looks, perhaps only half of it yet."""

    @property
    def names(self) -> Names:
        """What people call things, as the files said when they were last read; mistakes or not."""
        return self._files.names

    def watch(self) -> None:
        """Look at the files; take them in where they changed and are whole."""
        digest = self._files.digest()
        self.settling = digest != self._taken.seen
        self._taken.seen = digest
        if not self.settling and self._wanted(digest):
            self.refresh()

    def refresh(self) -> list[Problem]:
        """Bring the queue to the files; give the errors that kept it from that."""
        digest, before = self._files.digest(), self._on_the_way()
        with without_collector():
            checked = self._files.look(self._clock.now())
            if self._taken.applied and (seen := self._files.digest()) != digest:
                self._taken.seen = seen  # something was saved meanwhile, perhaps only half of it
                return []
            errors = [problem for problem in checked.problems if problem.level == "error"]
            if not errors:
                try:
                    self._apply(self.plan(checked))
                    self._planner.took()
                    self._restoring.name_slots(slots.keys(checked.campaigns))
                except UserError as error:  # two posts of one name, or an unknown account
                    errors = list(error.problems)
        if errors:
            self._refuse(errors)
        self.broken = tuple(map(str, errors))
        self._taken.on_the_way = before | self._on_the_way()
        self._taken.lost = self._lost()
        # Only now: what the database could not take is to be tried again.
        self._taken.seen = self._taken.applied = digest
        self._taken.at = self._clock.now()
        return errors

    def plan(self, checked: Checked) -> Plan:
        """Return what would be done for these campaigns now; nothing is done.

        Raises UserError for accounts that there are not, and for two posts of one name.
        """
        now = self._clock.now()
        within = planning.window(now, self._config.horizon)
        campaigns, accounts = checked.campaigns, self._config.accounts
        timed = planning.plan(campaigns, accounts, *within)
        queued = self._queue.relevant(*within, slots.keys(campaigns), timed)
        filled = slots.fill(timed, campaigns, accounts, queued, now, within, self._given(campaigns))
        planned = filled.occurrences
        actions = planning.diff(planned, queued, now, within)
        held = vanished(actions, planned, queued, campaigns)
        return Plan(actions, held, filled.problems, self._over(campaigns, now))

    def _over(self, campaigns: Iterable[Campaign], now: datetime) -> tuple[Problem, ...]:
        return past.unsent(campaigns, self._config.accounts, now, self._queue.of_posts)

    def _given(self, campaigns: Iterable[Campaign]) -> slots.Given:
        """Give who has approved what, where any of it must be."""
        asking: tuple[Campaign | Account, ...] = (*campaigns, *self._config.accounts.values())
        return self._approvals.given() if any(one.require_approval for one in asking) else {}

    def _apply(self, plan: Plan) -> None:
        """Do it in one transaction, but for what vanished without a person's permit, and tell."""
        self._warn((*plan.unsuited, *plan.over))
        permit = self._mass_cancels.permitted()
        held = plan.held
        if held and permit and held.keys <= permit.keys:
            log.warning(
                "%d vanished posts are cancelled; %s lets them go", len(held.keys), permit.who
            )
            held = None
        actions = kept_back(plan.actions, held) if held else plan.actions
        entries = [entry for action in actions if (entry := _entry(action))]
        cancelled = [one.delivery for one in actions if isinstance(one, planning.Cancel)]
        if entries or cancelled:
            self._queue.apply(entries, cancelled, self._clock.now())
        self._tell(actions)
        if permit and not held:
            self._mass_cancels.forget_permit()
        self._hold(held)

    def _hold(self, held: Vanished | None) -> None:
        """Keep what is held back for the inbox, and tell what is new of it."""
        keys = held.keys if held else frozenset()
        if keys - self._taken.held:
            log.error("%s. Put them back, or let them go: groundswell plan --force", held)
        self._mass_cancels.hold_back(keys, held.scheduled if held else 0, self._clock.now())
        self._taken.held = keys

    def _warn(self, problems: Iterable[Problem]) -> None:
        """Say what is new of it: everything is planned again every few hours."""
        found = {str(problem) for problem in problems}
        for line in sorted(found - self._taken.warned):
            log.warning("%s", line)
        self._taken.warned = frozenset(found)

    def _wanted(self, digest: str) -> bool:
        if digest != self._taken.applied:
            return True
        version = self._queue.version()
        changed = version is None or version != self._taken.version
        changed = changed and (self._came_back() or self._missed_a_slot() or self._let_go())
        if not changed:  # else it is asked again until it has been taken in
            self._taken.version = version
        # Of several workers, the one whose files changed last keeps the queue true to them.
        return (changed or not self._is_fresh()) and self._planner.mine()

    def _is_fresh(self) -> bool:
        """Tell whether everything was planned anew not long ago."""
        at = self._taken.at
        return at is not None and (self._clock.now() - at).total_seconds() <= REPLAN_HOURS * 3600

    def _let_go(self) -> bool:
        """Tell whether a person has let go what is held back."""
        held = self._taken.held
        permit = self._mass_cancels.permitted() if held else None
        return permit is not None and held <= permit.keys

    def _came_back(self) -> bool:
        """Tell whether something that was on its way is not any more.

        What was edited or taken out meanwhile must not go out as it was.
        """
        return bool(self._taken.on_the_way and self._taken.on_the_way - self._on_the_way())

    def _missed_a_slot(self) -> bool:
        """Tell whether a post has not gone out in its slot, and wants the next one."""
        return bool(self._lost() - self._taken.lost)

    def _lost(self) -> frozenset[int]:
        return self._queue.given_up(ScheduleKind.SLOT, self._clock.now() - planning.BEHIND)

    def _on_the_way(self) -> frozenset[int]:
        found = self._queue.in_states([State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN])
        return frozenset(delivery.id for delivery in found)

    def _refuse(self, errors: Sequence[Problem]) -> None:
        for problem in errors:
            log.error("%s", problem)
        kept = (
            "the last good plan stays in force" if self._taken.at else "nothing is queued from them"
        )
        told = "The campaign files cannot be followed (errors: %d); %s. See groundswell check"
        log.error(told, len(errors), kept)

    def _tell_slot(self, old: Delivery, new: Occurrence) -> None:
        if new.kind is ScheduleKind.SLOT and old.deadline < self._clock.now() < new.due:
            words = "%s did not go out in its slot of %s: %s. It takes the one of %s"
            log.warning(words, old.key, _stamp(old.due), old.reason or "too late", _stamp(new.due))

    def _tell(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, planning.AddMissed):
                one = action.occurrence
                log.warning("%s missed: was due %s", one.key, _stamp(one.due))
            elif isinstance(action, planning.Revive | planning.Change):
                self._tell_slot(action.delivery, action.occurrence)
        told = {f"{a.delivery.key}: {a.why}" for a in actions if isinstance(a, planning.Frozen)}
        for line in sorted(told - self._taken.told):
            log.warning("%s", line)
        self._taken.told = frozenset(told)
        log.info("%s", planning.summary(actions))


def _stamp(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%MZ}"


def _entry(action: Action) -> Entry | None:
    match action:
        case planning.Add(occurrence):
            return Entry(occurrence, State.SCHEDULED, "")
        case planning.AddMissed(occurrence):
            return Entry(occurrence, State.MISSED, "its time had passed before it was queued")
        case planning.Change(delivery, occurrence) | planning.Revive(delivery, occurrence):
            return Entry(occurrence, State.SCHEDULED, "", delivery)
        case _:
            return None
