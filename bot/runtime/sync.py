"""Let the queue follow the campaign files.

An edit with a mistake changes nothing. The last good plan stays in force, and the log says so. But
posts that certainly left the files wait for a person. A file counts as finished when two checks in
a row find the same content.

Parsed files are kept as long as their content stays the same. The whole plan is made after an edit
and every ``REPLAN_HOURS``, and compared with the queue.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from bot.checking import Checker, without_gc
from bot.database.workers import may_plan, take_over_plan
from bot.errors import UserError
from bot.model import ScheduleKind, State
from bot.planning import diff, floors, left_files, limits, occurrences, slots, unplanned
from bot.platforms import load_platform
from bot.schedules.account_times import midnights
from bot.voice.said import said
from bot.voice.sameness import likeness

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.checking import CheckResult
    from bot.clock import Clock
    from bot.config import Config
    from bot.database.connections import Database
    from bot.errors import Problem
    from bot.model import Occurrence
    from bot.planning.diff import Action
    from bot.planning.floors import Moved
    from bot.planning.left_files import MassCancel
    from bot.store.approvals import Approvals
    from bot.store.file_checks import FileChecks
    from bot.store.pauses import MassCancelStore
    from bot.store.queue import Queue
    from bot.store.restore import RestoreStore
    from bot.store.safeguards import Floors
    from bot.voice.said import Said

REPLAN_HOURS = 6
"""Unchanged files are planned again this often, because the planning window moves on."""

log = logging.getLogger("groundswell.intake")


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """A plan, compared with the queue."""

    actions: tuple[Action, ...]
    """The changes of the queue."""
    held_back: MassCancel | None
    """The posts that left the files in large numbers, and wait for a person."""
    unplaced: tuple[Problem, ...] = ()
    """A problem for each post that fits into no queue slot."""
    unsent: tuple[Problem, ...] = ()
    """A problem for each post whose time is over or that moved beyond the horizon."""
    moved: tuple[Moved, ...] = ()
    """Posts that still need as many approvals as the posts that said the same before."""

    def with_permit(self) -> QueuePlan:
        """Return the plan that also cancels the posts that were held back."""
        actions = (
            diff.Cancel(action.delivery, action.why) if isinstance(action, diff.Hold) else action
            for action in self.actions
        )
        return replace(self, actions=tuple(actions), held_back=None)


@dataclass(eq=False)
class QueueSync:
    """Lets the queue follow the campaign files."""

    config: Config
    queue: Queue
    approvals: Approvals
    mass_cancels: MassCancelStore
    restore_store: RestoreStore
    database: Database
    owner: str
    clock: Clock
    floors: Floors
    """The least number of approvals that each campaign needs."""
    file_checks: FileChecks
    _data_version: object = None
    """The version of the database at the last check that found no need for a new plan."""
    _seen_digest: str = ""
    """The digest of the files at the last check."""
    _applied_digest: str = ""
    """The digest of the files at the last plan."""
    _planned_at: datetime | None = None
    _in_flight: frozenset[int] = frozenset()
    """The deliveries that the last plan could not change."""
    _passed_over: frozenset[int] = frozenset()
    """Deliveries that an attempt, which has left no trace, kept from being changed."""
    _missed_slots: frozenset[int] = frozenset()
    """Deliveries that had missed their queue slot at the last plan."""
    _held_back: frozenset[str] = frozenset()
    """The keys of deliveries that left the files and were not cancelled."""
    _reported: frozenset[str] = frozenset()
    """The logged lines on edits that came too late."""
    _warned: frozenset[str] = frozenset()
    """The logged problems of the last plan."""
    file_errors: tuple[str, ...] = ()
    """The mistakes that kept the files from being followed at the last check."""
    settling: bool = False
    """Whether a file changed between the last two checks, and may be half saved."""

    @cached_property
    def files(self) -> Checker:
        """The checker of the campaign files, made late because most commands check none."""
        return Checker.of(self.config, errors_only=True)

    def watch(self) -> None:
        """Check the files, and let the queue follow them if they changed and are complete."""
        digest = self.files.fingerprint()
        self.settling = digest != self._seen_digest
        self._seen_digest = digest
        if not self.settling and self._needs_sync(digest):
            self.refresh()

    def refresh(self) -> list[Problem]:
        """Let the queue follow the files; return the errors that prevented it."""
        digest, before = self.files.fingerprint(), self._find_in_flight()
        self._passed_over = frozenset()
        with without_gc():
            checked = self.files.check(self.clock.now())
            seen = self.files.fingerprint() if self._applied_digest else digest
            if seen != digest:  # a file changed meanwhile, and may be half saved
                self._seen_digest = seen
                return []
            errors = list(checked.errors)
            if not errors:
                try:
                    self._report_lowered(checked)
                    plan = self.plan(checked)
                    self._apply(plan)
                    self._report_moved(plan, checked)
                    take_over_plan(self.database, self.owner)
                    self.restore_store.set_slot_keys(slots.slot_keys(checked.campaigns))
                except UserError as error:  # two posts with one name, or an unknown account
                    errors = list(error.problems)
        for problem in errors:
            log.error("%s", problem)
        if errors:
            self._report_unfollowed(len(errors))
            self._hold_missing(checked)
        self.file_errors = tuple(map(str, errors))
        now = self.clock.now()
        self.file_checks.record(digest, self.file_errors, now)
        self._in_flight = before | self._find_in_flight() | self._passed_over
        self._missed_slots = self._find_missed_slots()
        # This comes last. If the database could not take the plan, it is tried again.
        self._seen_digest = self._applied_digest = digest
        self._planned_at = now
        return errors

    def _report_lowered(self, checked: CheckResult) -> None:
        for name, floor in self.floors.follow(checked.campaigns, self.clock.now()):
            words = (
                "%s asks for fewer approvals, %d instead of %d. Posts still need %d until somebody "
            )
            words += "confirms it: groundswell review --lower %s"
            log.warning(words, floor.place, floor.asked, floor.needed, floor.needed, name)

    def _report_moved(self, plan: QueuePlan, checked: CheckResult) -> None:
        if not plan.moved:
            return
        places = {(post.campaign, post.id): post.mark for post in checked.posts}
        found: dict[str, str] = {}
        lines: set[str] = set()
        for moved in plan.moved:
            now, before = moved.occurrence, moved.before
            mark = places[now.campaign, now.post]
            place = found[now.key] = f"{mark.file}:{mark.line}"
            words = f"{place}: {now.campaign}/{now.post} has the words of {before.campaign}/"
            words += f"{before.post}, and still needs {before.approvals} approvals instead of "
            words += f"{moved.asked}"
            lines.add(words)  # once for all of its accounts
        for line in sorted(lines):
            log.warning("%s", line)
        self.floors.record_moved(plan.moved, found, self.clock.now())

    def _report_unfollowed(self, errors: int) -> None:
        kept = "the posts still in the files go out as last planned"
        if self._planned_at is None:
            kept = "no posts are queued"
        words = "The campaign files have mistakes (%d). Until you correct them, %s. "
        words += "See groundswell check"
        log.error(words, errors, kept)

    def _hold_missing(self, checked: CheckResult) -> None:
        """Hold posts that certainly left the files, even if mistakes keep the plan as it is.

        The folder may be unmounted, or a file may be gone while another one has a mistake.
        """
        if not may_plan(self.database, self.owner):
            return
        queued = self.queue.in_states([State.SCHEDULED])
        actions = left_files.find_missing(queued, checked)
        if actions:
            _, self._passed_over = self.queue.apply(actions, self.clock.now())
        self._report_held(self.mass_cancels.held_back())

    def _needs_sync(self, digest: str) -> bool:
        if digest != self._applied_digest:
            return True
        version = self.database.data_version()
        changed = version is None or version != self._data_version
        if changed:
            # A post whose send has ended may have been edited or removed meanwhile, and a post that
            # missed its slot needs the next one.
            landed = bool(self._in_flight and self._in_flight - self._find_in_flight())
            changed = landed or bool(self._find_missed_slots() - self._missed_slots)
            if not changed and (held := self.mass_cancels.held_back()):
                changed = self.mass_cancels.permitted_by(held.keys) is not None
        if not changed:  # otherwise it is checked again until the queue has followed
            self._data_version = version
        planned_at, now = self._planned_at, self.clock.now()
        fresh = planned_at and (now - planned_at).total_seconds() <= REPLAN_HOURS * 3600
        # Of several workers, the one whose files changed last plans.
        return (changed or not fresh) and may_plan(self.database, self.owner)

    def _find_missed_slots(self) -> frozenset[int]:
        since = self.clock.now() - occurrences.LOOK_BACK
        given_up = self.queue.in_states(
            [State.MISSED, State.EXPIRED], kind=ScheduleKind.SLOT, since=since
        )
        return frozenset(delivery.id for delivery in given_up)

    def _find_in_flight(self) -> frozenset[int]:
        found = self.queue.in_states([State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN])
        return frozenset(delivery.id for delivery in found)

    def plan(self, checked: CheckResult) -> QueuePlan:
        """Return the plan for these campaigns now, without applying it.

        Raise UserError for unknown accounts, and for two posts with one name.
        """
        now = self.clock.now()
        window = occurrences.planning_window(now, self.config.horizon)
        accounts = self.config.accounts
        campaigns = floors.with_floors(checked.campaigns, self.floors.read())
        timed = occurrences.plan_occurrences(campaigns, accounts, *window)
        queued = self.queue.between(*window, slots.slot_keys(campaigns), timed)
        verdicts = self.approvals.verdicts()
        staying = frozenset(delivery.key for delivery in queued if delivery.waits_for_word)
        while True:
            planned, unplaced = slots.fill_slots(
                timed, campaigns, accounts, queued, now, window, verdicts, staying
            )
            actions = diff.find_actions(planned, queued, now, window)
            cancelled = [action.delivery for action in actions if isinstance(action, diff.Cancel)]
            held_back = left_files.find_mass_cancel(cancelled, planned, queued, campaigns)
            if not held_back or held_back.keys <= staying:
                break
            staying |= (
                held_back.keys
            )  # plan again, because posts that are held back keep their slots
        past = unplanned.past_posts(campaigns, accounts, now)
        over = unplanned.never_queued((p for p in past if p.is_over(now)), self.queue.of_posts)
        moved = unplanned.moved_warnings(campaigns, now, self.config.horizon, cancelled)
        begun = self.queue.begun_since(midnights(accounts.values(), now))
        full = limits.over_today(campaigns, accounts, begun, now)
        unsent = (*unplanned.past_post_warnings(over, now), *moved, *full)
        actions = left_files.hold_back(actions, held_back)
        actions, kept = floors.keep_moved_floors(actions, planned, queued, _Sameness())
        return QueuePlan(actions, held_back, unplaced, unsent, tuple(kept))

    def _apply(self, plan: QueuePlan) -> None:
        """Apply the plan in one transaction and log it; with a permit, cancel held posts too."""
        problems = [str(problem) for problem in (*plan.unplaced, *plan.unsent)]
        self._warned = self._warn_once(problems, self._warned)
        held_back = plan.held_back
        if held_back and (who := self.mass_cancels.permitted_by(held_back.keys)):
            words = "%d posts that left the files are cancelled, as %s permitted"
            log.warning(words, held_back.posts, who)
            plan = plan.with_permit()
        changes = [action for action in plan.actions if not isinstance(action, diff.TooLate)]
        if changes:
            _, self._passed_over = self.queue.apply(changes, self.clock.now())
        self._log_missed(plan.actions)
        self._reported = self._warn_once(diff.too_late_lines(plan.actions), self._reported)
        log.info("%s", diff.summary(plan.actions))
        if not plan.held_back:
            self.mass_cancels.end_permit()
        self._report_held(plan.held_back)

    def _report_held(self, held_back: MassCancel | None) -> None:
        """Log the posts that are held back if they are new; the inbox reads them from the queue."""
        keys = held_back.keys if held_back else frozenset()
        if keys - self._held_back:
            log.error("%s. %s", held_back, left_files.MASS_CANCEL_HINT)
        self._held_back = keys

    def _log_missed(self, actions: Sequence[Action]) -> None:
        now = self.clock.now()
        for line in diff.missed_lines(actions):
            log.warning("%s", line)
        for action in actions:
            if isinstance(action, diff.Revive | diff.Change):
                old, new = action.delivery, action.occurrence
                if new.kind is ScheduleKind.SLOT and old.deadline < now < new.due:
                    words = "%s did not go out in its slot of %s: %s. It takes the slot of %s"
                    why = old.reason or "too late"
                    log.warning(words, old.key, _stamp(old.due), why, _stamp(new.due))

    def _warn_once(self, lines: Iterable[str], before: frozenset[str]) -> frozenset[str]:
        """Log only new lines, because everything is planned again every few hours."""
        for line in sorted({*lines} - before):
            log.warning("%s", line)
        return frozenset(lines)


class _Sameness:
    """Decides whether two posts say the same, and caches their words."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], Said] = {}

    def __call__(self, one: Occurrence, other: Occurrence) -> bool:
        return likeness(self._read(one), self._read(other)) is not None

    def _read(self, post: Occurrence) -> Said:
        key = post.platform, post.content.digest
        if key not in self._said:
            self._said[key] = said(post.content, load_platform(post.platform).entities)
        return self._said[key]


def _stamp(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%MZ}"
