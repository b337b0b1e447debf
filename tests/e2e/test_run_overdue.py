from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from helpers.run import SandboxProject

    Capture = pytest.CaptureFixture[str]

pytest_plugins = ["helpers.run"]

THREAD = "thread:\n  - The first part.\n  - The second part."


def sent_at(ours: SandboxProject) -> list[float]:
    """Give when each post came in, in minutes after the first."""
    times = [post.created for post in ours.world.visible()]
    return [(time - times[0]).total_seconds() / 60 for time in times]


def queued(ours: SandboxProject, *posts: str, hours: float) -> None:
    """Queue them now; then the machine is down for so long."""
    ours.write_campaign(*posts)
    with ours.started_app():
        pass
    ours.clock.advance(hours=hours)


def test_overdue_within_grace_goes_out_spaced(ours: SandboxProject) -> None:
    queued(ours, *(ours.post(f"p{n}", minutes=50 + n) for n in range(3)), hours=1)
    with ours.started_app() as app:
        ours.drive(app)
    first, second, *rest = sent_at(ours)
    # Two are still in time, five minutes apart; the third would have been too late by then.
    assert first == 0
    assert 5 <= second < 5.2
    assert rest == []


def test_longer_grace_lets_all_catch_up_one_by_one(ours: SandboxProject) -> None:
    ours.configure("gap: 0s", "gap: 0s\n    grace: 2h")
    queued(ours, *(ours.post(f"p{n}", minutes=30 + n) for n in range(4)), hours=1)
    with ours.started_app() as app:
        ours.drive(app, minutes=30)
    assert ours.texts() == [f"Post p{n}." for n in range(4)]
    gaps = [b - a for a, b in zip(sent_at(ours), sent_at(ours)[1:], strict=False)]
    assert all(5 <= gap < 5.2 for gap in gaps)


def test_later_than_grace_is_missed_and_listed_not_flooded_out(
    ours: SandboxProject, capsys: Capture
) -> None:
    ours.clock.advance(hours=-6)  # so that the inbox, which has the machine's time, sees it as past
    queued(ours, *(ours.post(f"p{n}", minutes=n) for n in range(1, 31)), hours=6)
    with ours.started_app() as app:
        ours.drive(app, minutes=10)
    assert ours.texts() == []
    assert set(ours.states().values()) == {"missed"}
    told = ours.run_cli(capsys, "inbox")
    assert told.code == 0
    assert "Not sent in the past week:" in told.out
    listed = [line for line in told.out.splitlines() if ": missed, " in line]
    assert len(listed) == 30
    assert "late, more than its grace of 15 min" in listed[0]


def test_posts_after_the_downtime_are_not_held_up_by_those_before(ours: SandboxProject) -> None:
    queued(ours, ours.post("before", minutes=5), ours.post("after", minutes=61), hours=1)
    with ours.started_app() as app:
        ours.drive(app, minutes=5)
    assert ours.states() == {"before": "missed", "after": "published"}


def test_post_past_its_end_is_expired_though_within_grace(ours: SandboxProject) -> None:
    end = ours.clock() + timedelta(minutes=55)
    post = ours.post("short", more=f"expires: {end:%Y-%m-%d %H:%M}", minutes=50)
    queued(ours, post, hours=1)
    with ours.started_app() as app:
        ours.drive(app, minutes=5)
    assert ours.states() == {"short": "expired"}
    assert ours.texts() == []


def test_thread_that_the_downtime_cut_in_half_is_left_to_a_person(ours: SandboxProject) -> None:
    ours.configure("part_gap: 0s", "part_gap: 1m")
    ours.write_campaign(ours.post("thread", more=THREAD))
    with ours.started_app() as app:
        app.run_once()
    ours.clock.advance(hours=1)
    with ours.started_app() as app:
        ours.drive(app, minutes=5)
    assert ours.texts() == ["The first part."]
    delivery = ours.deliveries()["thread"]
    assert delivery.state == "needs_human"
    assert "stopped after part 1 of 2" in delivery.reason


def test_paused_past_its_grace_is_missed_and_does_not_flood_out(ours: SandboxProject) -> None:
    ours.write_campaign(*(ours.post(f"p{n}", minutes=n) for n in range(5)))
    with ours.started_app() as app:
        ours.run_cli_process("pause")
        ours.drive(app, minutes=30, step=60)
        ours.run_cli_process("resume")
        ours.drive(app, minutes=30, step=60)
    assert ours.texts() == []
    assert set(ours.states().values()) == {"missed"}
