"""A running loop imports nothing more, neither at the first post nor weeks later."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

import pytest
from helpers.alerts import channel_server
from helpers.campaigns import save_picture
from helpers.cli import bare_environment, write_file
from helpers.networks import NETWORKS

from bot.clock import Clock
from bot.config.secrets import environment_variable
from bot.sandbox import serve

ACCOUNT = "  on-{0}: {{platform: {0}, handle: {1}, api: {2}, gap: 0s, part_gap: 0s, budget: 1}}\n"
ALERTS = "alerts:\n  channels:\n    team: [files, budget, failed, person, digest]\n"
CAMPAIGN = """\
campaign: ours
title: Ours
timezone: UTC
accounts: [on-x, on-mastodon, on-bluesky]
demands:
  stop: {ask: Stop it, target: The council}
facts:
  figure:
    claim: A figure that a text fetches
    figure: $6 billion
    source: https://example.org/
    as_of: 2022-07-18
posts:
  - id: pictured
    when: NOW
    demand: stop
    language: pt-BR
    text: |
      {{ fact.figure.figure }} for 👩\u200d👧 and the “café”.
      {{ demand.ask }}, \u0440\u0430\u0443\u0440\u04301.
    media: [{file: card.png, alt: A card}]
  - id: threaded
    when: NOW
    demand: stop
    thread: [The first part with https://münchen.example/a, The second part]
  - id: asked
    when: NOW
    demand: stop
    text: Which of them is it?
    poll: {options: [This one, Or that], hours: 24}
    accounts: [on-x, on-mastodon]
  - id: weekly
    when: {every: monday, at: "09:00", from: 2030-01-07, until: 2030-03-01}
    demand: stop
    text: Once a week, and later.
"""
POSTS = 8

# The loop runs in a process of its own, in which no test has imported anything. Its files are first
# written when it runs, as if somebody had just planned the first posts.
SCRIPT = """
import ast, json, os, sys, time
from importlib import import_module
from pathlib import Path
from bot.config import load
from bot.model import State
from bot.runtime.loop import run_until, start_up
from bot.runtime.loop_app import create_loop_app

before = set()

def out(app):
    states = [of.state for of in app.queue.all()]
    return states.count(State.PUBLISHED)

def until(app):
    give_up = time.monotonic() + 120
    def done():
        if not before:
            before.update(sys.modules)
            Path("plan.yaml").rename("posts/ours.yaml")
        return out(app) == int(sys.argv[1]) or time.monotonic() > give_up
    return done

def late_imports():
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] == "bot" and getattr(module, "__file__", None):
            tree = ast.parse(Path(module.__file__).read_text())
            functions = (ast.FunctionDef, ast.AsyncFunctionDef)
            for function in (of for of in ast.walk(tree) if isinstance(of, functions)):
                for node in ast.walk(function):
                    if isinstance(node, ast.Import):
                        yield from (of.name for of in node.names)
                    elif isinstance(node, ast.ImportFrom):
                        yield node.module
                        names = (f"{node.module}.{of.name}" for of in node.names)
                        yield from filter(is_module, names)

def is_module(name):
    try:
        return bool(import_module(name))
    except ImportError:
        return False

with create_loop_app(load(Path("config.yaml"), {}), os.environ) as app, app.registered():
    start_up(app)
    run_until(app, until(app))
    for name in app.config.accounts:
        app.poller.run(name, everything=True)
    app.notifier.run()
    app.notifier.digest(app.clock.now(), app.queue_sync.files.campaigns)
    after = set(sys.modules)
    missing = sorted({of for of in late_imports() if of not in after})
    print(json.dumps([out(app), sorted(after - before), missing]))
"""

REPORTS = "only groundswell report renders, and it is another process"
ROOM = "only the control room asks for it"
CHECK = "imported when a file that needs it is checked, before its posts are planned"
NOT_IN_A_LOOP = {
    "bot.reports.catalogue": REPORTS,
    "bot.reports.document": REPORTS,
    "bot.reports.exports": REPORTS,
    "bot.reports.html": REPORTS,
    "bot.reports.terminal": REPORTS,
    "bot.runtime.calendar_times": ROOM,
    "bot.runtime.checked_files": ROOM,
    "keyring": "imported when an account connects whose secrets are not in the environment",
    "keyring.errors": "the same",
}
"""The modules that functions could import, but that this loop does not, with the reasons."""
CHECKED = {"emoji": CHECK, "langcodes": CHECK}
"""The libraries that a running loop may still import, with the reasons."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the loop published, the modules that it imported late, and those that it could."""
    folder = tmp_path_factory.mktemp("loop")
    environ, config = bare_environment(folder), "accounts:\n"
    with ExitStack() as stack:
        channel = stack.enter_context(channel_server())
        environ[environment_variable("alerts-team", "url")] = channel.url
        for platform in ("x", "mastodon", "bluesky"):
            network = NETWORKS[platform]
            world = network.world(now=Clock().now)
            account = network.add_account(world, "ours")
            account.description = "Automated posts."
            url = stack.enter_context(serve(world))
            for name, value in account.secrets.items():
                environ[environment_variable(f"on-{platform}", name)] = value
            config += ACCOUNT.format(platform, f'"{network.handle.format("ours")}"', url)
        write_file(folder / "config.yaml", config + ALERTS)
        now = f"{Clock().now():%Y-%m-%d %H:%M}"
        write_file(folder / "plan.yaml", CAMPAIGN.replace("NOW", now))
        save_picture(folder / "posts" / "card.png")
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(POSTS)],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_running_loop_publishes_and_imports_nothing(ran: Any) -> None:
    published, late, _ = ran
    late = [name for name in late if name.partition(".")[0] not in CHECKED]
    assert (published, late) == (POSTS, [])


def test_all_that_a_function_could_import_is_imported(ran: Any) -> None:
    assert set(ran[2]) == NOT_IN_A_LOOP.keys()
