"""Opening and closing: the Tortoise configuration, the checks before, the migrations, the one global context."""

from __future__ import annotations

import asyncio
import logging
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tortoise import Tortoise
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import get_connection
from tortoise.exceptions import ConfigurationError
from tortoise.migrations.executor import MigrationExecutor
from tortoise.transactions import in_transaction

from sprintagen.db import postgres, preference, sqlite_file
from sprintagen.db.postgres import ServerUse
from sprintagen.db.running import Use
from sprintagen.db.trouble import all_ended, in_words, translated
from sprintagen.errors import DatabaseError

if TYPE_CHECKING:
    from pydantic import SecretStr

APP = "sprintagen"
TABLES = [
    "sprintagen.db.session_record",
    "sprintagen.db.preference",
    "sprintagen.db.prompt",
    "sprintagen.db.sign_in",
    "sprintagen.db.seen",
    "sprintagen.db.text_in_flight",
    "sprintagen.db.upload",
    "sprintagen.db.deletion",
    "sprintagen.db.pin",
]
_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL", "busy_timeout": "5000", "foreign_keys": "ON"}
_SQLITE = "sqlite://"
_MIGRATING = 0x5350524E
"""PostgreSQL's advisory lock of whoever migrates; any number that is always the same."""

_log = logging.getLogger(__name__)
_in_use: list[Use | ServerUse] = []


class Database:
    """The open database.

    Args:
        path: Its file; None when it is not SQLite or only in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    async def ping(self) -> None:
        """Ask it for one row.

        Raises:
            DatabaseError: It does not answer.
        """
        with translated():
            await get_connection("default").execute_query("SELECT 1")

    async def try_write(self) -> None:
        """Write a little, which nobody ever sees.

        Raises:
            DatabaseError: It is not taken.
        """
        await preference.write_nothing()


def tortoise_config(url: SecretStr, *, foreign_keys: bool = True) -> dict[str, Any]:
    """The configuration of Tortoise and of its migration tool for a database URL.

    Raises:
        DatabaseError: The URL is of no kind Tortoise knows, or its driver is not installed.
    """
    text = url.get_secret_value()
    if text.startswith(_SQLITE):
        path, _, query = text.removeprefix(_SQLITE).partition("?")
        pragmas = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
        credentials: dict[str, Any] = {**_PRAGMAS, **pragmas, "file_path": path}
        if not foreign_keys:
            credentials["foreign_keys"] = "OFF"
        connection: dict[str, Any] = {"engine": "sprintagen.db.sqlite_client", "credentials": credentials}
    else:
        try:
            connection = expand_db_url(text)
            import_module(connection["engine"])  # Tortoise does so with the first query, and fails then
            connection["credentials"]["init"] = postgres.prepare
        except ImportError:
            raise DatabaseError(
                "DATABASE_URL names a database whose driver is not installed.",
                hint="For PostgreSQL install sprintagen[postgres].",
            ) from None
        except (ConfigurationError, ValueError):  # their text repeats the URL, and the URL may hold a password
            raise DatabaseError(
                "DATABASE_URL is of no kind we know.", hint="Use sqlite:///…, postgres://… or file:./db.sqlite."
            ) from None
    return {
        "connections": {"default": connection},
        "apps": {APP: {"models": TABLES, "migrations": "sprintagen.db.migrations", "default_connection": "default"}},
        "use_tz": True,
        "timezone": "UTC",
    }


async def open_db(url: SecretStr) -> Database:
    """The database at `url`, checked, migrated and ready for queries from any task of this process.

    Raises:
        DatabaseError: It cannot be used; an existing file was not changed.
    """
    path = sqlite_path(url)
    if path is not None:
        await asyncio.to_thread(sqlite_file.check, path)
        _in_use.append(Use(path))
    elif not _in_memory(url):
        tortoise_config(url)  # knows what is wrong with a URL
        with translated():
            _in_use.append(await ServerUse.begin(url.get_secret_value().replace("asyncpg://", "postgres://", 1)))
    # A migration that rebuilds a table on SQLite drops it: with foreign keys on, rows that refer to it would go too.
    try:
        await _start(tortoise_config(url, foreign_keys=False))
        await _migrate(tortoise_config(url)["apps"], path)
        if not _in_memory(url):
            await Tortoise.close_connections()
            await _start(tortoise_config(url))
        database = Database(path)
        await database.ping()  # Tortoise connects with the first query: to the file that was looked at, not a later one
    except BaseException:
        await close_db()
        raise
    return database


async def close_db() -> None:
    """Close every connection once its queries are through; harmless when none is open."""
    try:
        await all_ended()
        await Tortoise.close_connections()
    finally:
        while _in_use:
            _in_use.pop().end()


async def _start(config: dict[str, Any]) -> None:
    try:
        with translated():
            EXECUTOR_CACHE.clear()  # of SQL as the last connection took it, perhaps to another kind of database
            await Tortoise.init(config=config, _enable_global_fallback=True)
    except ConfigurationError:
        raise DatabaseError("DATABASE_URL cannot be used.", hint="Check its user, host and name.") from None


async def _migrate(apps: dict[str, Any], path: Path | None) -> None:
    connection = get_connection("default")
    try:
        if connection.capabilities.dialect == "postgres":
            names = await _migrate_server(apps)
        else:
            names = await _migrate_file(MigrationExecutor(connection, apps), apps, path)
    except DatabaseError:
        raise
    except Exception as error:  # whatever a migration raises, the database is not ready and says so in words
        raise in_words(error) from error
    if names:
        _log.info("Database migrated: %s", ", ".join(names))


async def _migrate_file(executor: MigrationExecutor, apps: dict[str, Any], path: Path | None) -> list[str]:
    names, has_any = await _missing(executor)
    if names:
        if path is not None and has_any:
            await asyncio.to_thread(sqlite_file.backup, path, path.with_name(f"{path.name}.bak"))
        async with in_transaction() as client:  # all of them and the note that they ran, or nothing
            await MigrationExecutor(client, apps).migrate()
    return names


async def _migrate_server(apps: dict[str, Any]) -> list[str]:
    """The same where others may start at the same moment: one of them migrates, the others find it done.

    The table of migrations is made first: Tortoise asks for it and takes an error for "none yet", which inside of a
    transaction PostgreSQL does not forgive.
    """
    async with in_transaction() as client:
        await client.execute_query("SELECT pg_advisory_xact_lock($1)", [_MIGRATING])
        executor = MigrationExecutor(client, apps)
        await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
        names, _ = await _missing(executor)
        if names:
            await executor.migrate()
    return names


async def _missing(executor: MigrationExecutor) -> tuple[list[str], bool]:
    """The migrations that are still to be made, and whether any has been."""
    steps = await executor.plan()
    applied = {key.name for key in await executor.recorder.applied_migrations() if key.app_label == APP}
    if applied - {key.name for key in executor.loader.disk_migrations if key.app_label == APP}:
        raise DatabaseError(
            "The database was written by a newer sprintagen.", hint="Update sprintagen, or use another DATABASE_URL."
        )
    return [step.migration.name for step in steps], bool(applied)


def sqlite_path(url: SecretStr) -> Path | None:
    """The file of a SQLite database; None: it is in memory, or no SQLite."""
    text = url.get_secret_value()
    if not text.startswith(_SQLITE) or _in_memory(url):
        return None
    return Path(text.removeprefix(_SQLITE).partition("?")[0])


def _in_memory(url: SecretStr) -> bool:
    return url.get_secret_value().partition("?")[0] == f"{_SQLITE}:memory:"
