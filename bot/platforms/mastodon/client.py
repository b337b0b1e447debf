"""The client of one account on a server of Mastodon's API: its requests, and their order."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mastodon import Mastodon

from bot.model import RemotePost
from bot.platforms.base import CounterReading, Profile
from bot.platforms.calls import limited
from bot.platforms.mastodon import media, responses, timeline
from bot.platforms.mastodon.network import post_url, split_handle
from bot.platforms.options import MastodonOptions
from bot.platforms.outcomes import Outcome, Rejected, Unauthorized, Unfit, Unsent
from bot.platforms.responses import as_object
from bot.platforms.searching import CLOCK_TOLERANCE, search_result
from bot.platforms.transport import canonical_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.model import Account, Content, Counters, Media, PollVotes
    from bot.platforms.base import SendKey, TimelineSearch, Upload
    from bot.platforms.mastodon.transport import MastodonTransport

MAX_ADDRESS = 1000
"""Most characters of a post's address as the server gives it."""
BATCH = 20
"""The most posts that Mastodon shows in one answer to a list of ids."""
_MAX_PAGES = 100
_NO_BATCH = frozenset(
    {
        *(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED),
        *(HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY),
    }
)
"""The answers of servers before 4.3, and of others, to a list of ids."""
_NO_POST = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class MastodonClient:
    """One account's client. It raises only outcomes, and remembers what its server can do."""

    def __init__(self, account: Account, transport: MastodonTransport) -> None:
        self._account = account
        self._transport = transport
        self._account_id: str | None = None
        self._has_batch = True
        self._keeps_keys = False

    @property
    def platform_time(self) -> datetime | None:
        """The server's clock, to the second, as of the last answer. None if that is not recent."""
        return self._transport.platform_time

    @property
    def keys_last(self) -> timedelta:
        """Three quarters of the hour that Mastodon keeps a key, and zero on other servers."""
        return timedelta(minutes=45) if self._keeps_keys else timedelta(0)

    @limited("upload")
    def upload(self, file: Media) -> Upload:
        """Upload one file with its alt text. It may be repeated. Raise Outcome, never Unknown."""
        return media.upload(self._transport, file)

    def payload(
        self, content: Content, part: int, media_ids: Sequence[str], reply_to: str | None
    ) -> str:
        """Return the fields of the post as JSON, without the network."""
        poll = content.parts[part].poll
        fields: dict[str, Any] = {
            "status": content.parts[part].text,
            "visibility": self._account.options_as(MastodonOptions).visibility,
        }
        if content.warning:
            fields["spoiler_text"] = content.warning
        if content.labels and media_ids:
            fields["sensitive"] = True
        if content.language:
            fields["language"] = content.language
        if media_ids:
            fields["media_ids"] = list(media_ids)
        if poll:
            fields["poll"] = {
                "options": list(poll.options),
                "expires_in": poll.minutes * 60,
                "multiple": False,
                "hide_totals": False,
            }
        if reply_to:
            fields["in_reply_to_id"] = reply_to
        return canonical_json(fields)

    @limited("send")
    def publish(self, payload: str, key: SendKey) -> RemotePost:
        """Send the payload once, under a hash of the key. Raise Outcome."""
        fields, name = json.loads(payload), sha256(key.name.encode()).hexdigest()
        if "poll" in fields:  # Mastodon.py would write "sensitive": "0", which GoToSocial refuses
            fields["sensitive"] = None
        answer = self._transport.send(
            lambda library: library.status_post(**fields, idempotency_key=name), repeatable=False
        )
        return self._remote_post(responses.published_status(answer))

    @limited("read")
    def find(self, payload: str, since: datetime) -> TimelineSearch:
        """Search the own posts since an instant for the payload, latest first. Raise Outcome."""
        wanted = json.loads(payload)
        start = since - CLOCK_TOLERANCE
        statuses, complete = self._read_timeline(start)
        found = []
        for status in statuses:
            place = timeline.may_match_payload(wanted, status)
            same = timeline.matches_payload if place else timeline.is_misplaced
            found.append((self._remote_post(status), same(wanted, status), place))
        span = start, self._transport.clock.now()
        return search_result(self._account, found, span, complete=complete)

    @limited("counters")
    def fetch_counters(
        self, posts: Sequence[tuple[str, datetime]], polls: Collection[str] = ()
    ) -> CounterReading:
        """Read the counters of own posts, given as (remote id, published), and votes of ``polls``.

        If the server stops answering half-way, the counters read until then are returned. Raise
        Outcome only if there are none.
        """
        now = self._transport.clock.now()
        counters: dict[str, Counters] = {}
        votes: dict[str, PollVotes] = {}
        gone: set[str] = set()
        try:
            for status in self._read_statuses(posts, gone):
                counters[status["id"]] = timeline.parse_counters(status)
                if status["id"] in polls and (read := timeline.parse_votes(status, now)):
                    votes[status["id"]] = read
            if gone and not counters:
                self._read_own_account()  # raises if this is not the account's server
        except Outcome:
            if not counters:
                raise
        return CounterReading(counters, gone, votes=votes)

    @limited("read")
    def whoami(self) -> Profile:
        """Ask whose credentials these are, and post nothing. Raise Outcome."""
        account = self._read_own_account()
        if moved := as_object(account.get("moved")):
            handle = str(moved.get("acct") or moved.get("url") or "another account")
            raise Unfit(f"the account has moved to {self._transport.redact(handle)}")
        if account.get("suspended"):
            raise Unauthorized("the server has suspended the account")
        instance = self._read_instance()
        self._keeps_keys = responses.is_mastodon(instance)
        mark = account.get("bot")
        return Profile(
            id=str(account["id"]),
            handle=self._full_handle(account, instance),
            name=str(account.get("display_name") or ""),
            bio=timeline.to_text(str(account.get("note") or "")),
            discloses=mark if isinstance(mark, bool) else None,
            notes=(*self._notes(account, instance), *self._scope_notes()),
        )

    @limited("send")
    def mark_automated(self) -> None:
        """Set *This is an automated account* in the profile. Raise Outcome."""
        self._transport.send(lambda library: library.account_update_credentials(bot=True))

    # --- Reading ----------------------------------------------------------------------------------

    def _read_own_account(self) -> dict[str, Any]:
        """Return the account of the credentials. Raise Outcome."""
        try:
            account = self._transport.read(Mastodon.account_verify_credentials)
        except (Rejected, Unsent) as refused:
            if refused.status != HTTPStatus.UNPROCESSABLE_ENTITY:  # snac's for a wrong token
                raise
            detail = f"the server does not take the token: {refused.detail}"
            raise Unauthorized(detail, status=refused.status) from refused
        if not (responses.is_id(account.get("id")) and account.get("username")):
            raise Unsent("the server did not say who the credentials belong to")
        self._account_id = str(account["id"])
        return account

    def _read_instance(self) -> dict[str, Any]:
        """Return the server's description of itself, by either version of the API, or {}."""
        for call in (Mastodon.instance_v2, Mastodon.instance_v1):
            try:
                return self._transport.read(call)
            except (Rejected, Unsent) as outcome:
                if outcome.status is None:
                    raise
        return {}

    def _read_timeline(
        self, start: datetime, pages: int = _MAX_PAGES
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return the own posts since an instant, and whether these are all. Raise Outcome."""
        account_id = self._account_id or str(self._read_own_account()["id"])
        seen: dict[str, dict[str, Any]] = {}
        cursor: str | None = None
        for _ in range(pages):
            page = self._read_page(account_id, cursor)
            new = [status for status in page if status["id"] not in seen]
            seen |= {status["id"]: status for status in new}
            instants = [timeline.created_at(status) for status in new]
            recent = [status for status in seen.values() if not _is_before(status, start)]
            if any(instant and instant < start for instant in instants) or not page:
                return recent, True
            if not new:
                # The server, such as snac, ignores the cursor, and shows only this page.
                return recent, len(page) < timeline.PAGE_SIZE
            cursor = new[-1]["id"]
        return recent, False

    def _read_page(self, account_id: str, cursor: str | None) -> list[dict[str, Any]]:
        answer = self._transport.send(
            lambda library: library.account_statuses(
                account_id, exclude_reblogs=True, max_id=cursor, limit=timeline.PAGE_SIZE
            )
        )
        page = responses.statuses_in(answer)
        if fault := timeline.page_fault(page, account_id):
            raise Unsent(f"the server does not show the timeline: {fault}", status=answer.status)
        assert page is not None, "that would be a fault"
        return page

    def _read_statuses(
        self, posts: Sequence[tuple[str, datetime]], gone: set[str]
    ) -> Iterator[dict[str, Any]]:
        """Yield posts by their ids, and collect the ids of those that are gone. Raise Outcome."""
        missing = dict(posts)
        for status in self._read_together(dict(missing)):
            if missing.pop(status["id"], None):
                yield status
        for remote_id in missing:
            try:
                status = self._transport.read(
                    lambda library, remote_id=remote_id: library.status(remote_id)  # type: ignore[misc]
                )
            except (Rejected, Unsent) as outcome:
                if outcome.status not in _NO_POST:
                    raise
                gone.add(remote_id)
            else:
                if status.get("id") == remote_id:
                    yield status

    def _read_together(self, posts: Mapping[str, datetime]) -> Iterator[dict[str, Any]]:
        """Yield posts with fewer requests than posts, by batches or else the own timeline."""
        ids = [*posts]
        for start in range(0, len(ids), BATCH):
            yield from self._read_batch(ids[start : start + BATCH]).values()
        if not self._has_batch and len(ids) > 1:
            start_at = min(posts.values()) - CLOCK_TOLERANCE
            with suppress(Rejected, Unsent):  # then each post is read by itself
                yield from self._read_timeline(start_at, len(ids) - 1)[0]

    def _read_batch(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the posts of these ids by one request, or none if the server has no batches."""
        if not self._has_batch:
            return {}
        try:
            answer = self._transport.send(lambda library: library.statuses([*ids]))
        except (Rejected, Unsent) as outcome:
            if outcome.status not in _NO_BATCH:
                raise
            statuses = None
        else:
            statuses = responses.statuses_in(answer)
        self._has_batch = statuses is not None
        return {status["id"]: status for status in statuses or [] if status["id"] in ids}

    # --- Texts ------------------------------------------------------------------------------------

    def _remote_post(self, status: Mapping[str, Any]) -> RemotePost:
        """Return a post with the server's own address for it, unless that is on another site."""
        remote_id, url = str(status["id"]), str(status.get("url"))
        at = timeline.created_at(status) or self._transport.clock.now()
        api, server = self._transport.api, split_handle(self._account.handle)[1]
        sites = (f"{api}/", *((f"https://{server}/", f"http://{server}/") if server else ()))
        is_own = (
            url.startswith(sites)
            and url.isascii()
            and url.isprintable()
            and len(url) <= MAX_ADDRESS
        )
        return RemotePost(remote_id, url if is_own else post_url(self._account, remote_id), at)

    def _full_handle(self, account: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
        """Return the account's handle, with the server as the config names it if that is right."""
        server, username = split_handle(self._account.handle)[1], str(account["username"])
        names = responses.server_names(instance, account, self._transport.api)
        if not server:
            return username
        return f"{username}@{server if server.lower() in names else names[0]}"

    def _notes(self, account: Mapping[str, Any], instance: Mapping[str, Any]) -> Iterator[str]:
        if account.get("limited"):
            yield "the server limits the account: only its followers see its posts"
        if account.get("bot") is False:
            yield 'its profile does not say "This is an automated account": turn that on'
        allowed = responses.server_characters(instance)
        expected = self._account.options_as(MastodonOptions).characters
        if allowed is not None and allowed != expected:
            what = "fewer" if allowed < expected else "more"
            yield (
                f"its server takes texts of {allowed} characters, {what} than the {expected} of "
                f"config.yaml: write mastodon: {{characters: {allowed}}}"
            )

    def _scope_notes(self) -> Iterator[str]:
        """Yield a note about missing scopes, which only Mastodon since 4.3 lists."""
        try:
            app = self._transport.read(Mastodon.app_verify_credentials)
        except (Rejected, Unauthorized, Unsent):
            return
        if missing := responses.missing_scopes(app.get("scopes")):
            yield f"its token lacks the scopes {', '.join(missing)}: log in again"


def _is_before(status: Mapping[str, Any], start: datetime) -> bool:
    """Return whether a post says that it was made before an instant."""
    instant = timeline.created_at(status)
    return instant is not None and instant < start
