"""The names of posts, and which deliveries are one post."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers import store

from bot.model import PostKey, ScheduleKind, group_posts

if TYPE_CHECKING:
    from bot.model import Occurrence

DUE = datetime(2026, 12, 4, 9, tzinfo=UTC)


def occurrence(post: str, label: str, account: str = "ours", **other: Any) -> Occurrence:
    fields = {
        "key": f"library/{post}/{account}/{label}",
        "campaign": "library",
        "account": account,
        "label": label,
        "timezone": "UTC",
        "kind": ScheduleKind.EVERY if "T" in label else ScheduleKind.AT,
    }
    return store.occurrence(post, **{**fields, "due": DUE, **other})


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["once"], ["library/hours"]),
        (["slot"], ["library/hours"]),
        (["2026-12-04T09:00"], ["library/hours@2026-12-04"]),
        (
            ["2026-12-04T09:00", "2026-12-05T09:00"],
            ["library/hours@2026-12-04", "library/hours@2026-12-05"],
        ),
        (
            ["2026-12-04T09:00", "2026-12-04T18:00"],
            ["library/hours@2026-12-04T09:00", "library/hours@2026-12-04T18:00"],
        ),
        (["oakland", "fresno"], ["library/hours@fresno", "library/hours@oakland"]),
        (["once", "2026-12-04T09:00"], ["library/hours@2026-12-04", "library/hours@once"]),
    ],
)
def test_a_name_has_its_moment_only_if_the_post_has_several(
    labels: list[str], names: list[str]
) -> None:
    posts = group_posts(occurrence("hours", label) for label in labels)
    assert sorted(post.name for post in posts) == names


def test_moments_that_are_not_shown_tell_names_apart_as_well() -> None:
    other = occurrence("hours", "2026-12-04T18:00")
    [post] = group_posts([occurrence("hours", "2026-12-04T09:00")], [other])
    assert post.name == "library/hours@2026-12-04T09:00"


def test_a_post_is_on_all_its_accounts_and_of_one_campaign() -> None:
    ours = [occurrence("hours", "once", name) for name in ("b", "a")]
    theirs = replace(ours[0], campaign="parks", key="parks/hours/b/once")
    first, second = group_posts([*ours, theirs])
    assert (first.key, first.accounts) == (PostKey("library", "hours", "once"), ("a", "b"))
    assert (second.name, second.accounts) == ("parks/hours", ("b",))


def test_a_post_is_due_with_the_first_of_its_deliveries() -> None:
    later = occurrence("hours", "slot", "a", due=DUE + timedelta(hours=1))
    [post] = group_posts([later, occurrence("hours", "slot", "b")])
    assert post.due == DUE
