"""A small folder of valid campaign files, and functions that load and change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from bot.campaigns.loading import FolderReader, LoadedFolder
from bot.checking import Checker
from bot.model import Account
from bot.platforms import LOADED
from helpers.schedules import utc

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.checking import CheckResult
    from bot.model import Campaign, Post

ACCOUNTS = {
    name: Account(name, "x", name, "http://127.0.0.1") for name in ("mediajustice-x", "athena-x")
}

HEADER = """\
campaign: people
title: People over profit
timezone: America/New_York
accounts: [mediajustice-x]
hashtags: [PeopleOverProfit, "#Hart"]
facts:
  hart:
    claim: The HART system runs on AWS
    figure: $6 billion
    source: https://example.org/hart
    as_of: 2022-07-18
  prison-calls:
    claim: Prison calls are searched for words
    source: https://example.org/calls
    as_of: 2022-07-18
demands:
  take-hart-off:
    ask: Take HART off AWS
    target: Amazon Web Services
    facts: [hart]
events:
  nyc:
    name: AWS Summit New York
    place: Javits Center
    starts: 2022-07-12 09:00
    ends: 2022-07-12 18:00
"""

VALID_POST = """\
  - id: one
    when: 2022-07-10 09:00
    text: Hello
"""


def campaign_yaml(posts: str = VALID_POST, header: str = HEADER) -> str:
    """Return a campaign file with these posts (indented by two)."""
    return f"{header}posts:\n{posts}"


def campaign_with_post(*lines: str, when: str = "2022-07-10 09:00") -> str:
    """Return a campaign file with one post, of these lines."""
    rows = [f"when: {when}", *lines] if when else lines
    return campaign_yaml("  - id: one\n" + "".join(f"    {row}\n" for row in rows))


def write_campaigns(folder: Path, **files: str | bytes) -> Path:
    """Write files (``queue`` means ``queue.yaml``) and return the folder."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / f"{name}.yaml").write_bytes(data)
    return folder


def load(
    folder: Path, accounts: Mapping[str, Account], overrides: Mapping[Path, bytes] | None = None
) -> LoadedFolder:
    """Read a folder once."""
    return FolderReader(folder, accounts, LOADED, overrides).read()


def load_files(folder: Path, **files: str | bytes) -> LoadedFolder:
    """Write files and load the folder."""
    return load(write_campaigns(folder, **files), ACCOUNTS)


def problem_lines(loaded: LoadedFolder, folder: Path) -> list[str]:
    """Return the problems as they are shown, without the folder's own path."""
    return [str(problem).removeprefix(f"{folder}/") for problem in loaded.problems]


def only_problem(folder: Path, **files: str | bytes) -> str:
    """Return the only problem of these files, as it is shown."""
    [line] = problem_lines(load_files(folder, **files), folder)
    return line


def post_problem(folder: Path, *lines: str, when: str = "2022-07-10 09:00") -> str:
    """Return the only problem of a post, of these lines from line 30 on."""
    return only_problem(folder, a=campaign_with_post(*lines, when=when))


def sound_campaign(folder: Path, text: str = "") -> Campaign:
    """Return the only campaign of a file, which must have no problem."""
    loaded = load_files(folder, a=text or campaign_yaml())
    assert loaded.problems == ()
    [campaign] = loaded.campaigns
    return campaign


def sound_post(folder: Path, *lines: str, when: str = "2022-07-10 09:00") -> Post:
    """Return a post with these lines, which must have no problem."""
    [post] = sound_campaign(folder, campaign_with_post(*lines, when=when)).posts
    return post


def save_picture(path: Path, size: tuple[int, int] = (40, 30)) -> Path:
    """Save an image in the format of the file's ending."""
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", size, "navy").save(path)
    return path


HANDLES = {"x": "ours", "mastodon": "ours@social.example", "bluesky": "ours.example.org"}
ON_THREE = {
    platform: Account(platform, platform, handle, "http://127.0.0.1")
    for platform, handle in HANDLES.items()
}
"""An account on each platform, named after the platform."""


def check_on_three(folder: Path, *lines: str, header: str = "") -> CheckResult:
    """Check one post of these lines, from an account on each platform."""
    head = HEADER.replace(
        'accounts: [mediajustice-x]\nhashtags: [PeopleOverProfit, "#Hart"]\n',
        f"accounts: [{', '.join(ON_THREE)}]\n{header}",
    )
    post = ("  - id: one", "when: 2022-07-10 09:00", *lines)
    text = campaign_yaml("\n    ".join(post) + "\n", head)
    return Checker(write_campaigns(folder, a=text), ON_THREE).check(utc("2022-07-08 09:00"))


def post_of(found: CheckResult, account: str) -> Post:
    """Return the post of an account; there must be no error."""
    assert found.errors == ()
    [post] = [post for post in found.posts if account in post.accounts]
    return post


HEADER_WITH_REVIEW = HEADER.replace(
    "    as_of: 2022-07-18\n  prison", "    as_of: 2022-07-18\n    review_by: 2022-08-01\n  prison"
)


CHICAGO = """\
  chicago:
    name: AWS Summit Chicago
    place: Chicago
    timezone: America/Chicago
    starts: 2022-08-09 09:00
    ends: 2022-08-09 17:00
statements:
  hayes:
    speaker: Myaisha Hayes
    role: campaign strategies director
    source: https://example.org/release
    paraphrase: Amazon must put people over profit
partners: [athena, fight-for-us]
embargo: 2022-07-01 06:00
require_approval: 2
"""


def load_rows(folder: Path, *lines: str) -> LoadedFolder:
    """Load a campaign with two events and a statement, and one post, of these lines from 45 on."""
    rows = "".join(f"    {row}\n" for row in lines)
    header = HEADER_WITH_REVIEW + CHICAGO
    return load_files(folder, a=campaign_yaml(f"  - id: one\n{rows}", header))
