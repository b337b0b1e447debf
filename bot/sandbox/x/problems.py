"""X's refusals, in the words of its documentation if that has them.

Addresses of types are seen under both ``api.twitter.com`` and ``api.x.com``. ``XWorld`` writes the
one that goes with the world's spelling.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bot.sandbox.answers import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPE_BASE = "https://api.x.com/2/problems/"

# --- Words ----------------------------------------------------------------------------------------

DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
NOT_PERMITTED = "You are not permitted to perform this action."
NOT_SUMMONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise"
    " engaged by the author of the post you are replying to."
)
PARENT_GONE = "You attempted to reply to a Tweet that is deleted or not visible to you."
"""The status 403 for a reply to a missing post, and these words, are from reports [U]."""
TOO_LONG = (
    "Your Tweet text is too long. For more information on how Twitter determines text length see"
    " https://github.com/twitter/twitter-text."
)
"""Reports show this message with 400, and some a 403 without any reason [U]."""


def generic(status: int, detail: str = "") -> ApiError:
    """Return the generic refusal (about:blank), titled by the phrase of its status."""
    title = HTTPStatus(status).phrase
    body = {"title": title, "type": "about:blank", "status": status, "detail": detail or title}
    return ApiError(status, body)


def typed(status: int, title: str, detail: str, kind: str, **more: str) -> ApiError:
    """Return a refusal with a type of its own."""
    return ApiError(status, {"title": title, "detail": detail, "type": TYPE_BASE + kind, **more})


def invalid(message: str, parameters: dict[str, Any] | None = None) -> ApiError:
    """Return the 400 for a request that breaks the documented shape."""
    return invalid_all([(parameters or {}, message)])


def invalid_all(errors: Iterable[tuple[dict[str, Any], str]]) -> ApiError:
    """Return the 400 with several errors, each of parameters and a message."""
    body = {
        "errors": [{"parameters": named, "message": message} for named, message in errors],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": TYPE_BASE + "invalid-request",
    }
    return ApiError(HTTPStatus.BAD_REQUEST, body)


def credits_depleted(account: str) -> ApiError:
    """Return the 402 of an empty balance."""
    detail = f"Your enrolled account [{account}] does not have any credits to fulfill this request."
    return typed(402, "CreditsDepleted", detail, "credits", account_id=account)


def missing_error(kind: str, resource: str, parameter: str) -> dict[str, Any]:
    """Return the entry of ``errors[]`` for a resource that does not exist."""
    return {
        "value": resource,
        "detail": f"Could not find {kind} with {parameter}: [{resource}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": resource,
        "type": TYPE_BASE + "resource-not-found",
    }


def not_found(kind: str, resource: str, parameter: str = "id") -> ApiError:
    """Return the 404 for an action on a resource that does not exist.

    It is the body, as in the specification, and also in ``errors``, as in reports [U].
    """
    problem = missing_error(kind, resource, parameter)
    return ApiError(404, {**problem, "status": 404, "errors": [problem]})


def field_denied_error(post: str, name: str, parameter: str) -> dict[str, Any]:
    """Return the entry of ``errors[]`` for a field of a post that the account may not read."""
    return {
        "resource_id": post,
        "resource_type": "tweet",
        "parameter": parameter,
        "value": name,
        "field": name,
        "section": "data",
        "title": "Field Authorization Error",
        "detail": f"Sorry, you are not authorized to access '{name}' on the Tweet with ids :"
        f" [{post}].",
        "type": TYPE_BASE + "not-authorized-for-field",
    }


USUAL = {
    400: invalid("Simulated."),
    402: credits_depleted("0"),
    403: generic(403, NOT_PERMITTED),
    404: not_found("tweet", "0"),
}
"""The usual bodies of some statuses, for faults."""


def usual(status: int) -> ApiError:
    """Return the usual refusal with a status, for faults."""
    return USUAL.get(status) or generic(status)


PROBLEMS = {
    "duplicate": generic(403, DUPLICATE),
    "not-summoned": generic(403, NOT_SUMMONED),
    "not-permitted": generic(403, NOT_PERMITTED),
    # The monthly cap, which does not end with a rate-limit window.
    "usage-capped": typed(
        429,
        "UsageCapExceeded",
        "Usage cap exceeded: Monthly product cap",
        "usage-capped",
        period="Monthly",
        scope="Product",
    ),
    "too-long": invalid(TOO_LONG),
    "credits": credits_depleted("0"),
    "credits-depleted": typed(
        402,
        "Payment Required",
        "Your account does not have enough credits.",
        "credits-depleted",
    ),
    "spend-cap": typed(
        403,
        "SpendCapReached",
        "Your enrolled account has reached its billing cycle spend cap.",
        "credits",
    ),
    "client-forbidden": typed(
        403,
        "Client Forbidden",
        "The app lacks access to this endpoint.",
        "client-forbidden",
        reason="client-not-enrolled",
        registration_url="https://developer.x.com/en/docs/projects/overview",
    ),
    "suspended": generic(403, "Your account is suspended and is not permitted."),
    "window": ApiError(429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}),
}
"""Documented and reported refusals by short names, for faults."""
