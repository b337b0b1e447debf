"""The open database, and all that every query shares.

``opening`` opens a database, ``migrations`` bring it to the newest revision, and ``connections``
begin its transactions. ``tables`` and ``types`` define rows, which ``rows`` turns into nouns.
``workers`` keeps several workers apart, ``fingerprint`` recognises the database that was used last,
``audit`` records who did what, ``audit_search`` reads that by pages, and ``backup`` copies.
"""

from __future__ import annotations

CODES = {
    "G120": "The database is one file, in an existing folder with write permission.",
    "G121": "A copy is useful only if it is complete, and must not replace another file.",
}
"""Every code of a problem that this package finds, with the reason for it in one sentence."""
