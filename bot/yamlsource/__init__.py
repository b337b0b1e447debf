"""Read YAML strictly, as texts with their places, and report each problem at its place.

``nodes`` turns bytes into a tree, ``syntax`` explains YAML's own errors and misreadings, ``forms``
reads a tree by a pydantic model, and ``problems`` lists the problems. ``folder`` lists the files of
a folder, and finds out whether they have changed.
"""

from __future__ import annotations

CODES = {
    "Y101": "A campaign is far smaller than 1 MiB, and reading must stay quick.",
    "Y102": "Any encoding but UTF-8 would put wrong characters in front of people.",
    "Y103": "A byte-order mark is invisible, and some tools take it for part of the first key.",
    "Y104": "Control characters cannot be seen in an editor and are refused by the platforms.",
    "Y105": "The file is not YAML, or was saved only in part, and nothing in it can be trusted.",
    "Y106": "YAML does not allow tabs as indentation, because editors show them in other widths.",
    "Y107": "A key that stands twice would silently lose one of its values.",
    "Y108": "Anchors, aliases and merge keys hide what a post says, and can blow up a small file.",
    "Y109": "Tags can make a YAML reader run code; every value here is plain text.",
    "Y110": "A file holds one document. A second one would be overlooked.",
    "Y111": "Nesting deeper than 20 is never needed and is a known way to exhaust a reader.",
    "Y112": "The file cannot be opened or read.",
    "Y113": "An empty file is most often one that an editor was just about to save.",
    "Y115": "Half of a surrogate pair is not a character and cannot be sent to any platform.",
    "Y117": "YAML takes a # after a space for a comment, and the text would end there.",
    "Y118": "YAML joins the lines of a text, except after |. A list would become one line.",
    "Y199": "One damaged place often causes many problems. Fix the first ones first.",
    "G106": "The config has no account or channel of this name.",
    "G108": "There is no platform of this name.",
    "Q601": "There is no such campaign. A pause of it would stop nothing, a report be empty.",
}
"""Every code of a problem that this package finds, with the reason for it in one sentence."""
