"""Delivery: never twice unattended, never silently lost; when we cannot know, we stop and ask.

``decide`` says what should happen to a delivery, ``transitions`` what an outcome or a probe makes
of it (both pure). ``situations`` reads what decides; ``dispatcher`` claims posts and has them sent;
``sending`` is what threads do: upload media ahead of time, send one post, record what came of it.
``probing`` looks for a post on the timeline, and settles unknown outcomes; ``restore_check`` looks
where the database may be behind, at the start and before a send, and pauses everything while the
clock is in doubt. ``clients`` hands out an account's client only once its keys are known to be its
own.

::

    scheduled ── claim ──▶ sending ─┬▶ published
        │                           ├▶ scheduled      provably unsent, or 429: not before T
        ├▶ missed     too late      ├▶ rejected       the platform refused for good
        ├▶ expired    past its end  └▶ unknown ── look ─┬▶ published
        ├▶ cancelled  left the YAML                     ├▶ scheduled    proved absent, in time
        └▶ dropped    by a person                       └▶ needs_human ─▶ a named person decides

A thread is one delivery whose parts are sent one after the other, each with an intent of its own:
between two parts it is ``scheduled`` again. It stops at the first part that is not out for certain.
"""
