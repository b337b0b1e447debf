from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.cli import CAMPAIGN_HEAD, write_file
from sqlalchemy import update

from bot.cli import output
from bot.database.tables import deliveries, workers
from bot.model import PauseCause, PauseRequest, Poll
from bot.platforms.x import prices

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

TOMORROW = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d} 9:00"

THREAD = "thread:\n  - The first part.\n  - The second part."


def test_list_shows_waiting_posts_with_the_reasons(ours: SandboxProject) -> None:
    long = "Words that go on for much longer than there is room for in a list."
    ours.write_campaign(
        ours.post("thread", more=THREAD, minutes=60), ours.post("soon", long, minutes=30)
    )
    with ours.started_app():
        pass
    ran = ours.run_cli("queue", "list")
    assert (ran.code, ran.err) == (0, "")
    head, first, second, count, reach = ran.out.splitlines()
    assert head.split() == ["No.", "Due", "Post", "On", "State", "Text"]
    assert first.endswith(f"{long[:47]}…")
    assert "The first part." in second
    assert count == "2 posts"
    assert reach.startswith("The queue holds the posts of the next ")


def test_each_reason_for_waiting_is_shown(ours: SandboxProject) -> None:
    ours.configure("campaigns:", "  other-x: {platform: x, handle: other}\ncampaigns:")
    ours.take_in(ours.post("now"), ours.post("orphan", more="accounts: [other-x]"))
    assert "goes out now, if the loop runs" in ours.run_cli("queue", "list").out
    assert ours.run_cli("pause", "--why", "a funeral", "--as", "Kim").code == 0
    assert "everything is paused by Kim: a funeral" in ours.run_cli("queue", "list").out
    assert ours.run_cli("resume").code == 0
    ours.configure("  other-x: {platform: x, handle: other}\n", "")
    assert "config.yaml has no account other-x" in ours.run_cli("queue", "list").out


def test_a_pause_is_shown_before_the_post_is_due(ours: SandboxProject) -> None:
    ours.take_in(ours.post("later", minutes=120))
    paused = ours.run_cli("pause", "--account", "our-x", "--why", "a strike", "--as", "Kim")
    assert paused.code == 0
    assert "its account is paused by Kim: a strike" in ours.run_cli("queue", "list").out


def test_empty_queue_says_where_to_look(ours: SandboxProject) -> None:
    ran = ours.run_cli("queue", "list")
    assert ran == (0, "No posts are queued. groundswell plan shows what run would queue.\n", "")
    assert ours.run_cli("queue", "list", "--json").out == "[]\n"


def test_all_lists_also_posts_that_are_over(ours: SandboxProject) -> None:
    ours.write_campaign(
        ours.post("out"), ours.post("missed", minutes=-90), ours.post("soon", minutes=30)
    )
    with ours.started_app() as app:
        app.run_once()
    waiting = json.loads(ours.run_cli("queue", "list", "--json").out)
    assert [row["state"] for row in waiting] == ["scheduled"]
    every = json.loads(ours.run_cli("queue", "list", "--all", "--json").out)
    assert [row["state"] for row in every] == ["missed", "published", "scheduled"]
    assert "\n3 posts\n" in ours.run_cli("queue", "list", "--all").out


def test_show_has_text_state_attempts_and_address(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("thread", more=THREAD))
    with ours.started_app() as app:
        app.run_once()
    first, second = ours.world.visible()
    ran = ours.run_cli("queue", "show", "ours/thread/our-x/once")
    assert ran.code == 0
    assert "state    out\n" in ran.out
    printed = "  The first part.\n  - our-x: 15 of 280 characters, published: "
    assert f"Part 1 of 2:\n{printed}{ours.url}/our_name/status/{first.id}\n" in ran.out
    assert f", published: {ours.url}/our_name/status/{second.id}\n" in ran.out
    assert ran.out.count(": published. http") == 2
    assert ours.run_cli("queue", "show", "1").out == ran.out
    [value] = json.loads(ours.run_cli("queue", "show", "1", "--json").out)
    [delivery] = value["post"]["deliveries"]
    assert [part["text"] for part in delivery["parts"]] == ["The first part.", "The second part."]
    assert [attempt["outcome"] for attempt in value["attempts"]] == ["published", "published"]


def test_alone_it_lists(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("soon", minutes=30))
    with ours.started_app():
        pass
    assert ours.run_cli("queue") == ours.run_cli("queue", "list")
    assert ours.run_cli("queue", "--all") == ours.run_cli("queue", "list", "--all")
    [row] = json.loads(ours.run_cli("queue", "--json").out)
    assert (row["name"], row["number"]) == ("ours/soon", 1)
    assert [delivery["key"] for delivery in row["deliveries"]] == ["ours/soon/our-x/once"]


@pytest.mark.parametrize(
    ("noun", "command"), [("queue", ["drop", "1"]), ("inbox", ["settle", "1", "--drop"])]
)
def test_option_before_the_command_is_refused_and_not_lost(
    ours: SandboxProject, noun: str, command: list[str]
) -> None:
    ours.write_campaign(ours.post("soon", minutes=30))
    with ours.started_app():
        pass
    ran = ours.run_cli(noun, "--config", "other.yaml", *command)
    assert ran.code == 2
    assert f"--config goes after {command[0]}" in ran.err
    assert ours.states() == {"soon": "scheduled"}


def test_post_is_found_by_the_name_that_people_know(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("soon", minutes=30), ours.post("sooner", "Sooner.", minutes=20))
    with ours.started_app():
        pass
    for name in ("ours/soon", "ours/soon/our-x", "ours/soon/"):
        ran = ours.run_cli("queue", "show", name)
        assert ran.code == 0
        assert "post     ours/soon\n" in ran.out
    assert ours.run_cli("queue", "drop", "ours/soon").code == 0
    assert ours.states() == {"soon": "dropped", "sooner": "scheduled"}


@pytest.fixture
def on_two(ours: SandboxProject) -> SandboxProject:
    """Posts on two accounts, and one that comes again and again."""
    ours.configure("campaigns:", "  other-x: {platform: x, handle: other}\ncampaigns:")
    due = ours.clock() + timedelta(minutes=30)
    accounts = "accounts: [our-x, other-x], wordings: {a: Say it., b: Tell them.}"
    posts = [f"  - {{id: soon, when: {due:%Y-%m-%d %H:%M}, {accounts}}}\n"]
    posts += [ours.post(name, minutes=minutes) for name, minutes in (("one", 40), ("two", 50))]
    posts.append("  - {id: daily, when: {every: day, at: ['09:00']}, text: Again}\n")
    ours.take_in(*posts)
    return ours


def stored(place: SandboxProject) -> dict[str, str]:
    """Return the state of each delivery that is not of the recurrence, by its post and account."""
    with place.app() as app:
        found = [delivery for delivery in app.queue.all() if delivery.post != "daily"]
    return {f"{delivery.post}/{delivery.account}": delivery.state.value for delivery in found}


def test_a_name_means_the_post_on_all_its_accounts(on_two: SandboxProject) -> None:
    ran = on_two.run_cli("queue", "show", "ours/soon")
    assert ran.code == 0
    assert "On our-x:\nwording  a\n" in ran.out
    assert "On other-x:\nwording  b\n" in ran.out
    [value] = json.loads(on_two.run_cli("queue", "show", "ours/soon", "--json").out)
    assert {of["account"] for of in value["post"]["deliveries"]} == {"our-x", "other-x"}
    ran = on_two.run_cli("queue", "drop", "ours/soon")
    assert ran == (0, "Dropped ours/soon: it will not be sent.\n", "")
    states = {"soon/our-x": "dropped", "soon/other-x": "dropped"}
    assert stored(on_two) == states | {"one/our-x": "scheduled", "two/our-x": "scheduled"}


def test_an_account_narrows_a_name(on_two: SandboxProject) -> None:
    ran = on_two.run_cli("queue", "drop", "ours/soon", "--account", "other-x")
    assert ran.out == "Dropped ours/soon on other-x: it will not be sent there.\n"
    assert stored(on_two)["soon/our-x"] == "scheduled"
    ran = on_two.run_cli("queue", "drop", "ours/one", "--account", "other-x")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ours/one: Q101 It is not on other-x. It is on our-x.")


def test_several_posts_are_dropped_at_once(on_two: SandboxProject) -> None:
    with on_two.app() as app:
        number = str(min(found.id for found in app.queue.of_posts([("ours", "soon")])))
    ran = on_two.run_cli("queue", "drop", number, "ours/one", number)
    assert ran.out.splitlines() == [
        "Dropped ours/soon: it will not be sent.",
        "Dropped ours/one: it will not be sent.",
    ]
    assert [name for name, state in stored(on_two).items() if state != "dropped"] == ["two/our-x"]


def test_a_post_without_its_campaign_gets_a_hint_with_its_whole_name(
    on_two: SandboxProject,
) -> None:
    """A person types only the id, as the file has it."""
    ran = on_two.run_cli("queue", "drop", "one")
    assert (ran.code, stored(on_two)["one/our-x"]) == (1, "scheduled")
    assert ran.err.startswith("one: Q101 There is no such post. Its name is ours/one.")


def test_one_wrong_name_keeps_all_from_being_dropped(on_two: SandboxProject) -> None:
    ran = on_two.run_cli("queue", "drop", "ours/one", "ours/non", "9999", "ours/two")
    assert (ran.code, ran.out) == (1, "")
    assert [line.split(":")[0] for line in ran.err.splitlines()] == [
        "9999", "ours/non", "2 problems",
    ]  # fmt: skip
    assert set(stored(on_two).values()) == {"scheduled"}


def test_a_name_does_not_mean_every_time_of_a_recurrence(on_two: SandboxProject) -> None:
    ran = on_two.run_cli("queue", "drop", "ours/daily")
    assert ran.code == 1
    assert ran.err.startswith("ours/daily: Q102 It can mean ")
    assert "ours/daily@20" in ran.err
    assert "Name one of them." in ran.err


def test_a_post_is_dropped_as_far_as_possible_and_the_rest_is_a_problem(
    on_two: SandboxProject,
) -> None:
    with on_two.app() as app, app.database.writing() as connection:
        c = deliveries.c
        where = (c.post == "soon") & (c.account == "our-x")
        connection.execute(update(deliveries).where(where).values(state="published"))
    ran = on_two.run_cli("queue", "drop", "ours/soon")
    assert ran.code == 1
    assert ran.out == "Dropped ours/soon on other-x: it will not be sent there.\n"
    assert ran.err.startswith("ours/soon on our-x: Q103 It cannot be dropped (out).")
    assert stored(on_two)["soon/our-x"] == "published"


def test_show_has_the_options_and_length_of_a_poll(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("asks", "Agree?", more="poll: { options: [Aye, Nay], hours: 2 }"))
    with ours.started_app():
        pass
    ran = ours.run_cli("queue", "show", "1")
    assert "  Agree?\n  ( ) Aye\n  ( ) Nay\n  open for 120 minutes\n" in ran.out
    [shown] = json.loads(ours.run_cli("queue", "show", "1", "--json").out)
    [part] = shown["post"]["deliveries"][0]["parts"]
    assert part["poll"] == {"options": ["Aye", "Nay"], "minutes": 120}


@pytest.mark.parametrize("command", ["show", "drop"])
def test_unknown_post_is_a_problem(ours: SandboxProject, command: str) -> None:
    for name in ("99", "ours/none/our-x/once", "-", "9" * 30, "²", "0", "ours", "ours/so"):
        ran = ours.run_cli("queue", command, "--", name)
        assert ran.code == 1
        assert ran.err.splitlines() == [
            f"{name}: Q101 There is no such post. groundswell queue list --all shows all posts.",
            "1 problem",
        ]


def test_dropped_post_stays_dropped(ours: SandboxProject) -> None:
    ours.take_in(ours.post("kept"), ours.post("dropped"))
    key = "ours/dropped/our-x/once"
    ran = ours.run_cli("queue", "drop", key, "--as", "Kim")
    assert ran == (0, "Dropped ours/dropped: it will not be sent.\n", "")
    assert ours.run_cli_process("run", "--once").code == 0
    assert ours.texts() == ["Post kept."]
    assert ours.deliveries()["dropped"].reason == "dropped by Kim"
    again = ours.run_cli("queue", "drop", key)
    assert again.code == 1
    assert "Q103 It cannot be dropped (dropped). It is not sent in any case." in again.err


def test_published_post_cannot_be_dropped(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("out"))
    with ours.started_app() as app:
        app.run_once()
    ran = ours.run_cli("queue", "drop", "1")
    assert ran.code == 1
    assert ran.err.splitlines()[0] == (
        "ours/out: Q103 It cannot be dropped (out). It is out. Delete it on the platform."
    )


def test_added_post_is_shown_with_time_price_and_length(ours: SandboxProject) -> None:
    ran = ours.run_cli(
        "queue", "add", "See for yourself.", "--at", TOMORROW, "--demand", "stop",
        "--link", "https://example.org/report",
    )  # fmt: skip
    assert ran.code == 0
    first, second, third = ran.out.splitlines()
    assert first.startswith("Added ours/see-for-yourself-2")
    assert "to posts/queue.yaml: due " in first
    assert first.endswith(" 09:00 (UTC),")
    assert second.startswith("on X; 41 of 280 characters; $0.20")
    assert third == "No loop runs on this database. groundswell run queues and sends it."
    [row] = json.loads(ours.run_cli("plan", "--json").out)["posts"]
    assert row["text"] == "See for yourself.\nhttps://example.org/report"


def test_added_post_as_json(ours: SandboxProject) -> None:
    ran = ours.run_cli("queue", "add", "Hello.", "--at", "in 2 hours", "--json")
    added = json.loads(ran.out)
    assert added["accounts"] == ["our-x"]
    assert added["errors"] == 0


def test_refusal_leaves_no_file_and_is_one_line(ours: SandboxProject) -> None:
    ran = ours.run_cli("queue", "add", "Hello.", "--at", TOMORROW, "--demand", "stpo")
    assert ran.code == 1
    problem, count = ran.err.splitlines()
    assert problem.startswith('queue add --demand: R304 The demand "stpo" is unknown. Did you mean')
    assert count == "1 problem"
    assert not (ours.folder / "posts" / "queue.yaml").exists()


def test_mistakes_elsewhere_are_shown_when_something_is_added(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("bad", more="demnad: stop"))
    ran = ours.run_cli("queue", "add", "Hello.", "--at", TOMORROW)
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == (
        "But 1 mistake keeps it from being queued: see groundswell check."
    )


# --- The prospects of added posts -----------------------------------------------------------------


def add(place: SandboxProject, *args: str) -> list[str]:
    """Add a post; return what is printed after its file, account, length and price."""
    args = args if "--at" in args or "--slot" in args else (*args, "--at", TOMORROW)
    ran = place.run_cli("queue", "add", "Hello, everyone.", *args)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("Added ours/hello-everyone")
    return ran.out.splitlines()[2:]


def test_a_running_loop_queues_an_added_post_within_seconds(ours: SandboxProject) -> None:
    with ours.started_app():
        assert add(ours) == ["The running loop queues it in a few seconds."]
    [line] = add(ours)
    assert line == "No loop runs on this database. groundswell run queues and sends it."


def test_a_loop_that_was_killed_counts_as_none(ours: SandboxProject) -> None:
    ours.clock.advance(seconds=-31)
    with ours.app() as app, app.database.writing() as connection:
        values = {"name": app.owner, "host": "here", "pid": 1}
        values |= {"started": ours.clock(), "seen": ours.clock()}
        connection.execute(workers.insert().values(values))
    assert add(ours)[0].startswith("No loop runs on this database")


def test_an_approval_that_is_wanted_is_shown(ours: SandboxProject) -> None:
    ours.write_campaign(head=CAMPAIGN_HEAD + "require_approval: 2\n")
    with ours.started_app():
        assert add(ours) == [
            "It waits for approval (0 of 2): groundswell review.",
            "The running loop queues it in a few seconds.",
        ]


def test_a_time_beyond_the_horizon_is_shown_with_the_day_of_queuing(ours: SandboxProject) -> None:
    ours.write_campaign(head=CAMPAIGN_HEAD + "require_approval: 1\n")
    at = ours.clock() + timedelta(days=40)
    day = f"{at - timedelta(days=30):%Y-%m-%d}"
    printed = [
        f"It is due beyond the horizon of 30 days, and will be queued from {day} on.",
        "It waits for approval (0 of 1): groundswell review.",
    ]
    with ours.started_app():
        assert add(ours, "--at", f"{at:%Y-%m-%d %H:%M}") == printed
    *first, last = add(ours, "--at", f"{at:%Y-%m-%d} 12:34")
    assert first == printed
    assert last.startswith("No loop runs on this database")


def test_the_slot_that_it_takes_is_shown(ours: SandboxProject) -> None:
    ours.configure("    gap: 0s", "    gap: 0s\n    slots: [day 09:00]")
    with ours.started_app():
        first, _ = add(ours, "--slot", "next")
        second, _ = add(ours, "--slot", "next")
    slots = [datetime.fromisoformat(line.split()[6]) for line in (first, second)]
    assert slots[1] - slots[0] == timedelta(days=1)
    assert first == f"It takes the slot of {slots[0]:%a %Y-%m-%d} 09:00 UTC on our-x."
    assert "hello-everyone\n" in (ours.folder / "posts" / "queue.yaml").read_text()


@pytest.mark.parametrize(
    ("days", "price"),
    [
        pytest.param(0, "$0.030.", id="a list that holds by the slot's day"),
        pytest.param(60, "$0.015.", id="a later list"),
    ],
)
def test_the_price_is_that_of_the_slots_day(
    ours: SandboxProject, monkeypatch: pytest.MonkeyPatch, days: int, price: str
) -> None:
    ours.configure("    gap: 0s", "    gap: 0s\n    slots: [day 09:00]")
    begins = (ours.clock() + timedelta(days=days)).date()
    dearer = [(begins, item, 2 * dollars) for _, item, dollars in prices.PRICES]
    monkeypatch.setattr(prices, "PRICES", (*prices.PRICES, *dearer))
    ran = ours.run_cli("queue", "add", "Hello, everyone.", "--slot", "next")
    assert ran.out.splitlines()[1].endswith(price)


def test_no_slot_within_the_horizon_is_shown(ours: SandboxProject) -> None:
    later = ours.clock() - timedelta(days=1)
    ours.configure("    gap: 0s", f"    gap: 0s\n    slots: ['{later:%a} 09:00']")
    ours.configure("campaigns:", "horizon: 2d\ncampaigns:")
    first, _ = add(ours, "--slot", "next")
    assert first == "No slot of our-x is free within the horizon; see groundswell plan."


def test_a_pause_is_shown(ours: SandboxProject) -> None:
    with ours.started_app() as app:
        app.queue.pause(
            PauseRequest("campaign", "ours", "a funeral", PauseCause.PERSON), "Kim", ours.clock()
        )
        app.queue.pause(
            PauseRequest("campaign", "other", "a storm", PauseCause.PERSON), "Kim", ours.clock()
        )
        [line] = add(ours)[1:]
    paused = "A pause holds it: paused (campaign ours) by Kim: a funeral "
    assert line == paused + "(groundswell resume --campaign ours)."


def test_a_pause_of_one_of_two_accounts_does_not_say_that_nothing_is_sent(
    ours: SandboxProject,
) -> None:
    second = "  masto:\n    platform: mastodon\n    handle: our@example.org\ncampaigns: posts\n"
    ours.configure("campaigns: posts\n", second)
    assert ours.run_cli("pause", "--account", "our-x", "--as", "Kim").code == 0
    line = add(ours, "--account", "our-x", "--account", "masto")[-1]
    assert line.startswith("A pause holds some of it: paused (account our-x) by Kim")


@pytest.mark.parametrize("words", ["Hello, everyone.", "Hello again."])
@pytest.mark.parametrize("when", ["at", "slot"])
@pytest.mark.parametrize("state", ["published", "dropped"])
def test_an_id_that_was_queued_before_is_never_sent_and_the_answer_says_so(
    ours: SandboxProject, state: str, when: str, words: str
) -> None:
    ours.configure("    gap: 0s", "    gap: 0s\n    slots: [day 09:00]")
    due = ["--at", TOMORROW] if when == "at" else ["--slot", "next"]
    assert ours.run_cli("queue", "add", words, "--id", "hello-everyone", *due).code == 0
    ours.take_in()
    with ours.app() as app, app.database.writing() as connection:
        connection.execute(update(deliveries).values(state=state))
    (ours.folder / "posts" / "queue.yaml").unlink()
    *others, line = add(ours, "--id", "hello-everyone", *due)
    was = {"published": "it is out", "dropped": "it was dropped for good"}[state]
    assert line.startswith(
        f"hello-everyone is not sent on our-x. It was queued there before: {was}"
    )
    assert " new id" in line
    assert not [other for other in others if "No slot" in other]
    assert len(ours.deliveries()) == 1


def test_a_queue_that_cannot_be_read_is_shown_and_the_post_stays(ours: SandboxProject) -> None:
    (ours.folder / "groundswell.db").write_bytes(b"not a database at all, but a text" * 40)
    [line] = add(ours)
    assert line.startswith("It is unknown whether a loop runs: ")
    assert (ours.folder / "posts" / "queue.yaml").is_file()


def test_a_warning_about_the_new_post_is_printed_beside_it(ours: SandboxProject) -> None:
    ran = ours.run_cli("queue", "add", "Written with @alliance.", "--at", TOMORROW)
    assert ran.code == 0
    assert "queue.yaml:3:9: L801 warning: " in ran.err


def test_a_warning_that_another_post_has_already_is_printed_all_the_same(
    ours: SandboxProject,
) -> None:
    day = ours.clock() + timedelta(days=9)
    ours.write_campaign(head=CAMPAIGN_HEAD + f"embargo: {day:%Y-%m-%d} 09:00\n")
    for line, words in ((1, "One."), (4, "Another.")):
        ran = ours.run_cli("queue", "add", words, "--at", TOMORROW)
        assert ran.code == 0
        assert f"queue.yaml:{line}:3: L814 warning: The post is due before" in ran.err


def test_an_error_that_another_post_has_already_is_refused_all_the_same(
    ours: SandboxProject,
) -> None:
    write_file(
        ours.folder / "posts" / "queue.yaml",
        f"- {{id: one, when: {TOMORROW}, demand: stpo, text: One.}}\n",
    )
    ran = ours.run_cli("queue", "add", "Two.", "--at", TOMORROW, "--demand", "stpo")
    assert (ran.code, ran.out) == (1, "")
    assert 'queue add --demand: R304 The demand "stpo" is unknown.' in ran.err


def test_a_time_in_words_is_said_back_before_anything_is_written(
    ours: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = []
    said = output.error_line

    def note(*lines: str) -> None:
        there.append((lines, (ours.folder / "posts" / "queue.yaml").exists()))
        said(*lines)

    monkeypatch.setattr(output, "error_line", note)
    # In words that mean the same before and after midnight, whenever the test is run.
    ran = ours.run_cli("queue", "add", "Come.", "--at", "in two days")
    assert ran.code == 0
    (words,), written = there[0]
    assert words.startswith('"in two days" is read as ')
    assert words.endswith(" (UTC).")
    assert not written


def test_the_next_free_slot_can_be_asked_for_as_a_time(ours: SandboxProject) -> None:
    ours.configure("    gap: 0s", "    gap: 0s\n    slots: [day 09:00]")
    printed = add(ours, "--at", "next free slot")
    assert printed[0].startswith("It takes the slot of ")


def test_thread_and_poll_are_added_from_the_command_line(ours: SandboxProject) -> None:
    at = ["--at", TOMORROW]
    ours.run_cli("queue", "add", "One.", "--part", "Two.", "--part", "Three.", *at)
    poll = ["--poll", "Aye", "--poll", "Nay", "--poll-for", "24h"]
    assert ours.run_cli("queue", "add", "Agree?", *poll, *at).code == 0
    ours.take_in()
    found = ours.deliveries()
    assert [len(post.content.parts) for post in found.values()] == [3, 1]
    assert str(found.popitem()[1].content.parts[0].poll) == str(Poll(("Aye", "Nay"), 1440))


def test_wrong_usage_ends_with_2(ours: SandboxProject) -> None:
    poll = "add Hello. --slot next --poll Aye --poll Nay"
    for args in (
        *("add Hello.", "add --at tomorrow", "show", "drop", "lsit", "add Hello. --slot soon"),
        *("add Hello. --at tomorrow --slot next", "add Hello. --slot next --poll-for 24h"),
        *(poll, f"{poll} --poll-for 24h --part Two."),
    ):
        ran = ours.run_cli("queue", *args.split())
        assert ran.code == 2, args
        assert "Usage: groundswell queue" in ran.err
