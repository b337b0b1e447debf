"""What the control room costs: its pages, fifty readers beside a loop that sends, and at rest.

``groundswell web`` works as people start it, beside ``groundswell run`` on the same SQLite file.

- *Pages*: each page over a queue of 10,000 posts that are all due in the month that is shown, one
  account each, of 100 accounts. The time is the reader's, from the request to the last byte, as the
  median of ``ASKED`` requests; the very first one also reads and checks all files.
- *Readers*: 400 posts are due, ``A_SECOND`` each second, while fifty people have a page open, which
  loads itself again after a change. The same without the control room comes before and after it,
  and the bar is a share of the greater of these two, as one machine differs from minute to minute.
- *At rest*: one page is open, and nothing is due.
"""

from __future__ import annotations

import statistics
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import loopback
from bench_lateness import lateness
from bench_rest import SETTLE, rest, written
from bench_support import count_logged, keep, loop, percentile, row, title, wait_for, workspace
from loopback import Due
from processes import memory
from web_readers import control_room, fetch, reading, stream

if TYPE_CHECKING:
    from bench_support import Workspace
    from web_readers import Room

FILES, POSTS, ACCOUNTS = 10, 1000, 100
ASKED = 15
FEWEST_DAYS = 10
"""The posts fill the rest of this month if it has as many days, or else the next month."""
HORIZON_DAYS = 29

READERS, SENT, A_SECOND = 50, 400, 20
READ = ("/", "/calendar", "/calendar?view=week", "/inbox")
LEAD = 25.0
"""Seconds until the first post is due, in which fifty pages are opened."""


def main() -> None:
    """Measure and print."""
    title("The control room")
    with workspace() as place, loopback.served() as url:
        _pages(place, url)
    before = _sent(0)
    read = _sent(READERS)
    after = _sent(0)
    alone = max(percentile(late, 0.99) for late in (before, after))
    _keep("posts without readers, p99", alone * 1000, "ms")
    _keep(
        "posts beside 50 readers, p99",
        percentile(read, 0.99) * 1000,
        "ms",
        f"within {alone * 1100:.1f}",
    )
    with workspace() as place, loopback.served() as url:
        _rest(place, url)
    print()


def _keep(name: str, value: float, unit: str, bar: str = "") -> None:
    keep("web", name, value, unit, bar=bar)


# --- Pages ----------------------------------------------------------------------------------------


def _pages(place: Workspace, url: str) -> None:
    loopback.accounts(place, url, range(ACCOUNTS))
    month = _write_month(place)
    with loop(place):
        wait_for(lambda: count_logged(place, "running"), "the loop to run")
        with control_room(place, 1) as room:
            _, _, seconds = fetch(room.port, "/calendar", room.cookies[0])
            _keep(f"the first page, {FILES * POSTS:,} posts", seconds, "s")
            on = f"on={month.isoformat()}"
            for name, query in {
                "a month": on,
                "a month in one timezone": f"{on}&zone=Asia/Tokyo",
                "a week": f"view=week&{on}",
                "a day": f"view=day&{on}",
            }.items():
                _page(room, f"calendar, {name}", f"/calendar?{query}", barred=True)
            _page(room, "a post", "/posts/measured-0/post-3")
            for path in _other_paths():
                _page(room, path, path)
            _keep("memory (RSS)", memory(room.process.pid), "MB")


def _other_paths() -> list[str]:
    """Return the paths of all pages that need nothing else in their address."""
    from bot.model import Role
    from bot.web.rights import ROUTES

    return [
        route.path
        for route in ROUTES
        if route.method == "GET"
        and route.right is Role.SEE
        and "{" not in route.path
        and route.path != "/calendar"
    ]


def _page(room: Room, name: str, path: str, *, barred: bool = False) -> None:
    asked = [fetch(room.port, path, room.cookies[0]) for _ in range(ASKED)]
    status, size, _ = asked[0]
    if status != 200:
        row(name, f"left out: it answers {status}")
        return
    middle = statistics.median(seconds for _, _, seconds in asked)
    _keep(name, middle * 1000, "ms", "under 150" if barred else "")
    _keep(name, size / 1000, "kB", "under 300" if barred else "")


def _write_month(place: Workspace) -> date:
    """Write the posts, all of them in one month; return a day of it."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    following = (tomorrow.replace(day=1) + timedelta(days=32)).replace(day=1)
    first, last = tomorrow, following
    if (following - tomorrow).days < FEWEST_DAYS:
        first, last = following, (following + timedelta(days=32)).replace(day=1)
    last = min(last, tomorrow + timedelta(days=HORIZON_DAYS))
    step = (last - first) / (FILES * POSTS)
    for file in range(FILES):
        numbers = range(file, FILES * POSTS, FILES)  # an account has its posts far apart
        dues = [Due(number % ACCOUNTS, first + number * step) for number in numbers]
        loopback.posts(place, file, dues)
    return (first + (last - first) / 2).date()


# --- Readers --------------------------------------------------------------------------------------


def _sent(readers: int) -> list[float]:
    """Let the posts leave beside so many readers; return the lateness of each, in seconds."""
    with workspace() as place, loopback.served() as url:
        loopback.accounts(place, url, range(ACCOUNTS))
        first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=LEAD)
        dues = [
            Due(number % ACCOUNTS, first + timedelta(seconds=number // A_SECOND))
            for number in range(SENT)
        ]
        loopback.posts(place, 0, dues)
        with loopback.running(place, url, ACCOUNTS):
            if readers:
                with control_room(place, readers) as room, reading(room, READ) as line:
                    loopback.leave(url, first, dues)
                    line.send("end")
                    loads = line.recv()
                _keep("loads of pages meanwhile", len(loads), "pages")
                _keep("loads of pages meanwhile, p50", statistics.median(loads) * 1000, "ms")
            else:
                loopback.leave(url, first, dues)
        return lateness(dues, loopback.taken(url))


# --- At rest --------------------------------------------------------------------------------------


def _rest(place: Workspace, url: str) -> None:
    loopback.accounts(place, url, range(ACCOUNTS))
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    loopback.posts(place, 0, [Due(number, tomorrow) for number in range(ACCOUNTS)])
    with loop(place):
        wait_for(lambda: count_logged(place, "running"), "the loop to run")
        with control_room(place, 1) as room:
            fetch(room.port, "/calendar", room.cookies[0])
            with stream(room.port, room.cookies[0]) as versions:
                next(versions)
                time.sleep(SETTLE)
                pid = room.process.pid
                share, more = rest(pid, lambda: written(pid))
                _keep("at rest with a page open, processor", share, "% of a core", "under 0.5")
                _keep("at rest with a page open, written to disk", more, "bytes/s", "0")


if __name__ == "__main__":
    main()
