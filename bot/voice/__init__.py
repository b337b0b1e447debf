"""Compares what posts say, and finds quotations and figures. Pure, in time linear in the texts.

No setting and no campaign can make one voice look like many. ``sameness`` is the only definition of
posts that say the same, and ``check``, the claim, import, ``queue add`` and ``share-texts`` ask it.
It compares what ``said`` collects from a post, in the spelling of ``words``. ``quotations`` finds
quotations in a text, and ``omissions`` decides whether a shortened quotation is fair. ``amounts``
reads the figures of a text, ``altered`` finds text beside them that changes them, and ``stated``
finds the facts whose figures a text has.
"""
