"""Texts that YAML reads in another way than their author means are reported with a remedy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import (
    HEADER,
    campaign_with_post,
    campaign_yaml,
    load_files,
    only_problem,
    post_problem,
)
from hypothesis import assume, given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

    from bot.campaigns.loading import LoadedFolder

QUOTES = 'Put the text in quotes, or on lines of its own after "|".'

# The lines of one post after its id and ``when`` (the first is line 30), the place of the #, and
# the words that YAML takes for a comment.
CUT = {
    "text": (["text: Come to #SaveTheLibrary at noon"], "30:19", "#SaveTheLibrary at noon"),
    "note": (["text: Come at noon # or at one?"], "30:24", "# or at one?"),
    "tab": (["text: Come to\t#SaveTheLibrary"], "30:19", "#SaveTheLibrary"),
    "all of it": (["text: #SaveTheLibrary now"], "30:11", "#SaveTheLibrary now"),
    "last of several lines": (["text: Come to", "  the #Library"], "31:11", "#Library"),
    "between lines": (["text: Come to", "  the #Library at", "  noon"], "31:11", "#Library at"),
    "line of its own": (["text: Come", "  #SaveTheLibrary"], "31:7", "#SaveTheLibrary"),
    "paragraph of its own": (["text: Come", "", "  #SaveTheLibrary"], "32:7", "#SaveTheLibrary"),
    "below a note": (["text: Come", "  # a note", "  #Save"], "32:7", "#Save"),
    "behind a quote": (['text: "Come" #SaveTheLibrary'], "30:18", "#SaveTheLibrary"),
    "behind |": (["text: | #SaveTheLibrary", "  Come"], "30:13", "#SaveTheLibrary"),
    "part of a thread": (["thread:", "  - Come to #Save", "  - b"], "31:17", "#Save"),
    "empty part": (["thread:", "  - a", "  - #Save"], "32:9", "#Save"),
    "below a part": (["thread:", "  - Come", "    #Save"], "32:9", "#Save"),
    "in brackets": (["thread: [Come to #Save, b]"], "30:22", "#Save, b]"),
    "in brackets, over lines": (["thread: [Come, b #Save", "  ]"], "30:22", "#Save"),
    "whole entry in brackets": (["thread: [Come, #Save", "  ]"], "30:20", "#Save"),
    "in braces": (["thread:", "  - {text: Come to #Save}"], "31:24", "#Save}"),
    "wording": (["wordings:", "  plain: Come to #Save"], "31:22", "#Save"),
    "alt text": (["text: a", "media:", "  - {file: a.png, alt: Gate #2", "    }"], "32:33", "#2"),
    "answer of a poll": (
        ["text: a", "poll:", "  hours: 1", "  options:", "    - Item #1", "    - b"],
        "34:16",
        "#1",
    ),
    "hashtag": (["text: a", "hashtags: #Save"], "31:15", "#Save"),
    "hashtags": (["text: a", "hashtags: [#Save, #Library]"], "31:16", "#Save, #Library]"),
    "hashtags in lines": (["text: a", "hashtags:", "  - #Save"], "32:9", "#Save"),
}


@pytest.mark.parametrize("name", CUT)
def test_text_that_a_comment_cuts_off_is_refused_with_the_place(name: str, tmp_path: Path) -> None:
    rows, place, comment = CUT[name]
    found = post_problem(tmp_path, *rows)
    assert found == (
        f'a.yaml:{place}: Y117 YAML takes "{comment}" for a comment, not for part of the text. '
        f"{QUOTES}"
    )


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("title: People over profit", "title: People #over profit", "2:15"),
        ("claim: The HART system runs on AWS", "claim: HART runs on cloud #1", "8:31"),
        ("figure: $6 billion", "figure: $6 billion #and more", "9:24"),
        ("ask: Take HART off AWS", "ask: Take #HART off AWS", "18:15"),
        ("target: Amazon Web Services", "target: Amazon #1", "19:20"),
        ("place: Javits Center", "place: Hall #3", "24:17"),
    ],
)
def test_words_of_the_header_that_a_comment_cuts_off_are_refused(
    old: str, new: str, place: str, tmp_path: Path
) -> None:
    assert old in HEADER
    found = only_problem(tmp_path, a=campaign_yaml(header=HEADER.replace(old, new)))
    assert found.startswith(f"a.yaml:{place}: Y117 ")


SOUND = {
    "after keywords": ["text: Hello", "demand: take-hart-off # ours", "accounts: [athena-x] # all"],
    "after a time": ["text: Hello", "expires: 3d  # long enough"],
    "after hashtags": ["text: Hello", "hashtags: [a]  # ours"],
    "after an address": ["text: Hello", "link: https://example.org/a#b # the report"],
    "after a quote": ['text: "Hello" # to all'],
    "after |": ["text: |  # to all", "  Hello"],
    "on a line of its own": ["# a note", "text: Hello", "# another note"],
    "below, indented": ["text: Hello", "  # a note"],
    "a key that is commented out": ["text: Hello", "#link: https://example.org"],
    "allowed": ["text: Hello @you # groundswell: allow L801 they asked"],
    "allowed below": ["text: Hello @you", "  #groundswell: allow L801 they asked"],
    "in quotes": ['text: "Hello" ', "hashtags: ['#a']"],
    "between brackets": [
        *("thread: [ # a note", "  Hello, # another", "  Bye # groundswell: ok", "  ]")
    ],
}


@pytest.mark.parametrize("name", SOUND)
def test_comments_that_nobody_takes_for_text_keep_working(name: str, tmp_path: Path) -> None:
    assert load_files(tmp_path, a=campaign_with_post(*SOUND[name])).problems == ()


# Ways to begin or write a text that YAML reads as something else.
OTHERWISE = {
    "@": (["text: @org says"], "30:11: Y105", "in quotes"),
    "`": (["text: `a`"], "30:11: Y105", "in quotes"),
    "%": (["text: %5 of them"], "30:11: Y105", "in quotes"),
    "*": (
        ["text: *bold* words"],
        "30:11: Y105",
        "A text cannot start with * or &. Put the text in",
    ),
    "**": (["text: **bold** words"], "30:11: Y105", "A text cannot start with *"),
    "&": (["text: & so on"], "30:11: Y105", "A text cannot start with * or &"),
    "!": (["text: !now or never"], "30:11: Y109", "in quotes"),
    "?": (["text: ? what"], "30:11: Y105", "A text cannot start with ?"),
    "-": (["text: - one"], "30:11: Y105", "in quotes"),
    "[ and more": (["text: [one] and two"], "30:17: Y105", "Something follows the closing bracket"),
    "{ and more": (["text: {one} and two"], "30:17: Y105", "Something follows the closing brace"),
    '"': (['text: "one'], "30:11: Y105", "Close it"),
    '" and more': (['text: "one" and two'], "30:17: Y105", "Something follows the closing quote"),
    "apostrophe": (["text: 'It's ours'"], "30:15: Y105", 'lines of its own after "|"'),
    '" closed far below': (
        ['text: "one', "link: https://example.org", 'author: "Ana"'],
        "30:11: Y105",
        "A quote opened here is closed only in line 32",
    ),
    "colon": (["text: yes: no"], "30:14: Y105", "in quotes"),
    "colon at the end": (["text: We ask:"], "30:17: Y105", "in quotes"),
    "| and text": (["text: | one"], "30:11: Y105", "begins on the line below"),
    "> and text": (["text: > one"], "30:11: Y105", "begins on the line below"),
    "null": (["text: null"], "30:11: Y120", "Leave the key out"),
    "~": (["text: ~"], "30:11: Y120", "Leave the key out"),
    "~ in a thread": (["thread: [a, ~]"], "30:17: Y120", "in quotes"),
    "null as a title": (["text: a", "author: Null"], "31:13: Y120", "Leave the key out"),
    "null as a hashtag": (["text: a", "hashtags: [null]"], "31:16: Y120", "Leave the key out"),
    "space of a web page after the colon": (
        ["text:\u00a0Hi", "link: https://example.org"],
        "30:10: Y105",
        "Replace it with a plain space",
    ),
    "full-width colon": (["text\uff1aHi"], "30:9: Y105", "a plain colon"),
    "spaces of a web page as indentation": (
        ["text: Hi", " \u00a0link: https://example.org"],
        "31:6: Y105",
        "Replace it with plain spaces",
    ),
    "the same, as part of a key": (
        ["text: Hi", "\u00a0\u00a0link: https://example.org"],
        "31:5: C202",
        "Replace it with plain spaces",
    ),
    "curly quotes and a colon": (["text: “We: ask”"], "30:11: Y105", "straight quotes"),
    "curly quotes and a hashtag": (["text: “Come #now”"], "30:17: Y117", "straight quotes"),
    "curly quotes around a key": (["“text”: Hi"], "30:5: C202", "straight quotes"),
    "curly quotes around a time": (["text: Hi", "expires: “2d”"], "31:14: S601", "straight quotes"),
    "tab": (["text: |", "\tone"], "31:5: Y106", "Use spaces"),
    "list in plain lines": (["text: We want", "  - a", "  - b"], "30:11: Y118", '"|"'),
    "list after >": (["text: >", "  We want", "  1. a", "  2. b"], "30:11: Y118", '"|"'),
    "list in quotes": (['text: "We want', "  • a", '  • b"'], "30:11: Y118", '"|"'),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_text_that_yaml_reads_otherwise_is_corrected(name: str, tmp_path: Path) -> None:
    rows, start, words = OTHERWISE[name]
    found = post_problem(tmp_path, *rows)
    assert found.startswith(f"a.yaml:{start} ")
    assert words in found


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["text: >", "  one", "  two", "", "  three"], "one two\nthree"),
        (["text: >", "  We want:", "", "  - a", "", "  - b"], "We want:\n- a\n- b"),
        (["text: |", "  - a", "  - b"], "- a\n- b"),
        (["text: one", "  two", "  - a dash"], "one two - a dash"),
        (["text: \tone"], "one"),
        (['text: "one\\n- a\\n- b"'], "one\n- a\n- b"),
    ],
)
def test_lines_that_yaml_reads_as_meant_are_accepted(
    rows: list[str], expected: str, tmp_path: Path
) -> None:
    assert texts(load_files(tmp_path, a=campaign_with_post(*rows, "hashtags: []"))) == [expected]


@pytest.mark.parametrize("text", ["'null'", '"~"', "|\n        null", "nullify", "~ ~"])
def test_null_in_quotes_or_among_words_is_a_text(text: str, tmp_path: Path) -> None:
    found = load_files(tmp_path, a=campaign_with_post(f"text: {text}", "hashtags: []"))
    assert [words.strip() for words in texts(found)] == [text.strip("'\"|\n ")]


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("cw", "Write warning: and the words"),
        ("spoiler_text", "Write warning: and the words"),
        ("not_before", "Write embargo: YYYY-MM-DD HH:MM."),
        ("until", "Write expires:"),
        ("replies", "Write reply_settings:."),
        ("lang", "Write language:."),
        ("schedule_at", "Write it under when:"),
        ("qqq", "thread, values, warning, when, wordings."),
    ],
)
def test_unknown_key_leads_to_the_key_that_is_meant(typed: str, hint: str, tmp_path: Path) -> None:
    assert hint in post_problem(tmp_path, "text: Hi", f"{typed}: 2d")


def texts(loaded: LoadedFolder) -> list[str]:
    return [
        part.text
        for campaign in loaded.campaigns
        for post in campaign.posts
        for wording in post.wordings
        for part in wording.content.parts
    ]


WRITTEN = st.text("ab1 #:-,.[]{}*&!%@`?|>'\"~\t", min_size=1, max_size=12).filter(
    lambda text: text.strip(" \t") and text.strip(" \t")[0] not in "'\""
)


@given(WRITTEN, st.sampled_from(["text: {}", "thread:\n      - {}", "thread: [{}, b]"]))
def test_text_without_quotes_is_what_was_typed_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, text: str, form: str
) -> None:
    assume("[" not in form or not re.search(r"\]\s*#", text))  # the list ends, a comment begins
    folder = tmp_path_factory.mktemp("posts")
    loaded = load_files(folder, a=campaign_with_post(form.format(text), "hashtags: []"))
    wanted = [text.strip(" \t"), *(["b"] if "[" in form else [])]
    if "[" in form and not loaded.problems:  # commas part the entries, and are written out above
        wanted = [entry.strip(" \t") for entry in ",".join(wanted).split(",")]
    assert loaded.problems or texts(loaded) == wanted
