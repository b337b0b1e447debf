"""The refusals of Bluesky's servers, with the names and words of ``@atproto/pds`` 0.4.217."""

from __future__ import annotations

from bot.sandbox.answers import ApiError

_USUAL = {
    400: ("InvalidRequest", "Invalid Request"),
    401: ("AuthenticationRequired", "Authentication Required"),
    403: ("Forbidden", "Forbidden"),
    404: ("XRPCNotSupported", "XRPC Not Supported"),
    405: ("InvalidRequest", "Incorrect HTTP method"),
    406: ("NotAcceptable", "Not Acceptable"),
    413: ("PayloadTooLarge", "request entity too large"),
    415: ("UnsupportedMediaType", "Unsupported Media Type"),
    429: ("RateLimitExceeded", "Rate Limit Exceeded"),
    500: ("InternalServerError", "Internal Server Error"),
    501: ("MethodNotImplemented", "Method Not Implemented"),
    502: ("UpstreamFailure", "Upstream Failure"),
    503: ("NotEnoughResources", "Not Enough Resources"),
    504: ("UpstreamTimeout", "Upstream Timeout"),
}


def generic(status: int) -> ApiError:
    """Return the usual refusal with a status, or that of its class if it has no name."""
    name, message = _USUAL.get(status) or _USUAL[500 if status >= 500 else 400]  # noqa: PLR2004 - server's fault
    return named(name, message, status)


def named(name: str, message: str, status: int = 400) -> ApiError:
    """Return a refusal by its name and words."""
    return ApiError(status, {"error": name, "message": message})


def invalid(message: str) -> ApiError:
    """Return the refusal of a request that its lexicon does not allow."""
    return named("InvalidRequest", message)


BAD_LOGIN = named("AuthenticationRequired", "Invalid identifier or password", 401)
NO_LOGIN = named("AuthMissing", "Authentication Required", 401)
EXPIRED = named("ExpiredToken", "Token has expired")
REVOKED = named("ExpiredToken", "Token has been revoked")
UNKNOWN_HANDLE = invalid("Unable to resolve handle")


def bad_token(message: str) -> ApiError:
    """Return the refusal of an invalid token."""
    return named("InvalidToken", message)


def moved_on(what: str, cid: str | None) -> ApiError:
    """Return the refusal of a write that expected another record, or commit."""
    return named("InvalidSwap", f"{what} was at {cid or 'null'}")


def missing_record(uri: str) -> ApiError:
    """Return the refusal to read a record that does not exist."""
    return named("RecordNotFound", f"Could not locate record: {uri}")


def missing_blob(cid: str) -> ApiError:
    """Return the refusal of a record whose file was not uploaded, or too long ago."""
    return named("BlobNotFound", f"Could not find blob: {cid}")


PROBLEMS = {
    "bad-login": BAD_LOGIN,
    "auth-factor": named(
        "AuthFactorTokenRequired", "A sign in code has been sent to your email address", 401
    ),
    "expired-token": EXPIRED,
    "revoked-token": REVOKED,
    "invalid-token": bad_token("Token could not be verified"),
    "taken-down": named("AccountTakedown", "Account has been taken down", 401),
    "deactivated": named("AccountDeactivated", "Account is deactivated", 401),
    "account-not-found": named("AccountNotFound", "Account not found", 403),
    "invalid-swap": moved_on("Record", None),
    "record-not-found": missing_record("at://did:plc:sandbox/app.bsky.feed.post/0"),
    "blob-not-found": missing_blob("0"),
    "unknown-handle": UNKNOWN_HANDLE,
    "invalid-record": invalid("Invalid app.bsky.feed.post record: Simulated at $.record"),
}
"""Refusals by short names, for faults."""
