from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.model import State
from bot.model.documents import json_text, to_json


class Place(NamedTuple):
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Inner:
    state: State
    price: Decimal


@dataclass(frozen=True, slots=True)
class Outer:
    inner: tuple[Inner, ...]
    due: datetime


FORMS = [
    (datetime(2026, 3, 1, 9, tzinfo=UTC), "2026-03-01T09:00:00+00:00"),
    (date(2026, 3, 1), "2026-03-01"),
    (timedelta(minutes=1, milliseconds=500), 60.5),
    (Decimal("0.10"), "0.10"),
    (Decimal("1E+2"), "100"),
    (State.MISSED, "missed"),
    (Path("media/a.png"), "media/a.png"),
    (Place(3, 4), [3, 4]),
    (frozenset({"b", "a"}), ["a", "b"]),
    ({State.MISSED: (1, None, True)}, {"missed": [1, None, True]}),
]


@pytest.mark.parametrize(("value", "form"), FORMS, ids=lambda value: type(value).__name__)
def test_each_type_has_one_form(value: object, form: object) -> None:
    assert to_json(value) == form


def test_a_view_is_an_object_of_its_fields() -> None:
    view = Outer((Inner(State.SENDING, Decimal(2)),), datetime(2026, 3, 1, tzinfo=UTC))
    assert to_json([view]) == [
        {
            "inner": [{"state": "sending", "price": "2"}],
            "due": "2026-03-01T00:00:00+00:00",
        }
    ]


def test_a_type_without_a_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no form in JSON"):
        to_json({"a": [object()]})


def test_what_people_wrote_stays_readable() -> None:
    assert json_text({"says": "Größe “x”"}) == '{\n  "says": "Größe “x”"\n}'
