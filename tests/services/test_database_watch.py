"""While the database takes no changes everybody hears so, and it is over by itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sprintagen.db import preference
from sprintagen.errors import DatabaseError
from sprintagen.services import database_watch
from sprintagen.services.changes import Change, DatabaseChanged
from sprintagen.services.refs import OPERATOR
from tests.faults import storage
from tests.services.fakes import FakeOpencode, until

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.services import Services

pytestmark = pytest.mark.database_file


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> storage.Statements:
    """Installed before the services open their database."""
    monkeypatch.setattr(database_watch, "TRY_EVERY", 0.02)
    return storage.install(monkeypatch)


@pytest.fixture
def said(statements: storage.Statements, services: Services) -> list[str]:
    """What each `DatabaseChanged` was about."""
    said: list[str] = []

    def note(change: Change) -> None:
        if isinstance(change, DatabaseChanged):
            error = services.database.error
            said.append(error.message if error is not None else "")

    services.store.changed.subscribe(note)
    return said


@pytest.mark.parametrize("fault", ["full", "locked", "readonly", "io"])
async def test_a_write_that_fails_is_told_until_one_succeeds(
    statements: storage.Statements, services: Services, fake: FakeOpencode, said: list[str], fault: str
) -> None:
    session_id = fake.add_session()
    await until(lambda: session_id in services.store.sessions and bool(services.ledger.recorded()))
    with statements.failing(1, storage.FAULTS[fault]):
        with pytest.raises(DatabaseError) as refused:
            await services.sessions.update(OPERATOR, session_id, ticket="T-1")
        assert said == [refused.value.message]
        await until(lambda: statements.failed > 5)  # it goes on trying
        assert services.database.error is not None
        report = await services.health.report()
        assert (report.ok, report.database, report.database_message) == (False, False, refused.value.message)
    await until(lambda: services.database.error is None)
    assert said == [refused.value.message, ""]
    report = await services.health.report()
    assert (report.ok, report.database, report.database_message) == (True, True, "")
    assert await preference.all_of("") == {}


async def test_reading_that_goes_on_does_not_end_the_trouble(
    services: Services, said: list[str], tmp_path: Path
) -> None:
    os.rename(tmp_path / "db.sqlite", tmp_path / "elsewhere")
    await services.preferences.set(OPERATOR, "theme", "dark")
    assert await preference.all_of(OPERATOR.name) == {}
    report = await services.health.report()
    assert "moved" in report.database_message
    os.rename(tmp_path / "elsewhere", tmp_path / "db.sqlite")
    await until(lambda: services.database.error is None)
    assert len(said) == 2


async def test_another_trouble_is_told_anew(
    statements: storage.Statements, services: Services, said: list[str]
) -> None:
    await services.preferences.get(OPERATOR, "theme")
    with statements.failing(1, storage.FAULTS["locked"]):
        await services.preferences.set(OPERATOR, "theme", "dark")
    with statements.failing(1, storage.FAULTS["full"]):
        await until(lambda: len(said) == 2)
    await until(lambda: services.database.error is None)
    assert [("locked" in words, "full" in words) for words in said] == [(True, False), (False, True), (False, False)]


async def test_a_stop_in_trouble_leaves_nothing_that_tries(statements: storage.Statements, services: Services) -> None:
    await services.preferences.get(OPERATOR, "theme")
    with statements.failing(1, storage.FAULTS["full"]):
        await services.preferences.set(OPERATOR, "theme", "dark")
        trying = services.database._trying
        assert trying is not None
        await services.database.stop()
    assert trying.done()
