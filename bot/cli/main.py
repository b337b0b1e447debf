"""The command line, with its table of commands, their common parts, and exit codes.

The exit codes are 0 for success, 1 for an error that the user can fix, 2 for wrong usage, 3 if
another instance is running, 4 and 5 for the verdict of ``status``, 70 for a bug, and 130 after
Ctrl-C. The errors of ``bot.errors`` have their own code.

A command is a function with a docstring, and a line in ``COMMANDS``. Its module is imported only
when the command is run, to keep the others quick. A command raises ``GroundswellError``, which
``run`` turns into an exit code, or ``typer.Exit`` if the result is neither a success nor an error.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from bot import __version__
from bot.cli import output
from bot.config.secrets import (
    CREDENTIALS_VARIABLE,
    DATABASE_VARIABLE,
    SECRETS_VARIABLE,
    Redactor,
    secrets_in_environment,
)
from bot.errors import GroundswellError
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from bot.config import Config
    from bot.runtime.app import App
    from bot.runtime.loop_app import LoopApp


DOWN = 4  # of ``status`` for programs: no loop runs, or it does nothing
ATTENTION = 5  # of ``status --check``: a person is needed
BUG = 70  # sysexits.h: EX_SOFTWARE
INTERRUPTED = 130  # 128 + SIGINT, as in shells

# --- The commands ---------------------------------------------------------------------------------

COMMANDS = {
    "init": ("init.init", "Start", "Write a starter config and campaign."),
    "demo": ("sandbox.demo", "Start", "Watch the example campaign run on three networks."),
    "accounts": (
        *("accounts.app", "Start"),
        "List, check, adopt, log in, log out and mark your accounts.",
    ),
    "check": ("check.check", "Queue", "Find every mistake in the config and the campaigns."),
    "plan": ("plan.plan", "Queue", "Show what would be queued, changed and cancelled."),
    "queue": ("queue.app", "Queue", "List, show, add and drop queued posts."),
    "review": ("review.review", "Queue", "Approve posts, each shown as it will look."),
    "share-texts": ("share_texts.show", "Queue", "List what a partner of a coalition can say."),
    "share": ("share.group", "Queue", "Build and serve the page from which supporters speak."),
    "import": ("bulk.import_", "Queue", "Add the posts of a spreadsheet."),
    "export": ("bulk.export", "Queue", "Write the planned posts to a spreadsheet or calendar."),
    "run": ("run.run", "Run", "Publish posts when they are due, and record engagement."),
    "status": ("inbox.status", "Run", "Show whether the loop runs, and what needs a person."),
    "inbox": ("inbox.app", "Run", "Settle the posts that need a person's decision."),
    "pause": ("run.pause", "Run", "Stop posting everywhere, or for one account or campaign."),
    "resume": ("run.resume", "Run", "Continue posting after a pause."),
    "web": ("web.group", "Run", "Let people see, approve, pause and settle in a browser."),
    "workers": ("database.workers", "Run", "List the processes that use the database."),
    "unit": ("unit.unit", "Run", "Print a unit of systemd, which runs it on a server."),
    "alerts": ("alerts.app", "Run", "Notify a team of failures, and send the weekly digest."),
    "backup": ("database.backup", "Run", "Copy the database, also while the loop runs."),
    "report": ("report.report", "Review", "Report engagement and spending."),
    "log": ("database.log", "Review", "Show who did what, and whether that record is intact."),
    "sandbox": ("sandbox.sandbox", "Tools", "Serve simulated platforms on this machine."),
    "schema": ("init.schema", "Tools", "Print the JSON Schema that editors check YAML with."),
}
"""The place of each command, its panel in the list of commands, and its sentence there.

A command is a function, or a Typer if it is a noun with commands of its own. The sentence also
begins the help of a noun.
"""


def load_command(name: str) -> Any:
    """Import a command's module and return its click command."""
    module, attribute = COMMANDS[name][0].split(".")
    found = getattr(import_module(f"bot.cli.{module}"), attribute)
    if isinstance(found, typer.Typer):
        command = typer.main.get_command(found)
        command.help = f"{COMMANDS[name][2]}\n\n{command.help or ''}"
    else:
        app = command_group()
        app.command()(found)
        command = typer.main.get_command(app)
    command.name = name
    return command


_VALUE_ERRORS = {
    "int_parsing": "is not a whole number",
    "float_parsing": "is not a number",
    "greater_than_equal": "is too small; the minimum is {ge:.9g}",
    "less_than_equal": "is too large; the maximum is {le:.9g}",
    "finite_number": "is not a number",
}


class NounGroup(TyperGroup):
    """The commands of a noun, listed with their whole first sentences."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - click's signature
        """List the commands by panel; the library would cut the sentences short."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            panel = getattr(command, "rich_help_panel", None) or "Commands"
            sentence = " ".join((command.help or "").partition("\n\n")[0].split())
            panels.setdefault(panel, []).append((name, sentence))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


class LazyGroup(NounGroup):
    """The root, which lists the commands from the table and imports only the one that is run."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        for name, (_, panel, text) in COMMANDS.items():
            self.add_command(TyperCommand(name=name, help=text, rich_help_panel=panel))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Import the named command, or suggest a similar name."""
        if args[0] in COMMANDS:
            return args[0], load_command(args[0]), args[1:]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; explain an invalid value of an option in our own words."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if details := getattr(error.__cause__, "errors", None):  # pydantic's
                fault = details()[0]
                if words := _VALUE_ERRORS.get(fault["type"]):
                    why = words.format(**fault.get("ctx", {}))
                    error.message = f"{quote_value(str(fault['input']))} {why}."
                else:
                    error.message = error.message.removeprefix("Value error, ")
            raise


def command_group(*, needs_command: bool = False) -> typer.Typer:
    """Return the Typer for a noun's module; ``needs_command`` if the noun alone does nothing.

    Its help is plain text, which reads the same in a pipe and needs no import of rich.
    """
    return typer.Typer(
        cls=NounGroup,
        rich_markup_mode=None,
        add_completion=False,
        no_args_is_help=needs_command,
        pretty_exceptions_enable=False,
    )


# --- Common parts ---------------------------------------------------------------------------------


def without_subcommand(ctx: typer.Context) -> bool:
    """Return whether a noun was typed without one of its commands.

    Raise BadParameter for an option before the command, because the command would not get it.
    """
    if not ctx.invoked_subcommand:
        return True
    for option in ctx.command.params:
        source = ctx.get_parameter_source(option.name or "")
        if source is not None and source.name == "COMMANDLINE":
            message = f"{option.opts[0]} goes after {ctx.invoked_subcommand}"
            raise typer.BadParameter(message, ctx)
    return False


def load_config(path: Path | None, *, without_extras: bool = False) -> Config:
    """Find and load the config, and let hints name it. Raise UserError."""
    from bot.config import find, load

    path = find(path, os.environ)
    output.use_config(path)
    return load(path, os.environ, without_extras=without_extras)


def open_app(
    config: Config,
    *,
    missing_ok: bool = False,
    on: datetime | None = None,
    redactor: Redactor | None = None,
) -> AbstractContextManager[App]:
    """Return the app of a config for a ``with`` statement, as ``create_app`` does."""
    from bot.runtime.app import create_app

    hint = output.with_config
    return create_app(
        config, os.environ, missing_ok=missing_ok, on=on, redactor=redactor, hint=hint
    )


def open_loop_app(config: Config, redactor: Redactor) -> AbstractContextManager[LoopApp]:
    """Return the app of a config with the parts of the loop, for a ``with`` statement."""
    from bot.runtime.loop_app import create_loop_app

    return create_loop_app(config, os.environ, redactor=redactor, hint=output.with_config)


# --- The root -------------------------------------------------------------------------------------


@dataclass
class Invocation:
    """The state of this invocation, which commands get as ``ctx.obj``."""

    debug: bool = False
    redactor: Redactor = field(default_factory=Redactor)
    """Commands add every secret that they read."""


root = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        output.line(f"groundswell {__version__}")
        raise typer.Exit


@root.callback()
def groundswell(
    ctx: typer.Context,
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback for a bug.")] = False,
    version: Annotated[  # noqa: ARG001 - has a callback
        bool,
        typer.Option(
            "--version", "-V", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Queue, publish and measure an advocacy campaign from accounts you own, openly as a bot.

    A new campaign starts with `groundswell init`; `groundswell COMMAND --help` explains a command.
    """
    ctx.obj.debug = debug
    if SECRETS_VARIABLE in os.environ or CREDENTIALS_VARIABLE in os.environ:
        from bot.config.secret_files import read_secret_files

        # A broken secret of an account must not stand in the way of a stop.
        only = DATABASE_VARIABLE if ctx.invoked_subcommand == "pause" else ""
        found = read_secret_files(os.environ, only)
        ctx.obj.redactor.add(secrets_in_environment(found))
        os.environ |= found  # from here on, they are variables as others are


def run(args: Sequence[str]) -> int:
    """Run one command line, print its error if it raises one, and return its exit code."""
    invocation = Invocation(redactor=Redactor(secrets_in_environment(os.environ)))
    output.configure_streams()
    output.use_config(None)
    command = typer.main.get_command(root)
    lines: list[str] = []
    try:
        command(args=list(args), prog_name="groundswell", obj=invocation)
        code = 0
    except SystemExit as end:  # typer raises it, also after it has explained wrong usage
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        code = 0
    except Exception as error:  # noqa: BLE001 - the last resort, which must not leak a traceback
        code, lines = _explain(error, debug=invocation.debug)
    if output.stdout_failed():
        code = code or 1
        lines = ["groundswell: the output could not be written. The command itself has finished."]
        lines.append("Look at its result before you run it again.")
    output.error_line(*map(invocation.redactor, lines))
    _flush_streams()
    return code


def _explain(error: Exception, *, debug: bool) -> tuple[int, list[str]]:
    match error:
        case GroundswellError():
            return error.exit_code, output.error_lines(error)
        case OSError():  # a full disk, a folder without write permission: not a bug
            return 1, [f"groundswell: {error}"]
        case UnicodeEncodeError():  # a part of the command line, of which nothing was written
            shown = quote_value(error.object)
            return 1, [f"groundswell: {shown} is not UTF-8. Set your terminal to UTF-8."]
        case ModuleNotFoundError(name=str(name)) if not name.startswith("bot"):
            missing = f"groundswell: the package {name} is not installed, and is needed."
            return 1, [missing, "Install Groundswell again, as its README says."]
        case _:
            return BUG, output.bug_lines(error, debug=debug)


def _flush_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # nobody reads any more, or the disk is full
            # Python flushes again at exit and would report the error, unless it flushes to nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
