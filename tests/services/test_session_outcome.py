"""How a session's last turn failed and what it changed is in the list after a restart, though nobody has opened it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sprintagen.db import session_record
from sprintagen.db.session_record import SessionRecord
from sprintagen.errors import DatabaseError
from sprintagen.opencode.ids import MessageID
from sprintagen.opencode.models import MessageError, Revert
from sprintagen.services import session_ledger
from sprintagen.services.prompts import PromptDraft
from sprintagen.services.refs import OPERATOR
from tests.services.conftest import build
from tests.services.fakes import FakeStream, until
from tests.services.test_session_acts import changed, talk
from tests.services.test_session_index import item, long_session, opened
from tests.services.test_shedding import settled as shed
from tests.services.test_shedding import tell

if TYPE_CHECKING:
    from pathlib import Path

    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import MessageWithParts
    from sprintagen.services import Services
    from sprintagen.services.sessions import SessionRow
    from tests.services.fakes import FakeOpencode

REFUSED = MessageError(
    name="APIError",
    data={"message": "Incorrect key", "statusCode": 401, "responseHeaders": {"x": "sk-secret"}, "responseBody": "..."},
)
DIFFS = ({"file": "a.py", "additions": 5, "deletions": 2}, {"file": "b.py", "additions": 1})


def row(services: Services, session_id: SessionID) -> SessionRow:
    return next(row for row in services.sessions.rows(OPERATOR) if row.session_id == session_id)


def looks(services: Services, session_id: SessionID) -> tuple[str, str, int, int, int]:
    found = row(services, session_id)
    return found.state, found.detail, found.additions, found.deletions, found.files


async def again(services: Services, fake: FakeOpencode, tmp_path: Path) -> Services:
    """A new process on the same database."""
    await services.stop()
    fake.stream = FakeStream()
    fake.calls.clear()
    new = build(fake, tmp_path)
    await new.start()
    fake.connect()
    await until(new.feed.is_connected)
    return new


async def failed(services: Services, fake: FakeOpencode, error: MessageError = REFUSED) -> SessionID:
    """A session whose one turn changed two files, and failed."""
    session_id = await talk(services, fake, "one")
    changed(fake, session_id, 0, *DIFFS)
    view = await services.sessions.open(OPERATOR, session_id)
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="two"))
    await until(lambda: view.is_active)
    fake.finish(session_id, error=error)
    await until(lambda: not view.is_active and view.error is not None)
    changed(fake, session_id, 0, *DIFFS)
    await services.sessions._loader.reload(session_id)
    return session_id


async def test_a_failed_mark_and_what_was_changed_are_there_after_a_restart_before_anybody_opens_the_session(
    services: Services, fake: FakeOpencode, tmp_path: Path
) -> None:
    session_id = await failed(services, fake)
    assert looks(services, session_id) == ("failed", "Incorrect key", 6, 2, 2)
    new = await again(services, fake, tmp_path)
    try:
        assert looks(new, session_id) == ("failed", "Incorrect key", 6, 2, 2)
        assert "messages.list" not in fake.calls
        assert "sk-secret" not in str((await SessionRecord.get(opencode_session_id=session_id)).failure)
        await new.sessions.open(OPERATOR, session_id)
        assert looks(new, session_id) == ("failed", "Incorrect key", 6, 2, 2)
    finally:
        await new.stop()


async def test_a_session_that_went_on_meanwhile_is_not_called_failed(
    services: Services, fake: FakeOpencode, tmp_path: Path
) -> None:
    session_id = await failed(services, fake)
    await services.stop()
    session = fake.stored[session_id]
    later = session.time.model_copy(update={"updated": session.time.updated + timedelta(seconds=5)})
    fake.stored[session_id] = session.model_copy(update={"time": later})
    new = await again(services, fake, tmp_path)
    try:
        assert row(new, session_id).state == "idle"
        await new.ledger.flush()
        assert (await SessionRecord.get(opencode_session_id=session_id)).failure == ""
    finally:
        await new.stop()


async def test_a_turn_that_ends_well_takes_the_mark_away_for_good(
    services: Services, fake: FakeOpencode, tmp_path: Path
) -> None:
    session_id = await failed(services, fake)
    await services.ledger.flush()
    assert (await SessionRecord.get(opencode_session_id=session_id)).failure
    sent = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="three"))
    await services.prompts.answer(session_id, sent.id, 10)
    await until(lambda: row(services, session_id).state == "idle")
    new = await again(services, fake, tmp_path)
    try:
        assert row(new, session_id).state == "idle"
    finally:
        await new.stop()


async def test_an_outcome_waits_for_a_database_that_refuses(
    services: Services, fake: FakeOpencode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [DatabaseError("The disk is full."), DatabaseError("The disk is full.")]
    write = session_record.put_outcome

    async def put(*args: str, **fields: object) -> None:
        if refusals:
            raise refusals.pop()
        await write(*args, **fields)  # type: ignore[arg-type]

    monkeypatch.setattr(session_record, "put_outcome", put)
    monkeypatch.setattr(session_ledger, "_RETRY_AFTER", 0.01)
    session_id = await failed(services, fake)
    await until(lambda: not refusals)
    new = await again(services, fake, tmp_path)
    try:
        assert looks(new, session_id) == ("failed", "Incorrect key", 6, 2, 2)
    finally:
        await new.stop()


@pytest.mark.parametrize("odd", ["\ud800 and \x00", "x" * 50_000, ""])
async def test_an_error_of_any_words_is_kept(services: Services, fake: FakeOpencode, tmp_path: Path, odd: str) -> None:
    session_id = await failed(services, fake, MessageError(name="UnknownError", data={"message": odd}))
    before = looks(services, session_id)
    assert before[0] == "failed"
    new = await again(services, fake, tmp_path)
    try:
        assert looks(new, session_id) == before
    finally:
        await new.stop()


async def test_odd_notes_of_what_was_changed_count_as_far_as_they_can_be_read(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await talk(services, fake, "one", "two", "three")
    odd = (7, None, "x", {"additions": 3}, {"file": ["a"]}, {"file": "a", "additions": "many", "deletions": -4})
    changed(fake, session_id, 0, *odd, {"file": "b", "additions": 1e400, "patch": 3, "status": {}}, *DIFFS)  # type: ignore[arg-type]
    fake.history[session_id] = [
        item.model_copy(update={"info": item.info.model_copy(update={"summary": {"diffs": 7}})}) if at == 2 else item
        for at, item in enumerate(fake.history[session_id])
    ]
    await services.sessions._loader.reload(session_id)
    assert looks(services, session_id)[2:] == (6, 2, 4)
    preview = await services.acts.reverting.preview(OPERATOR, session_id, fake.history[session_id][0].info.id)
    assert [(file.file, file.additions, file.deletions) for file in preview.files] == [
        ("a", 0, 0),
        ("b", 0, 0),
        ("a.py", 5, 2),
        ("b.py", 1, 0),
    ]


async def test_what_a_session_changed_is_no_less_when_its_beginning_is_not_in_memory(
    services: Services, fake: FakeOpencode, tmp_path: Path
) -> None:
    """One line in a file of its own in each turn."""
    session_id = await long_session(services, fake, 0)
    history = await opened(services, session_id)

    def turn(number: int) -> MessageWithParts:
        one = item(session_id, number)
        diff = {"file": f"{number}.py", "additions": 1}
        info = one.info.model_copy(update={"summary": {"diffs": [diff]}}) if number % 2 == 0 else one.info
        return one.model_copy(update={"info": info})

    for number in range(250):
        tell(fake, turn(number))
    await until(lambda: history.live.older_cursor is not None)
    await shed(services, fake)
    assert len(history.live.messages) == 150
    assert looks(services, session_id)[2:] == (125, 0, 125)
    await services.ledger.flush()
    new = await again(services, fake, tmp_path)
    try:
        await new.sessions.open(OPERATOR, session_id)
        assert looks(new, session_id)[2:] == (125, 0, 125)
        fake.change_session(session_id, revert=Revert(message_id=MessageID("msg_00200")))
        await until(lambda: bool(new.store.view(session_id).reverted))
        assert looks(new, session_id)[2] < 125, "what is undone does not count"
    finally:
        await new.stop()
