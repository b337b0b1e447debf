"""YAML as text with places: read strictly, every problem with its file, line and column.

``nodes`` turns bytes into a tree, ``syntax`` explains YAML's own errors and misreadings, ``forms``
reads a tree by a pydantic model, and ``problems`` lists what is wrong.
"""

from __future__ import annotations

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
    "Y115": "Half of a surrogate pair is not a character and cannot be sent to any platform.",
    "Y117": "YAML takes a # after a space for a comment: the text would end there.",
    "Y118": "YAML joins the lines of a text, except after |: a list would become one line.",
    "Y199": "One damaged place often causes many problems: the first ones are worth fixing first.",
    "G106": "The config has no account or channel of this name.",
    "G108": "There is no platform of this name.",
    "Q601": "There is no such campaign: a pause of it would stop nothing, a report be empty.",
}
"""Every code of a problem that this package finds, with the reason for it in one sentence."""
