"""The example of docs/platforms.md, on which an account is a folder and a post is a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.model import Account, Content, Counters, Media, Part, RemotePost
from bot.platforms import base, outcomes
from bot.platforms.defaults import *  # noqa: F403 - all that it has nothing of its own for
from bot.platforms.mastodon import entities, mention  # noqa: F401 - it reads texts alike
from bot.platforms.searching import search_result
from bot.platforms.uploads import checked_chunks

LIMIT = 500
SECRETS = ("token",)
RULES = {"N701": "Longer texts are refused.", "N702": "There are no polls."}


def check(content: Content, account: Account) -> list[base.Violation]:
    found = []
    for index, part in enumerate(content.parts):
        if length(part, account)[0] > LIMIT:
            found.append(base.Violation("N701", "It is too long.", "Shorten it.", index))
        if part.poll:
            found.append(base.Violation("N702", "It has a poll.", "Take it out.", index))
    return found


def length(part: Part, account: Account) -> tuple[int, int]:
    return len(part.text), LIMIT


def api_of(handle: str) -> str:
    return Path("outbox", handle).absolute().as_uri()


class Outbox(ClientDefaults):  # noqa: F405 - of the defaults, too
    def __init__(self, account: Account, secrets: Any, options: Any = None) -> None:  # noqa: ARG002
        if not secrets.get("token"):
            raise outcomes.Unauthorized("missing secrets: token")
        self._account, self._token = account, secrets["token"]
        self._folder = Path(urlsplit(account.api).path)

    def whoami(self) -> base.Profile:
        try:  # whoever made the folder wrote account.json
            known = json.loads((self._folder / "account.json").read_bytes())
        except OSError as error:
            raise outcomes.Unsent(f"there is no outbox in {self._folder}") from error
        if known["token"] != self._token:
            raise outcomes.Unauthorized("the outbox has another token")
        return base.Profile(known["handle"], known["handle"], "", known["bio"], discloses=True)

    def upload(self, media: Media) -> base.Upload:
        name = f"{media.sha256}{media.path.suffix}"
        (self._folder / name).write_bytes(b"".join(checked_chunks(media)))
        return base.Upload(name, datetime.now(UTC) + timedelta(days=1))

    def payload(self, content: Content, part: int, media_ids: Any, reply_to: str | None) -> str:
        said = content.parts[part]
        shown = [[name, media.alt] for name, media in zip(media_ids, said.media, strict=True)]
        return json.dumps({"said": [said.text, shown], "reply_to": reply_to})

    def publish(self, payload: str, key: base.SendKey) -> RemotePost:
        self.whoami()
        name = f"{key.at:%Y%m%d-%H%M%S-%f}-{sha256(key.name.encode()).hexdigest()[:16]}"
        try:  # the same key is the same file
            (self._folder / "new").write_text(payload, "utf-8")
            (self._folder / "new").replace(self._folder / name)
        except OSError as error:
            raise outcomes.Unknown(f"the file may be there: {error.strerror}") from error
        return self._remote_post(name)

    def _remote_post(self, name: str) -> RemotePost:
        at = datetime.strptime(name[:22], "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC)
        return RemotePost(name, f"{self._account.api}/{name}", at)

    def find(self, payload: str, since: datetime) -> base.TimelineSearch:
        self.whoami()
        wanted, found = json.loads(payload), []
        for file in sorted(self._folder.glob("????????-??????-*")):
            post, there = self._remote_post(file.name), json.loads(file.read_bytes())
            if post.at >= since - timedelta(minutes=1):
                words, place = (there[key] == wanted[key] for key in ("said", "reply_to"))
                found.append((post, words, place))
        return search_result(self._account, found, (since, datetime.now(UTC)))

    def fetch_counters(self, posts: Any, polls: Any = ()) -> base.CounterReading:  # noqa: ARG002
        self.whoami()
        ids = {remote_id for remote_id, _ in posts}
        gone = {remote_id for remote_id in ids if not (self._folder / remote_id).exists()}
        return base.CounterReading(dict.fromkeys(ids - gone, Counters()), gone)


connect = Outbox
