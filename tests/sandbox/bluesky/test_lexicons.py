"""The sandbox's lexicons and answers are those that atproto's models are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from atproto_client import models
from atproto_client.models.utils import get_or_create
from helpers.sandbox_bluesky import POSTS
from helpers.sandbox_bluesky_cases import card, images, picture

from bot.sandbox.bluesky.lexicons import DEFINITIONS, INPUTS, PARAMETERS, RECORDS

if TYPE_CHECKING:
    from helpers.sandbox_bluesky import BlueskySandboxClient

SHAPES = {
    **{name: (definition, "Record") for name, (_, definition) in RECORDS.items()},
    **{name: (definition, "Main") for name, definition in DEFINITIONS.items()},
    **{name: (definition, "Data") for name, definition in INPUTS.items()},
    **{name: (definition, "Params") for name, definition in PARAMETERS.items()},
}
FORMATS = {
    "at-uri": "AtUri",
    "at-identifier": "AtIdentifier",
    "datetime": "DateTime",
    "record-key": "RecordKey",
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_fields_of_a_lexicon_are_those_of_the_library(name: str) -> None:
    definition, kind = SHAPES[name]
    model = model_of(name, kind)
    fields = {
        in_camel_case(field.alias or key): field
        for key, field in model.model_fields.items()
        if field.alias != "$type"
    }
    assert fields.keys() == definition["properties"].keys()
    required = {key for key, field in fields.items() if field.is_required()}
    assert required == {*definition["required"]}
    for key, inner in definition["properties"].items():
        limits = " ".join(map(str, (fields[key].metadata, fields[key].annotation)))
        for limit, shown in (("maxLength", "max_length"), ("minimum", "ge"), ("maximum", "le")):
            # A limit of the items of a list is in the type of the list.
            wanted = inner.get(limit)
            assert wanted is None or f"{shown}={wanted}" in limits, key
        wanted = inner.get("format", "").capitalize()
        assert FORMATS.get(inner.get("format", ""), wanted).lower() in limits.lower(), key


def in_camel_case(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def model_of(name: str, kind: str) -> Any:
    """Return the library's model of a definition."""
    nsid, _, part = name.partition("#")
    module = getattr(models, "".join(word[0].upper() + word[1:] for word in nsid.split(".")))
    return getattr(module, part[0].upper() + part[1:] if part else kind)


def test_answers_are_what_the_lexicons_promise(sky: BlueskySandboxClient) -> None:
    blob = sky.upload(b"\x89PNG\r\n\x1a\n").json()["blob"]
    size = {"width": 8, "height": 6}
    shown = (
        images(picture(blob, aspectRatio=size)),
        card(uri="https://example.org/", title="T", description="D", thumb=blob),
    )
    keys = [sky.create_post("", embed=record["embed"]) for record in shown]
    uris, repo = [sky.uri(key) for key in keys], {"repo": sky.own.id, "collection": POSTS}
    answers = {
        "com.atproto.repo.putRecord": sky.put({"text": "x", "createdAt": "2026-11-27T04:00:00Z"}),
        "com.atproto.repo.deleteRecord": sky.write("delete", key=sky.create_post("Gone")),
        "com.atproto.repo.uploadBlob": sky.upload(b"Hello", "text/plain"),
        "com.atproto.repo.getRecord": sky.get("com.atproto.repo.getRecord", **repo, rkey=keys[0]),
        "com.atproto.repo.listRecords": sky.get("com.atproto.repo.listRecords", **repo),
        "com.atproto.server.createSession": sky.login(),
        "com.atproto.server.getSession": sky.call("GET", "com.atproto.server.getSession"),
        "com.atproto.identity.resolveHandle": sky.get(
            "com.atproto.identity.resolveHandle", handle=sky.own.handle
        ),
        "app.bsky.actor.getProfile": sky.get("app.bsky.actor.getProfile", actor=sky.own.id),
        "app.bsky.feed.getPosts": sky.get("app.bsky.feed.getPosts", uris=uris),
    }
    for nsid, answer in answers.items():
        assert answer.status_code == 200, answer.text
        profile = models.AppBskyActorDefs.ProfileViewDetailed
        model = profile if nsid.endswith(".getProfile") else model_of(nsid, "Response")
        assert get_or_create(answer.json(), model, strict=True, strict_string_format=True), nsid
