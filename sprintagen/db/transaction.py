"""Transactions that are whole or not there, also when COMMIT itself fails."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tortoise.transactions import in_transaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """What is done inside is stored wholly or not at all. For queries only, which are never cut short (`query`).

    Tortoise leaves a transaction open whose COMMIT fails (disk full), and the next one would commit it first: what
    was refused would be stored all the same.
    """
    async with in_transaction() as connection:
        yield
        try:
            await connection.commit()
        except BaseException:
            await connection.rollback()
            raise
