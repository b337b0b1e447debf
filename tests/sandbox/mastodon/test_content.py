from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.sandbox.mastodon.content import Mentioned, character_count, length, split, to_html

if TYPE_CHECKING:
    from helpers.sandbox_mastodon import MastodonSandbox

pytest_plugins = ["helpers.sandbox_mastodon"]

BASE = "https://here.example"


def find(address: str) -> Mentioned | None:
    name, _, host = address.partition("@")
    if host == "gone.invalid":
        return None
    return Mentioned("1", name, address, f"https://{host or 'here.example'}/@{name}")


def html(raw: str) -> str:
    return to_html(raw, BASE, find, "us")


LINK = '<a href="{}" target="_blank" rel="nofollow noopener noreferrer" translate="no">{}</a>'


def link(url: str, prefix: str, shown: str, rest: str = "") -> str:
    cut = "ellipsis" if rest else ""
    return LINK.format(
        url,
        f'<span class="invisible">{prefix}</span><span class="{cut}">{shown}</span>'
        f'<span class="invisible">{rest}</span>',
    )


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("One", "<p>One</p>"),
        ("One\ntwo\n\nthree\n\n\n\nfour", "<p>One<br />two</p><p>three</p><p>four</p>"),
        ("One\r\ntwo", "<p>One<br />two</p>"),
        ("a < b & \"c\" 'd'", "<p>a &lt; b &amp; &quot;c&quot; &#39;d&#39;</p>"),
        ("example.org is no link", "<p>example.org is no link</p>"),
        ("", ""),
    ],
)
def test_lines_become_breaks_and_paragraphs(raw: str, shown: str) -> None:
    assert html(raw) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a", link("https://example.org/a", "https://", "example.org/a")),
        ("http://www.example.org", link("http://www.example.org", "http://www.", "example.org")),
        (
            "https://example.org/" + "a" * 30,
            link(
                "https://example.org/" + "a" * 30, "https://", "example.org/" + "a" * 18, "a" * 12
            ),
        ),
        (
            "https://example.org/?a=1&b=2",
            link("https://example.org/?a=1&amp;b=2", "https://", "example.org/?a=1&amp;b=2"),
        ),
    ],
)
def test_a_link_is_whole_and_shown_in_part(url: str, shown: str) -> None:
    """As in api/guidelines.md, with nothing between the parts."""
    assert html(f"See {url}.") == f"<p>See {shown}.</p>"


def test_a_mention_is_shown_without_its_server_and_leads_there() -> None:
    assert html("Hi @friend@there.example!") == (
        '<p>Hi <span class="h-card" translate="no"><a href="https://there.example/@friend" '
        'class="u-url mention">@<span>friend</span></a></span>!</p>'
    )


def test_a_mention_of_nobody_stays_as_it_was_typed() -> None:
    assert html("Hi @friend@gone.invalid") == "<p>Hi @friend@gone.invalid</p>"


@pytest.mark.parametrize("raw", ["@a@one.example @a@two.example", "@us@one.example"])
def test_two_of_one_name_are_shown_with_their_servers(raw: str) -> None:
    assert "@<span>a@one.example<" in html(raw) or "@<span>us@one.example<" in html(raw)


def test_a_hashtag_leads_to_its_page() -> None:
    tag = '<a href="https://here.example/tags/Now" class="mention hashtag" rel="tag">#<span>Now'
    assert html("#Now") == f"<p>{tag}</span></a></p>"


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (
            "#2026 #2026x #_1 a#b (#c) #d-e",
            [f"hashtag #{tag}" for tag in ("2026x", "_1", "c", "d")],
        ),
        (
            "#\u0939\u093f\u0928\u094d\u0926\u0940 x",
            ["hashtag #\u0939\u093f\u0928\u094d\u0926\u0940"],
        ),
        (
            "mail a@b.example or @c.d and @e@f.example:80 /@g",
            ["mention @c.d", "mention @e@f.example"],
        ),
        ("https://example.org/@name#Tag", ["link https://example.org/@name#Tag"]),
        ("@a@b.example@c", []),
    ],
)
def test_what_mastodon_finds_in_a_text(raw: str, found: list[str]) -> None:
    pieces = [*split(raw)]
    assert "".join(text for _, text in pieces) == raw
    kinds = [f"{kind} {text}" for kind, text in pieces if kind]
    assert kinds == found


@pytest.mark.parametrize(
    ("raw", "counts"),
    [
        ("Hello", 5),
        ("https://example.org/" + "a" * 100, 23),
        ("example.org", 11),
        ("@friend@there.example", 7),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", 1),
        ("e\u0301", 1),
        ("\u65e5\u672c", 2),
    ],
)
def test_a_text_counts_by_characters_links_and_names(raw: str, counts: int) -> None:
    assert length(raw) == counts


def test_a_character_is_what_people_see() -> None:
    assert character_count("\U0001f1e9\U0001f1ea\U0001f44d\U0001f3fd") == 2


def test_who_and_what_is_in_a_text_is_listed(server: MastodonSandbox) -> None:
    shown = server.post("@athena @nobody @friend@there.example @a@gone.invalid #Now #now #Then")
    assert [who["acct"] for who in shown["mentions"]] == ["athena", "friend@there.example"]
    assert [tag["name"] for tag in shown["tags"]] == ["now", "then"]
    assert "@nobody" in shown["content"]
    here = f"@athena@{server.world.domain}"
    assert [who["acct"] for who in server.post(here)["mentions"]] == ["athena"]
