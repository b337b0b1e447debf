"""Keeps the queue true to the campaign files: notices a change, checks, plans, applies.

A broken edit changes nothing: the last good plan stays in force, and the log says so. A file counts
as finished when two checks in a row find the same content.

What was read from a file is kept for as long as its content stays. The plan is always made whole,
after an edit and every ``REPLAN_HOURS``, and compared with the queue.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.authoring.checking import without_gc
from bot.errors import UserError
from bot.model import ScheduleKind, State
from bot.planning import diff, occurrences, slots, unplanned
from bot.planning.diff import find_mass_cancel, without_mass_cancel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.authoring.checking import CampaignWatcher, CheckResult
    from bot.clock import Clock
    from bot.config import Config
    from bot.database.workers import PlanOwner
    from bot.errors import Problem
    from bot.model import Account, Campaign, Delivery, Occurrence
    from bot.planning.diff import Action, MassCancel
    from bot.reports import Names
    from bot.store.approvals import Approvals
    from bot.store.pauses import MassCancelStore
    from bot.store.queue import Queue
    from bot.store.restore import RestoreStore

REPLAN_HOURS = 6
"""Unchanged files are planned again this often: the planning window moves on."""

log = logging.getLogger("groundswell.intake")


@dataclass(slots=True)
class SyncState:
    """What was known at the last check of the files.

    ``seen_digest`` is that of the files then, ``applied_digest`` that of the files last planned.
    ``in_flight`` are the deliveries that the plan could not change then, ``missed_slots`` those
    that had not gone out in their queue slot, ``held_back`` the keys of those that have left the
    files and were not cancelled. ``data_version`` is the database's when none of that had changed.
    ``reported`` and ``warned`` are the lines logged last.
    """

    data_version: object = None
    seen_digest: str = ""
    applied_digest: str = ""
    planned_at: datetime | None = None
    in_flight: frozenset[int] = field(default=frozenset())
    missed_slots: frozenset[int] = field(default=frozenset())
    reported: frozenset[str] = field(default=frozenset())
    warned: frozenset[str] = field(default=frozenset())
    held_back: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """What would be done; cancelling the posts of ``held_back`` waits for a person."""

    actions: tuple[Action, ...]
    held_back: MassCancel | None
    unplaced: tuple[Problem, ...] = ()
    """Why a post fits into no queue slot, for each such post."""
    never_queued: tuple[Problem, ...] = ()
    """Posts whose time is over and that were never queued."""


class QueueSync:
    """Keeps the queue true to the campaign files."""

    def __init__(
        self,
        config: Config,
        queue: Queue,
        approvals: Approvals,
        mass_cancels: MassCancelStore,
        restore_store: RestoreStore,
        plan_owner: PlanOwner,
        files: CampaignWatcher,
        clock: Clock,
    ) -> None:
        self._config = config
        self._queue = queue
        self._approvals = approvals
        self._mass_cancels = mass_cancels
        self._restore_store = restore_store
        self._plan_owner = plan_owner
        self._files = files
        self._clock = clock
        self._state = SyncState()
        self.file_errors: tuple[str, ...] = ()
        """The mistakes that kept the files from being followed when they were last checked."""
        self.settling = False
        """Whether something was saved between the last two checks, perhaps only half of it yet."""

    @property
    def names(self) -> Names:
        """The display names, as the files had them when they were last read, mistakes or not."""
        return self._files.names

    def watch(self) -> None:
        """Check the files; bring the queue in line where they changed and are complete."""
        digest = self._files.fingerprint()
        self.settling = digest != self._state.seen_digest
        self._state.seen_digest = digest
        if not self.settling and self._needs_sync(digest):
            self.refresh()

    def refresh(self) -> list[Problem]:
        """Bring the queue in line with the files; return the errors that prevented it."""
        digest, before = self._files.fingerprint(), self._in_flight()
        with without_gc():
            checked = self._files.check(self._clock.now())
            seen = self._files.fingerprint() if self._state.applied_digest else digest
            if seen != digest:  # something was saved meanwhile, perhaps only half of it
                self._state.seen_digest = seen
                return []
            errors = [problem for problem in checked.problems if problem.level == "error"]
            if not errors:
                try:
                    self._apply(self.plan(checked))
                    self._plan_owner.take_over()
                    self._restore_store.set_slot_keys(slots.slot_keys(checked.campaigns))
                except UserError as error:  # two posts of one name, or an unknown account
                    errors = list(error.problems)
        if errors:
            self._log_errors(errors)
        self.file_errors = tuple(map(str, errors))
        self._state.in_flight = before | self._in_flight()
        self._state.missed_slots = self._missed_slots()
        # Only now: if the database could not take it, it is tried again.
        self._state.seen_digest = self._state.applied_digest = digest
        self._state.planned_at = self._clock.now()
        return errors

    # --- does the queue need it? ---

    def _needs_sync(self, digest: str) -> bool:
        if digest != self._state.applied_digest:
            return True
        version = self._queue.data_version()
        changed = version is None or version != self._state.data_version
        changed = changed and (self._landed() or self._missed_a_slot() or self._was_permitted())
        if not changed:  # otherwise it is asked again until the queue was brought in line
            self._state.data_version = version
        planned_at, now = self._state.planned_at, self._clock.now()
        fresh = planned_at and (now - planned_at).total_seconds() <= REPLAN_HOURS * 3600
        # Of several workers, the one whose files changed last keeps the queue true to them.
        return (changed or not fresh) and self._plan_owner.is_ours()

    def _landed(self) -> bool:
        """Return whether a delivery that was on its way no longer is.

        If it was edited or taken out meanwhile, it must not go out as it was.
        """
        return bool(self._state.in_flight and self._state.in_flight - self._in_flight())

    def _missed_a_slot(self) -> bool:
        """Return whether a post has not gone out in its slot, and needs the next one."""
        return bool(self._missed_slots() - self._state.missed_slots)

    def _was_permitted(self) -> bool:
        """Return whether a person has permitted the cancelling that is held back."""
        keys = self._state.held_back
        permit = self._mass_cancels.permitted() if keys else None
        return permit is not None and keys <= permit.keys

    def _missed_slots(self) -> frozenset[int]:
        since = self._clock.now() - occurrences.LOOK_BACK
        given_up = self._queue.in_states([State.MISSED, State.EXPIRED], since=since)
        return frozenset(delivery.id for delivery in given_up if delivery.kind is ScheduleKind.SLOT)

    def _in_flight(self) -> frozenset[int]:
        found = self._queue.in_states([State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN])
        return frozenset(delivery.id for delivery in found)

    # --- planning ---

    def plan(self, checked: CheckResult) -> QueuePlan:
        """Return what would be done for these campaigns now, without doing it.

        Raise UserError for unknown accounts, and for two posts of one name.
        """
        now = self._clock.now()
        window = occurrences.planning_window(now, self._config.horizon)
        campaigns, accounts = checked.campaigns, self._config.accounts
        timed = occurrences.plan_occurrences(campaigns, accounts, *window)
        queued = self._queue.for_planning(*window, slots.slot_keys(campaigns), timed)
        # Who has approved what matters only where something requires an approval.
        owners: tuple[Campaign | Account, ...] = (*campaigns, *accounts.values())
        required = any(owner.require_approval for owner in owners)
        given = self._approvals.approvers() if required else {}
        filled = slots.fill_slots(timed, campaigns, accounts, queued, now, window, given)
        planned = filled.occurrences
        actions = diff.find_actions(planned, queued, now, window)
        held_back = find_mass_cancel(actions, planned, queued, campaigns)
        never_queued = unplanned.unsent_warnings(campaigns, accounts, now, self._queue.of_posts)
        return QueuePlan(actions, held_back, filled.problems, never_queued)

    # --- applying ---

    def _apply(self, plan: QueuePlan) -> None:
        """Do it in one transaction, except for a mass cancellation without a permit; log it."""
        self._warn((*plan.unplaced, *plan.never_queued))
        permit, held_back = self._mass_cancels.permitted(), plan.held_back
        if held_back and permit and held_back.keys <= permit.keys:
            count = len(held_back.keys)
            log.warning(
                "%d posts that left the files are cancelled: %s permits it", count, permit.who
            )
            held_back = None
        actions = without_mass_cancel(plan.actions, held_back) if held_back else plan.actions
        changes = [action for action in actions if not isinstance(action, diff.TooLate)]
        if changes:
            self._queue.apply(changes, self._clock.now())
        self._log_actions(actions)
        if permit and not held_back:
            self._mass_cancels.forget_permit()
        self._hold_back(held_back)

    def _hold_back(self, held_back: MassCancel | None) -> None:
        """Store what is held back, for the inbox, and log it where it is new."""
        keys = held_back.keys if held_back else frozenset()
        if keys - self._state.held_back:
            log.error("%s. Put them back, or cancel them: groundswell plan --force", held_back)
        scheduled = held_back.scheduled if held_back else 0
        self._mass_cancels.hold_back(keys, scheduled, self._clock.now())
        self._state.held_back = keys

    # --- the log ---

    def _warn(self, problems: Iterable[Problem]) -> None:
        """Log the problems that are new: everything is planned again every few hours."""
        lines = {str(problem) for problem in problems}
        for line in sorted(lines - self._state.warned):
            log.warning("%s", line)
        self._state.warned = frozenset(lines)

    def _log_errors(self, errors: Sequence[Problem]) -> None:
        for problem in errors:
            log.error("%s", problem)
        kept = "nothing is queued from them"
        if self._state.planned_at:
            kept = "the last good plan stays in force"
        words = "The campaign files cannot be followed (errors: %d); %s. See groundswell check"
        log.error(words, len(errors), kept)

    def _log_actions(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, diff.AddMissed):
                occurrence = action.occurrence
                log.warning("%s missed: was due %s", occurrence.key, _stamp(occurrence.due))
            elif isinstance(action, diff.Revive | diff.Change):
                self._log_moved_slot(action.delivery, action.occurrence)
        too_late = {f"{a.delivery.key}: {a.why}" for a in actions if isinstance(a, diff.TooLate)}
        for line in sorted(too_late - self._state.reported):
            log.warning("%s", line)
        self._state.reported = frozenset(too_late)
        log.info("%s", diff.summary(actions))

    def _log_moved_slot(self, old: Delivery, new: Occurrence) -> None:
        if new.kind is ScheduleKind.SLOT and old.deadline < self._clock.now() < new.due:
            words = "%s did not go out in its slot of %s: %s. It takes the one of %s"
            log.warning(words, old.key, _stamp(old.due), old.reason or "too late", _stamp(new.due))


def _stamp(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%MZ}"
