"""Pictures and films as they leave: what nobody sees in them is left out, and they are whole.

A phone writes into each picture and film where and when it was taken, by whom and with what. Of
people who protest, that must not get out. ``pictures`` and ``films`` leave it out without coding
anything anew, ``decoding`` makes sure that a picture can be shown, and ``reading`` is the only way
from a file to the bytes that are checked, approved and sent: always the same ones.
"""

from __future__ import annotations


class UnfitMediaError(ValueError):
    """A file that cannot be sent: ``why`` follows its name, ``hint`` says what to do.

    ``code`` is that of a problem in the files: M505 if it is damaged, M506 if it is too large, M509
    if what is hidden in it cannot be left out here.
    """

    def __init__(self, why: str, hint: str = "Save it again.", code: str = "M505") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint
        self.code = code
