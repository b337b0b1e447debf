"""Other job queues, in a virtual environment of their own: created once, kept for the next run.

What they promise differs: neither writes down before a post that it is about to be sent, so neither
can tell after a crash whether it may be out.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from bench_support import BENCH

PINNED = ("huey==3.5.4", "procrastinate==3.10.0", "psycopg[binary,pool]==3.3.9")
JOBS = Path(__file__).with_name("peer_jobs.py")


def environment() -> Path | None:
    """Return the Python that has the peers; None where they cannot be had."""
    folder = BENCH / "peers"
    python = folder / "bin" / "python"
    wanted = [*PINNED, f"tweepy=={version('tweepy')}"]
    stamp = folder / "made-of.txt"
    if stamp.exists() and stamp.read_text(encoding="ascii").split() == wanted:
        return python
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([*pip, "--only-binary", ":all:", *wanted], check=True)
    except subprocess.CalledProcessError:
        return None
    stamp.write_text("\n".join(wanted), encoding="ascii")
    return python


def huey(python: Path, url: str, posts: int, threads: int) -> float:
    """Return the posts a second of Huey."""
    with tempfile.TemporaryDirectory() as folder:
        return _run(python, "huey", url, posts, folder, threads)


def procrastinate(
    python: Path, url: str, posts: int, database: str, at_once: int, accounts: int = 0
) -> float:
    """Return the posts a second of Procrastinate; with accounts, one at a time for each."""
    return _run(python, "procrastinate", url, posts, database, at_once, accounts)


def _run(python: Path, which: str, url: str, posts: int, where: str, *counts: int) -> float:
    command = [str(python), str(JOBS), which, url, str(posts), where, *map(str, counts)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=120)
    return float(ran.stdout)
