"""The queries and bodies that requests may have, in either version of X's specification.

On 2026-08-07 version 2.167 of openapi.json renamed tweet to post, and made some fields of a post
expansions. Which of the two live X follows is [U]. Here ``XState.spelling`` decides: ``tweet`` for
2.166 or ``post`` for 2.167. Names of the other version are refused, and so are fields and
parameters that no client here uses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.sandbox.x.problems import invalid, invalid_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bot.sandbox.state import SimAccount

Spelling = Literal["tweet", "post"]

VERSIONS: dict[Spelling, str] = {"tweet": "2.166", "post": "2.167"}

OLD_NAMES = {
    "edit_history_post_ids": "edit_history_tweet_ids",
    "note_post": "note_tweet",
    "posts": "tweets",
    "referenced_posts": "referenced_tweets",
    "repost_count": "retweet_count",
}
"""The sandbox's own names, which are the older ones, by the newer ones."""
NEW_NAMES = {old: new for new, old in OLD_NAMES.items()}

_POST = "attachments created_at entities id non_public_metrics public_metrics text"
_POLL = "end_datetime id options voting_status"
_POSTS = {
    "tweet": {
        "tweet.fields": f"{_POST} note_tweet referenced_tweets",
        "expansions": "attachments.poll_ids",
        "poll.fields": _POLL,
    },
    "post": {
        "post.fields": f"{_POST} note_post",
        "expansions": "attachments.poll_ids referenced_posts",
        "poll.fields": _POLL,
    },
}
_USER = {"user.fields": "created_at description id name protected username verified"}
_PLAIN_PARAMS = {
    "GET /2/tweets": "ids",
    "GET /2/users/:id/tweets": "max_results pagination_token start_time end_time",
    "GET /2/media/upload": "media_id command",
}
_LIST_PARAMS = {
    "GET /2/tweets": _POSTS,
    "GET /2/users/:id/tweets": _POSTS,
    "GET /2/users/me": {"tweet": _USER, "post": _USER},
}
_ID = re.compile("[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was signed and is within the limits."""

    account: SimAccount
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    form: Mapping[str, str | bytes]
    fields: Mapping[str, frozenset[str]]
    """The fields that it asks for, by their parameters."""


def parse_query(
    spelling: Spelling, endpoint: str, query: Mapping[str, str]
) -> dict[str, frozenset[str]]:
    """Return the fields that a query asks for, by parameter and with their names in version 2.166.

    ``post.fields`` includes those that expansions add. Raise ApiError 400 with all that is not in
    the specification.
    """
    lists = _LIST_PARAMS.get(endpoint, {}).get(spelling, {})
    known = [*_PLAIN_PARAMS.get(endpoint, "").split(), *lists]
    errors = [
        ({name: [value]}, f"The query parameter [{name}] is not one of [{','.join(known)}]")
        for name, value in query.items()
        if name not in known
    ]
    requested: dict[str, frozenset[str]] = {}
    for name, values in lists.items():
        wanted = query[name].split(",") if name in query else []
        allowed = values.split()
        errors += [
            (
                {name: [value]},
                f"The `{name}` query parameter value [{value}] is not one of [{','.join(allowed)}]",
            )
            for value in wanted
            if value not in allowed
        ]
        requested[name] = frozenset(OLD_NAMES.get(value, value) for value in wanted)
    if errors:
        raise invalid_all(errors)
    posts = f"{spelling}.fields"
    if posts in requested:
        # An expansion also adds the field of a post that its name begins with.
        added = {name.partition(".")[0] for name in requested["expansions"]}
        requested["post.fields"] = requested[posts] | added
    return requested


def require_id(value: str, name: str) -> str:
    """Return a value if it is an id. Raise ApiError 400 if not."""
    if not _ID.fullmatch(value):
        message = f"The `{name}` query parameter value [{value}] does not match ^[0-9]{{1,19}}$"
        raise invalid(message, {name: [value]})
    return value


# --- Bodies ---------------------------------------------------------------------------------------

Id = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=25)]
ReplySetting = Literal["following", "mentionedUsers", "subscribers", "verified"]


class _StrictBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class MediaPart(_StrictBody):
    """The ``media`` of a new post."""

    media_ids: Annotated[list[Id], Field(min_length=1, max_length=4)]


class PollPart(_StrictBody):
    """The ``poll`` of a new post."""

    options: Annotated[list[Label], Field(min_length=2, max_length=4)]
    duration_minutes: Annotated[int, Field(ge=5, le=10_080)]


class ReplyPart(_StrictBody):
    """The ``reply`` of a new post."""

    in_reply_to_tweet_id: Id


class NewPost(_StrictBody):
    """The body of ``POST /2/tweets``. ``additionalProperties`` is false throughout."""

    text: str = ""
    media: MediaPart | None = None
    poll: PollPart | None = None
    reply: ReplyPart | None = None
    reply_settings: ReplySetting | None = None


class NewUpload(_StrictBody):
    """The body of ``POST /2/media/upload/initialize``."""

    media_type: Literal[
        "video/mp4",
        "video/webm",
        "video/quicktime",
        "image/jpeg",
        "image/gif",
        "image/png",
        "image/webp",
    ]
    total_bytes: Annotated[int, Field(ge=0, le=17_179_869_184)]
    media_category: Literal["tweet_image", "tweet_gif", "tweet_video"]


class AltText(_StrictBody):
    """The description of a picture."""

    text: Annotated[str, StringConstraints(max_length=1000)]


class Metadata(BaseModel):
    """The ``metadata`` of a file. X has more members, which are accepted."""

    model_config = ConfigDict(strict=True)

    alt_text: AltText | None = None


class NewMetadata(_StrictBody):
    """The body of ``POST /2/media/metadata``."""

    id: Id
    metadata: Metadata | None = None


UPLOAD_FIELDS = ("media", "media_category")
"""The fields of ``POST /2/media/upload``."""
APPEND_FIELDS = ("media", "segment_index")
"""The fields of an append."""

Body = TypeVar("Body", bound=BaseModel)

_MESSAGES = {
    "extra_forbidden": "is not defined in the schema and the schema does not allow additional"
    " properties",
    "missing": "is missing but it is required",
    "too_short": "there must be a minimum of {min_length} items in the array",
    "too_long": "there must be a maximum of {max_length} items in the array",
    "string_too_short": "must be at least {min_length} characters long",
    "string_too_long": "may only be {max_length} characters long",
    "string_pattern_mismatch": "does not match the regex pattern {pattern}",
    "greater_than_equal": "must have a minimum value of {ge}",
    "less_than_equal": "must have a maximum value of {le}",
    "literal_error": "does not have a value in the enumeration [{expected}]",
    "string_type": "string expected",
    "int_type": "integer expected",
    "list_type": "array expected",
}


def reject_unknown_fields(form: Iterable[str], known: Collection[str]) -> None:
    """Check the fields of a form. Raise ApiError 400 with every one that is not known."""
    if unknown := [name for name in form if name not in known]:
        raise invalid_all(({}, f"$.{name}: {_MESSAGES['extra_forbidden']}") for name in unknown)


def parse_body(kind: type[Body], body: bytes) -> Body:
    """Return a body of JSON in its shape. Raise ApiError 400 with every error."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        messages = []
        for item in error.errors(include_url=False):
            if item["type"] == "json_invalid":
                raise invalid("Request body is not valid JSON.") from None
            place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in item["loc"])
            message = _MESSAGES.get(item["type"], "object expected")
            message = f"${place}: {message.format(**item.get('ctx', {}))}"
            messages.append(message if place else "Request body must be a JSON object.")
        raise invalid_all(({}, message) for message in messages) from None
