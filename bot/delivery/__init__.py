"""Delivery: never twice unattended, never silently lost; when we cannot know, we stop and ask.

``decide`` says what should happen to a delivery (pure), ``settle`` what an outcome makes of it
(pure), ``verdict`` what looking for an unknown one has shown (pure). ``situations`` reads what
decides; ``dispatcher`` claims, sends and writes down what came back (``answers``); ``uploads``
hands over what is shown; ``reconciler`` looks for what nobody can be sure of. ``restored`` sees a
database that is behind through to the truth. ``identity`` gives none of them an account's client
before it is known whose the keys are.

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
