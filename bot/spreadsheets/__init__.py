"""Spreadsheets of posts: import them into the campaign files, and export planned posts as one.

``sheet`` reads the bytes of a CSV file (or, by ``workbook``, of an XLSX file) into rows whose cells
know their places (``row``). ``columns`` explains each column. ``entries`` turns each row into the
fields that a person would have typed into a campaign file, and ``source_map`` finds the cell of
each line of these as YAML.

``importing`` checks the sheet as the loop does, and adds the posts that are new. ``records``
remember which row a post came from, and ``existing`` finds posts by what they say; with both,
``comparing`` finds the rows that are new and those that have changed.

``exports`` writes planned posts as a spreadsheet, and carries cells that were changed there into
the files.
"""

from __future__ import annotations

CODES = {
    "B701": "A sheet of posts is far smaller than 1 MiB, and reading must stay quick.",
    "B702": "Any encoding but UTF-8 would put wrong characters in front of people.",
    "B703": "If a quote is not closed, nobody can tell the end of one post from the next.",
    "B704": "No post is as long as this cell.",
    "B705": "An unknown column is usually a typing error, and its cells would be lost.",
    "B706": "Of two columns of one name, one would be lost.",
    "B707": "Without a text there is nothing to post.",
    "B708": "A file without posts is usually the wrong one.",
    "B709": "A cell beyond the last heading usually comes from a comma in a text.",
    "B710": "Over 5,000 posts at once are usually a mistake of a script.",
    "B711": "Invisible characters are refused by the platforms, or deceive readers.",
    "B712": "A spreadsheet writes this if it cannot compute or show a value.",
    "B713": "A formula is for a spreadsheet; as a post, it would be an embarrassment.",
    "B714": "A post needs exactly one time.",
    "B715": "Dates such as 7/12/2026 or 12.7.2026 mean different days to different people.",
    "B716": "Each picture has its own description, and each part of a thread its own pictures.",
    "B717": "Rows of one id are one post, and must not contradict each other.",
    "B718": "The id belongs to a post that says something else.",
    "B719": "A new post whose time has passed is never sent.",
    "B720": "A poll needs a length of time.",
    "B721": "A row that has changed would become a second post beside the first.",
    "B722": "If a row and its post were both changed, one of the changes would be lost.",
    "B723": "A row that may be a correction or a new post could go out in both versions.",
    "B724": "A post is corrected only by the spreadsheet that it came from.",
    "B725": "A published post cannot be changed any more, and is not sent a second time.",
    "B726": "A cell may stand for words that the file has in a form that only a person can change.",
    "B727": "A row that is neither an exported post nor a new one could go out twice.",
    "B728": "A workbook may hold code, fetch from elsewhere, or unpack to any size.",
}
"""Every code of a problem that this package finds, with the reason for it in one sentence."""
