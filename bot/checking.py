"""Everything that can be told about the campaign files before anything is sent.

Loads them, then holds each post against the rules of the platform of each of its accounts. Reads
files; knows no database and no network. ``check`` on the command line and the loop use the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from bot.config import APIS
from bot.errors import Problem
from bot.model import NOWHERE, Account
from bot.platforms import kind
from bot.platforms.base import Finding
from bot.secrets import holds_token

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from typing import Literal

    from bot.config import Config
    from bot.model import Campaign, Content, Mark, Post


@dataclass(frozen=True, slots=True)
class Checked:
    """The campaigns as far as they could be read, every problem in order, and the files read."""

    campaigns: tuple[Campaign, ...]
    problems: tuple[Problem, ...]
    files: tuple[Path, ...]


def check(config: Config, now: datetime) -> Checked:
    """Check the campaigns folder of a config, as it is at an instant."""
    return check_folder(config.campaigns, now, config.accounts)


def check_folder(
    folder: Path,
    now: datetime,  # noqa: ARG001 - the rules that look at the day come next
    accounts: Mapping[str, Account] | None = None,
    replaced: Mapping[Path, bytes] | None = None,
) -> Checked:
    """Check a folder of campaign files; without accounts, any name is taken for an X account.

    ``replaced`` gives other bytes for some files: what would be if they were written.
    """
    from bot.campaigns.loading import load

    known = AnyAccount() if accounts is None else accounts
    loaded = load(folder, known, replaced)
    posts = (post for campaign in loaded.campaigns for post in campaign.posts)
    found = [problem for post in posts for problem in (*_leaks(post), *_of_post(post, known))]
    problems = tuple(sorted(dict.fromkeys([*loaded.problems, *found])))
    return Checked(tuple(loaded.campaigns), problems, tuple(loaded.files))


class AnyAccount(Mapping[str, Account]):
    """Accounts where there is no config to name them: whatever a campaign names is one, on X."""

    def __getitem__(self, name: str) -> Account:
        return Account(name, "x", name, APIS["x"])

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _of_post(post: Post, accounts: Mapping[str, Account]) -> Iterator[Problem]:
    for name in post.accounts:
        account = accounts.get(name)
        if account:  # that one is missing has been said by the loader
            for content in _contents(post):
                for finding in kind(account.platform).check(content, account):
                    yield _problem(finding, _mark(post, content, finding.part))


def _contents(post: Post) -> Iterator[Content]:
    return (wording.content for wording in post.wordings)


def _leaks(post: Post) -> Iterator[Problem]:
    """A token that was pasted into a post by mistake would be published."""
    for content in _contents(post):
        for index, part in enumerate(content.parts):
            if holds_token(part.text):
                message = "The text holds what looks like an access token or a password."
                hint = "Take it out, and replace it on the platform if anyone may have read it."
                yield _problem(Finding("G111", message, hint), _mark(post, content, index))


def _mark(post: Post, content: Content, part: int) -> Mark:
    parts = content.parts
    mark = parts[part].mark if part < len(parts) else NOWHERE
    return post.mark if mark == NOWHERE else mark


def _problem(finding: Finding, mark: Mark) -> Problem:
    return Problem(
        mark.file,
        mark.line,
        mark.column,
        finding.code,
        finding.message,
        finding.hint,
        cast("Literal['error', 'warning']", finding.level),
    )
