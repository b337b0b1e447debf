"""Errors and exit codes: the only module that turns one into the other.

0 is success, 1 an error that the user can fix, 2 wrong usage, 3 that another instance is running,
70 a bug, and 130 an interruption by Ctrl-C. ``bot.errors`` sets the code of each of its errors, and
Typer that of wrong usage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import __version__
from bot.cli import output
from bot.errors import GroundswellError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.cli.main import Invocation

BUG = 70  # sysexits.h: EX_SOFTWARE
INTERRUPTED = 130  # 128 + SIGINT, as in shells


def exit_code(command: Callable[[], int], invocation: Invocation) -> int:
    """Run a command and return its exit code; print the error where it raises one."""
    try:
        return command()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        return 0
    except GroundswellError as error:
        _print_errors(error_lines(error), invocation)
        return error.exit_code
    except OSError as error:  # a full disk, a folder without write permission: not a bug
        _print_errors([f"groundswell: {error}"], invocation)
        return 1
    except Exception as error:  # noqa: BLE001 - the last resort, which must not leak a traceback
        _print_errors(bug_lines(error, debug=invocation.debug), invocation)
        return BUG
    finally:
        output.flush_streams()


def _print_errors(lines: Sequence[str], invocation: Invocation) -> None:
    for line in lines:
        output.error_line(invocation.redactor(line))


def error_lines(error: GroundswellError) -> list[str]:
    """Return the lines that explain an error: one for each of its problems, and their number."""
    if error.problems:
        return [*output.problem_lines(error.problems), output.count_line(error.problems)]
    message = output.with_config(" ".join(str(error).split()))
    return [output.printable(f"groundswell: {message}")]


def bug_lines(error: Exception, *, debug: bool) -> list[str]:
    """Return the lines for a bug: how to report it, or its traceback with ``debug``."""
    import traceback

    if debug:
        return "".join(traceback.format_exception(error)).splitlines()
    what = f"{type(error).__name__} in groundswell {__version__}"
    return [
        f"groundswell: this is a bug, not your mistake ({what}).",
        "Run it as `groundswell --debug …` and report what it prints, without what is private.",
    ]
