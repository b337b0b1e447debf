"""Whether a user agent is that of a robot or a previewer. Pure.

A network fetches each link that is posted, to show a preview of it. On Mastodon, each server that
a post reaches fetches it by itself, hundreds of times for one post. These are not people.

``crawler-user-agents`` has the robots by name. It is a list that others keep, with a release a
month and the words of 1,500 robots: https://github.com/monperrus/crawler-user-agents. It lacks some
previewers and most programming libraries, and three conventions find those. A robot says whom to
contact about it, by an address. A browser begins with ``Mozilla/``, except for a few old ones and
those for text. And a request always has a user agent if a browser made it.
"""

from __future__ import annotations

import re

LONGEST_AGENT = 1000
"""Most characters of a user agent that are looked at. Those of browsers have at most 400."""

_BROWSERS = (
    *("Mozilla/", "Opera/", "Lynx/", "w3m/", "Links ", "ELinks/", "Dillo/", "NetSurf/", "UCWEB"),
)
"""How user agents of browsers begin."""

_SAYS_SO = re.compile(r"://|mailto:|\bbots?\b|preview|prerender", re.IGNORECASE)
"""An address to ask about the robot, or a word for what it is. Phones such as the Cubot have the
letters ``bot`` in a longer word."""


def is_robot(user_agent: str) -> bool:
    """Return whether a user agent is that of a robot or a previewer, or says nothing.

    A robot that passes for a browser cannot be told from one.
    """
    agent = user_agent.strip()[:LONGEST_AGENT]
    if not agent.startswith(_BROWSERS) or _SAYS_SO.search(agent):
        return True
    from crawleruseragents import is_crawler  # it reads its list at once

    return bool(is_crawler(agent))
