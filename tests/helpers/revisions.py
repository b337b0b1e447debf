"""A made-up revision after the newest one, which makes every database an older one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bot.database import migrations

if TYPE_CHECKING:
    import pytest

NEXT_REVISION = f"{int(migrations.HEAD) + 1:04}"

_SCRIPT = f"""\
import sqlalchemy as sa
from alembic import op

revision = "{NEXT_REVISION}"
down_revision = "{migrations.HEAD}"


def upgrade():
    op.add_column("pauses", sa.Column("mood", sa.Text(), server_default="calm", nullable=False))
"""


def add_next_revision(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let Groundswell know one revision more: it gives each pause a ``mood``, which is ``calm``."""
    scripts = folder / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, scripts)
    (scripts / "versions" / f"{NEXT_REVISION}_mood.py").write_text(_SCRIPT)
    patch.setattr(migrations, "SCRIPTS", scripts)
    patch.setattr(migrations, "HEAD", NEXT_REVISION)
