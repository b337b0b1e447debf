"""What holds the command line together: commands, options in common, errors to exit codes.

A command is a function with a docstring in its noun's module, and a line in ``COMMANDS``. The
module is imported when the command is run, so that no command pays for another's libraries.
Commands raise ``GroundswellError``, or ``typer.Exit`` for a result that is no error but no success
either. This module alone turns errors into exit codes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from bot import __version__
from bot.cli import hints, output
from bot.errors import GroundswellError
from bot.secrets import Redactor, in_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.config import Config

BUG = 70  # sysexits.h: EX_SOFTWARE
INTERRUPTED = 130  # 128 + SIGINT, as shells have it

# --- The commands ---------------------------------------------------------------------------------


class Command(NamedTuple):
    """Where a command lives, and what the list of commands says about it.

    ``app`` is the name of the Typer in the module.
    """

    module: str
    panel: str
    help: str
    app: str = "app"


COMMANDS = {
    "init": Command("init", "Start", "Write a starter config and campaign."),
    "demo": Command("demo", "Start", "Watch the example campaign run in a sandbox."),
    "accounts": Command("accounts", "Start", "List, check and log in your accounts."),
    "check": Command("check", "Queue", "Find every mistake in the config and the campaigns."),
    "plan": Command("plan", "Queue", "Show what would be queued, changed and cancelled."),
    "queue": Command("queue", "Queue", "List, show, add and drop queued posts."),
    "review": Command("review", "Queue", "Approve posts, each shown as it will look."),
    "share-texts": Command("share_texts", "Queue", "List what a partner of a coalition can say."),
    "import": Command("bulk", "Queue", "Add the posts of a spreadsheet.", "importing"),
    "export": Command(
        "bulk", "Queue", "Write what is planned for a spreadsheet or calendar.", "exporting"
    ),
    "run": Command("run", "Run", "Publish posts when they are due, and record engagement."),
    "status": Command("status", "Run", "Show whether the loop runs, and what needs a person."),
    "inbox": Command("inbox", "Run", "Settle what only a person can decide."),
    "pause": Command("pause", "Run", "Stop posting, all or one account or campaign.", "pausing"),
    "resume": Command("pause", "Run", "Go on posting after a pause.", "resuming"),
    "workers": Command("workers", "Run", "List who works on the database."),
    "alerts": Command("alerts", "Run", "Tell a team of failures, and send the week's digest."),
    "backup": Command("backup", "Run", "Copy the database, also while the loop runs."),
    "thin": Command("thin", "Run", "Thin old snapshots of counters to one a day."),
    "report": Command("report", "Review", "Report engagement and spending."),
    "log": Command("log", "Review", "Show who did what, and whether that record is whole."),
    "sandbox": Command("sandbox", "Tools", "Serve a simulated X on this machine."),
    "schema": Command("schema", "Tools", "Print the JSON Schema that editors check YAML with."),
}


def load(name: str) -> Any:
    """Import a command's module and give the click command that its ``app`` makes."""
    module = import_module(f"bot.cli.{COMMANDS[name].module}")
    command = typer.main.get_command(getattr(module, COMMANDS[name].app))
    command.name = name
    return command


class LazyGroup(TyperGroup):
    """The root: lists commands from the table, imports only the one that is run."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        for name, command in COMMANDS.items():
            self.add_command(TyperCommand(name=name, help=command.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Import the command that is named; for an unknown name, say which is near."""
        if args[0] in COMMANDS:
            return args[0], load(args[0]), args[1:]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an option's value that does not fit is refused in our words."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if faults := getattr(error.__cause__, "errors", None):
                error.message = _unfit(faults()[0]) or error.message.removeprefix("Value error, ")
            raise

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - click's signature
        """List the commands by what they are for."""
        for panel in dict.fromkeys(command.panel for command in COMMANDS.values()):
            with formatter.section(panel):
                formatter.write_dl([(n, c.help) for n, c in COMMANDS.items() if c.panel == panel])


_UNFIT = {
    "int_parsing": "is no whole number",
    "float_parsing": "is no number",
    "greater_than_equal": "is too small; the least is {ge:.9g}",
    "less_than_equal": "is too large; the most is {le:.9g}",
    "finite_number": "is no number",
}


def _unfit(fault: Any) -> str:
    """Return what is wrong with an option's value, from pydantic's account of it, if we know."""
    from bot.campaigns.problems import shown

    words = _UNFIT.get(fault["type"])
    if words is None:
        return ""
    return f"{shown(str(fault['input']))} {words.format(**fault.get('ctx', {}))}."


class NounGroup(TyperGroup):
    """The commands of a noun, each listed with its first sentence, whole."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - click's signature
        """List them; by itself, the library would cut the sentences off."""
        with formatter.section("Commands"):
            helps = {name: command.help or "" for name, command in self.commands.items()}
            rows = [
                (name, " ".join(text.partition("\n\n")[0].split())) for name, text in helps.items()
            ]
            formatter.write_dl(rows)


def commands(text: str | None = None) -> typer.Typer:
    """Make the Typer for a noun's module.

    Its help is plain text: it reads the same in a pipe, and does not wait for rich to be imported.
    """
    return typer.Typer(
        cls=NounGroup,
        help=text,
        rich_markup_mode=None,
        add_completion=False,
        no_args_is_help=text is not None,
        pretty_exceptions_enable=False,
    )


# --- Options in common ----------------------------------------------------------------------------

ConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        envvar="GROUNDSWELL_CONFIG",
        help="The config file; ./config.yaml if not given.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who decides this; you, if not given."),
]


def stands_alone(ctx: typer.Context) -> bool:
    """Return whether a noun is typed without a command, which lists what there is.

    Raises BadParameter for an option before the command: it would not reach it, and be lost.
    """
    if not ctx.invoked_subcommand:
        return True
    for option in ctx.command.params:
        source = ctx.get_parameter_source(option.name or "")
        if source is not None and source.name == "COMMANDLINE":
            message = f"{option.opts[0]} goes behind {ctx.invoked_subcommand}"
            raise typer.BadParameter(message, ctx)
    return False


def day(meaning: str, *names: str) -> Any:
    """Give an option that takes a day of a calendar, as the instant at which it begins in UTC."""
    return typer.Option(*names, parser=_day, metavar="DATE", help=meaning)


def _day(text: str) -> datetime:
    """Read a day. Raises BadParameter in words of ours: the library's name its own notation."""
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        message = f"{output.printable(text)} is no day; write it as YYYY-MM-DD."
        raise typer.BadParameter(message) from None
    if not MINYEAR + 1 < found.year < MAXYEAR - 1:  # the months around it are reckoned with
        raise typer.BadParameter(f"{text} is too far off; write a day of this century.")
    return found


def person(name: str | None) -> str:
    """Return the name of whoever decides something: as given, or as the system knows the user.

    Raises BadParameter for one that holds invisible characters.
    """
    import getpass

    from bot.approval import unfit

    try:
        who = (name or "").strip() or getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        who = f"user {os.getuid()}"
    if why := unfit(who):
        raise typer.BadParameter(f"{why}. Type it anew instead of pasting it.", param_hint="--as")
    return who


def configured(path: Path | None) -> Config:
    """Find and load the config that a command was given; hints name it. Raises UserError."""
    from bot.config import find, load

    found = find(path, os.environ)
    hints.use(found)
    return load(found, os.environ)


# --- The root -------------------------------------------------------------------------------------


@dataclass
class State:
    """What the frame knows of this invocation; commands reach it as ``ctx.obj``.

    Whoever gets hold of secrets has ``redactor`` learn them.
    """

    debug: bool = False
    redactor: Redactor = field(default_factory=Redactor)


root = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        output.line(f"groundswell {__version__}")
        raise typer.Exit


Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback for a bug.")]
Version = Annotated[
    bool,
    typer.Option("--version", "-V", help="Print the version.", callback=_version, is_eager=True),
]


@root.callback()
def groundswell(ctx: typer.Context, *, debug: Debug = False, version: Version = False) -> None:  # noqa: ARG001 - version is seen to before
    """Queue, publish and measure an advocacy campaign from accounts you own, openly as a bot.

    A new campaign starts with `groundswell init`; `groundswell COMMAND --help` tells more.
    """
    ctx.obj.debug = debug


def run(args: Sequence[str]) -> int:
    """Run one command line and give its exit code. The only place that maps errors to codes."""
    state = State(redactor=Redactor(in_environment(os.environ)))
    output.prepare()
    hints.use(None)
    try:
        return _invoke(args, state)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        return 0
    except GroundswellError as error:
        _say(error_lines(error), state)
        return error.exit_code
    except OSError as error:  # a full disk, a folder that may not be written: not our mistake
        _say([f"groundswell: {error}"], state)
        return 1
    except Exception as error:  # noqa: BLE001 - the last resort, which must not leak a traceback
        _say(bug_lines(error, debug=state.debug), state)
        return BUG
    finally:
        output.close()


def _invoke(args: Sequence[str], state: State) -> int:
    command = typer.main.get_command(root)
    try:
        command(args=list(args), prog_name="groundswell", obj=state)
    except SystemExit as ended:  # typer ends with it, also after it has explained a wrong usage
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _say(lines: Sequence[str], state: State) -> None:
    for line in lines:
        output.error_line(state.redactor(line))


def error_lines(error: GroundswellError) -> list[str]:
    """Give the lines for an error: each problem one, then how many there are."""
    if error.problems:
        return [*output.problem_lines(error.problems), output.count_line(error.problems)]
    words = hints.with_config(" ".join(str(error).split()))
    return [output.printable(f"groundswell: {words}")]


def bug_lines(error: Exception, *, debug: bool) -> list[str]:
    """Give the lines for a bug: where it can be reported, and its traceback if asked for."""
    import traceback

    if debug:
        return "".join(traceback.format_exception(error)).splitlines()
    what = f"{type(error).__name__} in groundswell {__version__}"
    return [
        f"groundswell: this is a bug, not your mistake ({what}).",
        "Run it as `groundswell --debug …` and report what it prints, without what is private.",
    ]
