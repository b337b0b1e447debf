"""``groundswell review``: the preview, the bond of an approval, and refusals."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from helpers.campaigns import save_picture
from helpers.cli import CAMPAIGN_HEAD, bare_environment, captured, run_cli
from helpers.reviewing import listed, through

from bot.cli.review import review_each
from bot.text import escape_hidden

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

FACTS = """\
facts:
  hart:
    claim: HART runs on AWS
    figure: $6 billion
    source: https://example.org/hart
    as_of: 2026-07-18
statements:
  hayes:
    speaker: Myaisha Hayes
    role: campaign strategies director
    source: https://example.org/release
    paraphrase: People come before profit
"""
ONE = f"{CAMPAIGN_HEAD}require_approval: 1\n{FACTS}"
TWO = f"{CAMPAIGN_HEAD}require_approval: 2\n{FACTS}"


def queue(ours: SandboxProject, *posts: str, head: str = ONE) -> None:
    """Say it, and bring the queue to it."""
    ours.take_in(*posts, head=head)


# --- The list -------------------------------------------------------------------------------------


def test_nothing_waits_if_no_approval_is_required(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", minutes=30), head=CAMPAIGN_HEAD)
    assert ours.run_cli("review", "--list") == (0, "No posts wait for approval.\n", "")
    assert listed(ours) == []


def test_waiting_post_is_listed_once_with_all_its_times(ours: SandboxProject) -> None:
    daily = "  - id: daily\n    when: { every: day, at: '09:00' }\n    text: Every day.\n"
    queue(ours, daily, ours.post("soon", minutes=1))
    first, second = sorted(listed(ours), key=lambda row: str(row["post"]))
    assert first["times"] == len(first["accounts"][0]["due"]) >= 29
    [account] = second["accounts"]
    assert (account["needed"], account["approved_by"], account["handle"]) == (1, [], "our_name")
    ran = ours.run_cli("review", "--list")
    assert "2 posts wait for approval." in ran.out
    assert second["name"] in ran.out
    assert re.fullmatch("ours/soon@[0-9a-f]{12}", second["name"])
    assert re.fullmatch("ours/soon/our-x@[0-9a-f]{12}", account["name"])


def test_allowed_problems_are_shown_with_their_post(ours: SandboxProject) -> None:
    allow = "# groundswell: allow L801 they asked to be named"
    post = ours.post("soon", "With @alliance.", more=allow, minutes=30)
    queue(ours, post)
    [row] = listed(ours)
    assert row["allowed"] == [{"code": "L801", "reason": "they asked to be named"}]
    listing = ours.run_cli("review", "--list").out
    assert f"{row['name']}\n" in listing
    assert "  breaks L801, allowed: they asked to be named\n" in listing
    shown = through(ours, "Ana", "q")
    assert re.search("Allowed +L801: they asked to be named", shown)


def test_facts_and_statements_come_with_their_sources(ours: SandboxProject) -> None:
    post = ours.post("soon", "'{{ fact.hart.figure }}!'", more="statements: [hayes]", minutes=30)
    queue(ours, post)
    [row] = listed(ours)
    assert [(fact["figure"], fact["source"]) for fact in row["facts"]] == [
        ("$6 billion", "https://example.org/hart")
    ]
    assert [(statement["speaker"], statement["exact"]) for statement in row["statements"]] == [
        ("Myaisha Hayes", False)
    ]
    assert row["accounts"][0]["notes"] == []


def test_a_platforms_own_text_is_shown_with_its_sources(ours: SandboxProject) -> None:
    post = ours.post("soon", "None.", more="on: { x: '{{ fact.hart.figure }}!' }", minutes=30)
    queue(ours, post.replace("    text: None.\n", ""))
    [row] = listed(ours)
    [account] = row["accounts"]
    assert (account["delivery"]["text"], account["notes"]) == ("$6 billion!", [])
    assert [fact["figure"] for fact in row["facts"]] == ["$6 billion"]


def test_inbox_says_that_something_waits(ours: SandboxProject) -> None:
    queue(ours, ours.post("one", minutes=30), ours.post("two", minutes=40))
    due = ours.deliveries()["one"].due
    assert ours.run_cli("inbox").out == (
        f"2 posts wait for approval, the first is due {due:%a %Y-%m-%d %H:%M} UTC: "
        "groundswell review\n"
    )
    ours.run_cli("review", "--approve", "ours/one", "--approve", "ours/two")
    assert ours.run_cli("inbox").out == "Nothing needs a person.\n"


def test_queued_version_is_shown_after_an_edit_of_the_files(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", "First words.", minutes=30))
    ours.write_campaign(ours.post("soon", "Other words.", minutes=30), head=ONE)
    [row] = listed(ours)
    [account] = row["accounts"]
    assert account["delivery"]["text"] == "First words."
    assert "The files now say something else. The version below is queued" in account["notes"][0]


def test_other_reasons_that_will_hold_it_back_are_shown(ours: SandboxProject) -> None:
    head = ONE.replace("as_of: 2026-07-18", "as_of: 2026-07-18\n    review_by: 2026-07-19")
    post = ours.post("soon", "'{{ fact.hart.figure }}!'", minutes=30)
    queue(ours, post, head=f"{head}embargo: 2099-01-01 09:00\n")
    [row] = listed(ours)
    embargo, stale = row["accounts"][0]["notes"]
    assert embargo == "It is under embargo until Thu 2099-01-01 09:00 UTC."
    assert stale.startswith("A fact in it is due for review from Mon 2026-07-20 00:00 UTC on")
    assert "embargo until Thu 2099" in through(ours, "Ana", "q")


def test_unknown_campaign_is_refused(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", minutes=30))
    assert ours.run_cli("review", "--list", "--campaign", "ours").code == 0
    ran = ours.run_cli("review", "--list", "--campaign", "our")
    assert ran.code == 1
    assert 'Q601 There is no campaign "our". Did you mean "ours"?' in ran.err


# --- Without being asked --------------------------------------------------------------------------


def test_nobody_decides_under_a_name_with_an_invisible_character(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", minutes=30))
    why = "The name 'Ana\\u200b' holds an invisible character, U+200B. Type it instead"
    for command in ("review --approve ours/soon", "pause", "resume"):
        ran = ours.run_cli(*command.split(), "--as", "Ana\u200b")
        assert ran.code == 2
        assert why in " ".join(ran.err.split())
    assert json.loads(ours.run_cli("log", "--json").out)[-1]["what"] == "plan"


def test_without_a_terminal_nothing_is_asked_and_a_hint_says_how(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", minutes=30))
    ran = ours.run_cli("review")
    assert ran.code == 0
    assert "1 post waits for approval." in ran.out
    assert "groundswell review --approve NAME" in ran.err
    assert len(listed(ours)) == 1


def names_of(row: dict[str, Any]) -> list[str]:
    place, account = f"{row['campaign']}/{row['post']}", row["accounts"][0]["name"]
    number = f"1@{row['name'].partition('@')[2]}"
    return [row["name"], "1", number, f"{place}/our-x/once", place, f"{place}/our-x", account]


def test_approved_by_any_of_its_names(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", "Say\n      this.", minutes=30))
    [row] = listed(ours)
    for name in names_of(row):
        ran = ours.run_cli("review", "--approve", name, "--as", "Ana")
        assert ran == (0, "Ana approved ours/soon on our-x, which says:\n  | Say this.\n", "")
        assert listed(ours) == []
        record = json.loads(ours.run_cli("log", "--json").out)[-1]
        assert (record["who"], record["subject"]) == ("Ana", "ours/soon/our-x")
        assert record["detail"]["digest"] == row["accounts"][0]["digest"]
        ours.run_cli("review", "--withdraw", "ours/soon", "--as", "Ana")
        assert listed(ours) == [row]
    digest = row["accounts"][0]["digest"]
    log = ours.run_cli("log").out
    assert re.search(rf"Ana +approve +ours/soon +digest: {digest}", log)


def test_system_knows_who_approves_if_nobody_says(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", minutes=30))
    ran = ours.run_cli("review", "--approve", "ours/soon", "--json")
    [given] = json.loads(ran.out)
    assert given["who"]
    [account], [text] = given["accounts"], given["texts"]
    assert (given["name"], account["account"], account["done"]) == ("ours/soon", "our-x", True)
    assert text["parts"][0]["text"] == "Post soon."


def test_approval_lapses_with_an_edit_and_the_change_is_shown(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", "First words.", minutes=30))
    ours.run_cli("review", "--approve", "ours/soon", "--as", "Ana")
    queue(ours, ours.post("soon", "Other words.", minutes=30))
    [row] = listed(ours)
    [account] = row["accounts"]
    assert account["before"]["who"] == "Ana"
    assert [change["words"] for change in account["changes"]] == ["text: [-First-]{+Other+} words."]
    assert "text: [-First-]{+Other+} words." in through(ours, "Ben", "q")


REFUSED = {
    "ours/other": "Q501 There is no such post in the queue.",
    "99": "Q501 There is no such post in the queue.",
    "ours/soon@12": "Q501 A digest has at least 12 characters.",
    "ours/soon@00000000000": "Q501 A digest has at least 12 characters.",
    "ours/soon@000000000000": "Q503 It was edited",
    "ours/free": "Q501 There is no such post",
}


def test_wrong_name_is_a_problem(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", minutes=30))
    for typed, why in REFUSED.items():
        ran = ours.run_cli("review", "--approve", typed)
        assert ran.code == 1
        assert ran.err.startswith(f"{typed}: {why}")
        assert len(listed(ours)) == 1


def test_a_name_without_its_campaign_is_completed_as_by_the_queue(ours: SandboxProject) -> None:
    day = f"{ours.clock() + timedelta(days=2):%Y-%m-%d}"
    when = f"{{every: day, at: ['09:00'], until: {day}}}"
    queue(ours, f"  - {{id: daily, when: {when}, text: Again}}\n")
    for typed in ("daily", f"daily@{day}"):
        for command in (["review", "--approve"], ["review", "--withdraw"], ["queue", "drop"]):
            ran = ours.run_cli(*command, typed)
            assert ran.code == 1
            assert f" Its name is ours/{typed}." in ran.err, command
    assert f" Its name is ours/daily@{day}." in ours.run_cli("queue", "show", typed).err


def test_valid_names_are_approved_and_the_others_are_problems(ours: SandboxProject) -> None:
    queue(ours, ours.post("one", minutes=30), ours.post("two", minutes=40))
    ran = ours.run_cli("review", "--approve", "ours/one", "--approve", "ours/none")
    assert ran.code == 1
    assert "approved ours/one on our-x" in ran.out
    assert "ours/none: Q501" in ran.err
    assert [row["post"] for row in listed(ours)] == ["two"]


def test_published_post_cannot_be_approved(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("now"))
    with ours.started_app() as app:
        app.run_once()
    ours.write_campaign(ours.post("now"), head=ONE)
    with ours.started_app() as app:
        app.run_once()
    ran = ours.run_cli("review", "--approve", "ours/now")
    assert ran.code == 1
    assert ran.err.startswith("ours/now: Q5")
    assert listed(ours) == []


def test_two_people_approve_and_not_the_author(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", more="author: Ana", minutes=30), head=TWO)

    def approve(who: str) -> str:
        return ours.run_cli("review", "--approve", "ours/soon", "--as", who).err

    assert "Q505 ana is its author" in approve("ana")
    assert approve("Ben") == ""
    assert "Q504 ben has approved it already" in approve("ben")
    [row] = listed(ours)
    [account] = row["accounts"]
    assert (account["approved_by"], account["needed"]) == (["Ben"], 2)
    assert "1 of 2: Ben" in ours.run_cli("review", "--list").out
    assert approve("Cleo") == ""
    assert listed(ours) == []
    assert "Q502 It has all the approvals that it needs." in approve("Dan")


def test_approval_is_taken_back(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", minutes=30))
    ours.run_cli("review", "--approve", "ours/soon", "--as", "Ana")
    ran = ours.run_cli("review", "--withdraw", "ours/soon", "--as", "Ben", "--json")
    assert json.loads(ran.out)[0]["accounts"][0]["done"] is False
    assert "Q507 Ben has not approved its current words." in ran.err
    ran = ours.run_cli("review", "--withdraw", "ours/soon", "--as", "Ana")
    assert ran.out == "Ana withdrew the approval of ours/soon on our-x. It needs a new one.\n"
    assert len(listed(ours)) == 1
    assert " withdraw " in ours.run_cli("log").out


def test_wrong_usage_ends_with_2() -> None:
    for args in ("--list --approve a", "--approve a --withdraw a", "--approve"):
        assert run_cli("review", *args.split()).code == 2, args


# --- One after the other --------------------------------------------------------------------------


def test_each_is_shown_and_only_a_yes_is_a_yes(ours: SandboxProject) -> None:
    queue(ours, *(ours.post(name, minutes=30 + n) for n, name in enumerate(("a", "b", "c"))))
    shown = through(ours, "Ana", "s", "a", "q")
    assert shown.index("Post a.") < shown.index("Post b.") < shown.index("Post c.")
    assert "@our_name on X" in shown
    assert "never approved before" in shown
    assert shown.endswith("1 post approved, 2 left to approve.\n")
    assert [row["post"] for row in listed(ours)] == ["a", "c"]


def test_all_that_an_audience_will_see_is_shown(ours: SandboxProject) -> None:
    more = (
        "thread:\n  - 'It costs {{ fact.hart.figure }}.'\n"
        "  - text: Do you agree?\n    poll: { options: [Aye, Nay], hours: 2 }\n"
        "link: https://example.org/read\nhashtags: [NoTechForIce]\nreply_settings: following"
    )
    queue(ours, ours.post("soon", more=more, minutes=30))
    shown = through(ours, "Ana", "m", "q")
    for words in (
        *("Part 1 of 2", "It costs $6 billion.", "#NoTechForIce", "35 of 280 characters"),
        *("Part 2 of 2", "https://example.org/read", "( ) Aye", "( ) Nay", "120 minutes"),
        *("only from following", "$0.215", "needs 1"),
        *("HART runs on AWS [$6 billion]. https://example.org/hart, as of 2026-07-18",),
    ):
        assert words in shown
    [row] = listed(ours)
    assert shown.count(row["digest"]) == 1  # with the second look, which shows more


def test_a_text_that_is_cut_is_shown_part_by_part_and_says_so(ours: SandboxProject) -> None:
    long = "One of the contracts must end. " * 12
    queue(ours, ours.post("soon", long, more="long: thread", minutes=30))
    shown = through(ours, "Ana", "m", "q")
    assert "Part 2 of 2" in shown
    assert "The text is too long for one post, and is cut into a thread of 2 parts." in shown


def test_an_approved_version_is_printed_with_its_poll_and_pictures(ours: SandboxProject) -> None:
    save_picture(ours.folder / "posts" / "hart.png")
    more = (
        "thread:\n  - text: See.\n    media: [{ file: hart.png, alt: A navy card. }]\n"
        "  - text: Do you agree?\n    poll: { options: [Aye, Nay], hours: 2 }"
    )
    queue(ours, ours.post("soon", more=more, minutes=30))
    assert "Do you agree? [poll]" in ours.run_cli("review", "--list").out
    ran = ours.run_cli("review", "--approve", "ours/soon", "--as", "Ana")
    assert ran.out.splitlines()[1:] == [
        "  | See.",
        "  | [hart.png] A navy card.",
        "  | ",
        "  | Do you agree?",
        "  | ( ) Aye",
        "  | ( ) Nay",
        "  | open for 120 minutes",
    ]


def test_picture_is_shown_by_its_name_size_and_alt_text(ours: SandboxProject) -> None:
    file = save_picture(ours.folder / "posts" / "hart.png")
    more = "media: [{ file: hart.png, alt: A navy card. }]"
    queue(ours, ours.post("soon", more=more, minutes=30))
    shown = through(ours, "Ana", "m", "q")
    assert "[hart.png, 40 x 30]  alt text: A navy card." in shown
    assert f"[{file}, 40 x 30]" in shown


def test_frequency_is_shown_with_its_change(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", "Say this.", minutes=30))
    assert "How often" not in through(ours, "Ana", "a")
    daily = "  - id: soon\n    when: { every: day, at: ['09:00', '18:00'] }\n    text: Say this.\n"
    queue(ours, daily)
    shown = through(ours, "Ana", "q")
    assert re.search(r"How often +14 times a week\n", shown)
    assert re.search(r"since Ana approved it on .*\n +how often: \[-once-\]\{\+14 times", shown)
    [row] = listed(ours)
    assert row["frequency"] == "14 times a week"
    changes = [change["words"] for change in row["accounts"][0]["changes"]]
    assert changes == ["how often: [-once-]{+14 times a week+}"]


def test_hidden_characters_of_a_text_are_written_out() -> None:
    assert escape_hidden("Left \u202etfel\u202c, \x1b[2J") == "Left \\u202etfel\\u202c, \\u001b[2J"
    harmless = "ünïcode\n\tand a family: \U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert escape_hidden(harmless) == harmless


def test_edited_while_it_is_shown_it_is_shown_again(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", "First words.", minutes=30))

    def ask() -> str:
        if "Other words." not in str(ours.deliveries()["soon"].content.text):
            queue(ours, ours.post("soon", "Other words.", minutes=30))
            return "a"
        return "q"

    with ours.app() as app, captured() as (out, _):
        review_each(app, None, "Ana", ask)
    shown = out.text
    assert shown.index("First words.") < shown.index("Q503") < shown.index("Other words.")
    assert shown.endswith("no posts approved, 1 left to approve.\n")


def test_post_that_only_somebody_else_can_approve_is_not_asked(ours: SandboxProject) -> None:
    queue(ours, ours.post("soon", more="author: Ana", minutes=30), head=TWO)
    assert through(ours, "Ana") == (
        "no posts approved, 1 left to approve, 1 of them by somebody other than Ana.\n"
    )


def test_person_at_a_terminal_is_asked(ours: SandboxProject) -> None:
    """As people run it, with a real terminal and typed keys."""
    queue(ours, ours.post("a", minutes=30), ours.post("b", minutes=31))
    code, shown = typed(ours, b"yes please\na\n\x04", "review", "--as", "Ana")
    assert code == 0
    assert shown.count("[q]uit?") == 3  # "yes please" is not taken for a yes
    assert "Approved by Ana on our-x." in shown
    assert [row["post"] for row in listed(ours)] == ["b"]


def typed(ours: SandboxProject, keys: bytes, *args: str) -> tuple[int, str]:
    """Run a command on a terminal of its own, and type line by line as it asks."""
    ours_end, its_end = os.openpty()
    environ = {**bare_environment(ours.folder), "TERM": "dumb", "COLUMNS": "100"}
    command = [sys.executable, "-m", "bot", *args]
    with subprocess.Popen(
        command, cwd=ours.folder, env=environ, stdin=its_end, stdout=its_end, stderr=its_end
    ) as popen:
        os.close(its_end)
        shown = b""
        with suppress(OSError):  # how Linux tells that nobody has the terminal open any more
            while block := os.read(ours_end, 65536):
                shown += block
                if keys and shown.rstrip().endswith(b"[q]uit?"):
                    line, end, keys = keys.partition(b"\n")
                    os.write(ours_end, line + end)
        os.close(ours_end)
        return popen.wait(20), shown.decode()
