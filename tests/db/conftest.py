"""A database in a file of its own, migrated as in earnest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen.db import Database, close_db, open_db
from tests import databases

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def url(tmp_path: Path) -> SecretStr:
    return databases.url_in(tmp_path)


@pytest.fixture
async def database(url: SecretStr) -> AsyncIterator[Database]:
    yield await open_db(url)
    await close_db()
