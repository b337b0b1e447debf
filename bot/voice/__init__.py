"""What a post says, and whether two posts say the same.

No setting and no campaign can make one voice look like many. So there is one definition of "the
same", and every door asks it: ``check``, the claim, import, ``queue add``, ``share-texts``.
``words`` brings a text into one spelling, ``said`` collects all that a post says, and ``sameness``
compares two posts. ``quotations`` finds what somebody is said to have said, and ``omissions`` says
whether a shortened quotation still says it. Everything here is pure and takes time linear in the
length of the texts.
"""
