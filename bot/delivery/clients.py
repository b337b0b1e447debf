"""The accounts' clients for their platforms, handed out after the keys proved to be the account's.

A post sent with another account's keys speaks in another's name, and its absence from that timeline
proves nothing. Nothing is sent either from an account that does not disclose that it is automated,
or before its server's clock was seen. Asking the platform costs a cent. It happens once per start,
and again if the server has not answered for hours.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bot.config.secret_store import load_secrets
from bot.database.audit import GROUNDSWELL
from bot.errors import GroundswellError, UserError
from bot.model import PauseCause
from bot.platforms import load_platform
from bot.platforms.outcomes import Outcome, RateLimited, Unauthorized, Unfit, Unsent
from bot.store.accounts import Identity, identity_changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from bot.clock import Clock
    from bot.config.secrets import Redactor
    from bot.delivery.clockguard import ClockGuard
    from bot.errors import Problem
    from bot.model import Account, Pause
    from bot.platforms.base import Charge, Client, Profile
    from bot.store.accounts import Identities
    from bot.store.queue import Queue

log = logging.getLogger("groundswell.delivery")


@contextmanager
def bugs_as_unsent(doing: str) -> Iterator[None]:
    """Turn an unforeseen exception of a platform's client into Unsent, and log it.

    One post or timeline on which a client fails must not keep the others from going on. Errors of
    the database are not about that post, and are raised as they are.
    """
    try:
        yield
    except GroundswellError:  # also every Outcome
        raise
    except Exception as error:
        log.exception("a bug in the platform's client while %s", doing)
        raise Unsent(f"the client failed: {type(error).__name__}") from error


IDENTITY_RETRY_SECONDS = 15.0
"""Real seconds until the platform is asked again about an account that failed the check."""

IDENTITY_UNKNOWN = "it is not known yet to which account its keys belong"


class Clients:
    """The clients by account. Each is made on first use, and then kept."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        environ: Mapping[str, str],
        redactor: Redactor,
        options: Any = None,
    ) -> None:
        self._accounts = accounts
        self._environ = environ
        self._redactor = redactor
        self._options = options
        self._connected: dict[str, Client] = {}
        self._lock = threading.Lock()

    def __call__(self, name: str) -> Client:
        """Return the account's client. Raise Unauthorized if it lacks secrets."""
        if client := self._connected.get(name):
            return client
        with self._lock:
            if name in self._connected:
                return self._connected[name]
            account = self._accounts[name]
            platform = load_platform(account.platform)
            try:
                secrets = load_secrets(name, platform.SECRETS, self._environ)
            except UserError as error:
                messages = " ".join(problem.message for problem in error.problems)
                raise Unauthorized(messages) from error
            self._redactor.add(secrets.values())
            client = self._connected[name] = platform.connect(account, secrets, self._options)
            return client

    def connect_all(self) -> None:
        """Make the client of every account that has its secrets.

        Their imports take 0.3 s, by which the first post must not be late.
        """
        for name in self._accounts:
            with suppress(Unauthorized):  # reported once the account has a post to send
                self(name)

    def missing_secrets(self, names: Iterable[str]) -> list[Problem]:
        """Return a problem for each secret that these accounts lack, with a place to put it."""
        problems: list[Problem] = []
        for account in (self._accounts[name] for name in sorted(names) if name in self._accounts):
            try:
                load_secrets(account.name, load_platform(account.platform).SECRETS, self._environ)
            except UserError as error:
                problems += error.problems
        return problems


def identity_fault(account: Account, handle: str) -> str | None:
    """Return why credentials for this handle are not the account's own, or None. Pure."""
    theirs, ours = handle.lstrip("@"), account.handle.lstrip("@")
    if theirs.casefold() == ours.casefold():
        return None
    return f"the credentials are those of @{theirs}, not of @{ours}"


def disclosure_fault(account: Account, profile: Profile, *, page_read: bool) -> str | None:
    """Return why an account does not disclose that it is automated, and what to do, or None. Pure.

    The platform's own mark decides. If its API has none, the bio decides, or the page
    ``disclosed_at`` after a person has recorded that they read it there (``page_read``).
    """
    name, platform = account.name, account.platform.capitalize()
    if profile.discloses or (profile.discloses is None and page_read):
        return None
    if profile.discloses is False:
        how = f"groundswell accounts mark-as-bot {name}"
        return f"{platform} does not mark it as automated: run {how}"
    if account.disclosed_at:
        how = f"groundswell accounts disclosed {name} --as YOUR_NAME"
        return f"nobody has recorded that {account.disclosed_at} says so: read it, then run {how}"
    return (
        "its bio does not say that it is automated: add a sentence such as "
        '"Posts are scheduled and automated by our team."'
    )


def profile_faults(
    account: Account,
    profile: Profile,
    known: Mapping[str, Identity] = MappingProxyType({}),
    *,
    page_read: bool,
) -> tuple[str, ...]:
    """Return the reasons not to use an account with the keys of this profile. Pure.

    ``known`` has the accounts' identities so far. The handle may have changed on the platform
    since.
    """
    name, found = account.name, Identity.of(account, profile.id)
    fault = identity_fault(account, profile.handle)
    if fault and not is_renamed(account, profile, known.get(name)):
        return (fault,)
    if changed := identity_changed(name, found, known):
        return (changed,)
    faults = []
    if profile.token_user_id not in {None, profile.id}:
        user = f"user {profile.token_user_id}, but it is user {profile.id}'s"
        faults.append(f"the access token names {user}: make a new one")
    if fault := disclosure_fault(account, profile, page_read=page_read):
        faults.append(fault)
    return tuple(faults)


def is_renamed(account: Account, profile: Profile, known: Identity | None) -> bool:
    """Return whether the account's handle has changed on the platform since its last check. Pure.

    If the config names another handle since then, the keys are those of the wrong account.
    """
    renamed = identity_fault(account, profile.handle) is not None
    same = known is not None and known.is_same(Identity.of(account, profile.id))
    return renamed and same and known is not None and known.handle == account.handle


class VerifiedClients:
    """Hands out an account's client after its keys proved to be the account's own."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        client: Callable[[str], Client],
        queue: Queue,
        book: Callable[[str, str, Iterable[Charge]], None],
        page_read: Callable[[Account], bool],
        clock: Clock,
        clockguard: ClockGuard,
        identities: Identities,
    ) -> None:
        self._accounts = accounts
        self._client = client
        self._queue = queue
        self._book = book
        self._page_read = page_read
        self._clock = clock
        self._clockguard = clockguard
        self._identities = identities
        self._found: dict[str, Identity] = {}
        self.verified: set[str] = set()
        """The accounts whose keys are known to be their own."""
        self.asked: set[str] = set()
        """The accounts about which the platform was asked, with any result. If their server answers
        at all, its clock has been compared with ours."""
        self._failed: dict[str, tuple[datetime, Outcome]] = {}
        self._reported: dict[str, str] = {}
        self._paused_here: set[str] = set()
        self._locks = {name: threading.Lock() for name in accounts}

    def __call__(self, name: str) -> Client:
        """Return the account's client. Raise Outcome if it is not known to be the account's own."""
        try:
            client = self._client(name)
            if name not in self.verified:
                with self._locks[name]:
                    if name not in self.verified:
                        self._identify(self._accounts[name], client)
        finally:
            self.asked.add(name)
        return client

    def ask(self, name: str) -> None:
        """Ask whose the keys are, to see the server's clock. Failures are reported elsewhere."""
        with suppress(Outcome):
            self(name)

    def is_current(self, name: str, known: Identity | None) -> bool:
        """Return whether the account is still the one that was checked.

        ``known`` is its identity in the database. A person may have adopted another one since.
        """
        found = self._found.get(name)
        return found is None or known is None or found.is_same(known)

    def ask_again(self, name: str) -> None:
        """Check the account again before it is used, as at the start."""
        self.verified.discard(name)

    def unknown(self) -> list[str]:
        """Return the accounts whose keys were not checked yet."""
        settled = self.verified | self._paused_here
        return [name for name in self._accounts if name not in settled]

    def verify(self, name: str) -> None:
        """Check the account's keys if that has not been done, and pause the account if they fail.

        A paused account is left alone until the next start. So is one without its secrets, which
        are reported once it has a post to send.
        """
        if name in self.verified or name in self._paused_here:
            return
        try:
            self._client(name)
        except Outcome:
            return
        try:
            self(name)
        except Outcome as failure:
            outcome = failure
        else:
            return
        request = outcome.pause_request(name, self._accounts[name].platform)
        if request is None:
            if self._reported.get(name) != outcome.detail:
                self._reported[name] = outcome.detail
                words = "%s: nothing is sent, as %s: %s"
                log.warning(words, name, IDENTITY_UNKNOWN, outcome.detail)
            return
        self._paused_here.add(name)
        # The reason of an earlier start is no longer true, if it was another.
        now, before = self._clock.now(), self._identity_pause(request.name)
        if before and before.why != request.why:
            self._queue.resume(before.scope, before.name, GROUNDSWELL, now)
        self._queue.pause(request, GROUNDSWELL, now)
        log.error("%s %s is paused: %s", request.scope, request.name, request.why)

    def _identify(self, account: Account, client: Client) -> None:
        """Compare the platform's answer with the config. Raise Outcome if they differ."""
        name = account.name
        if name in self._failed and self._clock.now() < self._failed[name][0]:
            raise self._failed[name][1].with_traceback(None)
        outcome: Outcome | None = None
        try:
            with bugs_as_unsent(f"asking who owns {name}"):
                profile = client.whoami()
        except Outcome as refused:
            outcome = refused
        else:
            self._book(account.platform, name, profile.charges)
            for note in profile.notes:
                log.info("%s: note: %s", name, note)
            if faults := self._faults(account, profile):
                outcome = Unfit("; ".join(faults))
        finally:  # also if it refuses, because its clock must be seen before anything is sent
            self._clockguard.check_platform_time(name, client.platform_time)
        if outcome:
            retry_at = self._clock.after(IDENTITY_RETRY_SECONDS)
            if isinstance(outcome, RateLimited) and outcome.until:
                retry_at = max(retry_at, outcome.until)
            self._failed[name] = retry_at, outcome
            raise outcome
        self._clockguard.note_asked(name)
        self.verified.add(name)
        # The fault of an earlier start has been fixed.
        if pause := self._identity_pause(name):
            self._queue.resume(pause.scope, pause.name, GROUNDSWELL, self._clock.now())
            log.warning("account %s is no longer paused: nothing is wrong with it now", name)

    def _faults(self, account: Account, profile: Profile) -> tuple[str, ...]:
        """Return why the account must not be used, or store its identity if there is no reason.

        A changed handle is only logged.
        """
        name, found = account.name, Identity.of(account, profile.id)
        known, page_read = self._identities.known(self._accounts), self._page_read(account)
        if faults := profile_faults(account, profile, known, page_read=page_read):
            return faults
        if fault := self._identities.remember(name, found, self._accounts):
            return (fault,)
        self._found[name] = found
        if is_renamed(account, profile, known.get(name)):
            words = "%s: it is called @%s now; write that into config.yaml, as its handle"
            log.warning(words, name, profile.handle.lstrip("@"))
        return ()

    def _identity_pause(self, name: str) -> Pause | None:
        unfit = (pause for pause in self._queue.pauses() if pause.cause is PauseCause.UNFIT)
        return next((pause for pause in unfit if pause.name == name), None)
