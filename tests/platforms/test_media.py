"""Media upload over real HTTP, with chunks, alt text, processing and failures."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from helpers.films import PLACE, box, film
from helpers.platform_contract import make_media
from PIL import Image

from bot.campaigns.media import find_media
from bot.model import Media
from bot.platforms.outcomes import OutOfCredit, RateLimited, Rejected, Unauthorized, Unsent
from bot.platforms.x import media as uploading
from bot.platforms.x.transport import XTransport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.platforms import XBackend


@pytest.fixture(scope="module", params=["tweet", "post"])
def spelling(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def video(folder: Path, size: int) -> Media:
    data = film(padding=size - len(film()))
    path = folder / "march.mp4"
    path.write_bytes(data)
    return Media(path, "People march", sha256(data).hexdigest(), "video/mp4", size)


def test_an_image_arrives_whole_with_its_alt_text(stage: XBackend, tmp_path: Path) -> None:
    image = make_media(tmp_path, alt="An iris & a fingerprint")
    upload = stage.client().upload(image)
    held = stage.world.uploads[upload.media_id]
    assert (held.data, held.mime, held.alt) == (image.path.read_bytes(), "image/png", image.alt)


def test_a_video_arrives_whole_in_chunks_after_processing(
    stage: XBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "CHUNK", 1000)
    march, client = video(tmp_path, 3500), stage.client()
    sent: list[str] = []
    ask = XTransport.send

    def watched(line: XTransport, method: str, route: str, **how: Any) -> Any:
        sent.extend(how.get("form", {}).values())
        return ask(line, method, route, **how)

    monkeypatch.setattr(XTransport, "send", watched)
    upload = client.upload(march)
    held = stage.world.uploads[upload.media_id]
    assert sent == ["0", "1", "2", "3"]
    assert held.data == march.path.read_bytes()
    assert sum(stage.waited) >= 3, "it asked again until X had processed it"


def test_where_a_picture_or_film_was_taken_does_not_get_to_x(
    stage: XBackend, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x013B] = "Abdullah Street 7"
    Image.new("RGB", (48, 32), "teal").save(tmp_path / "march.jpg", exif=exif)
    (tmp_path / "march.mp4").write_bytes(film(index=box(b"udta", box(b"\xa9xyz", PLACE))))
    for name in ("march.jpg", "march.mp4"):
        media = replace(find_media(tmp_path, tmp_path, name), alt="People march")
        held = stage.world.uploads[stage.client().upload(media).media_id]
        assert sha256(held.data).hexdigest() == media.sha256
        assert b"Abdullah" not in held.data
        assert PLACE not in held.data


def test_an_upload_is_given_up_before_x_forgets_it(stage: XBackend, tmp_path: Path) -> None:
    upload = stage.client().upload(make_media(tmp_path))
    life = upload.expires - stage.clock.now()
    assert life == timedelta(hours=24) - timedelta(minutes=10)


def test_a_video_that_x_cannot_process_is_rejected(
    stage: XBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    march = video(tmp_path, 900)

    def spoil(seconds: float) -> None:
        for held in stage.world.uploads.values():
            held.failure = "InvalidMedia"
        stage.clock.advance(seconds=seconds)

    monkeypatch.setattr(stage, "wait", spoil)
    with pytest.raises(Rejected, match="InvalidMedia"):
        stage.client().upload(march)


def test_patience_with_processing_ends(
    stage: XBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "PROCESSING_TIMEOUT", 2.5)
    monkeypatch.setattr(stage, "wait", stage.waited.append)
    with pytest.raises(Unsent, match="still processing"):
        stage.client().upload(video(tmp_path, 900))
    assert stage.waited == [1.0, 1.0]


def test_a_video_that_changed_while_it_was_sent_is_not_finalized(
    stage: XBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    march, ask = video(tmp_path, 900), XTransport.send

    def changing(line: XTransport, method: str, route: str, **how: Any) -> Any:
        if route.endswith("initialize"):
            march.path.write_bytes(march.path.read_bytes()[::-1])
        return ask(line, method, route, **how)

    monkeypatch.setattr(XTransport, "send", changing)
    known = {*stage.world.uploads}
    with pytest.raises(Rejected, match="has changed since it was checked"):
        stage.client().upload(march)
    (fresh,) = {*stage.world.uploads} - known
    assert stage.world.uploads[fresh].finalized is None


# --- A file that is another one by now ------------------------------------------------------------


def reversed_(path: Path) -> None:
    path.write_bytes(path.read_bytes()[::-1])


def longer(path: Path) -> None:
    os.truncate(path, 6 * 1024**3)  # a hole: it takes no room on the disk


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def linked(path: Path) -> None:
    path.symlink_to(path.rename(path.with_name("same.bytes")))


def behind_a_link(path: Path) -> None:
    real = path.parent.rename(path.parent.with_name("elsewhere"))
    path.parent.symlink_to(real)


SWAPS = [reversed_, longer, endless, pipe, folder, linked, behind_a_link]


@pytest.mark.parametrize("swap", SWAPS)
@pytest.mark.parametrize("what", ["image", "video"])
def test_a_file_that_was_swapped_after_the_check_sends_no_byte(
    stage: XBackend,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    swap: Callable[[Path], None],
) -> None:
    (tmp_path / "media").mkdir()
    shown = make_media(tmp_path / "media") if what == "image" else video(tmp_path / "media", 900)
    swap(shown.path)
    asked: list[Any] = []
    monkeypatch.setattr(XTransport, "send", lambda *how, **_more: asked.append(how))
    with pytest.raises(Rejected, match=f"{shown.path.name} has changed since it was checked"):
        stage.client().upload(shown)
    assert asked == []


def test_a_file_that_is_gone_is_no_refusal_for_good(stage: XBackend, tmp_path: Path) -> None:
    image = make_media(tmp_path)
    image.path.unlink()
    with pytest.raises(Unsent, match=r"iris\.png cannot be read: No such file"):
        stage.client().upload(image)


def test_a_type_that_x_does_not_take_is_refused_here(stage: XBackend, tmp_path: Path) -> None:
    page = tmp_path / "page.svg"
    page.write_text("<svg/>")
    with pytest.raises(Rejected, match="svg"):
        stage.client().upload(Media(page, "A page", "", "image/svg+xml", 6))


FAILURES = [
    ({"status": 400}, Rejected),
    ({"status": 401}, Unauthorized),
    ({"status": 402}, OutOfCredit),
    ({"status": 403}, Unauthorized),
    ({"status": 429, "reset": 60}, RateLimited),
    ({"status": 503}, Unsent),
    ("drop_before", Unsent),
    ("commit_then_drop", Unsent),
    ("commit_then_503", Unsent),
    ("garbage", Unsent),
    ("truncate", Unsent),
]
STEPS = [
    ("image/png", "/2/media/upload"),
    ("image/png", "/2/media/metadata"),
    ("image/gif", "/2/media/upload/initialize"),
    ("image/gif", "/2/media/upload/.*/append"),
    ("image/gif", "/2/media/upload/.*/finalize"),
]


@pytest.mark.parametrize(("effect", "outcome"), FAILURES, ids=str)
@pytest.mark.parametrize(("mime", "path"), STEPS)
def test_no_failure_of_an_upload_is_unknown_and_it_can_be_repeated(
    stage: XBackend, tmp_path: Path, mime: str, path: str, effect: Any, outcome: type[Exception]
) -> None:
    image = make_media(tmp_path, name=f"iris.{mime[6:]}")
    unread = effect == "garbage" and path.endswith(("metadata", "append"))
    stage.fault(effect, path)
    if not unread:  # these two are answered by a status alone, so a body that is no JSON is fine
        with pytest.raises(outcome) as caught:
            stage.client().upload(image)
        assert isinstance(caught.value, outcome)
    upload = stage.client().upload(image)
    assert stage.world.uploads[upload.media_id].alt == image.alt
