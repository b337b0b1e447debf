"""``docs/architecture.md`` names the code that runs for a post, a counter and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.architecture import (
    LAYERS,
    Trace,
    annotated_types,
    concepts,
    covers,
    is_leaf,
    leaves,
    resolve,
    section,
    split_name,
    steps,
    top_package,
)

from bot.model import State

if TYPE_CHECKING:
    from helpers.run import SandboxProject

pytest_plugins = ["helpers.run"]

POST, COUNTER = "One post, from YAML to published", "One counter, from the answer to the page"
PICTURE = "One picture, uploaded before its post is due"

EFFECTS = ("database.connections.Database.writing", "platforms.x.transport.XTransport.send")
"""Functions that begin a write or ask the platform."""

MOST_STEPS = 40
MOST_CONCEPTS = 25

MANY = 3
"""A function that calls so many functions of other modules is a step."""

ENTRIES = {
    "runtime.sync.QueueSync.watch",
    "delivery.dispatcher.Dispatcher.run",
    "delivery.sending.send",
}
"""Functions that the scheduler calls, and the first function of a sending thread."""


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """Return the calls from a post's file to its publication on a local server."""
    from helpers.run import (
        sandbox_project,  # not at the top, because pytest must rewrite its asserts first
    )

    trace = Trace()
    with (
        sandbox_project(tmp_path_factory.mktemp("walk") / "ours") as ours,
        ours.started_app() as app,
    ):
        app.run_once()  # asks whose the keys are, while no post is due
        ours.write_campaign(ours.post("hello", minutes=5))
        app.queue_sync.watch()  # a file counts as finished once two checks find the same
        with trace.recording():
            app.queue_sync.watch()
        ours.clock.advance(minutes=5)
        with trace.recording():
            app.dispatcher.run()
        assert app.queue.count_by_state() == {State.PUBLISHED: 1}
    return trace


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """Return the calls that upload the picture of a post ahead."""
    from helpers.campaigns import save_picture
    from helpers.run import sandbox_project

    trace = Trace()
    with (
        sandbox_project(tmp_path_factory.mktemp("walk") / "ours") as ours,
        ours.started_app() as app,
    ):
        app.run_once()
        save_picture(ours.folder / "posts" / "chart.png")
        media = "media: [{file: chart.png, alt: A chart.}]"
        ours.write_campaign(ours.post("hello", more=media, minutes=5))
        app.queue_sync.refresh()
        ours.clock.advance(minutes=4)
        with trace.recording():
            app.uploads.run()
    return trace


@pytest.fixture
def counter(ours: SandboxProject) -> Trace:
    """Return the calls that read a post's counters twice and show them on the page."""
    trace = Trace()
    with ours.started_app() as app:
        app.run_once()
        ours.write_campaign(ours.post("hello", minutes=5))
        app.queue_sync.refresh()
        ours.clock.advance(minutes=5)
        app.dispatcher.run()
        for _ in range(2):  # the second reading adds to the first
            ours.clock.advance(hours=2)
            with trace.recording():
                assert app.poller.run("our-x") == 1
    with trace.recording():
        assert ours.run_cli("report", "--format", "html").code == 0
    return trace


def assert_walked(steps: list[str], trace: Trace) -> None:
    """Assert that every step was called, in the order of the walk within each thread."""
    assert [name for name in steps if name not in trace.called()] == []
    for names in trace.calls_by_thread():
        assert [name for name in names if name in steps] == [one for one in steps if one in names]


def test_the_layers_are_those_that_the_imports_are_held_against() -> None:
    lines = [line for line in section("The layers").splitlines() if line.startswith("    ")]
    layers = [{*line.strip().split("  ")[0].split(", ")} for line in reversed(lines)]
    assert layers == [{*floor} for floor in dict.fromkeys(map(frozenset, LAYERS))]


def test_the_walk_names_the_calls_in_their_order(post: Trace) -> None:
    assert_walked(steps(POST), post)


def test_the_walk_is_short() -> None:
    assert len(steps(POST)) == len({*steps(POST)}) <= MOST_STEPS


def test_no_layer_between_two_steps_is_left_out(post: Trace) -> None:
    """Every caller of a step is a step, unless the scheduler or a thread begins there."""
    left_out = {
        f"{caller} calls {name}"
        for name in {*steps(POST)} - ENTRIES
        for caller in post.callers(name) or {"nothing of ours"}
        if caller not in steps(POST)
    }
    assert left_out == set()


def test_functions_that_connect_modules_are_steps(post: Trace) -> None:
    """The classes of ``model`` and our column types, which SQLAlchemy calls, do not count."""
    tying = {
        name: others
        for name in post.called()
        if name not in steps(POST) and not is_leaf(split_name(name)[0])
        if len(others := called_elsewhere(post, name)) >= MANY
    }
    assert tying == {}


def called_elsewhere(trace: Trace, name: str) -> set[str]:
    own = {split_name(name)[0], "database.types"}
    called = {one for one in trace.called_by(name) if split_name(one)[0] not in own}
    return {one for one in called if top_package(one) != "model"}


def test_functions_that_write_or_ask_the_platform_are_steps(post: Trace) -> None:
    assert set().union(*map(post.callers, EFFECTS)) - {*steps(POST)} == set()


def test_every_module_on_the_way_is_walked_or_named_as_taken_at_its_word(post: Trace) -> None:
    walked = {split_name(name)[0] for name in steps(POST)}
    met = {split_name(name)[0] for name in post.called()}
    assert {name for name in met if name not in walked and not is_leaf(name)} == set()
    assert {name for name in walked if is_leaf(name)} == set()
    assert {leaf for leaf in leaves() if not any(covers(leaf, name) for name in met)} == set()


def test_types_handed_between_packages_are_few_and_named(post: Trace) -> None:
    """A type counts if its package differs from the step's or from the package of its caller."""
    known, missing = {resolve(name) for name in concepts()}, set()
    for step in steps(POST):
        called = any(top_package(caller) != top_package(step) for caller in post.callers(step))
        for one, home in annotated_types(step).items():
            if (called or home != top_package(step)) and one not in known:
                missing.add(f"{one} of {step}")
    assert missing == set()
    assert len(known) == len(concepts()) <= MOST_CONCEPTS


def test_the_counters_walk_names_the_calls_in_their_order(counter: Trace) -> None:
    assert_walked(steps(COUNTER), counter)


def test_the_pictures_walk_names_the_calls_in_their_order(picture: Trace) -> None:
    assert_walked(steps(PICTURE), picture)


def test_functions_that_write_or_ask_about_a_picture_are_steps(picture: Trace) -> None:
    assert set().union(*map(picture.callers, EFFECTS)) - {*steps(PICTURE)} == set()
