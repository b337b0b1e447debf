"""Every rule by its own two examples: the bad one breaks it and no other, the good one none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lint_support import check_text, codes

from bot.campaigns.problems import CODES
from bot.lint import allowing
from bot.lint.examples import campaign_file
from bot.lint.rules import POST_RULES, RULES, WHOLE_RULES

if TYPE_CHECKING:
    from pathlib import Path

    from bot.lint.rule import Rule

BY_CODE = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


@BY_CODE
def test_the_bad_example_breaks_this_rule_and_no_other(rule: Rule, tmp_path: Path) -> None:
    found = check_text(tmp_path, campaign_file(rule.bad))
    assert {(problem.code, problem.level) for problem in found} == {(rule.code, rule.level)}
    for problem in found:
        assert problem.line > 4  # in the post or fact, not just somewhere in the file
        assert problem.message.endswith(".")
        assert problem.hint


@BY_CODE
def test_the_good_example_breaks_no_rule(rule: Rule, tmp_path: Path) -> None:
    assert check_text(tmp_path, campaign_file(rule.good)) == ()


@BY_CODE
def test_the_bad_example_passes_with_a_reason(rule: Rule, tmp_path: Path) -> None:
    lines = campaign_file(rule.bad).splitlines()
    [first, *_] = check_text(tmp_path, "\n".join(lines))
    place = first.line - 1
    while not lines[place].lstrip().startswith(("- id", "hart:")):
        place -= 1
    indent = " " * (len(lines[place]) - len(lines[place].lstrip()))
    lines.insert(place, f"{indent}# groundswell: allow {rule.code} the team has agreed on it")
    assert codes(check_text(tmp_path, "\n".join(lines))) == []


def test_codes_and_reasons_are_given_once_and_are_one_sentence() -> None:
    every = [rule.code for rule in RULES]
    assert len({*every, *allowing.CODES, *CODES}) == len(every) + len(allowing.CODES) + len(CODES)
    assert every == [rule.code for rule in (*POST_RULES, *WHOLE_RULES)]
    for rule in RULES:
        assert rule.why.endswith(".")
        assert "\n" not in rule.why
        assert len(rule.why) <= 100


def test_an_error_never_depends_on_other_posts_or_on_the_day() -> None:
    assert [rule.code for rule in WHOLE_RULES if rule.level == "error"] == []
