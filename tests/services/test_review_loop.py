"""From the file to the page, no version leaves without an approval of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.cli import CAMPAIGN_HEAD

from bot.services.approving import approve, waiting

if TYPE_CHECKING:
    from helpers.run import SandboxProject

    from bot.runtime.loop_app import LoopApp

pytest_plugins = ["helpers.run"]


def say(ours: SandboxProject, text: str = "Say this.", needed: int = 1, more: str = "") -> None:
    """Say it, due just now by the clock."""
    ours.write_campaign(
        ours.post("soon", text, more=more), head=f"{CAMPAIGN_HEAD}require_approval: {needed}\n"
    )


def everyone_approves(app: LoopApp, *people: str) -> None:
    for who in people:
        for pending in waiting(app):
            approve(app, pending, who)


def require_approval(ours: SandboxProject, needed: int) -> None:
    """Set how many must approve on the account, whatever a campaign says."""
    ours.configure("    gap: 0s\n", f"    gap: 0s\n    require_approval: {needed}\n")


@pytest.mark.parametrize(
    ("by_campaign", "by_account", "people"),
    [(1, 0, ["Ana"]), (2, 0, ["Ana", "Ben"]), (0, 2, ["Ana", "Ben"])],
)
def test_it_waits_until_enough_have_approved_it_and_then_goes_out_once(
    ours: SandboxProject, by_campaign: int, by_account: int, people: list[str]
) -> None:
    require_approval(ours, by_account)
    say(ours, needed=by_campaign)
    with ours.started_app() as app:
        for who in people:
            app.run_once()
            assert ours.texts() == []
            everyone_approves(app, who)
        app.run_once()
        app.run_once()
    assert ours.texts() == ["Say this."]


def test_edited_after_it_was_approved_it_waits_again(ours: SandboxProject) -> None:
    say(ours)
    with ours.started_app() as app:
        everyone_approves(app, "Ana")
        say(ours, "Say that.")
        app.queue_sync.refresh()
        app.run_once()
        assert ours.texts() == []
        everyone_approves(app, "Ana")
        app.run_once()
    assert ours.texts() == ["Say that."]


def test_approved_too_late_it_is_missed_and_not_asked_about(ours: SandboxProject) -> None:
    say(ours)
    with ours.started_app() as app:
        ours.clock.advance(minutes=20)
        assert waiting(app) == []
        app.run_once()
    assert ours.states() == {"soon": "missed"}
    assert "approval" in ours.deliveries()["soon"].reason


def test_floor_holds_posts_queued_before_it_even_if_the_files_are_broken(
    ours: SandboxProject,
) -> None:
    say(ours, needed=0)
    ours.take_in()
    require_approval(ours, 1)
    ours.write_campaign(ours.post("soon", "Say this."), "  - id: broken\n")
    with ours.started_app() as app:
        assert ours.deliveries()["soon"].approvals == 0  # as it was queued
        app.run_once()
        assert ours.texts() == []
        everyone_approves(app, "Ana")
        app.run_once()
    assert ours.texts() == ["Say this."]


def test_approved_once_it_waits_again_when_it_is_to_come_every_hour(ours: SandboxProject) -> None:
    say(ours)
    with ours.started_app() as app:
        everyone_approves(app, "Ana")
        hours = ", ".join(f"'{hour:02}:00'" for hour in range(24))
        post = f"  - id: soon\n    when: {{ every: day, at: [{hours}] }}\n    text: Say this.\n"
        ours.write_campaign(post, head=f"{CAMPAIGN_HEAD}require_approval: 1\n")
        app.queue_sync.refresh()
        [one] = waiting(app)
        assert len(one.first.deliveries) > 600
        ours.drive(app, minutes=61, step=60)
    assert ours.texts() == []
