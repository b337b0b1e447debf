"""The answers with which X refuses, word for word where they are documented.

Type addresses are seen under both ``api.twitter.com`` and ``api.x.com``; the server writes the one
that goes with the world's spelling.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TYPE_BASE = "https://api.x.com/2/problems/"


@dataclass(frozen=True)
class ApiError(Exception):
    """A refusal: HTTP status, JSON body and extra headers."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the status and the detail."""
        return f"{self.status} {self.body.get('detail', '')}"


def content_type(body: Any) -> str:
    """Return the content type of a body by the specification."""
    is_problem = isinstance(body, dict) and body.keys() >= {"type", "title", "detail"}
    return "application/problem+json" if is_problem else "application/json; charset=utf-8"


def generic(status: int, detail: str = "") -> ApiError:
    """Return the generic refusal: about:blank, titled by the phrase of the status."""
    title = HTTPStatus(status).phrase
    body = {"title": title, "type": "about:blank", "status": status, "detail": detail or title}
    return ApiError(status, body)


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


def too_long() -> ApiError:
    """Return the 400 for a text over the weighted limit.

    Third-party reports show this message with 400, and some a 403 without any reason [U].
    """
    return invalid(
        "Your Tweet text is too long. For more information on how Twitter determines text length"
        " see https://github.com/twitter/twitter-text.",
    )


def media_invalid(ids: list[str]) -> ApiError:
    """Return the 400 for media that is unknown, foreign, unfinished, expired or badly mixed."""
    return invalid("Your media IDs are invalid.", {"media.media_ids": ids})


def unauthorized() -> ApiError:
    """Return the 401, the same for every reason."""
    return generic(HTTPStatus.UNAUTHORIZED)


def credits_depleted(account: str) -> ApiError:
    """Return the 402 of an empty balance."""
    body = {
        "account_id": account,
        "title": "CreditsDepleted",
        "detail": f"Your enrolled account [{account}] does not have any credits to fulfill"
        " this request.",
        "type": TYPE_BASE + "credits",
    }
    return ApiError(HTTPStatus.PAYMENT_REQUIRED, body)


def duplicate() -> ApiError:
    """Return the 403 for a text that the account has just posted."""
    return generic(403, "You are not allowed to create a Tweet with duplicate content.")


def not_summoned() -> ApiError:
    """Return the 403 for a reply to somebody who has not mentioned or quoted the account."""
    return generic(
        403,
        "Reply to this conversation is not allowed because you have not been mentioned or"
        " otherwise engaged by the author of the post you are replying to.",
    )


def parent_gone() -> ApiError:
    """Return the 403 for a reply to a missing post [U: status and wording are from reports]."""
    return generic(
        403,
        "You attempted to reply to a Tweet that is deleted or not visible to you.",
    )


def not_permitted(detail: str = "You are not permitted to perform this action.") -> ApiError:
    """Return the 403 without a particular reason."""
    return generic(403, detail)


def client_forbidden(detail: str) -> ApiError:
    """Return the 403 for what the app's enrolment does not include."""
    body = {
        "title": "Client Forbidden",
        "detail": detail,
        "type": TYPE_BASE + "client-forbidden",
        "reason": "client-not-enrolled",
        "registration_url": "https://developer.x.com/en/docs/projects/overview",
    }
    return ApiError(HTTPStatus.FORBIDDEN, body)


def too_many_requests(headers: dict[str, str] | None = None) -> ApiError:
    """Return the 429 of a full rate-limit window."""
    return ApiError(429, generic(HTTPStatus.TOO_MANY_REQUESTS).body, headers or {})


def usage_capped() -> ApiError:
    """Return the 429 of the monthly cap, which does not end with a rate-limit window."""
    body = {
        "title": "UsageCapExceeded",
        "detail": "Usage cap exceeded: Monthly product cap",
        "type": TYPE_BASE + "usage-capped",
        "period": "Monthly",
        "scope": "Product",
    }
    return ApiError(HTTPStatus.TOO_MANY_REQUESTS, body)


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

    The specification has it as the body, reports show it in ``errors``: here it is in both [U].
    """
    problem = missing_error(kind, resource, parameter)
    return ApiError(404, {**problem, "status": 404, "errors": [problem]})


def field_denied_error(post: str, name: str, parameter: str) -> dict[str, Any]:
    """Return the entry of ``errors[]`` for a field that this account may not read on this post."""
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


def _credits_depleted_newer() -> ApiError:
    detail = "Your account does not have enough credits."
    body = {"title": "Payment Required", "detail": detail, "type": TYPE_BASE + "credits-depleted"}
    return ApiError(HTTPStatus.PAYMENT_REQUIRED, body)


def _spend_cap() -> ApiError:
    detail = "Your enrolled account has reached its billing cycle spend cap."
    body = {"title": "SpendCapReached", "detail": detail, "type": TYPE_BASE + "credits"}
    return ApiError(HTTPStatus.FORBIDDEN, body)


def by_status(status: int) -> ApiError:
    """Return the usual body for a status."""
    usual = {
        400: invalid("Simulated."),
        402: credits_depleted("0"),
        403: not_permitted(),
        404: not_found("tweet", "0"),
    }
    return usual.get(status) or generic(status)


PROBLEMS: dict[str, Callable[[], ApiError]] = {
    "duplicate": duplicate,
    "not-summoned": not_summoned,
    "not-permitted": not_permitted,
    "usage-capped": usage_capped,
    "too-long": too_long,
    "credits": lambda: credits_depleted("0"),
    "credits-depleted": _credits_depleted_newer,
    "spend-cap": _spend_cap,
    "client-forbidden": lambda: client_forbidden("The app lacks access to this endpoint."),
    "suspended": lambda: not_permitted("Your account is suspended and is not permitted."),
    "window": lambda: ApiError(429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}),
}
"""Documented and reported refusals by short names, for faults."""
