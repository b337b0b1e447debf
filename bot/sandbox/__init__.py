"""A simulated X: its API v2 over HTTP on a loopback address, with a memory and with faults.

Nobody sees what is posted here, and no audience here is real. The sandbox exists so that the real
adapter can be tried and shown over real HTTP. Of the program it imports only ``xtext``::

    world = World(now=clock.now, seed=1)
    account = world.add_account("mediajustice", "MediaJustice")
    with serve(world) as url:
        ...  # a client with this base and account.secrets

What any platform would share: ``server`` (uvicorn), ``faults`` (what happens to a request),
``world`` (state, audience) with its nouns in ``state``, ``control`` under /sandbox, and ``page``
everywhere else. What is X's alone is in ``x``, whose ``XApi`` is the ``api`` of a world: who
signed, rate limits, prices, endpoints, texts.

Not simulated: OAuth 2.0, search, streams, quotes, edits, communities, likes, follows, messages.
"""

from bot.sandbox.server import run, serve
from bot.sandbox.world import World

__all__ = ["World", "run", "serve"]
