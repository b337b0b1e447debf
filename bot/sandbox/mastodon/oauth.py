"""Apps, the page on which a person lets one in, tokens, and their revocation.

Nobody has a password here. Whoever opens the page chooses the account. Source:
https://docs.joinmastodon.org/client/token/.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

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
    *("read", "write", "follow", "push", "profile"),
    *("read:accounts", "read:statuses", "read:notifications", "read:search"),
    *("write:accounts", "write:media", "write:statuses"),
)
_PAGE = "mastodon/authorize.html"


def create_app(world: MastodonState, call: Call) -> dict[str, Any]:
    """POST /api/v1/apps."""
    uris = call.texts("redirect_uris") or call.text("redirect_uris").split()
    scopes = tuple(call.texts("scopes") or call.text("scopes", "read").split())
    if not call.text("client_name").strip():
        raise invalid("Name can't be blank")
    if not uris:
        raise invalid("Redirect URI can't be blank")
    if any(uri != OUT_OF_BAND and not urlsplit(uri).scheme for uri in uris):
        raise invalid("Redirect URI must be an absolute URI.")
    if not {*scopes} <= {*SCOPES}:
        raise invalid("Scopes doesn't match configured on the server.")
    app = SimApp(
        id=world.new_id(),
        name=call.text("client_name").strip(),
        client_id=secrets.token_urlsafe(32),
        client_secret=secrets.token_urlsafe(32),
        redirect_uris=tuple(uris),
        scopes=scopes,
        website=call.text("website") or None,
    )
    world.apps[app.client_id] = app
    credentials = {"client_id": app.client_id, "client_secret": app.client_secret}
    return _render_app(app) | credentials | {"client_secret_expires_at": 0}


def _render_app(app: SimApp) -> dict[str, Any]:
    return {
        "id": app.id,
        "name": app.name,
        "website": app.website,
        "scopes": list(app.scopes),
        "redirect_uri": "\n".join(app.redirect_uris),
        "redirect_uris": list(app.redirect_uris),
    }


def verify_app(_: MastodonState, call: Call) -> dict[str, Any]:
    """GET /api/v1/apps/verify_credentials."""
    if call.grant is None or call.grant.app is None:
        raise refusal(401)
    return _render_app(call.grant.app)


# --- The page -------------------------------------------------------------------------------------


def show_form(world: MastodonState, call: Call) -> Response:
    """GET /oauth/authorize. Ask a person which account lets the app in."""
    try:
        app, scopes = _check_request(world, call)
    except ApiError as problem:
        return _page(problem.status, error=problem.body["error_description"])
    names = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge")
    fields = {name: call.text(name) for name in (*names, "code_challenge_method")}
    target = urlsplit(call.text("redirect_uri"))
    more = f" {target.scheme}://{target.netloc}" if target.netloc else ""
    accounts = [*world.accounts.values()]
    return _page(200, more, app=app, scopes=scopes, fields=fields, accounts=accounts)


def decide(world: MastodonState, call: Call) -> Response:
    """POST /oauth/authorize. Let the app in as ``username``, or refuse it without one."""
    if is_foreign(call.request):
        return _page(403, error="This form cannot be sent from another page.")
    try:
        app, scopes = _check_request(world, call)
    except ApiError as problem:
        return _page(problem.status, error=problem.body["error_description"])
    account = world.by_handle(call.text("username").removeprefix("@"))
    uri, state = call.text("redirect_uri"), call.text("state")
    if account is None:
        if uri == OUT_OF_BAND:
            return _page(403, error="The app was not let in.")
        return _redirect(uri, error="access_denied", state=state)
    code = secrets.token_urlsafe(32)
    challenge = call.text("code_challenge")
    world.codes[code] = Grant(account, app, scopes, world.now(), uri, challenge)
    if uri == OUT_OF_BAND:
        return RedirectResponse(f"/oauth/authorize/native?{urlencode({'code': code})}", 302)
    return _redirect(uri, code=code, state=state)


def show_code(_: MastodonState, call: Call) -> Response:
    """GET /oauth/authorize/native. Show the code, for a person to copy."""
    return _page(200, code=call.text("code"))


def _redirect(uri: str, **query: str) -> Response:
    given = {name: value for name, value in query.items() if value}
    return RedirectResponse(f"{uri}{'&' if '?' in uri else '?'}{urlencode(given)}", 302)


def _page(status: int, targets: str = "", **shown: Any) -> Response:
    """Return the page with an error, a code, or the question."""
    values: dict[str, Any] = {
        "error": "",
        "code": "",
        "app": None,
        "scopes": (),
        "fields": {},
        "accounts": [],
    }
    html = template(_PAGE).render(banner=BANNER, **values | shown)
    return html_response(html, status, form_targets="'self'" + targets)


def _check_request(world: MastodonState, call: Call) -> tuple[SimApp, tuple[str, ...]]:
    """Return the app that asks, and the scopes that it asks for. Raise ApiError."""
    app = world.apps.get(call.text("client_id"))
    if app is None:
        raise problems.oauth(401, "invalid_client")
    if call.text("redirect_uri") not in app.redirect_uris:
        raise problems.oauth(400, "invalid_redirect_uri")
    method = call.text("code_challenge_method", "S256")
    if call.text("response_type") != "code" or method not in {"", "S256"}:
        raise problems.oauth(400, "invalid_request")
    scopes = tuple(call.text("scope").split() or ["read"])
    if not all(_covers(app.scopes, scope) for scope in scopes):
        raise problems.oauth(400, "invalid_scope")
    return app, scopes


def _covers(allowed: tuple[str, ...], scope: str) -> bool:
    return scope in SCOPES and bool({scope, scope.partition(":")[0]} & {*allowed})


# --- Tokens ---------------------------------------------------------------------------------------


def create_token(world: MastodonState, call: Call) -> dict[str, Any]:
    """POST /oauth/token. Answer a token for a code, or for the app alone."""
    app = _find_client(world, call)
    if app is None:
        raise problems.oauth(401, "invalid_client")
    now, kind = world.now(), call.text("grant_type")
    if kind == "client_credentials":
        scopes = tuple(call.text("scope").split() or ["read"])
        if not all(_covers(app.scopes, scope) for scope in scopes):
            raise problems.oauth(400, "invalid_scope")
        grant = Grant(None, app, scopes, now)
    elif kind == "authorization_code":
        grant = _exchange(world, call, app)
    else:
        raise problems.oauth(400, "unsupported_grant_type")
    token = secrets.token_urlsafe(32)
    world.grants[token] = grant
    return {
        "access_token": token,
        "token_type": "Bearer",
        "scope": " ".join(grant.scopes),
        "created_at": int(now.timestamp()),
    }


def _exchange(world: MastodonState, call: Call, app: SimApp) -> Grant:
    """Return the grant of a code, which can be used once. Raise ApiError 400."""
    wrong = problems.oauth(400, "invalid_grant")
    grant = world.codes.pop(call.text("code"), None)
    if grant is None or grant.app is not app or world.now() - grant.created > CODE_LASTS:
        raise wrong
    if grant.redirect_uri != call.text("redirect_uri"):
        raise wrong
    digest = hashlib.sha256(call.text("code_verifier").encode()).digest()
    proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if grant.challenge and not hmac.compare_digest(grant.challenge, proof):
        raise wrong
    return Grant(grant.account, app, grant.scopes, world.now())


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
    """Return the app whose id and secret a call has as parameters or by Basic auth."""
    id_, secret = call.text("client_id"), call.text("client_secret")
    scheme, _, value = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            id_, _, secret = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return None
    app = world.apps.get(id_)
    return app if app and hmac.compare_digest(app.client_secret, secret) else None


ENDPOINTS = {
    "POST /api/v1/apps": Endpoint(create_app, public=True),
    "GET /api/v1/apps/verify_credentials": Endpoint(verify_app),
    "GET /oauth/authorize": Endpoint(show_form, public=True),
    "POST /oauth/authorize": Endpoint(decide, public=True),
    "GET /oauth/authorize/native": Endpoint(show_code, public=True),
    "POST /oauth/token": Endpoint(create_token, public=True),
    "POST /oauth/revoke": Endpoint(revoke_token, public=True),
}
