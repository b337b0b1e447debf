"""Mastodon's endpoints for the account of a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.mastodon.params import Endpoint
from bot.sandbox.mastodon.views import render_own_account

if TYPE_CHECKING:
    from bot.sandbox.mastodon.params import Call
    from bot.sandbox.mastodon.state import MastodonState


def verify_credentials(world: MastodonState, call: Call) -> dict[str, Any]:
    """GET /api/v1/accounts/verify_credentials."""
    return render_own_account(world, call.author, call.base)


def update_credentials(world: MastodonState, call: Call) -> dict[str, Any]:
    """PATCH /api/v1/accounts/update_credentials. Change the bot flag."""
    call.author.automated = call.flag("bot", default=call.author.automated)
    return render_own_account(world, call.author, call.base)


ENDPOINTS = {
    "GET /api/v1/accounts/verify_credentials": Endpoint(verify_credentials, "read:accounts"),
    "PATCH /api/v1/accounts/update_credentials": Endpoint(update_credentials, "write:accounts"),
}
