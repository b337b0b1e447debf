"""Build the image of dist/, or build it here from nothing and try it.

python -m image build [TAG]    with podman, from the base that BASE names
python -m image try            from a base of mmdebstrap, in a store that is deleted afterwards
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from image.building import ROOT, fill_context, make_base
from image.checks import Trial
from image.engine import Engine, EngineError, enter_own_mounts, why_not
from image.trial import TrialError

_TAG = "localhost/groundswell"
_BASE = "localhost/debian"


def main() -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case ["build"]:
            build(_TAG)
        case ["build", tag]:
            build(tag)
        case ["try"]:
            enter_own_mounts()
            if reason := why_not("podman", "crun", "mmdebstrap"):
                sys.exit(f"The image cannot be tried here. {reason}")
            sys.exit(try_image())
        case _:
            sys.exit(__doc__)


def build(tag: str) -> None:
    """Build the image in podman's own store."""
    enter_own_mounts()
    with tempfile.TemporaryDirectory() as folder:
        version = fill_context(ROOT / "dist", Path(folder))
        arguments = {"BASE": base} if (base := os.environ.get("BASE")) else {}
        Engine(None).build(Path(folder), tag, network=True, VERSION=version, **arguments)
    print(f"built {tag}, Groundswell {version}")


def try_image() -> int:
    """Build the image and try it; return 1 if it does not do what it must."""
    with tempfile.TemporaryDirectory(prefix="groundswell-image-") as scratch:
        folder = Path(scratch)
        engine = Engine(folder / "engine")
        try:
            with timed("the base"):
                make_base(folder / "base.tar")
                engine("import", str(folder / "base.tar"), _BASE, within=300)
            with timed("the image"):
                version = fill_context(ROOT / "dist", folder / "context")
                engine.build(folder / "context", _TAG, BASE=_BASE, VERSION=version)
            return run_checks(Trial(engine, _TAG))
        except (EngineError, TrialError, subprocess.SubprocessError) as error:
            print(f"the trial broke off: {error}", flush=True)
            return 1
        finally:
            engine.remove_everything()


def run_checks(trial: Trial) -> int:
    """Run the checks and print each result; the first that fails ends it."""
    for name, check in trial.all():
        try:
            print(f"{name}: {check()}", flush=True)
        except (TrialError, EngineError) as error:
            print(f"{name}: FAILED: {error}", flush=True)
            return 1
    return 0


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long a step took."""
    begun = time.monotonic()
    yield
    print(f"{what}: made in {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
