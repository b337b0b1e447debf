"""The open database: connections, tables, migrations, workers and the audit log.

``opening`` opens it and begins transactions, ``migrations`` bring it to the newest revision.
``tables`` define what is kept, ``rows`` turn it into nouns; all queries share ``types``.
``workers`` keeps several workers apart, ``fingerprint`` notices a database
that is not the one worked on last, ``audit`` records who did what, ``backup`` copies.
"""

from __future__ import annotations

CODES = {
    "G120": "The database is one file, in an existing folder with write permission.",
    "G121": "A copy is useful only if it is complete, and must not replace another file.",
}
"""Every code of a problem that this package finds, with the reason for it in one sentence."""
