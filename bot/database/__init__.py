"""The open database: connections, tables, migrations, workers and the audit log.

``opening`` opens it and begins transactions, ``migrations`` bring it to the newest revision.
``tables`` define what is kept, ``rows`` turn it into nouns; all queries share ``types``.
``workers`` keeps several workers apart, ``fingerprint`` notices a database
that is not the one worked on last, ``audit`` records who did what, ``backup`` copies.
"""
