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
_EXPANSIONS = frozenset({"author_id", "in_reply_to_user_id", "referenced_posts"})
POST_ID = re.compile(r"[1-9][0-9]{0,18}")


def field_params(
    spelling: str, names: Sequence[str], expansions: str | None = None
) -> dict[str, str]:
    """Return the parameters that ask for these fields, given in the spelling ``tweet``.

    ``expansions`` are asked for beside them. In the spelling ``post``, some fields of a post are
    expansions themselves.
    """
    wanted = [*filter(None, [expansions])]
    if spelling == POST:
        renamed = [_new_name(name) for name in names]
        wanted += [name for name in renamed if name in _EXPANSIONS]
        names = [name for name in renamed if name not in _EXPANSIONS]
    params = {f"{spelling}.fields": ",".join(names)}
    return params | ({"expansions": ",".join(wanted)} if wanted else {})


def other_spelling(spelling: str) -> str:
    """Return the other of the two spellings."""
    return TWEET if spelling == POST else POST


def get_field(data: Mapping[str, Any], name: str) -> Any:
    """Return a field by its name in the spelling ``tweet``, in whichever spelling it is."""
    return data[name] if name in data else data.get(_new_name(name))


def as_objects(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects of a list; anything else is ignored."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object, or an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def is_id(value: Any) -> TypeGuard[str]:
    """Return whether this is an id of X: digits, as text. Nothing else may get into a URL."""
    return isinstance(value, str) and bool(POST_ID.fullmatch(value))


def _new_name(name: str) -> str:
    # "retweet" ends in "tweet": it has to go first.
    return name.replace("retweet", "repost").replace("tweet", "post")
