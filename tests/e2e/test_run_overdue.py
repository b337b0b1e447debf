from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]


def sent_at(ours: SandboxProject) -> list[float]:
    """Return the time of each post in minutes after the first."""
    times = [post.created for post in ours.world.visible()]
    return [(time - times[0]).total_seconds() / 60 for time in times]


def queued(ours: SandboxProject, *posts: str, hours: float) -> None:
    """Queue posts now, then let the machine be down for so long."""
    ours.write_campaign(*posts)
    with ours.started_app():
        pass
    ours.clock.advance(hours=hours)


def test_longer_grace_lets_all_catch_up_one_by_one(ours: SandboxProject) -> None:
    ours.configure("gap: 0s", "gap: 0s\n    grace: 2h")
    queued(ours, *(ours.post(f"p{n}", minutes=30 + n) for n in range(4)), hours=1)
    with ours.started_app() as app:
        ours.drive(app, minutes=30)
    assert ours.texts() == [f"Post p{n}." for n in range(4)]
    gaps = [b - a for a, b in zip(sent_at(ours), sent_at(ours)[1:], strict=False)]
    assert all(5 <= gap < 5.2 for gap in gaps)


def test_later_than_grace_is_missed_and_listed_not_flooded_out(ours: SandboxProject) -> None:
    ours.clock.advance(hours=-6)  # the inbox uses the machine's time, which must be later
    queued(ours, *(ours.post(f"p{n}", minutes=n) for n in range(1, 31)), hours=6)
    with ours.started_app() as app:
        ours.drive(app, minutes=10)
    assert ours.texts() == []
    assert set(ours.states().values()) == {"missed"}
    inbox = ours.run_cli("inbox")
    assert inbox.code == 0
    assert "Not sent in the past week:" in inbox.out
    for number in range(1, 31):
        assert inbox.out.count(f" Post p{number}.\n") == 1
    assert inbox.out.count(" late, more than its grace of 15 min\n") == 30


def test_posts_after_the_downtime_are_not_held_up_by_those_before(ours: SandboxProject) -> None:
    queued(ours, ours.post("before", minutes=5), ours.post("after", minutes=61), hours=1)
    with ours.started_app() as app:
        ours.drive(app, minutes=5)
    assert ours.states() == {"before": "missed", "after": "published"}
