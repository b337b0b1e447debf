from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
from helpers.cli import CONFIG, write_file
from helpers.config import config_problems, load_config
from helpers.store import NOW
from hypothesis import given
from hypothesis import strategies as st

from bot.config import load, without_secrets
from bot.config.secrets import (
    Redactor,
    Secrets,
    environment_variable,
    is_secret_name,
    looks_like_key,
    looks_like_secret,
    passwords_in,
    redact_likely_secrets,
    redact_passwords,
)
from bot.errors import UserError
from bot.model.documents import json_text
from bot.runtime import logs
from bot.text import escape_hidden

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "98765432-Q7wErT2yUiOp4AsDfGhJ6kLzXcVbN8m"
LONG = "xvz1evFS4wEEPTGEFPHBog8kAqEjxK3mV2bN9sLw0R"


# --- A secret in the config -----------------------------------------------------------------------

IN_CONFIG = {
    "key of an account": f"    access_token: {CANARY}\n",
    "short password": "    password: Canary!\n",
    "token as the handle's neighbour": f"    grace: {CANARY}\n",
    "token as a list": f"    gap: [{LONG}]\n",
    "bearer at the top": f"bearer: {LONG}\n",
    "mapping of secrets": f"secrets: {{our-x: {{a: {LONG}}}}}\n",
    "token as a key": f"{CANARY}: yes\n",
    "token in an unknown key": f"    note: my key is {LONG}\n",
    "camel case": "    apiKey: Canary!\n",
    "URL with a password": "database: postgresql://me:Canary!@host/name\n",
    "URL with a password in its query": "database: postgresql://host/name?password=Canary!\n",
    "sslpassword in its query": "database: postgresql://host/name?sslpassword=Canary!\n",
    "password of libpq": "database: host=db password=Canary!\n",
    "quoted password of libpq": "database: \"host=db password = 'Canary is long'\"\n",
    "short key names": "    pwd: Canary!\n",
    "pass": "    db_pass: Canary!\n",
    "header": "    Authorization: Canary!\n",
    "key of another service": "    note: ghp_CanaryCanaryCanary1234\n",
    "API with a password": "    api: https://me:Canary!@host\n",
    "alias of a password": "    password: *Canary!\n",
    "tag of a password": "    password: !Canary! x\n",
    "anchor of a password": "    password: &Canary x\n",
    "unclosed quote": f'    access_token: "{CANARY}\n',
    "account named by a token": f"  {CANARY}: {{}}\n",
    "channel named by its address": "alerts: {channels: {'slack://A/B/Canary': [failed]}}\n",
    "channel named by its address twice": "alerts:\n  s://Canary: [a]\n  s://Canary: [a]\n",
    "address beside the channels": "alerts: {'mailto://me:Canary@host': {team: [x://Canary]}}\n",
    "address as the alerts": "alerts: slack://A/B/Canary\n",
    "digest at an address": "alerts: {digest: 'slack://A/B/Canary', timezone: x://Canary}\n",
    "twice": f"    access_token: {CANARY}\n    access_token: {CANARY}\n",
    "comment that hides a bracket": "    slots: [mon 09:00 #Canary!]\n",
    "broken": f"    access_token: {CANARY}\n  - [\n",
}


@pytest.mark.parametrize("case", IN_CONFIG)
def test_config_with_a_secret_is_refused_and_does_not_show_it(tmp_path: Path, case: str) -> None:
    file = write_file(tmp_path / "config.yaml", CONFIG + IN_CONFIG[case])
    with pytest.raises(UserError) as caught:
        load(file, {})
    shown = str(caught.value) + repr(caught.value.problems)
    for canary in (CANARY, CANARY[-12:], LONG, LONG[:12], "Canary"):
        assert canary not in shown
    assert all(problem.line for problem in caught.value.problems)


def test_refusal_names_the_place_in_the_file_and_the_place_for_the_secret(tmp_path: Path) -> None:
    [problem] = config_problems(tmp_path, CONFIG + f"    access_token: {CANARY}\n")
    assert problem.startswith("config.yaml:5:5: G110 accounts.our-x.access_token is a secret")
    assert "GROUNDSWELL_OUR_X_ACCESS_TOKEN" in problem
    assert "groundswell accounts login our-x" in problem


def test_password_of_the_database_is_sent_to_the_environment(tmp_path: Path) -> None:
    text = CONFIG + "database: postgresql://me:word@host/name\n"
    [problem] = config_problems(tmp_path, text)
    assert "GROUNDSWELL_DATABASE" in problem


def test_account_may_be_called_after_secretariat_or_token(tmp_path: Path) -> None:
    config = load_config(tmp_path, CONFIG.replace("our-x", "token-of-thanks"))
    assert list(config.accounts) == ["token-of-thanks"]


HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
PATHS = (
    f"/builds/{HEX}/posts",
    f"/srv/releases/20261126-{HEX}",
    "/nix/store/0c3q1xh7fz5k8v9r2m4n6p1s3w5y7a9d-groundswell-0.1.0/posts",
    "/nix/store/0c3q1xh7fz5k8v9r2m4n6p1s3w512345-groundswellcampaignfiles2022",
    "/data/550e8400-e29b-41d4-a716-446655440000/posts",
    "/data/550e8400e29b41d4a716446655440000/posts",
    "/home/ana/AllOurPosts4TheYear2026And2027InOneFolder",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_with_any_folders_is_not_a_secret(tmp_path: Path, path: str) -> None:
    lines = f"campaigns: {path}\ndatabase: {path}.db\nreports: {path}\n"
    config = load_config(tmp_path, CONFIG + lines)
    assert str(config.campaigns) == path
    assert not looks_like_key(path)


def test_a_path_with_a_key_or_a_password_in_it_is_a_secret(tmp_path: Path) -> None:
    for value in (CANARY, "ghp_CanaryCanaryCanary1234", "https://me:Canary!@host/posts"):
        assert "G110" in config_problems(tmp_path, f"{CONFIG}campaigns: {value}\n")[0]


def test_a_channel_may_be_called_after_a_press_pass(tmp_path: Path) -> None:
    lines = "alerts: {channels: {press-pass: [failed]}}\n"
    config = load_config(tmp_path, CONFIG + lines)
    assert list(config.alerts.channels) == ["press-pass"]


@pytest.mark.parametrize(
    "value",
    [
        CANARY,
        LONG,
        "AAAAAAAAAAAAAAAAAAAAAMLheAAAAAAA0%2BuSeid%2BULvsea4JtiGRiSDSJSI%3DEUifiRBkKG5E2XzMDjRfl76",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "redis://:word@host",
        "https://host/?token=abc",
    ],
)
def test_secret_is_recognised(value: str) -> None:
    assert looks_like_secret(value)
    assert value[-8:] not in redact_likely_secrets(value)


@pytest.mark.parametrize(
    "value",
    [
        "groundswell.db",
        "sqlite:////srv/PeopleOverProfitCampaign2022/GroundswellDatabase2026.db",
        "postgresql://me@host:5432/groundswell",
        "http://localhost:8080/@mediajustice",
        "America/Argentina/ComodRivadavia",
        "NoTechForApartheidNow2026",
        "a-very-long-name-of-a-campaign-with-2022-in-it",
        "#Cop30In2026ForAllOfUs4TheFuture",
        "#J4T24N0w1sTh3T1m3F0rAllOfUs",
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_ordinary_value_is_not_taken_for_a_secret(value: str) -> None:
    assert not looks_like_secret(value)
    assert redact_likely_secrets(value) == value


@pytest.mark.parametrize(
    "key",
    [
        *("access_token", "API-Key", "apiKey", "client.secret", "passwd", "pwd", "DB_PASS"),
        *("dbPass", "authorization", "Authorization", "sslpassword", "X-Auth", "PW"),
    ],
)
def test_key_of_a_secret_is_recognised(key: str) -> None:
    assert is_secret_name(key)


@pytest.mark.parametrize(
    "key",
    [
        *("handle", "platform", "api", "gap", "author", "timezone"),
        *("compass", "bypass", "passfile", "GROUNDSWELL_CONFIG", "GROUNDSWELL_DATABASE"),
    ],
)
def test_ordinary_key_is_not_taken_for_a_secret(key: str) -> None:
    assert not is_secret_name(key)


# --- Secrets of the environment -------------------------------------------------------------------


def test_environment_without_secrets_keeps_the_database_and_the_config() -> None:
    kept = {
        "PATH": "/bin",
        "PGPASSWORD": "x",
        "GROUNDSWELL_DATABASE": "postgresql://u:p@h/d",
        "GROUNDSWELL_CONFIG": "c.yaml",
    }
    secrets = {
        environment_variable("our-x", "access_token"): "a",
        environment_variable("database", "app_password"): "b",
        environment_variable("alerts-team", "url"): "slack://c",
    }
    assert without_secrets({**kept, **secrets}) == kept


def test_secrets_do_not_show_themselves() -> None:
    secrets = Secrets(api_key=CANARY)
    for shown in (repr(secrets), str(secrets), f"{secrets}", f"{[secrets]}"):
        assert CANARY not in shown
    assert secrets["api_key"] == CANARY


# --- Addresses with passwords ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "shown", "password"),
    [
        ("postgresql://me:hunter22@host/name", "postgresql://me:[hidden]@host/name", "hunter22"),
        ("postgresql://me:hun%40ter22@h/n", "postgresql://me:[hidden]@h/n", "hun@ter22"),
        ("postgresql://me:hun@ter22@h/n", "postgresql://me:[hidden]@h/n", "hun@ter22"),
        ("postgresql://h/n?password=hunter22", "postgresql://h/n?password=[hidden]", "hunter22"),
        (
            "postgresql://h/n?a=b&sslpassword=hun%20ter",
            "postgresql://h/n?a=b&sslpassword=[hidden]",
            "hun ter",
        ),
        (
            "postgresql://h/n?pass+word=no&PASSWORD=hun+ter",
            "postgresql://h/n?pass+word=[hidden]&PASSWORD=[hidden]",
            "hun ter",
        ),
        ("host=h password=hunter22 dbname=n", "host=h password=[hidden] dbname=n", "hunter22"),
        (
            "host=h password = 'hun \\'ter' dbname=n",
            "host=h password = [hidden] dbname=n",
            "hun 'ter",
        ),
        ("sslpassword=hunter22", "sslpassword=[hidden]", "hunter22"),
        (
            "postgresql://me:a1@h/n?password=b2",
            "postgresql://me:[hidden]@h/n?password=[hidden]",
            "b2",
        ),
        ("postgresql://me:a1@h/n?password=b2@c3", "postgresql://me:[hidden]", "b2@c3"),
    ],
)
def test_the_password_of_an_address_is_found_and_not_shown(
    address: str, shown: str, password: str
) -> None:
    assert redact_passwords(address) == shown
    assert password in passwords_in(address)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me@host:5432/groundswell?sslmode=require&passfile=/etc/pgpass",
        "http://[::1]:8080/@mediajustice",
        "http://127.0.0.1:8080/@mediajustice",
        "http://localhost:8080?x=@mediajustice",
        "groundswell.db",
    ],
)
def test_an_address_without_a_password_is_shown_whole(address: str) -> None:
    assert redact_passwords(address) == address
    assert passwords_in(address) == []


# --- Known secrets in log lines -------------------------------------------------------------------


def formatted(record: logging.LogRecord, redactor: Redactor) -> str:
    return logs.LineFormatter(lambda: NOW, redactor).format(record)


def test_known_secret_is_replaced_in_message_arguments_and_traceback() -> None:
    secret = 'p/ss%w"rd'
    redactor = Redactor([secret])
    error = ValueError(f"cannot use {secret}")
    exc_info = (ValueError, error, None)
    record = logging.LogRecord("a", 20, "f", 1, "with %s", (secret,), exc_info)
    line = formatted(record, redactor)
    assert secret not in line
    assert line.startswith("2026-03-02 12:00:00Z   with [hidden]\n")
    assert "ValueError: cannot use [hidden]" in line


def test_known_secret_is_replaced_as_json_and_url_spell_it() -> None:
    secret = 'p/ss"rd'
    redactor = Redactor([secret, ""])
    assert redactor(json.dumps({"a": secret})) == '{"a": "[hidden]"}'
    assert redactor("x://me:p%2Fss%22rd@h") == "x://me:[hidden]@h"
    assert redactor("nothing") == "nothing"


def test_longer_secret_is_replaced_before_one_that_it_contains() -> None:
    assert Redactor(["abcdef", "abcdefgh"])("abcdefgh abcdef") == "[hidden] [hidden]"


@given(st.lists(st.text(max_size=12)), st.text(max_size=20), st.integers())
def test_json_stays_json_with_any_secrets(secrets: list[str], word: str, number: int) -> None:
    value = {"account": word, "posts": [number, True, None, {"text": word}], "secret": False}
    redactor = Redactor(
        [*secrets, "account", "message", "secret", "posts:", '": true', str(number)]
    )
    shown = json.loads(escape_hidden(json_text(redactor.redact_values(value))))
    assert shown.keys() == value.keys()
    assert shown["posts"][:3] == [number, True, None]
    assert shown["account"] == shown["posts"][3]["text"] == redactor(word)
