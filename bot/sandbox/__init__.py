"""A simulated X: its API v2 over HTTP on a loopback address, with a memory and with faults.

Nobody sees what is posted here, and no audience here is real. The sandbox exists so that the real
adapter can be tried and shown over real HTTP. Of the program it imports only ``xtext``::

    world = World(now=clock.now, seed=1)
    credentials = world.add_account("mediajustice", "MediaJustice")
    with serve(world) as server:
        ...  # a client with server.url as its base and the credentials

It keeps to what is documented: status codes, bodies, limits and prices come from X's own
documentation (xdevplatform/docs as of 2026-08-22, openapi.json v2.166 and v2.167), and where that
is silent, from answers that others reported. What could not be verified is marked [U]:

- which version live X answers by (``World.spelling``: ``tweet`` for v2.166, ``post`` for v2.167);
- whether posts that are included as expansions are billed, too;
- 400 for a text that is too long (reports show 403 as well), and the wording of most 400s;
- how long a text counts as duplicate, and whether a timeline lags behind (both can be set);
- that replies to one's own posts need no summons, and what such a part of a thread costs;
- the answer to a reply whose parent is gone, the price of a deletion and of an upload;
- whether X trims and normalises texts as done here, and where its entities' indices count from;
- how an audience behaves: engagement is invented, from a seed (``bot.sandbox.world``).

Not simulated: OAuth 2.0, search, streams, quotes, edits, communities, likes, follows, messages.

The way of a request: ``server`` (uvicorn) → ``handler`` (faults, signature, rate limits, credit) →
``spec`` (what may be asked) → ``api`` (a function for each endpoint) → ``posting`` (rules,
uploads) → ``world`` (state, audience). ``bodies`` are the shapes of requests, ``views`` of answers,
``problems`` the refusals; ``control`` answers under /sandbox, ``page`` everywhere else.
"""

from bot.sandbox.server import Server, create_app, run, serve
from bot.sandbox.state import Credentials
from bot.sandbox.world import World

__all__ = ["Credentials", "Server", "World", "create_app", "run", "serve"]
