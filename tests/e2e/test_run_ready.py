"""The loop prepares all it can before the first post is due, which makes that post punctual."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from helpers.cli import bare_environment

if TYPE_CHECKING:
    from helpers.run import SandboxProject

pytest_plugins = ["helpers.run"]

# Runs in its own process, because other tests have already imported the libraries in this one.
SCRIPT = """
import os, sys
from pathlib import Path
from bot.runtime.loop_app import create_loop_app
from bot.config import load
from bot.runtime.loop import start_up

with create_loop_app(load(Path("config.yaml"), {}), os.environ) as app, app.registered():
    start_up(app)
    before = set(sys.modules)
    app.clients("our-x").publish('{"text":"First."}', None)
    late = {name.partition(".")[0] for name in set(sys.modules) - before}
    print(sorted(late & {"tweepy", "requests", "urllib3", "oauthlib"}))
"""


def test_first_post_imports_no_library(ours: SandboxProject) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ours.folder,
        env={**bare_environment(ours.folder), **ours.environ},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout.splitlines()[-1] == "[]", ran.stderr
    assert ours.texts() == ["First."]


def test_account_without_secrets_and_without_posts_stops_nobody(ours: SandboxProject) -> None:
    ours.configure("campaigns:", "  other-x: {platform: x, handle: other}\ncampaigns:")
    assert ours.start(fresh=True).end()[0] == 0
