"""Fixtures for every test: a clean environment always, the real opencode and its scripted model on demand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests import databases, rig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sprintagen.demo.model_server import ModelServerThread

# How quick a machine is decides no test: neither a slow example nor slow generation is a failure.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run tests that use a database on a real PostgreSQL")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is about a database's file is left out on a server, and what is about a server without one."""
    other = "database_file" if config.getoption("--postgres") else "database_server"
    config.hook.pytest_deselected(items=[item for item in items if other in item.keywords])
    items[:] = [item for item in items if other not in item.keywords]


@pytest.fixture(scope="session")
def _postgres() -> Iterator[None]:
    yield from databases.on_postgres()


@pytest.fixture(autouse=True)
def _database_server(request: pytest.FixtureRequest) -> Iterator[None]:
    """With `--postgres` there is a server, and nothing of a test's databases is left after it."""
    if request.config.getoption("--postgres"):
        request.getfixturevalue("_postgres")
    yield
    databases.drop()


RIG_FIXTURES = {"real_opencode", "scripted_model"}


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches a test."""
    for name in list(os.environ):
        if name.startswith(("OPENCODE_", "SPRINTAGEN_")) or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    for name in ("DATABASE_URL", "GIT_REPO_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _working_rig(request: pytest.FixtureRequest) -> None:
    """A test that uses the shared model or server finds it running, with nothing recorded by earlier tests."""
    used = RIG_FIXTURES & set(request.fixturenames)
    if "scripted_model" in used:
        request.getfixturevalue("scripted_model").forget()
    if "real_opencode" in used:
        request.getfixturevalue("real_opencode").ensure_running()


@pytest.fixture(scope="session")
def opencode_binary() -> Path:
    """The opencode program under test; skips when there is none and none can be fetched."""
    return rig.find_opencode()


@pytest.fixture(scope="session")
def scripted_model() -> Iterator[ModelServerThread]:
    """The scripted model server in a thread with a loop of its own, quick enough for tests."""
    from sprintagen.demo.model_server import ModelServerThread

    with ModelServerThread(words_per_second=rig.WORDS_PER_SECOND) as model:
        yield model


@pytest.fixture(scope="session")
def real_opencode(
    opencode_binary: Path, scripted_model: ModelServerThread, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[rig.RealOpencode]:
    """One real opencode for all tests, in a fresh copy of the sample repository; make a session of your own in it."""
    server = rig.RealOpencode(opencode_binary, scripted_model.url, tmp_path_factory.mktemp("opencode"))
    server.start()
    yield server
    server.stop()
