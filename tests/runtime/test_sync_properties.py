"""Parsed files that are kept lead to the same queue as a new reading of all files.

Two apps over real SQLite databases watch one folder. One keeps what it read of each file for as
long as that stays, the other reads everything anew after each edit. Whatever the edits, they agree.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.clock import ManualClock
from helpers.databases import make_config
from helpers.extras import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select, update

from bot.campaigns.loading import FolderReader, LoadedFolder
from bot.checking import Checker
from bot.database import tables as t
from bot.database.opening import open_database
from bot.model import Account, Post, Slot, State
from bot.platforms import LOADED
from bot.runtime.app import App, create_app

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """\
campaign: {name}
title: {name}
timezone: Europe/Berlin
accounts: [{accounts}]
embargo: {embargo}
facts:
  cost: {{claim: It costs, figure: {figure}, source: "https://example.org/", as_of: 2026-01-01}}
events:
  day: {{name: Day, place: Here, starts: 2026-03-{day:02} 09:00, ends: 2026-03-{day:02} 18:00}}
  eve: {{name: Eve, place: Here, starts: 2026-03-09 09:00, ends: 2026-03-09 18:00, cancelled: {no}}}
posts:
"""
WHENS = (
    *('{{at: "2026-03-{day:02} 12:10"}}', '{{event: day, offset: -1d, at: "08:0{more}"}}'),
    *("{{events: [day, eve], offset: {more}h}}", '{{every: mon, at: "1{more}:00"}}'),
    *("2026-03-{day:02} 15:3{more}", '{{every: day, at: "10:00", until: 2026-03-{day:02}}}'),
    *("{{slot: next}}", "{{slot: next}}", "{{slot: next}}"),
    *("2026-03-{day:02} 08:0{more}", "2026-03-{day:02} 20:0{more}"),  # about when slots are
)
NAMES = ("a-campaign", "b-list", "c-campaign", "d-list", "e-list")
ACCOUNTS = {
    name: Account(
        name,
        "x",
        name,
        "http://127.0.0.1:1",
        slots=tuple(Slot(day, time(7 + 12 * (day % 2))) for day in range(7)),
        daily_cap=1,
        gap=timedelta(minutes=5),
    )
    for name in ("one", "two")
}
OPS = (
    *("text", "text", "when", "when", "accounts", "more", "add", "add", "remove", "double"),
    *("event", "cancel", "embargo", "figure", "rename", "delete", "restore", "break", "mend"),
    *("half", "comment", "picture", "move", "turn", "drop", "out", "order", "title"),
)


@dataclass
class File:
    """A file of the folder, with the header of a campaign or as a bare list."""

    campaign: str
    is_list: bool
    posts: list[dict[str, Any]] = field(default_factory=list)
    head: dict[str, Any] = field(default_factory=dict)
    broken: str = ""
    comment: str = ""
    gone: bool = False

    def text(self) -> str:
        posts = "".join(self._post(post) for post in self.posts)
        if self.is_list:
            return f"# {self.comment}\n{posts or '[]'}\n{self.broken}"
        return f"# {self.comment}\n{HEAD.format(**self.head)}{posts or '  []'}\n{self.broken}"

    def _post(self, post: dict[str, Any]) -> str:
        rows = [f"id: {post['id']}", f"when: {WHENS[post['when']].format(**post)}"]
        rows += [f"campaign: {self.campaign}"] if self.is_list else []
        rows += [f"accounts: [{post['accounts']}]"] if post["accounts"] else []
        rows += [f'text: "{{{{ fact.cost.figure }}}} for {post["text"]}"']
        rows += ["media: [{file: media/a.png, alt: A}]"] if post["picture"] else []
        return "".join(f"  {'- ' if n == 0 else '  '}{row}\n" for n, row in enumerate(rows))


class World:
    """The folder, the two apps over it, and the edits."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.posts = folder / "posts"
        self.posts.mkdir(parents=True)
        (self.posts / "media").mkdir()
        self.clock = ManualClock()
        self.made = 0
        self.files = {
            name: File(
                "ac"[name > "b-list"], "list" in name, head=self._head("ac"[name > "b-list"])
            )
            for name in NAMES
        }
        for file in self.files.values():
            for _ in range(3):
                self._add(file)
        self.picture(0)
        self.write()
        self.reader = FolderReader(self.posts, ACCOUNTS, LOADED)
        self.keeps, self.anew = (stack.enter_context(self._app(folder / n)) for n in "fa")
        for app in (self.keeps, self.anew):
            app.queue_sync.refresh()

    def _head(self, name: str) -> dict[str, Any]:
        more = {"embargo": "2026-03-01 00:00", "figure": "$5", "day": 12, "no": "false"}
        return {"name": name, "accounts": "one", **more}

    def _app(self, folder: Path) -> Any:
        folder.mkdir()
        shutil.copy(folder.parent.parent / "empty.db", folder / "groundswell.db")
        config = make_config(
            folder, ACCOUNTS, f"sqlite:///{folder / 'groundswell.db'}", campaigns=self.posts
        )
        return create_app(config, {}, clock=self.clock)

    def _add(self, file: File) -> None:
        self.made += 1
        number = self.made
        where = {"when": number % len(WHENS), "day": 3 + number % 25, "more": number % 8}
        more = {
            "accounts": ("", "two", "one, two")[number % 3],
            "text": f"post {number}",
            "picture": number % 5 == 0,
        }
        file.posts.append({"id": f"p{number}", **where, **more})

    def write(self) -> None:
        for name, file in self.files.items():
            path = self.posts / f"{name}.yaml"
            if file.gone:
                path.unlink(missing_ok=True)
            else:
                path.write_text(file.text(), encoding="utf-8")

    def picture(self, number: int) -> None:
        Image.new("RGB", (8 + number % 7, 8)).save(self.posts / "media" / "a.png")

    def edit(self, op: str, which: int, number: int) -> None:
        """Make an edit of this kind; ``which`` chooses the file and the post."""
        name = list(self.files)[which % len(self.files)]
        file = self.files[name]
        post = file.posts[number % len(file.posts)] if file.posts else None
        if post is not None:
            self._edit_post(op, file, post, number)
        self._edit_head(op, file.head, number)
        self._edit_file(op, name, file, number)
        self._elsewhere(op, number)
        self.write()

    def _edit_post(self, op: str, file: File, post: dict[str, Any], number: int) -> None:
        match op:
            case "text":
                post["text"] = f"text {number}"
            case "when":
                post |= {"when": number % len(WHENS), "day": 3 + number % 25, "more": number % 8}
            case "accounts":
                post["accounts"] = ("", "two", "one, two")[number % 3]
            case "remove":
                file.posts.remove(post)
            case "double":
                post["id"] = file.posts[0]["id"]
            case "move":
                file.posts.remove(post)
                file.posts.insert(number % (len(file.posts) + 1), post)
            case "picture":
                post["picture"] = not post["picture"]

    def _edit_head(self, op: str, head: dict[str, Any], number: int) -> None:
        match op:
            case "event":
                head["day"] = 3 + number % 25
            case "cancel":
                head["no"] = ("true", "false")[number % 2]
            case "embargo":
                head["embargo"] = f"2026-03-{1 + number % 9:02} 00:00"
            case "figure":
                head["figure"] = f"${number}"
            case "title":
                head["accounts"] = ("one", "two", "one, two")[number % 3]

    def _edit_file(self, op: str, name: str, file: File, number: int) -> None:
        match op:
            case "add" | "more":
                self._add(file)
            case "rename":
                (self.posts / f"{name}.yaml").unlink(missing_ok=True)
                self.files[f"{'abcdefgh'[number % 8]}-{number}"] = self.files.pop(name)
            case "delete" | "restore":
                file.gone = op == "delete"
            case "break":
                file.broken = ("posts: [", "\t", "{")[number % 3]
            case "mend":
                for one in self.files.values():
                    one.broken = ""
            case "comment" | "drop" | "out":  # these two alone start no planning
                file.comment = f"{number}\n# and more"
            case "order":
                file.posts.reverse()

    def _elsewhere(self, op: str, number: int) -> None:
        match op:
            case "half":
                self.write()
                self.keeps.queue_sync.watch()
            case "picture":
                self.picture(number)
            case "turn":
                self.clock.advance(minutes=number % 20)
            case "drop" | "out":
                self._settle(State.DROPPED if op == "drop" else State.PUBLISHED, number)

    def _settle(self, state: State, number: int) -> None:
        """Drop or publish a waiting post, in both databases."""
        waiting = sorted(delivery.key for delivery in self.keeps.queue.in_states([State.SCHEDULED]))
        if waiting:
            key = waiting[number % len(waiting)]
            query = update(t.deliveries).where(t.deliveries.c.key == key).values(state=state)
            for app in (self.keeps, self.anew):
                with app.database.writing() as connection:
                    connection.execute(query)

    def look(self) -> None:
        """Bring both queues in line with the files."""
        for _ in range(3):
            self.clock.advance(seconds=2)
            self.keeps.queue_sync.watch()
            accounts, horizon = self.anew.config.accounts, self.anew.config.horizon
            self.anew.queue_sync.files = Checker(
                self.posts, accounts, errors_only=True, horizon=horizon
            )
            self.anew.queue_sync.watch()

    def agree(self) -> None:
        """The kept reader and a new one read the same, and the two queues are the same."""
        read, anew = self.reader.read(), FolderReader(self.posts, ACCOUNTS, LOADED).read()
        assert read.campaigns == anew.campaigns
        assert read.problems == anew.problems
        assert [post.mark for post in _posts(read)] == [post.mark for post in _posts(anew)]
        mine, theirs = self._rows(self.keeps), self._rows(self.anew)
        assert mine == theirs
        mine_held, their_held = (app.mass_cancels.held_back() for app in (self.keeps, self.anew))
        assert (mine_held and mine_held.keys) == (their_held and their_held.keys)

    def _rows(self, app: App) -> dict[str, tuple[Any, ...]]:
        left_out = {"id", "created", "changed", "key"}
        columns = [column for column in t.deliveries.c if column.name not in left_out]
        with app.database.reading() as connection:
            found = connection.execute(select(t.deliveries.c.key, *columns))
            return {row[0]: tuple(row[1:]) for row in found}


def _posts(loaded: LoadedFolder) -> list[Post]:
    return [post for campaign in loaded.campaigns for post in campaign.posts]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all examples, with a database to copy, because making one takes long."""
    made = tmp_path_factory.mktemp("intake")
    open_database(f"sqlite:///{made / 'empty.db'}").close()
    return made


EDITS = st.lists(
    st.tuples(st.sampled_from(OPS), st.integers(0, 9), st.integers(0, 999)), min_size=1, max_size=12
)


@settings(max_examples=examples(25), deadline=None)
@given(edits=EDITS, together=st.integers(1, 3))
def test_kept_files_lead_to_the_same_queue_as_a_new_reading(
    edits: list[tuple[str, int, int]], together: int, folder: Path
) -> None:
    shutil.rmtree(folder / "one", ignore_errors=True)
    with ExitStack() as stack:
        world = World(folder / "one", stack)
        for number, edit in enumerate(edits, 1):
            world.edit(*edit)
            if number % together == 0:
                world.look()
                world.agree()
        world.edit("mend", 0, 0)
        world.look()
        world.agree()
