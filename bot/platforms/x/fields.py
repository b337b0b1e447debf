"""X's two spellings: in August 2026 its specification renamed tweet to post and retweet to repost.

Which one live answers use could not be tried. So requests ask in the spelling that the account is
configured with, in the other where X refuses that, and answers are read in both. ``tweet`` is
version 2.166 of the specification, ``post`` is 2.167.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TWEET = "tweet"
POST = "post"
_EXPANDED = frozenset({"author_id", "in_reply_to_user_id", "referenced_posts"})
POST_ID = re.compile(r"[1-9][0-9]{0,18}")


def asked(spelling: str, names: Sequence[str], expansions: str | None = None) -> dict[str, str]:
    """Return the parameters that ask for these fields, given in the spelling ``tweet``.

    ``expansions`` are asked for beside them. In the spelling ``post``, some fields of a post are
    expansions themselves.
    """
    wanted = [*filter(None, [expansions])]
    if spelling == POST:
        renamed = [_renamed(name) for name in names]
        wanted += [name for name in renamed if name in _EXPANDED]
        names = [name for name in renamed if name not in _EXPANDED]
    asked_for = {f"{spelling}.fields": ",".join(names)}
    return asked_for | ({"expansions": ",".join(wanted)} if wanted else {})


def other(spelling: str) -> str:
    """Return the spelling that this one is not."""
    return TWEET if spelling == POST else POST


def get(data: Mapping[str, Any], name: str) -> Any:
    """Give a field by its name in the spelling ``tweet``, however the answer spells it."""
    return data[name] if name in data else data.get(_renamed(name))


def objects(found: Any) -> list[dict[str, Any]]:
    """Give the JSON objects of a list; whatever else stands there is passed over."""
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def mapping(found: Any) -> dict[str, Any]:
    """Give a JSON object, or an empty one where there is none."""
    return found if isinstance(found, dict) else {}


def is_id(found: Any) -> TypeGuard[str]:
    """Tell whether this is an id of X's: digits, as text. Others must not get into an address."""
    return isinstance(found, str) and bool(POST_ID.fullmatch(found))


def _renamed(name: str) -> str:
    # "retweet" ends in "tweet": it has to go first.
    return name.replace("retweet", "repost").replace("tweet", "post")
