"""Uploads: ahead of the posts, and beside them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from helpers.delivery import DUE, content_of, make_media
from helpers.store import MINUTE, occurrence, text_content

from bot.model import Part, State
from bot.planning.diff import Add

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from helpers.delivery import AppHarness


def showing(folder: Path, text: str = "with a picture") -> Any:
    return content_of(Part(text, (make_media(folder),)))


def test_a_slow_upload_delays_no_other_post(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = loop.add("film", content=showing(loop.folder))
    loop.add("words", due=DUE + MINUTE / 2, content=text_content("no picture"))
    loop.clock.advance_to(DUE + MINUTE)
    begun, done = threading.Event(), threading.Event()
    client = loop.app.clients("mj")
    upload = client.upload

    def slowly(media: Any) -> Any:
        begun.set()
        assert done.wait(30)
        return upload(media)

    monkeypatch.setattr(client, "upload", slowly)
    uploading = threading.Thread(target=loop.app.uploads.run)
    uploading.start()
    assert begun.wait(30)
    loop.app.dispatcher.run()
    assert loop.texts == ["no picture"]
    assert loop.state(film) is State.SCHEDULED
    done.set()
    uploading.join()
    loop.drive(minutes=1)
    assert loop.texts == ["no picture", "with a picture"]


def test_a_post_whose_upload_is_not_done_in_its_time_says_so(loop: AppHarness) -> None:
    key = loop.add(content=showing(loop.folder))
    loop.clock.advance_to(loop.get(key).deadline + MINUTE / 60)
    loop.app.dispatcher.run()
    assert loop.state(key) is State.MISSED
    assert "its media are still being uploaded" in loop.get(key).reason


def test_what_the_platform_refuses_for_good_is_tried_once_and_told_before_it_is_due(
    loop: AppHarness,
) -> None:
    key = loop.add(content=showing(loop.folder))
    loop.fault({"status": 400}, "/2/media/upload", count=1)
    loop.drive(minutes=9)
    assert loop.clock.now() < DUE
    assert loop.state(key) is State.REJECTED
    assert loop.get(key).reason.startswith("media: ")
    loop.drive(minutes=30)
    assert loop.world.uploads == {}
    assert loop.posts == []


def test_a_file_that_is_put_back_before_it_is_due_is_sent(loop: AppHarness) -> None:
    content = showing(loop.folder)
    key = loop.add(content=content)
    path = content.parts[0].media[0].path
    whole = path.read_bytes()
    path.write_bytes(b"something else")
    loop.drive(minutes=9)
    path.write_bytes(whole)
    loop.drive(minutes=2)
    assert loop.state(key) is State.PUBLISHED


def test_whatever_is_held_hides_no_post_that_may_go(loop: AppHarness) -> None:
    held = [
        occurrence(
            f"held {number}", due=DUE, content=text_content(str(number)), embargo=DUE + 60 * MINUTE
        )
        for number in range(600)
    ]
    loop.app.queue.apply([Add(delivery) for delivery in held], loop.clock.now())
    loop.add("free", content=text_content("free"))
    loop.drive(minutes=10)
    assert loop.texts == ["free"]
