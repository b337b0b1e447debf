"""The rules that protect others. A person's word widens them, and the audit log says whose."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from bot.database import rows
from bot.database import tables as t
from bot.database.audit import GROUNDSWELL, record
from bot.model import State
from bot.planning.floors import Floor, next_floor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.database.connections import Database
    from bot.model import Account, Campaign
    from bot.planning.floors import Moved

# --- How many must approve ------------------------------------------------------------------------

LOWER_ASKED, LOWERED, KEPT = "fewer approvals asked", "fewer approvals", "approvals kept"
"""How the audit log names the entries."""

_KEY = "floors"


class Floors:
    """The floors in the database, by campaign."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> dict[str, Floor]:
        """Return the floor of each campaign that has had one."""
        return _parse(rows.read(self._database, _KEY))

    def held(self) -> dict[str, Floor]:
        """Return the floor of each campaign whose files ask for fewer approvals."""
        return {name: floor for name, floor in self.read().items() if floor.is_held}

    def follow(self, campaigns: Iterable[Campaign], now: datetime) -> list[tuple[str, Floor]]:
        """Raise floors to the approvals that the files ask for.

        If a campaign asks for fewer, its floor stays. Return the campaigns that newly ask for
        fewer, and log them.
        """
        before = self.read()
        after = {c.id: floor for c in campaigns if (floor := next_floor(before.get(c.id), c))}
        after = {**before, **after}
        if after == before:
            return []
        lowered = [
            (name, floor)
            for name, floor in after.items()
            if floor.is_held and (name not in before or before[name].asked != floor.asked)
        ]
        with self._database.writing() as connection:
            _write(connection, after)
            for name, floor in lowered:
                detail = {"from": floor.needed, "to": floor.asked, "file": floor.place}
                record(connection, GROUNDSWELL, LOWER_ASKED, name, detail, now)
        return lowered

    def record_moved(
        self, moved: Iterable[Moved], places: Mapping[str, str], now: datetime
    ) -> None:
        """Log posts that keep the floor of the post they were; ``places`` are theirs by key."""
        with self._database.writing() as connection:
            for post in moved:
                key = post.occurrence.key
                detail = {"from": post.before.approvals, "to": post.asked, "file": places.get(key)}
                detail |= {"says what this said": post.before.key}
                record(connection, GROUNDSWELL, KEPT, key, detail, now)

    def most_needed(self, campaign: str) -> int:
        """Return the most approvals that a waiting post of a campaign needs."""
        c = t.deliveries.c
        query = select(func.max(c.approvals)).where(
            c.campaign == campaign, c.state == State.SCHEDULED
        )
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def lower(
        self, campaign: Campaign, accounts: Sequence[Account], who: str, now: datetime
    ) -> int:
        """Lower a campaign's floor to what its file asks for, on a person's word.

        Posts still need as many approvals as their account asks. Return how many were needed.
        """
        asked, c = campaign.require_approval, t.deliveries.c
        before = max(self.most_needed(campaign.id), self.read().get(campaign.id, _NONE).needed)
        # Posts that are over may come back under another name (see ``keep_moved_floors``).
        of_campaign = (c.campaign == campaign.id) & (c.state != State.PUBLISHED)
        with self._database.writing() as connection:
            floors = _parse(rows.get(connection, _KEY))
            if floor := next_floor(None, campaign):
                floors[campaign.id] = floor
            else:
                floors.pop(campaign.id, None)
            _write(connection, floors)
            for account in accounts:
                needed = max(asked, account.require_approval)
                where = of_campaign & (c.account == account.name) & (c.approvals > needed)
                connection.execute(update(t.deliveries).where(where).values(approvals=needed))
            mark = campaign.approval_mark
            detail = {"from": before, "to": asked, "file": f"{mark.file}:{mark.line}"}
            record(connection, who, LOWERED, campaign.id, detail, now)
        return before


_NONE = Floor(0, 0, "")


def _parse(stored: Any) -> dict[str, Floor]:
    return {name: Floor(**floor) for name, floor in (stored or {}).items()}


def _write(connection: Connection, floors: Mapping[str, Floor]) -> None:
    rows.put(connection, _KEY, {name: asdict(floor) for name, floor in floors.items()})


# --- Rules in config.yaml -------------------------------------------------------------------------

CONFIG_CHANGED = "config.yaml changed"
"""How the audit log names the entry."""

_CONFIGS_KEY = "configs"


def log_config(
    database: Database, path: str, accounts: Mapping[str, Account], now: datetime
) -> list[str]:
    """Log the rules that a config has widened or narrowed since its last use with this database.

    Return a warning for each account of another config that uses the database. No check compares
    the posts of both, although they are one organisation's.
    """
    rules = {name: _rules(account) for name, account in sorted(accounts.items())}
    configs: dict[str, Any] = rows.read(database, _CONFIGS_KEY) or {}
    if configs.get(path) != rules:
        before = configs.get(path, {})
        with database.writing() as connection:
            rows.put(connection, _CONFIGS_KEY, {**configs, path: rules})
            for name in sorted({*rules, *before}):
                old, new = before.get(name, {}), rules.get(name, {})
                for rule in ("may_mention", "require_approval", "disclosed_at"):
                    values = {"from": old.get(rule) or None, "to": new.get(rule) or None}
                    if values["from"] != values["to"]:
                        detail = {"file": path, "rule": rule, **values}
                        record(connection, GROUNDSWELL, CONFIG_CHANGED, name, detail, now)
    return [
        f"{other} has used this database too, for {rule['platform']} account {name}, which is not "
        "in this config. Accounts of one platform must not say the same. Keep them in one "
        "config.yaml, whose check compares them"
        for other, known in configs.items()
        if other != path
        for name, rule in known.items()
        if name not in rules and rule["platform"] in {own["platform"] for own in rules.values()}
    ]


def _rules(account: Account) -> dict[str, Any]:
    return {
        "platform": account.platform,
        "may_mention": sorted(account.may_mention),
        "require_approval": account.require_approval,
        "disclosed_at": account.disclosed_at,
    }
