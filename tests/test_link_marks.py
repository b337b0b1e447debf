"""Which links are marked, and what a mark leaves as it was."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.link_marks import (
    MarkedLink,
    mark_link,
    post_values,
    reason_to_leave,
    share_values,
    without_marks,
    without_post_marks,
)
from bot.model.share import LinkMarks

MARKS = LinkMarks(
    pages=("https://mediajustice.org/", "https://bücher.example/lesen"),
    leave=("https://mediajustice.org/donate",),
    campaign="people-over-profit",
    content="post",
)
VALUES = {"utm_source": "x", "utm_content": "hart"}
ADDED = "utm_source=x&utm_content=hart"


def marked(link: str, marks: LinkMarks | None = MARKS) -> str:
    return mark_link(link, marks, VALUES).link


def taken_off(link: str) -> str:
    return re.sub(rf"[?&]{ADDED}", "", link)


# --- What is appended, and where ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://mediajustice.org", f"https://mediajustice.org?{ADDED}"),
        ("https://mediajustice.org/", f"https://mediajustice.org/?{ADDED}"),
        ("https://mediajustice.org/a?b=1", f"https://mediajustice.org/a?b=1&{ADDED}"),
        ("https://mediajustice.org/a?b=1&", f"https://mediajustice.org/a?b=1&&{ADDED}"),
        ("https://mediajustice.org/a?", f"https://mediajustice.org/a?&{ADDED}"),
        ("https://mediajustice.org/a#part", f"https://mediajustice.org/a?{ADDED}#part"),
        ("https://mediajustice.org/a?b=1#c?d=2", f"https://mediajustice.org/a?b=1&{ADDED}#c?d=2"),
        ("https://mediajustice.org/a#", f"https://mediajustice.org/a?{ADDED}#"),
        (
            "https://mediajustice.org/%C3%A4?q=a+b%20c&q=&=",
            f"https://mediajustice.org/%C3%A4?q=a+b%20c&q=&=&{ADDED}",
        ),
        ("https://mediajustice.org/a?b=1;c=2", f"https://mediajustice.org/a?b=1;c=2&{ADDED}"),
        (
            "https://mediajustice.org/#:~:text=people%20over",
            f"https://mediajustice.org/?{ADDED}#:~:text=people%20over",
        ),
    ],
)
def test_a_link_keeps_every_byte_and_gets_the_marks_before_its_fragment(
    link: str, expected: str
) -> None:
    assert mark_link(link, MARKS, VALUES) == MarkedLink(expected)


def test_values_are_percent_encoded_without_a_plus() -> None:
    values = {"utm_content": "a b+c&d=e#f/é%"}
    link = mark_link("https://mediajustice.org/", MARKS, values).link
    assert link == "https://mediajustice.org/?utm_content=a%20b%2Bc%26d%3De%23f%2F%C3%A9%25"
    assert parse_qsl(urlsplit(link).query) == [*values.items()]


@pytest.mark.parametrize("value", ["v1.", "Dr.", "...", ".", ".a.b", "a..b.."])
def test_a_value_may_end_like_a_sentence(value: str) -> None:
    page = "https://mediajustice.org/"
    for content in (value, "one"):
        marks = post_values("bluesky", replace(MARKS, campaign=value), content)
        link = mark_link(page, MARKS, marks).link
        assert dict(parse_qsl(urlsplit(link).query))["utm_campaign"] == value
        for sentence in ("Read {}.", "Is it {}?", "{}", "Read {}#part..."):
            text = sentence.format(page)
            assert without_marks(text.replace(page, link)) == text
            assert without_post_marks(text.replace(page, link)) == text


def test_an_empty_value_is_left_out_and_a_link_without_any_stays() -> None:
    values = {"utm_source": "x", "utm_term": ""}
    link = "https://mediajustice.org/"
    assert mark_link(link, MARKS, values).link == f"{link}?utm_source=x"
    empty = mark_link(link, MARKS, {"utm_term": ""})
    assert empty.link == link
    assert empty.reason


def test_the_marks_of_posts_and_of_the_share_page_have_their_order() -> None:
    assert post_values("mastodon", MARKS, "hart") == {
        "utm_source": "mastodon",
        "utm_medium": "post",
        "utm_campaign": "people-over-profit",
        "utm_content": "hart",
        "utm_term": "",
    }
    link = mark_link(
        "https://mediajustice.org/", MARKS, share_values("mail", MARKS, "hart", "athena")
    ).link
    assert urlsplit(link).query == (
        "utm_source=mail&utm_medium=share&utm_campaign=people-over-profit"
        "&utm_content=hart&utm_term=athena"
    )


POST_MARKS = "utm_source=x&utm_medium=post&utm_campaign=c%20d&utm_content=at-2026.plain"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Read https://a.org/?{POST_MARKS}.", "Read https://a.org/."),
        (f"https://a.org/?b=1&{POST_MARKS}&utm_term=athena#c", "https://a.org/?b=1#c"),
        (
            f"(https://a.org/?{POST_MARKS}), https://b.org?{POST_MARKS}…",
            "(https://a.org/), https://b.org…",
        ),
        (f"https://a.org/?{POST_MARKS}&b=1", None),
        (f"https://a.org/?{POST_MARKS.replace('post', 'share')}", None),
        ("https://a.org/?utm_source=x&utm_content=y", None),
        ("https://a.org/?utm_medium=post&utm_source=x", None),
    ],
)
def test_only_the_marks_of_our_own_posts_are_taken_off_for_readers(
    text: str, expected: str | None
) -> None:
    assert without_post_marks(text) == (text if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Read https://a.org/?{POST_MARKS}.", "Read https://a.org/."),
        ("https://a.org/?b=1&utm_source=x&c=2#d", "https://a.org/?b=1&c=2#d"),
        ("https://a.org/?utm_source=&utm_term=y", "https://a.org/"),
        ("https://a.org/?utm_id=1", "https://a.org/?utm_id=1"),
        ("utm_source=x", "utm_source=x"),
    ],
)
def test_marks_of_any_kind_do_not_count_for_comparing(text: str, expected: str) -> None:
    assert without_marks(text) == expected


# --- Which pages --------------------------------------------------------------------------------

OWN = [
    "https://mediajustice.org/a",
    "https://MediaJustice.ORG/a",
    "HTTPS://mediajustice.org",
    "https://mediajustice.org:443/a",
    "https://mediajustice.org./a",
    "https://mediajustice。org/a",  # a full stop as Japanese keyboards type it
    "https://mediajustice.org//a",
    "https://mediajustice.org?a=1",
    "https://bücher.example/lesen",
    "https://BÜCHER.example/lesen/",
    "https://xn--bcher-kva.example/lesen",
    "https://XN--BCHER-KVA.example/lesen/mehr",
    "https://bu\u0308cher.example/lesen",
    "https://bücher.example/%6Cesen",
    "https://bücher.example/x/../lesen",
    "https://bücher.example/x/%2e%2E/lesen",
    "https://bücher.example/./lesen",
    "https://mediajustice.org/donated",
    "https://mediajustice.org/donate-not",
    "https://mediajustice.org/Donate",  # a path's letters have their case
    "https://mediajustice.org/donate%2Fonce",  # one name, with a slash in it
    "https://mediajustice.org/donate/../a",
]
NOT_OWN = [
    "http://mediajustice.org/a",
    "https://mediajustice.org:8443/a",
    "https://mediajustice.org.evil.example/a",
    "https://evil-mediajustice.org/a",
    "https://www.mediajustice.org/a",  # another host, until it is listed
    "https://mediajustice.org@evil.example/a",
    "https://evil.example/mediajustice.org",
    "https://evil.example/?https://mediajustice.org/",
    "https://evil.example/#https://mediajustice.org/",
    "https://evil.example\\@mediajustice.org/",
    "https://mediajustice.org\\.evil.example/",
    "https://someone@mediajustice.org/a",
    "https://mediajustic\u0435.org/a",  # a Cyrillic e
    "https://mediajustice.org:99999/a",
    "https://mediajustice.org:port/a",
    "https://[mediajustice.org/a",
    "https:///a",
    "//mediajustice.org/a",
    "mediajustice.org/a",
    "https://mediajustice.org/a b",
    "https://mediajustice.org/a\tb",
    "ftp://mediajustice.org/a",
    "mailto:a@mediajustice.org",
    "javascript://mediajustice.org/%0aalert(1)",
    f"https://{'a' * 300}.mediajustice.org/",
    f"https://{'ä' * 300}.mediajustice.org/",
    "https://bücher.example/",
    "https://bücher.example/lesend",
    "https://bücher.example/Lesen",
    "https://bücher.example/lesen/..",
    "https://bücher.example/lesen/%2e%2e/x",
    "https://bücher.example/lesen%2F",
    "https://bucher.example/lesen",
    "https://mediajustice.org/donate",
    "https://mediajustice.org/donate/",
    "https://mediajustice.org/donate/once?a=1",
    "https://mediajustice.org//donate",
    "https://mediajustice.org/%64onate",
    "https://mediajustice.org/x/../donate#now",
]


@pytest.mark.parametrize("link", OWN)
def test_a_link_to_the_own_pages_is_marked_however_it_is_written(link: str) -> None:
    assert ADDED in marked(link)


@pytest.mark.parametrize("link", NOT_OWN)
def test_a_link_to_another_page_is_left(link: str) -> None:
    found = mark_link(link, MARKS, VALUES)
    assert found.link == link
    assert re.fullmatch(r"It [^.]*\S[^.]*(https://)?[^.]*\.", found.reason)


def test_nothing_is_marked_without_the_setting() -> None:
    assert mark_link("https://mediajustice.org/", None, VALUES).link == "https://mediajustice.org/"
    assert reason_to_leave("https://mediajustice.org/", None)


# --- Parameters of its own ------------------------------------------------------------------------

HARMLESS = [
    *("a=1", "page=2&sort=new", "hashtag=1", "design=2", "signup=yes", "q=token", "q=utm_source"),
    *("assignment=3", "policy=privacy", "id=5f3a1c22bb", "lang=es", "fbclid=abc", "12345", "=", ""),
    *("announce=1", "secretary=1", "expiration-of=x", "hashes=1", "author=1", "s=surveillance"),
    "id=550e8400-e29b-41d4-a716-446655440000",
]
ORIGIN_TOLD = [
    *("utm_source=x", "UTM_Campaign=x", "a=1&utm_term=", "utm%5Fsource=x", "%75tm_medium=y"),
    *("a=1;utm_source=x", "mtm_campaign=x", "pk_campaign=x", "?utm_id=3", "utm_source", "&utm_x=1"),
    "matomo_kwd=1",
]
SIGNED = [
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261130T000000Z",
    "X%2DAmz%2DDate=20261130T000000Z",
    "X-Goog-Algorithm=GOOG4-RSA-SHA256",
    "AWSAccessKeyId=A&Signature=b%3D&Expires=1",
    "Policy=eyJ&Signature=b&Key-Pair-Id=K",
    "sv=2022-11-02&sr=b&sig=abc",
    "expires=1700000000",
    "a=1&sign=ok",
    "a=1;sig=ok",
    "auth_key=1-2-3",
    "hmac=abc",
    "access_token=abc",
    "accessToken=abc",
    "hash=abc",
    "md5=abc&e=1",
    "wsSecret=abc&wsTime=1",
    "hdnts=exp=1~acl=/*~hmac=2",
    "s=0123456789abcdef0123456789abcdef",
    "jwt=eyJhbGciOi",
]


@pytest.mark.parametrize("query", HARMLESS)
def test_parameters_that_sign_nothing_do_not_keep_the_marks_away(query: str) -> None:
    assert marked(f"https://mediajustice.org/a?{query}").endswith(ADDED)


@pytest.mark.parametrize("query", [*ORIGIN_TOLD, *SIGNED])
def test_a_link_that_tells_its_origin_or_is_signed_is_left(query: str) -> None:
    link = f"https://mediajustice.org/a?{query}"
    found = mark_link(link, MARKS, VALUES)
    assert found.link == link
    assert ("says already" if query in ORIGIN_TOLD else "signed") in found.reason


def test_an_origin_in_the_fragment_counts_and_a_heading_named_token_does_not() -> None:
    assert marked("https://mediajustice.org/#utm_source=x") == (
        "https://mediajustice.org/#utm_source=x"
    )
    assert marked("https://mediajustice.org/#token") == f"https://mediajustice.org/?{ADDED}#token"


def test_a_name_in_a_reason_cannot_control_a_terminal() -> None:
    reason = reason_to_leave("https://mediajustice.org/?utm_%1b%5B2J=x", MARKS)
    assert reason.isprintable()


# --- Properties -----------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ENCODED = st.text("abcXYZ019%?&;=#/.:~+-_@", max_size=40)
LINKS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["https://mediajustice.org", "https://bücher.example/lesen"]),
    st.sampled_from(["", "/", "/a", "/a/", "?", "/?b=1", "#", "/#c"]),
    ENCODED,
)


@given(LINKS | ANY_TEXT | ANY_TEXT.map("https://mediajustice.org/{}".format))
def test_without_our_parameters_it_is_the_very_link(link: str) -> None:
    found = mark_link(link, MARKS, VALUES)
    assert taken_off(found.link) == link
    assert (found.link == link) == bool(found.reason)


@given(LINKS, st.from_regex(r"[a-z0-9 é-]{1,9}(\.[a-z0-9-]{1,9})?", fullmatch=True))
def test_readers_see_the_very_link_that_was_typed(link: str, content: str) -> None:
    found = mark_link(link, MARKS, post_values("bluesky", MARKS, content))
    if not found.reason:
        assert without_post_marks(found.link) == link
        assert without_post_marks(f"({found.link}). Next") == f"({link}). Next"


@given(LINKS)
def test_marking_twice_is_marking_once(link: str) -> None:
    assert marked(marked(link)) == marked(link)


@given(st.lists(LINKS, min_size=2, max_size=2, unique=True))
def test_two_links_stay_two(links: list[str]) -> None:
    assert marked(links[0]) != marked(links[1])


@given(LINKS, st.dictionaries(st.sampled_from(["utm_source", "utm_content"]), ANY_TEXT))
def test_a_server_reads_each_value_to_the_character(link: str, values: dict[str, str]) -> None:
    found = mark_link(link, MARKS, values)
    if found.reason:
        return
    query = found.link.partition("#")[0].partition("?")[2]
    pairs = [tuple(map(unquote, pair.split("=", 1))) for pair in query.split("&") if "=" in pair]
    told = [(name, value) for name, value in values.items() if value]
    assert pairs[len(pairs) - len(told) :] == told
