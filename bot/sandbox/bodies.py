"""Request bodies: read within a limit as JSON or a form, and their shapes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.sandbox.problems import invalid, invalid_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from starlette.types import Message


MAX_BODY_BYTES = 20_000_000
"""Most bytes of a body that are read."""

Form = dict[str, "str | bytes"]
"""A multipart body: texts, and the bytes of files."""


class TooLargeError(Exception):
    """A body is longer than ``MAX_BODY_BYTES``."""


async def read_body(request: Request) -> bytes:
    """Read a body. Raise TooLargeError, or ClientDisconnect if the client leaves."""
    if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
        raise TooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise TooLargeError
    return bytes(body)


def parse_json(body: bytes) -> Any:
    """Read JSON in UTF-8 whose texts can be written in UTF-8 again. Raise ValueError."""
    try:
        document = json.loads(body.decode(), parse_constant=_reject_constant)
        json.dumps(document, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return document


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


async def read_form(request: Request, body: bytes) -> Form:
    """Read a multipart body; any other kind is an empty form. Raise ValueError."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return {}

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, receive).form() as form:
            return {
                name: await value.read() if isinstance(value, UploadFile) else value
                for name, value in form.items()
            }
    except (HTTPException, KeyError) as error:  # the library's own, for an invalid form
        raise ValueError("it is not the form that its content type says") from error


Id = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=25)]
ReplySetting = Literal["following", "mentionedUsers", "subscribers", "verified"]


class _StrictBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class MediaPart(_StrictBody):
    """The ``media`` of a new post."""

    media_ids: Annotated[list[Id], Field(min_length=1, max_length=4)]
    tagged_user_ids: Annotated[list[Id], Field(max_length=10)] = Field(default_factory=list)
    title: str | None = None
    description: str | None = None
    preview_media_id: Id | None = None
    embeddable: bool | None = None
    call_to_actions: dict[str, Any] | None = None


class PollPart(_StrictBody):
    """The ``poll`` of a new post."""

    options: Annotated[list[Label], Field(min_length=2, max_length=4)]
    duration_minutes: Annotated[int, Field(ge=5, le=10_080)]
    reply_settings: ReplySetting | None = None


class ReplyPart(_StrictBody):
    """The ``reply`` of a new post."""

    in_reply_to_tweet_id: Id
    exclude_reply_user_ids: list[str] = Field(default_factory=list)
    auto_populate_reply_metadata: bool | None = None


class EditPart(_StrictBody):
    """The ``edit_options`` of a new post."""

    previous_post_id: Id


class GeoPart(_StrictBody):
    """The ``geo`` of a new post."""

    place_id: str


class NewPost(_StrictBody):
    """The body of ``POST /2/tweets``; ``additionalProperties`` is false throughout."""

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
    community_id: Id | None = None
    card_uri: str | None = None
    direct_message_deep_link: str | None = None
    edit_options: EditPart | None = None
    geo: GeoPart | None = None

    def exclusive_fields(self) -> list[str]:
        """Return the fields present of which only one may be."""
        names = ("poll", "quote_tweet_id", "direct_message_deep_link", "media", "card_uri")
        return [name for name in names if getattr(self, name) is not None]


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
    """A description of a picture for people who cannot see it."""

    text: Annotated[str, StringConstraints(max_length=1000)]


class Metadata(BaseModel):
    """The ``metadata`` of a file; X has more members, which are accepted."""

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


def validate_body(kind: type[Body], data: Any) -> Body:
    """Check a body against its shape. Raise ApiError 400 with every error."""
    if not isinstance(data, dict):
        raise invalid("Request body must be a JSON object.")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        raise invalid_all(({}, _error_message(item)) for item in errors) from None


def _error_message(error: Any) -> str:
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error["loc"])
    message = _MESSAGES.get(error["type"], "object expected")
    return f"${place}: {message.format(**error.get('ctx', {}))}"
