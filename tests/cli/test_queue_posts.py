"""A post on several accounts is shown for each in ``queue``, and dropped by one name."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.store import own_words
from sqlalchemy import update

from bot.database.tables import deliveries

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

OTHERS = """\
  our-mastodon: {platform: mastodon, handle: ours@social.example, api: "https://social.example"}
  our-bluesky: {platform: bluesky, handle: ours.example.org}
"""
ALL = "accounts: [our-x, our-mastodon, our-bluesky]"
LATE = "2 h late, more than its grace of 15 min"


@pytest.fixture
def team(ours: SandboxProject) -> SandboxProject:
    """A project on three networks."""
    ours.configure("campaigns:", f"{OTHERS}campaigns:")
    return ours


def mark(project: SandboxProject, account: str, post: str = "", **values: Any) -> None:
    """Set columns of an account's deliveries, or of that of one post."""
    c = deliveries.c
    where = (c.account == account) & ((c.post == post) if post else c.id.is_not(None))
    with project.app() as app, app.database.writing() as connection:
        connection.execute(update(deliveries).where(where).values(**values))


def listed(project: SandboxProject, *args: str) -> list[str]:
    ran = project.run_cli("queue", "list", *args)
    assert (ran.code, ran.err) == (0, "")
    return ran.out.splitlines()


def states(project: SandboxProject, *posts: str) -> dict[str, str]:
    with project.app() as app:
        found = app.queue.of_posts([("ours", post) for post in posts])
    return {f"{of.post}/{of.account}": of.state.value for of in found}


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("narrow")
def test_a_day_on_three_networks_is_a_row_a_post_at_80_columns(team: SandboxProject) -> None:
    head = "campaign: ours\ntitle: Ours\ntimezone: Europe/Berlin\nrequire_approval: 2\n"
    days = "{every: day, at: ['20:00']}"
    names = [f"what-the-mayor-said-{number}" for number in range(12)]
    team.take_in(
        *(team.post(name, hours=2) for name in names),
        f"  - {{id: library-reminder, when: {days}, text: Look at the door.}}\n",
        head=f"{head}{ALL}\n",
    )
    lines = listed(team)
    heads = [
        line for line in lines if line[:3] in {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
    ]
    assert all(line.endswith((", CET", ", CEST")) for line in heads)
    assert max(map(len, lines[:-1])) <= 80
    for name in names:
        [row] = [line for line in lines if f"ours/{name} " in line]
        assert row.endswith("Bluesky, Mastodon, X  waits (a)")
    assert sum("waits for approval" in line for line in lines) == 1
    posts = json.loads(team.run_cli("queue", "list", "--json").out)
    assert len(posts) == len([line for line in lines if line.endswith("waits (a)")])
    assert f"{len(posts)} posts" in lines
    for post in posts:
        assert any(f"  {post['name']}  " in line for line in lines)


def test_missed_on_one_network_and_out_on_another_is_shown(team: SandboxProject) -> None:
    team.take_in(team.post("soon", more=ALL, minutes=30))
    mark(team, "our-x", state="missed", reason=LATE)
    mark(team, "our-mastodon", state="published")
    _, row, printed, count, _ = listed(team)
    assert row.split()[-6:] == ["Bluesky,", "Mastodon,", "X", "mixed", "Post", "soon."]
    assert printed.strip() == f"out on Mastodon, scheduled on Bluesky, missed on X: {LATE}"
    assert count == "1 post"
    [post] = json.loads(team.run_cli("queue", "list", "--json").out)
    assert (post["state"], post["word"], post["why"]) == ("mixed", "mixed", "")
    assert [of["state"] for of in post["deliveries"]] == ["scheduled", "published", "missed"]


def test_by_account_each_delivery_has_its_row_and_reason(team: SandboxProject) -> None:
    team.take_in(team.post("soon", more=ALL, minutes=30), team.post("alone", minutes=40))
    mark(team, "our-x", "soon", state="missed", reason=LATE)
    head, *rows, count, _ = listed(team, "--by", "account")
    assert head.split() == ["No.", "Due", "Post", "On", "State", "Text"]
    by_account = {line.split()[6]: line for line in rows if " ours/soon " in line}
    assert sorted(by_account) == ["our-bluesky", "our-mastodon", "our-x"]
    assert " missed " in by_account["our-x"]
    assert sum(LATE in line for line in rows) == 1
    assert count == "2 posts, 4 on single accounts"
    value = json.loads(team.run_cli("queue", "list", "--by", "account", "--json").out)
    assert [of["account"] for of in value if of["name"] == "ours/soon"] == [
        "our-bluesky", "our-mastodon", "our-x",
    ]  # fmt: skip


def test_accounts_in_other_time_zones_have_a_time_each(team: SandboxProject) -> None:
    """As in queue slots, which are in the time zone of each account."""
    day = f"{team.clock() + timedelta(days=2):%a}".lower()
    team.configure("    handle: our_name\n", f"    handle: our_name\n    slots: [{day} 09:00]\n")
    zone = "timezone: Asia/Tokyo"
    team.configure(
        'api: "https://social.example"}',
        f'api: "https://social.example", slots: [{day} 09:00], {zone}}}',
    )
    team.take_in(
        "  - {id: slotted, when: {slot: next}, text: Hi., accounts: [our-x, our-mastodon]}\n"
    )
    [post] = json.loads(team.run_cli("queue", "list", "--json").out)
    tokyo, utc = post["deliveries"]
    assert (post["due"], post["local"]) == (tokyo["due"], tokyo["local"])
    assert post["differs"] == ["time"]
    [note] = post["notes"]
    assert note == f"due {utc['local']} on X"
    assert note in "\n".join(listed(team))


def test_a_post_cut_into_parts_on_one_network_says_where(team: SandboxProject) -> None:
    words = " ".join(f"This is sentence number {n} of it." for n in range(12))
    team.take_in(team.post("long", words, more=f"{ALL}\nlong: thread", minutes=30))
    [post] = json.loads(team.run_cli("queue", "list", "--json").out)
    counts = {of["network"]: len(of["parts"]) for of in post["deliveries"]}
    assert counts["Mastodon"] == 1
    assert counts["X"] > 1
    printed = "\n".join(listed(team))
    assert f"in {counts['X']} parts on " in printed or "in one part on " in printed
    shown = team.run_cli("queue", "show", "ours/long").out
    assert "On Mastodon:\nPart 1 of 1:\n" in shown
    assert f"Part {counts['X']} of {counts['X']}:\n" in shown


def test_twelve_accounts_on_one_network_are_counted_and_the_other_is_named(
    ours: SandboxProject,
) -> None:
    names = [f"town-{number}" for number in range(12)]
    others = "".join(
        f'  {name}: {{platform: mastodon, handle: "{name}@social.example"}}\n' for name in names
    )
    ours.configure("campaigns:", f"{others}campaigns:")
    texts = ", ".join(f"w{number}: {own_words(name)}" for number, name in enumerate(names))
    due = f"{ours.clock() + timedelta(minutes=30):%Y-%m-%d %H:%M}"
    wordings = f"wordings: {{{texts}}}"
    ours.take_in(f"  - {{id: towns, when: {due}, accounts: [{', '.join(names)}], {wordings}}}\n")
    mark(ours, "town-7", state="missed", reason=LATE)
    lines = listed(ours)
    [row] = [line for line in lines if "ours/towns" in line]
    assert "  Mastodon (12)  mixed" in row
    assert f"scheduled on 11 Mastodon accounts, missed on town-7: {LATE}" in "\n".join(lines)
    assert "1 post" in lines


def test_an_account_that_left_the_config_is_shown_and_one_that_came_later_joins(
    team: SandboxProject,
) -> None:
    team.take_in(team.post("soon", more="accounts: [our-x, our-mastodon]", minutes=30))
    [before] = json.loads(team.run_cli("queue", "list", "--json").out)
    team.take_in(team.post("soon", more=ALL, minutes=30))
    [joined] = json.loads(team.run_cli("queue", "list", "--json").out)
    assert (joined["name"], joined["number"]) == (before["name"], before["number"])
    assert joined["networks"] == ["Bluesky", "Mastodon", "X"]
    team.configure(OTHERS.splitlines(keepends=True)[1], "")
    mark(team, "our-bluesky", not_before=team.clock(), due=team.clock())
    printed = "\n".join(listed(team))
    assert "waits on Bluesky: config.yaml has no account our-bluesky" in printed
    shown = team.run_cli("queue", "show", "ours/soon").out
    assert "- our-bluesky: its account is not in config.yaml\n" in shown


def test_a_renamed_post_is_another_and_the_old_name_still_shows_the_old_post(
    team: SandboxProject,
) -> None:
    team.take_in(team.post("old", "The words.", more=ALL, minutes=30))
    team.take_in(team.post("new", "The words.", more=ALL, minutes=30))
    [post] = json.loads(team.run_cli("queue", "list", "--json").out)
    assert post["name"] == "ours/new"
    assert "state    cancelled" in team.run_cli("queue", "show", "ours/old").out
    every = json.loads(team.run_cli("queue", "list", "--all", "--json").out)
    assert {of["name"]: of["state"] for of in every} == {
        "ours/old": "cancelled", "ours/new": "scheduled",
    }  # fmt: skip


def test_two_posts_of_one_id_in_two_campaigns_are_two(team: SandboxProject) -> None:
    head = "campaign: theirs\ntitle: Theirs\ntimezone: UTC\naccounts: [our-x]\n"
    team.write_campaign(team.post("soon", "Their words.", minutes=50), name="theirs", head=head)
    team.take_in(team.post("soon", more=ALL, minutes=30))
    posts = json.loads(team.run_cli("queue", "list", "--json").out)
    assert [post["name"] for post in posts] == ["ours/soon", "theirs/soon"]
    ran = team.run_cli("queue", "drop", "soon")
    assert ran.err.startswith(
        "soon: Q101 There is no such post. Its name is ours/soon or theirs/soon."
    )
    [dropped] = json.loads(team.run_cli("queue", "drop", "theirs/soon", "--json").out)
    assert dropped["name"] == "theirs/soon"
    assert {*states(team, "soon").values()} == {"scheduled"}


def test_a_recurring_post_is_named_by_its_day(team: SandboxProject) -> None:
    when = "{every: day, at: ['09:00']}"
    team.take_in(f"  - {{id: daily, when: {when}, text: Again, {ALL}}}\n")
    first, second, *_ = json.loads(team.run_cli("queue", "list", "--json").out)
    assert second["name"] == f"ours/daily@{second['due'][:10]}"
    assert first["number"] < second["number"]
    ran = team.run_cli("queue", "drop", second["name"], str(first["number"]))
    assert ran.out.splitlines() == [
        f"Dropped {name}: it will not be sent." for name in (second["name"], first["name"])
    ]
    rest = json.loads(team.run_cli("queue", "list", "--json").out)
    assert not {first["name"], second["name"]} & {post["name"] for post in rest}


def test_the_beginning_of_a_day_or_name_means_no_post(team: SandboxProject) -> None:
    day = f"{team.clock() + timedelta(days=2):%Y-%m-%d}"
    when = f"{{every: day, at: ['09:00'], until: {day}}}"
    team.take_in(f"  - {{id: daily, when: {when}, text: Again, {ALL}}}\n")
    *_, last = json.loads(team.run_cli("queue", "list", "--json").out)
    assert last["name"] == f"ours/daily@{day}"
    for name in (last["name"][:-1], "ours/daily@", "ours/dail", f"ours/dail@{day}", f"ours@{day}"):
        ran = team.run_cli("queue", "drop", name)
        assert (ran.code, ran.out) == (1, ""), name
    assert team.run_cli("queue", "drop", f"ours/daily/our-x@{day}").out == (
        f"Dropped ours/daily@{day} on X: it will not be sent there.\n"
    )
    assert team.run_cli("queue", "drop", f"{last['name']}T09:00").code == 0


@pytest.mark.parametrize("command", ["show", "drop"])
def test_the_number_of_one_delivery_is_explained(team: SandboxProject, command: str) -> None:
    team.take_in(team.post("soon", more=ALL, minutes=30))
    with team.app() as app:
        last = max(app.queue.all(), key=lambda delivery: delivery.id)
    ran = team.run_cli("queue", command, str(last.id))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[0] == (
        f"{last.id}: Q104 It is the number of one delivery of ours/soon, on {last.account}. "
        f"Type 1 for the post, or 1 --account {last.account} for this one."
    )
    ran = team.run_cli("queue", command, "1", "--account", last.account)
    assert (ran.code, ran.err) == (0, "")
    assert {*states(team, "soon").values()} <= {"scheduled", "dropped"}


def test_approved_on_two_of_three_accounts_says_where_it_still_waits(team: SandboxProject) -> None:
    head = "campaign: ours\ntitle: Ours\ntimezone: UTC\nrequire_approval: 1\n"
    more = f"{ALL}\non: {{bluesky: {{text: Sky words.}}}}"
    team.take_in(team.post("soon", more=more, minutes=30), head=f"{head}{ALL}\n")
    for account in ("our-x", "our-mastodon"):
        approve = ("review", "--approve", f"ours/soon/{account}", "--as", "Ana")
        assert team.run_cli(*approve).code == 0
    wait = "scheduled on Mastodon and X, waits on Bluesky for approval (0 of 1): groundswell review"
    assert wait in "\n".join(listed(team))


def test_earlier_drop_on_one_network_is_no_problem_and_a_published_post_is(
    team: SandboxProject,
) -> None:
    team.take_in(team.post("soon", more=ALL, minutes=30))
    assert team.run_cli("queue", "drop", "ours/soon", "--account", "our-x").out == (
        "Dropped ours/soon on X: it will not be sent there.\n"
    )
    mark(team, "our-mastodon", state="published")
    ran = team.run_cli("queue", "drop", "ours/soon", "--as", "Kim")
    assert (ran.code, ran.out) == (
        1,
        "Dropped ours/soon on Bluesky: it will not be sent there.\n",
    )
    [problem, _] = ran.err.splitlines()
    assert problem.startswith("ours/soon on Mastodon: Q103 It cannot be dropped (out).")
    shown = team.run_cli("queue", "show", "ours/soon").out
    assert "state    out on Mastodon; dropped on Bluesky by Kim; dropped on X by " in shown


def test_a_post_of_a_database_of_before_is_one_post(team: SandboxProject) -> None:
    """Its deliveries were queued one by one, and numbered among those of other posts."""
    team.take_in(team.post("soon", minutes=30))
    team.take_in(team.post("soon", minutes=30), team.post("other", minutes=40))
    team.take_in(team.post("soon", more=ALL, minutes=30), team.post("other", minutes=40))
    soon, other = json.loads(team.run_cli("queue", "list", "--json").out)
    assert [of["number"] for of in soon["deliveries"]] != [1, 2, 3]
    assert (soon["number"], other["number"]) == (1, 2)
    assert team.run_cli("queue", "drop", "1").code == 0
    assert states(team, "soon", "other") == {
        "soon/our-x": "dropped",
        "soon/our-mastodon": "dropped",
        "soon/our-bluesky": "dropped",
        "other/our-x": "scheduled",
    }


def test_words_that_differ_on_one_network_are_shown_apart(team: SandboxProject) -> None:
    more = f"{ALL}\non: {{bluesky: {{text: Sky words.}}}}"
    team.take_in(team.post("soon", more=more, minutes=30))
    assert "other words on Bluesky" in "\n".join(listed(team))
    shown = team.run_cli("queue", "show", "ours/soon").out
    assert "differs  other words on Bluesky\n" in shown
    assert shown.count("  Post soon.\n") == 1
    assert "On Mastodon and X:\nPart 1 of 1:\n  Post soon.\n  - our-mastodon: " in shown
    narrowed = team.run_cli("queue", "show", "ours/soon", "--account", "our-bluesky").out
    assert "Sky words." in narrowed
    assert "Post soon." not in narrowed


def test_a_post_costs_nothing_on_accounts_where_it_was_dropped(team: SandboxProject) -> None:
    team.take_in(team.post("soon", more=ALL, minutes=30))
    [before] = json.loads(team.run_cli("queue", "list", "--json").out)
    assert float(before["price"]) > 0
    assert team.run_cli("queue", "drop", "ours/soon", "--account", "our-x").code == 0
    [after] = json.loads(team.run_cli("queue", "list", "--json").out)
    assert float(after["price"]) == 0


def test_the_log_shows_a_command_whole_however_few_rows_are_asked_for(team: SandboxProject) -> None:
    team.take_in(team.post("first", more=ALL, hours=2), team.post("soon", more=ALL, hours=3))
    team.run_cli("queue", "drop", "ours/first", "--as", "Ana")
    team.run_cli("queue", "drop", "ours/soon", "--as", "Ana")
    whole = team.run_cli("log").out.splitlines()
    for count in (1, 2, 3):
        rows = team.run_cli("log", "--limit", str(count)).out.splitlines()[1:]
        assert [" ".join(row.split()) for row in rows] == [
            " ".join(row.split()) for row in whole[-count:]
        ]
