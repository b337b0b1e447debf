"""A project with an account on each network, whose posts have everything that a page can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.cli import write_file

if TYPE_CHECKING:
    from helpers.run import SandboxProject

THREE = ("our-masto", "our-sky", "our-x")

HEAD = """\
campaign: ours
title: Our campaign
timezone: UTC
accounts: [our-masto, our-sky, our-x]
require_approval: 1
facts:
  contract:
    claim: The city pays for 300 cameras
    figure: 300 cameras
    source: https://city.example/contract
    as_of: 2026-03
    review_by: 2099-12-31
statements:
  mayor:
    speaker: Dana Reyes
    role: mayor
    source: https://city.example/minutes
    paraphrase: she will look at it again
demands:
  end-it:
    ask: End the camera contract
    target: the city council
    facts: [contract]
"""


def add_accounts(ours: SandboxProject) -> None:
    """Add an account on Mastodon and one on Bluesky to the project's config."""
    more = """\
  our-masto: { platform: mastodon, handle: ours@masto.example }
  our-sky: { platform: bluesky, handle: ours.sky.example }
"""
    ours.configure("campaigns: posts\n", f"{more}campaigns: posts\n")


def write_posts(ours: SandboxProject, *posts: str, head: str = HEAD) -> None:
    """Write these posts, and bring the queue to them."""
    ours.take_in(*posts, head=head)


def write_broken(ours: SandboxProject) -> None:
    """Break the campaign's file, whatever it says."""
    path = ours.folder / "posts" / "ours.yaml"
    write_file(path, path.read_text(encoding="utf-8") + "  - [\n")
