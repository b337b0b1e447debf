from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from helpers.cli import CONFIG, ROOT, write_file
from helpers.config import config_problems, load_config

from bot.alerts.digest import DEFAULT_SLOT
from bot.config import find, load
from bot.errors import UserError
from bot.model import Account, Slot
from bot.platforms.options import PLATFORM_OPTIONS, BlueskyOptions, MastodonOptions, XOptions

if TYPE_CHECKING:
    from pathlib import Path


def with_account(lines: str) -> str:
    """Return a config with more lines in its only account, from line 5 on."""
    return CONFIG + "".join(f"    {line}\n" for line in lines.splitlines())


def test_small_config_has_sensible_defaults(tmp_path: Path) -> None:
    config = load_config(tmp_path, CONFIG)
    assert config.accounts == {"our-x": Account("our-x", "x", "our_name", "https://api.x.com")}
    assert config.campaigns == tmp_path / "posts"
    assert config.reports == tmp_path / "reports"
    assert config.database == f"sqlite:///{tmp_path}/groundswell.db"
    assert config.horizon == timedelta(days=30)
    assert (config.log_level, config.log_format) == ("info", "text")


def test_every_key_is_read(tmp_path: Path) -> None:
    text = """\
campaigns: texts
reports: shown
database: data/sent.db
horizon: 2w
log: {level: debug, format: json}
accounts:
  our-x:
    platform: x
    handle: "@our_name"
    disclosed_at: https://example.org/automated
    api: http://127.0.0.1:8080/
    grace: 1h30m
    gap: 1m
    part_gap: 5s
    budget: 12.50
    budget_stops_posts: yes
    x: {long_posts: yes, field_spelling: post, owns_app: no}
"""
    config = load_config(tmp_path, text)
    assert config.accounts["our-x"] == Account(
        name="our-x",
        platform="x",
        handle="our_name",
        api="http://127.0.0.1:8080",
        grace=timedelta(minutes=90),
        gap=timedelta(minutes=1),
        part_gap=timedelta(seconds=5),
        budget=Decimal("12.5"),
        budget_stops_posts=True,
        disclosed_at="https://example.org/automated",
        options=XOptions(long_posts=True, field_spelling="post", owns_app=False),
    )
    assert config.database == f"sqlite:///{tmp_path}/data/sent.db"
    assert (config.campaigns, config.reports) == (tmp_path / "texts", tmp_path / "shown")
    assert (config.horizon, config.log_level, config.log_format) == (
        timedelta(days=14),
        "debug",
        "json",
    )


FAULTS = {
    "budget: lots": "config.yaml:5:13: G102 accounts.our-x.budget is not an amount in US dollars; "
    "write it like 25 or 12.50.",
    "budget: -1": "config.yaml:5:13: G102 accounts.our-x.budget is not an amount in US dollars; "
    "write it like 25 or 12.50.",
    "platform: y": "config.yaml:5:15: G102 accounts.our-x.platform is not a platform; write x,",
    "grace: 15 minuts": "5:12: G102 accounts.our-x.grace is not a duration; write it like 30s",
    "grace: 8d": "5:12: G102 accounts.our-x.grace must be from 0s to 7d.",
    "part_gap: 1h": "5:15: G102 accounts.our-x.part_gap must be from 0s to 10m.",
    "acount: x": "5:5: G103 accounts.our-x.acount is not a key of the config.",
    "x: {long_posts: maybe}": "5:21: G102 accounts.our-x.x.long_posts must be true or false.",
    "x: {owns_app: partly}": "5:19: G102 accounts.our-x.x.owns_app must be true or false.",
    "x: {owns_ap: true}": "5:9: G103 accounts.our-x.x.owns_ap is not a key of the config. "
    'Did you mean "owns_app"?',
    "x: {field_spelling: twet}": "accounts.our-x.x.field_spelling must be 'tweet' or 'post'.",
    "long_posts: true": "5:5: G103 accounts.our-x.long_posts is not a key of the config. "
    "Write this setting of X under the account's `x:`.",
    "api: http://api.x.com": "5:10: G102 accounts.our-x.api must be https:// (http:// only on",
    "api: https://api.x.com:port": "5:10: G102 accounts.our-x.api is not an address",
    "api: ftp://127.0.0.1": "5:10: G102 accounts.our-x.api must be https://",
    "api: https://api.x.com/?a=b": "5:10: G102 accounts.our-x.api must be scheme and host only",
    "disclosed_at: in the bio": "accounts.our-x.disclosed_at is not a page; write its address",
    "disclosed_at: http://example.org": "accounts.our-x.disclosed_at is not a page",
    "api: [a]": "5:10: G102 accounts.our-x.api must be a text.",
    "slots: [mon-fri 09:00, mon]": "5:28: G102 accounts.our-x.slots.1 is not a slot; write it like",
    "slots: [mon,thu 9:00]": "5:13: G102 accounts.our-x.slots.0 is not a slot",
    "slots: [xyz 09:00]": "5:13: G102 accounts.our-x.slots.0 is not a slot",
    "slots: [day-mon 09:00]": "5:13: G102 accounts.our-x.slots.0 is not a slot",
    "slots: [mon 25:00]": "5:13: G102 accounts.our-x.slots.0 is not a slot",
    "slots: [[mon, 9]]": "5:13: G102 accounts.our-x.slots.0 is not a slot",
    "slots: {mon: 9}": "5:12: G102 accounts.our-x.slots must be one text",
    "timezone: Amerika/New_York": "5:15: G102 accounts.our-x.timezone is not a timezone. Did you "
    "mean America/New_York?",
    "timezone: q": "5:15: G102 accounts.our-x.timezone is not a timezone. Write it as region",
    "daily_cap: 0": "5:16: G102 accounts.our-x.daily_cap must be 1 or more",
    "daily_cap: 101": "5:16: G102 accounts.our-x.daily_cap must be 100 or less",
    "require_approval: 3": "5:23: G102 accounts.our-x.require_approval must be 0, 1 or 2",
    "require_approval: -1": "5:23: G102 accounts.our-x.require_approval must be 0, 1 or 2",
    "require_approval: []": "5:23: G102 accounts.our-x.require_approval must be 0, 1 or 2",
    "daily_cap: few": "5:16: G102 accounts.our-x.daily_cap must be a whole number",
    "quiet: 22:00": "5:12: G102 accounts.our-x.quiet is not a span of hours; write it like",
    "quiet: 07:00-7:00": "5:12: G102 accounts.our-x.quiet is not a span of hours",
    "quiet: 22:00-25:00": "5:12: G102 accounts.our-x.quiet is not a span of hours",
}


@pytest.mark.parametrize("line", FAULTS)
def test_fault_is_named_with_its_place(tmp_path: Path, line: str) -> None:
    text = with_account(line)
    if line.startswith("platform"):
        text = text.replace("    platform: x\n", "    gap: 1m\n")
    [problem] = config_problems(tmp_path, text)
    assert FAULTS[line] in problem
    assert ".." not in problem


WHOLE_FILES = {
    "accounts: {a: {platfrom: x, handle: b}}\n": "1:16: G103 accounts.a.platfrom is not a key of "
    'the config. Did you mean "platform"?',
    CONFIG.replace("accounts", "acounts"): "1:1: G103 acounts is not a key of the config. "
    'Did you mean "accounts"?',
    "": "config.yaml:1:1: Y113 The file is empty.",
    "# nothing yet\n": "1:1: G102 The config must hold keys, such as accounts:.",
    "- a\n": "1:1: G102 The config must hold keys",
    "accounts:\n": '1:10: G102 accounts must hold your accounts by name, as "our-x: {platform',
    "accounts: {}\n": "1:11: G102 accounts must name at least one account.",
    "log: {level: info}\n": "1:1: G102 accounts is missing. Your accounts by the name",
    "accounts: {a: x}\n": "1:15: G102 accounts.a must hold keys of its own.",
    "accounts: {a: {platform: x}}\n": "1:12: G102 accounts.a.handle is missing.",
    "accounts: {A_b: {platform: x, handle: a}}\n": "1:12: G102 accounts.A_b is not a name for an a",
    "accounts: {a: {platform: x, handle: 'a b'}}\n": "must be a name as on the platform",
    CONFIG + "\tlog: x\n": "5:1: Y106 A tab stands here",
    CONFIG + CONFIG: '5:1: Y107 The key "accounts" stands here twice',
    CONFIG
    + "post: x\n": "5:1: G103 post is not a key of the config. Known here: accounts, alerts,",
    CONFIG + "log: loud\n": "5:6: G102 log must hold keys of its own.",
    CONFIG + "log: {level: loud}\n": "5:14: G102 log.level must be 'debug', 'info',",
    CONFIG
    + "log: {levl: info}\n": '5:7: G103 log.levl is not a key of the config. Did you mean "l',
    CONFIG + "database: mysql://h/d\n": "5:11: G102 database must be a file, or a URL that starts",
    CONFIG
    + "database: ':memory:'\n": "5:11: G102 database must be a file, because one in memory would",
    CONFIG + "database: sqlite://\n": "5:11: G102 database must be a file",
    CONFIG + "database: a?b\n": "5:11: G102 database must be a plain file name",
    CONFIG
    + "  again: {platform: x, handle: '@OUR_name'}\n": "5:3: G104 accounts.again is the same",
}


@pytest.mark.parametrize("text", WHOLE_FILES)
def test_a_faulty_file_is_reported_on_one_line(tmp_path: Path, text: str) -> None:
    [problem] = config_problems(tmp_path, text)
    assert WHOLE_FILES[text] in problem


def test_all_problems_come_at_once_and_in_order(tmp_path: Path) -> None:
    text = "horizon: x\naccounts:\n  a: {platform: y}\n  b: {handle: '', gap: 9}\nlog: 1\n"
    found = config_problems(tmp_path, text)
    places = [":".join(problem.split(":")[1:3]) for problem in found]
    assert places == ["1:10", "3:3", "3:17", "4:3", "4:15", "4:24", "5:6"]


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("sent.db", "sqlite:///{folder}/sent.db"),
        ("sqlite:///sent.db", "sqlite:///{folder}/sent.db"),
        ("sqlite:////var/lib/sent.db", "sqlite:////var/lib/sent.db"),
        ("postgres://host/name", "postgresql+psycopg://host/name"),
        ("postgresql://me@host/name", "postgresql+psycopg://me@host/name"),
    ],
)
def test_database_is_given_as_url(tmp_path: Path, written: str, url: str) -> None:
    config = load_config(tmp_path, f"{CONFIG}database: {written}\n")
    assert config.database == url.format(folder=tmp_path)


def test_environment_overrides_database(tmp_path: Path) -> None:
    file = write_file(tmp_path / "config.yaml", CONFIG)
    config = load(file, {"GROUNDSWELL_DATABASE": "postgresql://me:pass-word@host/name"})
    assert config.database == "postgresql+psycopg://me:pass-word@host/name"
    assert config.database_name == "postgresql+psycopg://me:[hidden]@host/name"
    assert "pass-word" not in repr(config)


def test_faulty_database_in_environment_is_named_not_shown(tmp_path: Path) -> None:
    [problem] = config_problems(
        tmp_path, CONFIG, GROUNDSWELL_DATABASE="mysql://me:pass-word@host/name"
    )
    assert problem.startswith("GROUNDSWELL_DATABASE: G102 The database must be a file, or a URL")
    assert "pass-word" not in problem


def test_config_is_found_at_the_named_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_file(tmp_path / "there" / "config.yaml", CONFIG)
    monkeypatch.chdir(file.parent)
    assert find(file, {}) == file
    assert find(file.parent, {}) == file
    assert find(None, {"GROUNDSWELL_CONFIG": str(file)}) == file
    assert find(None, {}).resolve() == file


def test_missing_config_points_to_init(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="groundswell init"):
        find(tmp_path / "config.yaml", {})


def test_example_config_is_valid_and_shows_every_key() -> None:
    config = load(ROOT / "config.example.yaml", {})
    assert list(config.accounts) == [
        "mediajustice-x",
        "mediajustice-mastodon",
        "mediajustice-bluesky",
    ]
    assert config.campaigns == ROOT / "posts"
    text = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    from bot.config.schema import AccountForm, ConfigForm, LogForm, WebForm

    forms = (ConfigForm, AccountForm, LogForm, WebForm)
    keys = {key for form in forms for key in form.model_fields}
    for form in PLATFORM_OPTIONS.values():
        keys |= {*form.model_fields}
    assert {key for key in keys if f"{key}:" not in text} == set()


# --- The control room -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://control.example.org", "https://control.example.org"),
        ("https://control.example.org:8443", "https://control.example.org:8443"),
        ("HTTPS://Control.Example.ORG:443", "https://control.example.org"),
        ("https://control", "https://control"),
        ("https://192.0.2.7:8443", "https://192.0.2.7:8443"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_the_origin_is_read_as_browsers_send_it(tmp_path: Path, written: str, origin: str) -> None:
    config = load_config(tmp_path, CONFIG + f"web: {{origin: '{written}'}}\n")
    assert config.web_origin == origin


@pytest.mark.parametrize("web", ["", "web: {}\n"])
def test_there_is_no_origin_by_default(tmp_path: Path, web: str) -> None:
    assert load_config(tmp_path, CONFIG + web).web_origin == ""


@pytest.mark.parametrize(
    "written",
    [
        "http://control.example.org",
        "control.example.org",
        "https://",
        "https://control.example.org/",
        "https://control.example.org/groundswell",
        "https://control.example.org?a=b",
        "https://control.example.org#top",
        "https://me@control.example.org",
        "https://control.example.org:",
        "https://control.example.org:0",
        "https://control.example.org:65536",
        "https://control.example.org:٨٤٤٣",
        "https://control..example.org",
        "https://-control.example.org",
        "https://control_room.example.org",
        "https://bücher.example",
        "https://control.example.org ",
        "https://control.example.org evil.example",
        "javascript:alert(1)",
        "//control.example.org",
    ],
)
def test_an_origin_is_https_and_a_host_only(tmp_path: Path, written: str) -> None:
    [problem] = config_problems(tmp_path, CONFIG + f"web: {{origin: '{written}'}}\n")
    assert problem == (
        "config.yaml:5:15: G102 web.origin is not an origin; write https:// and the host, perhaps "
        "with a port, and nothing else, like https://control.example.org."
    )


def test_a_long_origin_and_an_unknown_key_of_web_are_refused(tmp_path: Path) -> None:
    long = "a." * 200 + "example"
    [problem] = config_problems(tmp_path, CONFIG + f"web: {{origin: 'https://{long}'}}\n")
    assert problem == "config.yaml:5:15: G102 web.origin is too long."
    [problem] = config_problems(tmp_path, CONFIG + "web: {orgin: 'https://a.example'}\n")
    assert problem.startswith("config.yaml:5:7: G103 web.orgin is not a key of the config. Did you")


# --- What only one platform has -------------------------------------------------------------------

SKY = "accounts:\n  sky:\n    platform: bluesky\n    handle: ours.bsky.social\n"


def test_an_account_on_bluesky_is_read(tmp_path: Path) -> None:
    lines = "    bluesky: {appview: https://index.example, languages: [en, pt-BR]}\n"
    account = load_config(tmp_path, SKY + lines).accounts["sky"]
    options = BlueskyOptions(appview="https://index.example", languages=("en", "pt-BR"))
    api = "https://bsky.social"
    assert account == Account("sky", "bluesky", "ours.bsky.social", api, options=options)
    assert load_config(tmp_path, SKY).accounts["sky"].options is None


TOOT = "accounts:\n  toot:\n    platform: mastodon\n    handle: '@ours@social.example'\n"


def test_an_account_on_mastodon_is_read(tmp_path: Path) -> None:
    lines = "    mastodon: {characters: 1000, visibility: unlisted}\n"
    account = load_config(tmp_path, TOOT + lines).accounts["toot"]
    options = MastodonOptions(characters=1000, visibility="unlisted")
    api = "https://social.example"
    assert account == Account("toot", "mastodon", "ours@social.example", api, options=options)
    assert load_config(tmp_path, TOOT).accounts["toot"].options is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            TOOT.replace("@ours@social.example", "ours"),
            "4:13: G102 accounts.toot.handle does not name the account's server. Write it with its",
        ),
        (TOOT + "    mastodon: {characters: 0}\n", "mastodon.characters must be 1 or more"),
        (TOOT + "    mastodon: {characters: few}\n", "characters must be a whole number"),
        (TOOT + "    mastodon: {visibility: private}\n", "must be 'public' or 'unlisted'"),
        (
            TOOT + "    visibility: public\n",
            "of Mastodon under the account's `mastodon:`",
        ),
        (
            SKY.replace("ours.bsky.social", "ours"),
            "4:13: G102 accounts.sky.handle does not name the account's server. Write the whole",
        ),
        (SKY + "    x: {}\n", "5:5: G103 accounts.sky.x is for accounts on X."),
        (SKY + "    bluesky: {languages: English}\n", "languages.0 is not a language; write its"),
        (SKY + "    bluesky: {languages: [en, zz]}\n", "languages.1 is not a language; write its"),
        (SKY + "    bluesky: {languages: [en, es, fr, de]}\n", "languages has too many entries"),
        (SKY + "    languages: en\n", "of Bluesky under the account's `bluesky:`."),
        (SKY + "    bluesky: {appview: http://index.example}\n", "appview must be https://"),
    ],
)
def test_a_setting_that_a_platform_does_not_take_is_named(
    tmp_path: Path, text: str, problem: str
) -> None:
    assert problem in "\n".join(map(str, config_problems(tmp_path, text)))


def test_a_name_on_bluesky_needs_no_domain_on_a_server_of_its_own(tmp_path: Path) -> None:
    text = SKY.replace("ours.bsky.social", "ours") + "    api: http://127.0.0.1:1\n"
    assert load_config(tmp_path, text).accounts["sky"].api == "http://127.0.0.1:1"


# --- The account's pace ---------------------------------------------------------------------------


def pace(folder: Path, lines: str, top: str = "") -> Account:
    text = f"{top}\n{with_account(lines)}"
    return load_config(folder, text).accounts["our-x"]


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon-fri 09:00", [0, 1, 2, 3, 4]),
        ("sat 9:00", [5]),
        ("day 09:00", [0, 1, 2, 3, 4, 5, 6]),
        ("weekday 09:00", [0, 1, 2, 3, 4]),
        ("weekend 09:00", [5, 6]),
        ("mon,thu 9:00", [0, 3]),
        ("Monday, Thursday  09:00", [0, 3]),
        ("fri-mon 09:00", [0, 4, 5, 6]),
        ("mon-tue,sat 09:00", [0, 1, 5]),
    ],
)
def test_a_slot_is_days_and_a_time(tmp_path: Path, written: str, days: list[int]) -> None:
    slots = tuple(Slot(day, time(9)) for day in days)
    assert pace(tmp_path, f'slots: ["{written}"]').slots == slots
    assert pace(tmp_path, f'slots: "{written}"').slots == slots


def test_slots_are_in_the_order_of_the_week_and_none_is_there_twice(tmp_path: Path) -> None:
    account = pace(tmp_path, "slots: [sat 11:00, mon-tue 17:30, mon 09:00, day 11:00, sat 11:00]")
    assert account.slots == tuple(sorted(set(account.slots)))
    assert [(slot.day, f"{slot.at:%H:%M}") for slot in account.slots][:3] == [
        (0, "09:00"),
        (0, "11:00"),
        (0, "17:30"),
    ]
    assert sum(slot.day == 5 for slot in account.slots) == 1


def test_the_timezone_of_an_account_is_its_own_or_the_configs_or_utc(tmp_path: Path) -> None:
    top = "timezone: Europe/Berlin"
    assert pace(tmp_path, "").timezone == "UTC"
    assert pace(tmp_path, "", top).timezone == "Europe/Berlin"
    assert pace(tmp_path, "timezone: America/New_York", top).timezone == "America/New_York"


def test_cap_and_quiet_hours(tmp_path: Path) -> None:
    account = pace(tmp_path, "daily_cap: 4\nquiet: 22:00-7:00\nrequire_approval: 2")
    assert account.require_approval == 2
    assert (account.daily_cap, account.quiet) == (4, (time(22), time(7)))


def test_a_slot_in_quiet_hours_would_never_be_taken(tmp_path: Path) -> None:
    lines = "quiet: 22:00-07:00\nslots: [day 07:00, day 22:00, day 06:59, day 21:59]"
    found = config_problems(tmp_path, with_account(lines))
    assert [problem.split(":")[2] for problem in found] == ["24", "35"]
    assert "6:24: G105 accounts.our-x.slots.1 is in the account's quiet hours" in found[0]


ALERTS = """\
alerts:
  channels: {team: [failed, digest], mail: person}
  digest: fri 16:30
  timezone: Europe/Berlin
"""


def test_channels_and_times_of_alerts_are_read(tmp_path: Path) -> None:
    wanted = load_config(tmp_path, CONFIG + ALERTS).alerts
    assert wanted.channels == {
        "team": frozenset({"failed", "digest"}),
        "mail": frozenset({"person"}),
    }
    assert (wanted.digest, wanted.timezone) == (Slot(4, time(16, 30)), "Europe/Berlin")


def test_without_alerts_there_are_no_channels_and_the_digest_is_for_monday_morning(
    tmp_path: Path,
) -> None:
    text = CONFIG + "timezone: Asia/Tokyo\n"
    wanted = load_config(tmp_path, text).alerts
    assert (wanted.channels, wanted.digest or DEFAULT_SLOT) == ({}, Slot(0, time(9)))
    assert wanted.timezone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("channels: {team: slack://A/B/C}", "G110 alerts.channels.team holds an address, which is"),
        (
            "channels: {team: [failed, mailto://a:b@c.d]}",
            "G110 alerts.channels.team.1 holds an add",
        ),
        ("channels: {team: everything}", "6:20: G102 alerts.channels.team.0 must be 'failed',"),
        (
            "channels: foo",
            '6:13: G102 alerts.channels must hold your channels by name, as "team: [fai',
        ),
        ("channels: [team]", "6:13: G102 alerts.channels must hold your channels by name"),
        (
            "channels: {Team: [failed]}",
            "G102 alerts.channels.Team is not a name for a channel. Use",
        ),
        ("channels: {team: [missed]}", "G102 alerts.channels.team.0 must be 'failed', 'person',"),
        ("digest: mon-fri 09:00", "G102 alerts.digest is not a weekday and time; write it like"),
        ("digest: 09:00", "G102 alerts.digest is not a weekday and time"),
        ("timezone: Mars", "G102 alerts.timezone is not a timezone"),
        ("channel: {}", 'G103 alerts.channel is not a key of the config. Did you mean "channels"?'),
    ],
)
def test_mistakes_in_alerts_are_named_and_no_address_is_repeated(
    tmp_path: Path, line: str, words: str
) -> None:
    [problem] = config_problems(tmp_path, f"{CONFIG}alerts:\n  {line}\n")
    assert words in problem
    assert "slack" not in problem
    assert "a:b" not in problem


def test_for_an_address_in_the_config_the_hint_names_its_place(tmp_path: Path) -> None:
    text = CONFIG + "alerts: {channels: {team-chat: slack://A/B/C}}\n"
    [problem] = config_problems(tmp_path, text)
    assert "GROUNDSWELL_ALERTS_TEAM_CHAT_URL" in problem
    assert "groundswell alerts login team-chat" in problem
