"""How often Bluesky may be asked, and how it says so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.sandbox_bluesky import POSTS, post

if TYPE_CHECKING:
    import requests
    from helpers.sandbox_bluesky import BlueskySandboxClient


def shown(answer: requests.Response) -> tuple[str, str]:
    return answer.headers["ratelimit-remaining"], answer.headers["ratelimit-policy"]


def test_a_name_logs_in_thirty_times_in_five_minutes(sky: BlueskySandboxClient) -> None:
    answers = [sky.login(password="wrong") for _ in range(31)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]
    assert shown(answers[0]) == ("29", "30;w=300")
    refused = answers[-1]
    assert refused.json() == {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    assert shown(refused) == ("0", "30;w=300")
    ends = int(sky.clock.now().timestamp()) + 300
    assert int(refused.headers["ratelimit-reset"]) == ends
    assert sky.login(sky.other).status_code == 200, "another name has its own"
    sky.clock.advance(minutes=5)
    assert sky.login().status_code == 200


def test_a_name_logs_in_three_hundred_times_a_day(sky: BlueskySandboxClient) -> None:
    for _ in range(10):
        for _ in range(30):
            assert sky.login().status_code == 200
        sky.clock.advance(minutes=5)
    refused = sky.login()
    assert (refused.status_code, shown(refused)) == (429, ("0", "300;w=86400"))


@pytest.mark.parametrize(("how", "points"), [("create", 3), ("put", 2), ("delete", 1)])
def test_a_write_costs_points(sky: BlueskySandboxClient, how: str, points: int) -> None:
    sky.token()
    sky.world.limits["writes in an hour"] = (12, timedelta(hours=1))
    record = None if how == "delete" else post()
    key = "" if how == "create" else sky.key()
    left = []
    for _ in range(12 // points):
        answer = sky.write(how, record, key)
        assert answer.status_code == 200
        left.append(int(answer.headers["ratelimit-remaining"]))
    assert left == [12 - points * (number + 1) for number in range(12 // points)]
    refused = sky.write(how, record, key)
    assert (refused.status_code, shown(refused)) == (429, ("0", "12;w=3600"))
    sky.clock.advance(hours=1)
    assert sky.write(how, record, key).status_code == 200


def test_a_refused_write_stores_nothing_and_counts(sky: BlueskySandboxClient) -> None:
    sky.token()
    sky.world.limits["writes in an hour"] = (3, timedelta(hours=1))
    sky.create_post("One")
    assert sky.put(post("Two")).status_code == 429
    assert sky.write("delete", key=sky.key()).status_code == 429
    assert [post.raw for post in sky.world.visible()] == ["One"]


def test_everything_together_has_a_limit(sky: BlueskySandboxClient) -> None:
    sky.world.limits["requests"] = (2, timedelta(minutes=5))
    params = {"repo": sky.own.id, "collection": POSTS}
    answers = [sky.get("com.atproto.repo.listRecords", **params) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [shown(answer)[0] for answer in answers] == ["1", "0", "0"]


def test_what_is_not_valid_is_not_counted(sky: BlueskySandboxClient) -> None:
    answer = sky.get("com.atproto.repo.listRecords", repo="x y", collection=POSTS)
    assert answer.status_code == 400
    assert not [name for name in answer.headers if name.startswith("ratelimit")]
