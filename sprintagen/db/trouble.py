"""The one place that looks at what Tortoise and the drivers raise, and says it in words; and where a query runs."""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from tortoise.exceptions import BaseORMException, DBConnectionError, IntegrityError, ValidationError

from sprintagen.errors import DatabaseError

_OF_THE_DRIVER: tuple[type[Exception], ...]
try:
    from asyncpg import InterfaceError, PostgresError
except ImportError:  # PostgreSQL's driver is an extra
    _OF_THE_DRIVER = ()
else:
    _OF_THE_DRIVER = (PostgresError, InterfaceError)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

P = ParamSpec("P")
T = TypeVar("T")

_TROUBLE: tuple[type[Exception], ...] = (BaseORMException, sqlite3.Error, OSError, *_OF_THE_DRIVER)
_SERVER_AWAY = (
    "terminating connection",
    "connection was closed",
    "connection is closed",
    "shutting down",
    "starting up",
)

on_failure: list[Callable[[DatabaseError], None]] = []
"""Called, in the event loop, with the trouble of every query that fails."""
_running: set[asyncio.Task[Any]] = set()


def in_words(error: BaseException) -> DatabaseError:
    """The error for a person; the cause's own text is used to tell cases apart and never repeated."""
    if isinstance(error, ValidationError):  # its text is the value's
        return DatabaseError(
            "The database does not take a value that is too long.", hint="Shorten what was to be stored."
        )
    text = " ".join(str(one) for one in (error.__cause__ or error.__context__, error) if one is not None).lower()
    if "moved away" in text:
        return DatabaseError(
            "The database file was moved, deleted or replaced while sprintagen runs.",
            hint="Put the file back where it was, or stop sprintagen, restore a backup and start it again.",
        )
    if "locked" in text or "busy" in text:
        return DatabaseError(
            "The database is locked by another program.",
            hint="Stop the other sprintagen or the tool that has the database file open, then try again.",
        )
    if "readonly" in text or "read-only" in text or "permission denied" in text:
        return DatabaseError(
            "The database cannot be written.", hint="Give sprintagen write access to the database file and its folder."
        )
    if "disk is full" in text or "no space" in text:
        return DatabaseError("The disk is full: the database cannot be written.", hint="Free some space and try again.")
    if (
        "authentication failed" in text
        or "no password supplied" in text
        or ("role" in text and "does not exist" in text)
    ):
        return DatabaseError(
            "The database server does not take the user or password of DATABASE_URL.",
            hint="Check both in DATABASE_URL, and what the server lets that user do.",
        )
    if 'database "' in text and "does not exist" in text:
        return DatabaseError(
            "There is no such database on the server.", hint="Create it (createdb), or name another in DATABASE_URL."
        )
    if "too many clients" in text or "remaining connection slots" in text:
        return DatabaseError(
            "The database server takes no more connections.",
            hint="Close other programs that use it, or raise its max_connections.",
        )
    if any(words in text for words in _SERVER_AWAY):
        return DatabaseError(
            "The database server is away.", hint="It is asked again; start it if it does not come back by itself."
        )
    if "malformed" in text or "not a database" in text or "disk image" in text:
        return DatabaseError(
            "The database file is damaged.",
            hint="It was left as it was. Restore a backup, or move the file away to start with an empty one.",
        )
    if "i/o error" in text:
        return DatabaseError(
            "The disk does not work: the database cannot be read or written.",
            hint="Check that the disk has space left and is well; what is stored was not changed.",
        )
    if "unable to open" in text or isinstance(error, DBConnectionError | ConnectionError):
        return DatabaseError(
            "The database cannot be opened.", hint="Check DATABASE_URL, and that its folder or server exists."
        )
    return DatabaseError(
        "The database does not work.", hint="Check DATABASE_URL and the disk; the log names the cause."
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the database raises into a `DatabaseError`; an `IntegrityError` passes, since queries expect it."""
    try:
        yield
    except IntegrityError:
        raise
    except _TROUBLE as error:
        raise in_words(error) from error


def query(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Marks a query: its troubles come out as `DatabaseError`, and it runs to its end though its caller is cancelled.

    Whoever waits may leave (a closed page, a stop): what it asked for is done all the same, wholly.
    """

    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with translated():
                return await function(*args, **kwargs)
        except DatabaseError as error:
            for handle in list(on_failure):
                handle(error)
            raise

    @functools.wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.get_running_loop().create_task(run(*args, **kwargs), name=f"query {function.__name__}")
        _running.add(task)
        task.add_done_callback(_ended)
        return await asyncio.shield(task)

    return wrapper


async def all_ended() -> None:
    """Wait for the queries whose callers have left."""
    loop = asyncio.get_running_loop()
    while tasks := [task for task in _running if task.get_loop() is loop]:
        await asyncio.wait(tasks)


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # looked at, or asyncio complains where the caller has left
