from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox.mastodon.statuses import KEY_LASTS

if TYPE_CHECKING:
    from helpers.sandbox_mastodon import MastodonSandbox

pytest_plugins = ["helpers.sandbox_mastodon"]


def test_a_status_is_answered_with_all_that_it_was_sent_with(server: MastodonSandbox) -> None:
    shown = server.post(
        "Hallo", spoiler_text="Politics", visibility="unlisted", language="de", sensitive=True
    )
    assert shown["content"] == "<p>Hallo</p>"
    assert (shown["spoiler_text"], shown["visibility"], shown["language"], shown["sensitive"]) == (
        "Politics",
        "unlisted",
        "de",
        True,
    )
    assert shown["account"]["acct"] == "mediajustice"
    assert server.get(f"/api/v1/statuses/{shown['id']}")["content"] == shown["content"]


def test_what_the_documentation_says_a_status_has_is_there(server: MastodonSandbox) -> None:
    """By entities/Status.md, without the fields that are optional for another reader."""
    shown = server.post("Hello")
    documented = (
        "id uri created_at account content visibility sensitive spoiler_text media_attachments"
        " application mentions tags emojis reblogs_count favourites_count quotes_count"
        " replies_count url in_reply_to_id in_reply_to_account_id reblog poll card language"
        " edited_at quote favourited reblogged muted bookmarked pinned"
    )
    assert {*documented.split()} <= {*shown}


def test_any_kind_of_body_has_the_same_parameters(server: MastodonSandbox) -> None:
    for kind in ("json", "data", "files", "params"):
        picture = server.create_upload()
        as_form = [("status", "Look"), ("language", "de"), ("media_ids[]", picture)]
        bodies: dict[str, Any] = {
            "json": {"status": "Look", "language": "de", "media_ids": [picture]},
            "files": [(name, (None, value)) for name, value in as_form],
        }
        body = {kind: bodies.get(kind, as_form)}
        shown = server.api("POST", "/api/v1/statuses", **body).json()
        assert (shown["content"], shown["language"]) == ("<p>Look</p>", "de")
        assert [file["id"] for file in shown["media_attachments"]] == [picture]


def test_an_object_comes_in_json_only(server: MastodonSandbox) -> None:
    form = [("status", "Well?"), ("poll[options][]", "Yes"), ("poll[options][]", "No")]
    answer = server.api("POST", "/api/v1/statuses", data=form)
    assert answer.json() == {"error": "The sandbox takes objects in JSON only"}
    assert not server.world.posts


def test_a_key_that_is_sent_again_posts_once_within_its_hour(server: MastodonSandbox) -> None:
    first = server.post("Once", key="k1")
    server.clock.advance(seconds=KEY_LASTS.total_seconds() - 1)
    assert server.post("Other words", key="k1")["id"] == first["id"]
    assert len(server.world.visible()) == 1
    server.clock.advance(seconds=1)
    assert server.post("Once", key="k1")["id"] != first["id"]


def test_a_key_is_one_accounts_own(server: MastodonSandbox) -> None:
    first = server.post("Once", key="k1")
    theirs = server.api(
        "POST",
        "/api/v1/statuses",
        token=server.token(server.other),
        json={"status": "Once"},
        headers={"Idempotency-Key": "k1"},
    )
    assert theirs.json()["id"] != first["id"]


def test_a_minimal_server_ignores_keys_and_lengths(server: MastodonSandbox) -> None:
    server.world.minimal = True
    first = server.post("Once", key="k1")
    assert server.post("Once", key="k1")["id"] != first["id"]
    server.post("x" * 5000)
    assert "quotes_count" not in first


def test_a_key_of_a_deleted_status_finds_nothing(server: MastodonSandbox) -> None:
    first = server.post("Once", key="k1")
    server.api("DELETE", f"/api/v1/statuses/{first['id']}")
    assert server.refused("Once", 404, key="k1") == "Record not found"


@pytest.mark.parametrize(
    ("text", "fields", "why"),
    [
        ("", {}, "Validation failed: Text can't be blank"),
        (" \n ", {}, "Validation failed: Text can't be blank"),
        ("x" * 501, {}, "Validation failed: Text character limit of 500 exceeded"),
        ("x" * 490, {"spoiler_text": "x" * 11}, "Text character limit of 500 exceeded"),
        ("x" * 477 + " https://example.org/a", {}, "limit of 500 exceeded"),
        ("a", {"visibility": "everyone"}, "Visibility is not included in the list"),
        ("a", {"media_ids": ["1", "2"]}, "Media 1, 2 not found or already attached"),
        ("a", {"media_ids": list("12345")}, "Cannot attach more than 4 files"),
        ("a", {"media_ids": ["1"], "poll": {"options": ["a", "b"]}}, "Cannot attach more than 4"),
        ("a", {"scheduled_at": "2030-01-01T00:00:00Z"}, "no scheduled posts"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_the_reason(
    server: MastodonSandbox, text: str, fields: dict[str, Any], why: str
) -> None:
    assert why in server.refused(text, **fields)
    assert server.world.visible() == []


@pytest.mark.parametrize(
    ("poll", "why"),
    [
        ({"options": ["a"], "expires_in": 300}, "must have more than one item"),
        ({"options": list("abcde"), "expires_in": 300}, "can't contain more than 4 items"),
        ({"options": ["a", "b" * 51], "expires_in": 300}, "longer than 50 characters"),
        ({"options": ["a", "a"], "expires_in": 300}, "duplicate"),
        ({"options": ["a", "b"], "expires_in": 299}, "too soon"),
        ({"options": ["a", "b"], "expires_in": 2_629_747}, "too far into the future"),
        ({"options": ["a", "b"]}, "can't be blank"),
    ],
)
def test_a_poll_keeps_mastodons_bounds(
    server: MastodonSandbox, poll: dict[str, Any], why: str
) -> None:
    assert why in server.refused("Well?", poll=poll)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 500,
        "x" * 476 + " https://example.org/" + "a" * 300,
        "@friend@" + "a" * 100 + ".example " + "x" * 492,
        "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 500,
    ],
)
def test_a_text_counts_as_mastodon_counts_it(server: MastodonSandbox, text: str) -> None:
    server.post(text)
    assert "exceeded" in server.refused("x" + text)


def test_a_reply_names_what_it_replies_to(server: MastodonSandbox) -> None:
    head = server.post("One")
    tail = server.post("Two", in_reply_to_id=head["id"])
    assert tail["in_reply_to_id"] == head["id"]
    assert tail["in_reply_to_account_id"] == server.own.id
    server.api("DELETE", f"/api/v1/statuses/{head['id']}")
    gone = "The post you are trying to reply to does not appear to exist."
    assert server.refused("Three", 404, in_reply_to_id=head["id"]) == gone


def test_several_are_read_at_once_and_the_missing_are_left_out(server: MastodonSandbox) -> None:
    ids = [server.post(f"Post {number}")["id"] for number in range(3)]
    server.api("DELETE", f"/api/v1/statuses/{ids[1]}")
    found = server.get("/api/v1/statuses", params={"id[]": [*ids, "17"]})
    assert [status["id"] for status in found] == [ids[0], ids[2]]
    too_many = {"id[]": [str(number) for number in range(21)]}
    server.get("/api/v1/statuses", 422, params=too_many)
    server.world.minimal = True
    server.get("/api/v1/statuses", 404, params={"id[]": ids})


def test_only_ones_own_status_can_be_deleted_and_its_text_comes_back(
    server: MastodonSandbox,
) -> None:
    shown = server.post("Mine & yours")
    path = f"/api/v1/statuses/{shown['id']}"
    assert server.api("DELETE", path, token=server.token(server.other)).status_code == 404
    gone = server.api("DELETE", path).json()
    assert gone["text"] == "Mine & yours"
    assert "content" not in gone
    assert server.get(path, 404) == {"error": "Record not found"}


def test_what_is_not_for_all_is_seen_by_its_author_only(server: MastodonSandbox) -> None:
    hidden = server.post("For followers", visibility="private")
    path = f"/api/v1/statuses/{hidden['id']}"
    server.get(path)
    server.get(path, 404, token="")
    server.get(path, 404, token=server.token(server.other))
    timeline = f"/api/v1/accounts/{server.own.id}/statuses"
    assert len(server.get(timeline)) == 1
    assert server.get(timeline, token="") == []


def test_a_timeline_is_read_in_pages(server: MastodonSandbox) -> None:
    ids = [server.post(f"Post {number}")["id"] for number in range(45)][::-1]
    path = f"/api/v1/accounts/{server.own.id}/statuses"
    assert [status["id"] for status in server.get(path)] == ids[:20]
    assert len(server.get(path, params={"limit": "99"})) == 40
    older = server.get(path, params={"limit": "30", "max_id": ids[19]})
    assert [status["id"] for status in older] == ids[20:]
    server.get("/api/v1/accounts/17/statuses", 404)


def test_a_timeline_that_lags_shows_a_status_later(server: MastodonSandbox) -> None:
    server.world.timeline_lag = timedelta(seconds=30)
    shown = server.post("Slow")
    path = f"/api/v1/accounts/{server.own.id}/statuses"
    assert server.get(path) == []
    server.get(f"/api/v1/statuses/{shown['id']}")
    server.clock.advance(seconds=30)
    assert len(server.get(path)) == 1


def test_a_poll_counts_and_ends(server: MastodonSandbox) -> None:
    poll = {"options": ["Yes", "No"], "expires_in": 3600}
    shown = server.post("Well?", poll=poll)
    path = f"/api/v1/statuses/{shown['id']}"
    server.clock.advance(minutes=59)
    early = server.get(path)["poll"]
    assert early["expired"] is False
    server.clock.advance(minutes=1)
    late = server.get(path)["poll"]
    assert late["expired"] is True
    assert late["votes_count"] == sum(option["votes_count"] for option in late["options"]) > 0
