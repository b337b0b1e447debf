from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.pictures import picture_bytes

from bot.sandbox.mastodon.media import IMAGE_BYTES
from bot.sandbox.mastodon.problems import NOT_READY

if TYPE_CHECKING:
    from helpers.sandbox_mastodon import MastodonSandbox

pytest_plugins = ["helpers.sandbox_mastodon"]

VIDEO = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 64


@pytest.mark.parametrize("version", [1, 2])
def test_a_picture_is_ready_at_once(server: MastodonSandbox, version: int) -> None:
    answer = server.upload(version=version, description="An iris", focus="-0.5,0.25")
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["type"], shown["description"]) == ("image", "An iris")
    assert shown["meta"]["focus"] == {"x": -0.5, "y": 0.25}
    assert shown["meta"]["original"]["size"] == "8x6"
    assert server.session.get(shown["url"], timeout=10).content == picture_bytes()


@pytest.mark.parametrize("data", [VIDEO, picture_bytes("GIF", frames=3)], ids=["video", "gif"])
def test_what_moves_is_processed_first(server: MastodonSandbox, data: bytes) -> None:
    answer = server.upload(data)
    assert answer.status_code == 202
    assert answer.json()["url"] is None
    path = f"/api/v1/media/{answer.json()['id']}"
    assert server.api("GET", path).status_code == 206
    early = server.post("Too early", 422, media_ids=[answer.json()["id"]])
    assert early["error"] == NOT_READY
    server.clock.advance(seconds=3)
    assert server.get(path)["url"]
    assert server.post("Look", media_ids=[answer.json()["id"]])["media_attachments"]


def test_the_old_endpoint_answers_when_all_is_done(server: MastodonSandbox) -> None:
    answer = server.upload(VIDEO, version=1)
    assert answer.status_code == 200
    assert answer.json()["url"]


def test_a_still_gif_is_a_picture(server: MastodonSandbox) -> None:
    assert server.upload(picture_bytes("GIF")).json()["type"] == "image"


def test_a_file_is_attached_once_and_to_ones_own_post(server: MastodonSandbox) -> None:
    id_ = server.create_upload()
    shown = server.post("Look", media_ids=[id_])
    assert "already attached" in server.refused("Again", media_ids=[id_])
    server.get(f"/api/v1/media/{id_}", 404)
    server.api("DELETE", f"/api/v1/statuses/{shown['id']}")
    server.post("Once more", media_ids=[id_])
    theirs = server.create_upload()
    answer = server.api(
        "POST",
        "/api/v1/statuses",
        token=server.token(server.other),
        json={"status": "Mine?", "media_ids": [theirs]},
    )
    assert answer.status_code == 422
    old = server.create_upload()
    server.clock.advance(hours=24)
    assert "not found" in server.refused("Late", media_ids=[old])


def test_four_pictures_go_together_and_a_video_alone(server: MastodonSandbox) -> None:
    ids = [server.create_upload(description=str(number)) for number in range(4)]
    shown = server.post("Look", media_ids=ids)
    assert [file["description"] for file in shown["media_attachments"]] == list("0123")
    video = server.upload(VIDEO, version=1).json()["id"]
    why = server.refused("Mixed", media_ids=[server.create_upload(), video])
    assert why == "Cannot attach a video to a post that already contains images"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"no picture", "File content type is invalid, File is invalid"),
        (b"\x89PNG\r\n\x1a\nbroken", "File content type is invalid, File is invalid"),
        (b"\xff\xd8\xff" + b"\x00" * IMAGE_BYTES, "File file size must be less than 16 MB"),
    ],
    ids=["text", "broken", "large"],
)
def test_what_is_no_picture_or_too_large_is_refused(
    server: MastodonSandbox, data: bytes, why: str
) -> None:
    answer = server.upload(data)
    assert answer.status_code == 422
    assert answer.json() == {"error": f"Validation failed: {why}"}


def test_an_upload_needs_a_file_and_a_short_description(server: MastodonSandbox) -> None:
    answer = server.api("POST", "/api/v2/media", data={"description": "None"})
    assert answer.json() == {"error": "Validation failed: File can't be blank"}
    server.create_upload(description="x" * 1500)
    assert "Description is too long" in server.upload(description="x" * 1501).json()["error"]
