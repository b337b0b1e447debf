"""What only X knows of an account: it stands under the account's ``x:`` in ``config.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.model import Account


@dataclass(frozen=True, slots=True)
class XOptions:
    """Whether it may post more than 280 characters; which spelling of fields is asked for first.

    ``owns_app`` is whether the developer app whose keys it uses is its own: X bills reading the own
    timeline by that.
    """

    long_posts: bool = False
    field_spelling: str = "tweet"
    owns_app: bool = True


def options(account: Account) -> XOptions:
    """Give those of an account; as X has them by itself where it has none."""
    found = account.options
    assert found is None or isinstance(found, XOptions), "the options of another platform"
    return found or XOptions()
