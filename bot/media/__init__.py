"""Pictures and films as they are sent, which are whole and without hidden data.

A phone writes into each picture and film its place and time, its owner and the device. For people
who protest, these must not get out. ``pictures`` and ``films`` remove hidden data without encoding
anything again. ``decoding`` makes sure that a picture can be shown. ``reading`` is the only way
from a file to its bytes, which are therefore the same when they are checked, approved and sent.
"""

from __future__ import annotations


class UnfitMediaError(ValueError):
    """A file that cannot be sent."""

    def __init__(self, why: str, hint: str = "Save it again.", code: str = "M505") -> None:
        super().__init__(why)
        self.why = why
        """The reason, as the rest of a sentence that begins with the file's name."""
        self.hint = hint
        self.code = code
        """M505 for a damaged file, M506 for a large one, M509 for data that cannot be removed."""
