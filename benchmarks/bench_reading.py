"""Reading 500 campaign files with 100,000 posts, from the YAML to the plan.

The folder is created for each run (``large_folder``). Each of these is measured in a process of its
own:

- the YAML alone, every file from its bytes to a tree of texts with places;
- ``groundswell check`` on all of it, with every rule, from the start of the process to its end;
- the loop's intake, with its database (SQLite), which reads and plans everything at the start,
  looks once at unchanged files, and takes in an edit of one post in one file until the queue is as
  it should be; with the memory that it holds (VmRSS) and the most it held (VmHWM);
- the memory that ``groundswell run`` holds against ``groundswell sandbox``;
- the near texts compared for each text, also if all texts have most words in common.

The processor time stands beside the wall clock. On a machine that does other work at the same time,
only that is worth comparing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import large_folder
from bench_support import (
    COMMAND,
    Workspace,
    count_logged,
    loop,
    row,
    sandbox,
    spread,
    title,
    wait_for,
    workspace,
)
from processes import memory, processor_seconds, status

EDITS = 9
CROWD = 5000
SETTLE = 10.0
PATIENCE = 900.0


def main() -> None:
    """Measure and print."""
    count = large_folder.FILES * large_folder.POSTS_PER_FILE
    title(f"Reading {large_folder.FILES} files with {count:,} posts")
    with workspace() as place:
        place.write("config.yaml", large_folder.config())
        large_folder.write(place.folder / "posts", datetime.now(UTC).date())
        time.sleep(3.5)  # younger files are read again at every look
        _yaml(place)
        _check(place)
        _intake(place)
        _near(place)
        _loop(place)
    print()


def _yaml(place: Workspace) -> None:
    row("the YAML, to trees", _times(_here(place, "yaml")), "under 3 s")


def _check(place: Workspace) -> None:
    before = os.times()
    begin = time.perf_counter()
    process = place.start(COMMAND, "check")
    process.wait()
    wall, after = time.perf_counter() - begin, os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    row("groundswell check, every rule", _times({"wall": wall, "used": used}), "under 30 s")


def _intake(place: Workspace) -> None:
    figures = _here(place, "intake")
    row("the loop: everything read and planned", _times(figures["start"]))
    row("  posts queued", f"{figures['queued']:,}")
    row("  a look at unchanged files", spread([figures["look"]["used"]]) + " of processor")
    for kind, times in figures["edits"].items():
        walls, used = ([edit[name] for edit in times] for name in ("wall", "used"))
        row(f"  an edit: {kind}", spread(walls), "under 15 s")
        row("    of processor", spread(used))
    row(
        "  memory (VmRSS), the most (VmHWM)",
        "{:.0f} MB, {:.0f} MB".format(*figures["memory"]),
        "under 400 MB",
    )


def _loop(place: Workspace) -> None:
    slots = "    slots: [mon-fri 09:00, sat 11:00]"
    with sandbox(place, large_folder.ACCOUNTS, slots), loop(place) as process:
        wait_for(lambda: count_logged(place, "running"), "the loop to run", PATIENCE)
        time.sleep(SETTLE)
        held = f"{memory(process.pid):.0f} MB, {status(process.pid, 'VmHWM') / 1024:.0f} MB"
        row("groundswell run: memory, the most", held, "under 400 MB")
        before = count_logged(place, "plan:")
        _write_edit("a text", EDITS, place.folder / "posts")
        used = processor_seconds(process.pid)
        wait_for(lambda: count_logged(place, "plan:") > before, "the loop to plan again", PATIENCE)
        used = processor_seconds(process.pid) - used
        row("  an edit, with the looks before it", f"{used:6.2f} s of processor")
        row("  memory after it", f"{memory(process.pid):.0f} MB")


def _near(place: Workspace) -> None:
    for name, figures in _here(place, "near").items():
        compared = f"{figures['compared']:5.1f} a text, {figures['used']:.1f} s of processor"
        row(f"near texts: {name}", compared, "at most 40 a text")


def _times(times: dict[str, float]) -> str:
    return f"{times['wall']:6.2f} s  ({times['used']:.2f} s of processor)"


# --- Measurements, each in a process of its own ---------------------------------------------------


def _here(place: Workspace, what: str) -> Any:
    """Run a part of this file in the workspace; return what it prints."""
    command = [sys.executable, str(Path(__file__).resolve()), what]
    ran = subprocess.run(
        command, cwd=place.folder, env=place.environ, check=True, capture_output=True, text=True
    )
    return json.loads(ran.stdout)


class _Watch:
    """Wall-clock and processor time since it was created."""

    def __init__(self) -> None:
        self._wall, self._used = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        """Return both in seconds."""
        return {
            "wall": time.perf_counter() - self._wall,
            "used": time.process_time() - self._used,
        }


def yaml() -> Any:
    """Read every file to a tree."""
    from bot.campaigns.source import read_source
    from bot.checking import without_gc
    from bot.yamlsource.folder import yaml_files

    watch = _Watch()
    count = 0
    with without_gc():
        for path in yaml_files(Path("posts")):
            read_source(path, Path("posts"), {})
            count += 1
    assert count == large_folder.FILES
    return watch.read()


def intake() -> Any:
    """Start as the loop does, look, and follow edits."""
    from bot.config import load
    from bot.runtime.loop_app import create_loop_app

    with create_loop_app(load(Path("config.yaml"), {}), {}) as app, app.registered():
        watch = _Watch()
        assert app.queue_sync.refresh() == []
        start = watch.read()
        app.queue_sync.watch()
        watch = _Watch()
        app.queue_sync.watch()
        look = watch.read()
        edits = {
            kind: [_edited(app, kind, number) for number in range(EDITS)]
            for kind in ("a text", "a post more", "a post less")
        }
        queued = sum(app.queue.count_by_state().values())
        return {
            "start": start,
            "look": look,
            "edits": edits,
            "queued": queued,
            "memory": [status(os.getpid(), name) / 1024 for name in ("VmRSS", "VmHWM")],
        }


def _edited(app: Any, kind: str, number: int) -> dict[str, float]:
    _write_edit(kind, number, Path("posts"))
    app.queue_sync.watch()
    watch = _Watch()
    app.queue_sync.watch()
    return watch.read()


def _write_edit(kind: str, number: int, folder: Path) -> None:
    path = sorted(folder.glob("*.yaml"))[13 + 37 * number]
    posts = path.read_text(encoding="utf-8").split("\n\n")
    if kind == "a text":
        posts[number + 20] += f" Edit {number}."
    elif kind == "a post more":
        posts.insert(20, posts[20].replace("id: post", f"id: more-{number}"))
    else:
        del posts[20]
    path.write_text("\n\n".join(posts), encoding="utf-8")


def near() -> Any:
    """Compare texts of the folder's kind, and crowds of texts that are much alike."""
    import random

    from bot.lint.near_duplicates import near_candidates, similarity, word_hashes
    from bot.text import normalized_words

    chance = random.Random(7)  # noqa: S311 - repeatable figures, no secret
    maker = large_folder.Maker(chance, datetime.now(UTC).date(), 1)
    common = maker.sentence(20).split()
    kinds = {"100,000 of the folder's kind": [maker.text().split() for _ in range(100_000)]}
    for own in (1, 4, 8):
        kinds[f"a crowd, {own} of {20 + own} words their own"] = [
            [*common[:10], *(f"own{number}x{n}" for n in range(own)), *common[10:]]
            for number in range(CROWD)
        ]
    found = {}
    for name, texts in kinds.items():
        watch = _Watch()
        sets = [word_hashes(normalized_words(" ".join(words))) for words in texts]
        compared = 0
        for number, others in near_candidates(sets):
            compared += len([similarity(set(sets[number]), sets[other]) for other in others])
        found[name] = {"compared": compared / len(texts), **watch.read()}
    return found


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps({"yaml": yaml, "intake": intake, "near": near}[sys.argv[1]]()))
    else:
        main()
