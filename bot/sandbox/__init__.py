"""Simulated platforms: their APIs over HTTP on a loopback address, with a memory and with faults.

Nobody sees what is posted here, and no audience here is real. The sandbox exists so that the real
adapters can be tried and shown over real HTTP. Of the program it imports only ``xtext``::

    world = XWorld(now=clock.now, seed=1)
    account = world.add_account("mediajustice", "MediaJustice")
    with serve(world) as url:
        ...  # a client with this base and account.secrets

What all platforms share: ``server`` (uvicorn), ``faults`` (what happens to a request), ``world``
(state, audience) with its nouns in ``state``, ``control`` under /sandbox, and ``page`` everywhere
else. ``platform`` is what they ask of a platform's own package, whose API is the ``api`` of a
world: who may do what, limits, prices, endpoints, texts.

Not simulated: search, streams, quotes, edits, likes, follows, messages.
"""

from bot.sandbox.bluesky.world import BlueskyWorld
from bot.sandbox.mastodon.world import MastodonWorld
from bot.sandbox.server import run, serve
from bot.sandbox.world import World
from bot.sandbox.x.world import XWorld

__all__ = ["BlueskyWorld", "MastodonWorld", "World", "XWorld", "run", "serve"]
