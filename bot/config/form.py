"""The form of ``config.yaml``: its keys, their types and what they mean.

The descriptions here are the reference: the JSON Schema for editors is made from them. No message
repeats a value, because what stands in the wrong place of a config may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable  # noqa: TC003 - pydantic reads the annotations
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from bot.alerts.wanted import Kind as AlertKind
from bot.config.addresses import api_url, database_url, page_url
from bot.config.x_form import Form, XForm
from bot.model import Slot
from bot.platforms import PLATFORMS
from bot.schedules import ScheduleError, zone
from bot.schedules.hours import parse_quiet
from bot.schedules.slots import parse_slots

# --- Types of single values -----------------------------------------------------------------------

_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_MOST_DIGITS = 6
_MONEY = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,2})?")

MOST_SLOT_LINES = 168
"""A slot for every hour of a week."""

MOST_APPROVALS = 2
"""The most people that can have to approve a post, as in campaigns."""

MOST_PER_DAY = 100
"""The highest daily cap: above it, an account does not pace itself."""


def duration(text: Any) -> Any:
    """Read ``30s``, ``15m``, ``1h30m``, ``2d`` or ``1w``. Raises PydanticCustomError."""
    if not isinstance(text, str):
        return text
    found = _DURATION.fullmatch(text.replace(" ", ""))
    numbers = found.groups(default="0") if found and text.strip() else ()
    if not numbers or max(map(len, numbers)) > _MOST_DIGITS:
        raise PydanticCustomError("duration", "is no duration; write it like 30s, 15m, 2h or 7d")
    units = _SECONDS.values()
    return timedelta(
        seconds=sum(int(number) * unit for number, unit in zip(numbers, units, strict=True))
    )


def _within(least: str, most: str) -> AfterValidator:
    bounds = duration(least), duration(most)

    def check(value: timedelta) -> timedelta:
        if not bounds[0] <= value <= bounds[1]:
            words = f"from {least} to {most}"
            raise PydanticCustomError("range", "must be {words}", {"words": words})
        return value

    return AfterValidator(check)


_AS_TEXT = WithJsonSchema({"type": "string", "pattern": r"^(\d+[wdhms] ?)+$"})
_Duration = Annotated[timedelta, BeforeValidator(duration), _AS_TEXT]
Grace = Annotated[_Duration, _within("0s", "7d")]
Gap = Annotated[_Duration, _within("0s", "1d")]
PartGap = Annotated[_Duration, _within("0s", "10m")]
Horizon = Annotated[_Duration, _within("1d", "366d")]


def _database(text: str) -> str:
    database_url(text, Path())
    return text


def _platform(text: str) -> str:
    if text not in PLATFORMS:
        known = ", ".join(PLATFORMS)
        raise PydanticCustomError("platform", "is no platform; there is: {known}", {"known": known})
    return text


def _dollars(text: Any) -> Decimal:
    if isinstance(text, str) and _MONEY.fullmatch(text):
        return Decimal(text)
    raise PydanticCustomError("dollars", "is no sum of US dollars; write it like 25 or 12.50")


def _approvals(text: Any) -> int:
    numbers = [str(number) for number in range(MOST_APPROVALS + 1)]
    if isinstance(text, str) and text in numbers:
        return int(text)
    raise PydanticCustomError("approvals", "must be 0, 1 or 2")


def _read(parse: Callable[[str], Any], what: str) -> PlainValidator:
    """Read a text by a function of the schedules, whose own messages repeat the value."""

    def read(value: Any) -> Any:
        try:
            return parse(value if isinstance(value, str) else "")
        except ScheduleError as error:
            raise PydanticCustomError("time", "{what}", {"what": what}) from error

    return PlainValidator(read)


def _zone(text: str) -> str:
    try:
        return zone(text).key
    except ScheduleError as error:
        message = f"is no time zone. {error.hint}"
        raise PydanticCustomError("zone", "{message}", {"message": message}) from error


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _one_slot(text: str) -> Slot:
    slots = parse_slots(text)
    if len(slots) != 1:
        raise ScheduleError(f"{text!r} is more than one time in a week.")
    return slots[0]


Zone = Annotated[
    str,
    AfterValidator(_zone),
    WithJsonSchema({"type": "string", "examples": ["America/New_York"]}),
]
SlotLine = Annotated[
    tuple[Slot, ...],
    _read(
        parse_slots,
        'is no slot; write it like "mon-fri 09:00", "mon,thu 9:00", "weekend 11:00" or "day 18:30"',
    ),
    WithJsonSchema({"type": "string", "examples": ["mon-fri 09:00", "sat 11:00"]}),
]
AlertKinds = Annotated[tuple[AlertKind, ...], BeforeValidator(_one_or_many)]
WeekSlot = Annotated[
    Slot,
    _read(_one_slot, 'is no weekday and time; write it like "mon 09:00"'),
    WithJsonSchema({"type": "string", "examples": ["mon 09:00"]}),
]
Quiet = Annotated[
    tuple[time, time],
    _read(parse_quiet, "is no span of hours; write it like 22:00-07:00"),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:\d{2}-\d{1,2}:\d{2}$"}),
]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Handle = Annotated[
    str,
    Field(pattern=r"^@?[A-Za-z0-9_]+([.@-][A-Za-z0-9_]+)*$", max_length=255),
    AfterValidator(lambda text: text.removeprefix("@")),
]
Api = Annotated[str, AfterValidator(api_url)]
Page = Annotated[str, AfterValidator(page_url)]
Platform = Annotated[
    str,
    AfterValidator(_platform),
    WithJsonSchema({"type": "string", "enum": list(PLATFORMS)}),
]
Database = Annotated[str, AfterValidator(_database)]
Approvals = Annotated[
    int,
    PlainValidator(_approvals),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MOST_APPROVALS}),
]
Budget = Annotated[
    Decimal,
    PlainValidator(_dollars),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 999_999.99}),
]

# --- The form -------------------------------------------------------------------------------------


class AccountForm(Form):
    """An account that the organisation owns. Its secrets are never written here."""

    platform: Platform = Field(description="The platform that the account is on: x.")
    handle: Handle = Field(description="Its name there, with or without @.")
    api: Api | None = Field(
        default=None,
        description="Address of the platform's API; only a sandbox needs it. HTTPS, or HTTP on "
        "this machine.",
    )
    disclosed_at: Page | None = Field(
        default=None,
        description="The page that says that its posts are automated, where its bio does not. "
        "Without either, nothing is posted from it.",
    )
    grace: Grace = Field(
        default=duration("15m"),
        json_schema_extra={"default": "15m"},
        description="How late a post may still go out, after a downtime for instance; later it is "
        "missed, and listed.",
    )
    gap: Gap = Field(
        default=duration("30s"),
        json_schema_extra={"default": "30s"},
        description="Least time between two posts of this account.",
    )
    part_gap: PartGap = Field(
        default=duration("3s"),
        json_schema_extra={"default": "3s"},
        description="Least time between two parts of a thread.",
    )
    timezone: Zone | None = Field(
        default=None,
        description="Where its audience is: the timezone of its slots, quiet hours and days. Else "
        "that of the whole config.",
    )
    slots: Annotated[tuple[SlotLine, ...], BeforeValidator(_one_or_many)] = Field(
        default=(),
        max_length=MOST_SLOT_LINES,
        description="The times that posts with `when: { slot: next }` take, one after the other: "
        "mon-fri 09:00, sat 11:00, day 18:30, weekday, weekend, or a list such as mon,thu 9:00.",
    )
    daily_cap: int | None = Field(
        default=None,
        ge=1,
        le=MOST_PER_DAY,
        description="The most posts of this account on one day of its audience; a thread is one. "
        "More than 50 due on one day are refused, unless this says that they are meant.",
    )
    quiet: Quiet | None = Field(
        default=None,
        description="Hours in which nothing late goes out, as 22:00-07:00. A post that is due in "
        "them all the same goes out, and check warns of it.",
    )
    budget: Budget | None = Field(
        default=None,
        description="US dollars that the account may cost in a calendar month (UTC). At 80 % it is "
        "told; at all of it, counters are no longer read.",
    )
    budget_stops_posts: bool = Field(
        default=False,
        description="Whether posts wait, too, that the budget does not pay for any more.",
    )
    require_approval: Approvals = Field(
        default=0,
        description="How many people must approve a post of this account before it leaves: 0, 1 or "
        "2. A campaign file can ask for more, never for less.",
    )
    x: XForm | None = Field(default=None, description="What only X knows of an account.")


class LogForm(Form):
    """What the loop writes about its work."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="The least weighty message that is written.",
    )
    format: Literal["text", "json"] = Field(
        default="text",
        description="`text` for people, `json` for a log collector.",
    )


class AlertsForm(Form):
    """Who is told of what. Where a channel is, is a secret and not written here."""

    channels: dict[Slug, AlertKinds] = Field(
        default={},
        description="Your channels by name, and what each is told: failed, person, paused, files, "
        "budget, takeoff, digest. The address of `team` is in GROUNDSWELL_ALERTS_TEAM_URL.",
    )
    digest: WeekSlot | None = Field(
        default=None,
        description="The weekday and time at which the digest goes out; mon 09:00 if not given.",
    )
    timezone: Zone | None = Field(
        default=None,
        description="The timezone of that; else that of the whole config.",
    )


class ConfigForm(Form):
    """Groundswell's configuration: where things are, and which accounts there are. No secrets."""

    accounts: dict[Slug, AccountForm] = Field(
        min_length=1,
        description="Your accounts by the name that campaigns use for them.",
    )
    campaigns: str = Field(
        default="posts",
        min_length=1,
        description="The folder with the campaign files, seen from this file.",
    )
    database: Database = Field(
        default="groundswell.db",
        description="A SQLite file, seen from this file, or a URL like postgresql://host/name. "
        "A URL with a password belongs in the variable GROUNDSWELL_DATABASE, which has precedence.",
    )
    reports: str = Field(
        default="reports",
        min_length=1,
        description="The folder that report pages are written to, seen from this file.",
    )
    horizon: Horizon = Field(
        default=duration("30d"),
        json_schema_extra={"default": "30d"},
        description="How far ahead posts are put into the queue.",
    )
    timezone: Zone = Field(
        default="UTC",
        description="The timezone of accounts that have none of their own.",
    )
    log: LogForm = Field(default=LogForm(), description="What the loop writes about its work.")
    alerts: AlertsForm = Field(
        default=AlertsForm(),
        description="Whom to tell of what failed or needs a person. It needs the extra `alerts`.",
    )
