"""What the index and the page show of posts and accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.sandbox_bluesky import POSTS, post
from helpers.sandbox_bluesky_cases import card, facet, images, labels, picture

from bot.sandbox.server import startup_lines

if TYPE_CHECKING:
    from helpers.sandbox_bluesky import BlueskySandboxClient

COUNTED = ("likeCount", "repostCount", "replyCount", "quoteCount", "bookmarkCount")


def views(sky: BlueskySandboxClient, *keys: str) -> list[dict[str, Any]]:
    answer = sky.get("app.bsky.feed.getPosts", uris=[sky.uri(key) for key in keys])
    assert answer.status_code == 200, answer.text
    posts: list[dict[str, Any]] = answer.json()["posts"]
    return posts


def counts(view: dict[str, Any]) -> list[int]:
    return [view[name] for name in COUNTED]


def test_a_post_is_shown_with_its_author_and_its_record(sky: BlueskySandboxClient) -> None:
    key = sky.create_post("Hello")
    view = views(sky, key)[0]
    assert (view["uri"], view["record"]) == (sky.uri(key), post("Hello"))
    assert (view["author"]["did"], view["author"]["displayName"]) == (sky.own.id, "MediaJustice")
    assert counts(view) == [0] * 5


def test_counters_grow_and_are_those_of_the_controls(sky: BlueskySandboxClient) -> None:
    key = sky.create_post("Hello")
    before = counts(views(sky, key)[0])
    for _ in range(20):
        sky.clock.advance(hours=3)
        after = counts(views(sky, key)[0])
        assert all(new >= old for new, old in zip(after, before, strict=True))
        before = after
    assert before[0] > 0
    totals = sky.session.get(f"{sky.url}/sandbox/totals", timeout=10).json()
    names = ("likes", "reposts", "replies", "quotes", "bookmarks")
    assert before == [totals["served_totals"][name] for name in names]
    assert "impressions" not in totals["totals"]
    assert totals["spent"] == "0"


def test_posts_that_do_not_exist_are_left_out(sky: BlueskySandboxClient) -> None:
    first, second = sky.create_post("One"), sky.create_post("Two")
    sky.write("delete", key=first)
    shown = views(sky, first, second, second, sky.key())
    assert [view["record"]["text"] for view in shown] == ["Two"]


def test_the_index_is_asked_for_twenty_five_posts_at_most(sky: BlueskySandboxClient) -> None:
    keys = [sky.create_post(str(number)) for number in range(26)]
    assert len(views(sky, *keys[:25])) == 25
    answer = sky.get("app.bsky.feed.getPosts", uris=[sky.uri(key) for key in keys])
    assert answer.status_code == 400
    assert answer.json()["message"].endswith("array too big (maximum 25, got 26) at $.uris")
    assert sky.get("app.bsky.feed.getPosts").status_code == 400


def test_the_index_may_lag_behind_but_the_repository_does_not(sky: BlueskySandboxClient) -> None:
    sky.world.timeline_lag = timedelta(seconds=30)
    key = sky.create_post("Hello")
    assert views(sky, key) == []
    nsid = "com.atproto.repo.listRecords"
    assert len(sky.get(nsid, repo=sky.own.id, collection=POSTS).json()["records"]) == 1
    sky.clock.advance(seconds=30)
    assert len(views(sky, key)) == 1


def test_pictures_and_cards_have_addresses_here(sky: BlueskySandboxClient) -> None:
    blob = sky.upload(b"\x89PNG\r\n\x1a\n").json()["blob"]
    address = f"{sky.url}/sandbox/media/{blob['ref']['$link']}"
    key = sky.create_post("", embed=images(picture(blob, alt="One"))["embed"])
    embed = views(sky, key)[0]["embed"]
    assert embed["$type"] == "app.bsky.embed.images#view"
    assert embed["images"] == [{"thumb": address, "fullsize": address, "alt": "One"}]
    shown = card(uri="https://example.org/", title="T", description="D", thumb=blob)
    embed = views(sky, sky.create_post("", embed=shown["embed"]))[0]["embed"]
    assert embed["external"]["thumb"] == address
    assert embed["external"]["uri"] == "https://example.org/"


@pytest.mark.parametrize("by", ["handle", "did"])
def test_a_profile_says_what_an_account_says_of_itself(sky: BlueskySandboxClient, by: str) -> None:
    actor = {"handle": sky.own.handle, "did": sky.own.id}[by]
    sky.create_post("Hello")
    profile = sky.get("app.bsky.actor.getProfile", actor=actor).json()
    assert (profile["did"], profile["handle"]) == (sky.own.id, sky.own.handle)
    assert (profile["displayName"], profile["description"]) == ("MediaJustice", "By software.")
    assert [label["val"] for label in profile["labels"]] == ["bot"]
    assert profile["postsCount"] == 1


def test_a_profile_is_a_record(sky: BlueskySandboxClient) -> None:
    kind = "app.bsky.actor.profile"
    params = {"repo": sky.own.id, "collection": kind, "rkey": "self"}
    record = sky.get("com.atproto.repo.getRecord", **params).json()["value"]
    assert record["labels"] == labels({"val": "bot"})
    changed = {"$type": kind, "displayName": "Another name"}
    assert sky.write("put", changed, "self", collection=kind).status_code == 200
    profile = sky.get("app.bsky.actor.getProfile", actor=sky.own.id).json()
    assert (profile["displayName"], profile["labels"]) == ("Another name", [])
    assert "description" not in profile


def test_an_account_that_is_not_automated_has_no_label(sky: BlueskySandboxClient) -> None:
    person = sky.world.add_account("person.test", "A person", automated=False)
    assert sky.get("app.bsky.actor.getProfile", actor=person.id).json()["labels"] == []
    answer = sky.get("app.bsky.actor.getProfile", actor="nobody.test")
    assert answer.json() == {"error": "InvalidRequest", "message": "Profile not found"}


# --- The page -------------------------------------------------------------------------------------


def page(sky: BlueskySandboxClient, path: str = "", status: int = 200) -> str:
    answer = sky.session.get(f"{sky.url}{path}", timeout=10)
    assert answer.status_code == status
    return answer.text


def test_the_page_says_that_it_is_a_simulation(sky: BlueskySandboxClient) -> None:
    assert "<strong>Sandbox</strong>: simulated platform, nobody sees these posts" in page(sky)


def test_the_address_of_a_post_opens(sky: BlueskySandboxClient) -> None:
    key = sky.create_post("Hello")
    for path in (f"/profile/{sky.own.handle}", f"/profile/{sky.own.handle}/post/{key}"):
        assert "Hello" in page(sky, path)
    page(sky, f"/profile/{sky.own.handle}/post/{sky.key()}", 404)


def test_facets_are_shown_where_their_bytes_are(sky: BlueskySandboxClient) -> None:
    text = "\u00e4\U0001f468\u200d\U0001f469 see example.org and #ab"
    start, tag = (len(text[: text.index(word)].encode()) for word in ("example", "#"))
    kind = "app.bsky.richtext.facet"
    facets = [
        {
            "index": {"byteStart": tag, "byteEnd": tag + 3},
            "features": [{"$type": f"{kind}#tag", "tag": "ab"}],
        },
        {
            "index": {"byteStart": start, "byteEnd": start + 11},
            "features": [{"$type": f"{kind}#link", "uri": "https://example.org/?a=1&b=2"}],
        },
    ]
    key = sky.create_post(text, facets=facets)
    pieces = list(sky.world.pieces(sky.world.posts[key]))
    assert pieces == [
        (text[: text.index("example")], "", ""),
        ("example.org", "link", "https://example.org/?a=1&b=2"),
        (" and ", "", ""),
        ("#ab", "hashtag", ""),
        ("", "", ""),
    ]
    assert 'href="https://example.org/?a=1&amp;b=2"' in page(sky)


@pytest.mark.parametrize(("start", "end"), [(5, 0), (0, 500), (400, 500), (3, 3)])
def test_a_facet_that_is_not_in_the_text_shows_nothing(
    sky: BlueskySandboxClient, start: int, end: int
) -> None:
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org"}
    assert sky.put(facet(start, end, link)).status_code == 200
    assert list(sky.world.pieces(sky.world.visible()[0])) == [("hello #x", "", "")]


def test_what_else_a_post_has_is_named_below_it(sky: BlueskySandboxClient) -> None:
    embed = card(uri="https://example.org/", title="<Title>", description="D")["embed"]
    sky.create_post("Hello", embed=embed, langs=["en"], labels=labels({"val": "graphic-media"}))
    html = page(sky)
    assert "Link card: &lt;Title&gt; (https://example.org/) D" in html
    assert "Language: en" in html
    assert "graphic-media" in html


def test_the_start_names_the_password(sky: BlueskySandboxClient) -> None:
    lines = startup_lines(sky.url, sky.world, lambda handle, name: f"{handle} {name}".upper())
    password = sky.own.secrets["app_password"]
    assert f"export MEDIAJUSTICE.TEST APP_PASSWORD={password}" in lines


def test_a_post_in_the_controls_has_its_record(sky: BlueskySandboxClient) -> None:
    key = sky.create_post("Hello")
    shown = sky.session.get(f"{sky.url}/sandbox/posts", timeout=10).json()["posts"][0]
    assert (shown["id"], shown["uri"], shown["record"]) == (key, sky.uri(key), post("Hello"))
    assert set(shown["counters"]) == {"likes", "reposts", "quotes", "replies", "bookmarks"}


def test_an_account_is_added_by_the_controls(sky: BlueskySandboxClient) -> None:
    body = {"handle": "new.test", "name": "New"}
    made = sky.session.post(f"{sky.url}/sandbox/accounts", json=body, timeout=10)
    assert made.status_code == 201
    password = made.json()["app_password"]
    assert sky.login(identifier="new.test", password=password).status_code == 200
    body = {"handle": "no_domain", "name": "New"}
    refused = sky.session.post(f"{sky.url}/sandbox/accounts", json=body, timeout=10)
    assert refused.status_code == 422
    assert "domains" in refused.text
