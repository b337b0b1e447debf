"""The plan shows each account's wording, and the posts that will wait for approval."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from helpers.cli import CAMPAIGN_HEAD

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

WORDINGS = "wordings: { plain: Take it off., asks: Why is it on? }"


def say(ours: SandboxProject, said: str = "text: Say this.", needed: int = 1) -> None:
    """Say it for half an hour from when the project was made, however often it is said."""
    made = datetime.fromtimestamp((ours.folder / "config.yaml").stat().st_mtime, UTC)
    at = made + timedelta(minutes=30)
    post = f"  - id: soon\n    when: {at:%Y-%m-%d %H:%M}\n    {said}\n"
    ours.write_campaign(post, head=f"{CAMPAIGN_HEAD}require_approval: {needed}\n")


def planned(ours: SandboxProject) -> dict[str, Any]:
    [post] = json.loads(ours.run_cli("plan", "--json").out)["posts"]
    [row] = post["deliveries"]
    assert isinstance(row, dict)
    assert (post["note"], post["waits"]) == (row["note"], row["waits"])
    return row


def test_wording_is_named_in_plan_and_kept_with_the_delivery(ours: SandboxProject) -> None:
    say(ours, WORDINGS, needed=0)
    row = planned(ours)
    said = {"plain": "Take it off.", "asks": "Why is it on?"}
    assert row["text"] == said[row["wording"]]
    assert (row["wording"], row["note"]) in {("plain", ""), ("asks", "")}
    for by in ("post", "account"):
        _, _, note, *_ = ours.run_cli("plan", "--by", by).out.splitlines()
        assert note.strip() == f"in the wording {row['wording']}"
    ours.take_in()
    assert ours.deliveries()["soon"].wording == row["wording"]
    [shown] = json.loads(ours.run_cli("queue", "show", "1", "--json").out)
    assert shown["post"]["deliveries"][0]["wording"] == row["wording"]
    assert f"wording  {row['wording']}\n" in ours.run_cli("queue", "show", "1").out


def test_plan_shows_posts_that_will_wait_for_approval(ours: SandboxProject) -> None:
    say(ours)
    wait = "waits for approval (0 of 1): groundswell review"
    before = planned(ours)  # before there is a queue
    assert (before["note"], before["waits"]) == ("", wait)
    ours.take_in()
    ours.run_cli("review", "--approve", "ours/soon")
    assert "Nothing to change" in ours.run_cli("plan").out
    say(ours, "text: Say that.")
    changed = planned(ours)
    assert (changed["note"], changed["waits"]) == ("words or media", wait)
    ours.take_in()
    say(ours)
    changed = planned(ours)
    assert (changed["note"], changed["waits"]) == ("words or media", "")  # these were approved


def test_marks_on_links_ask_for_approval_again_and_a_post_without_own_links_keeps_its(
    ours: SandboxProject,
) -> None:
    page = "text: Read https://example.org/petition."
    say(ours, page)
    ours.take_in()
    ours.run_cli("review", "--approve", "ours/soon")
    [file] = (ours.folder / "posts").glob("*.yaml")
    written = file.read_text()
    file.write_text(f"links: {{pages: https://example.com/}}\n{written}")
    assert "Nothing to change" in ours.run_cli("plan").out
    file.write_text(f"links: {{pages: https://example.org/}}\n{written}")
    changed = planned(ours)
    assert (changed["note"], bool(changed["waits"])) == ("words or media", True)
    assert changed["text"] == (
        "Read https://example.org/petition?utm_source=x&utm_medium=post&utm_campaign=ours"
        "&utm_content=soon."
    )


def test_plan_of_a_campaign_that_wants_more_approvals_says_so(ours: SandboxProject) -> None:
    say(ours)
    ours.take_in()
    ours.run_cli("review", "--approve", "ours/soon", "--as", "Ana")
    say(ours, needed=2)
    changed = planned(ours)
    assert changed["note"] == "how many must approve it"
    assert changed["waits"] == "waits for approval (1 of 2, given by Ana): groundswell review"
