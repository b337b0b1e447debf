from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]


def messages(answer: Any) -> list[str]:
    assert answer.status_code == 400
    body = answer.json()
    assert body["title"] == "Invalid Request"
    assert body["type"].endswith("/problems/invalid-request")
    return [error["message"] for error in body["errors"]]


def test_post_answers_201_with_id_and_text(sandbox: SandboxClient) -> None:
    answer = sandbox.post(text="Amazon must take HART off AWS.")
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data["text"] == "Amazon must take HART off AWS."
    assert data["edit_history_tweet_ids"] == [data["id"]]
    assert data["id"].isdecimal()


def test_ids_rise_even_when_the_clock_stands_still(sandbox: SandboxClient) -> None:
    ids = [int(sandbox.create_post(f"Post {number}")) for number in range(5)]
    assert ids == sorted(set(ids))


def test_text_is_shown_as_x_shows_it(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_post(
        "  Fish & <chips> https://www.example.org/a?b=1&c=2 #Now @athena > me "
    )
    fields = {"ids": id_, "tweet.fields": "entities"}
    post = sandbox.api("GET", "/2/tweets", params=fields).json()["data"][0]
    link = post["entities"]["urls"][0]
    assert post["text"] == f"Fish &amp; &lt;chips&gt; {link['url']} #Now @athena &gt; me"
    assert link["url"].startswith("https://t.co/")
    assert len(link["url"]) == 23
    assert link["expanded_url"] == "https://www.example.org/a?b=1&c=2"
    assert link["display_url"] == "example.org/a?b=1&c=2"
    assert post["text"][link["start"] : link["end"]] == link["url"]
    assert [tag["tag"] for tag in post["entities"]["hashtags"]] == ["Now"]
    assert [mention["username"] for mention in post["entities"]["mentions"]] == ["athena"]


def test_bare_domain_is_a_link_too(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_post("See mediajustice.org for more")
    fields = {"ids": id_, "tweet.fields": "entities"}
    post = sandbox.api("GET", "/2/tweets", params=fields).json()["data"][0]
    assert post["entities"]["urls"][0]["expanded_url"] == "http://mediajustice.org"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"text": 5}, "$.text: string expected"),
        ({"text": "a", "colour": "red"}, "$.colour: is not defined in the schema"),
        ({"text": "a", "poll": {"options": ["one"], "duration_minutes": 60}}, "minimum of 2 items"),
        ({"text": "a", "poll": {"options": list("abcde"), "duration_minutes": 60}}, "maximum of 4"),
        ({"text": "a", "poll": {"options": ["a", "b" * 26], "duration_minutes": 60}}, "only be 25"),
        ({"text": "a", "poll": {"options": ["a", ""], "duration_minutes": 60}}, "at least 1"),
        (
            {"text": "a", "poll": {"options": ["a", "b"], "duration_minutes": 4}},
            "minimum value of 5",
        ),
        (
            {"text": "a", "poll": {"options": ["a", "b"], "duration_minutes": 10081}},
            "value of 10080",
        ),
        ({"text": "a", "poll": {"options": ["a", "b"]}}, "$.poll.duration_minutes: is missing"),
        ({"text": "a", "reply_settings": "nobody"}, "enumeration"),
        ({"text": "a", "reply": {}}, "$.reply.in_reply_to_tweet_id: is missing"),
        ({"text": "a", "reply": {"in_reply_to_tweet_id": 5}}, "string expected"),
        ({"text": "a", "media": {"media_ids": []}}, "minimum of 1 items"),
        ({"text": "a", "media": {"media_ids": list("12345")}}, "maximum of 4 items"),
        ({"text": "a", "media": {"media_ids": ["x"]}}, "$.media.media_ids[0]: does not match"),
        ({"text": " \n"}, "Requires `text` or `media`"),
        ({}, "Requires `text` or `media`"),
        ({"text": "a\ufeffb"}, "Your Tweet text contains invalid characters"),
        ({"text": "a" * 281}, "Your Tweet text is too long"),
        ({"text": "\u6f22" * 141}, "Your Tweet text is too long"),
    ],
)
def test_body_outside_the_schema_is_400(
    sandbox: SandboxClient, body: dict[str, Any], expected: str
) -> None:
    assert expected in " ".join(messages(sandbox.post(**body)))
    assert not sandbox.world.posts


def test_every_problem_of_a_body_is_reported_at_once(sandbox: SandboxClient) -> None:
    assert len(messages(sandbox.post(text=1, colour="red", reply_settings="x"))) == 3


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"text"', b"\xff"])
def test_body_that_is_no_object_is_400(sandbox: SandboxClient, data: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert messages(sandbox.api("POST", "/2/tweets", data=data, headers=headers))


def test_length_is_weighted(sandbox: SandboxClient) -> None:
    sandbox.create_post("a" * 280)
    sandbox.create_post("\u6f22" * 140)
    sandbox.create_post("https://example.org/" + "a" * 400)


def test_media_and_poll_exclude_each_other(sandbox: SandboxClient) -> None:
    poll = {"options": ["a", "b"], "duration_minutes": 60}
    answer = sandbox.post(text="a", poll=poll, media={"media_ids": [sandbox.create_upload()]})
    assert "mutually exclusive" in messages(answer)[0]


def test_same_text_again_is_the_documented_403(sandbox: SandboxClient) -> None:
    sandbox.create_post("Once is enough.")
    answer = sandbox.post(text=" Once is enough.\n")
    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }


def test_same_text_passes_elsewhere_later_or_after_deletion(sandbox: SandboxClient) -> None:
    first = sandbox.create_post("Once more")
    sandbox.create_post("Once more", sandbox.other)
    assert sandbox.api("DELETE", f"/2/tweets/{first}").json() == {"data": {"deleted": True}}
    sandbox.create_post("Once more")
    sandbox.clock.advance(hours=13)
    sandbox.create_post("Once more")


def test_thread_replies_to_own_posts(sandbox: SandboxClient) -> None:
    head = sandbox.create_post("One")
    second = sandbox.create_post("Two", reply={"in_reply_to_tweet_id": head})
    third = sandbox.create_post("Three", reply={"in_reply_to_tweet_id": second})
    params = {"ids": third, "tweet.fields": "referenced_tweets"}
    post = sandbox.api("GET", "/2/tweets", params=params).json()["data"][0]
    assert post["referenced_tweets"] == [{"type": "replied_to", "id": second}]
    assert sandbox.control("GET", "/posts")["threads"] == [[head, second, third]]


def test_reply_to_others_needs_a_summons(sandbox: SandboxClient) -> None:
    theirs = sandbox.create_post("Good morning", sandbox.other)
    answer = sandbox.post(text="Hello", reply={"in_reply_to_tweet_id": theirs})
    assert answer.status_code == 403
    assert "have not been mentioned" in answer.json()["detail"]
    summons = sandbox.create_post("What do you say, @MediaJustice?", sandbox.other)
    sandbox.create_post("Hello", reply={"in_reply_to_tweet_id": summons})


def test_reply_to_a_deleted_post_is_refused(sandbox: SandboxClient) -> None:
    head = sandbox.create_post("One")
    sandbox.control("POST", f"/posts/{head}/delete")
    answer = sandbox.post(text="Two", reply={"in_reply_to_tweet_id": head})
    assert answer.status_code == 403
    assert "deleted or not visible" in answer.json()["detail"]


def test_two_cashtags_are_refused_to_self_serve(sandbox: SandboxClient) -> None:
    assert sandbox.post(text="$AMZN and $GOOG").status_code == 403
    assert not sandbox.world.posts


@pytest.mark.parametrize(
    "text",
    ["$AMZN costs $6 billion", "$AMZN, not ($GOOG)", "$AMZN-$GOOG", "$AMZN and \u201c$GOOG\u201d"],
)
def test_one_cashtag_is_allowed_as_x_sees_them(sandbox: SandboxClient, text: str) -> None:
    sandbox.create_post(text)


def test_only_own_posts_can_be_deleted(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_post("Mine")
    assert sandbox.api("DELETE", f"/2/tweets/{id_}", sandbox.other).status_code == 403
    assert sandbox.api("DELETE", f"/2/tweets/{id_}").status_code == 200
    again = sandbox.api("DELETE", f"/2/tweets/{id_}")
    assert again.status_code == 404
    assert again.json()["errors"][0]["type"].endswith("/resource-not-found")
    assert sandbox.api("DELETE", "/2/tweets/abc").status_code == 400
