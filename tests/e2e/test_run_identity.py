"""The loop asks at its start whose the keys are, and sends nothing with another account's keys."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE
from helpers.store import MINUTE, spending, text_content

from bot.config.secrets import environment_variable
from bot.model import PauseCause, State
from bot.runtime.loop import start_up

if TYPE_CHECKING:
    from helpers.delivery import AppHarness
    from helpers.run import SandboxProject

pytest_plugins = ["helpers.run"]

ME = "/2/users/me"
OTHERS = "the credentials are those of @someone_else, not of @our_name"
PAGE = "https://example.org/our-bots"
SILENT = "its bio does not say that it is automated"


def listed(ours: SandboxProject) -> str:
    """Return the output of ``queue list`` in one line."""
    ran = ours.run_cli_process("queue", "list")
    assert ran.code == 0, ran.err
    return " ".join(ran.out.split())


def swap(ours: SandboxProject) -> Any:
    """Replace the keys by those of another account, and return the right ones."""
    mine = ours.secrets
    ours.secrets = ours.world.add_account("someone_else", "Someone").secrets
    return mine


# --- as a process, with what a person reads ---


def test_keys_of_another_account_post_nothing_until_they_are_corrected(
    ours: SandboxProject,
) -> None:
    mine = swap(ours)
    ours.write_campaign(ours.post("one"))
    for _ in range(2):
        ran = ours.run_cli_process("run", "--once")
        assert (ran.code, ours.texts()) == (0, [])
        assert f"account our-x is paused: it must not be used as it is: {OTHERS}" in ran.err
        assert OTHERS in listed(ours)
    ours.secrets = mine
    assert ours.run_cli_process("run", "--once").code == 0
    assert ours.texts() == ["Post one."]
    assert "paused" not in ours.run_cli_process("inbox").out


def test_another_account_under_the_name_waits_for_a_persons_word(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("one"))
    assert ours.run_cli_process("run", "--once").code == 0
    ours.write_campaign(ours.post("one"), ours.post("two"))
    swap(ours)
    ours.configure("handle: our_name", "handle: someone_else")
    assert ours.run_cli_process("run", "--once").code == 0
    reason = "its keys are those of @someone_else"
    for command in (["queue", "list"], ["status"], ["inbox"]):
        assert reason in " ".join(ours.run_cli_process(*command).out.split()), command
    checked = ours.run_cli_process("accounts", "check")
    assert (checked.code, reason in checked.out) == (1, True)
    assert ours.texts() == ["Post one."]
    adopted = ours.run_cli_process("accounts", "adopt", "our-x", "--as", "Ben")
    assert adopted.code == 0, adopted.err
    assert adopted.out.startswith("our-x is @someone_else (x user ")
    assert "; it was @our_name (x user " in adopted.out
    again = ours.run_cli_process("accounts", "adopt", "our-x", "--as", "Ben", "--json")
    assert json.loads(again.out)["before"] is None, "it is the same account"
    assert ours.run_cli_process("accounts", "check").code == 0
    assert ours.run_cli_process("run", "--once").code == 0
    assert ours.texts() == ["Post one.", "Post two."]
    assert "accounts adopt" in ours.run_cli_process("log").out


def test_wrong_keys_are_reported_at_the_start_not_when_a_post_is_due(ours: SandboxProject) -> None:
    swap(ours)
    loop = ours.start(until="is paused")
    assert OTHERS in loop.output()
    assert OTHERS in ours.run_cli_process("inbox").out


def test_another_account_goes_on(ours: SandboxProject, monkeypatch: pytest.MonkeyPatch) -> None:
    right = ours.world.add_account("right", "Right").secrets
    swap(ours)
    ours.configure(
        "campaigns:", f"  right-x: {{platform: x, handle: right, api: {ours.url}}}\ncampaigns:"
    )
    environ = {environment_variable("right-x", name): value for name, value in right.items()}
    monkeypatch.setattr(type(ours), "environ", {**ours.environ, **environ})
    ours.write_campaign(ours.post("one"), ours.post("two", more="accounts: [right-x]"))
    assert ours.run_cli_process("run", "--once").code == 0
    assert ours.texts() == ["Post two."]
    assert ours.states()["one"] == "scheduled"


def test_token_that_names_another_user_posts_nothing(ours: SandboxProject) -> None:
    [account] = ours.world.accounts.values()
    account.secrets["access_token"] = f"77-{account.secrets['access_token'].partition('-')[2]}"
    ours.write_campaign(ours.post("one"))
    ran = ours.run_cli_process("run", "--once")
    assert ours.texts() == []
    assert f"the access token names user 77, but it is user {account.id}'s" in ran.err
    assert "names user 77" in listed(ours)
    assert "names user 77" in ours.run_cli_process("accounts", "check").out


def test_account_that_does_not_say_that_it_is_automated_posts_nothing(ours: SandboxProject) -> None:
    author = next(iter(ours.world.accounts.values()))
    author.description = "We demand. Not a bot."
    ours.write_campaign(ours.post("one"))
    ran = ours.run_cli_process("run", "--once")
    assert ours.texts() == []
    assert SILENT in ran.err
    assert "add a sentence such as" in listed(ours)
    check = ours.run_cli_process("accounts", "check")
    assert (check.code, SILENT in check.out) == (1, True)
    author.description = "We demand. Some posts are automated."
    assert ours.run_cli_process("run", "--once").code == 0
    assert ours.texts() == ["Post one."]


@pytest.mark.parametrize("bio", ["Against automated license plate readers", "anti-bot activists"])
def test_account_that_only_speaks_of_bots_posts_nothing(ours: SandboxProject, bio: str) -> None:
    next(iter(ours.world.accounts.values())).description = bio
    ours.write_campaign(ours.post("one"))
    assert SILENT in ours.run_cli_process("run", "--once").err
    assert ours.texts() == []


def test_page_discloses_once_a_person_has_read_it(ours: SandboxProject) -> None:
    next(iter(ours.world.accounts.values())).description = ""
    ours.configure("gap: 0s", f"gap: 0s\n    disclosed_at: {PAGE}")
    ours.write_campaign(ours.post("one"))
    unread = f"nobody has recorded that {PAGE} says so: read it, then run groundswell accounts"
    assert unread in ours.run_cli_process("run", "--once").err
    assert ours.texts() == []
    assert ours.run_cli_process("accounts", "check").code == 1
    ran = ours.run_cli_process("accounts", "disclosed", "our-x", "--as", "Ana")
    assert ran.out == f"Recorded: Ana has read on {PAGE} that @our_name is automated.\n"
    again = ours.run_cli_process("accounts", "disclosed", "our-x", "--as", "Ben", "--json")
    assert json.loads(again.out)["page"] == PAGE
    assert ours.run_cli_process("run", "--once").code == 0
    assert ours.texts() == ["Post one."]
    ran = ours.run_cli_process("accounts", "check")
    assert ran.code == 0
    assert PAGE in ran.out
    logged = ours.run_cli_process("log").out
    assert "Ana" in logged
    assert "disclosed" in logged


def test_another_page_has_to_be_read_again(ours: SandboxProject) -> None:
    next(iter(ours.world.accounts.values())).description = ""
    ours.configure("gap: 0s", f"gap: 0s\n    disclosed_at: {PAGE}")
    assert ours.run_cli_process("accounts", "disclosed", "our-x", "--as", "Ana").code == 0
    ours.configure(PAGE, f"{PAGE}-2")
    ours.write_campaign(ours.post("one"))
    assert f"nobody has recorded that {PAGE}-2 says so" in ours.run_cli_process("run", "--once").err
    assert ours.texts() == []


def test_page_is_recorded_only_if_the_config_names_one(ours: SandboxProject) -> None:
    ran = ours.run_cli_process("accounts", "disclosed", "our-x", "--as", "Ana")
    assert (ran.code, "G210 the account our-x has no disclosed_at." in ran.err) == (1, True)


# --- in this process, on a manual clock ---


@pytest.fixture
def loop(loop: AppHarness) -> AppHarness:
    """Return a loop that checks whose the keys are."""
    loop.checks_identity = True
    loop.restart()
    return loop


def test_identity_is_asked_once_and_its_cost_booked(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.app.queue_sync, "refresh", list)
    start_up(loop.app)
    loop.add()
    loop.app.run_once()
    loop.drive(minutes=20)
    asked = [one for one in spending(loop.app.database) if one.item == "user_read"]
    assert [(one.account, one.dollars) for one in asked] == [("mj", Decimal("0.010"))]
    assert loop.texts == ["Take HART off AWS."]


@pytest.mark.parametrize("effect", [{"status": 503}, "drop_before", {"status": 429}], ids=str)
def test_nothing_is_sent_before_the_identity_is_known_and_no_try_is_lost(
    loop: AppHarness, effect: Any
) -> None:
    key = loop.add(grace=timedelta(hours=2))
    loop.fault(effect, ME, count=10_000)
    loop.drive(minutes=60)
    assert (loop.posts, loop.attempts(key)) == ([], [])
    assert "not known yet to which account" in loop.get(key).reason
    assert (loop.get(key).tries, loop.app.queue.pauses()) == (0, [])
    loop.world.faults.pending.clear()
    loop.drive(minutes=3)
    assert loop.texts == ["Take HART off AWS."]


def test_start_that_could_not_ask_says_so_and_asks_again(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    loop.fault({"status": 503}, ME)
    loop.app.run_once()
    assert "mj: nothing is sent, as it is not known yet to which account" in caplog.text
    loop.clock.advance(seconds=16)
    loop.app.run_once()
    assert len(loop.world.faults.hits) == 1
    assert [one.item for one in spending(loop.app.database)] == ["user_read"]


def test_refused_keys_pause_the_account(loop: AppHarness) -> None:
    loop.fault({"status": 401}, ME, count=10)
    loop.app.run_once()
    [pause] = loop.app.queue.pauses()
    assert (pause.scope, pause.name) == ("account", "mj")
    assert "the platform refuses it" in pause.why


def test_account_without_secrets_and_posts_is_left_alone(loop: AppHarness) -> None:
    loop.account = replace(loop.account, name="mediajustice")
    loop.restart()
    loop.app.clients._environ = {}
    loop.app.run_once()
    assert loop.app.queue.pauses() == []


def test_account_resumed_by_hand_is_asked_and_held_again(loop: AppHarness) -> None:
    key = loop.add(due=loop.clock.now())
    loop.author.description = "We demand."
    loop.app.run_once()
    for _ in range(2):
        assert [pause.name for pause in loop.app.queue.pauses()] == ["mj"]
        loop.app.queue.resume("account", "mj", "Ana", loop.clock.now())
        loop.drive(minutes=3)
    assert loop.posts == []
    loop.author.description = "We demand. A bot."
    loop.app.queue.resume("account", "mj", "Ana", loop.clock.now())
    loop.drive(minutes=2)
    assert loop.state(key) is State.PUBLISHED
    assert loop.app.queue.pauses() == []


def test_a_persons_own_pause_outlives_the_identity_check(loop: AppHarness) -> None:
    from bot.model import PauseRequest

    loop.app.queue.pause(
        PauseRequest("account", "mj", "the lawyer", PauseCause.PERSON), "Ana", loop.clock.now()
    )
    loop.app.run_once()
    assert [pause.who for pause in loop.app.queue.pauses()] == ["Ana"]


def test_search_with_anothers_keys_proves_no_absence(loop: AppHarness) -> None:
    """Otherwise a post that is out would be sent again as soon as the right keys are back."""
    loop.world.duplicate_window = timedelta(seconds=-1)
    key = loop.add(grace=timedelta(hours=2))
    loop.fault("commit_then_drop")
    loop.drive(minutes=10, seconds=5)
    assert loop.state(key) is State.UNKNOWN
    mine, loop.credentials = loop.credentials, loop.world.add_account("other", "Other").secrets
    loop.restart()
    loop.drive(minutes=20)
    assert loop.state(key) is State.UNKNOWN
    loop.credentials = mine
    loop.restart()
    loop.drive(minutes=5)
    assert loop.texts == ["Take HART off AWS."]
    assert loop.state(key) is State.PUBLISHED


def test_new_reason_of_a_pause_replaces_the_old_one(loop: AppHarness) -> None:
    mine, loop.credentials = loop.credentials, loop.world.add_account("other", "Other").secrets
    loop.restart()
    loop.app.run_once()
    loop.credentials = mine
    loop.author.description = ""
    loop.restart()
    loop.app.run_once()
    [pause] = loop.app.queue.pauses()
    assert SILENT in pause.why
    assert "@other" not in pause.why


def test_post_due_before_the_start_waits_for_the_identity_too(loop: AppHarness) -> None:
    key = loop.add(content=text_content("Late."))
    loop.clock.advance_to(DUE + MINUTE)
    loop.restart()
    loop.fault({"status": 503}, ME, count=2)
    loop.drive(minutes=5)
    assert loop.state(key) is State.PUBLISHED
