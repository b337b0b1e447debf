"""The methods to log in by app password, and to renew a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.bluesky import problems

if TYPE_CHECKING:
    from bot.sandbox.bluesky.calls import Call
    from bot.sandbox.bluesky.state import BlueskyState
    from bot.sandbox.state import SimAccount


def create_session(world: BlueskyState, call: Call) -> dict[str, Any]:
    """com.atproto.server.createSession. Log in with a handle or DID, and the app password."""
    account = world.find_account(call.data["identifier"])
    if account is None or call.data["password"] != account.secrets["app_password"]:
        raise problems.BAD_LOGIN
    return {**world.tokens.open(account.id, world.now()), **_describe(account, call)}


def refresh_session(world: BlueskyState, call: Call) -> dict[str, Any]:
    """com.atproto.server.refreshSession. Exchange a refresh token."""
    tokens = world.tokens.rotate(call.token_id, world.now())
    return {**tokens, **_describe(call.signer, call)}


def get_session(_: BlueskyState, call: Call) -> dict[str, Any]:
    """com.atproto.server.getSession. Answer whose session it is."""
    return _describe(call.signer, call)


def _describe(account: SimAccount, call: Call) -> dict[str, Any]:
    """Return an account as its own session shows it, with the address of its repository."""
    document = {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": account.id,
        "alsoKnownAs": [f"at://{account.handle}"],
        "verificationMethod": [],
        "service": [
            {
                "id": "#atproto_pds",
                "type": "AtprotoPersonalDataServer",
                "serviceEndpoint": call.base,
            }
        ],
    }
    email = f"{account.handle}@sandbox.example"
    more = {"email": email, "emailConfirmed": True, "active": True}
    return {"did": account.id, "didDoc": document, "handle": account.handle, **more}
