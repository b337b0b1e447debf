"""OAuth 1.0a, verified by oauthlib's own server side: signature, timestamp and nonce.

The timestamp is held against real time, however fast the world's clock runs: a client signs with
the machine's clock. X allows five minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oauthlib.oauth1 import RequestValidator, ResourceEndpoint

from bot.sandbox.problems import unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.state import Account

_DUMMY = "0" * 25


class _Validator(RequestValidator):
    """Answers oauthlib's questions from the accounts, by access token."""

    allowed_signature_methods = ("HMAC-SHA1",)
    enforce_ssl = False
    timestamp_lifetime = 300
    nonce_length = (1, 64)
    client_key_length = (1, 128)
    access_token_length = (1, 128)
    safe_characters = set(  # noqa: RUF012 - oauthlib reads it as a class attribute
        "-_.~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/=",
    )
    dummy_client = _DUMMY
    dummy_access_token = _DUMMY

    def __init__(self, find: Callable[[str], Account | None]) -> None:
        super().__init__()
        self._find = find
        self._nonces: dict[tuple[str, str, str, str], int] = {}

    def validate_timestamp_and_nonce(
        self,
        client_key: str,
        timestamp: str,
        nonce: str,
        request: Any,  # noqa: ARG002 - the signature is oauthlib's
        request_token: str | None = None,  # noqa: ARG002 - the signature is oauthlib's
        access_token: str | None = None,
    ) -> bool:
        """Accept a nonce once; forget those whose timestamp would be refused anyway."""
        moment = int(timestamp)
        key = (client_key, access_token or "", timestamp, nonce)
        if key in self._nonces:
            return False
        self._nonces[key] = moment
        self._forget(moment - 2 * self.timestamp_lifetime)
        return True

    def _forget(self, before: int) -> None:
        while self._nonces and next(iter(self._nonces.values())) < before:
            del self._nonces[next(iter(self._nonces))]

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        """Say whether the app is the one that the token belongs to."""
        account = self._find(request.resource_owner_key)
        return account is not None and account.credentials.consumer_key == client_key

    def validate_access_token(self, client_key: str, token: str, request: Any) -> bool:  # noqa: ARG002 - oauthlib's
        """Say whether the token is known."""
        return self._find(token) is not None

    def get_client_secret(self, client_key: str, request: Any) -> str:  # noqa: ARG002 - oauthlib's
        """Give the app's secret."""
        account = self._find(request.resource_owner_key)
        return account.credentials.consumer_secret if account else _DUMMY

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:  # noqa: ARG002 - oauthlib's
        """Give the token's secret."""
        account = self._find(token)
        return account.credentials.access_token_secret if account else _DUMMY

    def validate_realms(self, *_: Any, **__: Any) -> bool:
        """Accept: X has no realms."""
        return True


class Gate:
    """Tells who sent a request."""

    def __init__(self, find: Callable[[str], Account | None]) -> None:
        self._find = find
        self._endpoint = ResourceEndpoint(_Validator(find))

    def who(self, method: str, url: str, headers: Mapping[str, str], form: str) -> Account:
        """Give the account that signed this request; ``form`` is a form-encoded body, if any.

        Raises ApiError 401.
        """
        try:
            valid, request = self._endpoint.validate_protected_resource_request(
                url,
                http_method=method,
                body=form,
                headers=dict(headers),
            )
        except ValueError:  # oauthlib's, for a header of another kind
            raise unauthorized() from None
        account = self._find(request.resource_owner_key) if valid and request else None
        if account is None:
            raise unauthorized()
        return account
