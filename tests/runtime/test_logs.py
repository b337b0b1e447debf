"""Each log record is one line, for people or machines, without secrets."""

from __future__ import annotations

import json
import logging
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from helpers.store import NOW
from hypothesis import given
from hypothesis import strategies as st

from bot.config.secrets import Redactor
from bot.runtime import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("groundswell.delivery")
CANARY = "canary-7Hq2"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("groundswell")
    scheduler = logging.getLogger("apscheduler")
    levels = [(logger, logger.level) for logger in (root, ours, scheduler)]
    handlers = [*root.handlers]
    yield
    root.handlers[:] = handlers
    for logger, level in levels:
        logger.setLevel(level)


def written(
    form: str = "text", level: str = "info", secrets: tuple[str, ...] = (CANARY,)
) -> StringIO:
    """Configure the log, and return what will be written."""
    out = StringIO()
    logs.configure_logging(
        log_format=form,
        level=level,
        redactor=Redactor(secrets),
        now=lambda: NOW,
        handler=logging.StreamHandler(out),
    )
    return out


def test_a_line_for_people_has_its_time_and_its_weight() -> None:
    out = written()
    log.info("%s published", "people/hart")
    log.warning("slow")
    log.error("lost")
    assert out.getvalue().splitlines() == [
        "2026-03-02 12:00:00Z   people/hart published",
        "2026-03-02 12:00:00Z ! slow",
        "2026-03-02 12:00:00Z !! lost",
    ]


def test_a_line_for_machines_is_one_object_with_its_fields() -> None:
    out = written("json")
    log.warning('a "quoted"\nword', extra={"fields": {"delivery": "people/hart", "late": 0.25}})
    assert json.loads(out.getvalue()) == {
        "at": "2026-03-02T12:00:00+00:00",
        "level": "warning",
        "logger": "groundswell.delivery",
        "message": 'a "quoted"\nword',
        "delivery": "people/hart",
        "late": 0.25,
    }
    assert out.getvalue().count("\n") == 1


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_known_secret_is_written_not_even_in_a_traceback(form: str) -> None:
    out = written(form)
    log.info("token %s", CANARY)
    try:
        int(CANARY)
    except ValueError:  # which repeats what it was given
        log.exception("failed with %s", CANARY)
    assert CANARY not in out.getvalue()
    assert "[hidden]" in out.getvalue()
    assert "ValueError" in out.getvalue()


HOSTILE = "\x1b[2J \x9b31m \u202egro \x7f \u2028 \ud83d"
ESCAPED = "\\u001b[2J \\u009b31m \\u202egro \\u007f \\u2028 \\ud83d"


def test_a_platforms_words_do_not_steer_the_terminal_that_a_log_is_read_on() -> None:
    out = written()
    log.info("refused: %s", HOSTILE)
    error = ValueError(HOSTILE)
    log.error("failed", exc_info=(ValueError, error, None))
    assert out.getvalue().splitlines()[0].endswith(f"refused: {ESCAPED}")
    assert out.getvalue().splitlines()[-1] == f"ValueError: {ESCAPED}"


def test_a_platforms_words_stay_the_same_in_json() -> None:
    out = written("json")
    log.info("refused: %s", HOSTILE)
    assert ESCAPED in out.getvalue()
    assert json.loads(out.getvalue())["message"] == f"refused: {HOSTILE}"


def test_json_stays_json_whatever_is_secret() -> None:
    out = written("json", secrets=("message", '": "', "warning", "123456789", CANARY))
    log.warning("the message of %s", CANARY, extra={"fields": {"count": 123456789}})
    assert json.loads(out.getvalue()) == {
        "at": "2026-03-02T12:00:00+00:00",
        "level": "[hidden]",
        "logger": "groundswell.delivery",
        "message": "the [hidden] of [hidden]",
        "count": 123456789,
    }


def test_levels_are_kept() -> None:
    out = written(level="warning")
    log.info("quiet")
    logging.getLogger("tweepy").info("the header with the token")
    logging.getLogger("urllib3").warning("a library's warning")
    logging.getLogger("apscheduler.scheduler").error("of its own jobs")
    assert out.getvalue() == "2026-03-02 12:00:00Z ! a library's warning\n"


@given(st.text())
def test_no_text_can_forge_a_line(text: str) -> None:
    formatter = logs.LineFormatter(lambda: NOW, Redactor())
    record = logging.LogRecord("groundswell", logging.INFO, "", 0, "%s", (text,), None)
    line = formatter.format(record)
    assert len(line.splitlines()) == 1
    assert line.startswith("2026-03-02 12:00:00Z   ")
    assert "\x1b" not in line
