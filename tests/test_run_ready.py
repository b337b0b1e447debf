"""What the loop has ready before the first post is due, so that this one is not late."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from cli_support import bare_environment

if TYPE_CHECKING:
    from run_support import Place

pytest_plugins = ["run_support"]

# In a process of its own: in this one, other tests have imported everything already.
SCRIPT = """
import os, sys
from pathlib import Path
from bot.app import opened
from bot.config import load
from bot.loop import begin

with opened(load(Path("config.yaml"), {}), os.environ) as app, app.held():
    begin(app)
    before = set(sys.modules)
    app.clients("our-x").publish('{"text":"First."}', "key")
    late = {name.partition(".")[0] for name in set(sys.modules) - before}
    print(sorted(late & {"tweepy", "requests", "urllib3", "oauthlib"}))
"""


def test_first_post_imports_no_library(ours: Place) -> None:
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ours.folder,
        env={**bare_environment(ours.folder), **ours.environ},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert told.stdout.splitlines()[-1] == "[]", told.stderr
    assert ours.texts() == ["First."]


def test_account_without_secrets_and_without_posts_stops_nobody(ours: Place) -> None:
    ours.configure("campaigns:", "  other-x: {platform: x, handle: other}\ncampaigns:")
    assert ours.start().end()[0] == 0
