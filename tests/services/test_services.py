"""All of it together: what is reported, what is remembered, how it starts and stops."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from sprintagen.config import Settings
from sprintagen.db import Database
from sprintagen.errors import Conflict, DatabaseError, InvalidInput, ManagedError
from sprintagen.managed import Endpoint, ManagedStatus
from sprintagen.opencode import errors
from sprintagen.services import AppInfo, Services, build_services
from sprintagen.services.about import without_credentials
from sprintagen.services.refs import OPERATOR, Actor
from sprintagen.services.text import one_line
from tests import databases
from tests.services.conftest import build
from tests.services.fakes import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.fakes import FakeOpencode


async def test_all_well_is_reported_so(services: Services) -> None:
    report = await services.health.report()
    assert report.ok
    assert (report.opencode.reachable, report.opencode.version, report.opencode.message) == (True, "1.18.33", "")
    assert (report.web.version, report.stream.state, report.credentials, report.database) == (
        "1.2.3",
        "connected",
        "none",
        True,
    )
    assert report.stream.age_seconds is not None


async def test_a_server_that_does_not_answer_is_reported_with_its_reason(
    services: Services, fake: FakeOpencode
) -> None:
    fake.broken["health.get"] = [errors.ServerTimeout("It did not answer in time.")]
    fake.broken["providers.usable"] = [errors.ServerTimeout("It did not answer in time.")]
    report = await services.health.report()
    assert not report.ok
    assert (report.opencode.reachable, report.opencode.message) == (False, "It did not answer in time.")
    assert report.providers_connected == []


async def test_a_database_that_does_not_answer_is_reported(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(self: Database) -> None:
        raise DatabaseError("The disk is full.")

    monkeypatch.setattr(Database, "ping", refuse)
    report = await services.health.report()
    assert (report.ok, report.database, report.database_message) == (False, False, "The disk is full.")


async def test_preferences_are_each_persons_own_and_stay(
    services: Services, fake: FakeOpencode, tmp_path: Path
) -> None:
    ann = Actor("ann")
    await services.preferences.set(OPERATOR, "pane", {"width": 300})
    assert await services.preferences.get(OPERATOR, "pane") == {"width": 300}
    assert await services.preferences.get(ann, "pane", 1) == 1
    services.preferences._kept.clear()
    assert await services.preferences.get(OPERATOR, "pane") == {"width": 300}
    await services.preferences.set(OPERATOR, "pane", None)
    services.preferences._kept.clear()
    assert await services.preferences.get(OPERATOR, "pane") is None


@pytest.mark.parametrize("value", [object(), float("nan"), "x" * 70_000])
async def test_a_preference_has_to_be_small_json(services: Services, value: Any) -> None:
    with pytest.raises(InvalidInput):
        await services.preferences.set(OPERATOR, "pane", value)


@pytest.mark.database_file
async def test_a_database_that_cannot_be_used_refuses_the_start(fake: FakeOpencode, tmp_path: Path) -> None:
    (tmp_path / "db.sqlite").write_bytes(b"not a database at all" * 100)
    services = build(fake, tmp_path)
    with pytest.raises(DatabaseError):
        await services.start()
    await services.stop()


async def test_stopping_ends_every_task(fake: FakeOpencode, tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    services = build(fake, tmp_path)
    await services.start()
    fake.connect()
    await until(services.feed.is_connected)
    await services.sessions.create(OPERATOR)
    await services.stop()
    assert "aclose" in fake.calls
    assert asyncio.all_tasks() == before
    assert services.store.changed.callbacks == []


class FakeManaged:
    """A server of our own that starts when it is told to."""

    def __init__(self, problem: ManagedError | None = None) -> None:
        self.on_status: list[Any] = []
        self.problem = problem
        self.may_start = asyncio.Event()
        self.stopped = False
        self.status = ManagedStatus("stopped", datetime.now(UTC))

    async def start(self) -> Endpoint:
        self.tell("starting")
        await self.may_start.wait()
        if self.problem is not None:
            self.tell("gave_up", self.problem.message)
            raise self.problem
        self.tell("running")
        return Endpoint("http://127.0.0.1:9", "opencode", SecretStr("x"))

    async def stop(self) -> None:
        self.stopped = True

    def tell(self, state: Any, reason: str = "") -> None:
        self.status = ManagedStatus(state, datetime.now(UTC), reason, "", ("last line",) if reason else ())
        for callback in self.on_status:
            callback(self.status)


def with_managed(managed: FakeManaged, tmp_path: Path) -> Services:
    settings = Settings(database_url=databases.url_in(tmp_path), _env_file=None)
    about = AppInfo(version="1", managed=True, repo_url="https://ann:secret@host/r.git?x=1")
    return build_services(settings, token=SecretStr("x" * 16), about=about, managed=managed)  # type: ignore[arg-type]


async def test_the_page_is_served_while_our_own_server_starts(tmp_path: Path) -> None:
    managed = FakeManaged()
    services = with_managed(managed, tmp_path)
    await services.start()
    await asyncio.sleep(0)
    assert services.feed.connection.state == "starting"
    assert services.sessions.rows(OPERATOR) == []
    with pytest.raises(errors.ServerUnreachable):
        await services.sessions.create(OPERATOR)
    assert not (await services.health.report()).ok
    managed.may_start.set()
    await until(lambda: services.server.is_known)
    await services.stop()
    assert managed.stopped


async def test_a_server_of_our_own_that_does_not_start_is_a_state_with_its_last_words(tmp_path: Path) -> None:
    managed = FakeManaged(ManagedError("The port is taken."))
    services = with_managed(managed, tmp_path)
    await services.start()
    managed.may_start.set()
    await until(lambda: services.feed.connection.state == "failed")
    assert services.feed.connection.reason == "The port is taken."
    assert services.feed.connection.log_tail == ("last line",)
    await services.stop()


async def test_a_server_that_was_given_up_is_started_again_when_somebody_asks_for_it(tmp_path: Path) -> None:
    managed = FakeManaged(ManagedError("The port is taken."))
    services = with_managed(managed, tmp_path)
    await services.start()
    managed.may_start.set()
    await until(lambda: services.is_given_up)
    managed.problem = None
    await services.start_again(OPERATOR)
    await until(lambda: services.server.is_known)
    assert services.feed.connection.state != "failed"
    with pytest.raises(Conflict):
        await services.start_again(OPERATOR)
    await services.stop()


async def test_stopping_while_our_own_server_starts_stops_it(tmp_path: Path) -> None:
    managed = FakeManaged()
    services = with_managed(managed, tmp_path)
    await services.start()
    await services.stop()
    assert managed.stopped


def test_the_repository_is_shown_without_its_credentials(tmp_path: Path) -> None:
    services = with_managed(FakeManaged(), tmp_path)
    assert services.about.repo_url == "https://host/r.git"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (None, None),
        ("git@host:owner/name.git", "git@host:owner/name.git"),
        ("ssh://git:pw@host:22/r", "ssh://host:22/r"),
        ("https://host/r.git", "https://host/r.git"),
        ("https://token@[::1/r", None),
    ],
)
def test_credentials_are_taken_out_of_an_address(url: str | None, shown: str | None) -> None:
    assert without_credentials(url) == shown


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\n b\t c", "a b c"), ("x" * 50, "x" * 9 + "…"), ("a\u202eb\x1b[0m\x00", "ab[0m"), ("", "")],
)
def test_foreign_words_fit_one_line(text: str, line: str) -> None:
    assert one_line(text, 10) == line
