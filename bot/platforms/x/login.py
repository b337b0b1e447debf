"""Logging in on X by a PIN (OAuth 1.0a out of band), and revoking the access token.

The app asks for a request token. The account's owner allows the app on X's own page, which shows a
PIN. The app exchanges both for an access token. Nobody hands over a password. tweepy only signs,
because its requests have no timeout and follow redirects, and its errors quote tokens.

Sources: https://docs.x.com/fundamentals/authentication/oauth-1-0a/pin-based-oauth, and X's
references of oauth/request_token, oauth/access_token and oauth/invalidate_token, November 2026.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import tweepy

from bot.platforms.login import Grant
from bot.platforms.outcomes import Rejected, Unauthorized, Unsent
from bot.platforms.transport import checked_api, post_once, silence_loggers
from bot.platforms.x.network import API, SECRETS
from bot.platforms.x.responses import classify
from bot.platforms.x.transport import XTransport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model import Account
    from bot.platforms.login import Dialogue

STORED = SECRETS

_APP_KEYS = {"consumer_key": "API key of the app", "consumer_secret": "API secret of the app"}
_PIN = re.compile(r"[0-9]{4,12}")
"""X's PINs have seven digits, which X does not promise."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")


def log_in(account: Account, known: Mapping[str, str], dialogue: Dialogue) -> Grant:
    """Have the account's owner allow the app, by a PIN. Raise Outcome.

    The dialogue asks for the app's keys unless they are known.
    """
    silence_loggers("tweepy", "oauthlib", "requests_oauthlib")
    api, handle = checked_api(account.api or API), account.handle.lstrip("@")
    typed = {
        name: dialogue.ask_secret(name, label)
        for name, label in _APP_KEYS.items()
        if not known.get(name)
    }
    keys = [typed.get(name) or known[name] for name in _APP_KEYS]
    token, secret = _request_token(api, keys)
    dialogue.say(f"In a browser that is signed in to X as @{handle}, open this address:")
    dialogue.say(f"{api}/oauth/authorize?{urlencode({'oauth_token': token})}")
    dialogue.say("Allow the app, and type the PIN that X shows.")
    pin = dialogue.ask("PIN").replace(" ", "")
    if not _PIN.fullmatch(pin):
        raise Rejected("the input is not a PIN. Enter digits only")
    granted = _access_token(api, keys, token, secret, pin)
    tokens = {
        "access_token": granted["oauth_token"],
        "access_token_secret": granted["oauth_token_secret"],
    }
    return Grant({**typed, **tokens}, granted.get("screen_name"))


def revoke(account: Account, secrets: Mapping[str, str]) -> str:
    """Revoke the access token, for every machine that uses it. Raise Outcome."""
    if not all(secrets.get(name) for name in SECRETS):
        return "Without all of them, there was no access token to revoke."
    try:
        XTransport(account.api, secrets).send("POST", "/1.1/oauth/invalidate_token.json")
    except Unauthorized as refused:
        if refused.status != HTTPStatus.UNAUTHORIZED:
            raise
        return f"X did not accept them any more: {refused.detail}."
    return "X has revoked the access token. The keys of the app stay valid."


def _request_token(api: str, keys: list[str]) -> tuple[str, str]:
    """Return a request token and its secret."""
    auth = tweepy.OAuth1UserHandler(*keys, callback="oob").oauth.auth
    try:
        answer = _post(api, "/oauth/request_token", auth, keys)
    except Unauthorized as refused:
        raise Unauthorized(
            f"X does not accept the keys of the app ({refused.detail}): they may be wrong, or the "
            "app's user authentication settings do not allow OAuth 1.0a"
        ) from None
    if answer.get("oauth_callback_confirmed") != "true":
        raise Unsent("X did not confirm that it will show a PIN")
    return answer["oauth_token"], answer["oauth_token_secret"]


def _access_token(api: str, keys: list[str], token: str, secret: str, pin: str) -> dict[str, str]:
    """Exchange a request token and its PIN."""
    auth = tweepy.OAuth1UserHandler(*keys, token, secret).apply_auth()
    auth.client.verifier = pin
    try:
        return _post(api, "/oauth/access_token", auth, [*keys, token, secret, pin])
    except Unauthorized as refused:
        raise Unauthorized(
            f"X does not accept the PIN ({refused.detail}): run the command again for a new one"
        ) from None


def _post(api: str, route: str, auth: Any, secrets: list[str]) -> dict[str, str]:
    """Send one signed request, and return the fields of its answer. Raise Outcome."""
    reply = post_once(api + route, classify, secrets, auth=auth)
    answer = dict(parse_qsl(reply.body.decode("ascii", "replace")))
    if not all(_TOKEN.fullmatch(answer.get(n, "")) for n in ("oauth_token", "oauth_token_secret")):
        raise Unsent(f"X's answer has no token in it (HTTP {reply.status})")
    return answer
