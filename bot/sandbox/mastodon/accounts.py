"""Mastodon's endpoints for the account of a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from bot.sandbox.mastodon.params import Endpoint
from bot.sandbox.mastodon.problems import invalid
from bot.sandbox.mastodon.views import render_own_account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.mastodon.params import Call
    from bot.sandbox.mastodon.state import MastodonState

NAME_CHARACTERS, NOTE_CHARACTERS = 30, 500


def verify_credentials(world: MastodonState, call: Call) -> dict[str, Any]:
    """GET /api/v1/accounts/verify_credentials."""
    return render_own_account(world, call.author, call.base)


def update_credentials(world: MastodonState, call: Call) -> dict[str, Any]:
    """PATCH /api/v1/accounts/update_credentials. Change the name, the bio and the bot flag."""
    account = call.author
    name, note = call.text("display_name", account.name), call.text("note", account.description)
    if len(name) > NAME_CHARACTERS:
        raise invalid(f"Display name is too long (maximum is {NAME_CHARACTERS} characters)")
    if len(note) > NOTE_CHARACTERS:
        raise invalid(f"Note character limit of {NOTE_CHARACTERS} exceeded")
    account.name, account.description = name, note
    account.automated = call.flag("bot", default=account.automated)
    return render_own_account(world, account, call.base)


class AccountState(BaseModel):
    """The body of ``POST /sandbox/accounts/HANDLE/state``, which may lack either field."""

    model_config = ConfigDict(extra="forbid")

    disabled: bool | None = None
    moved_to: str | None = Field(default=None, pattern=r"^([\w.-]+@[\w.-]+)?$")


def set_state(world: MastodonState, path: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Disable an account's login, or have it moved to ``name@server`` (``""`` undoes that)."""
    account, wanted = world.by_handle(path["handle"]), AccountState.model_validate_json(body)
    if account is None:
        raise HTTPException(404, f"there is no account {path['handle']}")
    if wanted.disabled is not None:
        (world.disabled.add if wanted.disabled else world.disabled.discard)(account.id)
    if wanted.moved_to is not None:
        world.moved[account.id] = wanted.moved_to
    disabled, moved_to = account.id in world.disabled, world.moved.get(account.id, "")
    return {"disabled": disabled, "moved_to": moved_to}


ENDPOINTS = {
    "GET /api/v1/accounts/verify_credentials": Endpoint(verify_credentials, "read:accounts"),
    "PATCH /api/v1/accounts/update_credentials": Endpoint(update_credentials, "write:accounts"),
}
