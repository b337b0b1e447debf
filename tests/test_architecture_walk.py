"""``docs/architecture.md`` held against the code: one post, and one counter, really walked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from architecture_support import (
    Trace,
    concepts,
    covers,
    handed,
    is_leaf,
    leaves,
    room,
    section,
    split,
    steps,
    thing,
)
from test_architecture import FLOORS

from bot.model import State

if TYPE_CHECKING:
    from run_support import Place

pytest_plugins = ["run_support"]

POST, COUNTER = "One post, from YAML to published", "One counter, from the answer to the page"

MOST_STEPS = 40
MOST_CONCEPTS = 25

MANY = 3
"""What calls so many functions of other modules ties pieces together: it is no detail."""

ENTRIES = {"intake.Intake.watch", "delivery.dispatcher.Dispatcher.run", "delivery.answers.send"}
"""What the heartbeat calls, and what a thread that sends begins with."""


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """Return what runs from a post's file to its publication, against a server on this machine."""
    from run_support import place  # not sooner: pytest is to rewrite it for all who use it

    trace = Trace()
    with place(tmp_path_factory.mktemp("walk") / "ours") as ours, ours.running() as app:
        app.once()  # asks whose the keys are, and finds nothing due
        ours.say(ours.post("hello", minutes=5))
        app.intake.watch()  # a file is taken as finished once it is found the same again
        with trace.running():
            app.intake.watch()
        ours.clock.turn(minutes=5)
        with trace.running():
            app.dispatcher.run()
        assert app.queue.counts() == {State.PUBLISHED: 1}
    return trace


@pytest.fixture
def counter(ours: Place, capsys: pytest.CaptureFixture[str]) -> Trace:
    """Return what runs when a post's counters are read, and then shown on the page."""
    trace = Trace()
    with ours.running() as app:
        app.once()
        ours.say(ours.post("hello", minutes=5))
        app.intake.refresh()
        ours.clock.turn(minutes=5)
        app.dispatcher.run()
        ours.clock.turn(hours=2)
        with trace.running():
            assert app.poller.run("our-x") == 1
    with trace.running():
        assert ours.here(capsys, "report", "--format", "html").code == 0
    return trace


def assert_walked(steps: list[str], trace: Trace) -> None:
    """Each step was called, and by a thread in the order of the walk."""
    assert [name for name in steps if name not in trace.called()] == []
    for names in trace.orders():
        assert [name for name in names if name in steps] == [one for one in steps if one in names]


def test_the_layers_are_those_that_the_imports_are_held_against() -> None:
    lines = [line for line in section("The layers").splitlines() if line.startswith("    ")]
    layers = [{*line.strip().split("  ")[0].split(", ")} for line in reversed(lines)]
    assert layers == [{*floor} for floor in dict.fromkeys(map(frozenset, FLOORS))]


def test_the_walk_names_what_runs_in_the_order_in_which_it_runs(post: Trace) -> None:
    assert_walked(steps(POST), post)


def test_the_walk_is_short() -> None:
    assert len(steps(POST)) == len({*steps(POST)}) <= MOST_STEPS


def test_no_layer_between_two_steps_is_left_out(post: Trace) -> None:
    """What calls a step is a step, up to where the heartbeat or a thread begins."""
    left_out = {
        f"{caller} calls {name}"
        for name in {*steps(POST)} - ENTRIES
        for caller in post.callers(name) or {"nothing of ours"}
        if caller not in steps(POST)
    }
    assert left_out == set()


def test_what_ties_pieces_together_is_a_step(post: Trace) -> None:
    """The nouns of ``model`` do not count, nor what SQLAlchemy calls of ours."""
    tying = {
        name: others
        for name in post.called()
        if name not in steps(POST) and not is_leaf(split(name)[0])
        if len(others := called_elsewhere(post, name)) >= MANY
    }
    assert tying == {}


def called_elsewhere(trace: Trace, name: str) -> set[str]:
    own = {split(name)[0], "store.types"}
    called = {one for one in trace.called_by(name) if split(one)[0] not in own}
    return {one for one in called if room(one) != "model"}


def test_what_writes_and_what_asks_the_platform_is_a_step(post: Trace) -> None:
    begin = ("store.database.Database.writing", "platforms.x.session.Line.ask")
    assert set().union(*map(post.callers, begin)) - {*steps(POST)} == set()


def test_every_module_on_the_way_is_walked_or_named_as_taken_at_its_word(post: Trace) -> None:
    walked = {split(name)[0] for name in steps(POST)}
    met = {split(name)[0] for name in post.called()}
    assert {name for name in met if name not in walked and not is_leaf(name)} == set()
    assert {name for name in walked if is_leaf(name)} == set()
    assert {leaf for leaf in leaves() if not any(covers(leaf, name) for name in met)} == set()


def test_what_is_handed_from_room_to_room_is_a_concept_and_there_are_few(post: Trace) -> None:
    """Of another room than the step that takes or gives it, or of a step that one calls."""
    known, missing = {thing(name) for name in concepts()}, set()
    for step in steps(POST):
        called = any(room(caller) != room(step) for caller in post.callers(step))
        for one, home in handed(step).items():
            if (called or home != room(step)) and one not in known:
                missing.add(f"{one} of {step}")
    assert missing == set()
    assert len(known) == len(concepts()) <= MOST_CONCEPTS


def test_the_counters_walk_names_what_runs_in_the_order_in_which_it_runs(counter: Trace) -> None:
    assert_walked(steps(COUNTER), counter)
