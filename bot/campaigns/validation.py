"""Reads campaign files by their forms, and describes the forms to editors.

Mistakes are explained in the words of a campaign file. The JSON Schema (draft 2020-12) lets editors
complete and check files as people type.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from bot.campaigns.schema.campaign import CampaignForm
from bot.campaigns.schema.fields import SLUG_HINT, SLUG_PATTERN, CardForm, MediaForm, PollForm
from bot.campaigns.schema.links import LinksForm
from bot.campaigns.schema.post import OnForm, PartForm, QueuedPostForm, WordingForm
from bot.campaigns.schema.share import (
    PartnerWordingForm,
    ShareForm,
    ShareLanguageForm,
    SharePartnerForm,
    TranslatedDemandForm,
    TranslatedFactForm,
)
from bot.campaigns.schema.when import WHEN_KINDS, AtForm, EndForm
from bot.text import quote_value
from bot.yamlsource.forms import UNKNOWN_KEY, FormReader
from bot.yamlsource.nodes import MappingNode, ScalarNode, SequenceNode, place_of
from bot.yamlsource.problems import FormError, closest, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pydantic_core import ErrorDetails, core_schema

    from bot.yamlsource.forms import Loc, StrictForm
    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import ProblemList

F = TypeVar("F", bound="StrictForm")

_INNER_FORMS: dict[str, type[StrictForm]] = {
    "media": MediaForm,
    "cards": CardForm,
    "links": LinksForm,
    "poll": PollForm,
    "thread": PartForm,
    "wordings": WordingForm,
    "on": OnForm,
    **{kind: form for kind, (form, _) in WHEN_KINDS.items()},
    "<end>": EndForm,
}
"""The forms inside a post by their keys; those of times by the tag of their kind."""

_SHARE_FORMS: dict[str, type[StrictForm]] = {
    "wordings": PartnerWordingForm,
    "partners": SharePartnerForm,
    "languages": ShareLanguageForm,
    "demands": TranslatedDemandForm,
    "facts": TranslatedFactForm,
    "pictures": MediaForm,
    "card": MediaForm,
}
"""The forms inside a share page by their keys."""

_PROSE = re.compile(r"[^a-z0-9_-]")
"""A character that no key has. A "key" with it may be the beginning of a text with a colon."""

_EXPLANATIONS = {
    "string_type": (
        "C201",
        "a text is expected here",
        (
            "Write one value. A text with a colon in it, or one that starts with - or [, goes in "
            'quotes or after "|".'
        ),
    ),
    "tuple_type": (
        "C201",
        "a list is expected here",
        "Write it as [one, two], or a line with - each.",
    ),
    "dict_type": ("C201", "names and values are expected here", "Write it as {{name: value}}."),
    "model_type": ("C201", "keys and values are expected here", "Write it as {{key: value}}."),
    "union_tag_not_found": (
        "C203",
        "it does not say when",
        "Write at:, or event: and offset:, or every: and at:, or slot: next.",
    ),
    "bool_parsing": ("C205", "{shown} is neither true nor false", "Write true or false."),
    "int_parsing": ("C204", "{shown} is not a whole number", "Write digits only."),
    "literal_error": ("C205", "{shown} is not one of its values", "It can be {expected}."),
    "greater_than_equal": ("C204", "{shown} is out of bounds", "At least {ge}."),
    "less_than_equal": ("C204", "{shown} is out of bounds", "At most {le}."),
    "string_too_short": ("C204", "nothing is written here", "Write it, or leave the key out."),
    "string_too_long": ("C204", "the text is longer than {max_length} characters", "Shorten it."),
    "too_short": (
        "C204",
        "the list has {actual_length} entries",
        "It needs at least {min_length}.",
    ),
    "too_long": ("C204", "the list has {actual_length} entries", "It needs at most {max_length}."),
    "string_pattern_mismatch": ("C204", "{shown} cannot be used here", SLUG_HINT),
}
"""Code, message and hint for pydantic's types of error; ``shown`` is the value."""

_UNFORESEEN = ("C204", "it cannot be used ({kind})", "See the output of groundswell schema.")
_ADVISED_SHAPES = ("tuple_type", "dict_type", "model_type", "union_tag_not_found")
"""Errors for which ``_shape_hint`` may have a better hint."""


def validate(model: type[F], node: Node, problems: ProblemList) -> F | None:
    """Return a node as a form. If it does not fit, note every error and return None."""
    try:
        return model.model_validate(node)
    except ValidationError as error:
        _CampaignFormReader(model).note_errors(error, node, problems)
        return None


class _CampaignFormReader(FormReader):
    def form_at(self, loc: Loc) -> type[Any]:
        """Return the form of the innermost mapping that has its own."""
        forms = _SHARE_FORMS if self.model is ShareForm else _INNER_FORMS
        outer = [str(step) for step in loc[:-1] if step in forms]
        return forms[outer[-1]] if outer else self.model

    def known_keys(self, loc: Loc) -> Collection[str]:
        """Return the keys of the form as they are written."""
        inner = self.form_at(loc)
        # Only at: is known here, so a misspelt key may be one that decides on the kind of time.
        forms = [form for form, _ in WHEN_KINDS.values()] if inner is AtForm else [inner]
        return {field.alias or name for form in forms for name, field in form.model_fields.items()}

    def closest_key(self, name: str, known: Collection[str]) -> str:
        """Return the key that is meant; for words with a colon, that is the text."""
        meant = _suggest_key(name, known)[0] or closest(name, known)
        return meant or ("text" if _PROSE.search(name) and "text" in known else "")

    def explain_unknown(self, loc: Loc, known: Collection[str]) -> FormError:
        """Return the error for an unknown key, with the key that is meant."""
        name = str(loc[-1])
        hint = _suggest_key(name, known)[1]
        if not hint and not closest(name, known) and _PROSE.search(name) and "text" in known:
            hint = "Put a text with a colon in it in quotes."
        message = f"The key {quote_value(name)} is unknown"
        return FormError("C202", message, hint or did_you_mean(name, known))

    def explain_missing(self, loc: Loc, description: str) -> FormError:
        """Return the error for a missing key."""
        name = _key_of(loc)
        return FormError(
            "C203", f"{quote_value(name)} is missing", f"Add {name}: {description}".strip()
        )

    def explain(self, error: ErrorDetails, node: Node) -> FormError:
        """Return any other error, ours or pydantic's, in the words of a campaign file."""
        loc, context = error["loc"], error.get("ctx", {})
        ours = context.get("error")
        if isinstance(ours, FormError):
            place = ours.place or (
                place_of(node, *loc, ours.key, of_key=True) if ours.key else None
            )
            return replace(ours, place=place)
        name, value = _key_of(loc), error["input"]
        kind = "model_type" if error["type"] == "model_attributes_type" else error["type"]
        shown = quote_value(value) if isinstance(value, str) else "it"
        if kind == "string_pattern_mismatch" and context["pattern"] != SLUG_PATTERN:
            kind = "string_too_short"  # the other pattern refuses texts of blanks alone
        elif kind == "too_short" and isinstance(value, MappingNode):
            kind = "string_too_short"  # an empty mapping, as in wordings: {}
        code, message, hint = _EXPLANATIONS.get(kind, _UNFORESEEN)
        if kind == "too_long" and context["actual_length"] is None:  # of a mapping
            context = {**context, "actual_length": "too many"}
        message = message.format(shown=shown, kind=kind, **context)
        shape = f"share {name}" if self.model is ShareForm and name == "wordings" else name
        advised = _shape_hint(shape, value) if kind in _ADVISED_SHAPES else ""
        hint = advised or hint.format(**context)
        return FormError(code, f"{quote_value(name)}: {message}" if name else message, hint)

    def _follows(self, error: ErrorDetails, errors: Sequence[ErrorDetails]) -> bool:
        """Return whether an error only follows from another one in the list.

        An unknown key in a time may be the misspelt one that decides on the kind of time.
        """
        loc = error["loc"]
        if error["type"] != UNKNOWN_KEY and loc[:1] in (("when",), ("expires",)) and loc[1:]:
            in_time = (other for other in errors if other["loc"][:1] == loc[:1])
            if any(other["type"] == UNKNOWN_KEY for other in in_time):
                return True
        return super()._follows(error, errors)


def _key_of(loc: Loc) -> str:
    """Return the last key of a path, without indices and our tags such as ``<at>``."""
    keys = (step for step in reversed(loc) if isinstance(step, str) and not step.startswith("<"))
    return next(keys, "")


# --- Hints for common mistakes --------------------------------------------------------------------

_SAFE_IN_BRACKETS = re.compile(r"[\w./ -]{1,60}")
"""A text that needs no quotes within brackets."""

_MEDIA = "Write media: [{{file: {}, alt: What it shows}}]."
_POLL = "Write poll: {options: [Yes, No], hours: 24}."
_WORDINGS = "Write each under a name of its own: wordings: {plain: A text, asks: Another text}."
_SHARE_WORDINGS = (
    "Write each on a line that begins with a hyphen: - {id: first, demand: ID, text: A text}."
)
_PICTURES = "Write pictures: [{file: a.png, alt: What it shows}]."
_THREAD = "Write each part on a line that begins with a hyphen; one text alone goes under text:."
_WHEN = 'Write it under when:, as YYYY-MM-DD HH:MM or { every: [mon, thu], at: "09:00" }.'
_WARNING = "Write warning: and the words; what pictures show goes under labels:."
_EMBARGO = "Write embargo: YYYY-MM-DD HH:MM."
_EXPIRES = "Write expires: and a length of time such as 2d, or YYYY-MM-DD HH:MM."
_ZONE = "Times are those of the event or campaign; at: can have an offset: YYYY-MM-DD HH:MM+01:00."

_KEY_SYNONYMS: tuple[tuple[str, str, str], ...] = (
    ("image images picture pictures photo photos video file alt", "media", _MEDIA.format("a.png")),
    ("image images picture photo photos media file alt", "pictures", _PICTURES),
    ("options answers choices", "poll", _POLL),
    ("cw content_warning spoiler spoiler_text sensitive nsfw trigger_warning", "warning", _WARNING),
    ("not_before hold hold_until embargo_until", "embargo", _EMBARGO),
    ("until end ends expire expires_at delete_after", "expires", _EXPIRES),
    ("reply replies who_can_reply reply_control", "reply_settings", ""),
    ("lang locale", "language", ""),
    ("networks platforms", "on", "Write each text under its platform: on: {x: A text}."),
    ("profile profiles channels", "accounts", ""),
    ("name slug key", "id", ""),
    ("variants versions texts", "wordings", _WORDINGS),
    ("parts tweets", "thread", _THREAD),
    ("date time at every slot schedule due", "when", _WHEN),
    ("schedule_at scheduled scheduled_at publish_at post_at send_at", "when", _WHEN),
    ("date time", "at", "Write date and time together, as at: YYYY-MM-DD HH:MM."),
    ("timezone tz", "at", _ZONE),
    ("days duration length", "hours", "Write hours: 24 for each day."),
    ("path image url", "file", ""),
    ("description alt_text", "alt", ""),
    ("url website", "link", ""),
    ("body content message tweet", "text", ""),
    ("date", "as_of", ""),
    ("url link", "source", ""),
    ("number", "figure", ""),
    ("words text", "quote", ""),
    ("city location venue", "place", ""),
    (
        "before after",
        "offset",
        "Write offset: -1d for a day before, offset: 2h for two hours after.",
    ),
)
"""Words that are not keys, the key that they mean if the form has it, and the hint."""


def _suggest_key(name: str, known: Collection[str]) -> tuple[str, str]:
    """Return the key that an unknown one means, and the hint, or two empty texts."""
    plain = name.lower().replace("-", "_")
    for words, key, hint in _KEY_SYNONYMS:
        if plain in words.split() and key in known:
            return key, hint or f"Write {key}:."
    return "", ""


_SHAPE_HINTS: tuple[tuple[str, type, str], ...] = (
    ("media", MappingNode, "Put it in brackets: media: [{file: a.png, alt: What it shows}]."),
    ("focus", object, "Write two numbers: focus: [0.0, 0.5]."),
    ("poll", object, _POLL),
    ("options", MappingNode, _POLL),
    ("wordings", object, _WORDINGS),
    ("share wordings", object, _SHARE_WORDINGS),
    ("pictures", object, _PICTURES),
    ("on", object, "Write each text under its platform: on: {x: A text}."),
    ("thread", ScalarNode, _THREAD),
    ("values", object, "Write each event's values under its id: values: {nyc: {room: 12}}."),
    (
        "when",
        SequenceNode,
        'Make a post for each time; or write { every: …, at: ["09:00", "17:00"] }.',
    ),
)


def _shape_hint(key: str, value: object) -> str:
    """Return the hint for a value that has another shape than its key needs."""
    if key == "media" and isinstance(value, ScalarNode):
        return _MEDIA.format(value if _SAFE_IN_BRACKETS.fullmatch(value) else "a.png")
    for name, shape, hint in _SHAPE_HINTS:
        if name == key and isinstance(value, shape):
            return hint
    if isinstance(value, ScalarNode):
        words = [word.removeprefix("#") for word in re.split(r"[,;\s]+", value) if word]
        plain = words and all(map(_SAFE_IN_BRACKETS.fullmatch, words))
        return f"Write it in brackets, as {key}: [{', '.join(words)}]." if plain and key else ""
    return ""


# --- For editors ---------------------------------------------------------------------------------


class _WithoutNull(GenerateJsonSchema):
    """Leaves null out, because a key may be left out but not be left empty."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Return the schema without null."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema without the default, which the descriptions state in words."""
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Return the schema with only those ids that the pattern allows."""
        return {**super().dict_schema(schema), "additionalProperties": False}


def campaign_file_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a campaign and of a bare list of posts."""
    adapter: TypeAdapter[Any] = TypeAdapter(CampaignForm | list[QueuedPostForm])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Groundswell campaign file",
        "description": "A campaign, or a bare list of posts for one.",
        **adapter.json_schema(schema_generator=_WithoutNull),
    }
