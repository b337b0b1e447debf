from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]


def test_tweepy_posts_threads_polls_and_media(sandbox: SandboxClient) -> None:
    client = sandbox.tweepy()
    head = client.create_tweet(
        text="One", media_ids=[sandbox.create_upload()], reply_settings="following"
    )
    part = client.create_tweet(text="Two", in_reply_to_tweet_id=head.data["id"])
    client.create_tweet(text="Well?", poll_options=["Yes", "No"], poll_duration_minutes=60)
    posts = sandbox.control("GET", "/posts")
    assert posts["threads"][0] == [head.data["id"], part.data["id"]]
    assert posts["posts"][0]["reply_settings"] == "following"
    assert posts["posts"][2]["poll"] == ["Yes", "No"]


def test_tweepy_reads_what_it_posted(sandbox: SandboxClient) -> None:
    client = sandbox.tweepy()
    id_ = client.create_tweet(text="See https://example.org").data["id"]
    sandbox.clock.advance(hours=3)
    fields = ["created_at", "public_metrics", "non_public_metrics", "entities"]
    found = client.get_tweets([id_, "42"], tweet_fields=fields, user_auth=True)
    assert found.data[0].created_at.isoformat() == "2026-03-02T12:00:00+00:00"
    assert found.data[0].public_metrics["impression_count"] > 0
    assert found.data[0].entities["urls"][0]["expanded_url"] == "https://example.org"
    assert found.errors[0]["resource_id"] == "42"
    page = client.get_users_tweets(
        sandbox.own.id,
        max_results=5,
        start_time="2026-03-02T11:00:00Z",
        user_auth=True,
    )
    assert [tweet.id for tweet in page.data] == [int(id_)]
    assert client.get_me(user_fields=["description"]).data.description == "Posts by software."
    assert client.delete_tweet(id_).data == {"deleted": True}
