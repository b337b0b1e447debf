"""On a simulated Bluesky, a post leaves exactly as a person approved it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from helpers.campaigns import save_picture
from helpers.cli import run_cli, write_file

from bot.cli.review_preview import render_preview
from bot.clock import Clock
from bot.config import load
from bot.runtime.app import create_app
from bot.sandbox import BlueskyWorld, serve
from bot.services import approving
from bot.services.approval_views import approval_views, read_campaigns

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CONFIG = """\
accounts:
  ours: {{platform: bluesky, handle: ours.test, api: {url}}}
"""
CAMPAIGN = """\
campaign: ours
title: Ours
timezone: UTC
accounts: [ours]
require_approval: 1
demands:
  stop: {{ask: Stop it, target: The council}}
cards:
  https://example.org/page: {{title: A page, description: On cameras., picture: card.png}}
posts:
  - id: linked
    when: {now:%Y-%m-%d %H:%M}
    demand: stop
    link: https://example.org/page
    labels: [graphic-media]
    text: Look
"""
LINE = "Link card: A page: On cameras. (https://example.org/page)"


def preview(folder: Path) -> str:
    """Return the preview of the only post for its reviewer."""
    with create_app(load(folder / "config.yaml", {}), os.environ) as app:
        [view] = approval_views(app, approving.waiting(app), read_campaigns(app))
        return render_preview(view)


def test_a_link_card_and_labels_go_out_as_they_were_approved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = BlueskyWorld(now=Clock().now)
    account = world.add_account("ours.test", "Ours", description="Automated posts.")
    monkeypatch.setenv("GROUNDSWELL_OURS_APP_PASSWORD", account.secrets["app_password"])
    with serve(world) as url:
        write_file(tmp_path / "config.yaml", CONFIG.format(url=url))
        write_file(tmp_path / "posts/ours.yaml", CAMPAIGN.format(now=Clock().now()))
        picture = save_picture(tmp_path / "posts" / "card.png")
        assert run_cli("check", "--strict").out.endswith("no problems\n")
        run_cli("run", "--once")
        assert world.visible() == []
        shown = preview(tmp_path)
        assert LINE in shown
        assert "[card.png, 40 x 30]  on the card" in shown
        assert re.search("Labels +graphic-media", shown)
        approved = run_cli("review", "--approve", "ours/linked").out
        assert f"  | {LINE}\n  | [card.png]\n" in approved
        run_cli("run", "--once")
    shown = run_cli("queue", "show", "ours/linked").out
    assert f"\n  {LINE}\n  [card.png]\n" in shown
    assert "labels   graphic-media\n" in shown
    [post] = world.visible()
    record = world.repo(account).find("app.bsky.feed.post", post.id)
    assert record
    external = record.value["embed"]["external"]
    assert external.pop("thumb")["size"] == picture.stat().st_size
    assert external == {
        "uri": "https://example.org/page",
        "title": "A page",
        "description": "On cameras.",
    }
    assert record.value["labels"]["values"] == [{"val": "graphic-media"}]
