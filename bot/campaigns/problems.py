"""What can be wrong with campaign files: every code with its reason, and a list to gather in."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.text.hidden import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PROBLEMS = 100
"""Problems reported of one file; a damaged file would otherwise bury the first under thousands."""

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
    "Y199": "One damaged place often causes many problems: the first ones are worth mending first.",
    "C201": "The value has another shape than the form asks for, such as a text where a list goes.",
    "C202": "An unknown key is most often a slip, and what it meant would be lost.",
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
    "R311": "A text that none of the post's accounts says would be lost without a word.",
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
"""Every code that this room reports, with the reason for it in one sentence."""


class ProblemList:
    """Gathers the problems of one file, up to ``MOST_PROBLEMS``."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []

    @property
    def full(self) -> bool:
        """Whether no more are listed, so that looking for more is idle."""
        return len(self.found) > MOST_PROBLEMS

    def add(self, code: str, place: tuple[int, int], message: str, hint: str = "") -> None:
        """Note a problem at (line, column), both counted from 1."""
        if len(self.found) < MOST_PROBLEMS:
            self.found.append(Problem(self.file, *place, code, f"{message}.", hint))
        elif len(self.found) == MOST_PROBLEMS:
            message = f"More than {MOST_PROBLEMS} problems in this file: the rest is not listed."
            self.found.append(Problem(self.file, *place, "Y199", message, "Mend these first."))


def shown(value: str, most: int = 40) -> str:
    """Quote a value for a message: short, on one line, with nothing that a terminal would obey."""
    text = value if len(value) <= most else value[: most - 1] + "…"
    return printable(json.dumps(text, ensure_ascii=False))


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Suggest the known name that is most like this one, or list some of the known ones."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name[:80], names, n=1)
    if close:
        return f"Did you mean {shown(close[0])}?"
    if not names:
        return otherwise
    more = ", …" if len(names) > 12 else ""  # noqa: PLR2004 - as many as fit a line
    return f"Known here: {', '.join(names[:12])}{more}."
