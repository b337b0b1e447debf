"""What can be wrong with a spreadsheet of posts: every code with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "B701": "Files over 1 MiB are refused: reading must stay quick.",
    "B702": "Only UTF-8 is read: any other encoding would put wrong characters in front of people.",
    "B703": "Where a quote is not closed, nobody can tell where one post ends and the next begins.",
    "B704": "No post is as long as this cell.",
    "B705": "An unknown column is most often a slip, and what it holds would be lost.",
    "B706": "Of two columns of one name, one would be lost.",
    "B707": "Without a text there is nothing to say.",
    "B708": "A file without posts is most often the wrong one.",
    "B709": "A cell beyond the last heading most often comes from a comma within a text.",
    "B710": "Over 5,000 posts at once are most often a mistake of a script.",
    "B711": "Characters that cannot be seen are refused by the platforms, or deceive readers.",
    "B712": "A spreadsheet writes this where it could not compute or show a value.",
    "B713": "A formula is for a spreadsheet; as a post, it would be an embarrassment.",
    "B714": "A post needs a time, and only one.",
    "B715": "Dates such as 7/12/2026 or 12.7.2026 can mean two days to two people.",
    "B716": "Each picture has its own description, and each part of a thread its own pictures.",
    "B717": "Rows of one id are one post, and must not contradict each other.",
    "B718": "The id is taken by a post that says something else.",
    "B719": "What is due in the past is never sent.",
    "B720": "A poll needs to be told how long it is open.",
    "B721": "A row that has changed would be a second post, beside the one that it was before.",
    "B722": "Where a row and its post were both changed, one of the changes would be lost.",
    "B723": "What may be a correction or a new post could go out in both versions.",
    "B724": "A post is corrected by the spreadsheet that it came from, and no other.",
    "B725": "What is out cannot be changed any more, and is not sent a second time.",
}
"""Every code of this room, with the reason for it in one sentence."""
