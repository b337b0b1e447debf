"""A post is shown once and approved on all its accounts, exactly as it was shown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import captured
from helpers.reviewing import listed, through
from sqlalchemy import update

from bot.cli.review import review_each
from bot.database.audit import read_entries
from bot.database.tables import deliveries
from bot.model import State
from bot.services.approving import approve, left_for, waiting

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

THREE = ("our-masto", "our-sky", "our-x")
HEAD = """\
campaign: {name}
title: Ours
timezone: UTC
accounts: [{accounts}]
require_approval: {needed}
"""
WORDS = "Come to the hearing at the county hall."


@pytest.fixture
def three(ours: SandboxProject) -> SandboxProject:
    """A project with an account on each network."""
    add_accounts(
        ours,
        "  our-masto: { platform: mastodon, handle: ours@masto.example }\n",
        "  our-sky: { platform: bluesky, handle: ours.sky.example }\n",
    )
    return ours


def add_accounts(ours: SandboxProject, *lines: str) -> None:
    ours.configure("campaigns: posts\n", f"{''.join(lines)}campaigns: posts\n")


def say(
    ours: SandboxProject,
    *posts: str,
    accounts: tuple[str, ...] = THREE,
    needed: int = 1,
    name: str = "ours",
) -> None:
    """Write these posts, or the usual one, and bring the queue to them."""
    head = HEAD.format(name=name, accounts=", ".join(accounts), needed=needed)
    ours.write_campaign(*(posts or [hearing(ours)]), name=name, head=head)
    ours.take_in()


def hearing(ours: SandboxProject, text: str = WORDS, more: str = "") -> str:
    return ours.post("hearing", text, more=more, minutes=30)


def waits(ours: SandboxProject) -> dict[str, list[str]]:
    """Return the accounts of each waiting post, by its name."""
    return {
        row["plain_name"]: [account["account"] for account in row["accounts"]]
        for row in listed(ours)
    }


def decide(ours: SandboxProject, *args: str, who: str = "Ana") -> tuple[str, str]:
    """Approve or withdraw; return the output and the errors."""
    ran = ours.run_cli("review", *args, "--as", who)
    assert ran.code == bool(ran.err)
    return ran.out, ran.err


def approved(ours: SandboxProject) -> list[str]:
    """Return the approvals in the log."""
    with ours.app() as app:
        found = [entry for entry in read_entries(app.database) if entry.what == "approve"]
    return [f"{entry.subject} by {entry.who}" for entry in found]


# --- One decision ---------------------------------------------------------------------------------


def test_post_is_shown_once_and_one_answer_approves_it_on_each_account(
    three: SandboxProject,
) -> None:
    say(three)
    shown = through(three, "Ana", "a")
    assert shown.count(WORDS) == 1
    assert re.search(r"39 of 300 characters on Bluesky, 39 of 500 characters on Mastodon", shown)
    assert "Approved by Ana on our-sky, our-masto, our-x." in shown
    assert shown.endswith("1 post approved, none left to approve.\n")
    assert sorted(approved(three)) == [f"ours/hearing/{name} by Ana" for name in THREE]


def test_twelve_posts_on_three_networks_are_24_decisions_for_two_approvers(
    three: SandboxProject,
) -> None:
    towns = [f"town-{letter}" for letter in "abcdefghijkl"]
    posts = [three.post(town, f"{town} is heard today.", minutes=30) for town in towns]
    say(three, *posts, needed=2)
    answers = 0
    for who in ("Ana", "Ben"):
        shown = through(three, who, *"a" * 12)
        answers += shown.count("to review.")
    assert answers == 24
    assert waits(three) == {}
    assert len(approved(three)) == 72


def test_list_has_a_row_for_a_post_with_its_day_and_name_whole(
    three: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    long = "the-hearing-that-was-postponed"
    say(three, three.post(long, WORDS * 2, more="on: { mastodon: Another text. }", minutes=30))
    [row] = listed(three)
    lines = three.run_cli("review", "--list").out.splitlines()
    assert lines == [
        f"1  {row['local']}  {row['name']}",
        "   Bluesky, Mastodon, X · 0 of 1 · Come to the hearing at the county hall.Come …",
        "   differs on Mastodon: text",
        "1 post waits for approval.",
    ]
    assert max(map(len, lines)) == 80


def test_networks_stand_in_one_order_in_the_queue_and_beside_what_waits(
    three: SandboxProject,
) -> None:
    say(three, accounts=("our-x", "our-sky", "our-masto"))
    with three.app() as app:
        found = sorted(app.queue.of_posts([("ours", "hearing")]), key=lambda of: of.id)
    assert [of.account for of in found] != sorted(of.account for of in found)
    decide(three, "--approve", "ours/hearing", "--account", "our-x", "--account", "our-sky")
    assert listed(three)[0]["elsewhere"] == "scheduled on Bluesky and X"
    assert "scheduled on Bluesky and X, waits on Mastodon" in three.run_cli("queue").out


def test_accounts_that_differ_in_the_same_way_have_one_line(three: SandboxProject) -> None:
    texts = "on: { mastodon: Another text., bluesky: Yet other words. }"
    say(three, three.post("hearing", WORDS, more=texts, minutes=30))
    lines = three.run_cli("review", "--list").out.splitlines()
    [line] = [line for line in lines if "differs" in line]
    assert line.strip().endswith(": text")
    assert " and " not in line
    assert line.count(",") == 1


def test_differences_on_a_network_are_marked_in_the_common_words(three: SandboxProject) -> None:
    say(three, hearing(three, more=f"on: {{ mastodon: {WORDS[:-1]} on Monday. }}"))
    shown = through(three, "Ana", "q")
    assert "As on Bluesky and X, but:" in shown
    assert "text: Come to the hearing at the county hall{+ on Monday+}." in shown
    assert "@ours@masto.example on Mastodon" in shown
    everything = through(three, "Ana", "m", "q")
    assert f"{WORDS[:-1]} on Monday." in everything


def test_wholly_different_words_are_shown_as_they_will_look(three: SandboxProject) -> None:
    say(three, hearing(three, more="on: { mastodon: 'Nobody asked us. So we ask you!' }"))
    shown = through(three, "Ana", "q")
    assert "Nobody asked us. So we ask you!" in shown
    assert "{+" not in shown


def test_post_that_is_cut_into_parts_on_one_network_is_shown_there_part_by_part(
    three: SandboxProject,
) -> None:
    long = "One of the contracts must end now. " * 9
    say(three, hearing(three, long, more="long: thread"))
    [row] = listed(three)
    parts = {each["account"]: len(each["delivery"]["parts"]) for each in row["accounts"]}
    assert parts == {"our-masto": 1, "our-sky": 2, "our-x": 2}
    shown = through(three, "Ana", "q")
    assert "Part 2 of 2" in shown
    note = (
        "on Bluesky and X: The text is too long for one post, and is cut into a thread of 2 parts."
    )
    assert note in " ".join(shown.split())
    decide(three, "--approve", row["name"])
    assert waits(three) == {}


# --- One network's words change -------------------------------------------------------------------


def test_only_the_network_whose_words_changed_lapses_and_is_shown_next(
    three: SandboxProject,
) -> None:
    say(three)
    through(three, "Ana", "a")
    say(three, hearing(three, more=f"on: {{ mastodon: {WORDS[:-1]} on Monday. }}"))
    assert waits(three) == {"ours/hearing": ["our-masto"]}
    [row] = listed(three)
    assert " on Bluesky and X" in row["elsewhere"]
    assert "changed since Ana approved it" in three.run_cli("review", "--list").out
    shown = through(three, "Ana", "a")
    assert "since Ana approved it on" in shown
    assert "county hall{+ on Monday+}." in shown
    assert "Approved by Ana on our-masto." in shown
    assert approved(three)[3:] == ["ours/hearing/our-masto by Ana"]


def test_post_that_is_approved_on_two_of_three_waits_on_the_third_only(
    three: SandboxProject,
) -> None:
    say(three)
    options = ["--account", "our-x", "--account", "our-sky"]
    out, _ = decide(three, "--approve", "ours/hearing", *options)
    assert out.startswith("Ana approved ours/hearing on our-sky, our-x, which says:\n")
    assert waits(three) == {"ours/hearing": ["our-masto"]}
    out, _ = decide(three, "--approve", "ours/hearing")
    assert out.startswith("Ana approved ours/hearing on our-masto, which says:\n")


def test_database_in_which_each_account_was_approved_by_itself_asks_for_the_rest(
    three: SandboxProject,
) -> None:
    """As databases are whose approvals were given before a post was one decision."""
    say(three)
    with three.app() as app:
        for delivery in app.queue.all():
            if delivery.account != "our-x":
                digest = delivery.approval_digest
                app.approvals.approve(delivery.subject, digest, "Ana", app.clock.now())
    assert waits(three) == {"ours/hearing": ["our-x"]}
    old_name = listed(three)[0]["accounts"][0]["name"]
    assert re.fullmatch("ours/hearing/our-x@[0-9a-f]{12}", old_name)
    decide(three, "--approve", old_name)
    assert waits(three) == {}


# --- Nothing that was not shown -------------------------------------------------------------------


def edit_one(ours: SandboxProject) -> None:
    say(ours, hearing(ours, more="on: { mastodon: Something else. }"))


def edit_all(ours: SandboxProject) -> None:
    say(ours, hearing(ours, "Something else."))


def take_off_x(ours: SandboxProject) -> None:
    say(ours, accounts=THREE[:2])


def take_off_mastodon(ours: SandboxProject) -> None:
    say(ours, accounts=THREE[1:])


def make_it_recur(ours: SandboxProject) -> None:
    say(ours, f"  - id: hearing\n    when: {{ every: day, at: '09:00' }}\n    text: {WORDS}\n")


@pytest.mark.parametrize("edit", [edit_one, edit_all, take_off_x, take_off_mastodon, make_it_recur])
def test_edited_post_is_not_approved_under_its_listed_name(
    three: SandboxProject, edit: Any
) -> None:
    say(three)
    [row] = listed(three)
    edit(three)
    _, err = decide(three, "--approve", row["name"])
    assert err.startswith(f"{row['name']}: Q503 It was edited")
    assert approved(three) == []


def test_version_edited_while_shown_is_named_and_the_rest_approved(three: SandboxProject) -> None:
    say(three)

    def ask() -> str:
        if not approved(three):
            edit_one(three)
            return "a"
        return "q"

    with three.app() as app, captured() as (out, _):
        review_each(app, None, "Ana", ask)
    shown = out.text
    assert "Approved by Ana on our-sky, our-x." in shown
    assert "ours/hearing/our-masto: Q503 It was edited" in shown
    assert shown.index("Q503") < shown.index("Something else.")
    assert waits(three) == {"ours/hearing": ["our-masto"]}


def test_digest_of_another_account_does_not_approve_the_whole_post(three: SandboxProject) -> None:
    say(three)
    [row] = listed(three)
    digest = row["accounts"][0]["digest"]
    _, err = decide(three, "--approve", f"ours/hearing@{digest}")
    assert "Q503" in err
    decide(three, "--approve", f"ours/hearing/our-sky@{digest}")
    assert approved(three) == ["ours/hearing/our-sky by Ana"]


def test_event_that_is_called_like_a_listed_digest_is_not_what_the_name_means(
    ours: SandboxProject,
) -> None:
    two_events(ours, "oakland", "fresno")
    name = listed(ours)[0]["name"]
    two_events(ours, name.rpartition("@")[2], "fresno")
    _, err = decide(ours, "--approve", f"ours/eve@{name.rpartition('@')[2]}")
    assert "Q503" in err
    assert approved(ours) == []


def test_name_cannot_be_worked_out_from_the_words(three: SandboxProject) -> None:
    """Or an author could look for two texts with one name, and swap them."""
    say(three)
    [row], [again] = listed(three), listed(three)
    assert row["name"] == again["name"]
    _, err = decide(three, "--approve", f"ours/hearing@{row['digest'][:12]}")
    assert "Q503" in err
    (three.folder / "groundswell.db").unlink()
    say(three)
    [elsewhere] = listed(three)
    assert elsewhere["digest"] == row["digest"]
    assert elsewhere["name"] != row["name"]
    decide(three, "--approve", f"ours/hearing@{row['digest']}")
    assert len(approved(three)) == 3


def test_listed_version_of_an_account_is_approved_there_only(three: SandboxProject) -> None:
    say(three)
    [row] = listed(three, "--account", "our-sky")
    assert [account["account"] for account in row["accounts"]] == ["our-sky"]
    decide(three, "--approve", row["name"])
    assert approved(three) == ["ours/hearing/our-sky by Ana"]


def test_digest_names_the_whole_post_and_an_option_narrows_it(three: SandboxProject) -> None:
    say(three)
    [row] = listed(three)
    decide(three, "--approve", row["name"], "--account", "our-x")
    assert approved(three) == ["ours/hearing/our-x by Ana"]


def test_account_that_the_post_is_not_on_is_shown(three: SandboxProject) -> None:
    say(three, accounts=THREE[1:])
    _, err = decide(three, "--approve", "ours/hearing", "--account", "our-masto")
    assert "Q101 It is not on our-masto. It is on our-sky, our-x." in err


# --- Accounts that come and go, names that change -------------------------------------------------


def test_account_that_is_added_needs_an_approval_of_its_own_and_is_shown_alone(
    three: SandboxProject,
) -> None:
    say(three, accounts=THREE[1:])
    through(three, "Ana", "a")
    say(three)
    [row] = listed(three)
    assert [account["account"] for account in row["accounts"]] == ["our-masto"]
    assert row["places"] == ["Mastodon"]
    assert " on Bluesky and X" in row["elsewhere"]
    out, _ = decide(three, "--approve", row["name"])
    assert out.startswith("Ana approved ours/hearing on our-masto, which says:\n")


def test_account_that_was_added_after_the_list_is_not_approved_with_its_name(
    three: SandboxProject,
) -> None:
    say(three, accounts=THREE[1:])
    [row] = listed(three)
    say(three)
    _, err = decide(three, "--approve", row["name"])
    assert "Q503" in err
    assert approved(three) == []


def test_account_that_is_removed_takes_nothing_of_the_others_with_it(three: SandboxProject) -> None:
    say(three, needed=2)
    decide(three, "--approve", "ours/hearing")
    say(three, accounts=THREE[1:], needed=2)
    [row] = listed(three)
    assert row["approved"] == "1 of 2: Ana"
    assert [account["account"] for account in row["accounts"]] == ["our-sky", "our-x"]
    decide(three, "--approve", row["name"], who="Ben")
    assert waits(three) == {}


def test_renamed_post_is_asked_again_under_its_new_name(three: SandboxProject) -> None:
    say(three)
    decide(three, "--approve", "ours/hearing")
    say(three, three.post("the-hearing", WORDS, minutes=30))
    assert waits(three) == {"ours/the-hearing": ["our-sky", "our-masto", "our-x"]}
    _, err = decide(three, "--approve", "ours/hearing", who="Ben")
    assert "Q502 It is not in the queue any more." in err
    assert len(approved(three)) == 3


def test_posts_of_one_id_in_two_campaigns_are_two(three: SandboxProject) -> None:
    say(three)
    say(three, hearing(three, "Come to the other hearing."), name="theirs")
    assert set(waits(three)) == {"ours/hearing", "theirs/hearing"}
    decide(three, "--approve", "theirs/hearing")
    assert set(waits(three)) == {"ours/hearing"}


TWELVE = (
    "Who watches a doorbell that watches the street?",
    "Six billion dollars would open every library at night.",
    "Our county votes on Thursday, and the hall is open to all.",
    "Ask the council why the contract was never published.",
    "Buses stop at nine; night shifts end at eleven.",
    "My daughter learned to read in a room that closes now.",
    "No camera has ever found a lost dog in Springfield.",
    "Teachers asked for paper and got face recognition.",
    "A judge said no, twice. The vendor sent a third offer.",
    "Rent rose by a fifth while the park lost its lights.",
    "Bring a neighbour, a question and a warm coat.",
    "Everybody who spoke last time was heard until the end.",
)
"""Texts that have nothing in common, one for each account."""


def test_post_on_twelve_accounts_of_one_network_names_each_and_hides_none(
    ours: SandboxProject,
) -> None:
    names = [f"town-{letter}" for letter in "abcdefghijkl"]
    lines = [f"  {n}: {{ platform: mastodon, handle: {n}@masto.example }}\n" for n in names]
    add_accounts(ours, *lines)
    wordings = ", ".join(f"{n}: '{text}'" for n, text in zip(names, TWELVE, strict=True))
    post = ours.post("hearing", minutes=30).replace(
        "text: Post hearing.", f"wordings: {{ {wordings} }}"
    )
    say(ours, post, accounts=tuple(names))
    [row] = listed(ours)
    assert (row["on"], row["places"]) == ("Mastodon (12)", names)
    assert len({account["digest"] for account in row["accounts"]}) == 12
    shown = through(ours, "Ana", "q")
    for account in row["accounts"]:
        assert f"@{account['handle']} on Mastodon" in shown
    decide(ours, "--approve", row["name"])
    assert len(approved(ours)) == 12


# --- Recurring posts, events ----------------------------------------------------------------------


def test_approval_of_a_recurring_post_is_for_all_of_its_times_and_accounts(
    three: SandboxProject,
) -> None:
    make_it_recur(three)
    [row] = listed(three)
    assert row["plain_name"] == "ours/hearing"
    assert row["times"] >= 29
    out = three.run_cli("review", "--list").out
    assert f"  {row['times']} times, 7 times a week\n" in out
    decide(three, "--approve", row["name"])
    assert waits(three) == {}
    assert len(approved(three)) == 3


def test_name_that_can_mean_several_posts_approves_none(three: SandboxProject) -> None:
    two_events(three, "nyc", "sf")
    assert set(waits(three)) == {"ours/eve@nyc", "ours/eve@sf"}
    _, err = decide(three, "--approve", "ours/eve")
    assert "Q102 It can mean 2 posts: ours/eve@nyc@" in err
    assert approved(three) == []
    copied = "ours/eve@\N{ZERO WIDTH SPACE}sf"  # as it stands in an alert
    decide(three, "--approve", copied)
    assert set(waits(three)) == {"ours/eve@nyc"}
    decide(three, "--withdraw", "ours/eve@sf")
    assert set(waits(three)) == {"ours/eve@nyc", "ours/eve@sf"}


def two_events(ours: SandboxProject, *names: str) -> None:
    """Queue a post for each of two events, with its place."""
    day = f"{ours.clock():%Y-%m-%d}"
    events = "".join(
        f"  {name}: {{ name: Summit, place: {name}, starts: {day} 23:5{n}, ends: {day} 23:58 }}\n"
        for n, name in enumerate(names)
    )
    head = HEAD.format(name="ours", accounts="our-x", needed=1) + f"events:\n{events}"
    when = f"{{ events: [{', '.join(names)}], offset: -1m }}"
    post = f"  - {{ id: eve, when: {when}, text: 'In {{{{ event.place }}}}.' }}\n"
    ours.write_campaign(post, head=head)
    ours.take_in()


@pytest.mark.parametrize(("one", "other"), [("oakland", "oakland-2"), ("facade", "fresno")])
def test_whole_name_of_an_event_means_that_post_alone(
    three: SandboxProject, one: str, other: str
) -> None:
    """Also if another's begins with it, or it could be a digest."""
    two_events(three, one, other)
    decide(three, "--approve", f"ours/eve@{one}")
    assert set(waits(three)) == {f"ours/eve@{other}"}
    decide(three, "--approve", f"ours/eve@{other}")
    assert waits(three) == {}
    out, _ = decide(three, "--withdraw", f"ours/eve@{one}")
    assert out.startswith(f"Ana withdrew the approval of ours/eve@{one} on our-x")
    assert set(waits(three)) == {f"ours/eve@{one}"}
    ran = three.run_cli("queue", "drop", f"ours/eve@{one}")
    assert ran.out == f"Dropped ours/eve@{one}: it will not be sent.\n"
    [row] = json.loads(three.run_cli("queue", "list", "--json").out)
    assert row["name"] == f"ours/eve@{other}"


# --- Two people, and taking it back ---------------------------------------------------------------


def test_account_that_needs_two_stays_with_the_others_until_one_approved_them(
    three: SandboxProject,
) -> None:
    three.configure("    gap: 0s\n", "    gap: 0s\n    require_approval: 2\n")
    say(three, hearing(three, more="author: Ana"))
    _, err = decide(three, "--approve", "ours/hearing")
    assert "ours/hearing/our-x: Q505 Ana is its author" in err
    assert waits(three) == {"ours/hearing": ["our-x"]}
    out, err = decide(three, "--approve", "ours/hearing", who="Ben")
    assert (out[:36], err) == ("Ben approved ours/hearing on our-x, ", "")
    assert listed(three)[0]["approved"] == "1 of 2: Ben"


def test_approving_again_names_the_earlier_approval_and_is_no_error(three: SandboxProject) -> None:
    say(three, needed=2)
    decide(three, "--approve", "ours/hearing")
    edit_two = hearing(three, more="on: { mastodon: Something else. }")
    say(three, edit_two, needed=2)
    out, err = decide(three, "--approve", "ours/hearing")
    assert out.startswith("Ana approved ours/hearing on our-masto, which says:\n")
    assert "  not on our-x: Ana has approved it already" in out
    assert err == ""
    _, err = decide(three, "--approve", "ours/hearing")
    assert err.count("Q504") == 1
    assert err.startswith("ours/hearing: Q504 Ana has approved it already")


def test_withdrawal_is_for_all_accounts_unless_narrowed(three: SandboxProject) -> None:
    say(three)
    decide(three, "--approve", "ours/hearing")
    out, err = decide(three, "--withdraw", "ours/hearing", "--account", "our-x")
    assert out == "Ana withdrew the approval of ours/hearing on our-x. It needs a new one.\n"
    assert waits(three) == {"ours/hearing": ["our-x"]}
    out, err = decide(three, "--withdraw", "ours/hearing")
    assert out.splitlines()[0].startswith("Ana withdrew the approval of ours/hearing on our-")
    assert "  not on our-x: Ana has not approved its current words." in out
    assert err == ""
    assert len(waits(three)["ours/hearing"]) == 3


def test_withdrawal_reaches_a_recurring_post_whose_next_time_is_not_queued_yet(
    three: SandboxProject,
) -> None:
    """Else next month's would go out on an approval that was taken back."""
    make_it_recur(three)
    decide(three, "--approve", "ours/hearing")

    def move(state: State) -> None:
        with three.app() as app, app.database.writing() as connection:
            connection.execute(update(deliveries).values(state=state))

    move(State.PUBLISHED)
    out, err = decide(three, "--withdraw", "ours/hearing")
    assert out.startswith("Ana withdrew the approval of ours/hearing on our-")
    assert err == ""
    move(State.SCHEDULED)
    assert len(waits(three)["ours/hearing"]) == 3


def test_withdrawal_that_is_too_late_on_an_account_says_so(three: SandboxProject) -> None:
    """X is out already; the others can still be stopped."""
    say(three, three.post("hearing", WORDS))
    with three.app() as app:
        for post in left_for(waiting(app), "Ana"):
            assert approve(app, post, "Ana").problems == ()
    with three.app() as app, app.registered():
        app.run_once()
    assert three.texts() == [WORDS]
    out, err = decide(three, "--withdraw", "ours/hearing")
    assert "ours/hearing/our-x: Q502 It is out already." in err
    assert "  not on our-x: It is out already." in out
