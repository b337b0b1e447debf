"""The documented shapes of request bodies (openapi.json v2.167), and X's words when they break.

Messages follow the JSON-schema validator whose style X's answers show; their exact words beyond
the reported ones are [U].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.sandbox.problems import invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Id = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=25)]
Who = Literal["following", "mentionedUsers", "subscribers", "verified"]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class MediaPart(_Closed):
    """The ``media`` of a new post."""

    media_ids: Annotated[list[Id], Field(min_length=1, max_length=4)]
    tagged_user_ids: Annotated[list[Id], Field(max_length=10)] = Field(default_factory=list)
    title: str | None = None
    description: str | None = None
    preview_media_id: Id | None = None
    embeddable: bool | None = None
    call_to_actions: dict[str, Any] | None = None


class PollPart(_Closed):
    """The ``poll`` of a new post."""

    options: Annotated[list[Label], Field(min_length=2, max_length=4)]
    duration_minutes: Annotated[int, Field(ge=5, le=10_080)]
    reply_settings: Who | None = None


class ReplyPart(_Closed):
    """The ``reply`` of a new post."""

    in_reply_to_tweet_id: Id
    exclude_reply_user_ids: list[str] = Field(default_factory=list)
    auto_populate_reply_metadata: bool | None = None


class EditPart(_Closed):
    """The ``edit_options`` of a new post."""

    previous_post_id: Id


class GeoPart(_Closed):
    """The ``geo`` of a new post."""

    place_id: str


class NewPost(_Closed):
    """The body of ``POST /2/tweets``; ``additionalProperties`` is false throughout."""

    text: str = ""
    media: MediaPart | None = None
    poll: PollPart | None = None
    reply: ReplyPart | None = None
    reply_settings: Who | None = None
    quote_tweet_id: Id | None = None
    made_with_ai: bool | None = None
    paid_partnership: bool | None = None
    nullcast: bool | None = None
    for_super_followers_only: bool | None = None
    share_with_followers: bool | None = None
    community_id: Id | None = None
    card_uri: str | None = None
    direct_message_deep_link: str | None = None
    edit_options: EditPart | None = None
    geo: GeoPart | None = None

    def exclusive(self) -> list[str]:
        """Name those fields present of which only one may be."""
        names = ("poll", "quote_tweet_id", "direct_message_deep_link", "media", "card_uri")
        return [name for name in names if getattr(self, name) is not None]


class NewUpload(_Closed):
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


class AltText(_Closed):
    """A description of a picture for those who do not see it."""

    text: Annotated[str, StringConstraints(max_length=1000)]


class Metadata(BaseModel):
    """The ``metadata`` of a file; X knows more members, which are let through."""

    model_config = ConfigDict(strict=True)

    alt_text: AltText | None = None


class NewMetadata(_Closed):
    """The body of ``POST /2/media/metadata``."""

    id: Id
    metadata: Metadata | None = None


ONE_SHOT = {
    "tweet": ("media", "media_category", "additional_owners", "media_type", "shared"),
    "post": ("media", "media_category", "additional_owners"),
}
"""The fields of ``POST /2/media/upload``, in v2.166 and in v2.167."""
APPEND = ("media", "segment_index")
"""Those of an append."""

Body = TypeVar("Body", bound=BaseModel)

_WORDS = {
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


def no_more_than(form: Iterable[str], known: Collection[str]) -> None:
    """Hold a form against its fields. Raises ApiError 400 with every one that is not known."""
    if unknown := [name for name in form if name not in known]:
        problem = invalid("")
        words = _WORDS["extra_forbidden"]
        problem.body["errors"] = [
            {"parameters": {}, "message": f"$.{name}: {words}"} for name in unknown
        ]
        raise problem


def read(kind: type[Body], data: Any) -> Body:
    """Hold a body against its shape. Raises ApiError 400 with every problem."""
    if not isinstance(data, dict):
        raise invalid("Request body must be a JSON object.")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        problem = invalid("")
        found = error.errors(include_url=False)
        problem.body["errors"] = [{"parameters": {}, "message": _words(item)} for item in found]
        raise problem from None


def _words(error: Any) -> str:
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error["loc"])
    words = _WORDS.get(error["type"], "object expected")
    return f"${place}: {words.format(**error.get('ctx', {}))}"
