"""The whole app posts each post once on real servers, whatever answers are lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from helpers.platform_contract import make_media
from helpers.servers import ServerApp

from bot.model import Part, State
from bot.platforms.options import MastodonOptions
from bot.store.metrics import PublicationFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from helpers.servers import ServerBackend

HEAD, TAIL = "Take HART off AWS: https://mediajustice.org/aws/ #NoTechForICE", "Who pays? We do."


@pytest.fixture
def stage(new_backend: Callable[[], ServerBackend], tmp_path: Path) -> Iterator[ServerApp]:
    made = ServerApp(new_backend(), tmp_path)
    yield made
    made.backend.proxy.faults.clear()
    made.backend.proxy.now = None


def break_send(stage: ServerApp, fault: str, part: int) -> None:
    """Break the send of a part of the next thread."""
    proxy, path = stage.backend.proxy, stage.backend.send_path
    for _ in range(part):
        proxy.delay_next(0.0, "POST", path)
    if fault == "503":
        proxy.answer_next(503, {"error": "Down"}, method="POST", path=path)
    elif fault == "429":
        proxy.answer_next(429, {"error": "Too many"}, method="POST", path=path, Retry_After="30")
    else:
        proxy.break_next(fault, path)


ARRIVE = ("", "lost", "spoiled")


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("fault", [*ARRIVE, "dropped", "503", "429"])
def test_each_part_is_out_once_and_known_whatever_answer_is_lost(
    stage: ServerApp, fault: str, part: int
) -> None:
    """This holds even if every send is repeated with its key, on servers that keep keys."""
    picture = make_media(stage.folder)
    with stage.open() as app, app.registered():
        key = stage.add(app, Part(HEAD, (picture,)), Part(TAIL))
        if fault:
            break_send(stage, fault, part)
        assert stage.run(app, key) == [State.PUBLISHED]
        known = app.unsettled.known_remote_ids("mj")
    if stage.backend.keeps_keys and fault in ARRIVE:
        assert stage.repeat_sends() == {200}
    (head, root), (tail, parent) = stage.backend.parents().items()
    assert (root, parent) == (None, head)
    assert known == {head, tail}
    assert stage.backend.alt_texts() == [picture.alt]


def test_two_posts_with_one_picture_each_show_it(stage: ServerApp) -> None:
    picture = make_media(stage.folder)
    with stage.open() as app, app.registered():
        keys = [
            stage.add(app, Part(text, (picture,)), post=text.split()[0]) for text in (HEAD, TAIL)
        ]
        assert stage.run(app, *keys) == [State.PUBLISHED] * 2
    assert stage.backend.alt_texts() == [picture.alt] * 2


def test_counters_are_read_and_a_deleted_post_is_noticed(stage: ServerApp) -> None:
    with stage.open() as app, app.registered():
        keys = [stage.add(app, Part(text), post=text.split()[0]) for text in (HEAD, TAIL)]
        assert stage.run(app, *keys) == [State.PUBLISHED] * 2
        _, deleted = stage.backend.parents()
        stage.backend.delete(deleted)
        stage.backend.clock.advance(minutes=20)
        assert app.poller.run("mj") == 1
        published = {post.remote_id: post for post in app.metrics.publications()}
        assert {post.remote_id for post in published.values() if post.gone} == {deleted}
        [snapshot] = app.metrics.latest(PublicationFilter()).values()
        assert snapshot.publication != published[deleted].id
        assert (snapshot.counters.likes, snapshot.counters.impressions) == (0, None)


def test_the_wrong_token_posts_nothing_and_says_so(stage: ServerApp) -> None:
    stage.secrets = dict.fromkeys(stage.secrets, "wrong-canary-4711")
    with stage.open() as app, app.registered():
        key = stage.add(app, Part(HEAD))
        app.verified_clients.verify("mj")
        app.dispatcher.run()
        [pause] = app.queue.pauses()
        assert "the platform refuses it" in pause.why
        delivery = app.queue.get(key)
        assert delivery is not None
        assert delivery.state is State.SCHEDULED


@pytest.mark.parametrize("new_backend", ["mastodon_mock", "snac"], indirect=True)
def test_a_shorter_limit_of_the_server_is_said_at_the_start(
    stage: ServerApp, caplog: pytest.LogCaptureFixture
) -> None:
    stage.account = replace(stage.account, options=MastodonOptions(characters=200_000))
    with stage.open() as app, app.registered(), caplog.at_level("INFO", "groundswell"):
        app.verified_clients.verify("mj")
    assert "fewer than the 200000 of config.yaml" in caplog.text
