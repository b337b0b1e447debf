"""Podman with a store of its own, so that nothing of the trial stays on the machine."""

import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CGROUPS = Path("/sys/fs/cgroup")
_WITH_OLD_CGROUPS = "umount --lazy /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup"
_MINUTE = 60.0


class EngineError(Exception):
    """A command of the engine failed, or took too long."""


def enter_own_mounts() -> None:
    """Start this program anew with new control groups alone, if the machine mounts the old ones.

    crun refuses a mixture. The mounts are this process's own, and end with it.
    """
    if (_CGROUPS / "cgroup.controllers").exists() or os.geteuid():
        return
    again = [sys.executable, *sys.orig_argv[1:]]
    shell = ["sh", "-c", f'{_WITH_OLD_CGROUPS} && exec "$@"', "sh", *again]
    os.execvp("unshare", ["unshare", "--mount", *shell])  # noqa: S606 - no shell of a person's words


def why_not(*tools: str) -> str:
    """Return why this machine cannot run containers, or nothing."""
    if missing := [tool for tool in tools if not shutil.which(tool)]:
        return f"There is no {' and no '.join(missing)} here: apt install podman crun mmdebstrap"
    tried = subprocess.run(
        ["unshare", "--map-root-user", "--pid", "--fork", "true"], check=False, capture_output=True
    )
    if os.geteuid() and tried.returncode:
        return "This user may make no user namespaces: run it as root, or allow them."
    return ""


@dataclass(frozen=True)
class Engine:
    """Podman's commands."""

    folder: Path | None
    """Where its images, volumes and containers are kept; None for podman's own place."""

    def __call__(
        self, *command: str, given: str = "", codes: tuple[int, ...] = (0,), within: float = _MINUTE
    ) -> str:
        """Return what a command prints. Raise EngineError if it fails, or takes too long."""
        code, out, said = self.ask(*command, given=given, within=within)
        if code not in codes:
            raise EngineError(f"podman {' '.join(command)}: exit code {code}\n{out}{said}")
        return out

    def ask(self, *command: str, given: str = "", within: float = _MINUTE) -> tuple[int, str, str]:
        """Return the exit code of a command, what it prints, and its errors."""
        try:
            ended = subprocess.run(
                [*self._podman, *command],
                input=given, capture_output=True, text=True, timeout=within, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            message = f"podman {' '.join(command)}: no answer in {within:.0f} s"
            raise EngineError(message) from error
        return ended.returncode, ended.stdout, ended.stderr

    def inspect(self, kind: str, name: str) -> Any:
        """Return podman's description of an image or a container."""
        return json.loads(self(kind, "inspect", name))[0]

    def build(self, context: Path, tag: str, *, network: bool = False, **arguments: str) -> None:
        """Build the image of a folder; a base without Python needs the network."""
        given = [
            part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")
        ]
        limits = [*_limits(), *([] if network else ["--network", "none"])]
        # Only Docker's format keeps a HEALTHCHECK.
        as_docker = ("--format", "docker", "--timestamp", "0")
        files = ("--tag", tag, "--file", str(context / "Containerfile"), str(context))
        command = ("build", "--quiet", "--layers=false", *as_docker, *limits, *given, *files)
        self(*command, within=15 * _MINUTE)

    def start(self, image: str, *command: str, options: tuple[str, ...] = ()) -> str:
        """Start a container as a careful person would, and return its id."""
        return self("run", "--detach", *self._careful(), *options, image, *command).strip()

    def once(
        self,
        image: str,
        *command: str,
        options: tuple[str, ...] = (),
        given: str = "",
        codes: tuple[int, ...] = (0,),
        within: float = _MINUTE,
    ) -> str:
        """Run a container to its end, and return what it prints."""
        careful = ["run", "--rm", "--interactive", *self._careful(), *options]
        return self(*careful, image, *command, given=given, codes=codes, within=within)

    def remove_everything(self) -> None:
        """Stop all containers of this store, and delete it. Others' stores are left alone."""
        assert self.folder, "podman's own place is not ours to empty"
        self.ask("rm", "--all", "--force", "--time", "0", within=5 * _MINUTE)
        self.ask("volume", "rm", "--all", "--force")
        self.ask("rmi", "--all", "--force", within=5 * _MINUTE)
        mounted = ["umount", "--lazy", str(self.folder / "store" / "overlay")]
        subprocess.run(mounted, check=False, capture_output=True)
        if os.geteuid():  # files of users who exist in podman's namespace only
            self.ask("unshare", "rm", "--recursive", "--force", str(self.folder), within=_MINUTE)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _podman(self) -> list[str]:
        if self.folder is None:
            return ["podman"]
        places = {"root": "store", "runroot": "run", "tmpdir": "tmp", "volumepath": "volumes"}
        where = (f"--{name}={self.folder / place}" for name, place in places.items())
        return ["podman", *where, "--cgroup-manager", "cgroupfs"]

    @staticmethod
    def _careful() -> list[str]:
        rights = ["--cap-drop", "all", "--security-opt", "no-new-privileges"]
        files = ["--read-only", "--read-only-tmpfs=false", "--tmpfs", "/tmp"]  # noqa: S108 - the container's own
        return [*rights, *files, "--cgroups", "disabled", *_limits()]


def _limits() -> list[str]:
    """Return this process's own limits. Podman's are higher, which it may not set everywhere."""
    limits = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
    pairs = {name: resource.getrlimit(limit) for name, limit in limits.items()}
    given = (f"{name}={soft}:{hard}" for name, (soft, hard) in pairs.items())
    return [part for limit in given for part in ("--ulimit", limit)]
