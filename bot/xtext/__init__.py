"""How X reads a text: its weighted length, and the links, hashtags, mentions and cashtags in it.

Written after the algorithm that X publishes as ``twitter-text`` (3.1.0, with configuration v3), of
which nothing is copied; a test holds it against the npm package of that name. Whatever stands in a
text, the time it takes is in proportion to the text's length. It imports nothing of ours, so that
the platform, the lint and the sandbox can read texts alike.

- ``weight`` counts: most characters 1, CJK and whole emoji 2, a link 23.
- ``links`` finds what becomes a link, and is billed as one; ``domains`` knows where they end.
- ``tags`` finds hashtags, mentions and cashtags.

Places in a text are those of a Python string; X's own count UTF-16 code units (``units``).
"""

from bot.xtext.links import Entity, links
from bot.xtext.tags import cashtags, entities, hashtags, mentions
from bot.xtext.weight import LIMIT, PUBLISHED_EMOJI, has_link, is_valid, weighted_length

__all__ = [
    "LIMIT",
    "PUBLISHED_EMOJI",
    "Entity",
    "cashtags",
    "entities",
    "has_link",
    "hashtags",
    "is_valid",
    "links",
    "mentions",
    "weighted_length",
]
