from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import campaign_with_post, load_files, post_problem, save_picture, sound_post
from helpers.films import film
from PIL import Image

from bot.campaigns.media import find_media
from bot.model import Content, Media, Part
from bot.platforms.uploads import checked_chunks
from bot.yamlsource.problems import FormError

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


def with_media(file: str) -> tuple[str, str]:
    return "text: Hi", f"media: [{{file: '{file}', alt: A hand}}]"


PNG_END = b"\0\0\0\0\0\0\0\0IEND\xaeB`\x82"


def huge_png(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 9) + b"IDAT" + b"\0" * 9


@pytest.mark.parametrize("ending", KINDS)
def test_an_image_is_found_hashed_and_measured(ending: str, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "media" / f"hart.{ending}")
    post = sound_post(tmp_path, *with_media(f"media/hart.{ending}"))
    (item,) = post.wordings[0].content.parts[0].media
    assert (item.path, item.mime) == (path, KINDS[ending])
    assert (item.width, item.height, item.alt) == (40, 30, "A hand")
    assert item.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert item.size == path.stat().st_size
    assert (item.mark.line, item.mark.column) == (31, 20)


def test_a_video_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "clip.bin").write_bytes(film())
    assert find_media(tmp_path, tmp_path, "clip.bin").mime == "video/mp4"


def test_an_image_that_changes_is_measured_again(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.png")
    before = find_media(tmp_path, tmp_path, "a.png")
    save_picture(path, (50, 50))
    after = find_media(tmp_path, tmp_path, "a.png")
    assert (before.width, after.width) == (40, 50)
    assert before.sha256 != after.sha256


def photo(path: Path, place: str = "Abdullah Street 7") -> Path:
    """Save a photo with the place at which it was taken, as a phone does."""
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[29] = "N", place
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (40, 30), "navy").save(path, exif=exif, comment=place)
    return path


def test_the_bytes_of_a_photo_that_are_checked_are_sent(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg")
    raw, media = path.read_bytes(), find_media(tmp_path, tmp_path, "a.jpg")
    sent = b"".join(checked_chunks(media))
    assert b"Abdullah" in raw
    assert b"Abdullah" not in sent
    assert (media.sha256, media.size) == (hashlib.sha256(sent).hexdigest(), len(sent))
    assert media.original_sha256 == hashlib.sha256(raw).hexdigest()
    assert path.read_bytes() == raw, "the file in the folder stays as it is"


def test_a_photo_queued_by_an_earlier_version_is_sent_without_its_place(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg")
    raw = path.read_bytes()
    queued = Media(path, "", hashlib.sha256(raw).hexdigest(), "image/jpeg", len(raw))
    assert b"Abdullah" not in b"".join(checked_chunks(queued))


def test_another_place_in_a_photo_is_not_another_photo(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    first = find_media(tmp_path, tmp_path, "a.jpg")
    photo(tmp_path / "a.jpg", "Maple Street 12")
    second = find_media(tmp_path, tmp_path, "a.jpg")
    assert (first.sha256, first) == (second.sha256, second)
    assert Content((Part("", (first,)),)).digest == Content((Part("", (second,)),)).digest


def test_the_digest_of_a_content_is_that_of_earlier_versions(tmp_path: Path) -> None:
    """Approvals of posts with pictures without hidden data therefore stay valid."""
    media = replace(find_media(save_picture(tmp_path / "a.png").parent, tmp_path, "a.png"), alt="A")
    stored = {"alt": "A", "height": 30, "mime": "image/png", "sha256": media.sha256}
    stored |= {"path": str(media.path), "size": media.size, "width": 40}
    [part] = json.loads(Content((Part("Hi", (media,)),)).to_json())["parts"]
    assert part["media"] == [stored]


def test_media_of_a_subfolder_may_stand_beside_it(tmp_path: Path) -> None:
    save_picture(tmp_path / "media" / "a.png")
    (tmp_path / "more").mkdir()
    assert find_media(tmp_path, tmp_path / "more", "../media/a.png").width == 40


def moving_gif() -> bytes:
    buffer = io.BytesIO()
    frames = [Image.effect_noise((40, 30), 40 * n) for n in range(1, 4)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def bad_file(folder: Path, name: str) -> None:
    """Make a file with the mistake that its name describes."""
    path = folder / "media" / name
    path.parent.mkdir(exist_ok=True)
    contents = {
        "empty.png": b"",
        "text.png": b"not an image",
        "page.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "head.png": b"\x89PNG\r\n\x1a\n",
        "head.jpg": b"\xff\xd8\xff\xe0",
        "head.webp": b"RIFF\0\0\0\0WEBP",
        "half.png": huge_png(40, 30),
        "whole.png": huge_png(40, 30) + PNG_END,
        "half.mp4": film(padding=2000)[:-1000],
        "head.mp4": film()[:20],
        "frames.gif": moving_gif()[:-30],
        "bomb.png": huge_png(60_000, 60_000) + PNG_END,
        "large.png": huge_png(9_000, 9_000) + PNG_END,
    }
    if name in contents:
        path.write_bytes(contents[name])
    elif name == "fat.png":
        path.write_bytes(huge_png(4, 4))
        os.truncate(path, 17 * 1024 * 1024)
    elif name.startswith("half"):
        os.truncate(save_picture(path, (640, 480)), 200 if name.endswith("webp") else 5000)
    elif name == "pipe.png":
        os.mkfifo(path)
    elif name == "link.png":
        path.symlink_to(save_picture(folder.parent / "outside" / "a.png"))
    elif name == "inner.png":
        path.symlink_to(save_picture(folder / "media" / "a.png"))
    elif name == "folder.png":
        path.mkdir()


BAD_BY_CODE = {
    "M501": ["media/gone.png", "nowhere/gone.png", "media/a.png/b.png"],
    "M502": [
        *("../outside/a.png", "media/../../outside/a.png", "/etc/passwd", ".."),
        *("media/link.png", "media/inner.png"),
    ],
    "M503": ["media/folder.png", "media/pipe.png", ".", "media/" + "n" * 280],
    "M504": ["media/empty.png"],
    "M505": [
        *("media/text.png", "media/page.svg", "media/head.png", "media/head.jpg", "a.yaml"),
        *("media/head.webp", "media/half.png", "media/half.jpg", "media/half.webp"),
        *("media/whole.png", "media/half.mp4", "media/head.mp4", "media/frames.gif"),
    ],
    "M506": ["media/bomb.png", "media/large.png", "media/fat.png"],
}
BAD = {file: code for code, files in BAD_BY_CODE.items() for file in files}


@pytest.mark.parametrize("file", BAD, ids=[name[:30] for name in BAD])
def test_media_that_cannot_be_shown_is_one_line(file: str, tmp_path: Path) -> None:
    posts = tmp_path / "posts"
    save_picture(tmp_path / "outside" / "a.png")
    posts.mkdir()
    bad_file(posts, file.rpartition("/")[2])
    line = post_problem(posts, *with_media(file))
    assert line.startswith(f"a.yaml:31:20: {BAD[file]} ")


def test_a_picture_that_is_twice_in_a_post_is_reported(tmp_path: Path) -> None:
    """Both would be one upload, and Mastodon would show one picture."""
    save_picture(tmp_path / "media" / "a.png")
    (tmp_path / "media" / "copy.png").write_bytes((tmp_path / "media" / "a.png").read_bytes())
    same = "{file: media/a.png, alt: A hand}, {file: media/copy.png, alt: A hand}"
    line = post_problem(tmp_path, "text: Hi", f"media: [{same}]")
    assert line.startswith('a.yaml:31:54: M507 "copy.png" is in this post twice')
    other = "{file: media/a.png, alt: A hand}, {file: media/copy.png, alt: The same hand}"
    assert sound_post(tmp_path, "text: Hi", f"media: [{other}]")


def test_a_folder_that_leads_outside_is_not_followed(tmp_path: Path) -> None:
    posts = tmp_path / "posts"
    posts.mkdir()
    save_picture(tmp_path / "outside" / "a.png")
    (posts / "media").symlink_to(tmp_path / "outside")
    line = post_problem(posts, *with_media("media/a.png"))
    assert line.startswith("a.yaml:31:20: M502 ")


def test_a_file_that_may_not_be_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_picture(tmp_path / "media" / "a.png")
    really = os.open

    def denied(path: str, flags: int, *rest: int, dir_fd: int | None = None) -> int:
        if path == "a.png":
            raise PermissionError(13, "Permission denied")
        return really(path, flags, *rest, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", denied)  # root, who may run the tests, can read everything
    with pytest.raises(FormError, match="may not be read"):
        find_media(tmp_path, tmp_path, "media/a.png")


def test_pillow_is_not_imported_without_media(tmp_path: Path) -> None:
    import subprocess
    import sys

    load_files(tmp_path, a=campaign_with_post("text: Hi"))
    code = (
        "import sys, pathlib; from bot.campaigns.loading import FolderReader; "
        "FolderReader(pathlib.Path(sys.argv[1]), {}, {}).read(); "
        "print([name for name in ('PIL', 'jinja2', 'dateutil') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
