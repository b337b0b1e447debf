from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.cli import CAMPAIGN_HEAD
from helpers.store import spending

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.run import SandboxProject

    from bot.sandbox.state import SimPost


pytest_plugins = ["helpers.run"]

THREAD = "thread:\n  - The first part.\n  - The second part."
NAME = "ours/asked"
KEY = f"{NAME}/our-x/once"


def ask(ours: SandboxProject, more: str = "", *, skip: int = 0) -> None:
    """Bring a post before a person, because it is not on the timeline and too late to send again.

    All of it lies in the past of the commands, which have the machine's time.
    """
    ours.configure("gap: 0s", "gap: 0s\n    grace: 4m")
    ours.clock.advance(hours=-1)
    ours.world.faults.add("POST", "/2/tweets", "drop_before", skip=skip)
    ours.write_campaign(ours.post("asked", more=more))
    with ours.started_app() as app:
        ours.drive(app, minutes=8, step=20)
    assert ours.states() == {"asked": "needs_human"}
    ours.clock.advance(minutes=52)


def by_hand(ours: SandboxProject, text: str = "Post asked.") -> SimPost:
    """Post it as a person would, on the platform's own page."""
    world = ours.world
    account = world.by_handle("our_name")
    assert account is not None
    return world.add_post(account, text)


def state(ours: SandboxProject) -> tuple[str, str]:
    delivery = ours.deliveries()["asked"]
    return delivery.state, delivery.reason


def test_empty_inbox_says_so(ours: SandboxProject) -> None:
    assert ours.run_cli("inbox") == (0, "Nothing needs a person.\n", "")
    value = json.loads(ours.run_cli("inbox", "--json").out)
    assert not any(value.pop("needs_person").values())
    nothing = {"needs_human": [], "looking": 0, "lost": [], "pauses": []}
    assert value == {**nothing, "held_back": None}


def refused_keys(ours: SandboxProject) -> None:
    ours.world.faults.add("POST", "/2/tweets", {"status": 401})
    ours.write_campaign(ours.post("refused"))
    with ours.started_app() as app:
        app.run_once()


def too_late(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("late", hours=-1))
    with ours.started_app():
        pass


def many_gone(ours: SandboxProject) -> None:
    ours.write_campaign(*(ours.post(f"p{number}", hours=number) for number in range(1, 6)))
    with ours.started_app() as app:
        ours.write_campaign(ours.post("p1", hours=1))
        app.queue_sync.refresh()


def old_fact(ours: SandboxProject) -> None:
    fact = "  hart: {claim: It runs, figure: $6, source: https://example.org, as_of: 2022-07-18, "
    fact += "review_by: 2022-07-19}"
    ours.write_campaign(
        ours.post("stale", "'It costs {{ fact.hart.figure }}.'", minutes=50),
        head=f"{CAMPAIGN_HEAD}facts:\n{fact}\n",
    )
    with ours.started_app():
        pass


def broken_file(ours: SandboxProject) -> None:
    ours.write_campaign("  - id: broken\n")


@pytest.mark.parametrize("bring", [refused_keys, too_late, many_gone, old_fact, broken_file])
def test_inbox_names_every_need_that_status_names(
    ours: SandboxProject, bring: Callable[[SandboxProject], None]
) -> None:
    bring(ours)
    _, needs = ours.run_cli("status").out.split("Needs a person\n")
    first = needs.splitlines()[0].strip()
    assert first != "nothing"
    printed = ours.run_cli("inbox").out
    assert "Nothing needs a person" not in printed
    assert first in printed or first.endswith(": groundswell inbox")


def test_a_pause_by_a_person_needs_no_person(ours: SandboxProject) -> None:
    assert ours.run_cli("pause", "--why", "a funeral", "--as", "Kim").code == 0
    printed, stopped = ours.run_cli("inbox").out.split("\n\n")
    assert printed == "Nothing needs a person."
    assert "paused (all) by Kim: a funeral" in stopped
    assert "Needs a person\n  nothing\n" in ours.run_cli("status").out


def test_evidence_and_the_page_to_look_at_are_shown(ours: SandboxProject) -> None:
    ask(ours)
    ran = ours.run_cli("inbox")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == f"No. 1  {NAME}"
    assert lines[1].startswith("  due ")
    assert lines[1].endswith(" on X")
    absent = "absent from the timeline, and too late to send it again without asking"
    assert lines[2].startswith(f"  needs you: {absent}")
    assert "  | Post asked." in lines
    assert len([line for line in lines if "Sent part 1 at " in line]) == 1
    looks = [line for line in lines if "looked at " in line]
    assert len(looks) == 3
    assert all("no matching post" in line for line in looks)
    page = lines.index(f"  Look at {ours.url}/our_name, then run")
    assert lines[page + 1] == f"    groundswell inbox settle {NAME}"
    options = [line.split()[0] for line in lines[page + 3 : page + 6]]
    assert options == ["--sent", "--not-sent", "--drop"]


def test_of_an_account_that_left_the_config_the_name_says_where_to_look(
    ours: SandboxProject,
) -> None:
    ask(ours)
    ours.configure("  our-x:", "  our-z:")
    printed = ours.run_cli("inbox").out
    assert "  Look at the page of our-x, then run\n" in printed


def test_evidence_as_json(ours: SandboxProject) -> None:
    ask(ours)
    [item] = json.loads(ours.run_cli("inbox", "--json").out)["needs_human"]
    assert (item["post"]["number"], item["post"]["name"]) == (1, NAME)
    [asked] = item["undecided"]
    assert (asked["account"], asked["on"], asked["part"]) == ("our-x", "X", 1)
    assert asked["command"] == f"groundswell inbox settle {NAME}"
    assert asked["page"] == f"{ours.url}/our_name"
    [attempt] = asked["attempts"]
    assert attempt["outcome"] == "unknown"
    assert json.loads(attempt["sent"])["text"] == "Post asked."
    assert [look["matches"] for look in attempt["looks"]] == [[], [], []]


def test_post_that_is_being_checked_needs_no_person(ours: SandboxProject) -> None:
    ours.world.faults.add("POST", "/2/tweets", "commit_then_drop")
    ours.write_campaign(ours.post("asked"))
    with ours.started_app() as app:
        app.run_once()
    printed = ours.run_cli("inbox").out
    checking = "Groundswell is checking whether 1 post went out; no need to act."
    assert printed == f"Nothing needs a person.\n{checking}\n"


ADDRESSES = (
    "{id}",
    " {id} ",
    "{url}/our_name/status/{id}",
    "https://x.com/Our_Name/status/{id}?s=20",
    "https://twitter.com/our_name/status/{id}/photo/1",
)


@pytest.mark.parametrize("form", ADDRESSES)
def test_settled_as_sent_it_counts_as_published(ours: SandboxProject, form: str) -> None:
    ask(ours)
    post = by_hand(ours)
    remote = form.format(id=post.id, url=ours.url)
    ran = ours.run_cli("inbox", "settle", "1", "--sent", remote, "--as", "Kim")
    assert ran == (0, f"{NAME} is published: Kim found it on the platform\n", "")
    with ours.started_app() as app:
        app.run_once()
        [publication] = app.metrics.publications()
        [snapshot] = app.metrics.snapshots()
        spent = [entry.item for entry in spending(app.database)]
    assert publication.remote_id == post.id
    assert publication.url == f"{ours.url}/our_name/status/{post.id}"
    assert snapshot.counters.impressions == ours.world.counters(post).impressions
    assert "post" in spent
    assert ours.texts() == ["Post asked."]


def test_rest_of_a_thread_that_is_too_late_comes_back(ours: SandboxProject) -> None:
    ask(ours, THREAD)
    first = by_hand(ours, "The first part.")
    assert ours.run_cli("inbox", "settle", "1", "--sent", first.id).code == 0
    with ours.started_app() as app:
        app.run_once()
    assert ours.texts() == ["The first part."]
    printed = ours.run_cli("inbox").out
    assert "the thread stopped after part 1 of 2" in printed
    assert "  | The second part." in printed
    assert ours.run_cli("inbox", "settle", "1", "--drop").code == 0
    assert ours.run_cli("inbox").out == "Nothing needs a person.\n"


def test_settled_as_sent_the_thread_is_answered_to_it(ours: SandboxProject) -> None:
    ours.configure("gap: 0s", "gap: 0s\n    grace: 3h")
    ours.clock.advance(minutes=-50)
    ours.world.faults.add("POST", "/2/tweets", {"status": 403, "problem": "duplicate"})
    ours.write_campaign(ours.post("asked", more=THREAD))
    with ours.started_app() as app:
        ours.drive(app, minutes=8, step=20)
    first = by_hand(ours, "The first part.")
    assert ours.run_cli("inbox", "settle", "1", "--sent", first.id).code == 0
    ours.clock.advance(minutes=50)
    with ours.started_app() as app:
        app.run_once()
    assert ours.texts() == ["The first part.", "The second part."]
    assert ours.world.visible()[1].parent == first.id
    assert ours.states() == {"asked": "published"}


def test_settled_as_not_sent_in_time_it_goes_out(ours: SandboxProject) -> None:
    ours.configure("gap: 0s", "gap: 0s\n    grace: 3h")
    ours.clock.advance(minutes=-50)
    ours.world.faults.add("POST", "/2/tweets", {"status": 403, "problem": "duplicate"})
    ours.write_campaign(ours.post("asked"))
    with ours.started_app() as app:
        ours.drive(app, minutes=8, step=20)
    assert "calls it a duplicate" in ours.run_cli("inbox").out
    ran = ours.run_cli("inbox", "settle", "1", "--not-sent", "--as", "Kim")
    assert ran == (0, f"{NAME} is scheduled: Kim says that it is not on the platform\n", "")
    ours.clock.advance(minutes=50)
    with ours.started_app() as app:
        ours.drive(app, minutes=8, step=20)
    assert ours.texts() == ["Post asked."]


def test_settled_as_not_sent_too_late_it_is_missed(ours: SandboxProject) -> None:
    ask(ours)
    assert ours.run_cli("inbox", "settle", "1", "--not-sent", "--as", "Kim").code == 0
    assert state(ours)[0] == "missed"
    assert "too late to send it" in ours.run_cli("inbox").out
    assert ours.texts() == []


def test_settled_as_dropped_nothing_more_is_sent(ours: SandboxProject) -> None:
    ask(ours)
    ran = ours.run_cli("inbox", "settle", KEY, "--drop", "--as", "Kim", "--json")
    value = {"name": NAME, "number": 1, "account": "our-x", "on": ""}
    assert json.loads(ran.out) == {**value, "state": "dropped", "why": "dropped by Kim"}
    with ours.started_app() as app:
        ours.drive(app, minutes=2)
    assert ours.texts() == []


def test_wrong_usage_ends_with_2_and_settles_nothing(ours: SandboxProject) -> None:
    ask(ours)
    for args in ("", "--sent 1 --drop", "--not-sent --drop", "--sent", "--lost"):
        assert ours.run_cli("inbox", "settle", "1", *args.split()).code == 2, args
        assert state(ours)[0] == "needs_human"


def test_unknown_number_ends_with_1(ours: SandboxProject) -> None:
    ran = ours.run_cli("inbox", "settle", "99", "--drop")
    assert ran.code == 1
    assert ran.err.startswith("99: Q101 There is no such post.")


def test_settled_twice_is_refused(ours: SandboxProject) -> None:
    ask(ours)
    assert ours.run_cli("inbox", "settle", "1", "--drop").code == 0
    for choice in ("--sent 1234567", "--not-sent", "--drop"):
        ran = ours.run_cli("inbox", "settle", "1", *choice.split())
        assert ran.code == 1
        assert ran.err.splitlines()[0] == (
            f"inbox settle: Q401 {KEY} does not wait for a person (dropped). "
            "groundswell inbox lists the posts that wait for a person."
        )
        assert state(ours)[0] == "dropped"


def test_post_that_was_never_in_doubt_cannot_be_settled(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("soon", minutes=30))
    with ours.started_app():
        pass
    ran = ours.run_cli("inbox", "settle", "1", "--sent", "1234567")
    assert ran.code == 1
    assert "does not wait for a person (scheduled)" in ran.err


NO_POSTS = (
    "",
    "not an id",
    "abc",
    "-5",
    "0",
    "\N{FULLWIDTH DIGIT ONE}",
    "1" * 20,
    "https://x.com/",
    "https://x.com/ourname",
    "https://x.com/our_name",
    "https://x.com/somebody_else/status/1234567",
    "https://x.com/our_name/status/",
)


def test_an_address_of_no_post_of_the_account_is_refused(ours: SandboxProject) -> None:
    ask(ours)
    for remote in NO_POSTS:
        ran = ours.run_cli("inbox", "settle", "1", f"--sent={remote}")
        assert ran.code == 1
        assert f"Q402 {remote!r} is not a post of our_name." in ran.err
        assert state(ours)[0] == "needs_human"


def test_id_of_another_post_of_ours_is_refused(ours: SandboxProject) -> None:
    ask(ours)
    ours.write_campaign(ours.post("other"))
    with ours.started_app() as app:
        app.run_once()
    [other] = ours.world.visible()
    ran = ours.run_cli("inbox", "settle", "1", "--sent", other.id)
    assert ran.code == 1
    assert f"Q403 The id {other.id} belongs to another post of the queue already." in ran.err
