"""What each platform finds in a text, and how it mentions somebody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms import LOADED

TEXT = "See #NoTech, @athena, @athena@social.example, @athena.example.org: https://example.org/b"


@pytest.mark.parametrize(
    ("platform", "mentions"),
    [
        ("x", ["athena", "athena"]),  # the last is not one: X has no domains in names
        ("mastodon", ["athena", "athena@social.example", "athena.example.org"]),
        ("bluesky", ["athena.example.org"]),
    ],
)
def test_each_platform_finds_its_own_mentions(platform: str, mentions: list[str]) -> None:
    found = LOADED[platform].entities(TEXT)
    assert [entity.text for kind, entity in found if kind == "mention"] == mentions
    assert [entity.text for kind, entity in found if kind == "hashtag"] == ["NoTech"]
    links = [entity.text for kind, entity in found if kind == "link"]
    assert "https://example.org/b" in links


@pytest.mark.parametrize(
    ("platform", "handle", "mention"),
    [
        ("x", "athenaforall", "@athenaforall"),
        ("x", "@Athena_1", "@Athena_1"),
        ("mastodon", "athena@social.example", "@athena@social.example"),
        ("mastodon", "@a-b.c@social.example", "@a-b.c@social.example"),
        ("bluesky", "athena.bsky.social", "@athena.bsky.social"),
        ("bluesky", "@athena.example.org", "@athena.example.org"),
    ],
)
def test_a_name_is_mentioned_as_the_platform_reads_it(
    platform: str, handle: str, mention: str
) -> None:
    rules = LOADED[platform]
    assert rules.mention(handle) == mention
    [(kind, entity)] = rules.entities(f"({mention})!")
    assert (kind, entity.start, entity.end) == ("mention", 1, 1 + len(mention))


@pytest.mark.parametrize(
    ("platform", "handles"),
    [
        ("x", ["", "@", "athena.org", "a@b.example", "a b", "a" * 21, "é"]),
        ("mastodon", ["", "athena", "athena@", "@social.example", "a b@c.example", "athena.org"]),
        (
            "bluesky",
            ["", "athena", "athena@social.example", "athena.", ".org", "a.notatld", "a b.org"],
        ),
    ],
)
def test_what_nobody_is_called_there_is_refused(platform: str, handles: list[str]) -> None:
    for handle in handles:
        with pytest.raises(ValueError, match=rf"is not an? {platform.title()} handle"):
            LOADED[platform].mention(handle)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#NoTech #no_tech2 #2026", ["NoTech", "no_tech2"]),
        ("#2026Vote, #a·b. (#c) x#d &#39; https://a.example/#e =#f", ["2026Vote", "a·b", "c"]),
        ("#١٩ #日本 #Sí!", ["日本", "Sí"]),
    ],
)
def test_hashtags_on_mastodon(text: str, tags: list[str]) -> None:
    found = LOADED["mastodon"].entities(text)
    assert [entity.text for kind, entity in found if kind == "hashtag"] == tags


@pytest.mark.parametrize("platform", LOADED)
@given(text=st.text("@#a.b1/: -é\n", max_size=40))
def test_entities_stand_in_order_and_apart(platform: str, text: str) -> None:
    done = 0
    for _, entity in LOADED[platform].entities(text):
        assert done <= entity.start < entity.end <= len(text)
        done = entity.end
