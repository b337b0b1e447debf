"""Ask questions at a terminal, or read one line for each from a pipe.

Questions go to stderr, and stdout has only the result.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from bot.cli import output
from bot.cli.main import INTERRUPTED
from bot.config.secret_store import check_secrets
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from bot.config.secrets import Redactor


class TerminalDialogue:
    """Asks for secrets and passwords, and implements ``login.Dialogue``.

    Every answer is added to the redactor.
    """

    def __init__(self, owner: str, redactor: Redactor) -> None:
        self._owner = owner
        self._redactor = redactor

    def say(self, text: str) -> None:
        """Show a text."""
        output.error_line(text)
        sys.stderr.flush()

    def ask(self, label: str, *, hidden: bool = False) -> str:
        """Return the typed answer without space around it; ``hidden`` does not show it.

        Raise UserError if the input has ended, and Exit after Ctrl-C.
        """
        answer = self._read(label, hidden=hidden).strip()
        self._redactor.add([answer])
        return answer

    def ask_password(self, label: str) -> str:
        """Return a hidden answer, with all of its spaces. Raise as ``ask``."""
        answer = self._read(f"{label} (not shown)", hidden=True).rstrip("\r\n")
        self._redactor.add([answer])
        return answer

    def ask_secret(self, name: str, label: str) -> str:
        """Return a hidden answer. Raise as ``ask``, and UserError for characters of no secret."""
        answer = self.ask(f"{label} (not shown)", hidden=True)
        return check_secrets(self._owner, {name: answer})[name]

    def _read(self, label: str, *, hidden: bool) -> str:
        answer, stdin = "", sys.stdin
        if stdin is not None and not stdin.closed and stdin.isatty():
            try:
                answer = str(typer.prompt(label, hide_input=hidden, err=True))
            except typer.Abort as error:  # Ctrl-C, or Ctrl-D
                raise typer.Exit(INTERRUPTED) from error
        elif stdin is not None and not stdin.closed:
            answer = stdin.readline()
        if not answer:
            message = f"the input ended before an answer to: {label}."
            hint = "Run the command in a terminal, or pipe in a line for each question."
            raise UserError([Problem(self._owner, 0, 0, "G206", message, hint)])
        return answer
