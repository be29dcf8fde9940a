"""The commands `sprintagen backup` and `sprintagen restore`: their arguments, and what they print."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sprintagen.db import sqlite_path
from sprintagen.db.backup import back_up, restore
from sprintagen.errors import DatabaseError

if TYPE_CHECKING:
    from sprintagen.config import Settings


def parse(arguments: list[str]) -> argparse.Namespace:
    """The arguments of `backup` or `restore`; leaves with 2 when they cannot be used."""
    command = arguments[0]
    if command == "backup":
        parser = argparse.ArgumentParser(
            prog="sprintagen backup",
            description="Write the database into one file, also while sprintagen runs. Who is signed in, the access "
            "token and provider keys are not in it.",
        )
        parser.add_argument("file", nargs="?", type=Path, help="default: a dated one in the data directory's backups/")
    else:
        parser = argparse.ArgumentParser(
            prog="sprintagen restore",
            description="Put a backup in the place of the database, which is kept beside it. Stop sprintagen first.",
        )
        parser.add_argument("file", type=Path, help="a file that sprintagen backup wrote")
    return parser.parse_args(arguments[1:], argparse.Namespace(command=command))


def run(options: argparse.Namespace, settings: Settings) -> list[str]:
    """Does it; returns the lines that tell how it went.

    Raises:
        DatabaseError: It was refused or did not work; nothing was changed.
    """
    database = sqlite_path(settings.tortoise_url)
    if database is None:
        tools = "pg_dump" if options.command == "backup" else "pg_restore or psql"
        raise DatabaseError("DATABASE_URL names no SQLite file.", hint=f"For PostgreSQL use {tools}.")
    if options.command == "backup":
        name = f"sprintagen-{datetime.now(UTC):%Y%m%d-%H%M%S}.sqlite"
        done = back_up(database, (options.file or settings.sprintagen_data_dir / "backups" / name).absolute())
        return [f"Backup: {done.path} ({done.size / 1024:.0f} KB, {done.sessions} sessions)"]
    restored = restore(options.file.absolute(), database)
    lines = [f"Restored: {database} ({restored.sessions} sessions)"]
    if restored.kept is not None:
        lines.append(f"The database that was there is kept as {restored.kept}")
    if restored.is_older:
        lines.append("It is of an older version; the next start brings it up to date.")
    return [*lines, "Everybody has to sign in again."]
