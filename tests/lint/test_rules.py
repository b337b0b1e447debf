"""The bad example of a rule breaks that rule alone, and the good one breaks no rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from helpers.lint import check_text, example_campaign_file, problem_codes

from bot.lint.rules import PLAN_RULES, POST_RULES, RULES
from bot.platforms import PLATFORMS, load_platform
from bot.services.checking import all_codes

if TYPE_CHECKING:
    from pathlib import Path

    from bot.lint.context import Rule

BY_CODE = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


@BY_CODE
def test_the_bad_example_breaks_this_rule_and_no_other(rule: Rule[Any], tmp_path: Path) -> None:
    found = check_text(tmp_path, example_campaign_file(rule.bad))
    assert {(problem.code, problem.level) for problem in found} == {(rule.code, rule.level)}
    for problem in found:
        assert problem.line > 4  # in the post or fact, not just somewhere in the file
        assert problem.message.endswith(".")
        assert problem.hint


@BY_CODE
def test_the_good_example_breaks_no_rule(rule: Rule[Any], tmp_path: Path) -> None:
    assert check_text(tmp_path, example_campaign_file(rule.good)) == ()


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.suppressible], ids=lambda rule: rule.code
)
def test_the_bad_example_passes_with_a_reason(rule: Rule[Any], tmp_path: Path) -> None:
    assert problem_codes(check_text(tmp_path, _allowing(rule, tmp_path))) == []


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if not rule.suppressible], ids=lambda rule: rule.code
)
def test_no_comment_lifts_a_rule_about_deception(rule: Rule[Any], tmp_path: Path) -> None:
    text = _allowing(rule, tmp_path)
    found = check_text(tmp_path, text)
    assert sorted(problem_codes(found)) == sorted([rule.code, "L893"])
    [tried] = [problem for problem in found if problem.code == "L893"]
    assert (tried.level, tried.message) == ("error", f"{rule.code} cannot be allowed.")
    assert f"allow {rule.code}" in text.splitlines()[tried.line - 1]


def _allowing(rule: Rule[Any], folder: Path) -> str:
    """Return the bad example, with a comment beside its post that allows it."""
    lines = example_campaign_file(rule.bad).splitlines()
    [first, *_] = check_text(folder, "\n".join(lines))
    place = first.line - 1
    while not lines[place].lstrip().startswith(("- id", "hart:", "links:", "share:")):
        place -= 1
    indent = " " * (len(lines[place]) - len(lines[place].lstrip()))
    lines.insert(place, f"{indent}# groundswell: allow {rule.code} the team has agreed on it")
    return "\n".join(lines)


def test_rules_about_deception_are_the_ones_that_no_comment_lifts() -> None:
    fixed = {rule.code for rule in RULES if not rule.suppressible}
    assert fixed == {"L806", "L807", "L816", "L817", "L818", "F911", "F912"}
    assert {rule.level for rule in RULES if not rule.suppressible} == {"error"}


def test_codes_are_unique_and_reasons_are_one_sentence() -> None:
    every = [rule.code for rule in RULES]
    of_platforms = [code for name in PLATFORMS for code in load_platform(name).RULES]
    total = len(every) + len(of_platforms) + len(all_codes())
    assert len({*every, *of_platforms, *all_codes()}) == total, "no code means two things"
    assert every == [*(rule.code for rule in POST_RULES), *(rule.code for rule in PLAN_RULES)]
    for rule in RULES:
        assert rule.why.endswith(".")
        assert "\n" not in rule.why
        assert len(rule.why) <= 100
