"""A file that asks for fewer approvals than before lets nothing out by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot.database.audit import read_entries
from bot.services.approving import approve, held_floors, waiting

if TYPE_CHECKING:
    from helpers.run import SandboxProject

    from bot.runtime.loop_app import LoopApp


pytest_plugins = ["helpers.run"]

HEAD = "campaign: {name}\ntitle: Ours\ntimezone: UTC\naccounts: [our-x]\n"
WORDS = "Come to the hearing at the county hall on Monday."


def say(
    ours: SandboxProject,
    floor: str = "require_approval: 2\n",
    *,
    post: str = "soon",
    name: str = "ours",
    text: str = WORDS,
) -> None:
    """Write the one campaign, whose post is due just now by the clock."""
    ours.write_campaign(ours.post(post, text), head=HEAD.format(name=name) + floor)


def follow(app: LoopApp) -> None:
    app.queue_sync.refresh()
    app.run_once()


def logged(app: LoopApp, what: str) -> list[dict[str, object]]:
    return [dict(entry.detail) for entry in read_entries(app.database) if entry.what == what]


@pytest.mark.parametrize("floor", ["require_approval: 0\n", "require_approval: 1\n", ""])
def test_lowered_floor_lets_out_nothing_until_a_named_person_confirms_it(
    ours: SandboxProject, floor: str
) -> None:
    say(ours)
    with ours.started_app() as app:
        for pending in waiting(app):
            approve(app, pending, "Ana")
        say(ours, floor)
        follow(app)
        follow(app)
        assert ours.texts() == []
        [held] = held_floors(app)
        asked = int(floor.strip()[-1]) if floor else 0
        assert (held.needed, held.asked) == (2, asked)
        [entry] = logged(app, "fewer approvals asked")
        line = 5 if floor else 1
        assert (entry["from"], entry["to"]) == (2, asked)
        assert str(entry["file"]).endswith(f"posts/ours.yaml:{line}")
    listed = ours.run_cli("review", "--list")
    assert (
        "Its posts still need 2 until somebody confirms it: groundswell review --lower ours"
        in listed.err
    )
    printed = "ours asks for fewer approvals than before: groundswell review --lower ours"
    for command in ("status", "inbox"):
        assert printed in ours.run_cli(command).out
    ran = ours.run_cli("review", "--lower", "ours", "--as", "Ben", "--json")
    lowered = json.loads(ran.out)
    assert (lowered["before"], lowered["needed"], lowered["who"]) == (2, asked, "Ben")
    with ours.started_app() as app:
        [entry] = logged(app, "fewer approvals")
        assert (entry["from"], entry["to"]) == (2, asked)
        assert held_floors(app) == []
        follow(app)
    assert ours.texts() == [WORDS]


def test_new_post_of_a_lowered_campaign_needs_as_many(ours: SandboxProject) -> None:
    say(ours)
    with ours.started_app() as app:
        say(ours, "", post="later", text="Nobody has read this one before it was added.")
        follow(app)
        assert ours.texts() == []
        assert ours.deliveries()["later"].approvals == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [("other", WORDS), ("other", WORDS.replace("Monday", "Tuesday")), ("other", WORDS.upper())],
)
def test_post_moved_to_another_campaign_needs_as_many_as_before(
    ours: SandboxProject, name: str, text: str
) -> None:
    say(ours)
    with ours.started_app() as app:
        say(ours, "", name=name, post="moved", text=text)
        follow(app)
        follow(app)
        assert ours.texts() == []
        assert ours.deliveries()["moved"].approvals == 2
        [entry] = logged(app, "approvals kept")
        assert (entry["from"], entry["to"]) == (2, 0)
        assert str(entry["file"]).endswith("posts/ours.yaml:6")


def test_post_taken_out_first_and_added_elsewhere_later_needs_as_many(ours: SandboxProject) -> None:
    say(ours)
    with ours.started_app() as app:
        ours.write_campaign("", head=HEAD.format(name="ours") + "posts: []\n")
        follow(app)
        say(ours, "", name="other", post="moved")
        follow(app)
        assert ours.texts() == []
        assert ours.deliveries()["moved"].approvals == 2


@pytest.mark.parametrize("lose", ["dropped", "missed"])
def test_post_that_nobody_approved_and_that_is_over_needs_as_many_elsewhere(
    ours: SandboxProject, lose: str
) -> None:
    say(ours)
    with ours.started_app() as app:
        follow(app)
        [refused] = ours.deliveries().values()
        if lose == "dropped":
            app.queue.drop(refused, "Ana", app.clock.now())
        else:
            ours.drive(app, minutes=20)
        assert ours.deliveries()["soon"].state == lose
        say(ours, "", name="other", post="moved")
        follow(app)
        follow(app)
        assert ours.texts() == []
        assert ours.deliveries()["moved"].approvals == 2


def test_another_post_of_another_campaign_is_free(ours: SandboxProject) -> None:
    say(ours)
    with ours.started_app() as app:
        say(ours, "", name="other", post="fresh", text="Our bake sale begins at noon today.")
        follow(app)
    assert ours.texts() == ["Our bake sale begins at noon today."]


def test_floor_that_is_not_lower_cannot_be_confirmed(ours: SandboxProject) -> None:
    say(ours)
    ours.take_in()
    ran = ours.run_cli("review", "--lower", "ours", "--as", "Ben")
    assert (ran.code, "Q512" in ran.err) == (1, True)
