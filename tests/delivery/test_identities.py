"""An account is the platform's own id. Another one under its name waits for a person."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from helpers.delivery import DUE
from helpers.store import MINUTE, schedule_fields, text_content

from bot.database.audit import read_entries, verify
from bot.errors import UserError
from bot.model import ScheduleKind, State
from bot.services.identity import adopt_account
from bot.store.accounts import Identity, adopt, identity_changed

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

AAA, BBB = "mediajustice", "bbb"


@pytest.fixture
def loop(loop: AppHarness) -> AppHarness:
    """A loop that asks whose its keys are, and has asked once."""
    loop.checks_identity = True
    loop.restart()
    loop.app._identify()
    return loop


def exchange(loop: AppHarness, handle: str = BBB) -> None:
    """Let handle and keys be those of another account, and start anew."""
    known = loop.world.by_handle(handle)
    author = known or loop.network.add_account(loop.world, handle)
    loop.account = replace(loop.account, handle=handle)
    loop.credentials = author.secrets
    loop.restart()
    loop.app._identify()


def authors(loop: AppHarness) -> list[str]:
    return [post.author.handle for post in loop.posts]


def approve(loop: AppHarness, key: str) -> None:
    one = loop.get(key)
    loop.app.approvals.approve(one.subject, one.approval_digest, "Ana", loop.clock.now())


def daily(loop: AppHarness, number: int) -> str:
    """Queue a time of a recurrence, ten minutes after the one before."""
    due = DUE + 10 * number * MINUTE
    fields = schedule_fields("daily", ScheduleKind.EVERY, f"{due:%Y-%m-%dT%H:%M}")
    return loop.add("daily", due, **fields)


def test_a_recurrence_is_not_said_again_from_another_account(loop: AppHarness) -> None:
    daily(loop, 0)
    second = daily(loop, 1)
    loop.drive(minutes=12)
    assert authors(loop) == [AAA]
    exchange(loop)
    loop.drive(minutes=40)
    assert authors(loop) == [AAA]
    assert loop.state(second) is State.MISSED
    assert f"mj was @{AAA} (x user " in loop.get(second).reason
    assert "groundswell accounts adopt mj" in loop.get(second).reason


def test_resume_is_no_word_for_another_account(loop: AppHarness) -> None:
    key = loop.add()
    exchange(loop)
    loop.resume("account", "mj")
    loop.drive(minutes=12)
    assert loop.posts == []
    assert "its keys are those of @bbb" in loop.why(key)


def test_an_approval_for_one_account_lets_nothing_out_of_another(loop: AppHarness) -> None:
    key = loop.add(approvals=1)
    approve(loop, key)
    exchange(loop)
    assert (adopt_account(loop.app, "mj", "Ben").before or "").startswith(f"@{AAA} (x user ")
    loop.drive(minutes=12)
    assert loop.posts == []
    assert loop.why(key) == "waits for approval (0 of 1): groundswell review"
    assert loop.app.approvals.differences() == []
    assert verify(loop.app.database) is None
    last = read_entries(loop.app.database)[-1]
    assert (last.who, last.what, last.subject) == ("Ben", "accounts adopt", "mj")
    approve(loop, key)
    loop.drive(minutes=2)
    assert authors(loop) == [BBB]


def test_adopted_it_goes_on_without_a_new_start(loop: AppHarness) -> None:
    exchange(loop)
    loop.add()
    assert [pause.name for pause in loop.app.queue.pauses()] == ["mj"]
    adopt_account(loop.app, "mj", "Ben")
    assert loop.app.queue.pauses() == []
    loop.drive(minutes=12)
    assert authors(loop) == [BBB]


def test_what_the_account_before_has_said_is_anothers_words(loop: AppHarness) -> None:
    daily(loop, 0)
    second = daily(loop, 1)
    loop.drive(minutes=12)
    exchange(loop)
    adopt_account(loop.app, "mj", "Ben")
    loop.drive(minutes=12)
    assert authors(loop) == [AAA]
    assert loop.state(second) is State.NEEDS_HUMAN


def test_a_thread_that_is_half_out_is_never_gone_on_with_by_another(loop: AppHarness) -> None:
    loop.account = replace(loop.account, part_gap=5 * MINUTE)
    loop.restart()
    key = loop.add(content=text_content("First.", "Second."))
    loop.drive(minutes=11)
    assert loop.texts == ["First."]
    exchange(loop)
    loop.drive(minutes=1)
    adopt_account(loop.app, "mj", "Ben")
    loop.drive(minutes=20)
    assert loop.texts == ["First."]
    assert loop.state(key) is State.NEEDS_HUMAN
    assert "mj is @bbb" in loop.get(key).reason


def test_an_unknown_send_is_not_looked_for_on_another_accounts_timeline(loop: AppHarness) -> None:
    key = loop.add()
    loop.fault("drop_before", count=1)
    loop.clock.advance_to(DUE)
    loop.app.dispatcher.run()
    assert loop.state(key) is State.UNKNOWN
    exchange(loop)
    loop.drive(minutes=10)
    assert loop.state(key) is State.UNKNOWN
    adopt_account(loop.app, "mj", "Ben")
    assert loop.state(key) is State.NEEDS_HUMAN
    loop.drive(minutes=10)
    assert loop.posts == []


def test_adopted_back_it_has_its_history_again(loop: AppHarness) -> None:
    key = loop.add()
    loop.drive(minutes=11)
    old = loop.world.by_handle(AAA).id
    exchange(loop)
    adopt_account(loop.app, "mj", "Ben")
    assert loop.get(key).account == f"mj@{old}"
    exchange(loop, AAA)
    adopt_account(loop.app, "mj", "Ben")
    assert (loop.get(key).account, loop.state(key)) == ("mj", State.PUBLISHED)
    [publication] = loop.app.metrics.publications()
    assert publication.account == "mj"


def test_a_loop_with_the_old_keys_sends_nothing_once_another_is_adopted(loop: AppHarness) -> None:
    loop.add()
    new = Identity("x", "77", BBB, in_sandbox=True)
    adopt(loop.app.database, "mj", new, ["mj"], "Ben", loop.clock.now())
    loop.drive(minutes=12)
    assert loop.posts == []
    assert [pause.name for pause in loop.app.queue.pauses()] == ["mj"]


def test_an_account_that_is_called_otherwise_goes_on_and_is_said_so_once(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    loop.world.by_handle(AAA).handle = "media_justice"
    loop.add()
    loop.restart()
    loop.app._identify()
    loop.drive(minutes=12)
    assert authors(loop) == ["media_justice"]
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert [w for w in warnings if "it is called @media_justice now" in w] == [
        "mj: it is called @media_justice now; write that into config.yaml, as its handle"
    ]
    loop.account = replace(loop.account, handle="media_justice")
    loop.restart()
    loop.app._identify()
    assert loop.app.queue.pauses() == []


def test_another_handle_in_the_config_needs_that_accounts_keys(loop: AppHarness) -> None:
    loop.add()
    loop.account = replace(loop.account, handle=BBB)
    loop.restart()
    loop.drive(minutes=12)
    assert loop.posts == []
    with pytest.raises(UserError, match=f"credentials are those of @{AAA}, not of @{BBB}"):
        adopt_account(loop.app, "mj", "Ben")


def test_two_names_of_one_account_are_not_two_voices(loop: AppHarness) -> None:
    loop.join("twin")
    twin = replace(loop.account, name="twin")
    loop.others["twin"] = twin
    loop._secrets |= {
        name.replace("MJ", "TWIN"): value for name, value in loop.environ.items() if "MJ" in name
    }
    one, two = loop.add(), loop.add(account="twin")
    loop.restart()
    loop.app._identify()
    loop.drive(minutes=12)
    assert loop.texts == ["Take HART off AWS."]
    assert loop.state(one) is State.PUBLISHED
    assert "is mj already, and one account must not speak as two" in loop.why(two)


@pytest.mark.parametrize(
    ("before", "found", "same"),
    [
        (("x", "1", "aaa", False), ("x", "1", "bbb", False), True),
        (("x", "1", "aaa", False), ("x", "2", "aaa", False), False),
        (("x", "1", "aaa", False), ("mastodon", "1", "aaa", False), False),
        (("x", "1", "aaa", True), ("x", "1", "aaa", False), False),
    ],
)
def test_the_same_account_has_the_same_id_on_the_same_platform(
    before: tuple[str, str, str, bool], found: tuple[str, str, str, bool], same: bool
) -> None:
    fault = identity_changed("our-x", Identity(*found), {"our-x": Identity(*before)})
    assert (fault is None) is same


def test_from_the_sandbox_to_live_in_one_database_says_what_that_takes() -> None:
    sandbox = Identity("x", "1", "aaa", in_sandbox=True)
    live = Identity("x", "2", "aaa", in_sandbox=False)
    fault = identity_changed("our-x", live, {"our-x": sandbox})
    assert fault is not None
    assert "was @aaa (x user 1 in a sandbox)" in fault
    assert "Use a database that has never seen the sandbox" in fault


# --- another name for the same account ------------------------------------------------------------


def rename(loop: AppHarness, name: str) -> None:
    """Let the config call the account by another name, and start anew."""
    loop.account = replace(loop.account, name=name)
    loop.restart()
    loop.app._identify()


@pytest.mark.parametrize(
    ("kind", "label"), [(ScheduleKind.AT, "once"), (ScheduleKind.EVENT, "nyc")]
)
def test_what_an_account_has_said_is_not_said_again_because_it_got_another_name(
    loop: AppHarness, kind: ScheduleKind, label: str
) -> None:
    loop.world.duplicate_window = -MINUTE  # the platform takes the same words again
    words = text_content("Take HART off AWS.")
    loop.add(content=words)
    loop.drive(minutes=12)
    rename(loop, "org")
    fields = schedule_fields("hart", kind, label, "org")
    key = loop.add("hart", DUE + 180 * MINUTE, content=words, account="org", **fields)
    loop.drive(hours=4)
    assert len(loop.posts) == 1
    assert loop.state(key) is State.NEEDS_HUMAN
    assert "the account has said the same as people/hart" in loop.get(key).reason


def test_a_recurrence_goes_on_under_another_name_of_its_account(loop: AppHarness) -> None:
    loop.world.duplicate_window = -MINUTE  # the platform takes the same words again
    daily(loop, 0)
    loop.drive(minutes=12)
    rename(loop, "org")
    due = DUE + 180 * MINUTE
    label = f"{due:%Y-%m-%dT%H:%M}"
    fields = schedule_fields("daily", ScheduleKind.EVERY, label, "org")
    loop.add("daily", due, content=text_content("Take HART off AWS."), account="org", **fields)
    loop.drive(hours=4)
    assert len(loop.posts) == 2
