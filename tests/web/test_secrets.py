"""The control room's process never reads a secret of a platform, wherever the secrets are kept."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from helpers.cli import ROOT, bare_environment
from helpers.control_room import control_room
from helpers.run import sandbox_project

from bot.config.secrets import environment_variable
from bot.web.rights import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from helpers.control_room import ControlRoom
    from helpers.run import SandboxProject

OTHER_ACCOUNTS = """\
  our-masto:
    platform: mastodon
    handle: ours@sandbox.example
    api: http://127.0.0.1:9
  our-sky:
    platform: bluesky
    handle: ours.test
    api: http://127.0.0.1:9
campaigns: posts
"""

WATCH = """\
import os, sys
log = os.open(os.environ["OPENED_FILES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
def note(event, args):
    if event == "open" and isinstance(args[0], (str, bytes, os.PathLike)):
        os.write(log, os.fsencode(args[0]) + b"\\n")
sys.addaudithook(note)
"""
"""Python runs a module of the name sitecustomize at its start. Every file that is opened is noted
(https://docs.python.org/3/library/audit_events.html)."""

KEYRING = """\
import json, os
from keyring.backend import KeyringBackend
class FileKeyring(KeyringBackend):
    priority = 9
    def get_password(self, service, username):
        with open(os.environ["KEYRING_FILE"]) as file:
            return json.load(file).get(username)
    def set_password(self, *_): raise NotImplementedError
    def delete_password(self, *_): raise NotImplementedError
"""


class Kept(NamedTuple):
    """A project whose secrets are in all three places."""

    project: SandboxProject
    environ: dict[str, str]
    """The environment of every process."""
    files: tuple[Path, Path]
    """The private file and the keyring's."""
    canaries: tuple[str, ...]
    """All secrets."""

    @property
    def opened(self) -> Path:
        return Path(self.environ["OPENED_FILES"])

    def read_places(self) -> list[Path]:
        """Return those of the two files that were opened."""
        seen = {Path(line) for line in self.opened.read_text().splitlines()}
        # The private file is opened by its name below a descriptor of its folder.
        return [path for path in self.files if path in seen or Path(path.name) in seen]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    home, hooks = tmp_path / "home", tmp_path / "hooks"
    private, ring = home / "config" / "groundswell" / "secrets.json", home / "canary-ring.json"
    masto, sky = "canaryAq7Zt0pLw3mXv9KbN2", "cana-rysk-ytok-en9q"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(WATCH)
    (hooks / "canary_keyring.py").write_text(KEYRING)
    private.parent.mkdir(parents=True, mode=0o700)
    private.write_text(json.dumps({"our-masto": {"access_token": masto}}))
    private.chmod(0o600)
    ring.write_text(json.dumps({"our-sky/app_password": sky}))
    with sandbox_project(tmp_path / "ours") as project:
        project.configure("campaigns: posts\n", OTHER_ACCOUNTS)
        project.take_in(project.post("hearing", hours=2))
        environ = {
            **project.environ,
            environment_variable("alerts-team", "url"): "slack://canaryTeam/canaryKey/canaryURL99",
            "XDG_CONFIG_HOME": str(home / "config"),
            "KEYRING_FILE": str(ring),
            "PYTHON_KEYRING_BACKEND": "canary_keyring.FileKeyring",
            "PYTHONPATH": f"{hooks}:{ROOT}",
            "OPENED_FILES": str(tmp_path / "opened.txt"),
        }
        canaries = (*project.secrets.values(), masto, sky, "canaryTeam/canaryKey/canaryURL99")
        yield Kept(project, environ, (private, ring), canaries)


def memory_of(pid: int) -> Iterator[bytes]:
    """Yield the readable memory of a child, a mapping at a time."""
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            span, rights, _, _, _, *name = line.split(maxsplit=5)
            if rights.startswith("r") and name not in (["[vvar]"], ["[vsyscall]"]):
                first, last = (int(edge, 16) for edge in span.split("-"))
                memory.seek(first)
                try:
                    yield memory.read(last - first)
                except OSError:  # a mapping of a device, or one that is gone
                    continue


def found_in_memory(pid: int, words: tuple[str, ...]) -> set[str]:
    """Return those of the words that are in a child's memory."""
    found: set[str] = set()
    try:
        for block in memory_of(pid):
            found |= {word for word in words if word.encode() in block}
    except PermissionError:
        pytest.skip("this machine lets nobody read a child's memory")
    return found


@contextmanager
def opened_room(kept: Kept) -> Iterator[tuple[ControlRoom, httpx.Client]]:
    """Yield the control room in the environment of ``run``, and an administrator's client."""
    with control_room(kept.project.folder, fresh=True, **kept.environ) as room:
        room.add_user("Ana", "admin")
        room.add_user("Ben", "see")
        yield room, room.signed_in("Ana")


LAST = ("/me/password", "/me/sign-out", "/sign-out")
"""Forms after which a person is signed out."""


def use_every_page(client: httpx.Client) -> list[str]:
    """Ask for every route once, signed in as long as possible, and return all answers."""
    [number] = {*re.findall(r"/posts/(\d+)", client.get("/").text)}
    other = max(re.findall(r"/people/(\d+)", client.get("/people").text), key=int)
    form = {"what": "all", "why": "a test", "answer": "drop", "name": "Ana", "password": "x"}
    answers = []
    for route in sorted(ROUTES, key=lambda of: (of.path in LAST, of.method, of.path)):
        known = {"number": other if "/people" in route.path else number}
        known |= {"campaign": "ours", "post": "hearing"}
        path = re.sub(r"{(\w+)(:\w+)?}", lambda part: known.get(part[1], "x"), route.path)  # noqa: B023 - used at once
        answer = client.request(route.method, path, data=form if route.method == "POST" else None)
        assert answer.status_code < 500, answer.text
        signed_out = answer.status_code == 401 or "/sign-in" in answer.headers.get("location", "")
        assert not signed_out or route.right is None or route.path in LAST, route
        answers.append(f"{answer.headers} {answer.text}")
    return answers


def test_process_neither_reads_nor_keeps_nor_shows_any_secret(kept: Kept) -> None:
    with opened_room(kept) as (room, client):
        kept.opened.write_text("")  # of the commands until now
        pages = use_every_page(client)
        assert room.process
        assert kept.read_places() == []
        assert found_in_memory(room.process.pid, (*kept.canaries, "Ana")) == {"Ana"}
        environ = Path(f"/proc/{room.process.pid}/environ").read_bytes()
        assert [secret for secret in kept.canaries if secret.encode() in environ] == []
        said = "\n".join([*pages, room.output()])
    assert [secret for secret in kept.canaries if secret in said] == []


def test_start_reads_no_place_of_secrets(kept: Kept) -> None:
    kept.opened.write_text("")
    with control_room(kept.project.folder, fresh=True, **kept.environ):
        assert len(kept.opened.read_text().splitlines()) > 100
        assert kept.read_places() == []


def test_all_three_places_would_have_been_noticed(kept: Kept) -> None:
    """The same project, of which other processes do read the secrets."""
    kept.opened.write_text("")
    command = [sys.executable, "-m", "bot", "accounts", "list", "--json"]
    environ = {**bare_environment(kept.project.folder), **kept.environ}
    ran = subprocess.run(
        command, cwd=kept.project.folder, env=environ, capture_output=True, check=True
    )
    listed = json.loads(ran.stdout)
    places = {place for account in listed for place in account["secrets"].values()}
    assert places == {"environment", "keyring", "file"}
    assert kept.read_places() == [*kept.files]


def test_search_finds_secrets_in_a_process_that_has_them(kept: Kept) -> None:
    kept.opened.write_text("")
    kept.project.others.update(kept.environ)
    loop = kept.project.start(fresh=True)
    assert found_in_memory(loop.popen.pid, kept.canaries) >= {*kept.project.secrets.values()}
    assert kept.read_places()
