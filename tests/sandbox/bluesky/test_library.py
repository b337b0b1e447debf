"""Bluesky's usual Python library, which knows nothing of the sandbox, posts and reads here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from atproto_client import Client, models
from atproto_client.utils import TextBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.sandbox_bluesky import BlueskySandboxClient

PNG = b"\x89PNG\r\n\x1a\nnot much of a picture"


@pytest.fixture
def client(sky: BlueskySandboxClient) -> Iterator[Client]:
    client = Client(sky.url)
    yield client
    client.request.close()


@pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")
def test_the_library_logs_in_posts_and_reads(sky: BlueskySandboxClient, client: Client) -> None:
    profile = client.login(sky.own.handle, sky.own.secrets["app_password"])
    assert (profile.did, profile.display_name) == (sky.own.id, "MediaJustice")
    text = TextBuilder().text("See ").link("us", "https://example.org").tag(" #a", "a")
    head = models.create_strong_ref(client.send_post(text, langs=["en"]))
    tail = client.send_image(
        "Tail", PNG, "A picture", reply_to=models.AppBskyFeedPost.ReplyRef(parent=head, root=head)
    )
    posts = client.get_posts([head.uri, tail.uri]).posts
    assert [post.record.text for post in posts] == ["See us #a", "Tail"]
    assert posts[1].embed.images[0].alt == "A picture"
    assert posts[0].like_count == 0
    assert [post.depth for post in sky.world.visible()] == [0, 1]
    assert client.delete_post(tail.uri)
    listed = client.com.atproto.repo.list_records(
        {"repo": sky.own.id, "collection": "app.bsky.feed.post"}
    )
    assert [record.uri for record in listed.records] == [head.uri]


def test_the_library_takes_up_a_session_and_renews_it(
    sky: BlueskySandboxClient, client: Client
) -> None:
    client.login(sky.own.handle, sky.own.secrets["app_password"])
    kept = client.export_session_string()
    sky.clock.advance(hours=3)
    # By the library's own clock, the token of another time ended long ago.
    profile = client.login(session_string=kept)
    assert profile.did == sky.own.id
    assert client.export_session_string() != kept
