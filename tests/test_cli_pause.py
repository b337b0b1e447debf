from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from run_support import Place

    Capture = pytest.CaptureFixture[str]

pytest_plugins = ["run_support"]

SCOPES = {
    "all": [],
    "account our-x": ["--account", "our-x"],
    "campaign ours": ["--campaign", "ours"],
    "platform x": ["--platform", "x"],
}


@pytest.mark.parametrize("scope", SCOPES)
def test_paused_nothing_goes_out_and_resumed_it_does(
    ours: Place, capsys: Capture, scope: str
) -> None:
    args = SCOPES[scope]
    ours.say(ours.post("now"))
    paused = ours.here(capsys, "pause", *args, "--why", "a funeral", "--as", "Kim")
    assert paused.code == 0
    assert paused.out.startswith(f"paused ({scope}) by Kim: a funeral, since 20")
    with ours.running() as app:
        app.once()
    assert ours.texts() == []
    assert f"paused ({scope}) by Kim: a funeral" in ours.here(capsys, "queue", "list").out
    assert f"  paused ({scope}) by Kim: a funeral" in ours.here(capsys, "inbox").out
    resumed = ours.here(capsys, "resume", *args)
    assert resumed == (0, "Nothing is paused.\n", "")
    with ours.running() as app:
        app.once()
    assert ours.texts() == ["Post now."]


def test_other_accounts_go_on(ours: Place, capsys: Capture) -> None:
    ours.configure("campaigns:", "  other-x: {platform: x, handle: other}\ncampaigns:")
    ours.say(ours.post("now"))
    assert ours.here(capsys, "pause", "--account", "other-x").code == 0
    with ours.running() as app:
        app.once()
    assert ours.texts() == ["Post now."]


def test_what_is_on_the_wire_is_listed(ours: Place) -> None:
    ours.world.faults.add("POST", "/2/tweets", {"stall": 30})
    ours.say(ours.post("now"))
    loop = ours.start(until="")
    loop.wait(ours.texts)
    ran = ours.process("pause")
    assert ran.code == 0
    first, *rest = ran.out.splitlines()
    assert first.startswith("paused (all) by ")
    assert rest == ["On the wire already, and not to be stopped:", "  ours/now/our-x/once"]
    again = json.loads(ours.process("pause", "--json").out)
    assert again["on_the_wire"] == ["ours/now/our-x/once"]


def test_second_pause_changes_nothing_and_says_so(ours: Place, capsys: Capture) -> None:
    ours.here(capsys, "pause", "--why", "a funeral", "--as", "Kim")
    ran = ours.here(capsys, "pause", "--why", "another reason", "--as", "Sam")
    assert ran.code == 0
    assert ran.err == "It was paused already.\n"
    [line] = ran.out.splitlines()
    assert line.startswith("paused (all) by Kim: a funeral")
    assert ours.here(capsys, "resume").out == "Nothing is paused.\n"


def test_resuming_one_leaves_the_others(ours: Place, capsys: Capture) -> None:
    ours.here(capsys, "pause")
    ours.here(capsys, "pause", "--account", "our-x", "--why", "locked", "--as", "Kim")
    ran = ours.here(capsys, "resume")
    assert ran.out.startswith("paused (account our-x) by Kim: locked, since ")
    value = json.loads(ours.here(capsys, "resume", "--account", "our-x", "--json").out)
    assert value == {"pauses": [], "lifted": 1}


def test_resuming_what_is_not_paused_says_what_is(ours: Place, capsys: Capture) -> None:
    ran = ours.here(capsys, "resume")
    assert ran.code == 1
    assert ran.err.splitlines()[0] == "resume: Q301 Not paused: all. Nothing is."
    ours.here(capsys, "pause", "--account", "our-x", "--why", "locked", "--as", "Kim")
    ran = ours.here(capsys, "resume")
    assert ran.err.splitlines()[0] == (
        "resume: Q301 Not paused: all. What is: paused (account our-x) by Kim: locked."
    )


UNKNOWN = {
    "account": (["--account", "ourx"], 'Did you mean "our-x"?'),
    "campaign": (["--campaign", "our"], 'Did you mean "ours"?'),
    "platform": (["--platform", "twitter"], "Known here: x."),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_unknown_name_is_refused_because_it_would_stop_nothing(
    ours: Place, capsys: Capture, kind: str
) -> None:
    args, hint = UNKNOWN[kind]
    ran = ours.here(capsys, "pause", *args)
    assert ran.code == 1
    assert ran.err.splitlines()[0] == f"pause: Q302 There is no {kind} {args[1]}. {hint}"
    assert json.loads(ours.here(capsys, "inbox", "--json").out)["pauses"] == []


def test_campaign_that_left_the_files_can_be_paused_while_it_is_queued(
    ours: Place, capsys: Capture
) -> None:
    ours.say(ours.post("now"))
    with ours.running():
        pass
    (ours.folder / "posts" / "ours.yaml").write_text("posts: [")
    assert ours.here(capsys, "pause", "--campaign", "ours").code == 0


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_two_scopes_at_once_are_a_wrong_usage(ours: Place, capsys: Capture, command: str) -> None:
    ran = ours.here(capsys, command, "--account", "our-x", "--platform", "x")
    assert ran.code == 2
    assert "name one of --account, --campaign and --platform" in ran.err
