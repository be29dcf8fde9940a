"""The command `sprintagen db copy`: its arguments, and what it prints."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from sprintagen.config import DATABASE_SCHEMES, tortoise_form
from sprintagen.db.copying import copy

if TYPE_CHECKING:
    from pydantic import SecretStr


def parse(arguments: list[str]) -> argparse.Namespace:
    """The arguments after `db copy`; leaves with 2 when they cannot be used."""
    parser = argparse.ArgumentParser(
        prog="sprintagen db copy",
        description="Copy everything sprintagen remembers from one database into an empty one: from a SQLite file to a "
        "PostgreSQL server, or back. Stop sprintagen first; the source stays as it is. Both are written like "
        "DATABASE_URL, which you change afterwards.",
    )
    parser.add_argument("source", type=_url)
    parser.add_argument("target", type=_url)
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> list[str]:
    """Does it; returns the lines that tell what was copied.

    Raises:
        DatabaseError: It was refused or did not work; nothing was copied.
    """
    done = asyncio.run(copy(options.source, options.target))
    widest = max(len(one.table) for one in done)
    lines = [f"{one.table:<{widest}}  {one.rows:>7}" for one in done]
    total = sum(one.rows for one in done)
    return [*lines, f"Copied: {total} row{'' if total == 1 else 's'}. Set DATABASE_URL to the target and start."]


def _url(text: str) -> SecretStr:
    if not text.startswith(DATABASE_SCHEMES):  # what argparse would say repeats the text, and with it a password
        raise argparse.ArgumentTypeError("wants sqlite:///path, postgres://user:password@host/name or file:./db.sqlite")
    return tortoise_form(text)
