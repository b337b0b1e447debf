"""``/metrics``: who may read it, and what it says, held against the database and the status."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import yaml
from helpers.cli import ROOT
from helpers.extras import skip_without
from helpers.store import NOW
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from sqlalchemy import update

from bot import __version__
from bot.database.migrations import HEAD
from bot.database.tables import deliveries
from bot.model import PauseCause, PauseRequest, Role, State
from bot.services import monitoring
from bot.services.status import read_status
from bot.services.views_health import Trouble
from bot.web.metrics import Figures, as_openmetrics
from bot.web.rights import ROUTES

if TYPE_CHECKING:
    import httpx
    from helpers.web import WebSite

RULES = ROOT / "docs" / "deploy" / "alerts.rules.yaml"


def token(site: WebSite) -> str:
    made = monitoring.create_token(site.app, "Root").token
    assert made
    return made


def scrape(site: WebSite, secret: str, path: str = "/metrics") -> httpx.Response:
    client = site.client()
    client.headers.clear()
    client.headers["authorization"] = f"Bearer {secret}"
    return client.get(path)


Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    """Return the values of a scrape by name and labels; the library's parser is strict."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
        for sample in family.samples
    }


def read(site: WebSite) -> Samples:
    return samples(as_openmetrics(monitoring.read_monitoring(site.app)))


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((f"groundswell_{name}", frozenset(labels.items())))


# --- Who may read it ------------------------------------------------------------------------------


def test_right_token_gets_openmetrics(site: WebSite) -> None:
    answer = scrape(site, token(site))
    assert answer.status_code == 200
    kind = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.headers["content-type"] == kind
    assert answer.text.endswith("# EOF\n")
    assert value(samples(answer.text), "loop_up") == 0


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer x", "Basic eDp4", f"Bearer {'x' * 43}"]
)
def test_without_the_token_there_is_no_detail(site: WebSite, header: str | None) -> None:
    answers = set()
    for _ in range(2):
        client = site.client()
        client.headers.clear()
        client.headers.update({} if header is None else {"authorization": header})
        answer = client.get("/metrics")
        answers.add((answer.status_code, answer.text, answer.headers["www-authenticate"]))
        token(site)  # nobody learns whether there is one
    wrong = header is not None and header.startswith("Bearer ")
    words = "The token is wrong, or a newer one has ended it." if wrong else "A token is needed."
    assert answers == {(401, f"{words}\n", "Bearer")}


def test_person_who_is_signed_in_has_no_token(site: WebSite) -> None:
    assert site.signed_in(Role.ADMIN).get("/metrics").status_code == 401


def test_token_opens_nothing_else(site: WebSite) -> None:
    secret, post = token(site), site.add()
    pages = {
        route.path.format(
            number=post.id, campaign=post.campaign, post=post.post, token=secret, digest="0" * 64
        )
        for route in ROUTES
        if route.method == "GET" and route.path not in {"/metrics", "/healthz", "/sign-in"}
    }
    for path in sorted(pages | {"/events"}):
        answer = scrape(site, secret, path)
        assert answer.status_code in {303, 401, 404, 410}, path
        client = site.client()
        client.cookies.set("groundswell", secret)
        assert client.get(path).status_code in {303, 401, 404, 410}, path


def test_new_token_ends_the_one_before_and_it_can_be_revoked(site: WebSite) -> None:
    first, second = token(site), token(site)
    assert [scrape(site, of).status_code for of in (first, second)] == [401, 200]
    assert monitoring.revoke_token(site.app, "Root").replaced
    assert scrape(site, second).status_code == 401
    assert not monitoring.revoke_token(site.app, "Root").replaced


def test_token_is_in_no_log_and_not_in_the_database(
    site: WebSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = token(site)
    scrape(site, secret)
    scrape(site, secret[:-1] + "x")
    monitoring.revoke_token(site.app, "Root")
    with site.app.database.reading() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]  # sqlite3's
    assert secret not in dump
    assert secret not in caplog.text
    assert "metrics token made" in dump
    assert "metrics token revoked" in dump


def test_wrong_token_is_logged_with_the_address(
    site: WebSite, caplog: pytest.LogCaptureFixture
) -> None:
    site.client().get("/metrics")
    assert caplog.messages == []
    scrape(site, "x")
    assert caplog.messages == ["a wrong token for the metrics came from 127.0.0.1"]


def test_guessing_is_slowed_and_keeps_nobody_from_signing_in(site: WebSite) -> None:
    secret = token(site)
    codes = [scrape(site, f"{number:043}").status_code for number in range(7)]
    assert codes == [401] * 5 + [429] * 2
    answer = scrape(site, secret)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    form = {"name": "Nobody", "password": "x"}
    assert site.client().post("/sign-in", data=form).status_code == 401
    site.clock.advance(seconds=3)
    assert scrape(site, secret).status_code == 200


def test_scrapes_without_a_token_slow_nobody(site: WebSite) -> None:
    secret = token(site)
    for _ in range(10):
        assert site.client().get("/metrics").status_code == 401
    assert scrape(site, secret).status_code == 200


def test_restored_copy_or_a_clock_that_went_back_ends_the_token(site: WebSite) -> None:
    secret = token(site)
    assert scrape(site, secret).status_code == 200
    site.clock.step(hours=-2)
    assert scrape(site, secret).status_code == 401
    log = site.app.database.query_directly("SELECT what, detail FROM audit ORDER BY id DESC")
    assert (log[0][0], "the clock was set back" in log[0][1]) == ("everybody signed out", True)


def test_programs_that_ask_at_once_cause_one_reading(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, readings = token(site), []
    known = monitoring.read_monitoring

    def counted(app: object) -> object:
        readings.append(app)
        return known(site.app)

    monkeypatch.setattr(monitoring, "read_monitoring", counted)
    texts = {scrape(site, secret).text for _ in range(5)}
    site.add()
    texts.add(scrape(site, secret).text)
    assert (len(texts), len(readings)) == (1, 1)
    site.clock.advance(seconds=2)
    assert scrape(site, secret).text not in texts


def test_replaced_database_is_unavailable(site: WebSite) -> None:
    secret = token(site)
    path = site.app.database.path
    assert path
    path.rename(path.with_name("moved.db"))
    path.touch()
    assert scrape(site, secret).status_code == 503


# --- What it says ---------------------------------------------------------------------------------


def test_figures_are_those_of_the_status(site: WebSite) -> None:
    site.add("soon", due=NOW + timedelta(hours=2))
    site.add("asks", due=NOW + timedelta(hours=3), approvals=1)
    late = NOW + timedelta(minutes=1)
    for account in ("mj", "mj-m"):
        platform = "x" if account == "mj" else "mastodon"
        more = {"due": late, "grace": timedelta(hours=3), "account": account, "platform": platform}
        site.add("late", **more)
    site.app.queue.pause(
        PauseRequest("account", "mj", "blocked", PauseCause.REFUSED), "groundswell", NOW
    )
    site.clock.advance(minutes=30)
    with site.app.registered():
        found, status = read(site), read_status(site.app)
        started = site.clock.now().timestamp()
    assert value(found, "loop_up") == value(found, "loops") == 1
    assert value(found, "loop_start_timestamp_seconds") == started
    assert value(found, "build_info", version=__version__) == 1
    assert value(found, "database_revision") == int(HEAD)
    # One post on two accounts is late once.
    assert value(found, "posts_late") == status.late.posts == 1
    assert value(found, "posts_late_due_timestamp_seconds") == late.timestamp()
    assert value(found, "next_post_due_timestamp_seconds") == late.timestamp()
    assert value(found, "posts_waiting", reason="approvals") == status.needs_person.approvals == 1
    assert value(found, "posts_waiting", reason="inbox") == 0
    assert value(found, "posts_unknown") == 0
    assert value(found, "file_mistakes") == 0
    assert status.health.verdict == "attention"
    for verdict in ("ok", "attention", "down"):
        assert value(found, "health", groundswell_health=verdict) == (verdict == "attention")
    codes = {reason.code for reason in status.health.reasons}
    assert codes == {Trouble.LATE, Trouble.STOPPED, Trouble.APPROVALS}
    for trouble in Trouble:
        assert value(found, "trouble", reason=trouble.value) == (trouble in codes)
    x, mastodon = {"account": "mj", "platform": "x"}, {"account": "mj-m", "platform": "mastodon"}
    assert value(found, "account_posts", **x, state="scheduled") == 3
    assert value(found, "account_posts", **mastodon, state="scheduled") == 1
    assert value(found, "posts_published_total", **x) == 0
    assert value(found, "account_paused", **x, by="groundswell") == 1
    assert value(found, "account_paused", **x, by="person") == 0
    assert value(found, "account_paused", **mastodon, by="groundswell") == 0
    assert value(found, "pauses", scope="account", by="groundswell") == 1
    assert value(found, "pauses", scope="all", by="person") == 0


def test_nothing_is_told_that_is_not_there(site: WebSite) -> None:
    found = read(site)
    names = {name for name, _ in found}
    assert value(found, "loop_up") == 0
    assert value(found, "trouble", reason="no_loop") == 1
    absent = {"posts_late_due_timestamp_seconds", "next_post_due_timestamp_seconds"}
    absent |= {"loop_start_timestamp_seconds", "counters_read_timestamp_seconds"}
    assert names.isdisjoint({f"groundswell_{name}" for name in absent})
    assert not any("budget" in name for name in names)


def test_no_text_of_a_post_becomes_a_figure(site: WebSite) -> None:
    site.add("secret-launch", due=NOW + timedelta(hours=2))
    site.app.queue.pause(
        PauseRequest("campaign", "people", "our lawyer called", PauseCause.PERSON), "Kim", NOW
    )
    (site.app.config.campaigns / "broken.yaml").write_text("campaign: [\n")
    text = as_openmetrics(monitoring.read_monitoring(site.app))
    assert value(samples(text), "file_mistakes") == 1
    for words in ("secret-launch", "HART", "lawyer", "Kim", "people", "broken"):
        assert words not in text


@pytest.mark.parametrize("state", State)
def test_every_state_is_counted(site: WebSite, state: State) -> None:
    post = site.add()
    change = update(deliveries).where(deliveries.c.id == post.id).values(state=state)
    with site.app.database.writing() as connection:
        connection.execute(change)
    found = read(site)
    of = {"account": "mj", "platform": "x"}
    if state is State.PUBLISHED:
        assert value(found, "posts_published_total", **of) == 1
    else:
        assert value(found, "account_posts", **of, state=state.value) == 1
    assert value(found, "posts_unknown") == (state is State.UNKNOWN)


# --- Prometheus -----------------------------------------------------------------------------------


def promtool(*args: str, given: str = "") -> None:
    """Run Prometheus's own check, and assert that it finds nothing."""
    program = shutil.which("promtool")
    if program is None:
        skip_without("promtool", "apt-get install -y promtool")
    ran = subprocess.run([program, *args], input=given, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_prometheus_finds_no_fault_with_names_and_help(site: WebSite) -> None:
    site.add(due=NOW + timedelta(hours=2))
    figures = Figures(monitoring.read_monitoring(site.app))
    promtool("check", "metrics", given=generate_latest(figures).decode())


def test_example_rules_are_valid_and_fire_as_they_should() -> None:
    promtool("check", "rules", str(RULES))
    promtool("test", "rules", str(ROOT / "tests" / "docs" / "alerts.test.yaml"))


def test_example_rules_use_figures_that_there_are_and_say_what_to_do(site: WebSite) -> None:
    text = as_openmetrics(monitoring.read_monitoring(site.app))
    known = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    [group] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    tried = (ROOT / "tests" / "docs" / "alerts.test.yaml").read_text(encoding="utf-8")
    for rule in group["rules"]:
        assert set(re.findall(r"groundswell_\w+(?![\w=])", rule["expr"])) <= known, rule
        assert rule["annotations"].keys() == {"summary", "action"}
        assert f"alertname: {rule['alert']}\n" in tried


def test_the_page_names_every_figure(site: WebSite) -> None:
    text = as_openmetrics(monitoring.read_monitoring(site.app))
    told = {
        f"{name}{ {'counter': '_total', 'info': '_info'}.get(kind, '') }"
        for name, kind in re.findall(r"^# TYPE (\w+) (\w+)", text, re.MULTILINE)
    }
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`groundswell_[^|]+) \|", page, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == told
    codes = re.findall(
        r"`(\w+)`", page[page.index("health.reasons") : page.index("A loop at rest")]
    )
    assert {*codes} - {"down"} == {trouble.value for trouble in Trouble}
