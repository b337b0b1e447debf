"""A control room that still runs in the older version once a newer one has its database."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from helpers.databases import add_next_revision

from bot.database.opening import open_database
from bot.model import Role

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from helpers.web import WebSite


def test_it_changes_nothing_more_and_says_what_to_do(
    site: WebSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client = site.signed_in(Role.RUN)
    assert client.get("/").status_code == 200
    add_next_revision(monkeypatch, tmp_path)
    open_database(f"sqlite:///{site.app.database.path}").close()
    for page in ("/", "/inbox", "/approvals"):
        answer = client.get(page)
        assert answer.status_code == 503
        assert "brought up to date by another version of Groundswell" in answer.text
        assert "Start the newer version instead" in answer.text
    answer = client.post("/pauses/pause", data={"what": "account mj", "why": "x"})
    assert answer.status_code == 503
    assert "a file called PAUSE beside config.yaml" in " ".join(answer.text.split())
    database = open_database(f"sqlite:///{site.app.database.path}")
    with closing(database), database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM pauses").scalar() == 0
