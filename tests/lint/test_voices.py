"""Accounts that say the same, or mention the same stranger, are reported."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import load
from helpers.lint import EXAMPLE_NOW, problem_codes
from PIL import Image

from bot.checking import Checker
from bot.lint.context import PlanContext
from bot.lint.plan import coordinated_mention, coordinated_text
from bot.model import Account

if TYPE_CHECKING:
    from pathlib import Path

    from bot.errors import Problem

ACCOUNTS = {
    f"org-{number}": Account(f"org-{number}", "x", f"org_{number}", "http://127.0.0.1")
    for number in range(1, 61)
}
ACCOUNTS["far"] = Account("far", "mastodon", "far", "http://127.0.0.1")
HEAD = "campaign: people\ntitle: People\ntimezone: UTC\naccounts: [org-1]\npartners: [athena]\n"
NINE = "Amazon must end its contracts with the police now"
ALMOST = "Amazon must end its contracts with the army now"
OTHER = "Whose streets does a doorbell watch?"
SOON = "2026-12-01 12:00"


def post(name: str, accounts: str, text: str, when: str = SOON) -> str:
    body = text if ": " in text else f"text: '{text}'"
    return f"  - id: {name}\n    when: {when}\n    accounts: [{accounts}]\n    {body}\n"


def checked(folder: Path, *posts: str) -> tuple[Problem, ...]:
    """Return what ``check`` finds, without what it only warns of."""
    _write(folder, *posts)
    found = Checker(folder / "posts", ACCOUNTS).check(EXAMPLE_NOW).problems
    return tuple(problem for problem in found if problem.level == "error")


def _write(folder: Path, *posts: str) -> None:
    (folder / "posts").mkdir(exist_ok=True)
    text = f"{HEAD}posts:\n{''.join(posts)}"
    (folder / "posts" / "people.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("text", [NINE, "Shame!", "Thank you all", f"{NINE} {OTHER} " * 3])
def test_one_text_on_three_accounts_is_an_error_at_any_length(text: str, tmp_path: Path) -> None:
    [found] = checked(tmp_path, post("one", "org-1, org-2, org-3", text))
    assert (found.code, found.line) == ("L817", 7)
    assert found.message == "3 accounts on x say the same: org-1, org-2, org-3."


def test_sixty_accounts_are_all_named_in_one_report(tmp_path: Path) -> None:
    names = [name for name in ACCOUNTS if name != "far"]
    [found] = checked(tmp_path, post("one", ", ".join(names), NINE))
    assert found.message == f"60 accounts on x say the same: {', '.join(names)}."
    each = [post(f"p{name}", name, f"{NINE} {name[4:]}") for name in names]
    [found] = checked(tmp_path, *each)
    assert found.message.startswith("60 accounts on x say almost the same: org-1 (people/porg-1, ")
    assert all(f"{name} (people/p{name}, " in found.message for name in names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NINE, ALMOST),
        ("See you in Boston, friends", "See you in Boston, friends \U0001f44b"),
    ],
)
def test_almost_the_same_from_a_second_account_is_an_error(
    one: str, other: str, tmp_path: Path
) -> None:
    found = checked(tmp_path, post("one", "org-1", one), post("two", "org-2", other))
    [finding] = [problem for problem in found if problem.code == "L817"]
    assert "org-1 (people/one, " in finding.message
    assert "org-2 (people/two, " in finding.message


@pytest.mark.parametrize(
    "posts",
    [
        [post("one", "org-1", NINE), post("two", "org-2", OTHER)],
        [post("one", "org-1", NINE), post("two", "org-1", NINE)],
        [post("one", "org-1, org-2", f"wordings: {{a: '{NINE}', b: '{OTHER}'}}")],
        [post("one", "org-1, org-2", NINE, "2026-10-01 12:00")],  # it is over
        [post("one", "org-1", "Thank you all"), post("two", "org-2", "Thank you, everyone")],
    ],
)
def test_other_words_and_one_account_are_accepted(posts: list[str], tmp_path: Path) -> None:
    assert checked(tmp_path, *posts) == ()


def test_no_account_says_what_another_said_long_ago(tmp_path: Path) -> None:
    old = post("old", "org-1", NINE, "2026-02-01 12:00")
    [found] = checked(tmp_path, old, post("new", "org-2", NINE))
    assert (found.code, found.line) == ("L817", 11)


def test_a_part_of_a_thread_counts_as_people_see_it_as_a_post(tmp_path: Path) -> None:
    parts = [f"thread: ['{NINE}', 'Number {n} of {n * n}', 'Read on:']" for n in (1, 2)]
    [found] = checked(tmp_path, post("one", "org-1", parts[0]), post("two", "org-2", parts[1]))
    assert found.message.startswith("2 accounts on x say almost the same: org-1 (people/one, ")
    other = parts[1].replace(NINE, OTHER)
    assert checked(tmp_path, post("one", "org-1", parts[0]), post("two", "org-2", other)) == ()
    [found] = checked(tmp_path, post("one", "org-1", parts[0]), post("two", "org-2", NINE))
    assert found.code == "L817"


SHORT = "Our members walked to the town hall"
WALK = "Who decides, and when, about the cameras?"


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        (f"text: '{SHORT}'", f"text: '{SHORT.replace('a', chr(0x251))}'", "say the same"),
        (
            f"text: '{SHORT}', poll: {{options: [Close it all down, Keep it], hours: 1}}",
            f"text: '{WALK}', poll: {{options: [keep IT, Close it all d0wn], hours: 2}}",
            "ask the same poll",
        ),
        (
            f"thread: ['{NINE}.', '{SHORT}. {WALK}']",
            f"thread: ['{NINE}. {SHORT}.', '{WALK}']",
            "say the same",
        ),
        (
            f"text: '{SHORT}', media: [{{file: a.png, alt: 'A poster on a wall'}}]",
            f"text: '{WALK}', media: [{{file: a.png, alt: 'a poster on a WALL'}}]",
            "show the same picture with the same alt text",
        ),
        (
            f"text: '{SHORT} in the rain, for hours. {NINE}.'",
            f"text: 'Nobody had told them so before. {NINE}!'",
            f"say the same sentence, “{NINE}”",
        ),
    ],
)
def test_the_common_part_of_two_posts_is_named(
    one: str, other: str, what: str, tmp_path: Path
) -> None:
    (tmp_path / "posts").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "posts" / "a.png")
    posts = [
        f"  - {{id: {name}, when: {SOON}, accounts: [{account}], {body}}}\n"
        for name, account, body in (("one", "org-1", one), ("two", "org-2", other))
    ]
    [found] = [problem for problem in checked(tmp_path, *posts) if problem.code == "L817"]
    assert found.message.startswith(f"2 accounts on x {what}: org-1 (people/one, ")
    far = posts[1].replace("org-2", "far")
    assert not [problem for problem in checked(tmp_path, posts[0], far) if problem.code == "L817"]


EVERY = "{every: day, at: '12:00'}"


def test_wordings_of_a_recurrence_are_shared_out_and_never_exchanged(tmp_path: Path) -> None:
    two = f"wordings: {{a: '{NINE}', b: '{OTHER}'}}"
    assert checked(tmp_path, post("one", "org-1, org-2", two, EVERY)) == ()
    [found] = checked(tmp_path, post("one", "org-1, org-2, org-3", two, EVERY))
    assert found.code == "L817"
    assert "wordings:" in found.hint


def test_wordings_that_are_almost_the_same_are_no_two_wordings(tmp_path: Path) -> None:
    two = f"wordings: {{a: '{NINE}', b: '{ALMOST}'}}"
    [found] = checked(tmp_path, post("one", "org-1, org-2", two))
    assert found.message == "2 accounts on x say almost the same: org-1, org-2."


def test_the_same_stranger_from_two_accounts_is_an_error_that_names_both(tmp_path: Path) -> None:
    allow = "# groundswell: allow L801 they asked for it"
    first, second = (
        text.replace("    text", f"    {allow}\n    text")
        for text in (
            post("one", "org-1", f"{NINE}, @Somebody"),
            post("two", "org-2", f"{OTHER} @somebody @other"),
        )
    )
    [found] = checked(tmp_path, first, second)
    assert found.code == "L818"
    assert found.message.startswith("2 accounts on x mention @somebody: org-1 (people/one, ")
    lifted = second.replace("L801", "L818")
    assert problem_codes(checked(tmp_path, first, lifted)) == ["L818", "L893"]


@pytest.mark.parametrize(
    ("name", "second"), [*((name, "org-2") for name in ("org_3", "Org_3")), ("you", "org-1")]
)
def test_our_own_are_no_strangers_and_one_account_may_mention_one_again(
    name: str, second: str, tmp_path: Path
) -> None:
    posts = post("one", "org-1", f"{NINE} @{name}"), post("two", second, f"{OTHER} @{name}")
    assert checked(tmp_path, *posts) == ()


NAMED = "mentions: {athena: {x: somebody}}\n"


def problems_of(folder: Path, accounts: dict[str, Account], *names: str) -> list[str]:
    """Check two posts, of two accounts, that mention a partner; return the codes."""
    posts = (
        post(f"p{n}", f"org-{n}", f"{text} @{names[0]}") for n, text in ((1, NINE), (2, OTHER))
    )
    _write(folder, *posts)
    file = folder / "posts" / "people.yaml"
    file.write_text(file.read_text().replace("posts:\n", f"{NAMED}posts:\n", 1))
    return problem_codes(Checker(folder / "posts", accounts).check(EXAMPLE_NOW).problems)


def test_campaign_file_cannot_make_somebody_a_partner_who_may_be_mentioned(tmp_path: Path) -> None:
    assert sorted(problems_of(tmp_path, ACCOUNTS, "athena")) == ["L801", "L801", "L818"]


def test_config_says_who_agreed_to_be_mentioned_by_each_account(tmp_path: Path) -> None:
    both = {name: replace(account, may_mention=("Somebody",)) for name, account in ACCOUNTS.items()}
    assert problems_of(tmp_path, both, "athena") == []
    one = {**ACCOUNTS, "org-1": both["org-1"]}
    assert problems_of(tmp_path, one, "athena") == ["L801"]


def test_message_says_which_line_the_config_needs(tmp_path: Path) -> None:
    _write(tmp_path, post("one", "org-1", f"{NINE} @somebody"))
    [found] = Checker(tmp_path / "posts", ACCOUNTS).check(EXAMPLE_NOW).problems
    assert found.hint.endswith("into config.yaml, under org-1: `may_mention: [somebody]`.")


def test_an_account_on_another_platform_does_not_count(tmp_path: Path) -> None:
    _write(tmp_path, post("one", "org-1, far", f"{NINE} @you"))
    loaded = load(tmp_path / "posts", ACCOUNTS)
    whole = PlanContext(loaded.campaigns, ACCOUNTS, EXAMPLE_NOW)
    assert [*coordinated_text(whole), *coordinated_mention(whole)] == []


def test_the_loop_takes_in_no_more_than_check_lets_pass(tmp_path: Path) -> None:
    _write(tmp_path, post("one", "org-1, org-2", NINE))
    loop = Checker(tmp_path / "posts", ACCOUNTS, errors_only=True)
    assert problem_codes(loop.check(EXAMPLE_NOW).problems) == ["L817"]
    _write(tmp_path, post("one", "org-1", NINE))
    assert loop.check(EXAMPLE_NOW).problems == ()
    _write(tmp_path, post("one", "org-1", NINE), post("two", "org-2", f"{NINE}!"))
    assert problem_codes(loop.check(EXAMPLE_NOW).problems) == ["L817"]


def test_without_a_config_the_names_in_the_files_are_accounts(tmp_path: Path) -> None:
    _write(tmp_path, post("one", "this, that", NINE))
    found = Checker(tmp_path / "posts").check(EXAMPLE_NOW).problems
    assert [problem.code for problem in found if problem.level == "error"] == ["L817"]


def test_a_renamed_handle_is_still_ours(tmp_path: Path) -> None:
    accounts = {**ACCOUNTS, "org-3": replace(ACCOUNTS["org-3"], handle="@New_Name")}
    _write(tmp_path, post("one", "org-1, org-2", f"{NINE} @new_name"))
    found = Checker(tmp_path / "posts", accounts).check(EXAMPLE_NOW).problems
    assert problem_codes(found) == ["L817"]


def test_accounts_that_post_too_soon_after_the_same_post_are_one_warning(tmp_path: Path) -> None:
    close = (post("one", "org-1, far", NINE), post("two", "far, org-1", OTHER))
    _write(tmp_path, *close, post("three", "org-2", ALMOST), post("four", "org-2", "More of it"))
    found = Checker(tmp_path / "posts", ACCOUNTS).check(EXAMPLE_NOW).problems
    both, alone = (problem.message for problem in found if problem.code == "L812")
    assert both.startswith("far, org-1 post one (")
    assert both.endswith(") at the very same time; their gap is 30 s.")
    assert alone.startswith("org-2 posts three (")
    assert alone.endswith("; its gap is 30 s.")
