"""Simulated platforms: their APIs over HTTP on a loopback address, with a memory and with faults.

Nobody sees what is posted here, and no audience here is real. The sandbox exists so that the real
adapters can be tried and shown over real HTTP. Of the program it imports only ``xtext``::

    world = XWorld(now=clock.now, seed=1)
    account = world.add_account("mediajustice", "MediaJustice")
    with serve(world) as url:
        ...  # a client with this base and account.secrets

What all platforms share: ``server`` (uvicorn), ``faults`` (what happens to a request), ``world``
with its nouns in ``state``, the ``audience``, ``control`` under /sandbox, and ``page`` everywhere
else. A platform's own package has its kind of ``World``: who may do what, limits, prices,
endpoints, texts.

Not simulated: search, streams, quotes, edits, likes, follows, messages.
"""

from bot.sandbox.bluesky import BlueskyWorld
from bot.sandbox.mastodon import MastodonWorld
from bot.sandbox.server import run, serve
from bot.sandbox.world import World
from bot.sandbox.x import XWorld

__all__ = ["BlueskyWorld", "MastodonWorld", "World", "XWorld", "run", "serve"]
