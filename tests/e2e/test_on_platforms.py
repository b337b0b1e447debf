"""A post with its own text for a platform is planned, checked and shown by that text alone."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers import notes_platform
from helpers.campaigns import HEADER, save_picture
from helpers.campaigns import campaign_yaml as campaign_of
from helpers.cli import write_file
from helpers.schedules import utc

from bot.checking import Checker
from bot.config import load
from bot.link_marks import unmarked
from bot.model import Account
from bot.planning.occurrences import plan_occurrences, shared_texts
from bot.planning.unplanned import past_posts, posts_beyond_horizon
from bot.platforms import PLATFORMS
from bot.spreadsheets.exports.rows import as_csv, sheet_rows
from bot.spreadsheets.importing import ImportRequest, import_file

if TYPE_CHECKING:
    from pathlib import Path

    from bot.checking import CheckResult
    from bot.model import Occurrence

NOW = utc("2022-07-08 09:00")
SPAN = NOW, utc("2022-08-01 09:00")
ACCOUNTS = {
    "ours": Account("ours", "x", "ours", "http://127.0.0.1"),
    "ours-notes": Account("ours-notes", "notes", "ours", "http://127.0.0.1"),
    "more-notes": Account("more-notes", "notes", "more", "http://127.0.0.1"),
}
LONG = "Take HART off AWS. " * 20  # the limit is 280 characters on X and 500 on notes
BOTH = "accounts: [ours, ours-notes]"
THREE = """\
accounts:
  longer-x: {platform: x, handle: longer, x: {long_posts: true}}
  an-x: {platform: x, handle: our_name}
  a-mastodon: {platform: mastodon, handle: ours@social.example}
  a-bluesky: {platform: bluesky, handle: ours.example.org}
"""


@pytest.fixture(autouse=True)
def notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLATFORMS, "notes", notes_platform.__name__)


def checked(folder: Path, *lines: str, header: str = "") -> CheckResult:
    """Check a campaign with one post of these lines."""
    save_picture(folder / "media" / "a.png")
    head = HEADER.replace(
        'accounts: [mediajustice-x]\nhashtags: [PeopleOverProfit, "#Hart"]\n', header
    )
    post = ("  - id: one", "when: 2022-07-10 09:00", *lines)
    (folder / "people.yaml").write_text(campaign_of("\n    ".join(post) + "\n", head))
    return Checker(folder, ACCOUNTS).check(NOW)


def codes(found: CheckResult) -> list[str]:
    return [one.code for one in found.problems if one.level == "error"]


def said(found: CheckResult) -> dict[str, str]:
    """Return the text of each account."""
    return {one.account: one.content.text for one in planned(found)}


def planned(found: CheckResult) -> tuple[Occurrence, ...]:
    return plan_occurrences(found.campaigns, ACCOUNTS, *SPAN)


def test_each_account_says_the_text_of_its_platform(tmp_path: Path) -> None:
    found = checked(tmp_path, BOTH, "text: Short", f"on: {{notes: {{text: {LONG}}}}}")
    assert codes(found) == []
    assert said(found) == {"ours": "Short", "ours-notes": LONG.strip()}
    assert {one.key for one in planned(found)} == {
        "people/one/ours/once",
        "people/one/ours-notes/once",
    }


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["text: Short", f"on: {{notes: {LONG}}}"], []),
        ([f"text: {LONG}", "on: {x: Short}"], []),
        ([f"on: {{x: Short, notes: {LONG}}}"], []),
        ([f"text: {LONG}"], ["X701"]),
        ([f"text: {LONG}", "on: {notes: Short}"], ["X701"]),
        (["text: Short", f"on: {{notes: {LONG * 2}}}"], ["N701"]),
        ([f"text: {LONG * 2}", "on: {x: Short}"], ["N701"]),
        ([f"text: {LONG * 2}"], ["N701", "X701"]),
        (["text: Yes?", "poll: {options: [Yes, No], hours: 1}"], ["N702"]),
    ],
)
def test_a_text_is_checked_by_the_rules_of_its_platforms(
    tmp_path: Path, lines: list[str], wanted: list[str]
) -> None:
    assert sorted(codes(checked(tmp_path, BOTH, *lines))) == wanted


WRONG: dict[str, tuple[list[str], str]] = {
    "a slip": (
        ["text: a", "on: {note: b}"],
        '30:16: R311 The post has no account on "note". Did you mean "notes"?',
    ),
    "unknown": (
        ["text: a", "on: {mastodon: b}"],
        'on "mastodon". Known here: notes, x. Or add an account there to accounts:.',
    ),
    "said by nobody": (["text: a", "on: {x: b, notes: c}"], "29:11: R311 No account posts this"),
    "no text for all": (
        ["on: {notes: b}"],
        '29:9: C203 The account "ours" has no text: "x" is not under on:.',
    ),
    "nothing": (
        ["text: a", "on: {notes: {link: https://example.org}}"],
        "30:17: C203 The platform has no text",
    ),
    "two texts": (["text: a", "on: {notes: {text: a, thread: [b]}}"], "C206"),
    "beside wordings": (["text: a", "on: {notes: {text: a, wordings: {b: c}}}"], "C206"),
    "unknown key": (
        ["text: a", "on: {notes: {txt: a}}"],
        '30:18: C202 The key "txt" is unknown. Did you mean "text"?',
    ),
    "a list": (["text: a", "on: [notes]"], "Write each text under its platform: on: {x: A text}."),
}


@pytest.mark.parametrize("name", WRONG)
def test_text_that_no_account_can_post_is_an_error_with_its_place(
    tmp_path: Path, name: str
) -> None:
    lines, wanted = WRONG[name]
    errors = [str(one) for one in checked(tmp_path, BOTH, *lines).problems if one.level == "error"]
    assert len(errors) == 1, errors
    assert wanted in errors[0]


@pytest.mark.parametrize("place", ["post", "campaign"])
def test_missing_account_is_the_only_error(tmp_path: Path, place: str) -> None:
    missing = "accounts: [ours, not-there]"
    lines = ["text: a", "on: {notes: b}"]
    if place == "post":
        found = checked(tmp_path, missing, *lines)
    else:
        found = checked(tmp_path, *lines, header=f"{missing}\n")
    assert codes(found) == ["R302"]


def test_a_platforms_text_keeps_the_posts_link_and_media_unless_it_has_its_own(
    tmp_path: Path,
) -> None:
    found = checked(
        tmp_path,
        "accounts: [ours, ours-notes]",
        "text: Look",
        "link: https://example.org/x",
        "media: [{file: media/a.png, alt: A hand}]",
        "on:",
        "  notes: {text: See, link: https://example.org/notes}",
    )
    assert codes(found) == []
    x, other = (post.wordings[0] for post in found.campaigns[0].posts)
    assert (x.link, other.link) == ("https://example.org/x", "https://example.org/notes")
    assert [len(one.content.parts[0].media) for one in (x, other)] == [1, 1]


def test_a_platform_may_have_a_thread_or_wordings(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        "accounts: [ours, ours-notes, more-notes]",
        "thread: [One, Two]",
        "on: {notes: {wordings: {plain: Take HART off AWS, asks: Why does HART run on AWS?}}}",
    )
    assert codes(found) == []
    texts = said(found)
    assert texts.pop("ours") == "One\n\nTwo"
    assert sorted(texts.values()) == ["Take HART off AWS", "Why does HART run on AWS?"]


def test_two_accounts_of_a_platform_must_not_say_its_text_alike(tmp_path: Path) -> None:
    everyone = "accounts: [ours, ours-notes, more-notes]"
    alike = checked(tmp_path, everyone, "text: Short", "on: {notes: Take HART off AWS today}")
    assert codes(alike) == ["L817"]


def test_a_post_stands_on_the_facts_that_its_own_text_fetches(tmp_path: Path) -> None:
    found = checked(tmp_path, BOTH, "text: a", "on: {notes: '{{ fact.hart.figure }} for HART'}")
    assert codes(found) == []
    assert [post.facts for post in found.campaigns[0].posts] == [(), ("hart",)]


def test_a_partner_has_no_text_of_our_accounts_on_either_platform(tmp_path: Path) -> None:
    found = checked(tmp_path, BOTH, "text: Short", "on: {notes: Long}", header="partners: [ally]\n")
    wanted = {"ally": [None, None], "ours": ["Short"], "ours-notes": ["Long"]}
    for name, texts in wanted.items():
        shares = shared_texts(found.campaigns, planned(found), name)
        assert [share.wording and share.wording.content.text for share in shares] == texts


def test_a_spreadsheet_has_a_row_for_each_text(tmp_path: Path) -> None:
    found = checked(tmp_path, BOTH, "text: Short", "on: {notes: Long}")
    rows = [(one, "planned") for one in planned(found)]
    sheet = csv.DictReader(as_csv(sheet_rows(rows, found.campaigns, tmp_path))[1:].splitlines())
    assert [(row["id"], row["accounts"], row["text"]) for row in sheet] == [
        ("one", "ours", "Short"),
        ("one-notes", "ours-notes", "Long"),
    ]


def test_past_post_is_counted_once_whatever_its_texts(tmp_path: Path) -> None:
    found = checked(tmp_path, BOTH, "text: Short", "on: {notes: Long}")
    later = NOW + timedelta(days=40)
    assert len(past_posts(found.campaigns, ACCOUNTS, later)) == 1
    assert len(posts_beyond_horizon(found.campaigns, NOW, timedelta(days=1))) == 1


def test_an_export_of_three_networks_comes_back_as_the_same_plan(tmp_path: Path) -> None:
    """Mentions, a split thread, a warning, labels, a card and marks survive the round trip."""
    folder, long = tmp_path / "posts", "One of the contracts must end. " * 12
    other = "Whose streets does a doorbell watch? " * 12
    third = "Ask your council member how they will vote. " * 9
    write_file(tmp_path / "config.yaml", THREE)
    campaign = f"""\
campaign: ours
title: Ours
timezone: UTC
accounts: [an-x, a-mastodon, a-bluesky]
language: en
cards: {{https://example.org/page: {{title: A page, picture: card.png}}}}
links: {{pages: https://example.org/}}
mentions:
  athena: {{x: athenaforall, mastodon: athena@social.example, bluesky: athena.example.org}}
posts:
  - id: differs
    when: 2026-12-01 12:00
    accounts: [an-x, longer-x]
    long: thread
    wordings: {{a: "{third}", b: "{other}"}}
  - id: thanks
    when: 2026-12-01 09:00
    text: Thanks, @athena!
  - {{id: long, when: 2026-12-02 09:00, long: thread, text: "{long}"}}
  - id: warned
    when: 2026-12-03 09:00
    accounts: [a-mastodon]
    warning: Police violence
    language: pt-BR
    labels: [graphic-media, nudity]
    text: They were filmed
  - {{id: linked, when: 2026-12-04 09:00, link: https://example.org/page, text: Look}}
"""
    save_picture(folder / "card.png")
    write_file(folder / "ours.yaml", campaign)
    config = load(tmp_path / "config.yaml", {})
    now, span = utc("2026-11-20 09:00"), (utc("2026-11-20 09:00"), utc("2026-12-20 09:00"))
    found = Checker(folder, config.accounts).check(now)
    assert found.errors == ()
    before = plan_occurrences(found.campaigns, config.accounts, *span)
    assert len(before) == 12
    assert [one.account for one in before if one.content.parts[0].card] == ["a-bluesky"]
    assert sum("utm_content=linked" in one.content.text for one in before) == 3
    sheet = tmp_path / "plan.csv"
    write_file(
        sheet, as_csv(sheet_rows([(one, "planned") for one in before], found.campaigns, folder))
    )
    write_file(folder / "ours.yaml", campaign[: campaign.index("posts:")])
    import_file(config, ImportRequest(sheet=sheet, author="Ana"), now)
    found = Checker(folder, config.accounts).check(now)
    after = plan_occurrences(found.campaigns, config.accounts, *span)
    assert sum("utm_content=linked" in one.content.text for one in after) == 3
    # A row for one network alone becomes a post with an id of its own, which its marks name.
    assert {(one.account, one.due, unmarked(one.content)) for one in after} == {
        (one.account, one.due, unmarked(one.content)) for one in before
    }
