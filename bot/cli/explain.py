"""``groundswell check --explain``: the reason for each code of a problem, with examples.

The codes of the config, the secrets and the commands are here; those of campaign files, rules and
platforms are beside the code that finds the problems.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from bot.text.hidden import escape_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CODES: Mapping[str, str] = {
    "D101": "The demo writes a project of its own, and would overwrite yours.",
    "D102": "The demo starts on the eve of a campaign's first event, and there is none.",
    "G101": "Without a config, nobody knows which accounts there are.",
    "G102": "A value of the config is not valid.",
    "G103": "An unknown key is usually a typing error, and its value would be ignored.",
    "G104": "One account under two names would post everything twice.",
    "G105": "No queue slot in an account's quiet hours is ever taken.",
    "G106": "The config has no account or channel of this name.",
    "G107": "Existing files are never overwritten.",
    "G110": "Everybody who may read the config would know a secret in it.",
    "G111": "A token in a post would be published with it.",
    "G113": "Without a channel, nobody is notified of failures.",
    "G114": "A channel that cannot be reached notifies nobody of failures.",
    "G120": "The database is one file, in an existing folder with write permission.",
    "G121": "A copy is useful only if it is complete, and must not replace another file.",
    "G201": "Without its secret, nothing can be published from the account.",
    "G202": "The platform rejects a secret that was not copied completely.",
    "G203": "Secrets are stored in the operating system's keyring, and this machine has none.",
    "L101": "Until the files have once been read without a mistake, there is nothing to publish.",
    "N101": "The sandbox needs a port of this machine for itself.",
    "N102": "The sandbox needs exactly one handle for each account that it simulates.",
    "P101": "The account is not in the configuration, so nothing could be published from it.",
    "P102": "Two deliveries with one name could not be told apart.",
    "Q101": "Nothing in the queue has this number, key or name.",
    "Q102": "A name that fits several deliveries does not say which is meant.",
    "Q103": "Only what waits, or was cancelled, can be dropped from the queue.",
    "Q201": "A post is added only if nothing about it has to be guessed.",
    "Q301": "What is not paused cannot be resumed: another name may be meant.",
    "Q302": "A pause under an unknown name would stop nothing, and look as if it did.",
    "Q401": "Only what waits for a person can be settled by one.",
    "Q402": "A post is identified by the id in its address.",
    "Q403": "One post on the platform cannot be two deliveries.",
    "Q404": "Without its account in the config, a delivery cannot be settled.",
    "Q501": "What is approved is named by its digest or its post.",
    "Q502": "What is published, dropped or missed cannot be approved any more.",
    "Q503": "An approval is for the words that were shown, and these have changed.",
    "Q504": "The same person's approval counts once.",
    "Q505": "The author of a post cannot be its second approver.",
    "Q506": "The post's campaign asks for no approval.",
    "Q507": "Only an existing approval can be withdrawn.",
    "Q508": "A name with an invisible character could pass for another person's.",
    "Q509": "No file describes this campaign.",
    "Q510": "Somebody wrote an approval into the database, bypassing groundswell review.",
    "Q511": "Somebody removed an approval from the database, bypassing groundswell review.",
    "Q601": "No file describes this campaign.",
    "Q602": "No campaign lists an account or partner of this name.",
    "R901": "No campaign has this name: its report would say that nothing was published.",
}


def explanation(code: str) -> dict[str, Any]:
    """Return a code's reason; for a rule, also level and examples. Raises typer.BadParameter."""
    from bot.lint.rules import RULES
    from bot.yamlsource.problems import did_you_mean

    code = code.strip().upper()
    for rule in RULES:
        if rule.code == code:
            return {
                "code": rule.code,
                "level": rule.level,
                "liftable": rule.suppressible,
                "why": rule.why,
                "bad": rule.bad,
                "good": rule.good,
            }
    reasons = _reasons()
    if code not in reasons:
        known = {*reasons, *(rule.code for rule in RULES)}
        message = f"there is no code {code}. {did_you_mean(code, known)}"
        raise typer.BadParameter(message, param_hint="--explain")
    return {"code": code, "why": reasons[code]}


def _reasons() -> dict[str, str]:
    from bot.authoring.columns import CODES as BULK
    from bot.lint.engine import SUPPRESSION_CODES as ALLOWING
    from bot.planning.limits import CODES as FLOOD
    from bot.planning.slots import CODES as SLOTS
    from bot.planning.unplanned import CODES as PAST
    from bot.platforms import PLATFORMS, load_platform
    from bot.yamlsource.problems import CODES as YAML

    reasons = {**YAML, **ALLOWING, **BULK, **SLOTS, **CODES, **FLOOD, **PAST}
    for name in PLATFORMS:
        reasons |= {code: f"{why.rstrip('.')}." for code, why in load_platform(name).RULES.items()}
    return reasons


def explanation_lines(explained: dict[str, Any]) -> Iterator[str]:
    """Yield the explanation in words."""
    level = f" ({explained['level']})" if "level" in explained else ""
    yield f"{explained['code']}{level}: {explained['why']}"
    for name in ("bad", "good"):
        if name in explained:
            yield from ("", f"{name.capitalize()}:", "")
            yield from (f"    {escape_hidden(line)}" for line in explained[name].split("\n")[:-1])
    if not explained.get("liftable", True):
        yield from ("", "No comment in a campaign file can allow it.")
    elif "level" in explained:
        yield from (
            "",
            "Where it is intended, write the reason on a line of the post, or right above it:",
            "",
        )
        yield f"    # groundswell: allow {explained['code']} because …"
