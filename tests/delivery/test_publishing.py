"""The dispatcher's sends and their results, over HTTP, against the sandbox."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE, content_of, make_media
from helpers.store import MINUTE, occurrence, spending, text_content

from bot.model import Part, State
from bot.planning.diff import Add

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.delivery import AppHarness

SECOND = timedelta(seconds=1)


def test_a_post_goes_out_at_its_instant_and_once(loop: AppHarness) -> None:
    key = loop.add()
    loop.drive(minutes=30)
    [post] = loop.posts
    assert (post.raw, post.created) == ("Take HART off AWS.", DUE)
    assert loop.state(key) is State.PUBLISHED
    [attempt] = loop.attempts(key)
    assert attempt.outcome == "published"
    assert attempt.detail.endswith(f"/mediajustice/status/{post.id}")
    assert sum(entry.dollars for entry in spending(loop.app.database)) == Decimal("0.015")


def test_a_thread_goes_out_in_order_each_part_under_the_one_before(loop: AppHarness) -> None:
    key = loop.add(content=text_content("one", "two", "three"))
    loop.drive(minutes=11)
    assert loop.texts == ["one", "two", "three"]
    assert [post.parent for post in loop.posts] == [None, *(p.id for p in loop.posts[:-1])]
    assert all(gap == loop.account.part_gap for gap in loop.gaps())
    assert [attempt.part for attempt in loop.attempts(key)] == [0, 1, 2]
    assert loop.state(key) is State.PUBLISHED


def test_posts_of_one_instant_keep_the_accounts_gap(loop: AppHarness) -> None:
    loop.add_posts(4)
    loop.drive(minutes=15)
    assert loop.texts == [f"post {number}" for number in range(4)]
    assert loop.gaps() == [loop.account.gap] * 3


def test_nothing_comes_between_the_parts_of_a_thread(loop: AppHarness) -> None:
    loop.add("thread", content=text_content("one", "two", "three"))
    loop.add("other", due=DUE + 2 * SECOND, content=text_content("other"))
    loop.drive(minutes=15)
    assert loop.texts == ["one", "two", "three", "other"]


def test_media_are_uploaded_ahead_and_once_for_all_posts(loop: AppHarness) -> None:
    media = make_media(loop.folder)
    for number in range(2):
        loop.add(f"post {number}", content=content_of(Part(f"post {number}", (media,))))
    loop.drive(minutes=9)
    [upload] = loop.world.uploads.values()
    assert DUE - 2 * MINUTE <= upload.created < DUE - MINUTE
    loop.drive(minutes=5)
    assert [post.media for post in loop.posts] == [(upload,), (upload,)]
    assert upload.alt == "A camera above a door"


def test_where_a_file_serves_one_post_each_post_and_part_has_its_own(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.x.MEDIA_LASTS", timedelta(0))
    media = make_media(loop.folder)
    parts = (Part("one", (media,)), Part("two", (media,)))
    loop.add("thread", content=content_of(*parts))
    loop.add("other", content=content_of(Part("three", (media,))))
    loop.fault({"status": 503}, "/2/tweets")
    loop.drive(minutes=20)
    assert sorted(loop.texts) == ["one", "three", "two"]
    shown = [upload.id for post in loop.posts for upload in post.media]
    assert len({*shown}) == len(shown) == 3
    assert len(loop.world.uploads) == 4, "one for the part that was sent again"


def test_a_post_whose_file_served_another_asks_for_its_own_at_once(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other due post may wake the uploads, and the post would be missed."""
    monkeypatch.setattr("bot.platforms.x.MEDIA_LASTS", timedelta(0))
    content = [content_of(Part(text, (make_media(loop.folder),))) for text in ("one", "two")]
    for text in content:
        loop.add(text.text, content=text)
    loop.clock.advance_to(DUE - MINUTE)
    loop.app.uploads.run()
    loop.clock.advance_to(DUE + MINUTE)
    loop.app.dispatcher.run()
    assert loop.texts == ["one"]
    wake = loop.app.uploads.next_wake()
    assert wake
    assert wake <= loop.clock.now() + SECOND
    loop.clock.advance_to(wake + MINUTE)
    loop.app.uploads.run()
    assert loop.app.uploads.next_wake() is None
    loop.app.dispatcher.run()
    assert loop.texts == ["one", "two"]


def test_an_upload_that_fails_is_tried_again_and_the_post_is_in_time(loop: AppHarness) -> None:
    loop.add(content=content_of(Part("with a picture", (make_media(loop.folder),))))
    loop.fault({"status": 503}, "/2/media/upload", count=4)
    loop.drive(minutes=11)
    assert [post.created for post in loop.posts] == [DUE]


def test_media_that_changed_since_they_were_checked_are_not_sent(loop: AppHarness) -> None:
    media = make_media(loop.folder)
    key = loop.add(content=content_of(Part("with a picture", (media,))))
    media.path.write_bytes(b"something else")
    loop.drive(minutes=11)
    assert loop.posts == []
    assert loop.state(key) is State.REJECTED
    assert "has changed since it was checked" in loop.get(key).reason


def test_429_waits_for_the_reset_and_no_longer(loop: AppHarness) -> None:
    key = loop.add()
    loop.fault({"status": 429, "reset": 300})
    loop.drive(minutes=12)
    assert "rate limited" in loop.get(key).reason
    loop.drive(minutes=10)
    [post] = loop.posts
    assert 300 * SECOND <= post.created - DUE <= 303 * SECOND
    assert loop.outcomes(key) == ["rate_limited", "published"]


def test_429_without_a_reset_waits_longer_each_time(loop: AppHarness) -> None:
    key = loop.add()
    loop.fault({"status": 429}, count=3)
    loop.drive(minutes=30)
    [post] = loop.posts
    assert 7 * MINUTE <= post.created - DUE <= 7 * MINUTE + 8 * SECOND
    assert loop.outcomes(key) == ["rate_limited"] * 3 + ["published"]


def test_429_beyond_the_grace_is_missed_and_said_at_once(loop: AppHarness) -> None:
    key = loop.add()
    loop.fault({"status": 429, "reset": 3600})
    loop.drive(minutes=11)
    assert loop.state(key) is State.MISSED
    assert "rate limited" in loop.get(key).reason
    loop.drive(hours=2)
    assert loop.posts == []


def test_a_refused_post_is_rejected_and_the_next_goes_out(loop: AppHarness) -> None:
    key = loop.add("too long", content=text_content("x" * 281))
    loop.add("next", due=DUE + MINUTE, content=text_content("next"))
    loop.drive(minutes=15)
    assert loop.state(key) is State.REJECTED
    assert loop.texts == ["next"]


def test_a_thread_whose_second_part_is_refused_goes_to_a_person(loop: AppHarness) -> None:
    key = loop.add(content=text_content("one", "x" * 281, "three"))
    loop.drive(minutes=30)
    assert loop.texts == ["one"]
    assert loop.state(key) is State.NEEDS_HUMAN
    assert "part 2 was refused, the parts before it are out" in loop.get(key).reason


@pytest.mark.parametrize(
    ("effect", "scope", "name"),
    [
        ({"status": 401}, "account", "mj"),
        ({"status": 403}, "account", "mj"),
        ({"status": 402}, "platform", "x"),
    ],
)
def test_a_refused_account_is_paused_and_nothing_is_lost(
    loop: AppHarness, effect: dict[str, Any], scope: str, name: str
) -> None:
    keys = loop.add_posts(3)
    loop.fault(effect, count=5)
    loop.drive(minutes=12)
    [pause] = loop.app.queue.pauses()
    assert (pause.scope, pause.name, pause.who) == (scope, name, "groundswell")
    assert {loop.state(key) for key in keys} == {State.SCHEDULED}
    assert [hit["effect"] for hit in loop.world.faults.hits] == ["status"]  # tried once, not thrice
    loop.world.faults.pending.clear()
    loop.resume(scope, name)
    loop.drive(minutes=5)
    assert loop.texts == ["post 0", "post 1", "post 2"]


def test_missing_secrets_pause_the_account_and_nothing_is_lost(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.app.clients, "_environ", {})
    key = loop.add()
    loop.drive(minutes=11)
    [pause] = loop.app.queue.pauses()
    assert "no access_token" in pause.why
    assert loop.state(key) is State.SCHEDULED


def test_no_connection_is_tried_again_inside_the_grace(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = loop.add()
    loop.app.clients("mj")
    monkeypatch.setattr("bot.platforms.transport._Adapter.send", _unreachable)
    loop.drive(minutes=12)
    assert loop.state(key) is State.SCHEDULED
    monkeypatch.undo()
    loop.drive(minutes=15)
    assert loop.texts == ["Take HART off AWS."]
    assert loop.outcomes(key)[0] == "unsent"
    assert loop.outcomes(key)[-1] == "published"


def _unreachable(*_: Any, **__: Any) -> Any:
    raise ConnectionRefusedError("nobody listens")


def test_a_bug_before_the_send_holds_back_that_post_alone(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.platforms.x.client import XClient

    payload = XClient.payload

    def stumbling(self: XClient, content: Any, *rest: Any) -> str:
        if content.text == "odd":
            raise ZeroDivisionError
        return payload(self, content, *rest)

    monkeypatch.setattr(XClient, "payload", stumbling)
    key = loop.add("odd", content=text_content("odd"))
    loop.add("next", content=text_content("next"))
    loop.drive(minutes=30)
    assert [(post.raw, post.created) for post in loop.posts] == [("next", DUE)]
    assert loop.state(key) is State.MISSED
    assert "ZeroDivisionError" in loop.get(key).reason
    assert loop.attempts(key) == []


def test_without_a_thread_left_it_is_sent_all_the_same(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("bot.delivery.threads.ThreadPoolExecutor.submit", refused)
    key = loop.add()
    loop.drive(minutes=15)
    assert loop.state(key) is State.PUBLISHED
    assert len(loop.posts) == 1


def test_an_expired_post_is_not_sent(loop: AppHarness) -> None:
    key = loop.add(expires=DUE + 5 * MINUTE)
    loop.pause("account", "mj")
    loop.drive(minutes=16)
    assert loop.state(key) is State.EXPIRED
    loop.resume("account", "mj")
    loop.drive(minutes=30)
    assert loop.posts == []


def test_a_loop_that_is_asked_to_stop_begins_nothing_more(loop: AppHarness) -> None:
    object.__setattr__(loop.account, "gap", timedelta(0))
    loop.add_posts(10)
    loop.clock.advance_to(DUE)

    def publish(send: Callable[[], Any]) -> Any:
        loop.app.dispatcher.shutdown()
        return send()

    loop.intercept_publish(publish)
    loop.app.dispatcher.run()
    assert loop.texts == ["post 0"]
    assert [loop.state(f"people/post {n}/mj/once") for n in (0, 1)] == [
        State.PUBLISHED,
        State.SCHEDULED,
    ]


def test_an_account_that_hangs_delays_no_other(loop: AppHarness) -> None:
    loop.join("other")
    loop.restart()
    slow = loop.add("slow", content=text_content("slow"))
    loop.clock.advance_to(DUE)
    begun, seen = threading.Event(), threading.Event()

    def publish(send: Callable[[], Any]) -> Any:
        begun.set()
        assert seen.wait(30)
        return send()

    loop.intercept_publish(publish)
    running = threading.Thread(target=loop.app.dispatcher.run)
    running.start()
    assert begun.wait(30)
    quick = loop.add("quick", due=DUE, account="other", content=text_content("quick"))
    for _ in range(600):
        if loop.state(quick) is State.PUBLISHED:
            break
        time.sleep(0.05)
    assert loop.texts == ["quick"]
    seen.set()
    running.join(30)
    assert loop.state(slow) is State.PUBLISHED


# --- uploads ---


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


def test_what_the_platform_refuses_for_good_is_tried_once_and_reported_before_it_is_due(
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
