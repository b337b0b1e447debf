"""Whether a bio says that its account is automated: the same words on every platform. Pure."""

from __future__ import annotations

import re

_AUTOMATED = r"(?:automated|automatically|bots?|robot)\b"
_DISCLOSURE = re.compile(rf"\b{_AUTOMATED}", re.IGNORECASE)
_DENIAL = re.compile(
    rf"(?:\b(?:no|not|non|never)|n['\u2019]t)[\s-]+(?:an? )?{_AUTOMATED}", re.IGNORECASE
)


def says_automated(bio: str) -> bool:
    """Return whether a bio says so, and not only that the account is no bot."""
    return bool(_DISCLOSURE.search(_DENIAL.sub("", bio)))
