"""Links to the organisation's own pages are marked in each post, for each platform."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import (
    HEADER,
    ON_THREE,
    campaign_yaml,
    check_on_three,
    only_problem,
    post_of,
    save_picture,
    write_campaigns,
)
from helpers.schedules import utc
from hypothesis import given
from hypothesis import strategies as st

from bot.campaigns.outgoing import LinkMarker
from bot.campaigns.voices import Voice
from bot.checking import Checker
from bot.link_marks import unmarked
from bot.model import Account, Content
from bot.model.share import LinkMarks
from bot.planning.occurrences import partner_wordings, plan_occurrences
from bot.platforms import LOADED, load_platform
from bot.platforms.bluesky.facets import facets, shown
from bot.platforms.bluesky.records import draft
from bot.store.duplicates import words_digest

if TYPE_CHECKING:
    from pathlib import Path

    from bot.checking import CheckResult
    from bot.model import Wording

NOW = utc("2022-07-08 09:00")
LINKS = "links: {pages: [https://example.org/], leave: [https://example.org/donate]}\n"
PAGE = "https://example.org/petition"
CARD = f"cards: {{{PAGE}: {{title: The petition}}}}\n"


def marks(platform: str, content: str = "one") -> str:
    return f"utm_source={platform}&utm_medium=post&utm_campaign=people&utm_content={content}"


def wording_of(found: CheckResult, account: str) -> Wording:
    return post_of(found, account).wordings[0]


def text_of(found: CheckResult, account: str) -> str:
    return wording_of(found, account).content.text


def codes(found: CheckResult) -> list[str]:
    return [problem.code for problem in found.problems]


# --- In texts and under link: ---------------------------------------------------------------------


def test_links_in_a_text_and_under_link_are_marked_for_each_platform(tmp_path: Path) -> None:
    text = f"text: 'Read {PAGE}?a=1#part, then https://example.org/donate (or https://a.org/).'"
    found = check_on_three(tmp_path, text, f"link: {PAGE}", header=LINKS)
    for platform in ON_THREE:
        ours = marks(platform)
        assert text_of(found, platform) == (
            f"Read {PAGE}?a=1&{ours}#part, then https://example.org/donate (or https://a.org/)."
            f"\n{PAGE}?{ours}"
        )
        assert post_of(found, platform).platform == platform


def test_each_link_is_kept_with_its_typed_form_and_the_reason(tmp_path: Path) -> None:
    text = f"text: Read {PAGE} or https://a.org/ or example.org"
    found = check_on_three(tmp_path, text, header=LINKS)
    links = {link.typed: link for link in wording_of(found, "x").links}
    assert links[PAGE].link == f"{PAGE}?{marks('x')}"
    assert links[PAGE].reason == ""
    assert links["https://a.org/"].link == "https://a.org/"
    assert "does not lead" in links["https://a.org/"].reason
    assert "https://" in links["example.org"].reason


def test_posts_without_own_links_stay_one_post_for_all_platforms(tmp_path: Path) -> None:
    lines = ("text: Read it.", "link: https://a.org/")
    with_marks = check_on_three(tmp_path, *lines, header=LINKS)
    without = check_on_three(tmp_path, *lines)
    assert with_marks.posts == without.posts
    assert len(without.posts) == 1


def test_without_the_setting_no_byte_changes(tmp_path: Path) -> None:
    lines = (f"text: 'Read {PAGE}?utm_source=x&utm_content=y.'", f"link: {PAGE}")
    [post] = check_on_three(tmp_path, *lines).posts
    assert post.wordings[0].content.text == f"Read {PAGE}?utm_source=x&utm_content=y.\n{PAGE}"
    assert post.wordings[0].links == ()
    assert post.accounts == tuple(ON_THREE)


def test_a_thread_and_a_text_on_one_platform_are_marked(tmp_path: Path) -> None:
    lines = (f"thread: ['See {PAGE}', Then this]", f"link: {PAGE}", f"on: {{x: 'Or {PAGE}'}}")
    found = check_on_three(tmp_path, *lines, header=LINKS)
    assert text_of(found, "x") == f"Or {PAGE}?{marks('x')}\n{PAGE}?{marks('x')}"
    parts = [part.text for part in wording_of(found, "mastodon").content.parts]
    ours = marks("mastodon")
    assert parts == [f"See {PAGE}?{ours}", f"Then this\n{PAGE}?{ours}"]


def test_a_fetched_source_is_marked_if_it_is_an_own_page(tmp_path: Path) -> None:
    text = "text: 'Source: {{ fact.hart.source }}'"
    found = check_on_three(tmp_path, text, header=LINKS)
    assert text_of(found, "mastodon") == f"Source: https://example.org/hart?{marks('mastodon')}"


# --- What utm_content names -----------------------------------------------------------------------


def test_content_names_the_wording(tmp_path: Path) -> None:
    links = LINKS.replace("}", ", content: wording}")
    lines = ("wordings:", f"  plain: Read {PAGE}", f"  asks: Have you read {PAGE} yet?",
             f"  third: This is at {PAGE} now.")  # fmt: skip
    found = check_on_three(tmp_path, *lines, header=links)
    for wording in post_of(found, "bluesky").wordings:
        assert marks("bluesky", f"one.{wording.name}") in wording.content.text
    plain = check_on_three(tmp_path, f"text: Read {PAGE}", header=links)
    assert marks("x", "one") in text_of(plain, "x")


TWO_ON_MASTODON = {
    name: replace(ON_THREE["mastodon"], name=name, handle=f"{name}@social.example")
    for name in ("ours", "also ours")
}


def two_accounts(folder: Path, *lines: str, content: str) -> CheckResult:
    head = HEADER.replace(
        'accounts: [mediajustice-x]\nhashtags: [PeopleOverProfit, "#Hart"]\n',
        "accounts: [ours, also ours]\n" + LINKS.replace("}", f", content: {content}}}"),
    )
    post = ("  - id: one", "when: 2022-07-10 09:00", *lines)
    text = campaign_yaml("\n    ".join(post) + "\n", head)
    return Checker(write_campaigns(folder, a=text), TWO_ON_MASTODON).check(NOW)


def test_content_names_the_account_and_each_account_gets_its_own(tmp_path: Path) -> None:
    lines = ("wordings:", f"  plain: Read {PAGE}", f"  asks: Did nobody tell you? {PAGE}")
    found = two_accounts(tmp_path, *lines, content="account")
    for account in TWO_ON_MASTODON:
        for wording in post_of(found, account).wordings:
            assert marks("mastodon", account.replace(" ", "%20")) in wording.content.text
    planned = plan_occurrences(found.campaigns, TWO_ON_MASTODON, NOW, utc("2022-08-01 00:00"))
    assert len({occurrence.wording for occurrence in planned}) == 2


def test_accounts_without_marked_links_share_one_post(tmp_path: Path) -> None:
    found = two_accounts(tmp_path, "wordings: {plain: Read it, asks: Why?}", content="account")
    assert [post.accounts for post in found.posts] == [("ours", "also ours")]


@pytest.mark.parametrize("content", ["post", "account"])
@pytest.mark.parametrize(
    "line", [f"text: Amazon must end its contracts with the police now. {PAGE}", f"text: {PAGE}"]
)
def test_two_accounts_say_the_same_whatever_their_marks(
    tmp_path: Path, line: str, content: str
) -> None:
    assert "L817" in codes(two_accounts(tmp_path, line, content=content))


ALLY = ("al", "al@a.org", "al.example.org")
INTERLEAVED = {
    name: replace(ON_THREE[platform], name=name, handle=handle, may_mention=ALLY)
    for name, platform, handle in (
        ("first-x", "x", "first"),
        ("first-m", "mastodon", "first@social.example"),
        ("second-x", "x", "second"),
        ("only-b", "bluesky", "only.example.org"),
        ("third-x", "x", "third"),
        ("second-m", "mastodon", "second@social.example"),
    )
}
"""Accounts whose platforms take turns in the file."""
MENTIONS = "mentions: {ally: {x: '@al', mastodon: '@al@a.org', bluesky: '@al.example.org'}}\n"
SAYINGS = (
    "Prisons record what families talk about.",
    "Nobody voted for doorbell cameras here.",
    "Engineers refused to build this database.",
    "Raids need somebody to host their lists.",
    "Which cloud keeps the faces of children?",
    "Cities can cancel such contracts tomorrow.",
    "Shareholders meet on Wednesday morning.",
)


def dealt_out(folder: Path, text: str, settings: str) -> dict[str, tuple[str, Content]]:
    """Return the wording of each delivery, which is its name, and its content without marks."""
    head = HEADER.replace(
        'accounts: [mediajustice-x]\nhashtags: [PeopleOverProfit, "#Hart"]\n',
        f"accounts: [{', '.join(INTERLEAVED)}]\n{settings}",
    )
    wordings = [f"      w{n}: '{text.replace('SAYING', it)}'" for n, it in enumerate(SAYINGS)]
    lines = ["  - id: one", "    when: {every: day, at: '10:00'}", "    wordings:", *wordings]
    file = campaign_yaml("\n".join(lines) + "\n", head)
    found = Checker(write_campaigns(folder, a=file), INTERLEAVED).check(NOW)
    assert found.errors == ()
    planned = plan_occurrences(found.campaigns, INTERLEAVED, NOW, utc("2022-07-16 00:00"))
    return {each.key: (each.wording, unmarked(each.content)) for each in planned}


@pytest.mark.parametrize("text", [f"SAYING {PAGE}", "SAYING https://a.org/"])
@pytest.mark.parametrize("settings", ["", "long: thread\n", MENTIONS])
def test_marks_change_nobodys_wording(tmp_path: Path, text: str, settings: str) -> None:
    if settings == MENTIONS:
        text = f"{text} @ally"
    without = dealt_out(tmp_path, text, settings)
    for content in ("post", "account"):
        links = LINKS.replace("}", f", content: {content}}}")
        assert dealt_out(tmp_path, text, settings + links) == without
    assert len({wording for wording, _ in without.values()}) == len(SAYINGS)


def test_a_partner_gets_links_with_its_name_besides(tmp_path: Path) -> None:
    lines = (
        "wordings:",
        f"  plain: 'Read {PAGE}#part, or {PAGE}'",
        f"  asks: Did nobody tell you? {PAGE}",
        f"  calls: Tell your neighbours about {PAGE}",
        f"  thanks: Thank you for reading {PAGE}",
    )
    header = f"{LINKS}partners: [athena]\n"
    post = post_of(check_on_three(tmp_path, *lines, header=header), "bluesky")
    wording = partner_wordings(post, "once", ["athena"])["athena"]
    assert wording is not None
    assert marks("bluesky") in wording.content.text
    for found in re.findall(r"https://\S+", wording.content.text.replace(",", "")):
        assert re.fullmatch(rf"{PAGE}\?{marks('bluesky')}&utm_term=athena(#part)?", found)
    [part] = wording.content.parts
    assert "utm_" not in shown(part.text, part.marked) + wording.typed_content.text


# --- Cards ----------------------------------------------------------------------------------------


def test_a_card_is_found_by_the_typed_link_and_opens_the_marked_one(tmp_path: Path) -> None:
    found = check_on_three(tmp_path, f"text: 'Sign {PAGE}, now'", header=LINKS + CARD)
    [part] = wording_of(found, "bluesky").content.parts
    assert part.card is not None
    assert part.card.link == f"{PAGE}?{marks('bluesky')}"
    assert part.card.title == "The petition"
    assert "K716" not in codes(found)


def test_the_advice_to_write_a_card_names_the_typed_link(tmp_path: Path) -> None:
    found = check_on_three(tmp_path, "text: Sign", f"link: {PAGE}", header=LINKS)
    [advice] = [problem for problem in found.problems if problem.code == "K716"]
    assert f"{PAGE} is shown" in advice.message


# --- Lengths, cuts and prices ---------------------------------------------------------------------


def test_marks_do_not_count_on_any_platform(tmp_path: Path) -> None:
    """X and Mastodon count a link as 23 characters. On Bluesky readers do not see the marks."""
    lines = (f"text: '{'a' * 200} {PAGE}'", f"link: {PAGE}")
    with_marks = check_on_three(tmp_path, *lines, header=LINKS)
    without = check_on_three(tmp_path, *lines)
    for name, account in ON_THREE.items():
        measured = [
            load_platform(account.platform).length(wording.content.parts[0], account)
            for wording in (wording_of(with_marks, name), wording_of(without, name))
        ]
        assert measured[0] == measured[1]


def test_bluesky_shows_the_typed_link_and_opens_the_marked_one() -> None:
    marked = f"{PAGE}?b=1&{marks('bluesky')}#part"
    text = f"\u2728 Sign {marked}, and {PAGE}?utm_source=x #vote"
    shown_text = shown(text, (marked,))
    assert shown_text == f"\u2728 Sign {PAGE}?b=1#part, and {PAGE}?utm_source=x #vote"
    assert shown(text) == text
    raw = shown_text.encode()
    found = {
        raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): facet["features"][0]
        for facet in facets(text, (marked,))
    }
    assert found[f"{PAGE}?b=1#part"]["uri"] == marked
    assert found[f"{PAGE}?utm_source=x"]["uri"] == f"{PAGE}?utm_source=x"
    assert found["#vote"]["tag"] == "vote"


@pytest.mark.parametrize("header", ["", LINKS])
def test_marks_that_a_person_typed_are_shown_and_count(tmp_path: Path, header: str) -> None:
    typed = f"{PAGE}?{marks('bluesky', 'other')}"
    found = check_on_three(tmp_path, f"text: 'Sign {typed} or {PAGE}'", header=header)
    [part] = wording_of(found, "bluesky").content.parts
    record = draft(Content((part,)), 0, [], None, ["en"])
    assert record["text"] == f"Sign {typed} or {PAGE}"
    ends = [facet["index"]["byteEnd"] for facet in record["facets"]]
    assert ends == [len(f"Sign {typed}"), len(record["text"])]
    assert load_platform("bluesky").length(part, ON_THREE["bluesky"])[0] == len(record["text"])
    opened = [facet["features"][0]["uri"] for facet in record["facets"]]
    assert opened == [typed, f"{PAGE}?{marks('bluesky')}" if header else PAGE]


def test_a_content_keeps_in_a_database_which_links_are_marked(tmp_path: Path) -> None:
    found = check_on_three(tmp_path, f"text: Sign {PAGE}", header=LINKS)
    content = wording_of(found, "bluesky").content
    assert content.parts[0].marked == (f"{PAGE}?{marks('bluesky')}",)
    again = Content.from_json(content.to_json())
    assert (again, again.digest) == (content, content.digest)
    without = wording_of(check_on_three(tmp_path, f"text: Sign {PAGE}"), "bluesky").content
    assert "marked" not in without.to_json()
    assert unmarked(content) == without


def test_a_long_text_is_cut_as_without_marks_and_never_within_one(tmp_path: Path) -> None:
    sentences = " ".join(f"Sentence {'abcdefghij'[n]} is about {PAGE} and more." for n in range(10))
    lines = ("long: thread", f"text: '{sentences}'", f"link: {PAGE}")
    with_marks = check_on_three(tmp_path, *lines, header=LINKS)
    without = check_on_three(tmp_path, *lines)
    for name in ON_THREE:
        pieces = wording_of(with_marks, name).content.parts
        plain = wording_of(without, name).content.parts
        assert len(pieces) > 1 or name == "mastodon"
        assert [piece.text.replace(f"?{marks(name)}", "") for piece in pieces] == [
            piece.text for piece in plain
        ]


def test_a_text_that_marks_make_too_long_is_refused(tmp_path: Path) -> None:
    many = " ".join([f"https://example.org/{'a' * 80}"] * 240)
    found = check_on_three(tmp_path, f"text: '{many}'", header=LINKS)
    [problem] = [problem for problem in found.errors if problem.code == "T404"]
    assert "the marks of its links" in problem.message


# --- Rules ----------------------------------------------------------------------------------------

RULED = (
    f"text: 'It costs {{{{ fact.hart.figure }}}}, says {PAGE}'",
    f"text: 'In 2022 it reads 1,300 plates. {PAGE}'",
    f"text: 'What a.org says: {PAGE}'",
    f"text: 'Take part. {PAGE} #notechforice'",
    f"text: 'Read http://example.org/report and {PAGE}'",
)


@pytest.mark.parametrize("line", RULED)
def test_the_rules_judge_the_text_as_it_was_typed(tmp_path: Path, line: str) -> None:
    """The digits of an id, as in ``utm_content=at-20220710-0900``, are not figures."""
    lines = (line, f"link: {PAGE}")
    header = LINKS.replace("}", ", campaign: summer 2022}")
    with_marks = check_on_three(tmp_path, *lines, header=header)
    without = check_on_three(tmp_path, *lines)
    assert [(found.code, found.message) for found in with_marks.problems] == [
        (found.code, found.message) for found in without.problems
    ]


# --- What people have approved, and what was said before ------------------------------------------


def test_marks_change_the_content_that_people_approve_but_not_its_words(tmp_path: Path) -> None:
    lines = ("text: Sign the petition", f"link: {PAGE}")
    after = wording_of(check_on_three(tmp_path, *lines, header=LINKS), "mastodon").content
    before = wording_of(check_on_three(tmp_path, *lines), "mastodon").content
    assert after.digest != before.digest
    assert unmarked(after) == before
    assert words_digest(after, "mastodon") == words_digest(before, "mastodon")


@pytest.mark.parametrize("platform", ON_THREE)
def test_a_post_of_a_link_alone_has_the_same_words_with_and_without_marks(
    tmp_path: Path, platform: str
) -> None:
    after = wording_of(check_on_three(tmp_path, f"text: {PAGE}", header=LINKS), platform).content
    before = wording_of(check_on_three(tmp_path, f"text: {PAGE}"), platform).content
    assert words_digest(after, platform) == words_digest(before, platform)


# --- Any text -------------------------------------------------------------------------------------

MARKS = LinkMarks(("https://example.org/",), (), "people 2022", "account")
PIECES = [
    *("https://example.org/", PAGE, f"{PAGE}?a=1", f"{PAGE}#b", "https://a.org/", "example.org"),
    *("https://example.org/(a)", "https://example.org/\u6c34", "https://example.org", "#tag", "@a"),
    *(" ", ".", ",", ")", "(", "\u3002", "\u6c34", "a", "/", "?", "&", "=", "\n", "\u2728", "%"),
]


@pytest.mark.parametrize("platform", ON_THREE)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=12))
def test_a_platform_finds_the_marked_links_at_the_places_of_the_typed_ones(
    platform: str, pieces: list[str]
) -> None:
    text, rules = "".join(pieces), LOADED[platform]
    account = Account("our 1st", platform, "ours", "")
    marker = LinkMarker.of(Voice(account, rules), MARKS, "one", "")
    marked = marker.mark_text(text)
    typed = {link.link: link.typed for link in marker.found.values()}
    before, after = (
        [(kind, entity.text) for kind, entity in rules.entities(each)] for each in (text, marked)
    )
    assert [(kind, typed.get(found, found)) for kind, found in after] == before
    assert marker.mark_text(marked) == marked


# --- The form -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("links: {pages: []}", "C204"),
        ("links: {}", "C203"),
        ("links: {pages: [http://example.org/]}", "C204"),
        ("links: {pages: ['https://example.org/?a=1']}", "C204"),
        ("links: {pages: ['https://example.org/#a']}", "C204"),
        ("links: {pages: [https://us@example.org/]}", "C204"),
        ("links: {pages: [https://example.org/], leave: [example.org/donate]}", "C204"),
        ("links: {pages: [https://example.org/], content: post id}", "C205"),
        ("links: {pages: [https://example.org/], page: a}", "C202"),
        ("links: {pages: [https://example.org/], campaign: ''}", "C204"),
        (f"links: {{pages: [https://example.org/], campaign: {'a' * 101}}}", "C204"),
    ],
)
def test_a_mistake_in_the_setting_is_named(tmp_path: Path, line: str, expected: str) -> None:
    problem = only_problem(tmp_path, a=campaign_yaml(header=f"{HEADER}{line}\n"))
    assert problem.startswith("a.yaml:2")
    assert f" {expected} " in problem


def test_one_page_may_stand_without_brackets(tmp_path: Path) -> None:
    found = check_on_three(
        tmp_path, f"text: {PAGE}", header="links: {pages: https://example.org/, campaign: c d}\n"
    )
    assert "utm_campaign=c%20d&" in text_of(found, "x")
    [campaign] = found.campaigns
    assert campaign.link_marks == LinkMarks(("https://example.org/",), (), "c d", "post")
    assert campaign.link_marks.mark.line == 5


def test_media_beside_a_marked_link_needs_no_card(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png")
    lines = (f"text: {PAGE}", "media: [{file: a.png, alt: A hand that signs a long petition}]")
    found = check_on_three(tmp_path, *lines, header=LINKS + CARD)
    assert wording_of(found, "bluesky").content.parts[0].card is None
