"""Three people review posts on three networks, while the files are edited and posts go out.

The witness records who approved which words on which account, from the shown texts.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar, NamedTuple
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.checking import CheckResult
from bot.model import (
    Account,
    Campaign,
    Content,
    Part,
    Post,
    ScheduleKind,
    State,
    Subject,
    Wording,
)
from bot.runtime.loop_app import create_loop_app
from bot.schedules import At, every
from bot.services import approving, refusing
from bot.services.approval_views import name_exactly
from bot.store.name_key import read_name_key
from helpers.clock import NOW, ManualClock
from helpers.databases import create_sqlite_file, make_config
from helpers.machine import SynchronousExecutor, accepted, memory_folder
from helpers.machine_platform import ModelClient, ModelPlatform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.model import Delivery
    from bot.planning.pending import PendingPost
    from bot.runtime.loop_app import LoopApp
    from bot.services.deciding import Decisions

PLATFORMS = {"ours": "x", "ours-masto": "mastodon", "ours-sky": "bluesky"}
ACCOUNTS = {
    name: Account(name, platform, f"@{name}", "http://127.0.0.1:1", gap=timedelta(0))
    for name, platform in PLATFORMS.items()
}
STRICT = "ours-sky"
"""The account that requires two approvals, whatever a campaign requires."""
ACCOUNTS[STRICT] = Account(
    STRICT, "bluesky", f"@{STRICT}", "http://127.0.0.1:1", gap=timedelta(0), require_approval=2
)
AUTHOR = "Ana"
PEOPLE = (AUTHOR, "Ben", "Cleo")
CAMPAIGNS = {"one": 1, "two": 2}
"""Number of approvals that each campaign requires. Both have a post of the same id."""
POSTS = ("hearing", "vote")


class Words(NamedTuple):
    """The words that an approval is for."""

    subject: Subject
    text: str
    frequency: str


class Given(NamedTuple):
    """An approval in the witness's record."""

    words: Words
    who: str


@dataclass
class ReviewFiles:
    """The texts in the files, by campaign and post and then by account."""

    version: int = 0
    texts: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    recurring: set[tuple[str, str]] = field(default_factory=set)
    due: datetime = NOW + timedelta(minutes=30)

    def put(self, key: tuple[str, str], accounts: Iterable[str], *, own: bool = False) -> None:
        """Set a new text for all these accounts, or with ``own`` a different one for each."""
        self.version += 1
        words = f"{key[1]} {key[0]} {self.version * 7919:x}"
        said = {name: f"{words} {name}" if own else words for name in accounts}
        self.texts[key] = {**self.texts.get(key, {}), **said}

    def campaigns(self) -> tuple[Campaign, ...]:
        return tuple(
            Campaign(
                name,
                name,
                "UTC",
                (),
                (),
                {},
                {},
                {},
                tuple(post for key in self.texts if key[0] == name for post in self._posts(key)),
                require_approval=needed,
            )
            for name, needed in CAMPAIGNS.items()
        )

    def _posts(self, key: tuple[str, str]) -> Iterable[Post]:
        daily = every("day", "12:30", timezone="UTC")
        when = daily if key in self.recurring else At(self.due, "UTC")
        for account, text in self.texts[key].items():
            wordings = (Wording("", Content((Part(text),))),)
            yield Post(key[1], key[0], (account,), when, wordings, author=AUTHOR)

    def check(self, _now: datetime) -> CheckResult:
        return CheckResult(self.campaigns(), (), ())

    def fingerprint(self) -> str:
        return f"{self.version} {sorted(self.recurring)} {self.due}"


class ReviewMachine(RuleBasedStateMachine):
    """Edits, reviews and sends in any order."""

    sends: ClassVar[int] = 0
    approvals: ClassVar[int] = 0
    refusals: ClassVar[int] = 0
    partly: ClassVar[int] = 0
    """Number of steps after which a post waited on some of its accounts only."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.given: set[Given] = set()
        self.refused: set[Given] = set()
        """Who has refused which words, and has not taken it back."""
        self.lists: list[tuple[str, frozenset[Words]]] = []
        self.shown: list[PendingPost] = []
        self.violations: list[str] = []

    @initialize()
    def open(self) -> None:
        enter = self.stack.enter_context
        enter(patch("bot.delivery.threads.ThreadPoolExecutor", SynchronousExecutor))
        folder = Path(enter(TemporaryDirectory(dir=memory_folder())))
        url = create_sqlite_file(folder / "groundswell.db")
        self.clock = ManualClock(NOW)
        self.platform = ModelPlatform(self.clock, "canary", on_send=self.on_send)
        self.files = ReviewFiles()
        config = make_config(folder, ACCOUNTS, url, horizon=timedelta(days=2))
        self.app: LoopApp = enter(create_loop_app(config, {}, clock=self.clock))
        self.app.clients._connected |= {name: ModelClient(self.platform, name) for name in ACCOUNTS}
        self.app.queue_sync.files = self.files  # type: ignore[assignment]  # files in memory
        enter(self.app.registered())
        self.app.prepare()
        for campaign in CAMPAIGNS:
            self.files.put((campaign, POSTS[0]), ACCOUNTS)
        self.take_in()

    # --- the files ---

    campaigns = st.sampled_from([*CAMPAIGNS])
    posts = st.sampled_from(POSTS)
    accounts = st.sampled_from([*ACCOUNTS])
    people = st.sampled_from(PEOPLE)
    numbers = st.integers(0, 9)

    @rule(campaign=campaigns, post=posts, soon=st.booleans())
    def word_all(self, campaign: str, post: str, soon: bool) -> None:
        self.files.put((campaign, post), ACCOUNTS)
        self._follow(soon)

    @rule(campaign=campaigns, post=posts, account=accounts, soon=st.booleans())
    def word_one(self, campaign: str, post: str, account: str, soon: bool) -> None:
        """Change the text of one account, which may be new on the post."""
        self.files.put((campaign, post), [account], own=True)
        self._follow(soon)

    @rule(campaign=campaigns, post=posts, account=accounts)
    def take_off(self, campaign: str, post: str, account: str) -> None:
        said = self.files.texts.get((campaign, post), {})
        if len(said) > 1 and account in said:
            del said[account]
            self.files.version += 1
            self._follow(True)

    @rule(campaign=campaigns, post=posts)
    def rename(self, campaign: str, post: str) -> None:
        """Rename a post to the id of the other one, with its words."""
        other = POSTS[1 - POSTS.index(post)]
        if (campaign, post) in self.files.texts:
            self.files.texts[campaign, other] = self.files.texts.pop((campaign, post))
            self.files.version += 1
            self._follow(True)

    @rule(campaign=campaigns, post=posts)
    def recur(self, campaign: str, post: str) -> None:
        self.files.recurring ^= {(campaign, post)}
        self._follow(True)

    @rule(minutes=st.sampled_from((20, 40, 90)))
    def move(self, minutes: int) -> None:
        self.files.due = self.clock.now() + timedelta(minutes=minutes)
        self._follow(True)

    def _follow(self, soon: bool) -> None:
        if soon:
            self.take_in()

    @rule()
    def take_in(self) -> None:
        self.app.queue_sync.refresh()

    # --- the loop ---

    @rule(minutes=st.sampled_from((0, 1, 10, 30)))
    def publish(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)
        self.app.dispatcher.run()

    @rule()
    def wake(self) -> None:
        """Advance to the next due post, and send it if it is approved."""
        if wake := self.app.dispatcher.next_wake():
            self.clock.advance_to(max(wake, self.clock.now()))
        self.app.dispatcher.run()

    def on_send(self, account: str, payload: str, key: str) -> None:
        """Check a post at the moment of its send."""
        delivery = self.app.queue.get(key)
        assert delivery is not None
        assert delivery.account == account
        words = Words(delivery.subject, str(json.loads(payload)["text"]), delivery.frequency)
        if not self.is_approved(words):
            self.violations.append(f"{words} left with the approvals {self.given}")
        if self.is_refused(words):
            self.violations.append(f"{words} left with the refusals {self.refused}")
        type(self).sends += 1

    def is_approved(self, words: Words, least: int = 0) -> bool:
        """Return whether enough people approved it; ``least`` if earlier files asked for more."""
        minimum = ACCOUNTS[words.subject.account].require_approval
        needed = max(CAMPAIGNS[words.subject.campaign], minimum, least)
        who = {given.who for given in self.given if given.words == words}
        return len(who - ({AUTHOR} if needed > 1 else set())) >= needed

    def is_refused(self, words: Words) -> bool:
        return any(refusal.words == words for refusal in self.refused)

    # --- the people ---

    @rule(narrow=st.booleans(), account=accounts)
    def list_all(self, narrow: bool, account: str) -> None:
        """Read the list, to approve by its names later."""
        for post in approving.waiting(self.app, accounts=[account] if narrow else ()):
            self.lists.append(
                (name_exactly(post, read_name_key(self.app.database)), words_of(post))
            )
        self.lists = self.lists[-12:]

    @rule(who=people)
    def look(self, who: str) -> None:
        """Read the review, to answer later."""
        self.shown += approving.left_for(approving.waiting(self.app), who)
        self.shown = self.shown[-12:]

    @rule(who=people, number=numbers, narrow=st.booleans(), account=accounts)
    def approve_listed(self, who: str, number: int, narrow: bool, account: str) -> None:
        if self.lists:
            name, shown = self.lists[-1 - number % len(self.lists)]
            on = [account] if narrow else []
            self._approve(who, shown, lambda: approving.approve_named(self.app, [name], who, on))

    @rule(who=people, number=numbers)
    def approve_shown(self, who: str, number: int) -> None:
        if self.shown:
            post = self.shown[-1 - number % len(self.shown)]
            self._approve(who, words_of(post), lambda: approving.approve(self.app, post, who))

    @rule(who=people, campaign=campaigns, post=posts)
    def approve_by_name(self, who: str, campaign: str, post: str) -> None:
        """Approve a post's present text, which is printed."""
        name = f"{campaign}/{post}"
        current = {
            words
            for pending in approving.waiting(self.app)
            if pending.name.partition("@")[0] == name  # it may have had other times
            for words in words_of(pending)
        }
        act = lambda: approving.approve_named(self.app, [name], who)  # noqa: E731 - as above
        self._approve(who, frozenset(current), act)

    @rule(who=people)
    def approve_everything(self, who: str) -> None:
        """Approve each post that is shown, so that posts leave."""
        for post in approving.left_for(approving.waiting(self.app), who):
            self._approve(who, words_of(post), lambda: approving.approve(self.app, post, who))  # noqa: B023 - called at once

    @rule(who=people, campaign=campaigns, post=posts, account=accounts, number=numbers)
    def edited_after_the_list(
        self, who: str, campaign: str, post: str, account: str, number: int
    ) -> None:
        self.list_all(False, account)
        self.word_one(campaign, post, account, soon=True)
        self.approve_listed(who, number, False, account)

    @rule()
    def everybody_approves_in_time(self) -> None:
        """Let posts leave, because nearly all would be missed otherwise."""
        for who in PEOPLE:
            self.approve_everything(who)
        self.wake()

    @rule(who=people, number=numbers, narrow=st.booleans())
    def refused_in_time(self, who: str, number: int, narrow: bool) -> None:
        """Refuse an approved post right before posts leave."""
        for person in PEOPLE:
            self.approve_everything(person)
        now = self.clock.now()
        if waiting := [delivery for delivery in self.scheduled() if now <= delivery.deadline]:
            one = waiting[number % len(waiting)]
            self.refuse(who, one.campaign, one.post, narrow, one.account)
        self.wake()

    def _approve(self, who: str, shown: frozenset[Words], act: Callable[[], Decisions]) -> None:
        """Approve, and compare the new approvals with the texts that this person was shown."""
        before = self.kept()
        decisions = act()
        new = self.kept() - before
        unseen = {given for given in new if given.words not in shown or given.who != who}
        if unseen:
            self.violations.append(f"{who} was shown {shown}, and approved {unseen}")
        reported = {
            (subject_of(post.name, account.account), post.who)
            for post in decisions.posts
            for account in post.accounts
            if account.done
        }
        if reported != {(given.words.subject, given.who) for given in new}:
            self.violations.append(f"reported {reported}, and approved {new}")
        self.given |= {given for given in new if given.words in shown}
        type(self).approvals += len(new)

    @rule(who=people, campaign=campaigns, post=posts, narrow=st.booleans(), account=accounts)
    def refuse(self, who: str, campaign: str, post: str, narrow: bool, account: str) -> None:
        """Refuse a post's present text, whether or not it is approved."""
        on = [account] if narrow else []
        now = {
            words_in(delivery)
            for delivery in self.app.queue.of_posts([(campaign, post)])
            if delivery.state is State.SCHEDULED
        }
        name = f"{campaign}/{post}"
        self._refuse(who, now, lambda: refusing.refuse_named(self.app, [name], who, "old", on))

    @rule(who=people, number=numbers)
    def refuse_shown(self, who: str, number: int) -> None:
        if self.shown:
            post = self.shown[-1 - number % len(self.shown)]
            self._refuse(who, words_of(post), lambda: refusing.refuse(self.app, post, who, "old"))

    def _refuse(self, who: str, shown: Iterable[Words], act: Callable[[], Decisions]) -> None:
        """Refuse, and compare the new refusals with the texts that this person was shown."""
        known = {one.entry for one in self.app.refusals.all()}
        decisions = act()
        new = [one for one in self.app.refusals.all() if one.entry not in known]
        done = {
            (Subject(*subject_of(found.name, account.account)), account.digest)
            for found in decisions.posts
            for account in found.accounts
            if account.done
        }
        if {(one.subject, one.digest) for one in new} != done:
            self.violations.append(f"reported {done}, and refused {new}")
        by_digest = {
            (delivery.subject, delivery.approval_digest): words_in(delivery)
            for delivery in self.scheduled()
        }
        words = {by_digest[one.subject, one.digest] for one in new}
        if not words <= {*shown}:
            self.violations.append(f"{who} was shown {shown}, and refused {words}")
        self.refused |= {Given(each, who) for each in words}
        # A refusal takes the own approval back.
        self.given -= {Given(each, who) for each in words}
        type(self).refusals += len(new)

    @rule(who=people, campaign=campaigns, post=posts, narrow=st.booleans(), account=accounts)
    def take_back(self, who: str, campaign: str, post: str, narrow: bool, account: str) -> None:
        on = [account] if narrow else []
        now = {
            words_in(delivery)
            for delivery in self.app.queue.of_posts([(campaign, post)])
            if delivery.state is State.SCHEDULED or delivery.kind is ScheduleKind.EVERY
        }
        found = refusing.take_back_named(self.app, [f"{campaign}/{post}"], who, on)
        done = {
            Subject(campaign, post, account) for decided in found.posts for account in decided.done
        }
        self.refused -= {
            given for given in self.refused if given.words in now and given.words.subject in done
        }

    @rule(who=people, campaign=campaigns, post=posts, narrow=st.booleans(), account=accounts)
    def withdraw(self, who: str, campaign: str, post: str, narrow: bool, account: str) -> None:
        now = {
            words_in(delivery)
            for delivery in self.app.queue.of_posts([(campaign, post)])
            # A recurring post comes again, although all of its queued times may be settled.
            if delivery.state is State.SCHEDULED or delivery.kind is ScheduleKind.EVERY
        }
        on = [account] if narrow else []
        name = f"{campaign}/{post}"
        found = approving.withdraw_named(self.app, [name], who, on)
        done = {
            Subject(campaign, post, account) for decided in found.posts for account in decided.done
        }
        self.given -= {
            given
            for given in self.given
            if given.who == who and given.words in now and given.words.subject in done
        }

    @rule(number=numbers)
    def drop(self, number: int) -> None:
        found = self.scheduled()
        if found and number < 3:
            one = found[number % len(found)]
            accepted(lambda: self.app.queue.drop(one, "Ana", self.clock.now()))

    # --- what must hold ---

    def kept(self) -> set[Given]:
        """Return the approvals that count in the database."""
        return {
            Given(Words(one.subject, one.content.text, one.frequency), one.who)
            for one in self.app.approvals.all()
        }

    def scheduled(self) -> list[Delivery]:
        return self.app.queue.in_states([State.SCHEDULED])

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "app"):
            return
        assert self.violations == []
        assert self.kept() == self.given, "the database has other approvals than people gave"
        waiting = {words for post in approving.waiting(self.app) for words in words_of(post)}
        now = self.clock.now()
        open_ = [delivery for delivery in self.scheduled() if now <= delivery.deadline]
        refused = {words for post in refusing.refused(self.app) for words in words_of(post)}
        expected = {words_in(of) for of in open_ if self.is_refused(words_in(of))}
        assert refused == expected, "the review shows other refusals than people gave"
        lacking = {words_in(of) for of in open_ if not self.is_approved(words_in(of), of.approvals)}
        lacking -= refused
        assert waiting == lacking, "the review shows other words than those that lack approvals"
        posts = {words.subject[:2] for words in lacking}
        has = {of.subject[:2] for of in open_ if words_in(of) not in lacking}
        type(self).partly += bool(posts & has)

    def teardown(self) -> None:
        self.stack.close()


def subject_of(name: str, account: str) -> Subject:
    campaign, _, post = name.partition("@")[0].partition("/")
    return Subject(campaign, post, account)


def words_in(delivery: Delivery) -> Words:
    return Words(delivery.subject, delivery.content.text, delivery.frequency)


def words_of(post: PendingPost) -> frozenset[Words]:
    return frozenset(words_in(text.next) for text in post.texts)
