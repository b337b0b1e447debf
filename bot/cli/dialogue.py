"""Asking for what is typed in: at a terminal, or from a pipe, a line for each question.

Questions go to stderr, so that stdout has the result alone.
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
    """Asks for the secrets of an account or an alert channel; satisfies ``login.Dialogue``.

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
        """Return what is typed, without space around it; with ``hidden``, it is typed unseen.

        Raises UserError where the input has ended, and Exit after Ctrl-C.
        """
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
            hint = "Run the command in a terminal, or give it a line for each question."
            raise UserError([Problem(self._owner, 0, 0, "G206", message, hint)])
        answer = answer.strip()
        self._redactor.add([answer])
        return answer

    def ask_secret(self, name: str, label: str) -> str:
        """Return a secret that is typed unseen; raises as ``ask``, and where it has odd letters."""
        answer = self.ask(f"{label} (not shown)", hidden=True)
        return check_secrets(self._owner, {name: answer})[name]
