"""A simulated X: its API v2 over HTTP on a loopback address, with a memory and with faults.

Nobody sees what is posted here, and no audience here is real. The sandbox exists so that the real
adapter can be tried over real HTTP, and shown. It imports nothing else of ours::

    world = World(now=clock.now, seed=1)
    credentials = world.add_account("mediajustice", "MediaJustice")
    with serve(world) as server:
        ...  # a client with server.url as its base and the credentials

It keeps to what is documented: status codes, bodies, limits and prices come from X's own
documentation (xdevplatform/docs as of 2026-08-22, openapi.json v2.167), and where that is silent,
from answers that others reported. What nobody here could verify is marked [U] where it stands:

- which spelling live answers use (``World.spelling`` gives either);
- 400 for a text that is too long (reports show 403 as well), and the words of most 400s;
- how long a text counts as duplicate, and whether a timeline lags behind (both can be set);
- that replies to one's own posts need no summons, and what such a part of a thread costs;
- the answer to a reply whose parent is gone, the price of a deletion and of an upload;
- whether X trims and normalises texts as done here, and where its entities' indices count from;
- how an audience behaves: engagement is invented, from a seed (``bot.sandbox.engagement``).

Not simulated: OAuth 2.0, search, streams, quotes, edits, communities, likes, follows, messages.

The way of a request: ``server`` (uvicorn) → ``wire`` (faults, 401, 429, 402) → ``api`` (one
function per endpoint) → ``posting``, ``media``, ``timeline`` (rules) → ``world`` (state). ``views``
writes the JSON, ``problems`` the refusals, ``control`` answers under /sandbox, ``page`` at /.
"""

from bot.sandbox.server import Server, create_app, run, serve
from bot.sandbox.state import Credentials
from bot.sandbox.world import World

__all__ = ["Credentials", "Server", "World", "create_app", "run", "serve"]
