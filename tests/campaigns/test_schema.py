from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import HEADER, campaign_with_post, campaign_yaml, load_files, problem_lines

if TYPE_CHECKING:
    from pathlib import Path

# The lines of one post after its id and ``when`` (so the first is line 30), and the message.
POSTS = {
    "unknown key": (["txt: Hi", "hashtags: []"], "30:5: C202", 'Did you mean "text"?'),
    "no text": (["hashtags: []"], "28:5: C203", "Add text:, thread: or wordings:."),
    "text is a list": (["text: [Hi]"], "30:11: C201", "a text is expected"),
    "text is empty": (["text:"], "30:10: C204", "nothing is written"),
    "text is blank": (['text: "  "'], "30:11: C204", "nothing is written"),
    "text is endless": (["text: " + "x" * 25_001], "30:11: C204", "longer than 25000"),
    "no text of a platform": (["text: a", "on: {}"], "31:9: C204", '"on": nothing is written'),
    "no wording": (["wordings: {}"], "30:15: C204", '"wordings": nothing is written'),
    "text and thread": (["text: Hi", "thread: [a, b]"], "30:5: C206", "has no text of its own"),
    "thread and media": (
        ["thread: [a, b]", "media: [{file: a.png, alt: a}]"],
        "31:5: C206",
        "has no media of its own",
    ),
    "thread is empty": (["thread: []"], "30:13: C204", "It needs at least 1."),
    "part is empty": (['thread: [a, ""]'], "30:17: C204", "nothing is written"),
    "part without text": (["thread: [{media: []}]"], "30:14: C203", '"text" is missing'),
    "part with unknown key": (["thread: [{text: a, pol: {}}]"], "30:24: C202", '"poll"'),
    "media without alt": (["text: a", "media: [{file: a.png}]"], "31:13: C203", "What it shows"),
    "media with empty alt": (
        ["text: a", 'media: [{file: a.png, alt: ""}]'],
        "31:32: C204",
        "nothing is written",
    ),
    "media is a text": (["text: a", "media: a.png"], "31:12: C201", "a list is expected"),
    "template in alt": (
        ["text: a", "media: [{file: a.png, alt: 'At {{ event.place }}'}]"],
        "31:32: T403",
        "only in text",
    ),
    "template in a poll": (
        ["text: a", "poll: {options: [a, 'b {{ event.place }}'], hours: 1}"],
        "31:25: T403",
        "only in text",
    ),
    "template in a link": (
        ["text: a", "link: 'https://example.org/{{fact.hart.id}}'"],
        "31:11: C204",
        "https",
    ),
    "poll with one option": (
        ["text: a", "poll: {options: [a], hours: 1}"],
        "31:21: C204",
        "at least 2",
    ),
    "poll with five options": (
        ["text: a", "poll: {options: [a, b, c, d, e], hours: 1}"],
        "31:21: C204",
        "at most 4",
    ),
    "poll that offers one answer twice": (
        ["text: a", "poll: {hours: 1, options: [Yes, No, ' YES']}"],
        "31:31: C208",
        'The poll offers "YES" twice',
    ),
    "poll that types one accent in two ways": (
        ["text: a", "poll: {hours: 1, options: [Caf\u00e9, Cafe\u0301]}"],
        "31:31: C208",
        "twice",
    ),
    "poll without length": (["text: a", "poll: {options: [a, b]}"], "31:11: C206", "length"),
    "poll with two lengths": (
        ["text: a", "poll: {options: [a, b], hours: 1, minutes: 5}"],
        "31:11: C206",
        "one of them",
    ),
    "poll of no whole hours": (
        ["text: a", "poll: {options: [a, b], hours: 1.5}"],
        "31:36: C204",
        "whole number",
    ),
    "poll far too long": (
        ["text: a", "poll: {options: [a, b], hours: 999}"],
        "31:36: C204",
        "At most 168.",
    ),
    "link without https": (["text: a", "link: http://example.org"], "31:11: C204", "https"),
    "link with a password": (["text: a", "link: https://a:b@example.org"], "31:11: C204", "https"),
    "link to nowhere": (["text: a", "link: https://localhost"], "31:11: C204", "https"),
    "hashtag of two words": (["text: a", "hashtags: [a b]"], "31:16: C204", "not a hashtag"),
    "hashtag of digits": (["text: a", "hashtags: [2022]"], "31:16: C204", "not a hashtag"),
    "hashtags are a text": (["text: a", "hashtags: a"], "31:15: C201", "a list is expected"),
    "unknown reply setting": (["text: a", "reply_settings: all"], "31:21: C205", "'following'"),
    "id in capitals": (["text: a", "demand: Take-Hart"], "31:13: C204", "small letters"),
    "accounts are a text": (["text: a", "accounts: athena-x"], "31:15: C201", "a list is expected"),
    "unknown account": (
        ["text: a", "accounts: [atena-x]"],
        "31:16: R302",
        'Did you mean "athena-x"?',
    ),
    "no account": (["text: a", "accounts: []"], "31:15: R309", "no account"),
    "unknown demand": (
        ["text: a", "demand: take-hart"],
        "31:13: R304",
        'Did you mean "take-hart-off"?',
    ),
    "unknown event": (["text: a", "event: nyk"], "31:12: R305", 'Did you mean "nyc"?'),
    "nothing but a time": ([], "28:5: C203", "no text"),
    "expires is no time": (["text: a", "expires: soon"], "31:14: S601", "such as 3d"),
    "expires is a list": (["text: a", "expires: [3d]"], "31:14: C201", "A text is expected"),
    "expires after nothing": (["text: a", "expires: 0d"], "31:14: S601", "not more than nothing"),
    "expires before due": (["text: a", "expires: 2022-07-10 09:00"], "31:14: S606", "before it is"),
    "expires by unknown event": (
        ["text: a", "expires: {event: nyk, offset: 1d}"],
        "31:22: R305",
        '"nyc"',
    ),
    "expires with unknown key": (
        ["text: a", "expires: {event: nyc, ofset: 1d}"],
        "31:27: C202",
        '"offset"',
    ),
}


@pytest.mark.parametrize("name", POSTS)
def test_a_wrong_post_gives_one_line_with_its_place(name: str, tmp_path: Path) -> None:
    rows, start, words = POSTS[name]
    found = problem_lines(load_files(tmp_path, a=campaign_with_post(*rows)), tmp_path)
    assert [line[: len(start) + 7] for line in found] == [f"a.yaml:{start}"]
    assert words in found[0]


FACTS = HEADER[HEADER.index("facts:") : HEADER.index("demands:")]

# What replaces what in a sound header, and the expected message.
HEADERS = {
    "no campaign": ("campaign: people\n", "", "1:1: C203", '"campaign" is missing'),
    "no title": ("title: People over profit\n", "", "1:1: C203", '"title" is missing'),
    "unknown key": ("title:", "titel:", "2:1: C202", 'Did you mean "title"?'),
    "unknown section": ("demands:", "demand:", "16:1: C202", '"demands"'),
    "unknown timezone": ("America/New_York", "America/NewYork", "3:11: S602", "America/New_York"),
    "timezone is a folder": ("America/New_York", "America", "3:11: S602", "no time zone"),
    "timezone climbs": ("America/New_York", "../../etc/passwd", "3:11: S602", "no time zone"),
    "unknown account": ("mediajustice-x", "mediajustice", "4:12: R302", '"mediajustice-x"'),
    "facts are a list": (FACTS, "facts: []\n", "6:8: C201", "ids and what they mean"),
    "fact is a text": (
        "  hart:\n",
        "  ring: Ring\n  hart:\n",
        "7:9: C201",
        "keys and values are expected",
    ),
    "fact id in capitals": ("  prison-calls:", "  Prison:", "12:3: C204", "cannot be an id"),
    "fact without source": (
        "    source: https://example.org/calls\n",
        "",
        "13:5: C203",
        '"source" is missing',
    ),
    "fact of no date": ("2022-07-18\n  prison", "July\n  prison", "11:12: S601", "not a date"),
    "fact of no day": ("2022-07-18\n  p", "2022-02-30\n  p", "11:12: S601", "no day"),
    "demand with unknown fact": ("[hart]", "[hard]", "20:13: R303", 'Did you mean "hart"?'),
    "event ends first": ("2022-07-12 18:00", "2022-07-12 08:00", "26:11: S605", "before it starts"),
    "event in a skipped hour": (
        "2022-07-12 09:00",
        "2022-03-13 02:30",
        "25:13: S603",
        "does not exist",
    ),
    "event of neither": (
        "    place: Javits Center\n",
        "    place: Javits Center\n    cancelled: maybe\n",
        "25:16: C205",
        "true or false",
    ),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_wrong_header_gives_its_line(name: str, tmp_path: Path) -> None:
    old, new, start, words = HEADERS[name]
    assert old in HEADER
    found = problem_lines(
        load_files(tmp_path, a=campaign_yaml(header=HEADER.replace(old, new, 1))), tmp_path
    )
    assert [line[: len(start) + 7] for line in found] == [f"a.yaml:{start}"]
    assert words in found[0]


def test_all_problems_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    rows = "".join(
        f"  - id: p{number}\n    when: 2022-07-10 09:00\n    {line}\n"
        for number, line in enumerate(
            ("text: [a]", "text: '{{ fact.hrat }}'", "demand: x", "txt: a")
        )
    )
    header = HEADER.replace("title: People over profit\n", "").replace("[hart]", "[hard]")
    codes = [
        line.split()[1]
        for line in problem_lines(load_files(tmp_path, a=campaign_yaml(rows, header)), tmp_path)
    ]
    assert codes == ["C203", "R303", "C201", "T402", "C203", "C202"]


def test_messages_show_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    (line,) = problem_lines(
        load_files(tmp_path, a=campaign_with_post(r'text: "{{ fact[\"\u2066\"].a }}"')), tmp_path
    )
    assert line.isprintable()


@pytest.mark.parametrize(("key", "misspelling"), [("when", "wehn"), ("text", "txet")])
def test_misspelled_key_is_one_problem_and_not_a_missing_one_too(
    key: str, misspelling: str, tmp_path: Path
) -> None:
    whole = campaign_with_post("text: Hi").replace(f"  {key}:", f"  {misspelling}:")
    [line] = problem_lines(load_files(tmp_path, a=whole), tmp_path)
    assert line.endswith(f'C202 The key "{misspelling}" is unknown. Did you mean "{key}"?')
