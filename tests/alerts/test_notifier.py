"""Alerts on a real channel on loopback, with both databases and a fake clock."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.alerts import ALL
from helpers.cli import MemoryKeyring, use_keyring
from helpers.store import MINUTE, NOW
from sqlalchemy import update

from bot.alerts import channels as channels_module
from bot.alerts import notifier as notifier_module
from bot.alerts.notifier import RETRY_WAITS
from bot.config import AlertSettings
from bot.config.secrets import environment_variable
from bot.database.tables import deliveries
from bot.model import (
    PauseCause,
    PauseRequest,
    Slot,
    State,
    Transition,
)
from bot.planning.diff import Hold, Release

if TYPE_CHECKING:
    from helpers.alert_team import Team

pytest_plugins = ["helpers.alert_team"]

DAY = timedelta(days=1)
ONLY_DIGEST = AlertSettings({"team": frozenset({"digest"})}, Slot(0, NOW.time()))


class BrokenKeyring(MemoryKeyring):
    """One whose service does not answer as keyrings should."""

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - keyring's
        raise OSError("no bus")


class TestNotifier:
    def test_a_failure_is_one_alert_over_restarts_and_workers(self, team: Team) -> None:
        team.fail()
        [text] = team.run()
        assert text == (
            "- Did not go out: people/hart on X, due Mon 2026-03-02 07:00 EST: missed: too late"
        )
        assert [*team.run(), *team.run(team.another(), days=1), *team.run(days=9)] == []

    def test_each_state_that_is_a_failure_or_a_question_is_an_alert(self, team: Team) -> None:
        states = (State.REJECTED, State.MISSED, State.EXPIRED, State.NEEDS_HUMAN, State.DROPPED)
        for state in states:
            team.fail(state.value, state)
        [text] = team.run()
        for state in states:
            assert (f"people/{state} on X" in text) == (state is not State.DROPPED)
        assert "Needs a person (groundswell inbox): people/needs_human" in text

    def test_a_post_that_asks_again_after_another_try_is_another_alert(self, team: Team) -> None:
        team.fail("one", State.NEEDS_HUMAN)
        assert len(team.run()) == 1
        with team.store.database.writing() as connection:
            connection.execute(update(deliveries).values(state="scheduled"))
        delivery = team.store.get("people/one/mj/once")
        claim = team.store.must_claim(delivery, team.clock.now())
        team.store.close(claim, Transition(State.NEEDS_HUMAN), "unknown", team.clock.now())
        assert len(team.run()) == 1
        assert team.run() == []

    def test_a_new_channel_gets_no_alert_of_earlier_failures(self, team: Team) -> None:
        team.fail()
        team.settings = AlertSettings({"team": ALL, "late": ALL})
        team.environ[environment_variable("alerts-late", "url")] = team.box.url
        assert len(team.run(team.another(), minutes=5)) == 1

    def test_a_downtime_ends_with_one_message(self, team: Team) -> None:
        for number in range(50):
            team.fail(f"post-{number}")
        [text] = team.run(days=2)
        assert len(text.splitlines()) == 21
        assert "- and 30 more: see groundswell inbox" in text
        assert team.run(hours=1) == []

    def test_its_own_pause_is_an_alert_and_a_persons_is_not(self, team: Team) -> None:
        queue = team.store.queue
        refused = PauseRequest("account", "mj", "the token was refused", PauseCause.REFUSED)
        queue.pause(refused, "groundswell", NOW)
        queue.pause(PauseRequest("campaign", "people", "waiting", PauseCause.PERSON), "Ana", NOW)
        [text] = team.run()
        assert "Stopped by itself: account mj. the token was refused." in text
        assert "waiting" not in text
        queue.resume("account", "mj", "Ana", NOW)
        queue.pause(refused, "groundswell", NOW)
        assert len(team.run()) == 1

    def test_broken_files_are_one_alert_until_they_break_otherwise(self, team: Team) -> None:
        team.file_errors = ["a.yaml:1:1: L101 no", "a.yaml:2:1: L102 nor this"]
        [text] = team.run()
        assert "The campaign files have 2 mistakes" in text
        assert "First: a.yaml:1:1: L101 no" in text
        assert team.run(team.another()) == []
        team.file_errors.pop()
        assert len(team.run()) == 1

    def test_much_that_left_the_files_needs_a_person(self, team: Team) -> None:
        posts = [team.store.add(f"p{n}", due=NOW + DAY) for n in range(9)]
        team.store.queue.apply([Hold(post, "") for post in posts[:3]], NOW)
        [text] = team.run()
        assert "3 of 9 scheduled posts left the campaign files at once" in text
        assert "they will not be sent until you decide" in text
        assert team.run() == []

    def test_that_some_of_these_are_back_is_no_news_but_that_more_left_is(self, team: Team) -> None:
        posts = [team.store.add(f"p{n}", due=NOW + DAY) for n in range(9)]
        queue = team.store.queue
        queue.apply([Hold(post, "") for post in posts[:3]], NOW)
        team.run()
        queue.apply([Release(post) for post in posts[:2]], NOW + MINUTE)
        assert team.run() == []
        queue.apply([Hold(post, "") for post in posts[3:5]], NOW + 2 * MINUTE)
        [text] = team.run()
        assert "3 of 9 scheduled posts left" in text

    def test_a_channel_gets_only_the_alerts_that_it_wants(self, team: Team) -> None:
        team.settings = AlertSettings({"team": frozenset({"paused"})})
        team.fail()
        assert team.run(team.another()) == []

    # --- a channel that fails ---

    def test_a_failing_channel_is_tried_with_growing_waits_then_given_up(
        self, team: Team, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "groundswell")
        team.box.status = 500
        team.fail()
        team.run()
        for number, wait in enumerate(RETRY_WAITS, 1):
            assert team.box.request_count == number
            team.clock.advance_to(team.clock.now() + wait - timedelta(seconds=1))
            team.run()
            assert team.box.request_count == number
            team.run(seconds=1)
        assert team.box.request_count == len(RETRY_WAITS) + 1
        team.run(days=3)
        assert team.box.request_count == len(RETRY_WAITS) + 1
        assert "for good after 6 tries" in caplog.text
        assert "s3cr3tpath" not in caplog.text

    def test_a_channel_that_comes_back_gets_one_message(self, team: Team) -> None:
        team.box.status = 503
        team.fail("one")
        team.run()
        team.fail("two")
        team.box.status = 200
        assert [text.count("Did not go out") for text in team.run(minutes=1)] in ([2], [1])
        team.run(minutes=10)
        assert sum(text.count("Did not go out") for text in team.box.texts) == 2

    def test_a_failing_channel_does_not_hold_up_another(self, team: Team) -> None:
        team.settings = AlertSettings({"gone": ALL, "lacking": ALL, "team": ALL})
        team.environ[environment_variable("alerts-gone", "url")] = "json://127.0.0.1:9/"
        worker = team.another()
        worker.begin()
        team.fail()
        assert len(team.run(worker)) == 1
        assert team.run(worker, hours=1) == []

    def test_a_hanging_channel_holds_nobody_up_and_is_not_asked_twice(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(notifier_module, "SEND_SECONDS", 0.1)
        team.box.released.clear()
        team.fail()
        assert team.run() == []
        assert team.run(minutes=2) == []
        team.box.released.set()
        assert team.worker._threads.wait(["team"], 20)
        assert (len(team.box.messages), team.run(hours=1)) == (1, [])

    def test_a_shutdown_does_not_wait_for_a_channel_that_hangs(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        team.fail()
        team.leave_hanging(monkeypatch)
        team.worker.run()
        assert (team.box.request_count, team.box.messages) == (1, [])
        team.break_off(monkeypatch)
        after = team.another()
        after.begin()
        assert team.run(after) == []  # it was on its way, and may have arrived
        assert len(team.run(after, minutes=1)) == 1
        assert team.run(after, days=1) == []

    def test_alerts_not_yet_being_sent_at_a_shutdown_go_out_after_the_next_start(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        team.settings = AlertSettings({"team": ALL | {"digest"}}, Slot(0, NOW.time()))
        team.worker = team.another()
        team.clock.advance(minutes=5)
        team.fail()
        team.clock.advance(days=6, hours=23, minutes=55)
        team.leave_hanging(monkeypatch)  # over the digest, which is a message of its own
        team.break_off(monkeypatch)
        after = team.another()
        after.begin()
        [failed] = team.run(after)
        assert failed.startswith("- Did not go out")
        [digest] = team.run(after, minutes=1)
        assert digest.startswith("The week from")

    def test_an_alert_accepted_during_a_shutdown_is_not_sent_again(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        team.fail()
        running = team.hanging()
        monkeypatch.setattr(channels_module, "SHUTDOWN_SECONDS", 20)
        team.worker.shutdown()
        team.box.released.set()
        running.join(20)
        assert len(team.box.messages) == 1
        assert team.run(team.another(), days=1) == []

    def test_a_bug_in_the_digest_keeps_no_failure_back(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        team.settings = AlertSettings({"team": ALL | {"digest"}})
        worker = team.another()
        monkeypatch.setattr(notifier_module, "last_due", lambda *_: 1 / 0)
        team.fail()
        with pytest.raises(ZeroDivisionError):
            worker.run()
        assert [text[:18] for text in team.box.texts] == ["- Did not go out: "]

    def test_a_keyring_that_breaks_stops_neither_the_start_nor_the_other_channels(
        self, team: Team, caplog: pytest.LogCaptureFixture
    ) -> None:
        team.settings = AlertSettings({"kept": ALL, "team": ALL})
        worker = team.another()
        with use_keyring(BrokenKeyring()):
            worker.begin()
            team.fail()
            assert len(team.run(worker)) == 1
        words = "alerts: kept cannot be used: its URL cannot be read: OSError: no bus"
        assert words in caplog.text

    def test_an_alert_whose_worker_died_is_sent_by_the_next_one_later(self, team: Team) -> None:
        team.fail()
        team.worker._note_new()
        alerts, now = team.worker.alerts, team.clock.now()
        assert len(alerts.claim(alerts.due(now, 6, max(RETRY_WAITS)), now + RETRY_WAITS[0])) == 1
        assert team.run(team.another()) == []
        assert len(team.run(team.another(), minutes=1)) == 1
        assert team.run(hours=1) == []

    def test_of_two_workers_that_noticed_at_once_one_sends(self, team: Team) -> None:
        other = team.another()
        team.fail()
        team.worker._note_new()
        other._note_new()
        team.worker._send()
        other._send()
        assert len(team.box.messages) == 1

    def test_nobody_is_rung_up_by_words_in_an_alert(self, team: Team) -> None:
        words = "@everyone @here, <!channel> <@U12AB> <@&34> <#C1> <https://evil.example|ours>"
        team.fail(why=f"{words} \x1b[2J")
        [text] = team.run()
        assert not re.search(r"@\w|<|https://evil", text)
        plain = text.replace("\N{ZERO WIDTH SPACE}", "")
        assert "@everyone @here, \u2039!channel\u203a" in plain
        assert plain.rstrip().endswith("\\u001b[2J")

    def test_no_secret_is_in_an_alert(self, team: Team) -> None:
        team.fail(why=f"refused by {team.box.url}")
        team.run()  # the first message teaches the address
        team.fail("two", why="refused at s3cr3tpath")
        assert "s3cr3tpath" not in "".join([*team.box.texts, *team.run()])

    # --- the clock ---

    def test_a_clock_in_doubt_is_an_alert_and_the_digest_waits(self, team: Team) -> None:
        team.settings = AlertSettings({"team": ALL | {"digest"}}, Slot(0, NOW.time()))
        worker = team.another()
        hold = PauseRequest("all", "", "the clock is in doubt: it jumped", PauseCause.CLOCK)
        team.store.queue.pause(hold, "groundswell", NOW)
        [text] = team.run(worker, days=7)
        assert "the clock is in doubt" in text
        team.store.queue.resume("all", "", "Ana", NOW)
        [digest] = team.run(worker)
        assert digest.startswith("The week from 2026-03-02 12:00 to 2026-03-09 12:00 (UTC)")

    # --- take-offs ---

    def test_a_post_well_above_the_accounts_usual_is_one_alert(self, team: Team) -> None:
        for number in range(10):
            at = NOW - timedelta(days=13 - number)
            team.publish(f"old-{number}", at, str(number + 1), (1, 300 + number), (3, 500 + number))
        team.publish("new", NOW - timedelta(hours=2), "99", (2, 1300))
        [text] = team.run()
        assert text == (
            "- Taking off: people/new on mj has 1,300 impressions after 2 h; the account's posts "
            "usually have 404 by then, and hardly ever 1,214 (10 posts). https://x.com/mj/status/99"
        )
        assert [*team.run(minutes=11), *team.run(team.another(), minutes=11)] == []

    # --- the digest ---

    def test_the_digest_is_sent_once_a_week(self, team: Team) -> None:
        team.settings = ONLY_DIGEST
        worker, sent = team.another(), []
        for _ in range(4 * 15):
            sent += team.run(worker, hours=6)
        weeks = ["2026-02-23", "2026-03-02", "2026-03-09"]
        assert [text.splitlines()[0][14:24] for text in sent] == weeks
        assert team.run(team.another(), minutes=1) == []

    def test_after_a_long_downtime_no_old_digest_is_sent(self, team: Team) -> None:
        team.settings = ONLY_DIGEST
        assert team.run(team.another(), days=31) == []
        assert len(team.run(team.another(), days=5)) == 1

    def test_a_new_channel_waits_for_its_first_digest(self, team: Team) -> None:
        team.settings = AlertSettings({"team": frozenset({"digest"})}, Slot(6, NOW.time()))
        assert team.run(team.another(), minutes=1) == []

    def test_the_digest_holds_a_week_against_the_week_before(self, team: Team) -> None:
        team.publish("older", NOW - 10 * DAY, "1", (1, 100), (60, 400), (200, 450))
        team.publish("newer", NOW - 2 * DAY, "2", (1, 90), (24, 1000))
        team.publish("unread", NOW - DAY, "3")
        team.fail("lost")
        text = team.worker.digest(NOW + MINUTE)
        lines = text.splitlines()
        assert "- New posts: 2 (1)" in lines
        # The older had 400 a week ago. It gained 400 in the week before, and 50 in this one.
        assert "- Impressions: 1,050 (400)" in lines
        assert "- Engagements: 1,050 (400)" in lines
        assert "- Counters last read: 2026-03-01 12:00" in lines
        assert "- Posts without new figures: 1 of 3 (0 of 1)" in lines
        best = lines[lines.index("What moved people") + 2]
        assert best.startswith("1. “newer” · 1,000 engagements · rate 100.00% · no median yet")
        assert best.endswith("https://x.com/mj/status/2")

    def test_the_digest_names_what_did_not_go_out_without_its_words(self, team: Team) -> None:
        team.fail("lost", State.NEEDS_HUMAN)
        team.fail("late")
        text = team.worker.digest(NOW + MINUTE)
        assert "- Did not go out: people/late on X, due" in text
        assert "- Needs a person: people/lost on X, due" in text
        words = team.store.get("people/late/mj/once").content.text
        assert words
        assert words not in text


def test_commands_in_an_alert_name_the_config(team: Team) -> None:
    team.worker.hint = lambda text: text.replace("check", "check --config other.yaml")
    team.file_errors.append("ours.yaml:1:1: Y105 This is not YAML.")
    [text] = team.run()
    assert "See groundswell check --config other.yaml. First: ours.yaml" in text
