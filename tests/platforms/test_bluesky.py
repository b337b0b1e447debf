"""Bluesky's client against Bluesky's own server, by the contract and beyond it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from helpers.bluesky import POSTS, BlueskyBackend, Front, bluesky_server, borrowed_account
from helpers.platform_contract import PlatformContract, make_media, new_key, publish, send
from helpers.store import text_content
from PIL import Image

from bot.model import Content, Counters, LinkCard, Media, Part
from bot.platforms.base import Markable
from bot.platforms.bluesky import records
from bot.platforms.outcomes import Rejected, Unauthorized, Unknown, Unsent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
PAGE = "https://example.org/page"
PUT = "com.atproto.repo.putRecord"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with bluesky_server(tmp_path_factory.mktemp("bluesky")) as started:
        yield started


@pytest.fixture
def stage(front: Front) -> Iterator[BlueskyBackend]:
    with borrowed_account(front) as backend:
        yield backend


class TestBluesky(PlatformContract):
    """Bluesky keeps the contract."""


# --- What a reader sees ---------------------------------------------------------------------------


def clickable(record: dict[str, Any]) -> dict[str, str]:
    """Return the clickable texts of a record with their targets, by its bytes."""
    raw = record["text"].encode()
    found = {}
    for facet in record.get("facets", []):
        index, [feature] = facet["index"], facet["features"]
        shown = raw[index["byteStart"] : index["byteEnd"]].decode()
        found[shown] = feature.get("uri") or feature.get("tag") or feature["did"]
    return found


def test_links_tags_and_mentions_arrive_where_they_stand(stage: BlueskyBackend) -> None:
    other = BlueskyBackend(stage.front)
    text = (
        f"{FAMILY}\U0001f525 \u05e9\u05dc\u05d5\u05dd @{other.handle}: "
        "\u2067#\u05d7\u05d5\u05e4\u05e9\u2069, #\U0001f525\U0001f525 \u0627\u0642\u0631\u0623 "
        f"(https://example.org/\u05d0?q=1) {FAMILY} mediajustice.org/\u0639. #HART's"
    )
    send(stage, text_content(text))
    [entry] = stage.records()
    assert entry["value"]["text"] == text
    assert clickable(entry["value"]) == {
        f"@{other.handle}": other.did,
        "#\u05d7\u05d5\u05e4\u05e9": "\u05d7\u05d5\u05e4\u05e9",
        "#\U0001f525\U0001f525": "\U0001f525\U0001f525",
        "https://example.org/\u05d0?q=1": "https://example.org/\u05d0?q=1",
        "mediajustice.org/\u0639": "https://mediajustice.org/\u0639",
        "#HART": "HART",
    }


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("\U0001f1fa\U0001f1f8" * 300, True),
        ("\U0001f1fa\U0001f1f8" * 301, False),
        ("e\u0301" * 300, True),
        (FAMILY * 120, True),
        (FAMILY * 121, False),
    ],
)
def test_what_the_rules_allow_is_what_the_server_takes(
    stage: BlueskyBackend, text: str, fits: bool
) -> None:
    said = text_content(text)
    assert (stage.kind.check(said, stage.account) == []) == fits
    if fits:
        send(stage, said)
        assert stage.visible() == [text]
    else:
        with pytest.raises(Rejected, match=r"InvalidR\w+: .*text"):
            send(stage, said)


def test_a_thread_names_its_first_part_and_the_part_before(stage: BlueskyBackend) -> None:
    said = text_content("One", "Two", "Three")
    parts = [publish(stage, said)]
    for part in (1, 2):
        stage.clock.advance(seconds=3)
        parts.append(publish(stage, said, part, parts[-1].reply))
    first, second, third = stage.records()
    refs = [{"uri": entry["uri"], "cid": entry["cid"]} for entry in (first, second)]
    assert "reply" not in first["value"]
    assert second["value"]["reply"] == {"root": refs[0], "parent": refs[0]}
    assert third["value"]["reply"] == {"root": refs[0], "parent": refs[1]}


def test_a_part_is_placed_although_only_an_id_is_known(stage: BlueskyBackend) -> None:
    said = text_content("One", "Two", "Three")
    head = publish(stage, said)
    stage.clock.advance(seconds=3)
    second = publish(stage, said, 1, head.reply)
    stage.clock.advance(seconds=3)
    third = publish(stage, said, 2, second.remote_id)
    reply = stage.records()[2]["value"]["reply"]
    assert reply["root"]["uri"].endswith(head.remote_id)
    assert reply["parent"]["uri"].endswith(second.remote_id)
    wanted = stage.client().payload(said, 2, [], second.remote_id)
    search = stage.client().find(wanted, stage.clock.now())
    assert [post.remote_id for post in search.matches] == [third.remote_id]


def test_nothing_is_hung_on_a_part_that_was_deleted(stage: BlueskyBackend) -> None:
    said = text_content("One", "Two")
    head = publish(stage, said)
    stage.delete(head.remote_id)
    with pytest.raises(Rejected, match="the part before it does not exist any more"):
        publish(stage, said, 1, head.reply)
    assert stage.visible() == []


def test_a_picture_is_there_byte_for_byte_with_alt_text_and_shape(
    stage: BlueskyBackend, tmp_path: Path
) -> None:
    media = make_media(tmp_path, alt="\u05d0\u05d9\u05e8\u05d5\u05e1 \U0001f33a")
    client, said = stage.client(), Content((Part("Look", (media, media)),))
    uploads = [client.upload(media).media_id for _ in range(2)]
    client.publish(client.payload(said, 0, uploads, None), new_key(stage.clock.now()))
    [entry] = stage.records()
    for image in entry["value"]["embed"]["images"]:
        assert image["alt"] == media.alt
        assert image["aspectRatio"] == {"width": 16, "height": 9}
        path = (
            f"/xrpc/com.atproto.sync.getBlob?did={stage.did}&cid={image['image']['ref']['$link']}"
        )
        status, headers, body = stage.front.forward("GET", path, {}, b"")
        assert (status, headers["content-type"]) == (200, "image/png")
        assert body == media.path.read_bytes()


def test_a_link_card_is_there_as_it_was_written(stage: BlueskyBackend, tmp_path: Path) -> None:
    link = "https://example.org/\u05d0?q=1"
    card = LinkCard(link, f"\u05e9\u05dc\u05d5\u05dd {FAMILY}", "It's about <them> & us.")
    media = make_media(tmp_path, alt="")
    client, said = stage.client(), Content((Part(f"Look: {link}", (media,), card=card),))
    upload = client.upload(media).media_id
    client.publish(client.payload(said, 0, [upload], None), new_key(stage.clock.now()))
    [entry] = stage.records()
    embed = entry["value"]["embed"]
    thumb = embed["external"].pop("thumb")
    external = {"uri": link, "title": card.title, "description": card.description}
    assert embed == {"$type": "app.bsky.embed.external", "external": external}
    assert stage.blob(thumb["ref"]["$link"]) == media.path.read_bytes()
    assert "labels" not in entry["value"]


def test_labels_stand_with_the_parts_that_show_something(
    stage: BlueskyBackend, tmp_path: Path
) -> None:
    media, labels = make_media(tmp_path), ("graphic-media", "nudity")
    said = Content((Part("Look", (media,)), Part("Words alone")), labels=labels)
    client = stage.client()
    upload = client.upload(media).media_id
    head = client.publish(client.payload(said, 0, [upload], None), new_key(stage.clock.now()))
    stage.clock.advance(seconds=3)
    publish(stage, said, 1, head.reply)
    first, second = stage.records()
    values = [{"val": label} for label in labels]
    assert first["value"]["labels"] == {**BOT, "values": values}
    assert "labels" not in second["value"]


def test_where_a_picture_was_taken_does_not_get_there(
    stage: BlueskyBackend, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "Abdullah Street 7"
    path = tmp_path / "iris.jpg"
    Image.new("RGB", (48, 32), "teal").save(path, exif=exif)
    raw = path.read_bytes()
    assert b"Abdullah" in raw
    digest = sha256(raw).hexdigest()
    media = Media(path, "An iris", digest, "image/jpeg", len(raw), 48, 32)
    client, said = stage.client(), Content((Part("Look", (media,)),))
    uploads = [client.upload(media).media_id]
    client.publish(client.payload(said, 0, uploads, None), new_key(stage.clock.now()))
    [image] = stage.records()[0]["value"]["embed"]["images"]
    assert image["aspectRatio"] == {"width": 32, "height": 48}, "it is shown upright"
    kept = stage.blob(image["image"]["ref"]["$link"])
    assert b"Abdullah" not in kept
    with Image.open(BytesIO(kept)) as shown:
        assert dict(shown.getexif()) == {0x0112: 6}


def test_pictures_without_words_are_told_apart(stage: BlueskyBackend, tmp_path: Path) -> None:
    client = stage.client()
    payloads = []
    for name in ("a.png", "b.gif"):
        media = make_media(tmp_path, name=name)
        said = Content((Part("", (media,)),))
        payloads.append(client.payload(said, 0, [client.upload(media).media_id], None))
    out = client.publish(payloads[0], new_key(stage.clock.now()))
    found = [client.find(payload, stage.clock.now()).matches for payload in payloads]
    assert [[post.remote_id for post in posts] for posts in found] == [[out.remote_id], []]


def test_a_payload_does_not_leave_out_a_picture(stage: BlueskyBackend, tmp_path: Path) -> None:
    media = make_media(tmp_path)
    with pytest.raises(ValueError, match="longer than"):
        stage.client().payload(Content((Part("Look", (media, media)),)), 0, ["{}"], None)


def test_a_post_says_its_language_or_its_accounts(stage: BlueskyBackend) -> None:
    send(stage, text_content("Hello"))
    stage.speaking("en", "es")
    stage.clock.advance(seconds=1)
    send(stage, text_content("Hello again"))
    stage.clock.advance(seconds=1)
    send(stage, text_content("Ol\u00e1", language="pt-BR"))
    langs = [entry["value"].get("langs") for entry in stage.records()]
    assert langs == [None, ["en", "es"], ["pt-BR"]]


def test_a_post_is_of_the_instant_of_its_intent(stage: BlueskyBackend) -> None:
    at = stage.clock.now() + timedelta(microseconds=123_456)
    client = stage.client()
    stage.clock.advance(minutes=2)
    post = client.publish(client.payload(text_content("Hello"), 0, [], None), new_key(at))
    [entry] = stage.records()
    assert entry["value"]["createdAt"] == "2026-03-02T12:00:00.123Z"
    assert post.at == at - timedelta(microseconds=456)
    keyed = records.key_time(post.remote_id)
    assert keyed is not None
    assert abs(keyed - at) < timedelta(milliseconds=2)


# --- Never twice ----------------------------------------------------------------------------------


def contents(stage: BlueskyBackend, folder: Path) -> dict[str, tuple[Content, int, str | None]]:
    """Return a content, the index of a part, and its parent, for every kind of post."""
    media = make_media(folder)
    thread = text_content("Head", "Tail")
    head = publish(stage, thread)
    stage.clock.advance(seconds=3)
    return {
        "text": (text_content(f"See https://example.org #HART {FAMILY}"), 0, None),
        "mention": (text_content(f"@{stage.handle} says"), 0, None),
        "reply": (thread, 1, head.reply),
        "reply to an id": (thread, 1, head.remote_id),
        "picture": (Content((Part("Look", (media,)),), labels=("graphic-media",)), 0, None),
        "card": (Content((Part(f"See {PAGE}", (media,), card=LinkCard(PAGE, "A page")),)), 0, None),
    }


@pytest.mark.parametrize("kind", ["text", "mention", "reply", "reply to an id", "picture", "card"])
@pytest.mark.parametrize("how", ["lost", "twice"])
def test_a_write_that_is_repeated_under_its_key_is_one_record(
    stage: BlueskyBackend, tmp_path: Path, kind: str, how: str
) -> None:
    said, part, reply_to = contents(stage, tmp_path)[kind]
    client, before = stage.client(), len(stage.records())
    uploads = [client.upload(media).media_id for media in said.parts[part].media]
    payload, key = client.payload(said, part, uploads, reply_to), new_key(stage.clock.now())
    stage.break_next_send(how)
    if how == "lost":
        with pytest.raises(Unknown):
            client.publish(payload, key)
    else:
        client.publish(payload, key)
    cid = stage.records()[-1]["cid"]
    posts = [client.publish(payload, key) for _ in range(3)]
    assert len({(post.remote_id, post.reply, post.at) for post in posts}) == 1
    assert [entry["cid"] for entry in stage.records()[before:]] == [cid]


def test_a_write_is_sent_once_whatever_comes_of_it(stage: BlueskyBackend) -> None:
    stage.break_next_send("lost")
    with pytest.raises(Unknown):
        send(stage, text_content("Once"))
    assert stage.front.hits.count(PUT) == 1


def test_what_is_there_under_a_key_is_never_written_over(stage: BlueskyBackend) -> None:
    client, key = stage.client(), new_key(stage.clock.now())
    client.publish(client.payload(text_content("First"), 0, [], None), key)
    with pytest.raises(Unknown, match="another post has its key already: http"):
        client.publish(client.payload(text_content("Second"), 0, [], None), key)
    assert stage.visible() == ["First"]


def test_the_same_words_under_a_key_are_the_post(stage: BlueskyBackend) -> None:
    said, key = text_content("Hello"), new_key(stage.clock.now())
    client = stage.client()
    first = client.publish(client.payload(said, 0, [], None), key)
    stage.speaking("en")
    client = stage.client()
    again = client.publish(client.payload(said, 0, [], None), key)
    assert (again.remote_id, again.reply, again.at) == (first.remote_id, first.reply, first.at)
    assert stage.records()[0]["value"].get("langs") is None, "it is left as it is"


def test_another_send_at_the_same_instant_is_another_record(stage: BlueskyBackend) -> None:
    ids = {send(stage, text_content("Twice, on purpose")) for _ in range(5)}
    assert len(ids) == len(stage.visible()) == 5


# --- The session ----------------------------------------------------------------------------------


def test_a_process_logs_in_once(stage: BlueskyBackend) -> None:
    stage.forget_session()
    for number in range(3):
        send(stage, text_content(f"Post {number}"))
    stage.client().whoami()
    assert stage.front.hits.count("com.atproto.server.createSession") == 1


def test_a_session_that_expires_in_the_middle_of_a_thread_is_renewed(
    stage: BlueskyBackend,
) -> None:
    stage.forget_session()
    said = text_content("One", "Two", "Three")
    parts = [publish(stage, said)]
    for part in (1, 2):
        stage.clock.advance(seconds=3)
        stage.expire_session()
        parts.append(publish(stage, said, part, parts[-1].reply))
    assert stage.visible() == ["One", "Two", "Three"]
    assert stage.front.hits.count("com.atproto.server.createSession") == 1
    assert stage.front.hits.count("com.atproto.server.refreshSession") == 2


def test_a_renewal_without_an_answer_is_made_again(stage: BlueskyBackend) -> None:
    send(stage, text_content("One"))
    stage.expire_session()
    stage.front.fault("com.atproto.server.refreshSession", "lost")
    with pytest.raises(Unsent):
        send(stage, text_content("Two"))
    assert stage.visible() == ["One"]
    stage.clock.advance(seconds=3)
    send(stage, text_content("Two"))
    assert stage.visible() == ["One", "Two"]


def test_a_session_that_somebody_ended_is_not_begun_anew(stage: BlueskyBackend) -> None:
    stage.forget_session()
    send(stage, text_content("One"))
    stage.front.call("com.atproto.server.revokeAppPassword", {"name": "tests"}, stage.token)
    stage.spoiled = True
    stage.expire_session()
    with pytest.raises(Unauthorized, match=r"the session was ended \(Exp.*\)\. Resume the account"):
        send(stage, text_content("Two"))
    assert stage.front.hits.count("com.atproto.server.createSession") == 1
    with pytest.raises(Unauthorized, match="AuthenticationRequired"):
        send(stage, text_content("Two"))
    assert stage.visible() == ["One"]


def test_a_taken_down_account_may_not_act(stage: BlueskyBackend) -> None:
    send(stage, text_content("One"))
    stage.front.take_down(stage.did)
    stage.spoiled = True
    with pytest.raises(Unauthorized, match="AccountTakedown"):
        send(stage, text_content("Two"))
    with pytest.raises(Unauthorized):
        stage.client().whoami()


# --- Who it is ------------------------------------------------------------------------------------

PROFILE = "app.bsky.actor.profile"
BOT = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "bot"}]}


@pytest.mark.parametrize(
    ("record", "discloses"),
    [
        ({}, False),
        ({"description": "Some posts are automated."}, False),
        ({"labels": BOT}, True),
        ({"labels": {**BOT, "values": [{"val": "!no-unauthenticated"}]}}, False),
    ],
)
def test_only_the_label_discloses(
    stage: BlueskyBackend, record: dict[str, Any], discloses: bool
) -> None:
    stage.put(PROFILE, "self", {"$type": PROFILE, "displayName": "MediaJustice", **record})
    profile = stage.client().whoami()
    assert (profile.name, profile.discloses) == ("MediaJustice", discloses)
    assert (profile.id, profile.notes) == (stage.did, ())


def test_an_account_without_a_profile_discloses_nothing(stage: BlueskyBackend) -> None:
    profile = stage.client().whoami()
    assert (profile.handle, profile.bio, profile.discloses) == (stage.handle, "", False)


def test_the_label_is_set_beside_everything_else_of_the_profile(stage: BlueskyBackend) -> None:
    other = {**BOT, "values": [{"val": "!no-unauthenticated"}]}
    record = {"$type": PROFILE, "displayName": "MediaJustice", "description": "Media is a right."}
    stage.put(PROFILE, "self", {**record, "labels": other})
    client = stage.client()
    assert isinstance(client, Markable)
    client.mark_automated()
    values = [{"val": "!no-unauthenticated"}, {"val": "bot"}]
    assert stage.profile() == {**record, "labels": {**BOT, "values": values}}
    assert client.whoami().discloses is True


def test_the_label_is_set_where_there_is_no_profile_yet(stage: BlueskyBackend) -> None:
    client = stage.client()
    assert isinstance(client, Markable)
    client.mark_automated()
    assert stage.profile() == {"$type": PROFILE, "labels": BOT}


def test_the_accounts_own_password_is_noticed(stage: BlueskyBackend) -> None:
    [note] = stage.client(app_password=stage.own_password).whoami().notes
    assert "make an app password" in note


# --- Mentions -------------------------------------------------------------------------------------


RESOLVE = "com.atproto.identity.resolveHandle"


def test_a_name_that_is_not_found_keeps_a_post_for_later(stage: BlueskyBackend) -> None:
    """The server gives the same answer for a missing name and for a network that failed."""
    with pytest.raises(Unsent, match=r"not found on Bluesky yet: @nobody\.test, @noone\.test"):
        send(stage, text_content(f"As @nobody.test, @noone.test and @{stage.handle} say"))
    assert stage.visible() == []
    assert PUT not in stage.front.hits


def thread(stage: BlueskyBackend, *texts: str) -> list[str]:
    """Send a thread, and return the records' texts."""
    content, reply = Content(tuple(map(Part, texts))), None
    for part in range(len(texts)):
        client = stage.client()
        payload = client.payload(content, part, [], reply)
        reply = client.publish(payload, new_key(stage.clock.now())).reply
        stage.clock.advance(seconds=3)
    return [entry["value"]["text"] for entry in stage.records()]


def test_the_names_of_all_parts_are_found_before_the_first_is_sent(stage: BlueskyBackend) -> None:
    texts = ("One", f"Two, @{stage.handle}", "Three, @nobody.test")
    with pytest.raises(Unsent, match=r"not found on Bluesky yet: @nobody\.test"):
        thread(stage, *texts)
    assert stage.visible() == []
    assert thread(stage, *texts[:2]) == [*texts[:2]]
    for entry in stage.records():
        assert {key for key in entry["value"] if key.startswith("$")} == {"$type"}
        assert {*entry["value"].get("reply", {})} <= {"root", "parent"}


def test_a_thread_that_has_begun_goes_on_with_the_names_that_were_found(
    stage: BlueskyBackend,
) -> None:
    """Also in another process, and when the server finds nobody any more."""
    content = Content((Part("One"), Part("Two"), Part(f"Three, @{stage.handle}")))
    reply = None
    for part in range(3):
        client = stage.client()
        payload = client.payload(content, part, [], reply)
        if part:
            for _ in range(2):
                stage.front.error(RESOLVE, 400, "InvalidRequest")
        reply = client.publish(payload, new_key(stage.clock.now())).reply
        stage.clock.advance(minutes=11)
        stage.forget_session()
    [*_, last] = stage.records()
    [facet] = last["value"]["facets"]
    assert facet["features"][0]["did"] == stage.did


def test_the_names_that_were_found_are_not_asked_for_again(stage: BlueskyBackend) -> None:
    stage.forget_session()
    for _ in range(2):
        with pytest.raises(Unsent):
            send(stage, text_content(f"As @{stage.handle} and @nobody.test say"))
    assert stage.front.hits.count(RESOLVE) == 3


@pytest.mark.parametrize("how", ["lost", "answer"])
def test_a_name_that_cannot_be_looked_up_now_is_none_that_is_not_there(
    stage: BlueskyBackend, how: str
) -> None:
    stage.forget_session()  # a client remembers whom it has asked for
    stage.front.fault("com.atproto.identity.resolveHandle", how)
    with pytest.raises(Unsent):
        send(stage, text_content(f"As @{stage.handle} says"))
    assert stage.visible() == []
    send(stage, text_content(f"As @{stage.handle} says"))
    assert len(stage.visible()) == 1


def test_an_id_is_remembered_for_a_while(stage: BlueskyBackend) -> None:
    stage.forget_session()
    for minutes in (0, 9, 2):
        stage.clock.advance(minutes=minutes)
        send(stage, text_content(f"As @{stage.handle} says"))
    assert stage.front.hits.count("com.atproto.identity.resolveHandle") == 2


# --- Counters -------------------------------------------------------------------------------------


def test_counters_are_those_of_the_index(stage: BlueskyBackend) -> None:
    remote_id = send(stage, text_content("Hello"))
    counted = {"likeCount": 5, "repostCount": 4, "replyCount": 3, "quoteCount": 2}
    uri = records.post_uri(stage.did, remote_id)
    stage.front.counts[uri] = {**counted, "bookmarkCount": 1}
    reading = stage.client().fetch_counters([(remote_id, stage.clock.now())])
    expected = Counters(likes=5, reposts=4, replies=3, quotes=2, bookmarks=1)
    assert reading.counters == {remote_id: expected}
    assert (expected.impressions, expected.link_clicks) == (None, None)


def test_a_post_that_only_the_index_lacks_is_not_gone(stage: BlueskyBackend) -> None:
    ids = [send(stage, text_content(f"Post {number}")) for number in range(2)]
    stage.front.unindexed.add(records.post_uri(stage.did, ids[0]))
    reading = stage.client().fetch_counters([(remote_id, stage.clock.now()) for remote_id in ids])
    assert (set(reading.counters), reading.gone) == ({ids[1]}, set())


def test_the_index_is_asked_for_25_at_a_time(stage: BlueskyBackend) -> None:
    ids = stage.post_by_hand(*(f"Post {number}" for number in range(60)))
    client = stage.client()
    reading = client.fetch_counters([(remote_id, stage.clock.now()) for remote_id in ids])
    assert set(reading.counters) == {*ids}
    assert stage.front.hits.count("app.bsky.feed.getPosts") == 3
    stage.front.faults["app.bsky.feed.getPosts"] = []
    stage.front.fault("app.bsky.feed.getPosts", "pass")
    stage.front.error("app.bsky.feed.getPosts", 500, "InternalServerError")
    half = client.fetch_counters([(remote_id, stage.clock.now()) for remote_id in ids])
    assert len(half.counters) == 25, "those read until then"


# --- Searching ------------------------------------------------------------------------------------


def test_a_search_reads_every_page(stage: BlueskyBackend) -> None:
    start = stage.clock.now()
    [oldest, *_] = stage.post_by_hand("The oldest", *(f"Post {number}" for number in range(230)))
    client = stage.client()
    search = client.find(client.payload(text_content("The oldest"), 0, [], None), start)
    assert [post.remote_id for post in search.matches] == [oldest]
    assert "231 posts" in search.evidence
    assert len(search.near_matches) == 230
    assert search.complete


def test_a_search_stops_where_older_posts_begin(stage: BlueskyBackend) -> None:
    stage.post_by_hand(*(f"Post {number}" for number in range(230)))
    stage.clock.advance(hours=1)
    client = stage.client()
    search = client.find(client.payload(text_content("Hello"), 0, [], None), stage.clock.now())
    assert "0 posts" in search.evidence
    assert stage.front.hits.count("com.atproto.repo.listRecords") == 1


def test_a_copy_from_another_hand_is_found_too(stage: BlueskyBackend) -> None:
    [remote_id] = stage.post_by_hand("By hand, in the app")
    client = stage.client()
    payload = client.payload(text_content("By hand, in the app"), 0, [], None)
    [match] = client.find(payload, stage.clock.now()).matches
    assert match.remote_id == remote_id
    assert json.loads(match.reply)["parent"]["uri"] == f"at://{stage.did}/{POSTS}/{remote_id}"


def test_rules_and_prices_need_no_library() -> None:
    code = "import sys, bot.platforms.bluesky as b; print('atproto_client' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
