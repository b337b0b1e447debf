from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.web_addresses import inbox_path, post_path, web_address

ORIGIN = "https://control.example.org"


@pytest.mark.parametrize(
    ("post", "path"),
    [
        (("hearing", "reminder", ""), "/posts/hearing/reminder"),
        (("hearing", "reminder", "vote"), "/posts/hearing/reminder?at=vote"),
        (
            ("hearing", "daily", "2026-12-04T09:00"),
            "/posts/hearing/daily?at=2026-12-04T09%3A00",
        ),
    ],
)
def test_a_post_has_a_page_for_each_of_its_moments(post: tuple[str, str, str], path: str) -> None:
    assert post_path(*post) == path
    assert web_address(ORIGIN, path) == f"{ORIGIN}{path}"


def test_a_post_is_settled_at_its_number() -> None:
    assert inbox_path(12) == "/inbox/12"


def test_without_an_origin_there_is_no_address() -> None:
    assert web_address("", "/inbox") == ""


@given(st.text(), st.text(), st.text(min_size=1))
def test_the_names_can_be_read_from_the_address(campaign: str, post: str, label: str) -> None:
    address = web_address(ORIGIN, post_path(campaign, post, label))
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("https", "control.example.org")
    assert [*map(unquote, parts.path.split("/"))] == ["", "posts", campaign, post]
    assert parse_qs(parts.query, keep_blank_values=True) == {"at": [label]}
    assert address.isascii()
    assert address.isprintable()
