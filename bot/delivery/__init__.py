"""Sends deliveries, never twice unattended and never silently lost. In doubt, it stops and asks.

``decide`` returns the decision about a scheduled delivery, ``transitions`` the next state after an
outcome or a probe (both pure). ``situations`` reads all that ``decide`` considers. ``dispatcher``
claims posts and starts their sends in ``threads``, by ``sending``, which also uploads media ahead
of time and records results. ``lookahead`` finds the people that posts mention. ``probing`` looks
for posts on timelines and settles unknown outcomes. ``restore_check`` looks there for posts that a
restored database may not know. ``clockguard`` pauses everything while the clock is in doubt.
``clients`` hands out an account's client after its keys proved to be its own. ``deps`` has the
parts that all of these share.

::

    scheduled ── claim ──▶ sending ─┬▶ published
        │                           ├▶ scheduled      provably unsent, or 429: not before T
        ├▶ missed     too late      ├▶ rejected       the platform refused for good
        ├▶ expired    past its end  └▶ unknown ── look ─┬▶ published
        ├▶ cancelled  left the YAML                     ├▶ scheduled    proved absent, in time
        └▶ dropped    by a person                       └▶ needs_human ─▶ a named person decides

A thread is one delivery whose parts are sent one after the other, each with an intent of its own.
Between two parts, it is ``scheduled`` again. It stops at the first part that is not out for
certain.
"""
