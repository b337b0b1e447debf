"""How late posts leave, one by one, at one instant, and beside an account that hangs.

``groundswell run`` works as people start it, on SQLite on disk, against a small server on loopback
(``loopback.py``). Lateness is the instant at which the server has the post less the instant at
which it was due. It includes the waking up, the claim on disk and the way there. All posts are in
the YAML before the first is due.

- *One by one* is a post each second, of four accounts in turn.
- *At one instant* is one post of each of 500 accounts.
- *Beside one that hangs* has 100 accounts. The platform takes 25 s to answer one of them, and
  meanwhile the 99 others have one post each, nine of them due at the same second. The same without
  the one that hangs follows, to compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import loopback
from bench_support import keep, percentile, title, workspace
from loopback import Due

SINGLE = 40
BESIDE = 99
HANGS = 25.0
A_SECOND = 9
"""Posts due at the same second, beside the account that hangs."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The posts of a measurement, and the account that hangs."""

    name: str
    accounts: int
    dues: tuple[tuple[int, int], ...]
    """Accounts, and seconds after the first due instant."""
    lead: float
    hangs: int | None = None
    bar: str = ""
    """Of the 99th percentile."""


_BESIDE = ((BESIDE, 0), *((i, 1 + i // A_SECOND) for i in range(BESIDE)))
SCENES = (
    Scene("one by one", 4, tuple((i % 4, i) for i in range(SINGLE)), 8, bar="within 100"),
    Scene("at one instant", 500, tuple((i, 0) for i in range(500)), 20, bar="within 2,000"),
    Scene("beside one that hangs", BESIDE + 1, _BESIDE, 12, BESIDE, "within 250"),
    Scene("the same, none hangs", BESIDE + 1, _BESIDE, 12),
)


def main() -> None:
    """Measure and print."""
    title("How late posts leave")
    for scene in SCENES:
        late = measured(scene)
        for name, value, bar in (
            ("p50", percentile(late, 0.5), ""),
            ("p99", percentile(late, 0.99), scene.bar),
            ("the last", max(late), ""),
        ):
            keep("lateness", f"{scene.name}, {name}", value * 1000, "ms", bar=bar)
    print()


def measured(scene: Scene) -> list[float]:
    """Play a scene; return each post's lateness in seconds, except on the account that hangs."""
    with workspace() as place, loopback.served(scene.hangs, HANGS) as url:
        loopback.accounts(place, url, range(scene.accounts))
        first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=scene.lead)
        dues = [Due(account, first + timedelta(seconds=after)) for account, after in scene.dues]
        loopback.posts(place, 0, dues)
        with loopback.running(place, url, scene.accounts) as process:
            loopback.leave(url, first, dues)
            if scene.hangs is not None:
                process.kill()  # else it would wait for the answer
        arrived = loopback.taken(url)
    return lateness(dues, arrived, scene.hangs)


def lateness(
    dues: list[Due], arrived: list[tuple[int, float]], without: int | None = None
) -> list[float]:
    """Return the lateness of each post in seconds. An account's posts leave in their order."""
    at: dict[int, list[float]] = {}
    for number, instant in sorted(arrived, key=lambda arrival: arrival[1]):
        at.setdefault(number, []).append(instant)
    late = []
    for due in dues:
        instant = at[due.account].pop(0)
        if due.account != without:
            late.append(instant - due.at.timestamp())
    assert not any(at.values()), "more has arrived than was due"
    return late


if __name__ == "__main__":
    main()
