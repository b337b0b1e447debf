"""What happened, on disk: SQLAlchemy Core over SQLite or PostgreSQL, the same for both.

``queue`` has the deliveries as the plan and as people want them. A worker reads ``facts`` about
them (with ``pauses``), claims them by ``claims``, and writes what follows by ``outcomes``, which
also has the sends whose outcome nobody knows; ``journal`` is the file for when the database cannot
be written. ``metrics`` has the counters, ``thinning`` old ones, ``ledger`` the money, ``approvals``
who approved which words, ``safeguards`` how many must, ``alerts`` what a team was sent. ``pauses``
also has what left the files at once and is held back, ``restore`` the safe start of a database that
may be behind.
"""
