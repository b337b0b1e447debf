"""``groundswell alerts`` and the alerts of the loop, with a real channel on loopback."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from helpers.alerts import ChannelServer, channel_server
from helpers.cli import MemoryKeyring, use_keyring

from bot.reports.answer import LINE_CHARS
from bot.reports.table import one_line
from bot.runtime.loop import run_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

TEAM = "GROUNDSWELL_ALERTS_TEAM_URL"
SOON = 9  # seconds; an idle loop ends in one or two, and a channel may take ten
CHANNELS = "alerts: {channels: {team: [failed, files, digest]}}\n"


@pytest.fixture
def box() -> Iterator[ChannelServer]:
    with channel_server() as made:
        yield made


@pytest.fixture
def team(
    ours: SandboxProject, box: ChannelServer, monkeypatch: pytest.MonkeyPatch
) -> SandboxProject:
    """Return the project with a channel, whose address is in the environment."""
    ours.configure("campaigns:", f"{CHANNELS}campaigns:")
    before = {**ours.environ, TEAM: box.url}
    monkeypatch.setattr(type(ours), "environ", property(lambda _: before))  # of processes
    monkeypatch.setenv(TEAM, box.url)
    monkeypatch.chdir(ours.folder)
    return ours


def test_a_test_message_reaches_each_channel(team: SandboxProject, box: ChannelServer) -> None:
    ran = team.run_cli("alerts", "test")
    assert (ran.code, ran.out, ran.err) == (0, "team: sent\n", "")
    assert box.texts == ["This is a test. Groundswell's alerts will be sent here."]


def test_a_channel_that_fails_is_shown_with_the_reason_and_no_secret(
    team: SandboxProject, box: ChannelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.configure("{team: [failed, files, digest]}", "{gone: [failed], team: [failed], no: []}")
    monkeypatch.setenv("GROUNDSWELL_ALERTS_GONE_URL", "json://user:passw0rt@127.0.0.1:9/t0kenpath")
    ran = team.run_cli("alerts", "test")
    assert (ran.code, ran.out, len(box.texts)) == (1, "team: sent\n", 1)
    assert "gone: A Connection error occurred sending JSON notification" in ran.err
    assert (
        "no: there is no GROUNDSWELL_ALERTS_NO_URL; set it, or run: groundswell alerts" in ran.err
    )
    assert not {"passw0rt", "t0kenpath", "Traceback"} & {*ran.err.replace("/", " ").split()}
    monkeypatch.setenv(TEAM, "nosuchservice://t0kenpath")
    assert "apprise does not recognise its URL" in team.run_cli("alerts", "test").err


def test_without_the_extra_it_says_what_to_install(
    team: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.extras.find_spec", lambda _: None)
    ran = team.run_cli("alerts", "test")
    assert ran.code == 1
    assert "G115 alerts.channels needs the extra alerts, which is not installed. Run: " in ran.err
    assert "[alerts]" in ran.err  # of the index, or of the wheel that this was installed from


def test_a_broken_extra_is_the_reason_why_a_message_was_not_sent(
    team: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise ImportError("cannot import name 'Apprise'")

    monkeypatch.setattr("bot.extras.import_module", fail)
    ran = team.run_cli("alerts", "test")
    assert ran.code == 1
    words = "team: A channel needs apprise, which is installed but broken (ImportError: cannot "
    assert f"G114 {words}import name 'Apprise'). Run: " in ran.err


def test_the_loop_starts_without_an_address_and_says_so(ours: SandboxProject) -> None:
    ours.configure("campaigns:", f"{CHANNELS}campaigns:")
    ours.write_campaign(ours.post("now"))
    ran = ours.run_cli_process("run", "--once")
    assert (ran.code, ours.texts()) == (0, ["Post now."])
    words = "! alerts: team cannot be used: there is no GROUNDSWELL_ALERTS_TEAM_URL; set it"
    assert words in ran.err


def test_without_channels_it_says_where_they_are_named(ours: SandboxProject) -> None:
    config = ours.folder / "config.yaml"
    for command in ("test", "digest"):
        ran = ours.run_cli("alerts", command, "--config", config)
        assert ran.code == 1
        assert "alerts: channels:" in ran.err


def test_the_digest_is_printed_and_sent_to_nobody(team: SandboxProject, box: ChannelServer) -> None:
    ran = team.run_cli("alerts", "digest", "--print")
    assert ran.code == 0
    assert ran.out.startswith("The week from ")
    assert box.request_count == 0


def test_the_digest_names_demands_by_what_they_ask(team: SandboxProject) -> None:
    team.write_campaign(team.post("one", more="demand: stop"), team.post("two"))
    assert team.run_cli_process("run", "--once").code == 0
    ran = team.run_cli("alerts", "digest", "--print")
    assert "\n- Posts without new figures: 2 of 2" in ran.out
    team.clock.advance(minutes=8)  # then they are read for the first time
    with team.started_app() as app:
        app.run_once()
        digest = app.notifier.digest(app.clock.now())
    # The number depends on the hour, because the audience is awake or asleep.
    assert re.search(r"\n1\. “Stop it”: \d+ engagements?, 1 new post", digest)


def test_the_digest_lists_facts_that_are_due_by_the_day_of_their_campaign(
    team: SandboxProject,
) -> None:
    kiritimati = ZoneInfo("Pacific/Kiritimati")  # 14 hours ahead of UTC
    now = team.clock()
    in_a_week = (now + timedelta(days=7)).astimezone(kiritimati).date()
    facts = "".join(
        f"  {name}: {{claim: C, source: https://example.org/a, as_of: 2026, review_by: {day}}}\n"
        for name, day in {"near": in_a_week, "far": in_a_week + timedelta(days=1)}.items()
    )
    head = "campaign: ours\ntitle: T\ntimezone: Pacific/Kiritimati\naccounts: [our-x]\nfacts:\n"
    team.write_campaign(head=f"{head}{facts}")
    for text in (
        team.run_cli("alerts", "digest", "--print").out,
        digest_of_the_loop(team),
    ):
        assert f"Check by {in_a_week} whether the fact ours/near still holds" in text
        assert "ours/far" not in text


def test_the_digest_agrees_with_the_report_in_the_same_timezone(team: SandboxProject) -> None:
    team.configure("campaigns:", "timezone: Asia/Tokyo\ncampaigns:")
    head = "campaign: ours\ntitle: T\ntimezone: America/New_York\naccounts: [our-x]\n"
    team.write_campaign(team.post("one"), team.post("late", minutes=-90), head=head)
    with team.started_app() as app:
        app.run_once()
    digest = team.run_cli("alerts", "digest", "--print").out.splitlines()
    report = team.run_cli("report", "--format", "json").out
    first = json.loads(report)["answer"]
    assert digest[0].endswith("(America/New_York).")
    assert digest[1] == first["lead"]
    lines = [line for section in first["sections"] for line in section["lines"]]
    assert len(lines) > 3
    for line in lines:
        assert any(one_line(line["text"], LINE_CHARS) in printed for printed in digest), line


def digest_of_the_loop(team: SandboxProject) -> str:
    with team.started_app() as app:
        return app.notifier.digest(app.clock.now())


def test_the_digest_goes_to_those_that_want_it(team: SandboxProject, box: ChannelServer) -> None:
    team.configure("{team: [failed, files, digest]}", "{other: [failed], team: [digest]}")
    ran = team.run_cli("alerts", "digest")
    assert (ran.code, ran.out) == (0, "team: sent\n")
    assert [message["title"] for message in box.messages] == ["Groundswell: the week"]


def test_an_address_is_kept_in_the_keyring(
    team: SandboxProject, box: ChannelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TEAM)
    monkeypatch.setattr("sys.stdin", StringIO(f"{box.url}\n"))
    with use_keyring(MemoryKeyring()):
        ran = team.run_cli("alerts", "login", "team")
        assert (ran.code, "s3cr3tpath" in ran.out + ran.err) == (0, False)
        assert team.run_cli("alerts", "test").code == 0
        assert team.run_cli("alerts", "login", "nobody").code == 1
    assert len(box.messages) == 1


def test_one_pass_logs_missed_posts_and_a_second_does_not(
    team: SandboxProject, box: ChannelServer
) -> None:
    team.write_campaign(team.post("late", minutes=-90), team.post("now"))
    for _ in range(2):
        ran = team.run_cli_process("run", "--once")
        assert ran.code == 0, ran.err
    [text] = box.texts
    assert "Did not go out: ours/late on X, due" in text


def test_the_loop_sends_an_alert_about_broken_files(
    team: SandboxProject, box: ChannelServer
) -> None:
    team.write_campaign(team.post("later", minutes=90))
    with team.started_app() as app:
        app.run_once()
        (team.folder / "posts" / "ours.yaml").write_text("campaign: [", encoding="utf-8")
        for _ in range(3):
            app.queue_sync.watch()
            app.run_once()
        assert [text.count("The campaign files have") for text in box.texts] == [1]


def test_a_hanging_channel_does_not_hold_up_the_loop(
    team: SandboxProject, box: ChannelServer
) -> None:
    box.released.clear()
    team.write_campaign(team.post("late", minutes=-90), team.post("now"))
    with team.started_app() as app:
        until = time.monotonic() + 30

        def done() -> bool:
            time.sleep(0.02)
            if team.texts() and box.request_count:
                box.released.set()
            return bool(box.messages) or time.monotonic() > until

        run_until(app, done)
    assert team.texts() == ["Post now."]
    assert (box.request_count, len(box.texts)) == (1, 1)


def test_a_hanging_channel_does_not_hold_up_the_end(
    team: SandboxProject, box: ChannelServer
) -> None:
    box.released.clear()
    team.write_campaign(team.post("late", minutes=-90), team.post("now"))
    loop = team.start(until="")
    loop.wait(box.received.is_set)
    code, seconds = loop.end()
    assert (code, box.messages) == (0, [])
    assert seconds < SOON
    assert "s3cr3tpath" not in loop.output()
