"""What a terminal would obey instead of showing it, written out. The border of all output.

Platforms' answers, texts of posts and reasons that people give are shown as they are, but for this.
"""

from __future__ import annotations

import re

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls: all but tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # has a text read in another order
    "\u2028\u2029\ud800-\udfff]",  # ends a line; cannot be written
)


def visible(text: str) -> str:
    r"""Return the text with what would steer a terminal written as ``\u001b``.

    That is also how JSON writes it: JSON stays JSON, of the same meaning.
    """
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
