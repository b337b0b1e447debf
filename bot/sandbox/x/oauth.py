"""Signatures of requests (OAuth 1.0a), and the PIN by which an app gets a token to sign with.

Sources: https://docs.x.com/fundamentals/authentication/oauth-1-0a/pin-based-oauth, and X's
references of oauth/request_token, authorize, access_token and invalidate_token (November 2026). The
page at /oauth/authorize asks for no password. Whoever opens it chooses an account. X does not say
[U] how it answers a wrong PIN and a used token, whether a wrong PIN uses the token up, how many
digits a PIN has, and whether an app gets the same token again until it is invalidated. A charge
goes to the account's own app, whichever app asks.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode

from oauthlib.common import generate_timestamp
from oauthlib.oauth1 import Client
from oauthlib.oauth1.rfc5849.utils import parse_authorization_header
from starlette.responses import PlainTextResponse, Response

from bot.sandbox.answers import ApiError
from bot.sandbox.page import BANNER, html_response, template
from bot.sandbox.x import problems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from bot.sandbox.state import SimAccount
    from bot.sandbox.world import World

SIGNATURE_SECONDS = 300
"""How far the timestamp of a signature may be off."""


@dataclass(slots=True)
class _RequestToken:
    """A token of an app that waits for an account. The account's owner sees the PIN."""

    app: str
    secrets: dict[str, str]
    account: SimAccount | None = None
    pin: str = ""


class OAuth:
    """The tokens of a world, and those who sign with them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: dict[str, _RequestToken] = {}
        self._foreign: dict[tuple[str, str], dict[str, str]] = {}
        """The tokens that accounts granted to apps of others, by app and account."""
        self._signed: set[tuple[str, str, str]] = set()
        self._made = 0

    # --- The endpoints ----------------------------------------------------------------------------

    def request_token(self, request: Request, _: bytes) -> Response:
        """Answer a token for an app, which an account may grant."""
        given = _read_header(request)
        app = self._find_app(given.get("oauth_consumer_key", ""))
        self._verify(request, given, app)
        callback = given.get("oauth_callback", "")
        if not callback:
            raise _numbered(403, 38, "oauth_callback parameter is missing.")
        if callback != "oob":
            raise _numbered(
                *(403, 415, "Callback URL not approved for this client application."),
                " Approved callback URLs can be adjusted in your application settings",
            )
        token = self._make("request")
        secrets = {"access_token": token, "access_token_secret": self._make("secret")}
        self._waiting[token] = _RequestToken(app["consumer_key"], app | secrets)
        return _token_answer(secrets, oauth_callback_confirmed="true")

    def authorize(self, request: Request, body: bytes) -> Response:
        """Show the accounts that may grant a token, and then its PIN."""
        fields = dict(parse_qsl(body.decode("ascii", "replace"))) | dict(request.query_params)
        waiting = self._waiting.get(fields.get("oauth_token", ""))
        if waiting and not waiting.account and request.method == "POST":
            waiting.account = self._world.by_handle(fields.get("handle", ""))
            number = int(hashlib.sha256(self._make("pin").encode()).hexdigest(), 16)
            waiting.pin = f"{1_000_000 + number % 9_000_000}" if waiting.account else ""
        html = template("x/authorize.html").render(
            banner=BANNER,
            waiting=waiting,
            token=fields.get("oauth_token"),
            accounts=self._world.accounts.values(),
        )
        return html_response(html, 200 if waiting else 401, form_targets="'self'")

    def access_token(self, request: Request, _: bytes) -> Response:
        """Exchange a granted token and its PIN for an access token."""
        given = _read_header(request)
        waiting = self._waiting.get(given.get("oauth_token", ""))
        if waiting is None:
            raise _numbered(401, 89, "Invalid or expired token.")
        self._verify(request, given, waiting.secrets)
        del self._waiting[given["oauth_token"]]
        pin = given.get("oauth_verifier", "")
        if waiting.account is None or not hmac.compare_digest(pin.encode(), waiting.pin.encode()):
            words = "Error processing your OAuth request: Invalid oauth_verifier parameter"
            return PlainTextResponse(words, HTTPStatus.UNAUTHORIZED)
        account = waiting.account
        secrets = self._grant(account, waiting.app)
        return _token_answer(secrets, user_id=account.id, screen_name=account.handle)

    def invalidate_token(self, request: Request, _: bytes) -> dict[str, Any]:
        """End the token that the request is signed with."""
        try:
            account, secrets = self.find_signer(request)
        except ApiError:
            raise _numbered(401, 89, "Invalid or expired token.") from None
        token = secrets["access_token"]
        if secrets is account.secrets:
            account.secrets = self._new_tokens(account, secrets)  # which nobody has yet
        else:
            del self._foreign[secrets["consumer_key"], account.id]
        return {"access_token": token}

    # --- Tokens and signatures --------------------------------------------------------------------

    def find_signer(self, request: Request) -> tuple[SimAccount, dict[str, str]]:
        """Return the account that signed a request, and its keys. Raise ApiError 401."""
        given, accounts = _read_header(request), self._world.accounts
        granted = [(account, account.secrets) for account in accounts.values()]
        granted += [(accounts[id_], secrets) for (_, id_), secrets in self._foreign.items()]
        for account, secrets in granted:
            if secrets["access_token"] == given.get("oauth_token"):
                self._verify(request, given, secrets)
                return account, secrets
        raise problems.generic(401)

    def _find_app(self, key: str) -> dict[str, str]:
        """Return the keys of an app."""
        for account in self._world.accounts.values():
            if account.secrets["consumer_key"] == key:
                return {name: account.secrets[name] for name in ("consumer_key", "consumer_secret")}
        raise _numbered(401, 32, "Could not authenticate you.")

    def _grant(self, account: SimAccount, app: str) -> dict[str, str]:
        """Return an account's tokens for an app, the same ones until they are invalidated."""
        if account.secrets["consumer_key"] == app:
            return account.secrets
        if (app, account.id) not in self._foreign:
            self._foreign[app, account.id] = self._new_tokens(account, self._find_app(app))
        return self._foreign[app, account.id]

    def _new_tokens(self, account: SimAccount, keys: Mapping[str, str]) -> dict[str, str]:
        token = f"{account.id}-sandbox{self._make('token')[:24]}"
        secret = f"sandbox-token-{self._make('token secret')[:31]}"
        return {**keys, "access_token": token, "access_token_secret": secret}

    def _make(self, what: str) -> str:
        """Return a text that nobody has seen yet."""
        self._made += 1
        return hashlib.sha256(repr((self._world.seed, what, self._made)).encode()).hexdigest()[:40]

    def _verify(self, request: Request, given: Mapping[str, str], keys: Mapping[str, str]) -> None:
        """Raise ApiError 401 unless a request is signed with these keys.

        Its timestamp is compared with real time, because a client signs with the machine's clock,
        however fast the world's clock runs. A nonce is accepted once.
        """
        try:
            nonce, timestamp = given["oauth_nonce"], given["oauth_timestamp"]
            client = Client(
                keys["consumer_key"],
                client_secret=keys["consumer_secret"],
                resource_owner_key=keys.get("access_token"),
                resource_owner_secret=keys.get("access_token_secret"),
                callback_uri=_unquoted(given, "oauth_callback"),
                verifier=_unquoted(given, "oauth_verifier"),
                nonce=nonce,
                timestamp=timestamp,
            )
            _, right, _ = client.sign(str(request.url), request.method)  # type: ignore[arg-type]  # any method
            age = int(generate_timestamp()) - int(timestamp)
        except (KeyError, ValueError):  # another kind of header, or URL
            raise problems.generic(401) from None
        signed = (given.get("oauth_token", given["oauth_consumer_key"]), timestamp, nonce)
        expected = dict(parse_authorization_header(right["Authorization"]))
        if given != expected or abs(age) > SIGNATURE_SECONDS or signed in self._signed:
            raise problems.generic(401)
        self._signed.add(signed)


ENDPOINTS: dict[str, Callable[[OAuth, Request, bytes], Response | dict[str, Any]]] = {
    "POST /oauth/request_token": OAuth.request_token,
    "GET /oauth/authorize": OAuth.authorize,
    "POST /oauth/authorize": OAuth.authorize,
    "POST /oauth/access_token": OAuth.access_token,
    "POST /1.1/oauth/invalidate_token.json": OAuth.invalidate_token,
}


def _read_header(request: Request) -> dict[str, str]:
    """Return the fields of an OAuth header. Raise ApiError 401 for another kind of header."""
    try:
        return dict(parse_authorization_header(request.headers.get("authorization", "")))
    except ValueError:
        raise problems.generic(401) from None


def _unquoted(given: Mapping[str, str], name: str) -> str | None:
    """Return a field of a header, which is percent-encoded there, or None without it."""
    return unquote(given[name]) if name in given else None


def _token_answer(secrets: Mapping[str, str], **more: str) -> Response:
    token, secret = secrets["access_token"], secrets["access_token_secret"]
    fields = {"oauth_token": token, "oauth_token_secret": secret, **more}
    return Response(urlencode(fields), media_type="text/html; charset=utf-8")


def _numbered(status: int, code: int, *message: str) -> ApiError:
    """Return a refusal in the form of X's older API, by its documented number."""
    return ApiError(status, {"errors": [{"code": code, "message": "".join(message)}]})
