"""A base install does all that X and Mastodon need, and refuses at once what it cannot do.

``GROUNDSWELL_BASE=PATH`` tries the command of a real base install in place of this checkout.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.base_install import INSTALLED, base_command, base_environment, run_base
from helpers.cli import CAMPAIGN_HEAD, ROOT, bare_environment, write_file
from helpers.extras import WANTED, left_to_ci
from helpers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = left_to_ci(wanted=WANTED or bool(INSTALLED))

X = "  our-x: { platform: x, handle: our_name, disclosed_at: https://example.org/bot }\n"
MASTODON = "  our-mastodon: { platform: mastodon, handle: our_name@social.example }\n"
BLUESKY = "  our-bluesky: { platform: bluesky, handle: our-name.bsky.social }\n"
ALERTS = "alerts:\n  channels:\n    team: [failed]\n"
EXPORT = re.compile(r"^export (\w+)=(\S+)$", re.MULTILINE)
INSTALL = re.compile(r"Run: (?:uv|pipx|\S*python\S* -m pip) .*'groundswell\[(.*)\]==")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project on X and Mastodon, with a post that is due."""
    write_file(tmp_path / "config.yaml", f"accounts:\n{X}{MASTODON}")
    head = CAMPAIGN_HEAD.replace("[our-x]", "[our-x, our-mastodon]")
    at = datetime.now(UTC) - timedelta(minutes=1)
    post = f"posts:\n  - id: now\n    when: {at:%Y-%m-%d %H:%M}\n    text: We are here.\n"
    write_file(tmp_path / "posts" / "ours.yaml", head + post)
    return tmp_path


@contextmanager
def serving(folder: Path, *args: str, ready: str, **variables: str) -> Iterator[str]:
    """Run a command until it is ready, yield its output, and stop it. It must end without error."""
    lines = []
    with subprocess.Popen(
        [*base_command(), *args],
        cwd=folder,
        env=base_environment(folder) | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout
            for line in process.stdout:
                lines.append(line)
                if ready in line:
                    break
            else:
                pytest.fail("".join(lines))
            yield "".join(lines)
        finally:
            process.terminate()
    assert process.returncode in {0, -signal.SIGTERM}


def test_a_campaign_on_x_and_mastodon_runs_from_its_files_to_the_report(folder: Path) -> None:
    rehearsal = ("--rehearsal", "rehearsal.yaml", "--port", str(free_port(3)))
    with serving(folder, "sandbox", *rehearsal, ready="Ctrl-C stops it") as printed:
        secrets = dict(EXPORT.findall(printed))
        for command in (
            "check",
            "plan",
            "accounts disclosed our-x --as Ana",
            "accounts mark-as-bot our-mastodon --as Ana",
            "accounts check",
            "queue list",
            "run --once",
            "status",
            "queue list",
            "inbox",
            "log",
            "report",
            "export -o posts.xlsx",
            "backup copy.db",
        ):
            config = ("--config", "rehearsal.yaml")
            ran = run_base(*command.split(), *config, cwd=folder, env=secrets)
            assert (ran.returncode, "Traceback" in ran.stderr) == (0, False), (command, ran)
        with serving(folder, "run", *config, ready="running; Ctrl-C stops", **secrets):
            pass  # all that a loop imports later is there
        sandboxes = re.findall(r"in config\.yaml +api: (http://\S+)", printed)
        answers = [urllib.request.urlopen(f"{url}/sandbox/posts", timeout=20) for url in sandboxes]
        posts = [[post["text"] for post in json.load(answer)["posts"]] for answer in answers]
    assert posts == [["We are here."], ["We are here."]]


def test_the_control_room_is_served(folder: Path) -> None:
    port = free_port()
    with (
        serving(folder, "web", "--port", str(port), ready="The control room is at"),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as page,
    ):
        assert page.status == 200


@pytest.mark.parametrize(
    "command",
    [
        *("check", "plan", "run", "run --once", "status --json", "queue add Words. --slot next"),
        *("accounts check", "sandbox --rehearsal rehearsal.yaml", "web", "alerts test", "resume"),
    ],
)
def test_a_config_that_needs_an_extra_is_refused_with_its_place_and_the_command(
    command: str, folder: Path
) -> None:
    write_file(folder / "config.yaml", f"accounts:\n{X}{MASTODON}{BLUESKY}{ALERTS}")
    before = sorted(folder.rglob("*"))
    ran = run_base(*command.split(), cwd=folder)
    assert ran.returncode == 1, ran
    first, second = (line for line in f"{ran.stderr}{ran.stdout}".splitlines() if "G115" in line)
    assert first.startswith(
        "config.yaml:4:28: G115 accounts.our-bluesky.platform needs the extra bluesky, which is "
        "not installed. Run: "
    )
    assert second.startswith(
        "config.yaml:6:3: G115 alerts.channels needs the extra alerts, which is not installed. "
    )
    for line in (first, second):
        found = INSTALL.search(line)
        assert found
        assert found[1] == "alerts,bluesky"  # one command for both, because uv keeps only these
    assert sorted(folder.rglob("*")) == before


def test_the_extra_of_the_database_is_refused_where_its_address_is_written(folder: Path) -> None:
    text = f"accounts:\n{X}database: postgresql://u@127.0.0.1/ours\n"
    write_file(folder / "config.yaml", text)
    ran = run_base("run", "--once", cwd=folder)
    assert ran.returncode == 1
    words = "G115 database needs the extra postgresql, which is not installed. Run: "
    assert ran.stderr.startswith(f"config.yaml:3:11: {words}")
    address = {"GROUNDSWELL_DATABASE": "postgres://u:passw0rt@127.0.0.1/ours"}
    ran = run_base("run", "--once", cwd=folder, env=address)
    words = words.replace("database", "The database", 1)
    assert ran.stderr.startswith(f"GROUNDSWELL_DATABASE: {words}")
    assert "passw0rt" not in ran.stderr
    ran = run_base("queue", "list", cwd=folder, env={"GROUNDSWELL_DATABASE": "ours.db"})
    assert ran.returncode == 0, ran


def test_a_pause_needs_no_extra(folder: Path) -> None:
    config = f"accounts:\n{X}{BLUESKY}{ALERTS}"
    write_file(folder / "config.yaml", config)
    ran = run_base("pause", "--why", "stop", cwd=folder)
    assert (ran.returncode, "stop" in ran.stdout) == (0, True), ran
    write_file(folder / "config.yaml", f"{config}database: postgresql://u@127.0.0.1/ours\n")
    ran = run_base("pause", "--why", "stop", cwd=folder)
    assert (ran.returncode, (folder / "PAUSE").exists()) == (0, True), ran
    assert "The database needs the extra postgresql, which is not installed." in ran.stderr


def test_the_demo_says_what_to_install_before_it_writes_anything(tmp_path: Path) -> None:
    ran = run_base("demo", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (1, ""), ran
    words = "G115 A simulated Bluesky needs the extra bluesky, which is not installed. Run: "
    assert ran.stderr.startswith(f"extra bluesky: {words}")
    assert [*tmp_path.iterdir()] == []


def test_the_demo_plays_a_campaign_that_is_not_on_bluesky(folder: Path) -> None:
    ran = run_base("demo", "--posts", "posts", "--speed", "60000", cwd=folder)
    assert ran.returncode == 0, ran
    assert "Each post was published exactly once" in ran.stdout


def test_the_sandbox_simulates_bluesky_only_with_its_extra(folder: Path) -> None:
    ran = run_base("sandbox", "--handle", "us.example.org", cwd=folder)
    assert (ran.returncode, ran.stdout) == (1, ""), ran
    assert "G115 A simulated Bluesky needs the extra bluesky" in ran.stderr
    write_file(folder / "config.yaml", f"accounts:\n{X}{BLUESKY}")
    assert "A simulated Bluesky" in run_base("sandbox", cwd=folder).stderr
    port = str(free_port(2))
    with serving(folder, "sandbox", "--handle", "us", "--port", port, ready="Ctrl-C") as printed:
        assert "a simulated X." in printed


def run_with_broken(module: str, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a command of this checkout, which finds all packages, and a broken one before its own."""
    broken = 'raise OSError("libfoo.so.1: cannot open shared object file")\n'
    write_file(folder / "broken" / module / "__init__.py", broken)
    path = f"{folder / 'broken'}:{ROOT}"
    ran = subprocess.run(
        [sys.executable, "-m", "bot", *args],
        cwd=folder,
        env=bare_environment(folder) | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert ran.returncode == 1, ran
    return ran


@pytest.mark.parametrize(
    ("extra", "module", "config"),
    [
        ("bluesky", "atproto_client", f"accounts:\n{X}{BLUESKY}"),
        ("bluesky", "libipld", f"accounts:\n{X}{BLUESKY}"),
        ("postgresql", "psycopg", f"accounts:\n{X}database: postgresql://u@127.0.0.1/ours\n"),
    ],
)
def test_a_broken_package_is_named_before_anything_is_sent(
    extra: str, module: str, config: str, folder: Path
) -> None:
    write_file(folder / "config.yaml", config)
    ran = run_with_broken(module, folder, "run", "--once")
    package = {"atproto_client": "atproto"}.get(module, module)
    assert f"extra {extra}: G116 " in ran.stderr
    assert f"needs {package}, which is installed but broken (OSError: libfoo.so.1: " in ran.stderr
    assert "--force-reinstall 'groundswell[" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_broken_package_is_named_before_the_demo_writes_anything(tmp_path: Path) -> None:
    ran = run_with_broken("libipld", tmp_path, "demo")
    assert "G116 A simulated Bluesky needs libipld, which is installed but broken" in ran.stderr
    assert not (tmp_path / "groundswell-demo").exists()
