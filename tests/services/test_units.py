"""Units of systemd, held against systemd's own tools."""

from __future__ import annotations

import configparser
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from helpers.cli import CONFIG, ROOT, run_cli, write_file
from helpers.extras import skip_without
from helpers.pages import PAGES, blocks

from bot import __version__
from bot.errors import UserError
from bot.platforms.calls import Limits
from bot.runtime.loop import STOP_SECONDS
from bot.runtime.supervision import PATIENCE_SECONDS
from bot.services.units import (
    ENVIRONMENT,
    TEMPORARY,
    USER,
    WEB_USER,
    find_closed,
    find_hidden,
    quote,
    take_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


KINDS = ("run", "web", "share")
NAMES = {"run": "groundswell", "web": "groundswell-web", "share": "groundswell-share"}
EXPOSURE = 2.0
"""Most points of ``systemd-analyze security``, from 0 to 10."""

ODD_NAMES = ["plain", "two words", "a%b", "100%% %h", "$HOME", "ü", "a;b", "#x", "{x}"]
QUOTES = ['q"uote', "quo'te", "back\\slash"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_file(tmp_path / "config.yaml", CONFIG)
    return tmp_path


@pytest.fixture
def disk() -> Iterator[Path]:
    """Yield a folder on disk, because systemd takes none below /dev, as those of tests may be."""
    with TemporaryDirectory(dir="/var/tmp") as made:
        write_file(Path(made, "config.yaml"), CONFIG)
        yield Path(made)


def make_program(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def printed(*args: str | Path) -> str:
    ran = run_cli("unit", *args)
    assert ran.code == 0, ran.err
    return ran.out


def service(text: str) -> configparser.SectionProxy:
    """Return the section of the service; of a key that is there several times, the last value."""
    unit = configparser.ConfigParser(comment_prefixes="#", strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    unit.read_string(text)
    return unit["Service"]


def analyze(*args: str | Path) -> str:
    """Run systemd's own check, and return its output. It needs no systemd that runs."""
    if not shutil.which("systemd-analyze"):
        skip_without("systemd-analyze", "apt-get install -y systemd")
    env = {**os.environ, "SYSTEMD_COLORS": "0"}
    command = ["systemd-analyze", "--no-pager", *args]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


# --- What systemd says of them --------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_systemd_takes_it_and_finds_it_hardened(disk: Path, kind: str) -> None:
    program = make_program(disk / "bin" / "groundswell")
    path = disk / f"{NAMES[kind]}.service"
    write_file(path, printed(kind, "--command", str(program), "--config", disk))
    assert analyze("verify", "--man=no", path) == ""
    limit = f"--threshold={EXPOSURE * 10:.0f}"
    told = analyze("security", "--offline=true", limit, path)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert found, told
    assert float(found[1]) <= EXPOSURE


@pytest.mark.parametrize("name", [*ODD_NAMES, *QUOTES])
def test_systemd_finds_a_program_and_a_folder_of_any_name(disk: Path, name: str) -> None:
    """It says so if the program that it has read is not there, or a folder is not a whole path."""
    program = make_program(disk / ("plain" if name in QUOTES else name) / "groundswell")
    (disk / name).mkdir(exist_ok=True)
    write_file(disk / name / "config.yaml", CONFIG)
    for kind in KINDS:
        words = ("--command", shlex.quote(str(program)), "--config", disk / name)
        path = disk / f"{NAMES[kind]}.service"
        write_file(path, printed(kind, *words, "--pages", disk / name))
        assert analyze("verify", "--man=no", path) == ""


@pytest.mark.parametrize("name", QUOTES)
def test_a_program_that_systemd_would_not_start_is_refused(name: str) -> None:
    ran = run_cli("unit", "--command", shlex.quote(f"/opt/{name}/groundswell"))
    assert (ran.code, ran.out) == (1, "")
    assert "V101 systemd starts no program with such a path" in ran.err


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("/srv/ours", "/srv/ours"),
        ("/srv/our campaign", '"/srv/our campaign"'),
        ("/srv/100%", "/srv/100%%"),
        ("/srv/100% ours", '"/srv/100%% ours"'),
        ('/srv/"ours"', '"/srv/\\"ours\\""'),
        ("/srv/o'urs", '"/srv/o\'urs"'),
        ("/srv/a\\b", '"/srv/a\\\\b"'),
        ("/srv/$HOME", '"/srv/$HOME"'),
        ("/srv/a;b", '"/srv/a;b"'),
        ("/srv/#1", '"/srv/#1"'),
        ("/srv/ours ", '"/srv/ours "'),
        ("/srv/für", '"/srv/für"'),
    ],
)
def test_a_word_is_written_so_that_systemd_reads_it(value: str, word: str) -> None:
    assert quote(value) == word


@pytest.mark.parametrize("value", ["/srv/a\nUser=root", "/srv/a\rb", "/srv/a\x00", "/srv/a\udcff"])
def test_a_path_that_no_unit_can_have_is_refused(value: str) -> None:
    for write in (quote, take_line):
        with pytest.raises(UserError, match="V101"):
            write(value)


@pytest.mark.parametrize("value", ["/srv/a ", "/srv/a\\"])
def test_a_line_cannot_end_as_systemd_would_not_read_it(value: str) -> None:
    assert quote(value)
    with pytest.raises(UserError, match="V101"):
        take_line(value)


def test_a_dollar_in_a_command_is_taken_as_it_is(folder: Path) -> None:
    write_file(folder / "$HOME.yaml", CONFIG)
    text = printed("--command", "/opt/a/groundswell", "--config", folder / "$HOME.yaml")
    assert service(text)["ExecStart"] == ':/opt/a/groundswell run --config "$HOME.yaml"'
    text = printed("share", "--command", "/opt/a/groundswell", "--pages", "/srv/$x")
    begins = ":/opt/a/groundswell share serve"
    assert service(text)["ExecStart"] == f'{begins} "/srv/$x" --counters opened.db'


# --- What is filled in ----------------------------------------------------------------------------


def test_all_that_is_guessed_is_said_apart_from_the_unit(folder: Path) -> None:
    ran = run_cli("unit")
    assert ran.out.startswith("# The loop")
    assert "{" not in ran.out
    guessed = re.findall(
        r"^Guessed (\w+)=\S+: .+ --([\w-]+) names another\.$", ran.err, re.MULTILINE
    )
    assert guessed == [
        ("ExecStart", "command"),
        ("WorkingDirectory", "config"),
        ("User", "user"),
        ("EnvironmentFile", "env-file"),
    ]
    assert len(guessed) == ran.err.count("Guessed")
    for name, _ in guessed:
        assert f"Guessed {name}={service(ran.out)[name].lstrip('-').split(' run')[0]}" in ran.err
    assert service(ran.out)["WorkingDirectory"] == str(folder)


def test_nothing_is_guessed_if_all_is_chosen(folder: Path) -> None:
    (folder / "data").mkdir()
    write_file(folder / "config.yaml", CONFIG + "database: data/groundswell.db\n")
    given = ("--command", "/opt/gw", "--user", "ours", "--env-file", "/etc/ours.env")
    more: dict[str, tuple[str, ...]] = {"web": ("--group", "ours"), "share": ("--pages", "/srv/p")}
    for kind in KINDS:
        ran = run_cli("unit", kind, *given, *more.get(kind, ()))
        guessed = [line for line in ran.err.splitlines() if line.startswith("Guessed")]
        assert [line for line in guessed if "WorkingDirectory" not in line] == []
    run = service(printed(*given))
    assert (run["User"], run["EnvironmentFile"]) == ("ours", "-/etc/ours.env")
    assert run["ReadWritePaths"] == f"{folder}/data"
    web = service(printed("web", *given, "--group", "ours"))
    assert (web["User"], web["Group"], web["EnvironmentFile"]) == ("ours", "ours", "/etc/ours.env")


def test_a_campaign_of_root_does_not_run_as_root() -> None:
    owner = Path("config.yaml").owner()
    assert service(printed())["User"] == (USER if owner == "root" else owner)


def test_the_control_room_is_warned_of_that_could_change_the_files() -> None:
    assert "could change the campaign files" in run_cli("unit", "web").err


def test_with_a_database_on_a_server_the_control_room_writes_to_no_folder(folder: Path) -> None:
    write_file(folder / "config.yaml", CONFIG + "database: postgresql://db.example.org/ours\n")
    ran = run_cli("unit", "web")
    assert service(ran.out)["ReadWritePaths"] == ""
    assert "IPAddressAllow=localhost: add the address" in ran.err
    assert "could change the campaign files" not in ran.err
    assert service(printed())["ReadWritePaths"] == str(folder)  # for ids on a full disk


def test_a_home_that_has_the_program_is_not_hidden() -> None:
    for kind in ("web", "share"):
        hidden = service(printed(kind, "--command", "/opt/groundswell"))
        seen = service(printed(kind, "--command", "/home/ana/.local/bin/groundswell"))
        assert (hidden["ProtectHome"], seen["ProtectHome"]) == ("yes", "read-only")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes folders of others")
def test_a_folder_that_the_user_may_not_enter_is_named(disk: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    own, groups, closed, open_ = (disk / name for name in ("own", "groups", "closed", "open"))
    for folder, mode in ((own, 0o700), (groups, 0o750), (closed, 0o700), (open_, 0o755)):
        folder.mkdir()
        folder.chmod(mode)
    os.chown(own, nobody.pw_uid, 0)
    os.chown(groups, 0, nobody.pw_gid)
    disk.chmod(0o755)
    paths = [str(folder / "ours") for folder in (own, groups, closed, open_)]
    [line] = find_closed("nobody", None, paths)
    assert line.startswith(f"{closed}: nobody may not enter")
    assert find_closed("nobody", "root", paths) == [line]  # its mode has nothing for the group
    assert find_closed("somebody-else", None, paths) == []  # who is still to be made


@pytest.mark.parametrize("folder", TEMPORARY)
def test_a_folder_that_no_service_sees_is_named(folder: str) -> None:
    line = f"{folder}/ours: a service has {folder} of its own, and does not see this."
    assert find_hidden(["/srv/ours", f"{folder}files", f"{folder}/ours"]) == [line]
    assert line in run_cli("unit", "share", "--pages", f"{folder}/ours").err


def test_a_star_in_the_name_of_the_file_with_variables_is_a_star() -> None:
    unit = service(printed("--env-file", "/etc/a*b[1].env"))
    assert unit["EnvironmentFile"] == r"-/etc/a\*b\[1].env"


@pytest.mark.parametrize("name", ["root\nExecStart=/bin/sh", "a b", "", "-x", "%u"])
def test_a_user_is_a_name(name: str) -> None:
    ran = run_cli("unit", f"--user={name}")
    assert (ran.code, ran.out) == (1, "")
    assert "--user: V102" in ran.err
    assert "--group: V102" in run_cli("unit", "web", f"--group={name}").err


def test_the_program_is_not_one_in_the_folder_of_the_campaign(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["-m"])
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    words = shlex.split(service(printed())["ExecStart"])
    assert words[0] == sys.executable
    Path("bot.py").write_text("print('another program')")
    ran = subprocess.run([*words[:-1], "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout == f"groundswell {__version__}\n"


def test_a_command_begins_with_a_whole_path() -> None:
    assert run_cli("unit", "--command", "groundswell").code == 2


# --- What they promise ----------------------------------------------------------------------------


def test_the_loop_is_started_anew_until_it_runs() -> None:
    """It also waits for a loop that hangs, or that has to be stopped before the tables change."""
    unit = service(printed())
    assert (unit["Type"], unit["Restart"]) == ("notify", "on-failure")
    assert "RestartPreventExitStatus" not in unit
    assert unit["LimitCORE"] == "0"  # the watchdog ends it by a signal that dumps the memory
    assert int(unit["TimeoutStopSec"]) > 2 * STOP_SECONDS


def test_a_slow_platform_is_not_a_hang() -> None:
    assert PATIENCE_SECONDS["publish"] > 2 * max(Limits().send, Limits().read)


def test_the_control_room_is_another_user_without_secrets() -> None:
    loop, web = printed(), printed("web")
    assert service(web)["User"] == WEB_USER != service(loop)["User"]
    assert "EnvironmentFile" not in web
    assert "ImportCredential" not in web
    hidden = re.findall(r"^InaccessiblePaths=-(.*)$", web, re.MULTILINE)
    assert set(hidden) == {str(ENVIRONMENT), "/etc/credstore", "/etc/credstore.encrypted"}
    for kind in ("web", "share"):
        unit = service(printed(kind))
        assert (unit["IPAddressDeny"], unit["IPAddressAllow"]) == ("any", "localhost")


def test_all_are_hardened_alike() -> None:
    own = {"ProtectHome", "ReadWritePaths"}
    found = []
    for kind in KINDS:
        keys = re.findall(r"^(\w+)=.*$", printed(kind).partition("\nUMask=")[2], re.MULTILINE)
        found.append([key for key in keys if key not in own])
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 25


def test_the_pages_show_no_unit_but_lead_to_the_files() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert not [block for page in PAGES for block in blocks(page) if "[Service]" in block.text]
    for path in (ROOT / "bot" / "runtime" / "units").iterdir():
        assert f"](../{path.relative_to(ROOT)})" in text
        assert f"/etc/systemd/system/{path.name}" in text or path.stem == "groundswell-share"


def test_the_file_with_the_secrets_is_that_of_the_pages() -> None:
    marks = [block.mark for page in PAGES for block in blocks(page)]
    assert f"part of: {ENVIRONMENT}" in marks
    database = "database: data/groundswell.db"
    assert database in (ROOT / "docs" / "control-room.md").read_text(encoding="utf-8")
