"""The form of ``config.yaml``, with its keys and their meanings.

The descriptions here are the reference. The JSON Schema for editors is made from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field

from bot.config.fields import (
    Approvals,
    Budget,
    Database,
    Gap,
    Grace,
    Handle,
    Horizon,
    PageUrl,
    PartGap,
    PlatformName,
    QuietHours,
    SlotLine,
    Slug,
    TimezoneName,
    WebOrigin,
    WeekSlot,
    to_timedelta,
)
from bot.platforms import PLATFORMS
from bot.platforms.options import (
    ApiUrl,
    BlueskyOptions,
    MastodonOptions,
    XOptions,
)
from bot.yamlsource.forms import OneOrMany, StrictForm

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue

AlertKind: TypeAlias = Literal[
    "failed", "person", "approval", "paused", "files", "budget", "takeoff", "digest"
]
AlertKinds = Annotated[tuple[AlertKind, ...], OneOrMany]

MAX_SLOT_LINES = 168
"""A slot for every hour of a week."""

MAX_DAILY_CAP = 100
"""The highest daily cap. An account with more does not pace itself."""

MAX_DAILY_PARTS = 2400
"""As many posts as X accepts of any account on one day; each part is one."""

MAX_MENTIONED = 200
"""The most names that an account may mention. No coalition is larger."""


def _lasting(default: str, description: str) -> Any:
    """Return the field of a length of time, whose default is shown as it is typed."""
    shown: JsonSchemaValue = {"default": default}
    return Field(default=to_timedelta(default), json_schema_extra=shown, description=description)


class AccountForm(StrictForm):
    """An account that the organisation owns. Its secrets are never written here."""

    platform: PlatformName = Field(
        description=f"The account's platform; one of {', '.join(PLATFORMS)}."
    )
    handle: Handle = Field(
        description="Its name there, with or without @; on Mastodon with its server, as "
        "name@mastodon.example."
    )
    api: ApiUrl | None = Field(
        default=None,
        description="Address of the platform's API; only a sandbox needs it, and an account on "
        "Bluesky that has a server of its own. HTTPS, or HTTP on this machine.",
    )
    disclosed_at: PageUrl | None = Field(
        default=None,
        description="The page that says that its posts are automated, if its bio on X does not. It "
        "counts once a person has read it and run groundswell accounts disclosed NAME.",
    )
    grace: Grace = _lasting(
        "15m",
        "How late a post may still go out, after a downtime for instance. After that it is "
        "missed, and listed.",
    )
    gap: Gap = _lasting("30s", "Minimum time between two posts of this account.")
    part_gap: PartGap = _lasting("3s", "Minimum time between two parts of a thread.")
    timezone: TimezoneName | None = Field(
        default=None,
        description="The audience's timezone, in which its slots, quiet hours and days are. By "
        "default the timezone of the whole config.",
    )
    slots: Annotated[tuple[SlotLine, ...], OneOrMany] = Field(
        default=(),
        max_length=MAX_SLOT_LINES,
        description="The times for posts with `when: { slot: next }`, as "
        "mon-fri 09:00, sat 11:00, day 18:30, weekday, weekend, or a list such as mon,thu 9:00.",
    )
    daily_cap: int | None = Field(
        default=None,
        ge=1,
        le=MAX_DAILY_CAP,
        description="The most posts of this account on one day of its audience; a thread counts as "
        "one. By default 50, and more leave on one day only if this allows them.",
    )
    daily_parts: int = Field(
        default=200,
        ge=25,
        le=MAX_DAILY_PARTS,
        description="The most parts of threads and single posts together on one day. Each part is "
        "a post on the platform.",
    )
    quiet: QuietHours | None = Field(
        default=None,
        description="Hours such as 22:00-07:00, in which no post goes out that was due before "
        "them. A post that is due in them still goes out; check warns about it.",
    )
    budget: Budget | None = Field(
        default=None,
        description="US dollars that the account may cost in a calendar month (UTC). At 80 % there "
        "is an alert; at 100 %, counters are no longer read.",
    )
    budget_stops_posts: bool = Field(
        default=False, description="Whether posts wait, too, once the budget is spent."
    )
    require_approval: Approvals = Field(
        default=0,
        description="The number of people (0, 1 or 2) who must approve a post of this account "
        "before it leaves. A campaign file can ask for more, never for less.",
    )
    may_mention: Annotated[tuple[Handle, ...], OneOrMany] = Field(
        default=(),
        max_length=MAX_MENTIONED,
        description="Names on its platform that have agreed to be mentioned by it, with or without "
        "@. No campaign file can add one, whatever it calls a partner.",
    )
    x: XOptions | None = Field(default=None, description="Settings that only X has.")
    mastodon: MastodonOptions | None = Field(
        default=None, description="Settings that only Mastodon has."
    )
    bluesky: BlueskyOptions | None = Field(
        default=None, description="Settings that only Bluesky has."
    )


class LogForm(StrictForm):
    """The log of the loop's work."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Minimum log level."
    )
    format: Literal["text", "json"] = Field(
        default="text", description="`text` for people, `json` for a log collector."
    )


class AlertsForm(StrictForm):
    """The channels of alerts. A channel's address is a secret and not written here."""

    channels: dict[Slug, AlertKinds] = Field(
        default={},
        description="Your channels by name, with the alerts of each, such as failed, person, "
        "approval, paused, files, budget, takeoff or digest. The address of `team` is in "
        "GROUNDSWELL_ALERTS_TEAM_URL.",
    )
    digest: WeekSlot | None = Field(
        default=None,
        description="The weekday and time at which the digest is sent, by default mon 09:00.",
    )
    timezone: TimezoneName | None = Field(
        default=None,
        description="The timezone of the digest, by default that of the whole config.",
    )


class WebForm(StrictForm):
    """The control room, which `groundswell web` serves."""

    origin: WebOrigin | None = Field(
        default=None,
        description="The address at which people reach the control room, as "
        "https://control.example.org. Alerts link to its pages, and it answers only requests for "
        "this host and for this machine. Without it, only this machine reaches the control room.",
    )


class ConfigForm(StrictForm):
    """Groundswell's configuration, with its accounts, files and settings. No secrets."""

    accounts: dict[Slug, AccountForm] = Field(
        min_length=1, description="Your accounts by the name that campaigns use for them."
    )
    campaigns: str = Field(
        default="posts",
        min_length=1,
        description="The folder with the campaign files, relative to this file.",
    )
    database: Database = Field(
        default="groundswell.db",
        description="A SQLite file, relative to this file, or a URL like postgresql://host/name. "
        "A URL with a password belongs in the variable GROUNDSWELL_DATABASE, which has precedence.",
    )
    reports: str = Field(
        default="reports",
        min_length=1,
        description="The folder that report pages are written to, relative to this file.",
    )
    horizon: Horizon = _lasting("30d", "How far ahead posts are queued.")
    timezone: TimezoneName = Field(
        default="UTC", description="The timezone of accounts without one of their own."
    )
    log: LogForm = Field(default=LogForm(), description="The log of the loop's work.")
    alerts: AlertsForm = Field(
        default=AlertsForm(),
        description="Who is alerted when something fails or needs a person. Needs the extra "
        "`alerts`.",
    )
    web: WebForm = Field(
        default=WebForm(), description="The control room, which `groundswell web` serves."
    )


def config_schema() -> JsonSchemaValue:
    """Return the schema of ``config.yaml``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ConfigForm.model_json_schema(),
        "title": "Groundswell configuration",
    }
