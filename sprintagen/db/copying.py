"""`sprintagen db copy`: every row of one database into another that has none, of either kind, all of them or nothing.

The source is read as of one moment and never changed, not even migrated; the target is migrated first.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tortoise import Tortoise
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError
from tortoise.fields import BinaryField
from tortoise.migrations.executor import MigrationExecutor
from tortoise.transactions import in_transaction

from sprintagen.db import sqlite_file
from sprintagen.db.database import APP, close_db, open_db, sqlite_path, tortoise_config
from sprintagen.db.running import sole_user
from sprintagen.db.trouble import translated
from sprintagen.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from pydantic import SecretStr
    from tortoise.backends.base.client import BaseDBAsyncClient
    from tortoise.models import Model

_SOURCE, _TARGET = "source", "target"
_NAME = "sprintagen db copy"
_ROWS = 500
"""At once; of a table with whole files in it, one."""
_ASKED, _ASKED_EVERY = 10, 0.2
"""How often, and after how many seconds: who has just left is listed for a moment."""
_NOTHING = "Nothing was copied."
_OTHERS = (
    "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND application_name IS DISTINCT FROM $1"
)


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied of one table."""

    table: str
    rows: int


async def copy(source: SecretStr, target: SecretStr) -> list[Copied]:
    """Copies every row, and counts what has arrived.

    Raises:
        DatabaseError: It was refused or did not work. No row was copied and the source is as it was; a target that did
            not exist may be there now, empty.
    """
    paths = [path for path in (sqlite_path(source), sqlite_path(target)) if path is not None]
    if source.get_secret_value() == target.get_secret_value() or len({path.resolve() for path in paths}) < len(paths):
        raise DatabaseError("Source and target are the same database.", hint="Name two.")
    if any(url.get_secret_value().startswith("sqlite://:memory:") for url in (source, target)):
        raise DatabaseError("A database in memory ends with its process.", hint="Name a file or a server.")
    read, written = sqlite_path(source), sqlite_path(target)
    if read is not None and not read.exists():
        raise DatabaseError(f"There is no database at {read}.", hint=_NOTHING)
    there = [path for path in paths if path.exists()]
    for path in there:
        await asyncio.to_thread(sqlite_file.check, path)
    with _alone(there):
        async with _both(source, target) as apps:
            await _refuse_others(_SOURCE)
            await _refuse_other_version(apps)
            if written is None or written in there:
                await _refuse_others(_TARGET)
                await _refuse_rows()
    await open_db(target)
    await close_db()
    with _alone(paths):
        async with _both(source, target):
            return await _copy()


@contextmanager
def _alone(paths: list[Path]) -> Iterator[None]:
    with ExitStack() as stack:
        for path in paths:
            stack.enter_context(sole_user(path))
        yield


@asynccontextmanager
async def _both(source: SecretStr, target: SecretStr) -> AsyncIterator[dict[str, Any]]:
    """Connections to both, named `_SOURCE` and `_TARGET`; gives the apps for the tool that migrates."""
    config = tortoise_config(target)
    connections = {
        name: tortoise_config(url)["connections"]["default"] for name, url in ((_SOURCE, source), (_TARGET, target))
    }
    for connection in connections.values():
        if "file_path" not in connection["credentials"]:
            connection["credentials"]["application_name"] = _NAME
    config["connections"] = connections
    config["apps"][APP]["default_connection"] = _TARGET
    try:
        with translated():
            EXECUTOR_CACHE.clear()  # of SQL as the last connection of the same name took it
            await Tortoise.init(config=config, _enable_global_fallback=True)
            yield config["apps"]
    finally:
        await Tortoise.close_connections()


async def _refuse_others(name: str) -> None:
    """A file has its lock; of a server's database it is asked who else is connected."""
    connection = get_connection(name)
    if not _is_server(connection):
        return
    for _ in range(_ASKED):
        (row,) = await connection.execute_query_dict(_OTHERS, [_NAME])
        if not row["n"]:
            return
        await asyncio.sleep(_ASKED_EVERY)
    raise DatabaseError(
        f"Somebody else is connected to the {name} database.", hint=f"Stop sprintagen first. {_NOTHING}"
    )


async def _refuse_other_version(apps: dict[str, Any]) -> None:
    executor = MigrationExecutor(get_connection(_SOURCE), apps)
    missing = await executor.plan()
    applied = {key.name for key in await executor.recorder.applied_migrations() if key.app_label == APP}
    known = {key.name for key in executor.loader.disk_migrations if key.app_label == APP}
    if not applied:
        raise DatabaseError("The source is no database of sprintagen's.", hint=_NOTHING)
    if applied - known:
        raise DatabaseError("The source was written by a newer sprintagen.", hint=f"Update this one. {_NOTHING}")
    if missing:
        raise DatabaseError(
            "The source was written by an older sprintagen.", hint=f"Start this one on it once. {_NOTHING}"
        )


async def _refuse_rows() -> None:
    connection = get_connection(_TARGET)
    tables = (
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = ANY (current_schemas(false))"
        if _is_server(connection)
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )
    there = {row["name"] for row in await connection.execute_query_dict(tables)}
    for model in _models():
        if model._meta.db_table in there:
            await _refuse_rows_of(model, connection)


async def _refuse_rows_of(model: type[Model], connection: BaseDBAsyncClient) -> None:
    if rows := await model.all(using_db=connection).count():
        raise DatabaseError(
            f"The target is not empty: {model._meta.db_table} has {_rows(rows)}.",
            hint=f"Name a database without any. {_NOTHING}",
        )


async def _copy() -> list[Copied]:
    async with in_transaction(_SOURCE) as source, in_transaction(_TARGET) as target:
        if _is_server(source):
            await source.execute_script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        done = []
        for model in _models():
            table = model._meta.db_table
            await _refuse_rows_of(model, target)
            await _copy_table(model, source, target)
            wanted = await model.all(using_db=source).count()
            arrived = await model.all(using_db=target).count()
            if wanted != arrived:
                raise DatabaseError(
                    f"Of {table} only {arrived} of {_rows(wanted)} arrived.", hint=f"Try again. {_NOTHING}"
                )
            done.append(Copied(table, arrived))
        return done


async def _copy_table(model: type[Model], source: BaseDBAsyncClient, target: BaseDBAsyncClient) -> None:
    meta = model._meta
    at_once = 1 if any(isinstance(field, BinaryField) for field in meta.fields_map.values()) else _ROWS
    # In the source's own SQL: what a model asks is written as the target takes it.
    query: Any = source.query_class.from_(meta.basetable).select(*meta.db_fields)
    query = query.orderby(meta.basetable[meta.db_pk_column]).limit(at_once)
    reader = source.executor_class(model, source)
    rows = await reader.execute_select(*query.get_parameterized_sql())
    done = 0
    while rows:
        try:
            with translated():
                await model.bulk_create([model(**dict(row)) for row in rows], using_db=target)
        except (DatabaseError, IntegrityError) as error:
            why = error.message if isinstance(error, DatabaseError) else "A row breaks a rule of the target."
            raise DatabaseError(f"{meta.db_table} cannot be copied. {why}", hint=_NOTHING) from error
        done += len(rows)
        rows = await reader.execute_select(*query.offset(done).get_parameterized_sql())
    if meta.pk.generated and _is_server(target):  # the next row gets a number of its own
        await target.execute_script(
            f"SELECT setval(pg_get_serial_sequence('{meta.db_table}', '{meta.pk_attr}'),"
            f' greatest(max({meta.pk_attr}), 1), max({meta.pk_attr}) IS NOT NULL) FROM "{meta.db_table}"'
        )


def _models() -> list[type[Model]]:
    return sorted(Tortoise.apps[APP].values(), key=lambda model: model._meta.db_table)


def _is_server(connection: BaseDBAsyncClient) -> bool:
    return connection.capabilities.dialect == "postgres"


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"
