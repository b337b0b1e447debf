"""The columns of a spreadsheet of posts: their names, what goes in, and what a program may do.

The names are those of a campaign file where there is one. ``groundswell import --columns`` prints
them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MEANINGS: Mapping[str, str] = {
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
    "text": "What to say. A line of --- alone begins the next part of a thread.",
    "wording": "A name for this way to say it: rows of one id and several wordings are one post.",
    "demand": "The id of the demand that it speaks for.",
    "facts": "Ids of the facts that it stands on; several with commas between.",
    "statements": "Ids of the statements that it repeats; several with commas between.",
    "media": "A picture's or video's file, from the folder of the campaign files; one a line.",
    "alt": "What each shows, for who cannot see it; one a line.",
    "poll": "The answers of a poll, one a line.",
    "poll_for": "How long the poll is open, as 24h.",
    "link": "An https address, added at the end.",
    "hashtags": "Instead of the campaign's hashtags; none for none.",
    "expires": "Never sent after this: YYYY-MM-DD HH:MM, or 3d after it was due.",
    "reply_settings": "Who may reply, as in a campaign file.",
    "author": "Who wrote it.",
    "state": "Where it stands, as export tells it: what is no longer planned is left out.",
    "local": "For people: the time where the audience is. Not read.",
    "key": "For people: the delivery that it was exported from. Not read.",
    "notes": "Your own. Not read.",
}
"""Every column, with what goes in: in the order in which a person would fill them in."""

OTHER_NAMES: Mapping[str, str] = {
    "account": "accounts",
    "alt_text": "alt",
    "comment": "notes",
    "comments": "notes",
    "fact": "facts",
    "hashtag": "hashtags",
    "note": "notes",
    "statement": "statements",
}
"""Names that mean just as clearly one of the columns."""

UNREAD = frozenset({"notes", "local", "key"})
"""What is for people only."""

NEEDED = "text"
"""The one column without which nothing can be said."""


def meant(name: str) -> str:
    """Give the column that a heading means, or the heading itself in small letters."""
    plain = re.sub(r"[\s_-]+", "_", name.strip().lower())
    return OTHER_NAMES.get(plain, plain)


def letter(index: int) -> str:
    """Give a spreadsheet's own name for a column, from 0: A, B … Z, AA."""
    rest, last = divmod(index, 26)
    return (letter(rest - 1) if rest else "") + chr(ord("A") + last)
