from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from helpers.sandbox import SandboxClient

    from bot.sandbox.x.spec import Spelling

pytest_plugins = ["helpers.sandbox"]


def timeline(sandbox: SandboxClient, **params: Any) -> Any:
    answer = sandbox.api("GET", f"/2/users/{sandbox.own.id}/tweets", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def lookup(sandbox: SandboxClient, ids: str, **params: Any) -> Any:
    answer = sandbox.api("GET", "/2/tweets", params={"ids": ids, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(body: Any) -> list[str]:
    return [post["id"] for post in body.get("data", [])]


def test_without_fields_only_id_text_and_history_come(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_post("Hello")
    assert lookup(sandbox, id_) == {
        "data": [{"id": id_, "text": "Hello", "edit_history_tweet_ids": [id_]}],
    }


def test_missing_and_deleted_ids_come_as_errors_with_200(sandbox: SandboxClient) -> None:
    kept, gone = sandbox.create_post("Kept"), sandbox.create_post("Gone")
    sandbox.control("POST", f"/posts/{gone}/delete")
    body = lookup(sandbox, f"{gone},{kept},42")
    assert ids(body) == [kept]
    assert [error["resource_id"] for error in body["errors"]] == [gone, "42"]
    assert {error["title"] for error in body["errors"]} == {"Not Found Error"}
    assert all(error["type"].endswith("/resource-not-found") for error in body["errors"])
    assert "data" not in lookup(sandbox, gone)


@pytest.mark.parametrize("value", ["", ",".join(str(n) for n in range(1, 102)), "abc", "1,x"])
def test_lookup_takes_one_to_a_hundred_ids(sandbox: SandboxClient, value: str) -> None:
    assert sandbox.api("GET", "/2/tweets", params={"ids": value}).status_code == 400


def test_timeline_is_newest_first_and_pages(sandbox: SandboxClient) -> None:
    posted = [sandbox.create_post(f"Post {n}") for n in range(12)][::-1]
    sandbox.create_post("Not mine", sandbox.other)
    first = timeline(sandbox, max_results=5)
    assert ids(first) == posted[:5]
    meta = first["meta"]
    assert (meta["result_count"], meta["newest_id"], meta["oldest_id"]) == (5, posted[0], posted[4])
    second = timeline(sandbox, max_results=5, pagination_token=meta["next_token"])
    third = timeline(sandbox, max_results=5, pagination_token=second["meta"]["next_token"])
    assert ids(second) + ids(third) == posted[5:]
    assert "next_token" not in third["meta"]
    assert ids(timeline(sandbox)) == posted[:10]


def test_empty_timeline_has_no_data(sandbox: SandboxClient) -> None:
    assert timeline(sandbox) == {"meta": {"result_count": 0}}


def test_timeline_filters_by_time(sandbox: SandboxClient) -> None:
    early = sandbox.create_post("Early")
    sandbox.clock.advance(hours=2)
    late = sandbox.create_post("Late")
    middle = (sandbox.clock() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ids(timeline(sandbox, start_time=middle)) == [late]
    assert ids(timeline(sandbox, end_time=middle)) == [early]


@pytest.mark.parametrize(
    "params",
    [
        {"max_results": 4},
        {"max_results": 101},
        {"max_results": "many"},
        {"start_time": "yesterday"},
        {"pagination_token": "zzz"},
        {"tweet.fields": "colour"},
        {"expansions": "colour"},
    ],
)
def test_query_outside_the_documented_is_400(
    sandbox: SandboxClient, params: dict[str, Any]
) -> None:
    sandbox.create_post("Something to show")
    answer = sandbox.api("GET", f"/2/users/{sandbox.own.id}/tweets", params=params)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Request"


def test_unknown_user_is_an_error_with_200(sandbox: SandboxClient) -> None:
    answer = sandbox.api("GET", "/2/users/12/tweets")
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["resource_type"] == "user"


def test_timeline_may_lag(sandbox: SandboxClient) -> None:
    sandbox.world.timeline_lag = timedelta(seconds=30)
    id_ = sandbox.create_post("Soon")
    assert ids(timeline(sandbox)) == []
    assert ids(lookup(sandbox, id_)) == [id_]
    sandbox.clock.advance(seconds=31)
    assert ids(timeline(sandbox)) == [id_]


METRICS = "public_metrics,non_public_metrics"
IN_TWEETS: dict[str, str] = {"tweet.fields": "public_metrics,referenced_tweets"}
IN_POSTS: dict[str, str] = {"post.fields": "public_metrics", "expansions": "referenced_posts"}


def test_the_worlds_spelling_is_asked_in_and_answered_in(sandbox: SandboxClient) -> None:
    head = sandbox.create_post("Head")
    id_ = sandbox.create_post("Reply", reply={"in_reply_to_tweet_id": head})
    old = lookup(sandbox, id_, **IN_TWEETS)["data"][0]
    assert "retweet_count" in old["public_metrics"]
    assert {"referenced_tweets", "edit_history_tweet_ids"} <= old.keys()
    sandbox.world.spelling = "post"
    body = lookup(sandbox, id_, **IN_POSTS)
    new = body["data"][0]
    assert "repost_count" in new["public_metrics"]
    assert {"referenced_posts", "edit_history_post_ids"} <= new.keys()
    assert [post["id"] for post in body["includes"]["posts"]] == [head]
    assert lookup(sandbox, "5")["errors"][0]["type"].startswith("https://api.x.com/2/problems/")


@pytest.mark.parametrize(
    ("spelling", "params", "said"),
    [
        ("tweet", IN_POSTS, "The query parameter [post.fields] is not one of [ids,tweet.fields,"),
        ("post", IN_TWEETS, "The query parameter [tweet.fields] is not one of [ids,post.fields,"),
        ("post", {"post.fields": "note_tweet"}, "The `post.fields` query parameter value [note_"),
        ("post", {"post.fields": "referenced_posts"}, "value [referenced_posts] is not one of"),
        ("tweet", {"expansions": "referenced_posts"}, "The `expansions` query parameter value"),
        ("tweet", {"tweet.fields": ""}, "The `tweet.fields` query parameter value [] is not"),
        ("tweet", {"max_results": "5"}, "The query parameter [max_results] is not one of"),
    ],
)
def test_what_only_the_other_version_knows_is_refused(
    sandbox: SandboxClient, spelling: Spelling, params: dict[str, str], said: str
) -> None:
    sandbox.world.spelling = spelling
    answer = sandbox.api("GET", "/2/tweets", params={"ids": "1", **params})
    assert answer.status_code == 400
    assert said in answer.json()["errors"][0]["message"]


def test_all_that_a_query_asks_wrongly_is_reported_at_once(sandbox: SandboxClient) -> None:
    params = {"ids": "1", "colour": "red", "tweet.fields": "text,size", "expansions": "colour"}
    errors = sandbox.api("GET", "/2/tweets", params=params).json()["errors"]
    asked = [error["parameters"] for error in errors]
    assert asked == [{"colour": ["red"]}, {"tweet.fields": ["size"]}, {"expansions": ["colour"]}]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/2/tweets"), ("DELETE", "/2/tweets/1"), ("POST", "/2/media/upload/1/finalize")],
)
def test_a_changing_request_takes_no_query(sandbox: SandboxClient, method: str, path: str) -> None:
    answer = sandbox.api(method, path, params={"tweet.fields": "text"}, json={"text": "a"})
    assert answer.status_code == 400
    assert not sandbox.world.posts


def test_private_metrics_are_for_the_author_alone(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_post("See https://example.org")
    sandbox.clock.advance(hours=5)
    own = lookup(sandbox, id_, **{"tweet.fields": METRICS})["data"][0]
    private = own["non_public_metrics"]
    assert private["impression_count"] == own["public_metrics"]["impression_count"] > 0
    assert private["url_link_clicks"] > 0
    params = {"ids": id_, "tweet.fields": METRICS}
    other = sandbox.api("GET", "/2/tweets", sandbox.other, params=params).json()
    assert "public_metrics" in other["data"][0]
    assert "non_public_metrics" not in other["data"][0]
    assert [error["value"] for error in other["errors"]] == ["non_public_metrics"]


def test_private_metrics_end_after_thirty_days(sandbox: SandboxClient) -> None:
    old = sandbox.create_post("Old")
    sandbox.clock.advance(days=30, seconds=1)
    new = sandbox.create_post("New")
    body = lookup(sandbox, f"{old},{new}", **{"tweet.fields": METRICS})
    assert ["non_public_metrics" in post for post in body["data"]] == [False, True]
    assert ids(timeline(sandbox, **{"tweet.fields": METRICS})) == [new]
    assert ids(timeline(sandbox, **{"tweet.fields": "public_metrics"})) == [new, old]


def test_me_shows_the_fields_asked_for(sandbox: SandboxClient) -> None:
    plain = sandbox.api("GET", "/2/users/me").json()["data"]
    assert plain == {
        "id": sandbox.own.id,
        "name": "MediaJustice",
        "username": "mediajustice",
    }
    fields = {"user.fields": "description,verified,created_at"}
    full = sandbox.api("GET", "/2/users/me", params=fields).json()["data"]
    assert full["description"] == "Posts by software."
    assert full["verified"] is False
    assert full["created_at"] == "2026-03-02T12:00:00.000Z"


def test_expansions_bring_what_a_post_refers_to(sandbox: SandboxClient) -> None:
    poll = {"options": ["Yes", "No"], "duration_minutes": 60}
    id_ = sandbox.create_post("Well?", poll=poll)
    body = lookup(sandbox, id_, expansions="attachments.poll_ids")
    labels = [option["label"] for option in body["includes"]["polls"][0]["options"]]
    assert labels == ["Yes", "No"]


def test_answers_carry_the_worlds_date(sandbox: SandboxClient) -> None:
    answer = sandbox.api("GET", "/2/users/me")
    assert answer.headers["date"] == "Mon, 02 Mar 2026 12:00:00 GMT"
