"""What can be wrong with a YAML file: every code with its reason, and a list of problems."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from bot.errors import Problem
from bot.text import escape_to_line, truncate

if TYPE_CHECKING:
    from collections.abc import Iterable

Place: TypeAlias = tuple[int, int]
"""A line and a column of a file, both counted from 1."""

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""The line ends of YAML 1.1."""

MAX_PROBLEMS = 100
"""Problems reported per file: a damaged file would bury the first one under thousands."""

CODES = {
    "Y101": "Files over 1 MiB are refused: a campaign is far smaller, and reading must stay quick.",
    "Y102": "Only UTF-8 is read: any other encoding would put wrong characters in front of people.",
    "Y103": "A byte-order mark is invisible, and some tools take it for part of the first key.",
    "Y104": "Control characters cannot be seen in an editor and are refused by the platforms.",
    "Y105": "The file is not YAML, or was saved only in part: nothing in it can be trusted.",
    "Y106": "YAML does not allow tabs as indentation: their width differs between editors.",
    "Y107": "A key that stands twice would silently lose one of its values.",
    "Y108": "Anchors, aliases and merge keys hide what a post says, and can blow up a small file.",
    "Y109": "Tags can make a YAML reader run code; every value here is plain text.",
    "Y110": "A file holds one document: a second one would be overlooked.",
    "Y111": "Nesting deeper than 20 is never needed and is a known way to exhaust a reader.",
    "Y112": "The file cannot be opened or read.",
    "Y113": "An empty file is most often one that an editor was just about to save.",
    "Y114": "Over 5,000 posts, or 1,000 facts or events, are most often a mistake of a script.",
    "Y115": "Half of a surrogate pair is no character and cannot be sent to any platform.",
    "Y116": "A post is added only where all that stands in the file keeps its meaning.",
    "Y117": "YAML takes a # after a space for a comment: the text would end there.",
    "Y118": "YAML joins the lines of a text, except after |: a list would become one line.",
    "Y119": "What takes so long to read is a mistake, or made to keep the loop from its work.",
    "Y199": "One damaged place often causes many problems: the first ones are worth fixing first.",
    "C201": "The value has another shape than the form asks for, such as a text where a list goes.",
    "C202": "An unknown key is most often a slip, and what was meant would be lost.",
    "C203": "Without this key it is not clear what is meant.",
    "C204": "The value breaks a limit of the form.",
    "C205": "Only the listed values have a meaning.",
    "C206": "These keys contradict each other.",
    "C207": "A comment that allows something must stand beside what it is for.",
    "C208": "Two answers that read the same split their votes, and nobody can tell them apart.",
    "R301": "The post names a campaign that no file describes.",
    "R302": "The account is not in the configuration, so nothing could be published from it.",
    "R303": "The fact is not described, so no source stands behind the claim.",
    "R304": "The demand is not described in the campaign.",
    "R305": "The event is not described in the campaign.",
    "R306": "Two posts with one id would be taken for one and the same post.",
    "R307": "Two files that describe one campaign may contradict each other.",
    "R308": "With several campaigns, or none, it is not clear which one a post belongs to.",
    "R309": "A post without an account would be published nowhere.",
    "R310": "The statement is not described, so nobody can tell who said it and where.",
    "R311": "A text that none of the post's accounts publishes would be lost silently.",
    "T401": "The template cannot be read.",
    "T402": "An unknown name would leave a hole in a public text.",
    "T403": "Texts can name facts, not compute: so everyone can see what a post will say.",
    "T404": "The text, filled in, is longer than any platform allows.",
    "T405": "Nobody can read a pile of marks on one letter, and some readers choke on it.",
    "T406": "Texts that grow without end by what is filled in would take all of the memory.",
    "M501": "The file is not there.",
    "M502": "Media stay inside the folder of the posts: so nothing private is published by a slip.",
    "M503": "The file is not a plain readable file.",
    "M504": "The file is empty.",
    "M505": "Platforms take JPEG, PNG, GIF and WebP images and MP4 video.",
    "M506": "The image or video is larger than any platform takes, or made to exhaust a reader.",
    "S601": "A date, time or span that cannot be read would be published at the wrong hour.",
    "S602": "An unknown timezone would put every local time at the wrong hour.",
    "S603": "This local time does not exist: clocks are put forward over it that day.",
    "S604": "The schedule cannot be followed as it is written.",
    "S605": "It would end before it starts.",
    "S606": "The post would expire before it is due, and so never be sent.",
}
"""Every code of a problem with YAML or campaign files, with the reason for it in one sentence."""


class ProblemList:
    """The problems of one file, up to ``MAX_PROBLEMS``."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    @property
    def is_full(self) -> bool:
        """Whether no more will be listed, so that looking for more is pointless."""
        return len(self.problems) > MAX_PROBLEMS

    def add(self, code: str, place: Place, message: str, hint: str = "") -> None:
        """Add a problem at (line, column), both counted from 1."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(self.file, *place, code, f"{message}.", hint))
        elif len(self.problems) == MAX_PROBLEMS:
            message = f"More than {MAX_PROBLEMS} problems in this file: the rest is not listed."
            self.problems.append(Problem(self.file, *place, "Y199", message, "Fix these first."))


class Explanation(NamedTuple):
    """What to say about something wrong; without ``place``, it is where the value starts."""

    code: str
    message: str
    hint: str = ""
    place: Place | None = None


def place_after(before: str) -> Place:
    """Return the place of what follows this beginning of a text."""
    rows = LINE_BREAK.split(before)
    return len(rows), len(rows[-1]) + 1


def place_of_mark(mark: Any) -> Place:
    """Return the place of one of YAML's marks, which count from 0."""
    return mark.line + 1, mark.column + 1


def quote_value(value: str, limit: int = 40) -> str:
    """Return a value in quotes for a message: short, on one line, safe for a terminal."""
    return escape_to_line(json.dumps(truncate(value, limit), ensure_ascii=False))


def closest(name: str, known: Iterable[str]) -> str:
    """Return the known name most similar to this one, or ""."""
    return next(iter(difflib.get_close_matches(name[:80], sorted(known), n=1)), "")


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return a hint: the known name most similar to this one, or else some known names."""
    names = sorted(set(known))
    if meant := closest(name, names):
        return f"Did you mean {quote_value(meant)}?"
    if not names:
        return otherwise
    more = ", …" if len(names) > 12 else ""  # noqa: PLR2004 - as many as fit on a line
    return f"Known here: {', '.join(names[:12])}{more}."


def unknown_name(
    file: str, code: str, what: str, name: str, known: Iterable[str], otherwise: str = ""
) -> Problem:
    """Return the problem of a name that nothing has; ``what`` says of what it is the name."""
    message = f"There is no {what} {quote_value(name)}."
    return Problem(file, 0, 0, code, message, did_you_mean(name, known, otherwise))
