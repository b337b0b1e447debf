"""What happened, on disk: SQLAlchemy Core over SQLite or PostgreSQL, the same for both.

``database`` opens and migrates; ``tables`` say what is kept. ``queue`` is the plan's and the
person's side of the deliveries, ``sending`` the wire's (claim, close, rescue); ``metrics`` and
``ledger`` remember counters and money, ``history`` gives what reports draw on, ``thinning`` lets
old readings go. ``holder`` says who works on a database, ``claiming`` and ``turns`` keep several
apart; ``audit`` says who did what, ``approvals`` who approved which words, ``mass_cancel`` what has
left the files at once and is held back; ``identity`` and ``restoring`` notice a database that is
behind what was sent, ``backup`` copies one.
"""
