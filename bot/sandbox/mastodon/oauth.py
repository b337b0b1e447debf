"""Apps, the page on which a person lets one in, tokens, and their revocation.

Nobody has a password here. Whoever opens the page chooses the account. Addresses to redirect to,
challenges (PKCE) and tokens for an app alone are not simulated. Source:
https://docs.joinmastodon.org/client/token/.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from bot.sandbox.answers import ApiError
from bot.sandbox.control import is_foreign
from bot.sandbox.mastodon import problems
from bot.sandbox.mastodon.params import CODE_LASTS, OUT_OF_BAND, Endpoint, Grant, SimApp
from bot.sandbox.mastodon.problems import invalid, refusal
from bot.sandbox.page import BANNER, html_response, template

if TYPE_CHECKING:
    from bot.sandbox.mastodon.params import Call
    from bot.sandbox.mastodon.state import MastodonState

SCOPES = (
    *("read", "read:accounts", "read:statuses"),
    *("write", "write:accounts", "write:media", "write:statuses"),
)
_PAGE = "mastodon/authorize.html"


def create_app(world: MastodonState, call: Call) -> dict[str, Any]:
    """POST /api/v1/apps."""
    scopes = tuple(call.text("scopes", "read").split())
    if not call.text("client_name").strip():
        raise invalid("Name can't be blank")
    if call.text("redirect_uris") != OUT_OF_BAND:
        raise invalid("The sandbox only shows codes, and redirects nowhere.")
    if not {*scopes} <= {*SCOPES}:
        raise invalid("Scopes doesn't match configured on the server.")
    app = SimApp(
        id=world.new_id(),
        name=call.text("client_name").strip(),
        client_id=secrets.token_urlsafe(32),
        client_secret=secrets.token_urlsafe(32),
        scopes=scopes,
    )
    world.apps[app.client_id] = app
    credentials = {"client_id": app.client_id, "client_secret": app.client_secret}
    return _render_app(app) | credentials | {"client_secret_expires_at": 0}


def _render_app(app: SimApp) -> dict[str, Any]:
    return {
        "id": app.id,
        "name": app.name,
        "website": None,
        "scopes": list(app.scopes),
        "redirect_uri": OUT_OF_BAND,
        "redirect_uris": [OUT_OF_BAND],
    }


def verify_app(_: MastodonState, call: Call) -> dict[str, Any]:
    """GET /api/v1/apps/verify_credentials."""
    if call.grant is None or call.grant.app is None:
        raise refusal(401)
    return _render_app(call.grant.app)


# --- The page -------------------------------------------------------------------------------------


def authorize(world: MastodonState, call: Call) -> Response:
    """GET and POST /oauth/authorize. Ask which account lets the app in, and let it in as that."""
    is_sent = call.request.method == "POST"
    if is_sent and is_foreign(call.request):
        return _page(403, error="This form cannot be sent from another page.")
    try:
        app, scopes = _check_request(world, call)
    except ApiError as problem:
        return _page(problem.status, error=problem.body["error_description"])
    if not is_sent:
        names = ("client_id", "redirect_uri", "response_type", "scope")
        fields = {name: call.text(name) for name in names}
        accounts = [*world.accounts.values()]
        return _page(200, app=app, scopes=scopes, fields=fields, accounts=accounts)
    account = world.by_handle(call.text("username").removeprefix("@"))
    if account is None:
        return _page(403, error="The app was not let in.")
    code = secrets.token_urlsafe(32)
    world.codes[code] = Grant(account, app, scopes, world.now())
    return RedirectResponse(f"/oauth/authorize/native?{urlencode({'code': code})}", 302)


def show_code(_: MastodonState, call: Call) -> Response:
    """GET /oauth/authorize/native. Show the code, for a person to copy."""
    return _page(200, code=call.text("code"))


def _page(status: int, **shown: Any) -> Response:
    """Return the page with an error, a code, or the question."""
    html = template(_PAGE).render(banner=BANNER, **{"error": "", "code": "", **shown})
    return html_response(html, status, form_targets="'self'")


def _check_request(world: MastodonState, call: Call) -> tuple[SimApp, tuple[str, ...]]:
    """Return the app that asks, and the scopes that it asks for. Raise ApiError."""
    app = world.apps.get(call.text("client_id"))
    if app is None:
        raise problems.oauth(401, "invalid_client")
    if call.text("redirect_uri") != OUT_OF_BAND:
        raise problems.oauth(400, "invalid_redirect_uri")
    if call.text("response_type") != "code":
        raise problems.oauth(400, "invalid_request")
    scopes = tuple(call.text("scope").split() or ["read"])
    granted = {*app.scopes, *(scope for scope in SCOPES if scope.partition(":")[0] in app.scopes)}
    if not {*scopes} <= granted:
        raise problems.oauth(400, "invalid_scope")
    return app, scopes


# --- Tokens ---------------------------------------------------------------------------------------


def create_token(world: MastodonState, call: Call) -> dict[str, Any]:
    """POST /oauth/token. Answer a token for a code, which can be used once."""
    app, now = _find_client(world, call), world.now()
    if app is None:
        raise problems.oauth(401, "invalid_client")
    if call.text("grant_type") != "authorization_code":
        raise problems.oauth(400, "unsupported_grant_type")
    grant = world.codes.pop(call.text("code"), None)
    known = grant is not None and grant.app is app and now - grant.created <= CODE_LASTS
    if grant is None or not known or call.text("redirect_uri") != OUT_OF_BAND:
        raise problems.oauth(400, "invalid_grant")
    token = secrets.token_urlsafe(32)
    world.grants[token] = replace(grant, created=now)
    return {
        "access_token": token,
        "token_type": "Bearer",
        "scope": " ".join(grant.scopes),
        "created_at": int(now.timestamp()),
    }


def revoke_token(world: MastodonState, call: Call) -> dict[str, Any]:
    """POST /oauth/revoke, which may be repeated."""
    app, token = _find_client(world, call), call.text("token")
    grant = world.grants.get(token)
    if app is None or not token or (grant is not None and grant.app is not app):
        raise problems.oauth(403, "unauthorized_client")
    if grant:
        world.revoked.add(token)
    return {}


def _find_client(world: MastodonState, call: Call) -> SimApp | None:
    """Return the app whose id and secret a call has."""
    app = world.apps.get(call.text("client_id"))
    known = app and secrets.compare_digest(app.client_secret, call.text("client_secret"))
    return app if known else None


ENDPOINTS = {
    "POST /api/v1/apps": Endpoint(create_app, public=True),
    "GET /api/v1/apps/verify_credentials": Endpoint(verify_app),
    "GET /oauth/authorize": Endpoint(authorize, public=True),
    "POST /oauth/authorize": Endpoint(authorize, public=True),
    "GET /oauth/authorize/native": Endpoint(show_code, public=True),
    "POST /oauth/token": Endpoint(create_token, public=True),
    "POST /oauth/revoke": Endpoint(revoke_token, public=True),
}
