"""How X reads a text: its weighted length, and the links, hashtags, mentions and cashtags in it.

Written after the algorithm that X publishes as ``twitter-text`` (3.1.0, with configuration v3);
nothing of it is copied, and a test compares the two. Reading takes time in proportion to the text's
length, whatever the text. The package imports nothing of ours, so that the platform, the lint and
the sandbox read texts alike.

- ``weight`` counts: most characters 1, CJK and whole emoji 2, a link 23.
- ``links`` finds what becomes a link and is billed as one, and where its domain ends. It has the
  sets of characters, too, and UTF-16, in whose code units X counts places.
- ``tags`` finds hashtags, mentions and cashtags.

Places in a text are those of a Python string.
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
