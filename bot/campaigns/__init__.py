"""Campaigns: YAML in, Campaigns out, and every problem with its place.

``loading`` reads the folder again and again: each file that has changed by ``reading``, from a
``source`` that knows its problems and suppressions. ``schema``, with the times of ``when_schema``
and the other values of ``fields``, is the form of a file; ``validation`` reads a YAML tree by it,
and says what to write instead. ``header`` builds what posts rely on, ``building`` the posts,
with ``content`` for what they say, ``templates``, ``voices`` for what differs from platform to
platform, and ``media`` for what they show.

``editing`` adds posts to a file, ``rewriting`` changes those in it. The package knows neither the
database nor the network, and reads no clock.
"""
