"""What a person sees of a send with unknown outcome; and that X's changes hide nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.delivery import DUE, content_of, make_media
from helpers.store import text_content

from bot.cli.inbox import _inbox_lines
from bot.model import Part, State
from bot.services.inbox import read_inbox

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

LINK = "https://mediajustice.org/stop?a=1&b=2"
ODD = [
    "Fish & chips <b>not</b> \u201cHART\u201d & more.",
    f"Read this: {LINK} \u2014 and act.",
    "\U0001f469\U0001f3fd\u200d\U0001f4bb against \U0001f4f7 & \U0001f441\ufe0f",
    "cafe\u0301 and caf\u00e9",
    "Two  spaces,\n\n\na gap, and a tail  ",
    f"Ends with a link {LINK}",
    "&amp; written out, &lt;so&gt;",
]


@pytest.mark.parametrize("text", ODD)
def test_what_x_changes_on_its_way_is_found_all_the_same(loop: AppHarness, text: str) -> None:
    key = loop.add(content=text_content(text))
    loop.fault("commit_then_drop")
    loop.drive(minutes=16)
    assert loop.state(key) is State.PUBLISHED
    assert loop.outcomes(key) == ["unknown"]
    assert len(loop.posts) == 1


def test_with_a_picture_a_link_and_signs_it_is_found(loop: AppHarness) -> None:
    part = Part(f"A & B < C > D \U0001f4f7 {LINK}", (make_media(loop.folder),))
    key = loop.add(content=content_of(part))
    loop.fault("commit_then_503")
    loop.drive(minutes=16)
    assert loop.state(key) is State.PUBLISHED
    assert len(loop.posts) == 1


def test_the_person_sees_what_was_sent_when_and_what_was_looked_for(loop: AppHarness) -> None:
    text = f"A & B {LINK}"
    loop.add(content=text_content(text))
    loop.fault({"status": 403, "problem": "duplicate"})
    loop.drive(minutes=40)
    value = read_inbox(loop.app)
    [row] = value["needs_human"]
    [attempt] = row["attempts"]
    assert attempt["sent"] == f'{{"text":"{text}"}}'
    assert attempt["opened"] == f"{DUE:%Y-%m-%d %H:%M:%SZ}"
    assert (attempt["outcome"], attempt["status"]) == ("duplicate", 403)
    assert len(attempt["looks"]) == 3
    for look in attempt["looks"]:
        assert look["readable"]
        assert look["evidence"].startswith("Looked at @mediajustice's timeline from ")
        assert look["evidence"].endswith("none with this content.")
    assert row["page"].endswith("/mediajustice")
    shown = "\n".join(_inbox_lines(value))
    assert row["page"] in shown
    assert f"| {text}" in shown
    assert shown.count("Looked at @mediajustice's timeline") == 3
    assert f"{DUE:%Y-%m-%d %H:%M:%SZ}" in shown


def test_an_unreadable_timeline_is_evidence_too(loop: AppHarness) -> None:
    loop.add()
    loop.fault("commit_then_drop")
    loop.fault({"status": 503}, r"/2/users/\d+/tweets", count=1000)
    loop.drive(minutes=80)
    [row] = read_inbox(loop.app)["needs_human"]
    looks = row["attempts"][0]["looks"]
    assert len(looks) >= 50
    assert {look["readable"] for look in looks} == {False}
    assert all("503" in look["evidence"] for look in looks)
