from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import (
    HEADER,
    campaign_with_post,
    campaign_yaml,
    load_files,
    only_problem,
    post_problem,
    problem_lines,
)

if TYPE_CHECKING:
    from pathlib import Path

MEDIA = "Write media: [{file: a.png, alt: What it shows}]."
POLL = "Write poll: {options: [Yes, No], hours: 24}."
WORDINGS = "Write each under a name of its own: wordings: {plain: A text, asks: Another text}."
IN_QUOTES = 'in quotes or after "|".'

# The lines of one post after its id and ``when`` (so the first is line 30), and the message.
POSTS = {
    "unknown key": (["txt: Hi", "hashtags: []"], "30:5: C202", 'Did you mean "text"?'),
    "no text": (["hashtags: []"], "28:5: C203", "Add text:, thread: or wordings:."),
    "text is a list": (["text: [Hi]"], "30:11: C201", IN_QUOTES),
    "text is empty": (["text:"], "30:10: C204", "nothing is written"),
    "text is blank": (['text: "  "'], "30:11: C204", "nothing is written"),
    "text is endless": (["text: " + "x" * 25_001], "30:11: C204", "longer than 25000"),
    "no wording": (["wordings: {}"], "30:15: C204", '"wordings": nothing is written'),
    "text and thread": (["text: Hi", "thread: [a, b]"], "30:5: C206", "has no text of its own"),
    "text beside wordings": (
        ["text: Hi", "wordings: {plain: Hello}"],
        "30:5: C206",
        "A post with wordings has no text beside them.",
    ),
    "thread and media": (
        ["thread: [a, b]", "media: [{file: a.png, alt: a}]"],
        "31:5: C206",
        "has no media of its own",
    ),
    "thread is empty": (["thread: []"], "30:13: C204", "It needs at least 1."),
    "part is empty": (['thread: [a, ""]'], "30:17: C204", "nothing is written"),
    "part without text": (["thread: [{media: []}]"], "30:14: C203", '"text" is missing'),
    "part with unknown key": (["thread: [{text: a, pol: {}}]"], "30:24: C202", '"poll"'),
    "nothing but a time": ([], "28:5: C203", "no text"),
    # Natural ways to write that the format does not have.
    "wordings as a list": (["wordings: [a, b]"], "30:15: C201", WORDINGS),
    "wordings as lines": (["wordings:", "  - text: a", "  - text: b"], "31:7: C201", WORDINGS),
    "wordings as a text": (["wordings: a"], "30:15: C201", WORDINGS),
    "thread as a text": (["thread: Hello, you"], "30:13: C201", "begins with a hyphen"),
    "body": (["body: a"], "30:5: C202", "Write text:."),
    "key in capitals": (["Text: a"], "30:5: C202", 'Did you mean "text"?'),
    "text as lines": (["text:", "  - one", "  - two"], "31:7: C201", IN_QUOTES),
    "part with a colon": (
        ["thread:", "  - Come: now", "  - b"],
        "31:9: C202",
        "a colon in it in q",
    ),
    "wording with a colon": (["wordings:", "  plain:", "    Come: now"], "32:9: C202", "in quotes"),
}

# What stands below ``text: a`` in line 31, the column and code, and the message.
BESIDE = {
    "no text of a platform": ("on: {}", "9: C204", '"on": nothing is written'),
    "media without alt": ("media: [{file: a.png}]", "13: C203", "What it shows"),
    "media with empty alt": ('media: [{file: a.png, alt: ""}]', "32: C204", "nothing is written"),
    "a focal point outside": (
        "media: [{file: a.png, alt: A, focus: [0.1, 1.5]}]",
        "48: C204",
        '"1.5" is not a number from -1.0 to 1.0',
    ),
    "a focal point of one number": (
        "media: [{file: a.png, alt: A, focus: [0.1]}]",
        "42: C204",
        "at least 2",
    ),
    "a focal point in words": (
        "media: [{file: a.png, alt: A, focus: top}]",
        "42: C201",
        "focus: [0.0, 0.5]",
    ),
    "template in alt": (
        "media: [{file: a.png, alt: 'At {{ event.place }}'}]",
        "32: T403",
        "Only text:",
    ),
    "template in a poll": (
        "poll: {options: [a, 'b {{ event.place }}'], hours: 1}",
        "25: T403",
        "Only text:",
    ),
    "template in a link": ("link: 'https://example.org/{{fact.hart.id}}'", "11: C204", "https"),
    "poll with one option": ("poll: {options: [a], hours: 1}", "21: C204", "at least 2"),
    "poll with five options": (
        "poll: {options: [a, b, c, d, e], hours: 1}",
        "21: C204",
        "at most 4",
    ),
    "poll that offers one answer twice": (
        "poll: {hours: 1, options: [Yes, No, ' YES']}",
        "31: C208",
        'The poll offers "YES" twice',
    ),
    "poll that types one accent in two ways": (
        "poll: {hours: 1, options: [Caf\u00e9, Cafe\u0301]}",
        "31: C208",
        "twice",
    ),
    "poll without length": ("poll: {options: [a, b]}", "11: C206", "length"),
    "poll with two lengths": (
        "poll: {options: [a, b], hours: 1, minutes: 5}",
        "11: C206",
        "one of them",
    ),
    "poll of no whole hours": ("poll: {options: [a, b], hours: 1.5}", "36: C204", "whole number"),
    "poll far too long": ("poll: {options: [a, b], hours: 999}", "36: C204", "At most 168."),
    "link without https": ("link: http://example.org", "11: C204", "https"),
    "link with a password": ("link: https://a:b@example.org", "11: C204", "https"),
    "link to nowhere": ("link: https://localhost", "11: C204", "https"),
    "hashtag of two words": ("hashtags: [a b]", "16: C204", "not a hashtag"),
    "hashtag of digits": ("hashtags: [2022]", "16: C204", "not a hashtag"),
    "unknown reply setting": ("reply_settings: all", "21: C205", "'following'"),
    "id in capitals": ("demand: Take-Hart", "13: C204", "small letters"),
    "unknown account": ("accounts: [atena-x]", "16: R302", 'Did you mean "athena-x"?'),
    "no account": ("accounts: []", "15: R309", "no account"),
    "unknown fact": ("facts: [hard]", "13: R303", 'Did you mean "hart"?'),
    "unknown statement": ("statements: [hays]", "18: R310", "The campaign has no statements yet."),
    "unknown demand": ("demand: take-hart", "13: R304", 'Did you mean "take-hart-off"?'),
    "unknown event": ("event: nyk", "12: R305", 'Did you mean "nyc"?'),
    "expires is no time": ("expires: soon", "14: S601", "such as 3d"),
    "expires is a list": ("expires: [3d]", "14: C201", "A text is expected"),
    "expires after nothing": ("expires: 0d", "14: S601", "not longer than 0"),
    "expires before due": ("expires: 2022-07-10 09:00", "14: S606", "before it is"),
    "expires by unknown event": ("expires: {event: nyk, offset: 1d}", "22: R305", '"nyc"'),
    "expires with unknown key": ("expires: {event: nyc, ofset: 1d}", "27: C202", '"offset"'),
    # Natural ways to write that the format does not have.
    "media as a file": ("media: x.png", "12: C201", "[{file: x.png, alt: What"),
    "media as files": ("media: [x.png]", "13: C201", "[{file: x.png, alt: What"),
    "media as one": ("media: {file: x.png, alt: b}", "12: C201", "in brackets"),
    "image": ("image: x.png", "5: C202", MEDIA),
    "alt beside": ("alt: A chart", "5: C202", MEDIA),
    "poll as a list": ("poll: [A, B]", "11: C201", POLL),
    "poll as a text": ("poll: A", "11: C201", POLL),
    "answers beside": ("answers: [A, B]", "5: C202", POLL),
    "poll for days": (
        "poll: {options: [A, B], days: 1}",
        "29: C202",
        "Write hours: 24 for each day.",
    ),
    "tags": ("tags: [b]", "5: C202", 'Did you mean "hashtags"?'),
    "hashtags as a text": ("hashtags: b c", "15: C201", "a list is expected here. Write it in"),
    "hashtags with #": ('hashtags: "#b #c"', "15: C201", "as hashtags: [b, c]."),
    "accounts as a text": ("accounts: athena-x", "15: C201", "as accounts: [athena-x]."),
    "facts as a text": ("facts: hart, prison-calls", "12: C201", "prison-calls]."),
    "url": ("url: https://example.org", "5: C202", "Write link:."),
    "answer with a colon": ("poll: {hours: 1, options: [a, Yes: now]}", "35: C201", IN_QUOTES),
}


@pytest.mark.parametrize("name", [*POSTS, *BESIDE])
def test_a_wrong_post_is_reported_in_one_line_with_its_place(name: str, tmp_path: Path) -> None:
    if name in POSTS:
        rows, start, words = POSTS[name]
    else:
        row, column, words = BESIDE[name]
        rows, start = ["text: a", row], f"31:{column}"
    line = post_problem(tmp_path, *rows)
    assert line.startswith(f"a.yaml:{start} ")
    assert words in line


FACTS = HEADER[HEADER.index("facts:") : HEADER.index("demands:")]

# A change to a sound header, and the expected message.
HEADERS = {
    "no campaign": ("campaign: people\n", "", "1:1: C203", '"campaign" is missing'),
    "no title": ("title: People over profit\n", "", "1:1: C203", '"title" is missing'),
    "unknown key": ("title:", "titel:", "2:1: C202", 'Did you mean "title"?'),
    "unknown section": ("demands:", "demand:", "16:1: C202", '"demands"'),
    "unknown timezone": ("America/New_York", "America/NewYork", "3:11: S602", "America/New_York"),
    "timezone is a folder": ("America/New_York", "America", "3:11: S602", "no timezone"),
    "timezone climbs": ("America/New_York", "../../etc/passwd", "3:11: S602", "no timezone"),
    "unknown account": ("mediajustice-x", "mediajustice", "4:12: R302", '"mediajustice-x"'),
    "no account": ("accounts: [mediajustice-x]\n", "", "27:5: R309", "no account"),
    "facts are a list": (FACTS, "facts: []\n", "6:8: C201", "not a list of ids"),
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
def test_a_wrong_header_is_reported_with_its_line(name: str, tmp_path: Path) -> None:
    old, new, start, words = HEADERS[name]
    assert old in HEADER
    line = only_problem(tmp_path, a=campaign_yaml(header=HEADER.replace(old, new, 1)))
    assert line.startswith(f"a.yaml:{start} ")
    assert words in line


def test_all_problems_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
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


def test_messages_have_no_control_characters(tmp_path: Path) -> None:
    line = post_problem(tmp_path, r'text: "{{ fact[\"\u2066\"].a }}"')
    assert line.isprintable()


@pytest.mark.parametrize(("key", "misspelling"), [("when", "wehn"), ("text", "txet")])
def test_misspelled_key_is_one_problem_and_not_a_missing_one_too(
    key: str, misspelling: str, tmp_path: Path
) -> None:
    whole = campaign_with_post("text: Hi").replace(f"  {key}:", f"  {misspelling}:")
    line = only_problem(tmp_path, a=whole)
    assert line.endswith(f'C202 The key "{misspelling}" is unknown. Did you mean "{key}"?')
