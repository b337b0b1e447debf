"""A mention is written once, and filled in for each platform; an unknown name is an error."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from helpers import notes_platform
from helpers.campaigns import HEADER, ON_THREE, check_on_three, write_campaigns
from helpers.campaigns import campaign_yaml as campaign_of
from helpers.schedules import utc
from hypothesis import given
from hypothesis import strategies as st

from bot.campaigns.voices import Voice
from bot.checking import Checker
from bot.model import Account, Content, Part
from bot.planning.occurrences import plan_occurrences
from bot.platforms import PLATFORMS, load_platform
from bot.store.duplicates import words_digest

if TYPE_CHECKING:
    from pathlib import Path

    from bot.checking import CheckResult

NOW = utc("2022-07-08 09:00")
ACCOUNTS = {
    "ours": Account("ours", "x", "ours", "http://127.0.0.1"),
    "ours-notes": Account("ours-notes", "notes", "ours@notes.example", "http://127.0.0.1"),
}
OURS = ACCOUNTS["ours"]
BOTH = "accounts: [ours, ours-notes]\n"
MENTIONS = """\
mentions:
  athena: { x: athenaforall, notes: athena@social.example }
  no-tech: { x: '@NoTech' }
"""
ALLOW = "# groundswell: allow L801 they agreed to it"


@pytest.fixture(autouse=True)
def notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLATFORMS, "notes", notes_platform.__name__)


def checked(folder: Path, *lines: str, mentions: str = MENTIONS) -> CheckResult:
    """Check one post of these lines, from line 36 on."""
    head = HEADER.replace("accounts: [mediajustice-x]\n", BOTH + mentions)
    head = head.replace('hashtags: [PeopleOverProfit, "#Hart"]\n', "")
    post = ("  - id: one", "when: 2022-07-10 09:00", ALLOW, *lines)
    return Checker(
        write_campaigns(folder, a=campaign_of("\n    ".join(post) + "\n", head)), ACCOUNTS
    ).check(NOW)


def errors(found: CheckResult) -> list[str]:
    return [str(problem).partition("/a.yaml:")[2] for problem in found.errors]


def said(found: CheckResult) -> dict[str, str]:
    """Return the text of each account."""
    planned = plan_occurrences(found.campaigns, ACCOUNTS, NOW, utc("2022-08-01 09:00"))
    return {occurrence.account: occurrence.content.text for occurrence in planned}


@pytest.mark.parametrize(
    ("typed", "x", "other"),
    [
        ("Thank you, @athena!", "Thank you, @athenaforall!", "Thank you, @athena@social.example!"),
        ("@Athena's day", "@athenaforall's day", "@athena@social.example's day"),
        ("(@athena) and @athena.", "(@athenaforall) and @athenaforall.", None),
        ("Ask athena@example.org", "Ask athena@example.org", "Ask athena@example.org"),
        ("See https://example.org/@athena", *["See https://example.org/@athena"] * 2),
    ],
)
def test_each_platform_has_its_own_name(
    tmp_path: Path, typed: str, x: str, other: str | None
) -> None:
    found = checked(tmp_path, f'text: "{typed}"')
    assert errors(found) == []
    full = x.replace("athenaforall", "athena@social.example")
    assert said(found) == {"ours": x, "ours-notes": other or full}


def test_a_text_without_mentions_stays_one_post(tmp_path: Path) -> None:
    assert len(checked(tmp_path, "text: Take HART off AWS").posts) == 1
    first, second = checked(tmp_path, "text: 'Take HART off AWS, @athena'").posts
    assert (first.platform, first.accounts) == ("x", ("ours",))
    assert (second.platform, second.accounts) == ("notes", ("ours-notes",))


@pytest.mark.parametrize("other", ["", "{{ event.place }}: "])
@pytest.mark.parametrize("where", ["thread: ['One', {text}]", "wordings: {a: {text}, b: Two}"])
def test_threads_wordings_and_filled_texts_have_them_too(
    tmp_path: Path, other: str, where: str
) -> None:
    text = f"'{other}Thank you, @athena'"
    found = checked(tmp_path, "event: nyc", where.replace("{text}", text))
    assert errors(found) == []
    every = [wording.content.text for post in found.posts for wording in post.wordings]
    assert sum("@athenaforall" in text for text in every) == 1
    assert sum("@athena@social.example" in text for text in every) == 1


def test_wordings_are_dealt_out_among_all_accounts_as_before(tmp_path: Path) -> None:
    plain = said(checked(tmp_path, "wordings: {a: 'One, athena', b: Two}"))
    mentioned = said(checked(tmp_path, "wordings: {a: 'One, @athena', b: Two}"))
    assert len(set(plain.values())) == 2
    for name, text in plain.items():
        assert mentioned[name].startswith(text[:3])


APART = "Put a space before and after it, or leave out the @."
DECLARE = "Add its name on each platform under mentions: in the campaign, or write it "
DECLARE += "without the @."
WRONG = {
    "no name on one of them": (
        "Thank you, @no-tech",
        '33:22: R312 "@no-tech" has no name on notes.',
        (
            "Add notes: to no-tech: under mentions: in the campaign, or write a text "
            "without it under on: notes:."
        ),
    ),
    "a name of X only": (
        "Thank you, @somebody",
        '33:22: R312 "@somebody" is not a Mastodon handle; write it with its server: @name@server.',
        DECLARE,
    ),
    "a name of the other only": (
        "Thank you, @somebody@social.example",
        (
            '33:22: R312 "@somebody@social.example" is not an X handle, which has letters, digits '
            "and underscores: @name."
        ),
        DECLARE,
    ),
    "not apart": (
        "and/@athena",
        '33:15: R312 On notes, "@athena@social.example" would mention nobody or somebody else.',
        APART,
    ),
    "a second sign": (
        "Thanks @@athena",
        '33:19: R312 On notes, "@athena" would mention nobody or somebody else.',
        APART,
    ),
    "an underscore": (
        "Thanks _@athena",
        '33:11: R312 On notes, "@athena" would mention nobody or somebody else.',
        APART,
    ),
    "within a link": (
        "See https://example.org/?to=a,@athena",
        '33:41: R312 On notes, "@athena" would mention nobody or somebody else.',
        APART,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_name_unknown_to_a_platform_is_an_error_at_its_place(tmp_path: Path, name: str) -> None:
    text, message, hint = WRONG[name]
    assert errors(checked(tmp_path, f"text: {text}")) == [f"{message} {hint}"]


def test_a_domain_is_not_a_name_on_x(tmp_path: Path) -> None:
    [found] = errors(checked(tmp_path, "accounts: [ours]", "text: Ask @athena.example.org"))
    assert found.startswith('34:15: R312 "@athena.example.org" is not an X handle')
    assert errors(checked(tmp_path, "accounts: [ours]", "text: Ask @athena.Then come")) == []


def test_a_mention_in_an_address_that_is_not_a_link_is_an_error(tmp_path: Path) -> None:
    [found] = errors(checked(tmp_path, "accounts: [ours]", "text: See http://localhost/@athena"))
    assert found == f'34:32: R312 On x, "@athena" would mention nobody or somebody else. {APART}'
    assert errors(checked(tmp_path, BOTH, "text: See https://example.org/@athena")) == []


def test_a_platform_without_the_name_can_have_another_text(tmp_path: Path) -> None:
    found = checked(tmp_path, "text: Thank you, @no-tech", "on: {notes: Thank you all}")
    assert errors(found) == []
    assert said(found) == {"ours": "Thank you, @NoTech", "ours-notes": "Thank you all"}


@pytest.mark.parametrize(
    ("mentions", "wanted"),
    [
        ("a: {x: not a name}", '6:10: R312 "not a name" is not an X handle'),
        (
            "a: {notes: athena}",
            '6:14: R312 "athena" is not a Mastodon handle; write it with its server: @name@server.',
        ),
        ("a: {xx: athena}", '6:7: R312 There is no platform "xx". Did you mean "x"?'),
        ("a: athena", '6:6: C201 "athena" is a name on one platform only.'),
        ("a: {}", "6:6: C204"),
    ],
)
def test_a_name_that_cannot_be_is_an_error_in_the_header(
    tmp_path: Path, mentions: str, wanted: str
) -> None:
    found = errors(checked(tmp_path, "text: Hello", mentions=f"mentions:\n  {mentions}\n"))
    assert len(found) == 1
    assert found[0].startswith(wanted)


def test_a_mention_cannot_make_a_text_grow_without_end(tmp_path: Path) -> None:
    name = f"athena@{'a' * 200}.example"
    found = checked(
        tmp_path, f"text: '{'@a ' * 200}'", mentions=f"mentions:\n  a: {{x: a, notes: {name}}}\n"
    )
    assert [problem.code for problem in found.errors] == ["T404"]


@given(st.text("@a b.-_/:\n#é", max_size=30))
def test_no_mention_is_lost_and_nobody_else_is_mentioned(text: str) -> None:
    mentions = {"a": {"x": "@one"}, "b": {"x": "@two"}}
    x = load_platform("x")
    filled, flaws = Voice(OURS, x, mentions).fill_mentions(text)
    if not flaws:
        names = {entity.text for kind, entity in x.entities(filled) if kind == "mention"}
        typed = {entity.text for kind, entity in x.entities(text) if kind == "mention"}
        assert {"a": "one", "b": "two"}.get("a") not in typed
        assert {name for name in typed if name in {"a", "b"}} == {
            {"one": "a", "two": "b"}[name] for name in names if name in {"one", "two"}
        }


def test_the_three_networks_each_get_their_own(tmp_path: Path) -> None:
    names = "x: athenaforall, mastodon: athena@social.example"
    lines = (ALLOW, "text: Thanks, @athena!")
    header = f"mentions: {{athena: {{{names}}}}}\n"
    [missing] = check_on_three(tmp_path, *lines, header=header).errors
    assert missing.message == '"@athena" has no name on bluesky.'
    header = f"mentions: {{athena: {{{names}, bluesky: athena.example.org}}}}\n"
    found = check_on_three(tmp_path, *lines, header=header)
    assert found.errors == ()
    texts = {post.platform: post.wordings[0].content.text for post in found.posts}
    assert texts == {
        "x": "Thanks, @athenaforall!",
        "mastodon": "Thanks, @athena@social.example!",
        "bluesky": "Thanks, @athena.example.org!",
    }


ATHENA = {"x": "athenaforall", "mastodon": "athena@social.example", "bluesky": "athena.example.org"}
NETWORKS = {
    name: replace(account, may_mention=(ATHENA[name],)) for name, account in ON_THREE.items()
}
COALITION = """\
campaign: people
title: People
timezone: UTC
partners: [athena]
mentions:
  athena: {x: athenaforall, mastodon: athena@social.example, bluesky: athena.example.org}
  other: {x: another, mastodon: other@social.example, bluesky: other.example.org}
"""


def codes_of(folder: Path, account: str, text: str) -> list[str]:
    post = f"posts:\n  - {{id: one, when: 2022-07-10 09:00, text: '{text}'}}\n"
    files = write_campaigns(folder, a=f"{COALITION}accounts: [{account}]\n{post}")
    return [problem.code for problem in Checker(files, NETWORKS).check(NOW).problems]


@pytest.mark.parametrize("account", NETWORKS)
def test_rules_for_texts_find_what_each_network_finds(tmp_path: Path, account: str) -> None:
    handle = NETWORKS[account].handle
    for text in (f"Follow @{handle} today", "Thank you, @athena, for all of it"):
        assert codes_of(tmp_path, account, text) == [], text
    assert codes_of(tmp_path, account, "Thank you, @other, for all of it") == ["L801"]
    tags = " ".join(f"#Tag{letter}" for letter in "ABCD")
    assert codes_of(tmp_path, account, f"So many tags: {tags}") == ["L802"]


def test_a_name_with_a_number_is_not_a_figure_on_mastodon(tmp_path: Path) -> None:
    text = "Ask @climate2030@social.example about it"
    assert codes_of(tmp_path, "mastodon", text) == ["L801"]


@pytest.mark.parametrize(
    ("platform", "other"),
    [("x", "another"), ("mastodon", "other@social.example"), ("bluesky", "other.example.org")],
)
def test_posts_that_differ_only_in_their_mentions_are_duplicates(platform: str, other: str) -> None:
    said = [Content((Part(f"Thanks, @{name}!"),)) for name in (ATHENA[platform], other)]
    assert len({words_digest(content, platform) for content in said}) == 1
