"""Logging in on a server of Mastodon's API (OAuth 2.0 out of band), and revoking the token.

Groundswell registers as an app of the account's own server. The account's owner lets it in on the
server's page, which shows a code. The app exchanges the code for a token.

These are the three forms of https://docs.joinmastodon.org/client/token/. Mastodon.py would send two
more requests, send the app's secret wherever the server says, and quote whole answers in errors.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bot.platforms.login import Grant
from bot.platforms.mastodon.network import split_handle
from bot.platforms.mastodon.responses import SCOPES, classify, missing_scopes
from bot.platforms.outcomes import Rejected, Unauthorized, Unsent
from bot.platforms.transport import checked_api, post_once, silence_loggers, unsigned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model import Account
    from bot.platforms.login import Dialogue

STORED = ("access_token", "client_id", "client_secret")

_OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_CODE = re.compile(r"[!-~]{1,500}")
_SECRET = re.compile(r"[!-~]{1,1000}")


_MARK_SCOPES = ("read:accounts", "write:accounts")
"""The scopes for changing the profile. No stored token has the second."""


def log_in(account: Account, known: Mapping[str, str], dialogue: Dialogue) -> Grant:
    """Have the account's owner let Groundswell in, by a code. Raise Outcome."""
    del known  # an app of its own each time: nothing else is revoked with its token
    return _let_in(account, dialogue, SCOPES)


def log_in_to_mark(account: Account, dialogue: Dialogue) -> Grant:
    """Have the owner let Groundswell change the profile, once. Raise Outcome."""
    return _let_in(account, dialogue, _MARK_SCOPES)


def _let_in(account: Account, dialogue: Dialogue, scopes: tuple[str, ...]) -> Grant:
    silence_loggers()
    api, name = checked_api(account.api), split_handle(account.handle)[0]
    registered = {"client_name": "Groundswell", "redirect_uris": _OUT_OF_BAND}
    app = _post(api, "/api/v1/apps", {**registered, "scopes": " ".join(scopes)})
    keys = {key: _secret_in(app, key) for key in ("client_id", "client_secret")}
    asked = {"response_type": "code", "redirect_uri": _OUT_OF_BAND, "scope": " ".join(scopes)}
    address = urlencode({"client_id": keys["client_id"], **asked})
    dialogue.say(f"In a browser that is signed in to the account @{name}, open this address:")
    dialogue.say(f"{api}/oauth/authorize?{address}")
    dialogue.say("Let Groundswell in, and type the code that the server shows.")
    code = dialogue.ask("Code")
    if not _CODE.fullmatch(code):
        raise Rejected("the input is not a code. Enter one word")
    form = {**keys, "grant_type": "authorization_code", "redirect_uri": _OUT_OF_BAND, "code": code}
    try:
        answer = _post(api, "/oauth/token", form)
    except (Rejected, Unauthorized) as refused:
        raise Unauthorized(
            f"the server does not accept the code ({refused.detail}): run the command again for a "
            "new one"
        ) from None
    if missing := missing_scopes(str(answer.get("scope") or "").split(), scopes):
        raise Unauthorized(f"the server did not grant {', '.join(missing)}")
    secrets = {"access_token": _secret_in(answer, "access_token"), **keys}
    return Grant(secrets, made_for_this=True)


def revoke(account: Account, secrets: Mapping[str, str]) -> str:
    """Revoke the token. Raise Outcome."""
    if not all(secrets.get(name) for name in STORED):
        settings = f"{account.api.rstrip('/')}/settings/applications"
        return f"A typed token is revoked on the page on which it was made: {settings}."
    keys = {name: secrets[name] for name in ("client_id", "client_secret")}
    silence_loggers()
    _post(checked_api(account.api), "/oauth/revoke", {**keys, "token": secrets["access_token"]})
    return "The server has revoked the token."


def _secret_in(document: Mapping[str, Any], name: str) -> str:
    """Return a secret of an answer. Raise Unsent if it is missing or cannot be one."""
    value = document.get(name)
    if isinstance(value, str) and _SECRET.fullmatch(value):
        return value
    raise Unsent(f"the server's answer has no {name}: is the account's server right?")


def _post(api: str, route: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Send a form once, and return the JSON object that answers it. Raise Outcome."""
    words = [form[name] for name in ("client_secret", "code", "token") if name in form]
    headers = {"User-Agent": "groundswell"}
    answer = post_once(api + route, classify, words, auth=unsigned, data=form, headers=headers)
    return answer.document() or {}
