"""Mastodon's refusals, in the words of its documentation, its own English texts, or reports."""

from __future__ import annotations

from http import HTTPStatus

from bot.sandbox.answers import ApiError

TOKEN_INVALID = "The access token is invalid"  # noqa: S105 - a message
TOKEN_REVOKED = "The access token was revoked"  # noqa: S105 - a message
NOT_FOUND = "Record not found"
NOT_READY = "Cannot attach files that have not finished processing. Try again in a moment!"
PARENT_GONE = "The post you are trying to reply to does not appear to exist."
TOO_LONG = "Text character limit of {} exceeded"
TOO_MANY = "Too many requests"

_USUAL = {
    401: TOKEN_INVALID,
    403: "This action is not allowed",
    404: NOT_FOUND,
    422: "Validation failed: Text can't be blank",
    429: TOO_MANY,
    503: "There was a temporary problem serving your request, please try again",
}


def refusal(status: int, message: str = "", **more: str) -> ApiError:
    """Return a refusal with a message, by default the usual one of its status."""
    message = message or _USUAL.get(status) or HTTPStatus(status).phrase
    return ApiError(status, {"error": message, **more})


def invalid(message: str) -> ApiError:
    """Return the 422 for content that breaks a rule."""
    return refusal(422, f"Validation failed: {message}")


def not_found() -> ApiError:
    """Return the 404 for something that does not exist, is hidden, or is somebody else's."""
    return refusal(404)


def oauth(status: int, error: str) -> ApiError:
    """Return a refusal in OAuth's form, with a code and its description."""
    return refusal(status, error, error_description=_OAUTH[error])


_OAUTH = {
    "invalid_client": "Client authentication failed due to unknown client, no client authentication"
    " included, or unsupported authentication method.",
    "invalid_grant": "The provided authorization grant is invalid, expired, revoked, does not match"
    " the redirection URI used in the authorization request, or was issued to another client.",
    "invalid_redirect_uri": "The redirect uri included is not valid.",
    "invalid_request": "The request is missing a required parameter, includes an unsupported"
    " parameter value, or is otherwise malformed.",
    "invalid_scope": "The requested scope is invalid, unknown, or malformed.",
    "unauthorized_client": "You are not authorized to revoke this token",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization"
    " server.",
}

PROBLEMS = {
    "token-invalid": refusal(401),
    "token-revoked": refusal(401, TOKEN_REVOKED),
    "scope": refusal(403, "This action is outside the authorized scopes"),
    "disabled": refusal(403, "Your login is currently disabled"),
    "unconfirmed": refusal(403, "Your login is missing a confirmed e-mail address"),
    "pending": refusal(403, "Your login is currently pending approval"),
    "no-user": refusal(422, "This method requires an authenticated user"),
    "blank": invalid("Text can't be blank"),
    "too-long": invalid(TOO_LONG.format(500)),
    "not-ready": refusal(422, NOT_READY),
    "bad-file": invalid("File content type is invalid, File is invalid"),
    "thumbnail": refusal(500, "Error processing thumbnail for uploaded media"),
    "parent-gone": refusal(404, PARENT_GONE),
    "window": refusal(429),
}
"""Refusals by short names, for faults."""
