"""Make the files of a release in the folder that the command line names: see `make dist`."""

import shutil
import sys
import tempfile
from pathlib import Path

from distribution.release import make_release

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Build from the project that this file is in."""
    (folder,) = map(Path, sys.argv[1:])
    print(f"building into {folder}, which may take a minute", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            made = make_release(ROOT, Path(scratch))
        except ValueError as problem:
            sys.exit(str(problem))
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("groundswell-*"):
            old.unlink()
        for file in made:
            shutil.copyfile(file, folder / file.name)
            print(f"{file.stat().st_size:>10,}  {folder / file.name}")


if __name__ == "__main__":
    main()
