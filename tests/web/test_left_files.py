"""Posts that left the files in large numbers, and files that ask for fewer approvals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from helpers.cli import write_file
from helpers.web import site_of

from bot.model import Role, Scope, State
from bot.services.approving import held_floors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.delivery import AppHarness
    from helpers.web import WebSite

HEAD = "campaign: ours\ntitle: Ours\ntimezone: UTC\naccounts: [mj]\n"
LETTERS = "abcdefgh"


def write(site: WebSite, count: int, head: str = HEAD) -> None:
    """Write a campaign with so many posts, and queue it as the loop does."""
    posts = "".join(
        f'  - {{id: {letter}, when: "2026-03-0{number + 3} 12:00", text: Word {letter * 9}.}}\n'
        for number, letter in enumerate(LETTERS[:count])
    )
    write_file(site.app.config.campaigns / "ours.yaml", f"{head}posts:\n{posts or '  []'}\n")
    assert site.app.queue_sync.refresh() == []


@pytest.fixture
def campaign(loop: AppHarness) -> Iterator[WebSite]:
    """Yield a control room with a campaign of six posts."""
    with site_of(loop.app) as site:
        write(site, 6)
        yield site


def digest(site: WebSite) -> str:
    found = re.search(r'name="digest" value="(\w+)"', site.signed_in(Role.RUN).get("/inbox").text)
    assert found
    return found[1]


def scheduled(site: WebSite) -> int:
    return len(site.app.queue.in_states([State.SCHEDULED]))


def test_posts_that_left_go_once_somebody_has_seen_their_names(campaign: WebSite) -> None:
    write(campaign, 1)
    page = campaign.signed_in(Role.RUN).get("/inbox").text
    assert "5 of 6 scheduled posts left the campaign files" in page
    assert "ours/f" in page
    assert scheduled(campaign) == 6
    client = campaign.signed_in(Role.RUN, name="Ana")
    answer = client.post("/inbox/left-files", data={"digest": digest(campaign)})
    assert "5 posts will be cancelled" in answer.text
    campaign.app.queue_sync.refresh()
    assert scheduled(campaign) == 1


def test_decision_about_other_posts_than_the_shown_ones_is_refused(campaign: WebSite) -> None:
    write(campaign, 3)
    seen = digest(campaign)
    write(campaign, 1)
    answer = campaign.signed_in(Role.RUN).post("/inbox/left-files", data={"digest": seen})
    assert answer.status_code == 409
    assert "Look at them again" in answer.text
    campaign.app.queue_sync.refresh()
    assert scheduled(campaign) == 6


def test_nothing_is_held_back_and_nothing_is_cancelled(campaign: WebSite) -> None:
    answer = campaign.signed_in(Role.RUN).post("/inbox/left-files", data={"digest": ""})
    assert answer.status_code == 409
    assert scheduled(campaign) == 6


def test_limited_person_neither_sees_nor_decides(campaign: WebSite) -> None:
    write(campaign, 1)
    client = campaign.signed_in(Role.RUN, Scope(None, frozenset({"ours"})), name="Partner")
    assert "left the campaign files" not in client.get("/inbox").text
    answer = client.post("/inbox/left-files", data={"digest": digest(campaign)})
    assert answer.status_code == 409


# --- Floors ---------------------------------------------------------------------------------------


def test_fewer_approvals_count_once_an_administrator_confirms_them(campaign: WebSite) -> None:
    write(campaign, 6, f"{HEAD}require_approval: 2\n")
    write(campaign, 6, f"{HEAD}require_approval: 1\n")
    assert [floor.campaign for floor in held_floors(campaign.app)] == ["ours"]
    assert "/floors" in campaign.signed_in(Role.SEE).get("/").text
    assert "<form" not in campaign.signed_in(Role.RUN).get("/floors").text
    client = campaign.signed_in(Role.ADMIN)
    assert "1 instead of 2" in client.get("/floors").text
    answer = client.post("/floors", data={"campaign": "ours"})
    assert "need 1 instead of 2 approvals" in answer.text
    assert held_floors(campaign.app) == []


@pytest.mark.parametrize("name", ["ours", "nothing", ""])
def test_no_floor_is_lowered_that_the_file_does_not_ask_for(campaign: WebSite, name: str) -> None:
    write(campaign, 6, f"{HEAD}require_approval: 2\n")
    answer = campaign.signed_in(Role.ADMIN).post("/floors", data={"campaign": name})
    assert answer.status_code == 409
