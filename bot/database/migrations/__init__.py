"""Alembic's scripts. ``HEAD`` is the newest revision, known without importing alembic."""

HEAD = "0001"
