from __future__ import annotations

import re
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from helpers.campaigns import HEADER, campaign_yaml
from helpers.campaigns import campaign_with_post as post_of
from helpers.sharing import SHARE, share_yaml

from bot.campaigns.schema.campaign import CampaignForm
from bot.campaigns.validation import campaign_file_schema
from bot.yamlsource.forms import StrictForm

VALIDATOR = jsonschema.Draft202012Validator(campaign_file_schema())


class AsEditorsRead(yaml.BaseLoader):
    """Reads numbers and truth values as YAML 1.2 does, and so as editors do."""


AsEditorsRead.yaml_implicit_resolvers = {}
for tag, pattern in (("int", r"[-+]?\d+$"), ("bool", "(true|false)$"), ("null", "(~|null|)$")):
    AsEditorsRead.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), None)
AsEditorsRead.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))
AsEditorsRead.add_constructor("tag:yaml.org,2002:bool", lambda _, node: node.value == "true")
AsEditorsRead.add_constructor("tag:yaml.org,2002:null", lambda *_: None)


def as_editors_read(text: str) -> Any:
    return yaml.load(text, AsEditorsRead)  # noqa: S506 - a loader of plain values


ACCEPTED = {
    "campaign": campaign_yaml(),
    "numbers": campaign_yaml(header=HEADER.replace("$6 billion", "2000")),
    "warning": post_of(
        "text: a", "warning: Violence", "language: pt-BR", "on: {x: {text: b, warning: none}}"
    ),
    "labels": post_of("text: a", "labels: [nudity]", "on: {x: {text: b, labels: []}}"),
    "cards": campaign_yaml(
        header=f"{HEADER}cards: {{https://example.org/a: {{title: A, picture: b.png}}}}\n"
    ),
    "long": post_of("text: a", "long: refuse").replace("title:", "long: thread\ntitle:"),
    "excerpts": campaign_yaml(
        header=HEADER.replace("paraphrase:", "excerpts: ['Amazon […] profit']\n    quote:")
    ),
    "mentions": campaign_yaml(header=f"{HEADER}mentions: {{a: {{x: a, mastodon: a@b.example}}}}\n"),
    "event": post_of("text: a", when="{event: nyc, offset: -1d, at: '09:00', from: end}"),
    "every": post_of("text: a", when="{every: [mon, thu], at: [07:30], from: 2022-07-01}"),
    "every, short": post_of("text: a", when="{every: day, at: 07:30}"),
    "embargo": post_of("text: a", "embargo: 2022-07-10 09:00", when="{embargo: ends, offset: 10m}"),
    "thread": post_of("thread: [a, {text: b, poll: {options: [1, 2], hours: 24}}]"),
    "on a platform": post_of("text: a", "on: {bluesky: b, mastodon: {thread: [c, d]}}"),
    "only on platforms": post_of("on: {x: {wordings: {plain: a, asks: b}}}"),
    "media": post_of("text: a", "media: [{file: media/a.png, alt: A hand}]", "hashtags: ['#A']"),
    "focus": post_of("text: a", "media: [{file: a.png, alt: A, focus: [-1, 1]}]"),
    "extras": post_of("text: a", "link: https://example.org/a", "reply_settings: verified"),
    "expires after": post_of("text: a", "expires: 3d"),
    "expires at": post_of("text: a", "expires: 2022-07-11 09:00"),
    "expires by event": post_of("text: a", "expires: {event: nyc, offset: +2d}"),
    "cancelled": campaign_yaml(
        header=HEADER.replace("    place:", "    cancelled: true\n    place:")
    ),
    "links": campaign_yaml(header=f"{HEADER}links: {{pages: https://a.org/, content: account}}\n"),
    "share": share_yaml(),
    "queue": "- when: 2022-07-11 09:00\n  text: a\n",
    "queue, in full": "- {id: a, campaign: people, when: {at: 2022-07-11 09:00}, text: a}\n",
    "empty queue": "[]",
}

REFUSED = {
    "unknown key": post_of("txt: a"),
    "text is a list": post_of("text: [a]"),
    "a platform in capitals": post_of("text: a", "on: {Bluesky: b}"),
    "no text of a platform": post_of("text: a", "on: {}"),
    "unknown key on a platform": post_of("text: a", "on: {bluesky: {txt: b}}"),
    "no alt": post_of("text: a", "media: [{file: a.png}]"),
    "focus outside": post_of("text: a", "media: [{file: a.png, alt: A, focus: [0, 2]}]"),
    "one option": post_of("text: a", "poll: {options: [a], hours: 1}"),
    "bad when": post_of("text: a", when="{evry: day}"),
    "empty key": post_of("text: a", "demand:"),
    "no time": "- text: a\n",
    "id in capitals": campaign_yaml(header=HEADER.replace("hart:", "Hart:")),
    "unknown label": post_of("text: a", "labels: [violence]"),
    "card of no address": campaign_yaml(header=f"{HEADER}cards: {{petition: {{title: A}}}}\n"),
    "a wording without a demand": share_yaml(
        SHARE.replace("      demand: take-hart-off\n      text: Who", "      text: Who")
    ),
    "a language that is not one": share_yaml(SHARE.replace("    es:", "    Español:")),
    "http": post_of("text: a", "link: http://example.org"),
}


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(campaign_file_schema())
    assert campaign_file_schema()["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_editor_accepts_what_the_loader_accepts(name: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(as_editors_read(ACCEPTED[name]))] == []


@pytest.mark.parametrize("name", REFUSED)
def test_an_editor_refuses_what_the_loader_refuses(name: str) -> None:
    assert not VALIDATOR.is_valid(as_editors_read(REFUSED[name]))


def forms(base: type[StrictForm] = StrictForm) -> list[type[StrictForm]]:
    found = base.__subclasses__()
    return found + [deeper for form in found for deeper in forms(form)]


def test_every_key_of_every_form_is_described() -> None:
    assert CampaignForm in forms()
    silent = [
        f"{form.__name__}.{name}"
        for form in forms()
        for name, field in form.model_fields.items()
        if not field.description or not form.__doc__
    ]
    assert silent == []
