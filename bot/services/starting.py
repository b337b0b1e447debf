"""Write a starter config and campaign, with comments that teach the format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING

from bot.campaigns.validation import campaign_file_schema
from bot.errors import Problem, UserError
from bot.model.documents import json_text

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

TEMPLATES = {
    "config.yaml": "config.yaml",
    "posts/our-campaign.yaml": "campaign.yaml",
    "posts/queue.yaml": "queue.yaml",
    ".gitignore": "gitignore",
}
"""The template of each file that is written."""

SCHEMA_PATH = "posts/campaign.schema.json"

_DAY_OFFSETS = {
    "@TODAY@": 0,
    "@TOMORROW@": 1,
    "@NEXT_WEEK@": 7,
    "@IN_TEN_DAYS@": 10,
    "@IN_TWO_WEEKS@": 14,
    "@IN_TWO_MONTHS@": 60,
}
"""Days from today for the dates in the templates, which are thus never in the past."""


@dataclass(frozen=True, slots=True)
class StarterView:
    """The files of a new project."""

    folder: str
    """Their folder."""
    written: tuple[str, ...]
    """The names of the files that were written."""
    kept: tuple[str, ...]
    """The names of the files that existed already and were not changed."""


def write_starter(folder: Path, today: date) -> StarterView:
    """Write the files. Raise UserError if there is a config or a campaign already."""
    occupied = [
        path
        for path in (folder / "config.yaml", folder / "posts")
        if (any(path.iterdir()) if path.is_dir() else path.exists())
    ]
    if occupied:
        hint = "Nothing was written. Choose another folder, or move this away."
        raise UserError(
            [Problem(str(path), 0, 0, "G107", "This exists already.", hint) for path in occupied]
        )
    texts = starter_files(today)
    kept = [name for name in texts if (folder / name).exists()]  # .gitignore, at most
    written = {name: text for name, text in texts.items() if name not in kept}
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:  # "x": never overwrite a file
            file.write(text)
    return StarterView(str(folder), tuple(sorted(written)), tuple(kept))


def starter_files(today: date) -> dict[str, str]:
    """Return the texts of the files to write, by name, with times after this day."""
    texts = {}
    for name, template in TEMPLATES.items():
        text = (files("bot.services") / "starter" / template).read_text(encoding="utf-8")
        for placeholder, days in _DAY_OFFSETS.items():
            text = text.replace(placeholder, f"{today + timedelta(days=days)}")
        texts[name] = text
    return {**texts, SCHEMA_PATH: json_text(campaign_file_schema()) + "\n"}
