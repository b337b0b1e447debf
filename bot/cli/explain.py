"""What a code means: the reason for it, and for a lint rule a bad and a good example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from bot.text.hidden import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.rule import Rule


def explanation(code: str) -> dict[str, Any]:
    """Give a code's level, reason and examples. Raises typer.BadParameter for a code of nothing."""
    from bot.campaigns.problems import did_you_mean
    from bot.lint.rules import RULES

    wanted = code.strip().upper()
    rule = next((rule for rule in RULES if rule.code == wanted), None)
    if rule:
        return _of_rule(rule)
    reasons = _reasons()
    if wanted not in reasons:
        known = {*reasons, *(rule.code for rule in RULES)}
        message = f"there is no code {code}. {did_you_mean(wanted, known)}"
        raise typer.BadParameter(message, param_hint="--explain")
    return {"code": wanted, "why": reasons[wanted]}


def _of_rule(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "level": rule.level,
        "liftable": rule.liftable,
        "why": rule.why,
        "bad": rule.bad,
        "good": rule.good,
    }


def _reasons() -> dict[str, str]:
    from bot.bulk.problems import CODES as BULK
    from bot.campaigns.problems import CODES
    from bot.cli.codes import CODES as COMMANDS
    from bot.flood import CODES as FLOOD
    from bot.lint.allowing import CODES as ALLOWING
    from bot.past import CODES as PAST
    from bot.platforms import PLATFORMS, kind
    from bot.slots import CODES as SLOTS

    found = {**CODES, **ALLOWING, **BULK, **SLOTS, **COMMANDS, **FLOOD, **PAST}
    for name in PLATFORMS:
        found |= {code: f"{why.rstrip('.')}." for code, why in kind(name).RULES.items()}
    return found


def explanation_lines(found: dict[str, Any]) -> Iterator[str]:
    """Write it for a person."""
    level = f" ({found['level']})" if "level" in found else ""
    yield f"{found['code']}{level}: {found['why']}"
    for name in ("bad", "good"):
        if name in found:
            yield from ("", f"{name.capitalize()}:", "")
            yield from (f"    {visible(line)}" for line in found[name].split("\n")[:-1])
    if not found.get("liftable", True):
        yield from ("", "No comment in a campaign file can allow it.")
    elif "level" in found:
        yield from ("", "Where it is meant, say why on a line of the post, or right above it:", "")
        yield f"    # groundswell: allow {found['code']} because …"
