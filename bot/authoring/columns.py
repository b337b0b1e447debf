"""The columns of a spreadsheet of posts, their cells, and the codes of its problems."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.reports.exports import CELL_START, FORMULA_START, LEADING_BLANK

if TYPE_CHECKING:
    from collections.abc import Mapping


CODES: Mapping[str, str] = {
    "B701": "Files over 1 MiB are refused: reading must stay quick.",
    "B702": "Only UTF-8 is read: any other encoding would put wrong characters in front of people.",
    "B703": "Where a quote is not closed, nobody can tell where one post ends and the next begins.",
    "B704": "No post is as long as this cell.",
    "B705": "An unknown column is usually a typing error, and what it holds would be lost.",
    "B706": "Of two columns of one name, one would be lost.",
    "B707": "Without a text there is nothing to post.",
    "B708": "A file without posts is usually the wrong one.",
    "B709": "A cell beyond the last heading usually comes from a comma in a text.",
    "B710": "Over 5,000 posts at once are usually a mistake of a script.",
    "B711": "Invisible characters are refused by the platforms, or deceive readers.",
    "B712": "A spreadsheet writes this where it could not compute or show a value.",
    "B713": "A formula is for a spreadsheet; as a post, it would be an embarrassment.",
    "B714": "A post needs exactly one time.",
    "B715": "Dates such as 7/12/2026 or 12.7.2026 mean different days to different people.",
    "B716": "Each picture has its own description, and each part of a thread its own pictures.",
    "B717": "Rows of one id are one post, and must not contradict each other.",
    "B718": "The id belongs to a post that says something else.",
    "B719": "What was due in the past is never sent.",
    "B720": "A poll needs a length of time.",
    "B721": "A row that has changed would become a second post beside the first.",
    "B722": "Where a row and its post were both changed, one of the changes would be lost.",
    "B723": "What may be a correction or a new post could go out in both versions.",
    "B724": "A post is corrected only by the spreadsheet that it came from.",
    "B725": "What is published cannot be changed any more, and is not sent a second time.",
}
"""Every code of this package, with the reason for it in one sentence."""


_ESCAPED = re.compile(f"^'(?={LEADING_BLANK})|{CELL_START}'(?={FORMULA_START})")
_FORMULA_START = re.compile(r"\s*[=\uff1d]")
_ERROR_VALUE = re.compile(r"\s*(#(NAME\?|REF!|VALUE!|DIV/0!|N/A|NULL!|NUM!|SPILL!|CALC!)|#{3,})\s*")


def unescaped(cell: str) -> str:
    """Return the text of a cell, without the apostrophes that ``escape_formula`` put into it."""
    return _ESCAPED.sub("", cell)


def is_formula(cell: str) -> bool:
    """Return whether a cell begins as only a formula does."""
    return bool(_FORMULA_START.match(cell))


def is_error_value(cell: str) -> bool:
    """Return whether a cell is what a spreadsheet shows instead of a value: #NAME?, ####."""
    return bool(_ERROR_VALUE.fullmatch(cell))


COLUMNS: Mapping[str, str] = {
    "id": "The post's id, by which a corrected row finds its post again, whatever has changed in "
    "it; made from its first words and its day where it is empty.",
    "campaign": "The campaign's id; needed where there are several.",
    "when": "Date and time, as YYYY-MM-DD HH:MM, in the campaign's timezone; or next slot.",
    "date": "The date, as YYYY-MM-DD, with time; instead of when.",
    "time": "The time of day, as 09:00 or 9:00 AM, of date, or of the day that event and offset "
    "name.",
    "event": "The id of the event that the post is about, or is timed by, with offset.",
    "offset": "How long from the event's start, as -1d, 2h, 1d before, or 90m after end.",
    "accounts": "Instead of the campaign's accounts; several with commas between.",
    "text": "What the post says. A line of --- alone begins the next part of a thread.",
    "wording": "A name for this way to say it: rows of one id and several wordings are one post.",
    "demand": "The id of the demand that it supports.",
    "facts": "Ids of the facts that it uses; several with commas between.",
    "statements": "Ids of the statements that it uses; several with commas between.",
    "media": "A picture's or video's file, from the folder of the campaign files; one a line.",
    "alt": "What each shows, for people who cannot see it; one a line.",
    "poll": "The answers of a poll, one a line.",
    "poll_for": "How long the poll is open, such as 24h.",
    "link": "An https address, added at the end.",
    "hashtags": "Instead of the campaign's hashtags; none for none.",
    "expires": "Never sent after this: YYYY-MM-DD HH:MM, or 3d after it was due.",
    "reply_settings": "Who may reply, as in a campaign file.",
    "author": "Who wrote it.",
    "state": "Its state in an export: rows that are no longer planned are skipped.",
    "local": "For people: the time where the audience is. Not read.",
    "key": "For people: the delivery that it was exported from. Not read.",
    "notes": "Your own. Not read.",
}
"""Every column and its meaning, in the order in which a person would fill them in."""

NO_HASHTAGS = "none"
"""The value of ``hashtags`` for none at all."""

PART_SEPARATOR = "---"
"""The line that begins the next part of a thread."""

COLUMN_ALIASES: Mapping[str, str] = {
    "account": "accounts",
    "alt_text": "alt",
    "comment": "notes",
    "comments": "notes",
    "fact": "facts",
    "hashtag": "hashtags",
    "note": "notes",
    "statement": "statements",
}
"""Other names that clearly mean one of the columns."""

IGNORED_COLUMNS = frozenset({"notes", "local", "key"})
"""Columns for people, which are not read."""

REQUIRED_COLUMN = "text"
"""The only column that every spreadsheet needs."""


def normalize_heading(name: str) -> str:
    """Return the column that a heading means, or the heading itself in lower case."""
    plain = re.sub(r"[\s_-]+", "_", name.strip().lower())
    return COLUMN_ALIASES.get(plain, plain)


def column_letter(index: int) -> str:
    """Return a spreadsheet's own name for a column, from 0: A, B … Z, AA."""
    rest, last = divmod(index, 26)
    return (column_letter(rest - 1) if rest else "") + chr(ord("A") + last)
