"""Figures are found in texts, and compared with the facts if they are typed by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from helpers.lint import EXAMPLE_HEAD, FACTS, check_post, check_text, problem_codes
from hypothesis import given
from hypothesis import strategies as st

from bot.voice.amounts import all_numbers, figures

if TYPE_CHECKING:
    from pathlib import Path

SAME = [
    *("$6 billion", "$6bn", "$6 bn", "$6B", "US$6 billion", "6 billion dollars", "$6.0 billion"),
    *("6-billion-dollar", "six billion dollars", "$6,000,000,000", "$6\u00a0billion"),
    *("$6,000 million", "USD 6 billion"),
]


@pytest.mark.parametrize("text", SAME)
def test_one_amount_is_written_in_many_ways(text: str) -> None:
    [figure] = figures(f"It costs {text} to build.")
    assert (figure.value, figure.unit) == (Decimal(6_000_000_000), "$")


@pytest.mark.parametrize(
    ("text", "value", "unit", "bound"),
    [
        ("over 2,000 partnerships", 2000, "", 1),
        ("2,000+ partnerships", 2000, "", 1),
        ("nearly 2,000 partnerships", 2000, "", -1),
        ("1.200.000 Menschen", 1_200_000, "", 0),
        ("40% of calls", 40, "%", 0),
        ("40 per cent of calls", 40, "%", 0),
        ("forty percent of calls", 40, "%", 0),
        ("€3.5m in fines", 3_500_000, "€", 0),
        ("two thousand cameras", 2000, "", 0),
        ("twenty-five million people", 25_000_000, "", 0),
        ("10k signatures", 10_000, "", 0),
        ("$5 a month", 5, "$", 0),
        ("1300 plates an hour", 1300, "", 0),
    ],
)
def test_figures_are_read(text: str, value: int, unit: str, bound: int) -> None:
    [figure] = figures(f"There are {text}.")
    assert (figure.value, figure.unit, figure.bound) == (Decimal(value), unit, bound)


@pytest.mark.parametrize(
    "text",
    [
        "In June 2021 they signed.",
        "On July 18 it came out; on 18 July 2022, that is.",
        "From July 12\u201314, or 2022-07-18, or 18/07/2022.",
        "At 9:30, at 18:00, at 11 am, at 7 p.m., by 17h.",
        "Two companies signed it, and 3 cities follow. 12 people came.",
        "Section 702, HB 1234, Title 42, Article 19 and COVID-19.",
        "655 West 34th Street, New York, NY 10001.",
        "The 21st century, the 4th floor, 24/7, part 1/5, a 50-50 chance.",
        "Give it 48 hours, or 30 days, or 14 nights.",
        "EC2, S3, 5G, a G20 summit, iPhone 15.",
        "Call +1 212-555-0100.",
        "See https://example.org/2022/07/18000.",
        "#Top100 and @team2000 agree.",
        "Half a billion reasons, two and a half million more.",
        "A 3D picture of 4K video, 20m wide.",
    ],
)
def test_dates_times_names_and_small_counts_are_not_figures(text: str, tmp_path: Path) -> None:
    assert not [code for code in problem_codes(check_post(tmp_path, text)) if code[0] == "F"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("It costs $5 billion.", "F901"),
        ("It costs five billion dollars.", "F901"),
        ("It costs $5bn.", "F901"),
        ("Ring has 3,000 partnerships with police.", "F901"),
        ("Ring has 2100 partnerships with police.", "F901"),
        ("Ring has nearly 2,000 partnerships.", "F901"),
        ("It costs $6bn.", "F902"),
        ("It costs 6 billion dollars.", "F902"),
        ("Ring has over two thousand partnerships.", "F902"),
        ("Ring has 2000 partnerships.", "F902"),
        ("They search 40 percent of calls.", "F902"),
        ("There was a fine of $9,000.", "F903"),
        ("They search 60% of calls.", "F903"),
        ("There were 1,500 doorbells.", "F903"),
        ("HART costs {{ fact.hart.figure }}.", None),
        ("Not $5bn: {{ fact.hart.figure }}.", "F901"),
        ('Only {{ "$5 billion" }}: {{ fact.hart.figure }}.', "F901"),
    ],
)
def test_a_figure_typed_by_hand_is_compared_with_the_facts(
    text: str, code: str | None, tmp_path: Path
) -> None:
    found = problem_codes(check_post(tmp_path, text, "demand: end-it"))
    assert found == ([code] if code else [])


def test_the_figure_of_an_event_or_a_quotation_has_its_own_source(tmp_path: Path) -> None:
    more = """\
events:
  summit:
    {name: Summit 3000, place: Hall 1500, starts: 2026-12-01 09:00, ends: 2026-12-01 18:00}
statements:
  roe:
    speaker: Ana Roe
    role: organizer
    source: https://example.org/roe
    quote: They fired 400 of us.
"""
    text = "{{ event.name }}: “They fired 400 of us,” said Ana Roe."
    assert problem_codes(check_post(tmp_path, text, "event: summit", before=FACTS + more)) == []


def test_a_figure_in_the_campaigns_own_words_is_looked_at_too(tmp_path: Path) -> None:
    before = FACTS.replace("ask: End the contract", "ask: End the $5 billion contract")
    found = check_post(tmp_path, "{{ demand.ask }}.", "demand: end-it", before=before)
    assert problem_codes(found) == ["F901"]


@pytest.mark.parametrize(
    ("alt", "code"),
    [
        ("A card that says $6 billion for HART", None),
        ("A block of 2,000 dots, one for each partnership", None),
        ("A card that says $5 billion for HART", "F901"),
        ("A crowd of 1,500 people at a summit", "F903"),
    ],
)
def test_a_figure_in_an_alt_text_counts_at_its_picture(
    alt: str, code: str | None, tmp_path: Path
) -> None:
    media = f"media: [{{file: media/card.png, alt: {alt!r}}}]"
    found = check_post(tmp_path, "Look.", "demand: end-it", media)
    assert problem_codes(found) == ([code] if code else [])
    assert all(problem.column > 10 for problem in found)


@pytest.mark.parametrize("key", ["source", "as_of"])
def test_a_fact_without_source_or_date_is_an_error(key: str, tmp_path: Path) -> None:
    lines = [line for line in FACTS.splitlines() if f"{key}:" not in line]
    [first, *_] = check_text(tmp_path, "\n".join([EXAMPLE_HEAD.rstrip(), *lines, ""]))
    assert (first.code, first.level) == ("C203", "error")
    assert key in first.message


def test_a_fact_past_its_review_is_reported_with_the_posts_to_come(tmp_path: Path) -> None:
    head = FACTS.replace(
        "    as_of: 2022-07-18\n", "    as_of: 2022-07-18\n    review_by: 2026-10-31\n", 1
    )
    whens = {"over": "2026-10-30 12:00", "soon": "2026-11-02 12:00", "next": "{slot: next}"}
    posts = "".join(
        f"  - id: {name}\n    when: {when}\n    facts: [hart]\n    text: It is {name}.\n"
        for name, when in whens.items()
    )
    [found] = check_text(tmp_path, f"{EXAMPLE_HEAD}{head}posts:\n{posts}")
    assert (found.code, found.level, found.line) == ("F905", "warning", 6)
    assert "holds back soon, next." in found.message


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    assert all(figure.value >= 0 for figure in (*figures(text), *all_numbers(text)))


@given(
    st.decimals(min_value=13, max_value=999_999, places=0),
    st.sampled_from(["thousand", "million", "billion"]),
)
def test_scales_multiply(number: Decimal, scale: str) -> None:
    [figure] = figures(f"It is ${number} {scale} now.")
    assert figure.value == number * {"thousand": 10**3, "million": 10**6, "billion": 10**9}[scale]
