"""Simulated platforms with APIs over HTTP on a loopback address, with a memory and with faults.

Nobody sees these posts, and the audience is invented. The sandbox exists to try and show the real
adapters over real HTTP. Of the program it imports only ``xtext``::

    world = XWorld(now=clock.now, seed=1)
    account = world.add_account("mediajustice", "MediaJustice")
    with serve(world) as url:
        ...  # a client with this base and account.secrets

All platforms share ``server`` (uvicorn), ``requests`` and the ``faults`` that hit them, ``world``
with its nouns in ``state``, the ``audience``, ``control`` under /sandbox, and ``page`` at all other
addresses. A platform's own package has its rules, limits, prices, endpoints and texts. Its
``state`` is a ``World`` with all that the platform keeps. Its ``__init__`` adds the endpoints.

Search, streams, quotes, edits, likes, follows and messages are not simulated.
"""

from bot.sandbox.bluesky import BlueskyWorld
from bot.sandbox.mastodon import MastodonWorld
from bot.sandbox.server import run, serve
from bot.sandbox.world import World
from bot.sandbox.x import XWorld

__all__ = ["BlueskyWorld", "MastodonWorld", "World", "XWorld", "run", "serve"]
