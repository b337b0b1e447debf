"""Freeze what the version of this checkout leaves behind, which every later version must open.

``PYTHONPATH=tests:.ci python tests/upgrade/make_fixture.py``, once for each release, after the
version was set and before the release is built. It writes ``tests/upgrade/VERSION/``.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from distribution.archives import build_wheel
from helpers.release import copy_files
from helpers.upgrade import Environment, play, read_documents, upgrade_project

from bot import __version__

CAMPAIGN = Path("/tmp/campaign")  # noqa: S108 - the log names it, and no place of this machine
EPOCH = 1_800_000_000


def main() -> None:
    """Play the campaign in a folder of its own, and keep it as text."""
    target = Path(__file__).parent / __version__
    if target.exists() or CAMPAIGN.exists():
        sys.exit(f"{target} or {CAMPAIGN} exists already")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "wheel").mkdir()
        wheel = build_wheel(copy_files(folder / "tree", tests=False), folder / "wheel", EPOCH)
        environment = Environment(folder / "environment")
        environment.install(wheel)
        try:
            with upgrade_project(CAMPAIGN, environment) as project:
                play(project)
                project.still = project.clock.now()
                documents = read_documents(project.run, str(CAMPAIGN))
                _keep(target, documents, project.still.isoformat())
        finally:
            shutil.rmtree(CAMPAIGN, ignore_errors=True)


def _keep(target: Path, documents: dict[str, Any], instant: str) -> None:
    shutil.copytree(CAMPAIGN / "posts", target / "posts")
    shutil.copy(CAMPAIGN / "config.yaml", target)
    with closing(sqlite3.connect(CAMPAIGN / "groundswell.db")) as database:
        dump = "\n".join(database.iterdump())
    (target / "database.sql").write_text(f"{dump}\n", encoding="utf-8")
    journal = (CAMPAIGN / "groundswell.db.spill").read_text(encoding="utf-8")
    (target / "spill.txt").write_text(f"{journal.strip()}\n", encoding="utf-8")
    shutil.copy(CAMPAIGN / "groundswell.db.mark", target / "mark.json")
    lines = [f"{json.dumps(name)}: {json.dumps(shown)}" for name, shown in documents.items()]
    text = ",\n".join([f'"instant": {json.dumps(instant)}', *lines])
    (target / "shown.json").write_text(f"{{{text}}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
