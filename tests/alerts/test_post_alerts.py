"""Alerts about posts, each once with all its accounts, and about missing approvals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from helpers.store import MINUTE, NOW, PUBLISHED_POST, text_content

from bot.alerts.notices import APPROVAL_AHEAD
from bot.config import AlertSettings
from bot.database import rows
from bot.model import PauseCause, PauseRequest, ScheduleKind, State, Transition
from bot.planning.diff import Change, Hold
from bot.services.posts import copied_name
from bot.store.approvals import Approvals

if TYPE_CHECKING:
    import pytest
    from helpers.alert_team import Team

    from bot.model import Content, Delivery

pytest_plugins = ["helpers.alert_team"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THREE = (("mj", "x"), ("mj-masto", "mastodon"), ("mj-sky", "bluesky"))
MISSED = "- Did not go out: people/hart on Bluesky, Mastodon and X, due Mon 2026-03-02 07:00 EST"


def lose(team: Team, *accounts: str, state: State = State.MISSED, post: str = "hart") -> None:
    """Let a post fail on these accounts."""
    for account, platform in THREE:
        if account in accounts:
            team.fail(post, state, account=account, platform=platform)


def publish(team: Team, *accounts: str, post: str = "hart") -> None:
    for account, platform in THREE:
        if account in accounts:
            delivery = team.store.add(post, account=account, platform=platform)
            claim = team.store.must_claim(delivery, team.clock.now())
            done = Transition(State.PUBLISHED, published=PUBLISHED_POST)
            team.store.close(claim, done, now=team.clock.now())


class TestLostPosts:
    def test_post_that_is_lost_everywhere_is_one_line(self, team: Team) -> None:
        lose(team, "mj", "mj-masto", "mj-sky")
        [text] = team.run()
        assert text == f"{MISSED}: missed: too late"
        assert [*team.run(), *team.run(team.another(), days=1)] == []

    def test_alert_of_a_post_lost_on_one_network_says_on_which_it_is_out(self, team: Team) -> None:
        publish(team, "mj", "mj-sky")
        lose(team, "mj-masto")
        [text] = team.run()
        assert text == (
            "- Did not go out everywhere: people/hart, due Mon 2026-03-02 07:00 EST: "
            "missed on Mastodon: too late; out on Bluesky and X"
        )

    def test_network_that_is_lost_later_is_another_alert_with_the_first(self, team: Team) -> None:
        lose(team, "mj", state=State.REJECTED)
        assert len(team.run()) == 1
        lose(team, "mj-masto")
        [text] = team.run(minutes=15)
        assert "refused on X: too late; missed on Mastodon: too late" in text
        assert team.run() == []

    def test_alerts_of_an_older_version_are_not_sent_again(self, team: Team) -> None:
        """An older database has an alert for each delivery by itself."""
        lose(team, "mj", "mj-masto")
        for delivery in team.store.queue.all():
            key = f"missed:{delivery.key}:{delivery.due.isoformat()}:{delivery.fence}"
            team.worker.alerts.add([(key, "team", "failed", "")], NOW)
        assert team.run() == []

    def test_posts_of_one_id_in_two_campaigns_are_two_lines(self, team: Team) -> None:
        lose(team, "mj")
        key = "others/hart/mj-sky/once"
        team.fail("hart", account="mj-sky", platform="bluesky", campaign="others", key=key)
        [text] = team.run()
        assert "people/hart on X, due" in text
        assert "others/hart on Bluesky, due" in text

    def test_recurring_post_is_named_with_its_day(self, team: Team) -> None:
        label = "2026-03-02T07:00"
        team.fail(kind=ScheduleKind.EVERY, label=label, key=f"people/hart/mj/{label}")
        [text] = team.run()
        name = (
            "people/hart@\N{ZERO WIDTH SPACE}2026-03-02"  # so that no chat takes it for a mention
        )
        assert f"Did not go out: {name} on X, due" in text
        assert copied_name(name) == "people/hart@2026-03-02"

    def test_post_that_needs_a_person_on_two_networks_is_one_line(self, team: Team) -> None:
        publish(team, "mj-sky")
        lose(team, "mj", "mj-masto", state=State.NEEDS_HUMAN)
        [text] = team.run()
        assert text.startswith("- Needs a person (groundswell inbox): people/hart, due Mon")
        assert text.endswith("needs you on Mastodon and X: too late; out on Bluesky")

    def test_digest_counts_posts(self, team: Team) -> None:
        for number in range(5):
            lose(team, "mj", "mj-masto", "mj-sky", post=f"p{number}")
        text = team.worker.digest(NOW + MINUTE)
        assert text.count("- Did not go out: people/p") == 3
        assert "- Did not go out: 2 more." in text


def want(team: Team, post: str = "hart", due: timedelta = DAY, needed: int = 1) -> list[Delivery]:
    """Queue a post on three networks, due so long after NOW, that needs approval."""
    return [
        team.store.add(post, account=account, platform=platform, due=NOW + due, approvals=needed)
        for account, platform in THREE
    ]


def approve(team: Team, *deliveries: Delivery, who: str = "Ana") -> None:
    for delivery in deliveries:
        digest = delivery.approval_digest
        Approvals(team.store.database).approve(delivery.subject, digest, who, team.clock.now())


def edit(team: Team, delivery: Delivery, text: str) -> None:
    new = replace(team.store.now(delivery), content=text_content(text))
    team.store.queue.apply([Change(team.store.now(delivery), new, ("content",))], NOW)


def alert_hours(team: Team, hours: int) -> list[int]:
    """Return the hours from now at which the team got an alert."""
    return [hour for hour in range(1, hours + 1) if team.run(hours=1)]


class TestApprovalWanted:
    def test_alerts_come_a_day_before_and_two_hours_before(self, team: Team) -> None:
        assert APPROVAL_AHEAD == (DAY, 2 * HOUR)
        want(team, due=3 * DAY)
        assert team.run() == []
        assert alert_hours(team, 71) == [48, 70]

    def test_message_names_the_post_once_and_the_command(self, team: Team) -> None:
        want(team, needed=2)
        [text] = team.run()
        assert text == (
            "- Approval wanted (groundswell review): a post is due soon, and will not be sent "
            "without it: people/hart on Bluesky, Mastodon and X, Tue 2026-03-03 07:00 EST, lacks 2 "
            "approvals"
        )

    def test_twelve_posts_are_one_message(self, team: Team) -> None:
        for number in range(12):
            want(team, f"p{number:02}", due=DAY + number * HOUR)
        [text] = team.run()
        assert len(text.splitlines()) == 1
        assert "12 posts are due soon" in text
        assert "people/p02 on" in text
        assert text.endswith("; and 9 more")
        assert alert_hours(team, 21) == []

    def test_posts_that_are_due_one_after_the_other_are_a_message_at_each_step(
        self, team: Team
    ) -> None:
        want(team, "nine", due=DAY)
        want(team, "ten", due=DAY + HOUR)
        want(team, "eleven", due=DAY + 2 * HOUR)
        assert len(team.run()) == 1
        assert alert_hours(team, 26) == [22]

    def test_post_that_is_queued_late_is_one_alert(self, team: Team) -> None:
        want(team, due=HOUR)
        [text] = team.run()
        assert "people/hart" in text
        assert team.run(minutes=50) == []

    def test_approved_post_is_no_alert_and_its_lapsed_network_is(self, team: Team) -> None:
        post = want(team)
        approve(team, *post)
        assert team.run() == []
        edit(team, post[1], "An edit")
        [text] = team.run(minutes=10)
        assert "people/hart on Mastodon, Tue 2026-03-03 07:00 EST, lacks 1 approval" in text

    def test_edits_after_an_alert_are_not_news(self, team: Team) -> None:
        post = want(team)
        assert len(team.run()) == 1
        for number in range(3):
            edit(team, post[0], f"Edit {number}")
            assert team.run(minutes=10) == []

    def test_one_of_two_approvals_leaves_one_to_want(self, team: Team) -> None:
        approve(team, *want(team, needed=2))
        [text] = team.run()
        assert text.endswith("lacks 1 approval")

    def test_post_that_left_the_files_waits_for_a_word_and_not_for_approval(
        self, team: Team
    ) -> None:
        post = want(team)
        team.store.queue.apply([Hold(delivery, "") for delivery in post], NOW)
        assert not any("Approval wanted" in text for text in team.run())

    def test_channel_that_did_not_ask_for_it_gets_no_alert(self, team: Team) -> None:
        team.settings = AlertSettings({"team": frozenset({"failed"})})
        want(team)
        assert team.run(team.another()) == []

    def test_each_day_of_a_recurring_post_is_an_alert(self, team: Team) -> None:
        for day in (1, 2):
            label = f"2026-03-0{2 + day}T07:00"
            key = f"people/hart/mj/{label}"
            kind = ScheduleKind.EVERY
            team.store.add(label=label, key=key, kind=kind, due=NOW + day * DAY, approvals=1)
        [text] = team.run()
        assert "a post is due soon" in text
        assert "people/hart on X, Tue 2026-03-03" in text

    def test_hourly_post_is_one_alert_a_day_for_each_of_its_wordings(self, team: Team) -> None:
        """An alert an hour would be read by nobody."""
        for hour in range(1, 60):
            label = f"{(NOW + hour * HOUR):%Y-%m-%dT%H:%M}"
            wording = "b" if hour == 9 else "a"
            team.store.add(
                label=label,
                key=f"people/hart/mj/{label}",
                kind=ScheduleKind.EVERY,
                due=NOW + hour * HOUR,
                approvals=1,
                wording=wording,
                content=text_content(f"In the words {wording}"),
                grace=timedelta(minutes=10),
            )
        assert len(team.run()) == 1
        assert alert_hours(team, 48) == [7, 12, 36]  # the other wording, and the next days

    def test_channel_that_wants_no_lost_posts_reads_none(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        team.settings = AlertSettings({"team": frozenset({"digest"})})
        worker = team.another()
        lose(team, "mj")
        read: list[object] = []
        monkeypatch.setattr(team.store.queue, "of_posts", read.append)
        assert (team.run(worker), read) == ([], [])

    def test_posts_that_are_due_later_are_not_read(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A month of posts is not read every few minutes."""
        want(team)
        for number in range(3):
            far = {"due": NOW + (9 + number) * DAY, "content": text_content(f"Later {number}")}
            team.store.add(f"p{number}", approvals=1, **far)
        read: list[str] = []
        content = rows.content

        def noted(text: str) -> Content:
            read.append(text)
            return content(text)

        monkeypatch.setattr(rows, "content", noted)
        [text] = team.run()
        assert "a post is due soon" in text
        assert read
        assert not [words for words in read if "Later" in words]

    def test_it_waits_while_the_clock_is_in_doubt(self, team: Team) -> None:
        want(team)
        doubt = PauseRequest("all", "", "the clock jumped", PauseCause.CLOCK)
        team.store.queue.pause(doubt, "groundswell", NOW)
        assert not any("Approval wanted" in text for text in team.run())
        team.store.queue.resume("all", "", "Ana", NOW)
        assert any("Approval wanted" in text for text in team.run(minutes=10))

    def test_failing_channel_gets_all_of_them_once_it_is_back(self, team: Team) -> None:
        team.box.status = 503
        want(team, "one")
        want(team, "two", due=DAY + HOUR)
        assert team.run() == []
        team.box.status = 200
        [text] = team.run(minutes=1)
        assert "people/one on" in text
        assert "people/two on" in text
        assert alert_hours(team, 20) == []
