"""The meaning of X's answers for a delivery, in either spelling of its fields. Pure.

The spelling ``tweet`` is that of version 2.166 of X's specification, ``post`` that of 2.167. We
could not try which of them X uses. Requests ask in the account's configured spelling, and in the
other one if X refuses that. Answers are read in both.

The outcomes follow X's documentation (August 2026), and reports if that is silent. In doubt, a send
is Unknown, and Groundswell searches before it does anything more. A refusal that is not clearly
about the content is Unauthorized, which pauses the account instead of giving up post after post.

Details are X's own words, shortened, without secrets.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeGuard

from bot.platforms.outcomes import (
    Outcome,
    OutOfCredit,
    RateLimited,
    Rejected,
    Unauthorized,
    Unknown,
    Unsent,
)
from bot.platforms.responses import (
    AMBIGUOUS,
    DETAIL_LIMIT,
    as_object,
    as_objects,
    from_epoch,
    next_step,
    redirection,
    retry_after,
)
from bot.platforms.x.network import POST_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from bot.platforms.responses import HttpAnswer


TWEET = "tweet"
POST = "post"
_EXPANSIONS = frozenset({"author_id", "in_reply_to_user_id", "referenced_posts"})


def field_params(
    spelling: str, names: Sequence[str], expansions: str | None = None
) -> dict[str, str]:
    """Return the parameters that ask for fields, which are named in the spelling ``tweet``.

    In the spelling ``post``, some fields of a post are expansions, beside those of ``expansions``.
    """
    wanted = [*filter(None, [expansions])]
    if spelling == POST:
        renamed = [_new_name(name) for name in names]
        wanted += [name for name in renamed if name in _EXPANSIONS]
        names = [name for name in renamed if name not in _EXPANSIONS]
    params = {f"{spelling}.fields": ",".join(names)}
    return params | ({"expansions": ",".join(wanted)} if wanted else {})


def get_field(data: Mapping[str, Any], name: str) -> Any:
    """Return a field, in either spelling, by its name in the spelling ``tweet``."""
    return data[name] if name in data else data.get(_new_name(name))


def is_id(value: Any) -> TypeGuard[str]:
    """Return whether this is an id of X, which is a text of digits. Only ids get into a URL."""
    return isinstance(value, str) and bool(POST_ID.fullmatch(value))


def _new_name(name: str) -> str:
    # "retweet" ends in "tweet": it has to go first.
    return name.replace("retweet", "repost").replace("tweet", "post")


class FieldRefusedError(Rejected):
    """X refused a reading request for the name of a field, which X may know by another name."""


# --- Refusals -------------------------------------------------------------------------------------

_NO_CREDIT = (
    "creditsdepleted",
    "credits-depleted",
    "problems/credits",
    "spendcapreached",
    "spend-cap",
    "usagecapexceeded",
    "usage-capped",
)
# Refusals of these words, this link or this reply. X may well accept the next post.
_CONTENT_REFUSED = (
    "reply to this conversation is not allowed",
    "deleted or not visible",
    "too long",
    "a bit shorter",
    "cashtag",
    "potentially harmful",
    "media ids are invalid",
)
_ACCOUNT_BLOCKED = ("suspended", " locked")  # not "blocked", as by another post's author
_SIGN_IN = "; its owner learns why by signing in to it"
_READ_AND_WRITE = (
    "; the app must be allowed to read and write, and its tokens be made after that: groundswell "
    "accounts login"
)
_NEXT_STEPS = {
    **dict.fromkeys(_ACCOUNT_BLOCKED, _SIGN_IN),
    **dict.fromkeys(("app permissions", "may not write"), _READ_AND_WRITE),
    "http 401": "; groundswell accounts login makes new tokens",
}
"""The step that a person can take, by words in a refusal."""
_RENAMED_FIELDS = (
    *("tweet.fields", "post.fields", "expansions"),
    *("referenced_tweets", "referenced_posts", "note_tweet", "note_post"),
)
"""Names in a reading request that X changed in August 2026."""
_OTHER_PARAMETERS = ("start_time", "end_time", "max_results", "pagination_token", "`ids`")
"""The other names in a reading request."""


def classify(  # noqa: PLR0911 - one for each status
    answer: HttpAnswer, hide: Callable[[str], str]
) -> Outcome:
    """Return the meaning of an answer other than 2xx to a send. ``hide`` redacts secrets."""
    status, document, detail = answer.status, answer.document() or {}, _detail(answer, hide)
    sources = [document, *as_objects(document.get("errors"))]
    names = ("title", "detail", "type", "reason", "message")
    texts = [str(source.get(name, "")) for source in sources for name in names]
    text = " ".join([*texts, *_messages(document), _code_message(document)]).lower()
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in AMBIGUOUS:
        return Unknown(detail, status=status)
    if status == HTTPStatus.PAYMENT_REQUIRED or any(marker in text for marker in _NO_CREDIT):
        return OutOfCredit(detail, status=status)
    match status:
        case HTTPStatus.BAD_REQUEST if any(
            name.encode() in answer.body for name in _RENAMED_FIELDS
        ) or _names_no_parameter(answer, sources):
            return FieldRefusedError(detail, status=status)
        case HTTPStatus.FORBIDDEN if "duplicate" in text:
            return Unknown(detail, status=status, duplicate=True)
        case HTTPStatus.FORBIDDEN:
            blocked = any(marker in text for marker in _ACCOUNT_BLOCKED)
            refused = any(marker in text for marker in _CONTENT_REFUSED)
            kind = Rejected if refused and not blocked else Unauthorized
            return kind(detail, status=status)
        case HTTPStatus.UNAUTHORIZED:
            return Unauthorized(detail, status=status)
        case HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return Unsent(f"a proxy on the way wants credentials: {detail}", status=status)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(detail, until=_retry_time(answer), status=status)
        case _ if status < HTTPStatus.BAD_REQUEST:
            detail = redirection(answer)
    return Rejected(detail, status=status)


def _names_no_parameter(answer: HttpAnswer, sources: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether X does not say which parameter it refuses, which may be one with fields."""
    named = any(source.get(name) for source in sources for name in ("parameter", "parameters"))
    return not named and not any(name.encode() in answer.body for name in _OTHER_PARAMETERS)


def explain(answer: HttpAnswer, hide: Callable[[str], str]) -> Outcome:
    """Classify an answer to an account's tokens. A refusal adds the step that a person can take."""
    outcome = classify(answer, hide)
    if not isinstance(outcome, Unauthorized):
        return outcome
    detail = outcome.detail + next_step(outcome.detail, _NEXT_STEPS)
    return Unauthorized(detail, status=outcome.status)


def _detail(answer: HttpAnswer, hide: Callable[[str], str]) -> str:
    document = answer.document()
    if document is None:
        return f"HTTP {answer.status} without a readable body"
    return f"{error_text(document, hide)} (HTTP {answer.status})"


def _retry_time(answer: HttpAnswer) -> datetime | None:
    """Return the end of an exhausted day, or else of the window."""
    headers = answer.headers
    days = ("x-app-limit-24hour", "x-user-limit-24hour")
    exhausted = [day for day in days if headers.get(f"{day}-remaining", "").strip() == "0"]
    resets = [from_epoch(headers.get(f"{day}-reset")) for day in exhausted]
    window = from_epoch(headers.get("x-rate-limit-reset"))
    return max(filter(None, resets), default=window) or retry_after(answer)


# --- Words ----------------------------------------------------------------------------------------


_CODES = {
    64: "the account is suspended (error 64)",
    88: "rate limit exceeded (error 88)",
    89: "the token is invalid or expired (error 89)",
    185: "the account is over its daily limit of posts (error 185)",
    186: "the text is too long (error 186)",
    187: "the post is a duplicate (error 187)",
    261: "the app may not write (error 261)",
    324: "media ids are invalid (error 324)",
    326: "the account is locked (error 326)",
}
"""Errors that X gives by number alone.

https://docs.x.com/x-api/fundamentals/response-codes-and-errors lists them.
"""


def error_text(document: Mapping[str, Any], hide: Callable[[str], str] = str) -> str:
    """Return a document's own explanation, on one line. ``hide`` redacts secrets."""
    general = [document.get(name) for name in ("detail", "title", "message")]
    texts = [*_messages(document), *general, _code_message(document)]
    text = hide(next((str(text) for text in texts if text), "no explanation"))
    return " ".join(text.split())[:DETAIL_LIMIT]


def error_subject(error: Mapping[str, Any]) -> str:
    """Return the id or value that an entry of ``errors`` is about, or ""."""
    return str(error.get("resource_id") or error.get("value") or "")


def _code_message(document: Mapping[str, Any]) -> str:
    """Return the meaning of an error that X's older API gives by number alone, or ""."""
    codes = [entry.get("code") for entry in [document, *as_objects(document.get("errors"))]]
    known = (_CODES.get(code, f"error {code}") for code in codes if isinstance(code, int))
    return next(known, "")


def _messages(document: Mapping[str, Any]) -> list[str]:
    errors = document.get("errors")
    entries = [*(errors if isinstance(errors, list) else ()), document.get("error")]
    texts = [entry.get("message") or entry.get("detail") for entry in as_objects(entries)]
    return [*map(str, filter(None, texts)), *(entry for entry in entries if isinstance(entry, str))]


def published_id(answer: HttpAnswer) -> str:
    """Return the id of the post in a 2xx answer to a send. Raise Unknown if there is none."""
    remote_id = as_object((answer.document() or {}).get("data")).get("id")
    if not is_id(remote_id):
        detail = f"accepted (HTTP {answer.status}), but the answer names no post"
        raise Unknown(detail, status=answer.status)
    return remote_id
