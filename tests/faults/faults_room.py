"""Two people at the control room, while ``run`` publishes, and both processes are killed.

The people act over HTTP at random. Their acts and the posts that the sandbox accepts are recorded
with the times of this process, for the rules of ``faults_rules``.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
from faults_rules import CAMPAIGNS, Act, Sent
from faults_stage import NO_DUPLICATE_WINDOW, IntentChecker, RunResult, misplaced
from helpers.cli import CAMPAIGN_HEAD, bare_environment
from helpers.control_room import ControlRoom
from helpers.fork_server import shared_server
from helpers.run import RunProcess, SandboxProject, sandbox_project
from helpers.store import own_words
from sqlalchemy import update

from bot.config.secrets import DATABASE_VARIABLE, environment_variable
from bot.database import tables as t
from bot.database.audit import read_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


PEOPLE = ("Ana", "Ben")
ACCOUNTS = ("our-x", "their-x")
POSTS_EACH = 8
"""Number of posts of each campaign, on the accounts in turn."""
FAULTS = (
    "commit_then_drop",
    "commit_then_503",
    "drop_before",
    {"status": 403, "problem": "duplicate"},
    {"stall": 0.5},
)
"""Effects on sends. The refusal of a duplicate that is not there needs a person."""
ACTS = {"decide": 24, "pause": 3, "resume": 4, "settle": 3, "look": 2, "fault": 2}
"""How often each act is chosen, in proportion."""
DECISIONS = {"approve": 8, "several": 1, "withdraw": 2, "refuse": 1, "take back": 3}
"""How often each form is chosen among those on a page, in proportion."""
LOGGED = ("pause", "resume", "approve", "withdraw", "refuse")
"""The acts that the audit log has under the same word."""

_FORM = re.compile(
    r"""<form method="post" action="/approvals/([a-z-]+)"[^>]*>(.*?)</form>""", re.DOTALL
)
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
_TICK = re.compile(r'<input type="checkbox" name="post" value="([^"]*)"')


def seeded(*parts: object) -> Random:
    """Return the same choices for the same parts."""
    return Random(" ".join(map(str, parts)))  # noqa: S311 - the same every time


# --- The people -----------------------------------------------------------------------------------


@dataclass
class Chaos:
    """A project with its sandbox, its processes, and everything that was done."""

    project: SandboxProject
    room: ControlRoom
    bug: str = ""
    """The bug in ``run``, if any."""
    acts: list[Act] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Answers that no person may ever see, such as an error of the server."""
    logged: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Who did what, by the audit log in the end."""
    kills: int = 0

    def __post_init__(self) -> None:
        self.world = self.project.world
        file = f"sqlite:///{self.project.folder / 'groundswell.db'}"
        self.database = self.project.others.get(DATABASE_VARIABLE, file)
        self.intents = IntentChecker(self)
        self._accept = self.world.add_post
        vars(self.world)["add_post"] = self._note_send

    def _note_send(self, author: Any, raw: str, **more: Any) -> Any:
        campaign, post, account = raw.split(maxsplit=3)[:3]
        self.sent.append(Sent(campaign, post, account, time.time()))
        return self._accept(author, raw, **more)

    # --- processes ---

    def start_run(self) -> RunProcess:
        """Start ``run``, in which the bug is planted."""
        log = self.project.folder / f"loop-{len(self.project.run_processes)}.log"
        env = {**bare_environment(self.project.folder), **self.project.environ}
        job = {"args": ["run"], "cwd": str(self.project.folder), "env": env, "bug": self.bug}
        with log.open("wb") as stream, Path(os.devnull).open("rb") as nothing:
            streams = [nothing.fileno(), stream.fileno(), stream.fileno()]
            loop = RunProcess(shared_server().start("faults_cli", job, streams), log)
        self.project.run_processes.append(loop)
        return loop

    def play(self, seed: int, steps: int, kills: int) -> None:
        """Let the people act, and kill both processes meanwhile, at random."""
        loop = self.start_run()
        # One after the other, because Python 3.11 cannot parse its own code in two threads at once,
        # as the first check of a JSON document does.
        clients = {who: self.room.signed_in(who) for who in PEOPLE}
        people = [
            threading.Thread(target=self._act, args=(client, who, seeded(seed, who), steps))
            for who, client in clients.items()
        ]
        for person in people:
            person.start()
        random = seeded(seed, "kills")
        while any(person.is_alive() for person in people):
            for _ in range(int(random.uniform(5, 30))):
                time.sleep(0.1)
                if not any(person.is_alive() for person in people):
                    break
            if self.kills < kills:
                self.kills += 1
                if random.random() < 2 / 3:
                    loop.popen.kill()
                    loop.popen.wait()
                    loop = self.start_run()
                else:
                    self.room.end(9)
                    self.room.start()
        for person in people:
            person.join()
        loop.popen.kill()
        loop.popen.wait()
        self.room.end()

    def _act(self, client: httpx.Client, who: str, random: Random, steps: int) -> None:
        for _ in range(steps):
            [kind] = random.choices([*ACTS], [*ACTS.values()])
            try:
                getattr(self, f"_{kind}")(client, who, random)
            except httpx.TransportError:  # the control room was killed while it was only asked
                time.sleep(0.1)
            except Exception as error:  # noqa: BLE001 - a thread's own errors would be lost
                self.faults.append(f"{who} could not {kind}: {error!r}")
            time.sleep(random.uniform(0, 0.1))

    def send_form(
        self, client: httpx.Client, act: tuple[str, str, str], path: str, form: Mapping[str, str]
    ) -> None:
        """Send a form, and note the act."""
        kind, who, what = act
        begun, status, page = time.time(), 0, ""
        with suppress(httpx.TransportError):
            answer = client.post(path, data=form)
            status, page = answer.status_code, unescape(re.sub(r"<[^>]*>", " ", answer.text))
        self.acts.append(Act(kind, who, what, begun, time.time(), status, page))
        self._judge(path, status, page)

    def _judge(self, path: str, status: int, page: str) -> None:
        if status not in {0, 200, 409}:
            self.faults.append(f"{path} was answered with {status}: {page}")

    def _read(self, client: httpx.Client, path: str) -> str:
        answer = client.get(path)
        if answer.status_code != 404:  # the post may have gone on
            self._judge(path, answer.status_code, answer.text)
        return answer.text

    # --- the acts ---

    def _decide(self, client: httpx.Client, who: str, random: Random) -> None:
        """Read the approvals or a post, and send one of the forms that stand there."""
        campaign = random.choice([*CAMPAIGNS])
        post = f"/posts/{campaign}/{campaign}-{random.randrange(POSTS_EACH)}"
        page = self._read(client, random.choice(["/approvals", post]))
        forms = [
            (action.replace("-", " "), dict(_HIDDEN.findall(inside)))
            for action, inside in _FORM.findall(page)
        ]
        forms = [(kind, form) for kind, form in forms if "post" in form]
        ticks = _TICK.findall(page)
        if len(ticks) > 1:
            forms.append(("several", {}))
        if not forms:
            return
        [(kind, form)] = random.choices(forms, [DECISIONS[kind] for kind, _ in forms])
        form = {name: unescape(value) for name, value in form.items()}
        if kind == "several":
            self._approve_several(client, who, random.sample([*map(unescape, ticks)], 2))
        else:
            path = f"/approvals/{kind.replace(' ', '-')}"
            name = form["post"].partition("@")[0]
            self.send_form(client, (kind, who, name), path, {**form, "why": "a test"})

    def _approve_several(self, client: httpx.Client, who: str, shown: list[str]) -> None:
        """Approve several posts at once; each perhaps is, unless the answer says otherwise."""
        begun, status = time.time(), 0
        with suppress(httpx.TransportError):
            answer = client.post("/approvals/approve", data={"post": shown})
            status = answer.status_code
        for one in shown:
            name = one.partition("@")[0]
            self.acts.append(Act("approve", who, name, begun, time.time(), status, "several"))

    def _pause(self, client: httpx.Client, who: str, random: Random) -> None:
        accounts = [f"account {name}" for name in ACCOUNTS]
        what = random.choice(["all", *accounts, *(f"campaign {name}" for name in CAMPAIGNS)])
        self.send_form(
            client, ("pause", who, what), "/pauses/pause", {"what": what, "why": "a test"}
        )

    def _resume(self, client: httpx.Client, who: str, random: Random) -> None:
        paused = re.findall(r'name="what" value="([^"]*)"', self._read(client, "/pauses"))
        if paused:
            what = random.choice(paused)
            self.send_form(client, ("resume", who, what), "/pauses/resume", {"what": what})

    def _settle(self, client: httpx.Client, who: str, random: Random) -> None:
        numbers = re.findall(r'href="/inbox/(\d+)"', self._read(client, "/inbox"))
        if not numbers:
            return
        path = f"/inbox/{random.choice(numbers)}"
        shown = re.search(r'name="shown" value="([^"]*)"', self._read(client, path))
        if shown:
            form = {"shown": shown[1], "answer": random.choice(["not-sent", "drop"])}
            self.send_form(client, ("settle", who, path), path, form)

    def _look(self, client: httpx.Client, _who: str, random: Random) -> None:
        self._read(client, random.choice(["/", "/calendar", "/inbox", "/pauses"]))

    def _fault(self, _client: httpx.Client, _who: str, random: Random) -> None:
        self.world.faults.add("POST", "/2/tweets", random.choice(FAULTS))

    # --- the end ---

    def finish(self) -> RunResult:
        """Let another loop settle everything by a faster clock, and return what came of it."""
        # On PostgreSQL, the leases of the dead end by the server's clock, which is not turned.
        with self.project.app() as app, app.database.writing() as connection:
            left, past = t.deliveries.c.lease_until, app.clock.now() - timedelta(days=1)
            held = update(t.deliveries).where(left.is_not(None))
            connection.execute(held.values(lease_until=past))
        with self.project.started_app() as app:
            for pause in app.queue.pauses():
                app.queue.resume(pause.scope, pause.name, "the test", app.clock.now())
            self.world.faults.pending.clear()
            self.project.drive(app, minutes=40)
            deliveries = app.queue.all()
            self.logged.update((entry.who, entry.what) for entry in read_entries(app.database))
        found = RunResult(unsaved=[*self.intents.unsaved])
        seen = self.texts()
        found.doubles = sorted({text for text in seen if seen.count(text) > 1})
        found.out = len(seen)
        for delivery in deliveries:
            found.states[delivery.state] += 1
            found.lost += misplaced(delivery, Counter(seen))
        return found

    def texts(self) -> list[str]:
        return [post.raw for post in self.world.visible()]

    def errors_in_logs(self) -> list[str]:
        """Return the lines of both processes' logs that say that something failed by a bug."""
        loops = [loop.output() for loop in self.project.run_processes]
        lines = "\n".join([self.room.output(), *loops]).splitlines()
        return [line for line in lines if "Traceback" in line or "a bug" in line]

    def unlogged(self) -> list[str]:
        """Return the acts that were answered as done, and are not in the audit log."""
        done = Counter(
            (act.who, act.kind)
            for act in self.acts
            if act.is_done and act.kind in LOGGED and _changes(act)
        )
        return [
            f"{who} did {kind}" for (who, kind), n in done.items() if n > self.logged[who, kind]
        ]


def _changes(act: Act) -> bool:
    return "It was paused already" not in act.words and act.words != "several"


@contextmanager
def chaos_in(folder: Path, bug: str = "", database: str = "") -> Iterator[Chaos]:
    """Yield a project whose posts are all due now, and wait for what people decide.

    It is on SQLite unless a database is given.
    """
    with sandbox_project(folder) as project:
        project.others |= {DATABASE_VARIABLE: database} if database else {}
        other = project.world.add_account("their_name", "Theirs", description="Automated posts.")
        project.world.duplicate_window = NO_DUPLICATE_WINDOW  # X must not prevent a double
        project.world.limits["POST /2/tweets"] = (10**6, 10**6)
        project.configure("gap: 0s", "gap: 1s")
        theirs = f"    platform: x\n    handle: their_name\n    api: {project.url}\n    gap: 1s\n"
        project.configure("campaigns: posts", f"  their-x:\n{theirs}campaigns: posts")
        project.others |= {
            environment_variable("their-x", name): value for name, value in other.secrets.items()
        }
        for campaign, needed in CAMPAIGNS.items():
            _write_campaign(project, campaign, needed)
        room = ControlRoom(project.folder, {DATABASE_VARIABLE: database} if database else {})
        chaos = Chaos(project, room, bug)
        try:
            room.start()
            for who in PEOPLE:
                room.add_user(who, "run")
            yield chaos
        finally:
            room.close()


def _write_campaign(project: SandboxProject, campaign: str, needed: int) -> None:
    head = CAMPAIGN_HEAD.replace("campaign: ours", f"campaign: {campaign}")
    head = head.replace("accounts: [our-x]", f"accounts: [{', '.join(ACCOUNTS)}]")
    posts = []
    for number in range(POSTS_EACH):
        name, account = f"{campaign}-{number}", ACCOUNTS[number % len(ACCOUNTS)]
        said = f"{campaign} {name} {account} {own_words(name)}"
        posts.append(project.post(name, said, more=f"accounts: [{account}]"))
    approval = f"require_approval: {needed}\n" if needed else ""
    project.write_campaign(*posts, name=campaign, head=f"{head}{approval}")
