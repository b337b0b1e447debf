"""The workflows have no mistakes that linters find, and what publishes runs no code of ours."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.cli import ROOT

FORGE = ROOT / ".github"
WORKFLOWS = sorted((FORGE / "workflows").glob("*.yml"))
RELEASE = yaml.safe_load((FORGE / "workflows" / "release.yml").read_text(encoding="utf-8"))
JOBS: dict[str, dict[str, Any]] = RELEASE["jobs"]
BIN = Path(sys.executable).parent
BAD = """\
name: Bad
on: pull_request_target
jobs:
  bad:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v6
      - run: echo ${{ github.event.pull_request.title }} ${{ github.nothing }}
"""


def zizmor(*paths: Path) -> subprocess.CompletedProcess[str]:
    return run("zizmor", "--offline", "--no-progress", "--persona=auditor", *map(str, paths))


def actionlint(*paths: Path) -> subprocess.CompletedProcess[str]:
    return run("jactionlint", "--shellcheck=", "--pyflakes=", *map(str, paths))


def run(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / name, *words], capture_output=True, text=True, check=False)


def test_zizmor_finds_no_way_to_attack_a_release() -> None:
    ran = zizmor(FORGE)
    assert ran.returncode == 0, ran.stdout


def test_actionlint_finds_no_mistake() -> None:
    ran = actionlint(*WORKFLOWS)
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.parametrize(
    ("linter", "finding"), [(zizmor, "template-injection"), (actionlint, "nothing")]
)
def test_the_linters_find_what_is_wrong(linter: Any, finding: str, tmp_path: Path) -> None:
    bad = tmp_path / ".github" / "workflows" / "bad.yml"
    bad.parent.mkdir(parents=True)
    bad.write_text(BAD, encoding="utf-8")
    ran = linter(bad)
    assert ran.returncode != 0
    assert finding in ran.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_an_action_is_pinned_by_its_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text(encoding="utf-8"))
    assert used
    for action, rest in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", rest), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_do_nothing_unless_a_job_says_so(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert yaml.safe_load(text)["permissions"] == {}
    assert "secrets." not in text


def test_the_jobs_that_run_our_code_may_only_read() -> None:
    ours = [job for job in JOBS.values() if "actions/checkout" in str(job)]
    assert ours == [JOBS["build"], JOBS["try"]]
    assert [job["permissions"] for job in ours] == [{"contents": "read"}] * 2


def test_a_job_with_an_identity_runs_pinned_actions_only() -> None:
    trusted = [job for job in JOBS.values() if "id-token" in job["permissions"]]
    assert len(trusted) == 2
    assert [step for job in trusted for step in job["steps"] if "run" in step] == []


def test_a_person_approves_before_anything_is_published() -> None:
    assert JOBS["index"]["environment"]["name"] == "release"
    assert JOBS["index"]["needs"] == ["build", "try"]
    assert "index" in JOBS["attest"]["needs"]
    assert "attest" in JOBS["page"]["needs"]


def test_the_published_files_are_all_that_were_built_and_tried() -> None:
    [gathered] = [step["run"] for step in JOBS["build"]["steps"] if "mkdir" in step.get("run", "")]
    for name in ("*.whl", "*.tar.gz", "constraints.txt", "sbom.cdx.json", "SHA256SUMS"):
        assert f"dist/{name}" in gathered
    assert "make dist" in str(JOBS["build"])


def test_nothing_that_is_tried_can_change_what_is_published() -> None:
    assert [name for name, job in JOBS.items() if "make try-dist" in str(job)] == ["try"]
    assert [name for name, job in JOBS.items() if "upload-artifact" in str(job)] == ["build"]
    steps = [step for job in JOBS.values() for step in job["steps"]]
    taken = [step["with"] for step in steps if "download-artifact" in step.get("uses", "")]
    assert len(taken) == 4
    for one in taken:  # a name may mean other files by then, and a number cannot
        assert re.fullmatch(r"\${{ needs\.build\.outputs\.(index|page) }}", one["artifact-ids"])


def test_nothing_is_cached() -> None:
    texts = [path.read_text(encoding="utf-8") for path in WORKFLOWS]
    assert [
        text for text in texts if re.search(r"^\s*cache:|actions/cache", text, re.MULTILINE)
    ] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_makes_is_a_target(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"run: .*\bmake ([\w-]+)", path.read_text(encoding="utf-8")):
        assert f"\n{target}:" in makefile
