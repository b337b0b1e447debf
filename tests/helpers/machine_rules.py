"""The events that may happen in any order, one rule each. The witness checks the invariants."""

from __future__ import annotations

import atexit
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.model import PauseCause, PauseRequest, State
from bot.services.inbox import settle_drop, settle_not_sent, settle_sent
from helpers.machine import Simulation, accepted, memory_folder, migrated_folder
from helpers.machine_plan import ModelEntry
from helpers.machine_platform import SEND_FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from bot.model import Delivery

SECONDS = (0, 0, 1, 20, 45, 60, 180, 600)
GRACE = (-3600, -600, -60, 300, 420, 900, 1000)
HOURS = (3600, 7200, 20000, 90000)
PAUSE_SCOPES = (
    ("all", ""),
    ("platform", "x"),
    ("account", "mj"),
    ("account", "ath"),
    ("campaign", "a"),
)
READ_FAULTS = ("503", "429", "429 soon", "401", "402")
DROPPABLE_STATES = ("scheduled", "cancelled", "missed", "expired")
TAKEOVERS: tuple[tuple[tuple[int, ...], str], ...] = (
    ((70, 20, 10), "crash after"),
    ((70, 20, 80, 310, 10), ""),
    ((95, 20, 80, 310, 10), "crash before"),
    ((5,), ""),
)
"""Seconds of a standstill between the other worker's passes, and the other's fault."""

INTERRUPTIONS = (
    *(("claiming", what, 0) for what in ("reword", "remove", "drop")),
    *(
        (point, "pause", where)
        for point in ("claiming", "claimed")
        for where in range(len(PAUSE_SCOPES))
    ),
    *((point, "stall", long) for point in ("claiming", "claimed") for long in (20, 31, 3600)),
    *(("answering", "stall", long) for long in (20, 100)),
    *((point, "takeover", n) for point in ("claimed", "answering") for n in range(len(TAKEOVERS))),
)

any_post = st.integers(0, 9)
seconds = st.sampled_from(SECONDS)
spans = st.sampled_from((*SECONDS, *GRACE, *HOURS))
accounts = st.sampled_from((("mj",), ("ath",), ("mj", "ath")))
kinds = st.sampled_from(("once", "once", "slot"))
parts = st.integers(1, 3)
wakes = st.integers(1, 6)
others = st.integers(0, len(TAKEOVERS) - 1)
calm = st.sampled_from((True, True, False))
disk_faults = st.sampled_from(("crash before", "crash after", "fail before", "fail after"))
late = st.sampled_from((1, 10, 25))
overtaking = st.sampled_from(("claimed", "answering"))
send_faults = st.lists(st.sampled_from(SEND_FAULTS), min_size=1, max_size=3)


STEPS_PER_EXAMPLE = 50


def run_settings(examples: int, phases: Collection[Phase] = tuple(Phase)) -> settings:
    """Return the settings of a reproducible run without a time limit."""
    return settings(
        max_examples=examples,
        stateful_step_count=STEPS_PER_EXAMPLE,
        derandomize=True,
        deadline=None,
        phases=[phase for phase in phases if phase is not Phase.explain],
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )


@cache
def _template_folder() -> Path:
    folder = Path(mkdtemp(prefix="machine", dir=memory_folder()))
    atexit.register(rmtree, folder, ignore_errors=True)
    return migrated_folder(folder)


class Machine(RuleBasedStateMachine):
    """Groundswell under random events."""

    steps: ClassVar[int] = 0
    sends: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.simulation: Simulation | None = None

    @property
    def _simulation(self) -> Simulation:
        assert self.simulation is not None
        return self.simulation

    @initialize(refuses=st.booleans(), lag=st.sampled_from((0, 240)), due=seconds)
    def open(self, refuses: bool, lag: int, due: int) -> None:
        lagging = timedelta(seconds=lag)
        self.simulation = Simulation(_template_folder(), refuses_repeats=refuses, lag=lagging)
        self.add(0, ("mj", "ath"), 1, "once", due, None, picture=False)
        self.add(1, ("mj",), 3, "once", due + 60, None, picture=False)
        self.add(2, ("mj", "ath"), 2, "slot", 0, None, picture=False)

    # --- the files ---

    @rule(
        number=any_post,
        names=accounts,
        parts=parts,
        kind=st.sampled_from(("once", "once", "event", "every", "slot")),
        due=spans,
        lasts=st.sampled_from((None, None, 60, 300)),
        picture=st.booleans(),
    )
    def add(
        self,
        number: int,
        names: tuple[str, ...],
        parts: int,
        kind: str,
        due: int,
        lasts: int | None,
        picture: bool,
    ) -> None:
        files, name = self._simulation.files, f"p{number}"
        words = tuple(f"{name}.{part} v{files.version}" for part in range(parts))
        at = self._simulation.clock.now() + timedelta(seconds=due)
        lasting = None if lasts is None else timedelta(seconds=lasts)
        campaign = "ab"[number % 2]
        files.put(ModelEntry(name, campaign, names, kind, at, words, lasting, picture))
        self._simulation.watch()

    @rule(number=any_post, how=st.sampled_from(("reword", "remove", "rename")), soon=st.booleans())
    def edit(self, number: int, how: str, soon: bool) -> None:
        self._edit(number, how)
        if soon:
            self._simulation.watch()

    def _edit(self, number: int, how: str) -> None:
        files = self._simulation.files
        if files.entries:
            name = list(files.entries)[number % len(files.entries)]
            getattr(files, how)(name)

    @rule(number=any_post, by=spans)
    def move(self, number: int, by: int) -> None:
        files = self._simulation.files
        if files.entries:
            name = list(files.entries)[number % len(files.entries)]
            files.move(name, timedelta(seconds=by))

    @rule(number=any_post)
    def restore(self, number: int) -> None:
        files = self._simulation.files
        if files.removed:
            files.restore(list(files.removed)[number % len(files.removed)])

    @rule(cancelled=st.booleans(), by=spans)
    def change_event(self, cancelled: bool, by: int) -> None:
        self._simulation.files.change_event(cancelled=cancelled, by=timedelta(seconds=by))

    # --- the loop, and time ---

    @rule()
    def take_in(self) -> None:
        self._simulation.watch()

    @rule()
    def publish(self) -> None:
        self._simulation.publish()

    @rule()
    def reconcile(self) -> None:
        self._simulation.reconcile()

    @rule(times=st.integers(1, 4))
    def wake(self, times: int) -> None:
        for _ in range(times):
            self._simulation.wake()

    @rule(minutes=st.sampled_from((1, 2, 7, 20)))
    def run(self, minutes: int) -> None:
        self._simulation.drive(timedelta(minutes=minutes))

    @rule(span=spans)
    def time_passes(self, span: int) -> None:
        self._simulation.clock.advance(seconds=abs(span))

    @rule()
    def back_up(self) -> None:
        self._simulation.back_up()

    @rule(minutes=late)
    def restore_backup(self, minutes: int) -> None:
        self._simulation.restore_backup(timedelta(minutes=minutes))

    @rule(killed=st.booleans())
    def restart(self, killed: bool) -> None:
        self._simulation.restart(killed=killed)

    # --- the platform, the network, the disk ---

    @rule(faults=send_faults)
    def sends_will_fail(self, faults: list[str]) -> None:
        self._simulation.platform.sends.extend(faults)

    @rule(fault=st.sampled_from(READ_FAULTS), times=st.integers(1, 4))
    def reads_will_fail(self, fault: str, times: int) -> None:
        self._simulation.platform.reads.extend([fault] * times)

    @rule(number=any_post)
    def somebody_deletes(self, number: int) -> None:
        visible = self._simulation.platform.visible()
        if visible:
            visible[number % len(visible)].deleted = True

    @rule(count=st.integers(0, 4), fault=disk_faults)
    def a_write_will_fail(self, count: int, fault: str) -> None:
        self._simulation.main.disk.next_fault = (count, fault)

    # --- in the middle of a send ---

    @rule(names=accounts, parts=parts, kind=kinds, faults=send_faults, wakes=wakes, calm=calm)
    def a_send_meets_faults(
        self,
        names: tuple[str, ...],
        parts: int,
        kind: str,
        faults: list[str],
        wakes: int,
        calm: bool,
    ) -> None:
        self._due_at_once(names, parts, kind, calm=calm)
        self._simulation.platform.sends.extend(faults)
        self.wake(wakes)

    @rule(parts=parts, kind=kinds, middle=st.sampled_from(INTERRUPTIONS), wakes=wakes, calm=calm)
    def a_send_is_interrupted(
        self, parts: int, kind: str, middle: tuple[str, str, int], wakes: int, calm: bool
    ) -> None:
        self._due_at_once(("mj",), parts, kind, calm=calm)
        self.happens_in_the_middle(middle, -1)
        self.wake(wakes)

    @rule(parts=parts, kind=kinds, point=overtaking, other=others, wakes=wakes)
    def a_send_is_overtaken(
        self, parts: int, kind: str, point: str, other: int, wakes: int
    ) -> None:
        """Stand still during a send while another worker takes over."""
        self._due_at_once(("mj",), parts, kind, calm=True)
        self.happens_in_the_middle((point, "takeover", other), 0)
        self.wake(wakes)

    @rule(parts=parts, kind=kinds, count=st.integers(0, 4), fault=disk_faults, wakes=wakes)
    def a_send_meets_the_disk(
        self, parts: int, kind: str, count: int, fault: str, wakes: int
    ) -> None:
        self._due_at_once(("mj",), parts, kind, calm=True)
        self._simulation.clock.advance(seconds=1)
        self.a_write_will_fail(count, fault)
        self.publish()
        self.wake(wakes)

    @rule(names=accounts, parts=parts, kind=kinds, minutes=late, wakes=wakes)
    def a_backup_does_not_know_of_a_send(
        self, names: tuple[str, ...], parts: int, kind: str, minutes: int, wakes: int
    ) -> None:
        self._due_at_once(names, parts, kind, calm=True)
        self.back_up()
        self.wake(parts + 1)
        self.restore_backup(minutes)
        self.wake(wakes)

    def _due_at_once(self, names: tuple[str, ...], parts: int, kind: str, *, calm: bool) -> None:
        """Add a post that is due in a moment, or advance to its slot if it takes one."""
        house = self._simulation
        if calm:
            self.resume_everything()
            house.calm()
        number = 100 + house.files.version
        self.add(number, names, parts, kind, 1, None, picture=False)
        if kind == "slot":
            house.files.move(f"p{number}", timedelta(0))
            house.watch()
            dues = [one.due for one in house.app.queue.all() if one.post == f"p{number}"]
            house.clock.advance_to(min(dues, default=house.clock.now()))

    @rule(middle=st.sampled_from(INTERRUPTIONS), number=any_post)
    def happens_in_the_middle(self, middle: tuple[str, str, int], number: int) -> None:
        """Arm an event before the claim, after it, or between the send and its answer."""
        point, what, amount = middle
        house = self._simulation
        acts: dict[str, Callable[[], None]] = {
            "pause": lambda: self.pause(PAUSE_SCOPES[amount]),
            "drop": partial(self.drop, number),
            "reword": partial(self._edited, number, "reword"),
            "remove": partial(self._edited, number, "remove"),
            "stall": partial(self.time_passes, amount),
            "takeover": lambda: house.takeover(*TAKEOVERS[amount]),
        }
        house.hooks[point].append(acts[what])

    def _edited(self, number: int, how: str) -> None:
        self._edit(number, how)
        self._simulation.refresh()

    # --- the person ---

    @rule(where=st.sampled_from(PAUSE_SCOPES))
    def pause(self, where: tuple[str, str]) -> None:
        app = self._simulation.person.app
        app.queue.pause(PauseRequest(*where, "a storm", PauseCause.PERSON), "Ana", app.clock.now())

    @rule(where=st.sampled_from(PAUSE_SCOPES))
    def resume(self, where: tuple[str, str]) -> None:
        app = self._simulation.person.app
        app.queue.resume(*where, "Ana", app.clock.now())

    @rule()
    def resume_everything(self) -> None:
        for where in PAUSE_SCOPES:
            self.resume(where)

    @rule(number=any_post, sure=st.integers(0, 3))
    def drop(self, number: int, sure: int = 0) -> None:
        app = self._simulation.person.app
        found = app.queue.in_states([State(state) for state in DROPPABLE_STATES])
        if found and not sure:
            one = found[number % len(found)]
            if accepted(lambda: app.queue.drop(one, "Ana", app.clock.now())):
                self._simulation.checker.settled_by_person.add(one.key)

    @rule(number=any_post, how=st.sampled_from(("look", "look", "look", "drop", "lie")))
    def settle(self, number: int, how: str) -> None:
        """Let a person settle a delivery truthfully or falsely, or drop it."""
        app = self._simulation.person.app
        found = app.queue.in_states([State.UNKNOWN, State.NEEDS_HUMAN])
        if found:
            one = found[number % len(found)]
            if how == "drop":
                settled = accepted(lambda: settle_drop(app, one, "Ana"))
            else:
                settled = self._say(one, lies=how == "lie")
            if settled:
                self._simulation.checker.settled_by_person.add(one.key)

    def _say(self, one: Delivery, *, lies: bool) -> bool:
        house = self._simulation
        app, text = house.person.app, one.content.parts[one.next_part].text
        known = app.unsettled.known_remote_ids(one.account)
        copies = [p for p in house.platform.posts if (p.account, p.text) == (one.account, text)]
        copies = [post for post in copies if not post.deleted and post.id not in known]
        seen = [post.id for post in copies if post.created <= house.clock.now()]
        if bool(seen) is not lies:
            return accepted(lambda: settle_sent(app, one, [*seen, "77777"][0], "Ana"))
        settled = accepted(lambda: settle_not_sent(app, one, "Ana"))
        house.checker.forced[one.account, text] += bool(copies)
        return settled

    # --- what must hold ---

    @invariant()
    def holds(self) -> None:
        if self.simulation:
            type(self).steps += 1
            self.simulation.checker.check()

    def teardown(self) -> None:
        if self.simulation:
            try:
                if not self.simulation.checker.violations:
                    self.simulation.finish()
                type(self).sends += self.simulation.checker.send_count
            finally:
                self.simulation.close()
                self.simulation = None
