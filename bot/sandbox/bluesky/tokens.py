"""The tokens of sessions, which end as those of a PDS do.

A token is a JWT (HS256). An access token holds for two hours, whatever happens to its session. A
refresh token holds for ninety days, and is replaced when it is used. It then works for two more
hours, and brings the same successor each time. Times are those of the world's clock.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.bluesky import problems

ACCESS, REFRESH = "at+jwt", "refresh+jwt"
"""The types of tokens."""
ACCESS_LIFE, REFRESH_LIFE = timedelta(hours=2), timedelta(days=90)
REUSE = timedelta(hours=2)
"""How long a refresh token works after its first use."""
_SCOPES = {ACCESS: "com.atproto.appPass", REFRESH: "com.atproto.refresh"}
_AUDIENCE = "did:web:localhost"


@dataclass(slots=True)
class _Refresh:
    """A refresh token that works."""

    did: str
    expires: datetime
    successor: str = ""
    """The id of the token that replaced it, if any."""


class Tokens:
    """The tokens of a server. ``seed`` decides its key and the ids of the tokens."""

    def __init__(self, seed: int) -> None:
        self._key = hashlib.sha256(repr((seed, "jwt")).encode()).digest()
        self._refresh: dict[str, _Refresh] = {}
        self._opened = 0

    def open(self, did: str, now: datetime) -> dict[str, str]:
        """Return the tokens of a new session."""
        return self._issue(did, now, self._new_id())

    def rotate(self, id_: str, now: datetime) -> dict[str, str]:
        """Return the tokens that replace those of a refresh token. Raise ApiError."""
        token = self._refresh.get(id_)
        if token is None or token.expires <= now:
            raise problems.REVOKED
        token.expires = min(token.expires, now + REUSE)
        token.successor = token.successor or self._new_id()
        return self._issue(token.did, now, token.successor)

    def verify(self, header: str | None, kind: str, now: datetime) -> dict[str, Any]:
        """Return the claims of the token in a header. Raise ApiError."""
        if not header:
            raise problems.NO_LOGIN
        scheme, _, token = header.partition(" ")
        if not token or " " in token:
            raise problems.bad_token("Malformed authorization header")
        if scheme.lower() == "basic":
            raise problems.bad_token("Unexpected authorization type")
        if scheme.lower() != "bearer":
            raise problems.bad_token(f"Unsupported authorization type: {scheme}")
        claims = self._decode(token)
        if claims["exp"] <= now.timestamp():
            raise problems.EXPIRED
        if claims["typ"] != kind:
            raise problems.bad_token("Invalid token type")
        return claims

    def _issue(self, did: str, now: datetime, id_: str) -> dict[str, str]:
        expires = now + REFRESH_LIFE
        self._refresh.setdefault(id_, _Refresh(did, expires))
        claims = {"aud": _AUDIENCE, "sub": did, "iat": int(now.timestamp())}
        access = {**claims, "exp": int((now + ACCESS_LIFE).timestamp())}
        refresh = {**claims, "jti": id_, "exp": int(expires.timestamp())}
        return {
            "accessJwt": self._encode(ACCESS, access),
            "refreshJwt": self._encode(REFRESH, refresh),
        }

    def _new_id(self) -> str:
        self._opened += 1
        return _base64(hmac.digest(self._key, str(self._opened).encode(), "sha256"))

    def _encode(self, kind: str, claims: dict[str, Any]) -> str:
        head = {"typ": kind, "alg": "HS256"}
        parts = (head, {"scope": _SCOPES[kind], **claims})
        signed = ".".join(_base64(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{self._sign(signed)}"

    def _decode(self, token: str) -> dict[str, Any]:
        """Return the claims of one of its own tokens, with its type. Raise ApiError."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(signed).encode()):
            raise problems.bad_token("Token could not be verified")
        head, claims = (json.loads(urlsafe_b64decode(part + "==")) for part in signed.split("."))
        return {**head, **claims}

    def _sign(self, signed: str) -> str:
        return _base64(hmac.digest(self._key, signed.encode(), "sha256"))


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
