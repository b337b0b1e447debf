"""The alerts of a team, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from helpers.store import LATER, MINUTE, NOW, TO_PUBLISHED, Store, at_once

from bot.store.alerts import Alert, Alerts

DAY = timedelta(days=1)


def due(alerts: Alerts, now: object = NOW) -> list[Alert]:
    return alerts.due(now, 3, DAY)  # type: ignore[arg-type]


@pytest.fixture
def alerts(store: Store) -> Alerts:
    return Alerts(store.database)


class TestAlerts:
    def test_a_thing_is_noted_once_for_each_channel(self, alerts: Alerts) -> None:
        for text in ("first words", "other words"):
            alerts.add([("missed:1", channel, "failed", text) for channel in ("team", "mail")], NOW)
        assert [(alert.channel, alert.text) for alert in due(alerts)] == [
            ("team", "first words"),
            ("mail", "first words"),
        ]
        assert alerts.noted_keys("team", ["missed:1", "missed:2"]) == {"missed:1"}
        assert alerts.noted_keys("other", ["missed:1"]) == set()

    def test_a_claimed_alert_waits_for_its_next_try(self, alerts: Alerts) -> None:
        alerts.add([("a", "team", "failed", "x")], NOW)
        [claimed] = alerts.claim(due(alerts), NOW + MINUTE)
        assert due(alerts) == []
        [again] = due(alerts, NOW + MINUTE)
        assert (again.id, again.tries) == (claimed.id, 1)

    def test_of_many_that_claim_at_once_one_does(self, store: Store) -> None:
        alerts = Alerts(store.database)
        alerts.add([(str(n), "team", "failed", "x") for n in range(20)], NOW)
        waiting = due(alerts)

        def claim(_: int) -> list[Alert]:
            return alerts.claim(waiting, LATER)

        claimed = [alert.key for alerts in at_once(4, claim) for alert in alerts]
        assert sorted(claimed) == sorted(alert.key for alert in waiting)

    def test_a_sent_alert_is_not_due_again(self, alerts: Alerts) -> None:
        alerts.add([("a", "team", "failed", "x")], NOW)
        alerts.mark_sent(alerts.claim(due(alerts), LATER), NOW)
        assert due(alerts, LATER) == []
        assert alerts.claim([Alert(1, "a", "team", "failed", "x", NOW, 1)], LATER) == []

    def test_after_the_last_try_it_is_left(self, alerts: Alerts) -> None:
        alerts.add([("a", "team", "failed", "x")], NOW)
        for _ in range(3):
            assert len(alerts.claim(due(alerts), NOW)) == 1
        assert due(alerts) == []

    def test_a_wait_that_a_wrong_clock_set_does_not_last(self, alerts: Alerts) -> None:
        alerts.add([("a", "team", "failed", "x")], NOW + 30 * DAY)
        assert len(due(alerts)) == 1

    def test_a_channel_begins_when_it_is_first_seen(self, alerts: Alerts) -> None:
        assert alerts.channel_since("team", NOW) == NOW
        assert alerts.channel_since("team", LATER) == NOW
        assert alerts.channel_since("team", NOW - DAY) == NOW - DAY

    def test_first_parts_are_those_an_account_published_in_a_span(
        self, store: Store, alerts: Alerts
    ) -> None:
        store.close(store.must_claim(store.add()), TO_PUBLISHED)
        assert len(alerts.first_parts("mj", NOW, NOW + MINUTE)) == 1
        assert alerts.first_parts("mj", NOW + MINUTE, LATER) == []
        assert alerts.first_parts("athena", NOW, LATER) == []
