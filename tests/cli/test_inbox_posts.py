"""A post on several accounts counts once in ``status``, ``inbox`` and ``log``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from bot.database.audit import record
from bot.database.tables import deliveries

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

OTHERS = """\
  our-mastodon: {platform: mastodon, handle: ours@social.example}
  our-bluesky: {platform: bluesky, handle: ours.example.org}
"""
ALL = "accounts: [our-x, our-mastodon, our-bluesky]"
LATE = "2 h late, more than its grace of 15 min"
ABSENT = "absent from the timeline, and too late to send it again without asking"


@pytest.fixture
def team(ours: SandboxProject) -> SandboxProject:
    """A project on three networks, with seven posts on all of them."""
    ours.configure("campaigns:", f"{OTHERS}campaigns:")
    ours.take_in(*(ours.post(f"no-{n}", more=ALL, minutes=30 + n) for n in range(7)))
    return ours


def mark(project: SandboxProject, post: str, *accounts: str, **values: Any) -> None:
    """Set columns of a post's deliveries on these accounts."""
    c = deliveries.c
    with project.app() as app, app.database.writing() as connection:
        where = (c.post == post) & c.account.in_(accounts)
        connection.execute(update(deliveries).where(where).values(**values))


def shown(project: SandboxProject, *command: str) -> str:
    ran = project.run_cli(*command)
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def test_status_lists_and_counts_posts_whole_at_80_columns(
    team: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    mark(team, "no-1", "our-x", state="missed", reason=LATE)
    out = shown(team, "status")
    _, following = out.split("Next\n")
    following, needs = following.split("Needs a person\n")
    rows = [line for line in following.splitlines() if "  ours/no-" in line]
    names = [next(word for word in row.split() if "/" in word) for row in rows]
    assert names == [f"ours/no-{number}" for number in range(5)]
    assert all("Bluesky, Mastodon, X" in row for row in rows)
    assert max(map(len, following.splitlines())) <= 80
    printed = " ".join(following.split())
    assert f"scheduled on Bluesky and Mastodon, missed on X: {LATE}" in printed
    assert "and 2 more: groundswell queue list" in following
    assert "1 post not sent on at least one account in the past week" in needs
    value = json.loads(team.run_cli("status", "--json").out)  # no loop runs
    assert value["scheduled"] == 7
    assert [post["name"] for post in value["next"]] == [f"ours/no-{n}" for n in range(5)]


def test_a_post_that_needs_a_person_on_two_accounts_is_one_with_a_command_for_each(
    team: SandboxProject,
) -> None:
    mark(team, "no-2", "our-x", "our-mastodon", state="needs_human", reason=ABSENT)
    mark(team, "no-2", "our-bluesky", state="published")
    assert "1 post to settle" in shown(team, "status")
    printed = shown(team, "inbox")
    assert printed.count("  ours/no-2\n") == 1
    assert printed.count(ABSENT) == 1
    assert printed.count("| Post no-2.") == 1
    assert f"  out on Bluesky, needs you on Mastodon and X: {ABSENT}\n" in printed
    for account in ("our-x", "our-mastodon"):
        assert f"    groundswell inbox settle ours/no-2 --account {account}\n" in printed
    for choice in ("--sent ID", "--not-sent", "--drop"):
        assert printed.count(f"    {choice} ") == 1
    ran = team.run_cli("inbox", "settle", "ours/no-2", "--drop")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[0] == (
        "inbox settle: Q406 ours/no-2 needs a person on 2 accounts, each with its own page. "
        "Add --account our-mastodon or --account our-x."
    )
    done = shown(team, "inbox", "settle", "ours/no-2", "--account", "our-x", "--drop")
    assert done.startswith("ours/no-2 on X is dropped: dropped by ")
    # Now it needs one answer only, and no account to be named.
    printed = shown(team, "inbox")
    assert "    groundswell inbox settle ours/no-2\n" in printed
    done = shown(team, "inbox", "settle", "ours/no-2", "--drop", "--as", "Kim")
    assert done == "ours/no-2 on Mastodon is dropped: dropped by Kim\n"
    with team.app() as app:
        states = {of.account: of.state for of in app.queue.of_posts([("ours", "no-2")])}
    assert states == {"our-x": "dropped", "our-mastodon": "dropped", "our-bluesky": "published"}


def test_words_of_each_network_stand_at_its_own_page_if_they_differ(team: SandboxProject) -> None:
    texts = f"{ALL}\non: {{bluesky: {{text: Sky words.}}}}"
    team.take_in(team.post("differs", more=texts, minutes=60))
    mark(team, "differs", "our-x", "our-bluesky", state="needs_human", reason=ABSENT)
    printed = shown(team, "inbox")
    assert "  On Bluesky:\n  | Sky words.\n  Look at https://bsky.app/profile/ours" in printed
    assert "  On X:\n  | Post differs.\n  Look at " in printed


def test_settle_explains_the_number_of_one_delivery_and_a_post_that_needs_nobody(
    team: SandboxProject,
) -> None:
    with team.app() as app:
        numbers = {of.account: of.id for of in app.queue.of_posts([("ours", "no-3")])}
    ran = team.run_cli("inbox", "settle", str(max(numbers.values())), "--drop")
    assert ": Q104 It is the number of one delivery of ours/no-3, on " in ran.err
    ran = team.run_cli("inbox", "settle", str(min(numbers.values())), "--drop")
    assert ran.code == 1
    assert "Q401 ours/no-3 does not wait for a person on any of its accounts." in ran.err


def test_a_post_lost_on_one_network_and_out_on_another_is_a_row_that_says_both(
    team: SandboxProject,
) -> None:
    mark(team, "no-4", "our-x", "our-bluesky", state="missed", reason=LATE)
    mark(team, "no-4", "our-mastodon", state="published")
    needs = json.loads(shown(team, "inbox", "--json"))["needs_person"]
    assert needs["lost"] == 1
    _, lost = shown(team, "inbox").split("Not sent in the past week:\n")
    row, printed = lost.splitlines()
    assert "  ours/no-4  Bluesky, Mastodon, X  mixed" in row
    assert printed.strip() == f"out on Mastodon, missed on Bluesky and X: {LATE}"


def test_what_is_held_back_is_named_by_posts_and_where(team: SandboxProject) -> None:
    kept = [team.post(f"no-{n}", more=ALL, minutes=30 + n) for n in range(3)]
    less = "accounts: [our-x, our-mastodon]"
    team.write_campaign(*kept, team.post("no-3", more=less, minutes=33))
    with team.app() as app:
        app.queue_sync.refresh()
    printed = shown(team, "inbox")
    _, held = printed.split("These posts left the files and will not be sent until you decide")
    first, *names, hint = held.split("\n\n")[0].splitlines()
    assert first == " (4 of 7 scheduled posts):"
    assert names == ["  ours/no-3 on our-bluesky", *(f"  ours/no-{n}" for n in (4, 5, 6))]
    assert "groundswell plan --force" in hint


def test_log_has_one_row_for_an_action_on_several_accounts(
    team: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown(team, "queue", "drop", "ours/no-0", "ours/no-1", "--as", "Kim")
    shown(team, "queue", "drop", "ours/no-2", "--account", "our-x", "--as", "Kim")
    printed = shown(team, "log").splitlines()
    rows = [line.split("drop  ")[1].strip() for line in printed if " drop " in line]
    assert [row.split("  ")[0] for row in rows] == ["ours/no-0", "ours/no-1", "ours/no-2 on X"]
    assert "added: 7 posts" in "\n".join(printed)
    records = json.loads(shown(team, "log", "--json"))
    keys = [of["subject"] for of in records if of["what"] == "drop"]
    assert len(keys) == 7
    assert keys[-1] == "ours/no-2/our-x/once"


def test_log_explains_the_count_of_an_old_entry(team: SandboxProject) -> None:
    with team.app() as app:
        detail = {"added": {"count": 21, "keys": ["ours/no-0/our-x/once"]}}
        record(app.database, "groundswell", "plan", "", detail, app.clock.now())
    assert "added: 7 posts\n" in shown(team, "log")
    assert "added: 21 on single accounts\n" in shown(team, "log")


def test_log_keeps_approvals_of_other_words_apart(team: SandboxProject) -> None:
    texts = f"{ALL}\non: {{bluesky: {{text: Sky words.}}}}"
    head = "campaign: ours\ntitle: Ours\ntimezone: UTC\nrequire_approval: 1\n"
    team.take_in(team.post("differs", more=texts, minutes=60), head=f"{head}{ALL}\n")
    shown(team, "review", "--approve", "ours/differs", "--as", "Ana")
    printed = [line for line in shown(team, "log").splitlines() if " approve " in line]
    assert len(printed) == 2
    assert sum("ours/differs on Bluesky  digest: " in line for line in printed) == 1
    assert sum("ours/differs on Mastodon and X  digest: " in line for line in printed) == 1
    records = json.loads(shown(team, "log", "--json"))
    assert [of["who"] for of in records if of["what"] == "approve"] == ["Ana"] * 3


def test_log_has_a_row_each_for_other_people_and_times(team: SandboxProject) -> None:
    shown(team, "queue", "drop", "ours/no-0", "--account", "our-x", "--as", "Kim")
    shown(team, "queue", "drop", "ours/no-0", "--account", "our-mastodon", "--as", "Sam")
    printed = [line for line in shown(team, "log").splitlines() if " drop " in line]
    assert [line.split()[2] for line in printed] == ["Kim", "Sam"]
    assert "ours/no-0 on X" in printed[0]
    assert "ours/no-0 on Mastodon" in printed[1]
