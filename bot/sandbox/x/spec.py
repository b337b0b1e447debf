"""The queries and bodies that requests may have, in either version of X's specification.

On 2026-08-07 version 2.167 of openapi.json renamed tweet to post, and made some fields of a post
expansions. Which of the two live X follows is [U]. Here ``XState.spelling`` decides: ``tweet`` for
2.166 or ``post`` for 2.167. Names of the other version are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.sandbox.x.problems import invalid, invalid_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bot.sandbox.state import SimAccount

Spelling = Literal["tweet", "post"]

VERSIONS: dict[Spelling, str] = {"tweet": "2.166", "post": "2.167"}

OLD_NAMES = {
    "edit_history_post_ids": "edit_history_tweet_ids",
    "most_recent_post_id": "most_recent_tweet_id",
    "note_post": "note_tweet",
    "pinned_post_id": "pinned_tweet_id",
    "post_count": "tweet_count",
    "posts": "tweets",
    "referenced_posts": "referenced_tweets",
    "repost_count": "retweet_count",
}
"""The sandbox's own names, which are the older ones, by the newer ones."""
NEW_NAMES = {old: new for new, old in OLD_NAMES.items()}

_POST = """
    article attachments card_uri community_id context_annotations conversation_id created_at
    display_text_range edit_controls entities geo id lang matched_media_notes media_metadata
    non_public_metrics note_request_suggestions organic_metrics paid_partnership possibly_sensitive
    promoted_metrics public_metrics reply_settings scopes source suggested_source_links
    suggested_source_links_with_counts text withheld
"""
_USER = """
    confirmed_email connection_status created_at description entities id is_identity_verified
    location name parody profile_banner_url profile_image_url protected public_metrics
    receives_your_dm subscription subscription_type url username verified verified_followers_count
    verified_type withheld
"""
_EXPANSIONS = """
    article.cover_media article.media_entities attachments.media_keys
    attachments.media_source_tweet attachments.poll_ids author_id entities.mentions.username
    geo.place_id in_reply_to_user_id
"""
_OTHERS = {
    "media.fields": """
        alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url
        promoted_metrics public_metrics type url variants width
    """,
    "poll.fields": "duration_minutes end_datetime id options voting_status",
    "place.fields": "contained_within country country_code full_name geo id name place_type",
}
_POSTS = {
    "tweet": {
        "tweet.fields": f"""
            {_POST} author_id edit_history_tweet_ids in_reply_to_user_id note_tweet
            referenced_tweets
        """,
        "expansions": f"""
            {_EXPANSIONS} edit_history_tweet_ids entities.note.mentions.username
            referenced_tweets.id referenced_tweets.id.attachments.media_keys
            referenced_tweets.id.author_id
        """,
        "user.fields": f"{_USER} affiliation most_recent_tweet_id pinned_tweet_id",
        **_OTHERS,
    },
    "post": {
        "post.fields": f"{_POST} article_title note_post",
        "expansions": f"{_EXPANSIONS} edit_history_post_ids referenced_posts username",
        "user.fields": f"{_USER} subscribes_to_you",
        **_OTHERS,
    },
}
_PLAIN_PARAMS = {
    "GET /2/tweets": "ids",
    "GET /2/users/:id/tweets": "max_results pagination_token start_time end_time",
    "GET /2/media/upload": "media_id command",
}
_LIST_PARAMS = {
    "GET /2/tweets": _POSTS,
    "GET /2/users/:id/tweets": _POSTS,
    "GET /2/users/me": {
        version: {"user.fields": fields["user.fields"]} for version, fields in _POSTS.items()
    },
}
_EXPANSION_FIELD = {
    "attachments.media_keys": "attachments",
    "attachments.poll_ids": "attachments",
    "referenced_tweets.id": "referenced_tweets",
}
"""The field of a post that an expansion adds, if their names differ."""
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
        added = {_EXPANSION_FIELD.get(name, name) for name in requested["expansions"]}
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
    tagged_user_ids: Annotated[list[Id], Field(max_length=10)] = Field(default_factory=list)


class PollPart(_StrictBody):
    """The ``poll`` of a new post."""

    options: Annotated[list[Label], Field(min_length=2, max_length=4)]
    duration_minutes: Annotated[int, Field(ge=5, le=10_080)]


class ReplyPart(_StrictBody):
    """The ``reply`` of a new post."""

    in_reply_to_tweet_id: Id
    exclude_reply_user_ids: list[str] = Field(default_factory=list)
    auto_populate_reply_metadata: bool | None = None


class NewPost(_StrictBody):
    """The body of ``POST /2/tweets``. ``additionalProperties`` is false throughout.

    A field of the type Any is refused whatever it holds, because a self-serve app may not use it.
    """

    text: str = ""
    media: MediaPart | None = None
    poll: PollPart | None = None
    reply: ReplyPart | None = None
    reply_settings: ReplySetting | None = None
    quote_tweet_id: Id | None = None
    made_with_ai: bool | None = None
    paid_partnership: bool | None = None
    nullcast: bool | None = None
    for_super_followers_only: bool | None = None
    share_with_followers: bool | None = None
    community_id: Any = None
    card_uri: Any = None
    direct_message_deep_link: Any = None
    edit_options: Any = None
    geo: Any = None


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
    media_category: Literal["tweet_image", "tweet_gif", "tweet_video", "amplify_video"]
    shared: bool | None = None
    additional_owners: list[Id] = Field(default_factory=list)


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


UPLOAD_FIELDS = {
    "tweet": ("media", "media_category", "additional_owners", "media_type", "shared"),
    "post": ("media", "media_category", "additional_owners"),
}
"""The fields of ``POST /2/media/upload``, by spelling."""
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
    "bool_type": "boolean expected",
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
