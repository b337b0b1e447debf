from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from helpers.pictures import picture_bytes

if TYPE_CHECKING:
    import requests
    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]

MP4 = b"\0\0\0\x18ftypmp42" + b"\0" * 3000


def begin(sandbox: SandboxClient, total: int, **more: Any) -> requests.Response:
    body = {"media_type": "video/mp4", "media_category": "tweet_video", **more}
    return sandbox.api("POST", "/2/media/upload/initialize", json={"total_bytes": total, **body})


def append(sandbox: SandboxClient, id_: str, segment: object, data: bytes) -> requests.Response:
    files = {"media": ("chunk", data, "application/octet-stream")}
    form = {"segment_index": str(segment)}
    return sandbox.api("POST", f"/2/media/upload/{id_}/append", files=files, data=form)


def finalize(sandbox: SandboxClient, id_: str) -> requests.Response:
    return sandbox.api("POST", f"/2/media/upload/{id_}/finalize")


def status(sandbox: SandboxClient, id_: str) -> Any:
    params = {"command": "STATUS", "media_id": id_}
    answer = sandbox.api("GET", "/2/media/upload", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def describe(sandbox: SandboxClient, id_: str, alt: object) -> requests.Response:
    body = {"id": id_, "metadata": {"alt_text": {"text": alt}}}
    return sandbox.api("POST", "/2/media/metadata", json=body)


def chunked(sandbox: SandboxClient, data: bytes, **more: Any) -> str:
    id_ = str(begin(sandbox, len(data), **more).json()["data"]["id"])
    size = -(-len(data) // 3)
    for segment in (2, 1, 0):
        chunk = data[segment * size : (segment + 1) * size]
        assert append(sandbox, id_, segment, chunk).status_code == 200
    return id_


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_picture_goes_up_in_one_piece(sandbox: SandboxClient, kind: str) -> None:
    picture = picture_bytes(kind)
    data = sandbox.upload(picture).json()["data"]
    assert data["media_key"] == f"3_{data['id']}"
    assert data["expires_after_secs"] == 86_400
    assert data["size"] == len(picture)
    assert data["image"] == {"image_type": f"image/{kind.lower()}", "w": 8, "h": 6}
    assert "processing_info" not in data


def test_attached_media_shows_in_text_entities_and_attachments(sandbox: SandboxClient) -> None:
    first, second = sandbox.create_upload(), sandbox.create_upload()
    assert describe(sandbox, first, "A blue square").status_code == 200
    id_ = sandbox.create_post("Look", media={"media_ids": [first, second]})
    params = {"ids": id_, "tweet.fields": "attachments,entities"}
    post = sandbox.api("GET", "/2/tweets", params=params).json()["data"][0]
    urls = post["entities"]["urls"]
    assert post["text"] == f"Look {urls[0]['url']}"
    assert len(urls) == 2
    assert urls[0]["expanded_url"] == f"https://x.com/mediajustice/status/{id_}/photo/1"
    assert post["attachments"]["media_keys"] == [f"3_{first}", f"3_{second}"]
    media = sandbox.control("GET", "/posts")["posts"][0]["media"]
    assert [file["alt"] for file in media] == ["A blue square", ""]


def test_post_may_be_a_picture_alone(sandbox: SandboxClient) -> None:
    answer = sandbox.post(media={"media_ids": [sandbox.create_upload()]})
    assert answer.status_code == 201
    assert answer.json()["data"]["text"].startswith("https://t.co/")


def invalid_media(answer: requests.Response) -> bool:
    errors = answer.json()["errors"]
    return answer.status_code == 400 and errors[0]["message"] == "Your media IDs are invalid."


def test_foreign_unknown_expired_and_repeated_media_are_refused(sandbox: SandboxClient) -> None:
    foreign = sandbox.create_upload(who=sandbox.other)
    assert invalid_media(sandbox.post(text="a", media={"media_ids": [foreign]}))
    assert invalid_media(sandbox.post(text="a", media={"media_ids": ["42"]}))
    mine = sandbox.create_upload()
    assert invalid_media(sandbox.post(text="a", media={"media_ids": [mine, mine]}))
    sandbox.clock.advance(hours=24)
    assert invalid_media(sandbox.post(text="a", media={"media_ids": [mine]}))
    assert not sandbox.world.posts


def test_unfinished_upload_cannot_be_attached(sandbox: SandboxClient) -> None:
    id_ = chunked(sandbox, MP4)
    assert invalid_media(sandbox.post(text="a", media={"media_ids": [id_]}))


def test_video_goes_through_its_states(sandbox: SandboxClient) -> None:
    id_ = chunked(sandbox, MP4)
    data = finalize(sandbox, id_).json()["data"]
    assert data["media_key"] == f"13_{id_}"
    assert data["processing_info"] == {"state": "pending", "check_after_secs": 1}
    assert invalid_media(sandbox.post(text="a", media={"media_ids": [id_]}))
    sandbox.clock.advance(seconds=2)
    assert status(sandbox, id_)["processing_info"]["state"] == "in_progress"
    sandbox.clock.advance(seconds=2)
    assert status(sandbox, id_)["processing_info"]["state"] == "succeeded"
    sandbox.create_post("A video", media={"media_ids": [id_]})
    assert sandbox.world.uploads[id_].data == MP4


def test_gif_stands_alone(sandbox: SandboxClient) -> None:
    gif = picture_bytes("GIF", frames=3)
    kind = {"media_type": "image/gif", "media_category": "tweet_gif"}
    id_ = chunked(sandbox, gif, **kind)
    assert finalize(sandbox, id_).json()["data"]["media_key"] == f"16_{id_}"
    sandbox.clock.advance(seconds=5)
    assert invalid_media(
        sandbox.post(text="a", media={"media_ids": [id_, sandbox.create_upload()]})
    )
    sandbox.create_post("A GIF", media={"media_ids": [id_]})


def test_gif_beyond_the_documented_fails_in_processing(sandbox: SandboxClient) -> None:
    kind = {"media_type": "image/gif", "media_category": "tweet_gif"}
    id_ = chunked(sandbox, picture_bytes("GIF", frames=351), **kind)
    finalize(sandbox, id_)
    sandbox.clock.advance(seconds=5)
    info = status(sandbox, id_)["processing_info"]
    assert info["state"] == "failed"
    assert "too many" in info["error"]["message"]
    assert invalid_media(sandbox.post(text="a", media={"media_ids": [id_]}))


@pytest.mark.parametrize(
    "data",
    [b"no picture", b"\x89PNG\r\n\x1a\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
)
def test_what_is_no_picture_is_refused(sandbox: SandboxClient, data: bytes) -> None:
    answer = sandbox.upload(data)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Request"


def test_picture_over_five_megabytes_is_refused(sandbox: SandboxClient) -> None:
    answer = sandbox.upload(picture_bytes() + b"\0" * 5_000_000)
    assert answer.status_code == 400


def test_upload_needs_file_and_category(sandbox: SandboxClient) -> None:
    assert sandbox.upload(category="banner").status_code == 400
    assert sandbox.api("POST", "/2/media/upload", json={"media": "x"}).status_code == 400
    form = {"media_category": "tweet_image", "media": "no file"}
    assert sandbox.api("POST", "/2/media/upload", files={"x": b"1"}, data=form).status_code == 400


def test_a_form_has_the_known_fields_and_no_more(sandbox: SandboxClient) -> None:
    form = {"media_category": "tweet_image", "colour": "1"}
    files = {"media": ("file", picture_bytes(), "image/png")}
    answer = sandbox.api("POST", "/2/media/upload", files=files, data=form)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith("$.colour: is not defined in")


def test_an_append_has_the_fields_of_the_specification_and_no_more(sandbox: SandboxClient) -> None:
    id_ = str(begin(sandbox, 10).json()["data"]["id"])
    form = {"segment_index": "0", "media_id": id_}
    files = {"media": ("chunk", b"x", "application/octet-stream")}
    answer = sandbox.api("POST", f"/2/media/upload/{id_}/append", files=files, data=form)
    assert answer.status_code == 400


def test_parts_must_add_up(sandbox: SandboxClient) -> None:
    id_ = str(begin(sandbox, 100).json()["data"]["id"])
    assert append(sandbox, id_, 0, b"x" * 99).status_code == 200
    answer = finalize(sandbox, id_)
    assert answer.status_code == 400
    assert "do not add up" in answer.json()["errors"][0]["message"]
    assert append(sandbox, id_, 0, MP4[:100]).json()["data"]["expires_at"] > 0
    assert finalize(sandbox, id_).status_code == 200
    assert append(sandbox, id_, 1, b"more").status_code == 400


@pytest.mark.parametrize("segment", [1000, -1, "first", ""])
def test_segment_index_has_its_span(sandbox: SandboxClient, segment: object) -> None:
    id_ = str(begin(sandbox, 10).json()["data"]["id"])
    assert append(sandbox, id_, segment, b"x").status_code == 400


def test_chunk_has_its_most(sandbox: SandboxClient) -> None:
    id_ = str(begin(sandbox, 9_000_000).json()["data"]["id"])
    assert append(sandbox, id_, 0, b"x" * (8 * 1024 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize(
    ("total", "more"),
    [
        (513_000_000, {}),
        (16_000_000, {"media_type": "image/gif", "media_category": "tweet_gif"}),
        (-1, {}),
        (10, {"media_type": "text/html"}),
        (10, {"colour": "red"}),
    ],
)
def test_initialize_outside_the_documented_is_400(
    sandbox: SandboxClient, total: int, more: Any
) -> None:
    assert begin(sandbox, total, **more).status_code == 400


def test_alt_text_has_a_thousand_characters(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_upload()
    answer = describe(sandbox, id_, "x" * 1000)
    assert answer.json()["data"]["associated_metadata"]["alt_text"]["text"] == "x" * 1000
    assert describe(sandbox, id_, "x" * 1001).status_code == 400
    assert describe(sandbox, id_, 5).status_code == 400
    assert describe(sandbox, "42", "x").status_code == 404


def test_expired_uploads_are_not_found(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_upload()
    sandbox.clock.advance(hours=24)
    assert describe(sandbox, id_, "x").status_code == 404


def test_others_uploads_are_not_found(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_upload(who=sandbox.other)
    assert finalize(sandbox, id_).status_code == 404
    params = {"command": "STATUS", "media_id": id_}
    assert sandbox.api("GET", "/2/media/upload", params=params).status_code == 404
