from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.cli import run_cli

from bot.alerts.notices import own_pauses
from bot.database.audit import GROUNDSWELL
from bot.model import PauseCause, PauseRequest

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

SCOPES = {
    "all": [],
    "account our-x": ["--account", "our-x"],
    "campaign ours": ["--campaign", "ours"],
    "platform x": ["--platform", "x"],
}


@pytest.mark.parametrize("scope", SCOPES)
def test_paused_nothing_goes_out_and_resumed_it_does(ours: SandboxProject, scope: str) -> None:
    args = SCOPES[scope]
    ours.write_campaign(ours.post("now"))
    paused = ours.run_cli("pause", *args, "--why", "a funeral", "--as", "Kim")
    assert paused.code == 0
    assert paused.out.startswith(f"paused ({scope}) by Kim: a funeral, since 20")
    with ours.started_app() as app:
        app.run_once()
    assert ours.texts() == []
    covered = "everything" if scope == "all" else f"its {scope.split(maxsplit=1)[0]}"
    listed = ours.run_cli("queue", "list").out
    assert f"{covered} is paused by Kim: a funeral" in listed
    assert f"  paused ({scope}) by Kim: a funeral" in ours.run_cli("inbox").out
    resumed = ours.run_cli("resume", *args)
    what = scope.replace("all", "everything")
    assert resumed.code == 0
    assert resumed.out == f"Resumed: {what}.\nNothing is paused now.\n"
    with ours.started_app() as app:
        app.run_once()
    assert ours.texts() == ["Post now."]


def test_other_accounts_go_on(ours: SandboxProject) -> None:
    ours.configure("campaigns:", "  other-x: {platform: x, handle: other}\ncampaigns:")
    ours.write_campaign(ours.post("now"))
    assert ours.run_cli("pause", "--account", "other-x").code == 0
    with ours.started_app() as app:
        app.run_once()
    assert ours.texts() == ["Post now."]


def test_deliveries_on_the_wire_are_listed(ours: SandboxProject) -> None:
    ours.world.faults.add("POST", "/2/tweets", {"stall": 30})
    ours.write_campaign(ours.post("now"))
    loop = ours.start(until="")
    loop.wait(ours.texts)
    ran = ours.run_cli_process("pause")
    assert ran.code == 0
    first, *rest = ran.out.splitlines()
    assert first.startswith("paused (all) by ")
    assert rest == ["Being sent, may still leave:", "  ours/now/our-x/once"]
    again = json.loads(ours.run_cli_process("pause", "--json").out)
    assert again["on_the_wire"] == ["ours/now/our-x/once"]


def test_pause_without_a_running_loop_says_so(ours: SandboxProject) -> None:
    database = f"sqlite:///{ours.folder / 'groundswell.db'}"
    ran = ours.run_cli("pause", "--as", "Kim")
    assert ran.code == 0
    assert ran.err == (f"No loop runs on {database}. A loop that is started now will be paused.\n")
    assert json.loads(ours.run_cli("pause", "--json").out)["loop_runs"] is False
    ran = ours.run_cli("resume")
    assert ran.err == f"No loop runs on {database}, so no posts are sent: groundswell run\n"


def test_running_loop_logs_pause_and_resume(ours: SandboxProject) -> None:
    ours.run_cli("pause", "--account", "our-x", "--why", "locked", "--as", "Sam")
    loop = ours.start()
    assert "paused (account our-x) by Sam: locked, since 20" in loop.output()
    paused = ours.run_cli("pause", "--why", "a funeral", "--as", "Kim")
    assert paused.err == ""
    loop.until("paused (all) by Kim: a funeral, since 20")
    assert ours.run_cli("resume", "--as", "Kim").err == ""
    loop.until("resumed; it was paused (all) by Kim: a funeral")
    (ours.folder / "PAUSE").write_text("a storm\n", encoding="utf-8")
    loop.until("paused (all) by the file PAUSE: a storm")
    (ours.folder / "PAUSE").unlink()
    loop.until("resumed; it was paused (all) by the file PAUSE: a storm")
    loop.end()
    assert loop.output().count("locked") == 1


def test_second_pause_changes_nothing_and_says_so(ours: SandboxProject) -> None:
    ours.run_cli("pause", "--why", "a funeral", "--as", "Kim")
    ran = ours.run_cli("pause", "--why", "another reason", "--as", "Sam")
    assert ran.code == 0
    assert ran.err.splitlines()[0] == "It was paused already."
    [line] = ran.out.splitlines()
    assert line.startswith("paused (all) by Kim: a funeral")
    resumed = "Resumed: everything.\nNothing is paused now.\n"
    assert ours.run_cli("resume").out == resumed


def test_resuming_one_leaves_the_others(ours: SandboxProject) -> None:
    ours.run_cli("pause")
    ours.run_cli("pause", "--account", "our-x", "--why", "locked", "--as", "Kim")
    ran = ours.run_cli("resume")
    assert ran.out.startswith(
        "Resumed: everything. Still paused:\npaused (account our-x) by Kim: locked, since "
    )
    value = json.loads(ours.run_cli("resume", "--account", "our-x", "--json").out)
    assert value == {"pauses": [], "lifted": 1, "loop_runs": False}


def test_resuming_without_a_pause_names_the_pauses_in_force(ours: SandboxProject) -> None:
    ran = ours.run_cli("resume")
    assert ran.code == 1
    assert ran.err.splitlines()[0] == "resume: Q301 Not paused: all. Nothing is paused."
    ours.run_cli("pause", "--account", "our-x", "--why", "locked", "--as", "Kim")
    ran = ours.run_cli("resume")
    assert ran.err.splitlines()[0] == (
        "resume: Q301 Not paused: all. Still paused: paused (account our-x) by Kim: locked "
        "(groundswell resume --account our-x)."
    )


@pytest.mark.parametrize("scope", SCOPES)
def test_the_command_that_is_named_for_a_pause_ends_it(
    ours: SandboxProject, caplog: pytest.LogCaptureFixture, scope: str
) -> None:
    """A pause of an account outlasts a plain ``groundswell resume``, and every face says so."""
    what, _, name = scope.partition(" ")
    with ours.app() as app:
        refused = PauseRequest(what, name, "refused", PauseCause.REFUSED)
        app.queue.pause(refused, GROUNDSWELL, app.clock.now())
        app.prepare()
        [notice] = own_pauses(app.queue.pauses())
    command = " ".join(["groundswell resume", *SCOPES[scope]])
    stopped_by_itself = f"paused by Groundswell; once that is fixed: {command}"
    assert f"  {stopped_by_itself}\n" in ours.run_cli("status").out
    needs, stopped = ours.run_cli("inbox").out.split("\n\n")
    assert needs == stopped_by_itself
    assert f"  paused ({scope}) by groundswell: refused ({command})\n" in stopped
    assert notice.text.endswith(f" Once it is fixed: {command}")
    assert caplog.messages[-1].endswith(f" ({command})")
    _, *args = command.split()
    ended = scope.replace("all", "everything")
    resumed = f"Resumed: {ended}.\nNothing is paused now.\n"
    assert ours.run_cli(*args).out == resumed


def test_a_command_that_is_named_for_a_pause_names_the_users_config(ours: SandboxProject) -> None:
    (ours.folder / "config.yaml").rename(ours.folder / "other.yaml")
    own = ("--config", "other.yaml")
    ours.run_cli("pause", "--account", "our-x", *own)
    ends = "(groundswell resume --config other.yaml --account our-x)"
    assert ends in ours.run_cli("inbox", *own).out
    assert ends in ours.run_cli("resume", *own).err


UNKNOWN = {
    "account": (["--account", "ourx"], "G106", 'Did you mean "our-x"?'),
    "campaign": (["--campaign", "our"], "Q601", 'Did you mean "ours"?'),
    "platform": (["--platform", "twitter"], "G108", "Known here: bluesky, mastodon, x."),
}


def test_unknown_name_is_refused_because_it_would_stop_nothing(ours: SandboxProject) -> None:
    for kind, (args, code, hint) in UNKNOWN.items():
        ran = ours.run_cli("pause", *args)
        assert ran.code == 1
        assert ran.err.splitlines()[0] == f'pause: {code} There is no {kind} "{args[1]}". {hint}'
        assert json.loads(ours.run_cli("inbox", "--json").out)["pauses"] == []


def test_campaign_that_left_the_files_can_be_paused_while_it_is_queued(
    ours: SandboxProject,
) -> None:
    ours.write_campaign(ours.post("now"))
    with ours.started_app():
        pass
    (ours.folder / "posts" / "ours.yaml").write_text("posts: [")
    assert ours.run_cli("pause", "--campaign", "ours").code == 0


def test_two_scopes_at_once_are_a_wrong_usage() -> None:
    for command in ("pause", "resume"):
        ran = run_cli(command, "--account", "our-x", "--platform", "x")
        assert ran.code == 2
        assert "use only one of --account, --campaign and --platform" in ran.err


HOSTILE = "\x1b[2J\x9b31m\u202ea storm"
SHOWN = "\\u001b[2J\\u009b31m\\u202ea storm"


def test_a_reason_does_not_steer_the_terminal(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("now"))
    (ours.folder / "PAUSE").write_text(HOSTILE)
    with ours.started_app() as app:
        app.run_once()
    ran = [
        ours.run_cli("pause", "--why", HOSTILE, "--as", "Ana"),
        ours.run_cli("pause", "--why", HOSTILE, "--as", "Ana", "--json"),
        ours.run_cli("queue", "list"),
        ours.run_cli("log"),
    ]
    for printed in ran:
        assert SHOWN in printed.out
    ran.append(ours.run_cli("resume", "--account", "our-x"))
    for printed in ran:
        assert not {"\x1b", "\x9b", "\u202e"} & {*printed.out, *printed.err}
    assert json.loads(ran[1].out)["pauses"][0]["why"] == HOSTILE


def test_a_platforms_words_do_not_steer_the_terminal(ours: SandboxProject) -> None:
    words = f"{HOSTILE} is too long"
    ours.world.faults.add("POST", "/2/tweets", {"status": 403, "body": {"detail": words}})
    ours.write_campaign(ours.post("now"))
    with ours.started_app() as app:
        app.run_once()
    ran = [
        ours.run_cli("queue", "list", "--all"),
        ours.run_cli("queue", "show", "ours/now/our-x/once"),
        ours.run_cli("log"),
        ours.run_cli("alerts", "digest", "--print"),
        ours.run_cli("report"),
        ours.run_cli("report", "--format", "markdown"),
    ]
    assert SHOWN in ran[1].out
    for printed in ran:
        assert not {"\x1b", "\x9b", "\u202e"} & {*printed.out, *printed.err}
