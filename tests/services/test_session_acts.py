"""Undo and redo, sending again, forks, compacting and sharing, over an opencode in memory."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sprintagen.errors import Conflict, InvalidInput, NotFound
from sprintagen.opencode import errors as opencode_errors
from sprintagen.opencode.ids import MessageID, SessionID
from sprintagen.opencode.models import FilePart, SessionModel, TextPart, UserMessage
from sprintagen.services.forking import origin_of
from sprintagen.services.prompts import PromptDraft, PromptFile
from sprintagen.services.refs import OPERATOR
from tests.services.conftest import IMPATIENT
from tests.services.fakes import settled, until

if TYPE_CHECKING:
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

UNKNOWN = MessageID("msg_unknown")
NOBODY = SessionID("ses_unknown")


async def talk(services: Services, fake: FakeOpencode, *texts: str) -> SessionID:
    """A session in which these were said and answered, one after the other."""
    session_id = fake.add_session("A talk")
    await settled()
    await say(services, session_id, *texts)
    await services.sessions.open(OPERATOR, session_id)
    return session_id


async def say(services: Services, session_id: SessionID, *texts: str) -> None:
    for text in texts:
        prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text=text))
        await services.prompts.answer(session_id, prompt.id, 5)


def prompts(fake: FakeOpencode, session_id: SessionID) -> list[MessageID]:
    return [item.info.id for item in fake.history[session_id] if isinstance(item.info, UserMessage)]


def texts(fake: FakeOpencode, session_id: SessionID) -> list[str]:
    parts = [part for item in fake.history[session_id] for part in item.parts]
    return [part.text for part in parts if isinstance(part, TextPart)]


def shown(services: Services, session_id: SessionID) -> list[str]:
    messages = services.store.view(session_id).messages.values()
    return [part.text for message in messages for part in message.parts.values()]


def changed(fake: FakeOpencode, session_id: SessionID, number: int, *diffs: dict[str, object]) -> None:
    """What opencode notes at a prompt when its turn has ended."""
    message_id = prompts(fake, session_id)[number]
    fake.history[session_id] = [
        item.model_copy(update={"info": item.info.model_copy(update={"summary": {"diffs": list(diffs)}})})
        if item.info.id == message_id
        else item
        for item in fake.history[session_id]
    ]


# -- undo and redo ----------------------------------------------------------------------------------------------------


async def test_a_preview_says_what_would_go_and_changes_nothing(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one", "two", "three")
    changed(fake, session_id, 0, {"file": "z.py", "additions": 9, "deletions": 9})
    changed(fake, session_id, 1, {"file": "a.py", "additions": 2, "deletions": 1, "status": "added", "patch": "@@"})
    changed(
        fake,
        session_id,
        2,
        {"file": "a.py", "additions": 3, "deletions": 0},
        {"file": "b.py", "additions": 0, "deletions": 4},
    )
    preview = await services.acts.reverting.preview(OPERATOR, session_id, prompts(fake, session_id)[1])
    assert (preview.text, preview.prompts, preview.messages) == ("two", 2, 4)
    assert [(file.file, file.additions, file.deletions, file.status) for file in preview.files] == [
        ("a.py", 5, 1, "added"),
        ("b.py", 0, 4, None),
    ]
    assert fake.stored[session_id].revert is None
    last = await services.acts.reverting.preview(OPERATOR, session_id)
    assert (last.text, last.prompts) == ("three", 1)


async def test_a_preview_counts_only_what_is_not_undone_yet(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one", "two", "three")
    await services.acts.reverting.revert(OPERATOR, session_id, prompts(fake, session_id)[2])
    preview = await services.acts.reverting.preview(OPERATOR, session_id)
    assert (preview.text, preview.prompts) == ("two", 1)
    with pytest.raises(NotFound, match="cannot be undone"):
        await services.acts.reverting.preview(OPERATOR, session_id, prompts(fake, session_id)[2])


async def test_undone_messages_are_hidden_listed_and_come_back_one_prompt_at_a_time(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await talk(services, fake, "one", "two", "three")
    await services.acts.reverting.revert(OPERATOR, session_id, prompts(fake, session_id)[1])
    assert shown(services, session_id) == ["one", "echo"]
    undone = services.acts.reverting.undone(session_id)
    assert undone is not None
    assert ([prompt.text for prompt in undone.prompts], undone.is_whole) == (["two", "three"], True)
    await services.acts.reverting.redo(OPERATOR, session_id)
    assert shown(services, session_id) == ["one", "echo", "two", "echo"]
    await services.acts.reverting.redo(OPERATOR, session_id)
    assert len(shown(services, session_id)) == 6
    assert services.acts.reverting.undone(session_id) is None
    with pytest.raises(Conflict, match="Nothing is undone"):
        await services.acts.reverting.redo(OPERATOR, session_id)


async def test_undone_messages_are_not_read_either_whether_somebody_looks_or_not(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await talk(services, fake, "one", "two")
    await services.acts.reverting.revert(OPERATOR, session_id, prompts(fake, session_id)[1])
    page = await services.sessions.messages(OPERATOR, session_id)
    services.store.view(session_id).unload()
    unseen = await services.sessions.messages(OPERATOR, session_id)
    for read in (page, unseen):
        assert [part.text for message in read.messages for part in message.parts.values()] == ["one", "echo"]


async def test_redo_goes_as_far_as_the_prompt_that_is_named(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one", "two", "three")
    first, second, _ = prompts(fake, session_id)
    await services.acts.reverting.revert(OPERATOR, session_id, first)
    await services.acts.reverting.redo(OPERATOR, session_id, second)
    assert shown(services, session_id) == ["one", "echo", "two", "echo"]
    with pytest.raises(NotFound, match="not undone"):
        await services.acts.reverting.redo(OPERATOR, session_id, first)
    await services.acts.reverting.unrevert(OPERATOR, session_id)
    assert len(shown(services, session_id)) == 6


async def test_the_next_prompt_removes_what_is_undone(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one", "two")
    await services.acts.reverting.revert(OPERATOR, session_id, prompts(fake, session_id)[1])
    await say(services, session_id, "instead")
    assert texts(fake, session_id) == ["one", "echo", "instead", "echo"]
    assert shown(services, session_id) == ["one", "echo", "instead", "echo"]


async def test_a_session_that_works_or_has_messages_waiting_cannot_be_undone(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await talk(services, fake, "one")
    [first] = prompts(fake, session_id)
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="two"))
    await until(lambda: services.store.view(session_id).is_active)
    with pytest.raises(Conflict, match="agent is working"):
        await services.acts.reverting.revert(OPERATOR, session_id, first)
    with pytest.raises(Conflict, match="agent is working"):
        await services.acts.reverting.unrevert(OPERATOR, session_id)
    fake.broken["messages.prompt_async"] = [opencode_errors.ServerUnreachable("It is away.")] * 9
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="three"))
    services.store.view(session_id).status = services.store.view(NOBODY).status  # idle, and the next is about to go
    with pytest.raises(Conflict, match="waiting to be sent"):
        await services.acts.reverting.revert(OPERATOR, session_id, first)
    assert "sessions.revert" not in fake.calls


async def test_a_running_turn_is_stopped_first_where_that_is_wanted(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one")
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="two"))
    await until(lambda: services.store.view(session_id).is_active)
    await services.acts.reverting.revert(OPERATOR, session_id, prompts(fake, session_id)[1], stop=True)
    assert fake.calls.index("sessions.abort") < fake.calls.index("sessions.revert")
    assert shown(services, session_id) == ["one", "echo"]


async def test_a_turn_that_does_not_stop_is_not_undone(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sprintagen.services.session_access.STOPPING", 0.02)
    session_id = await talk(services, fake, "one")
    fake.status(session_id, "busy")
    await settled()
    settling = asyncio.create_task(services.acts.access.settle(session_id))
    await settled()
    assert not settling.done()
    fake.status(session_id, "idle")
    await settling
    fake.status(session_id, "busy")
    await settled()
    with pytest.raises(Conflict, match="could not be stopped"):
        await services.acts.access.settle(session_id)


async def test_a_prompt_that_is_undone_before_anything_answered_it_is_not_sent_again(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await talk(services, fake)
    services.prompts._delivery.patience = replace(IMPATIENT, start=60, doubt=60, look=60)
    fake.waiting.add(session_id)
    prompt = await services.prompts.send(OPERATOR, session_id, PromptDraft(text="one"))
    await until(lambda: [one.state for one in services.prompts.queue(session_id)] == ["sent"])
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    fake.busy.clear()  # the server died, and is back
    fake.waiting.clear()
    fake.connect()
    await until(lambda: services.feed.is_connected() and not services.store.view(session_id).is_active)
    services.prompts._delivery.patience = IMPATIENT  # from the next event on
    await services.acts.reverting.revert(OPERATOR, session_id, prompt.message_id)
    await until(lambda: not services.prompts.queue(session_id))
    assert fake.calls.count("messages.prompt_async") == 1
    assert services.acts.reverting.undone(session_id) is not None


async def test_only_prompts_can_be_gone_back_to(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one")
    answer = fake.history[session_id][1].info.id
    for wrong in (answer, UNKNOWN):
        with pytest.raises(NotFound):
            await services.acts.reverting.revert(OPERATOR, session_id, wrong)
        with pytest.raises(NotFound):
            await services.acts.reverting.preview(OPERATOR, session_id, wrong)
    with pytest.raises(NotFound):
        await services.acts.reverting.revert(OPERATOR, NOBODY, answer)
    assert "sessions.revert" not in fake.calls


async def test_in_an_empty_session_there_is_nothing_to_undo(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake)
    with pytest.raises(NotFound, match="nothing to undo"):
        await services.acts.reverting.preview(OPERATOR, session_id)


# -- sending again ----------------------------------------------------------------------------------------------------


async def test_the_last_prompt_is_asked_again_with_its_files(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one")
    draft = PromptDraft(text="two", files=(PromptFile("a.txt", "text/plain", b"in it"),))
    first = await services.prompts.send(OPERATOR, session_id, draft)
    await services.prompts.answer(session_id, first.id, 5)
    again = await services.acts.resending.resend(OPERATOR, session_id)
    await services.prompts.answer(session_id, again.id, 5)
    assert texts(fake, session_id) == ["one", "echo", "two", "echo"]
    assert first.message_id not in prompts(fake, session_id)
    [file] = [part for item in fake.history[session_id] for part in item.parts if isinstance(part, FilePart)]
    assert (file.filename, base64.b64decode(file.url.partition(",")[2])) == ("a.txt", b"in it")


async def test_a_prompt_is_asked_in_other_words(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one", "two", "three")
    second = prompts(fake, session_id)[1]
    again = await services.acts.resending.resend(OPERATOR, session_id, second, text="better")
    await services.prompts.answer(session_id, again.id, 5)
    assert texts(fake, session_id) == ["one", "echo", "better", "echo"]


async def test_asking_again_a_second_time_with_the_same_key_undoes_nothing_more(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = await talk(services, fake, "one", "two")
    again = await services.acts.resending.resend(OPERATOR, session_id, client_key="k")
    await services.prompts.answer(session_id, again.id, 5)
    repeated = await services.acts.resending.resend(OPERATOR, session_id, client_key="k")
    assert repeated.id == again.id
    assert fake.calls.count("sessions.revert") == 1
    assert shown(services, session_id) == ["one", "echo", "two", "echo"]


async def test_what_cannot_be_sent_again_is_not_undone(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one")
    item = fake.history[session_id][0]
    with pytest.raises(InvalidInput):
        await services.acts.resending.resend(OPERATOR, session_id, text="  ")
    named = FilePart(
        id=item.parts[0].id, session_id=session_id, message_id=item.info.id, mime="text/plain", url="file:///etc/passwd"
    )
    fake.history[session_id][0] = item.model_copy(update={"parts": [named]})
    with pytest.raises(Conflict, match="names files of the server"):
        await services.acts.resending.resend(OPERATOR, session_id)
    with pytest.raises(NotFound):
        await services.acts.resending.resend(OPERATOR, session_id, UNKNOWN)
    assert "sessions.revert" not in fake.calls


# -- forks ------------------------------------------------------------------------------------------------------------


async def test_a_fork_before_a_prompt_brings_its_words_along(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one", "two")
    fork = await services.acts.forking.fork(OPERATOR, session_id, prompts(fake, session_id)[1])
    assert (fork.text, texts(fake, fork.session_id)) == ("two", ["one", "echo"])
    assert origin_of(services.store.sessions[fork.session_id]) == session_id
    await settled()
    assert (await services.sessions.get(OPERATOR, fork.session_id)).origin == "created"


async def test_a_fork_after_an_answer_has_the_whole_turn(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one", "two")
    answers = [item.info.id for item in fake.history[session_id]][1::2]
    first = await services.acts.forking.fork(OPERATOR, session_id, answers[0])
    assert (first.text, texts(fake, first.session_id)) == ("", ["one", "echo"])
    second = await services.acts.forking.fork(OPERATOR, session_id, answers[1])
    assert texts(fake, second.session_id) == ["one", "echo", "two", "echo"]


async def test_a_fork_leaves_out_what_is_undone(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one", "two")
    second = prompts(fake, session_id)[1]
    await services.acts.reverting.revert(OPERATOR, session_id, second)
    fork = await services.acts.forking.fork(OPERATOR, session_id)
    assert texts(fake, fork.session_id) == ["one", "echo"]
    with pytest.raises(NotFound):
        await services.acts.forking.fork(OPERATOR, session_id, second)


async def test_a_fork_of_a_fork_came_from_the_fork(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one")
    first = await services.acts.forking.fork(OPERATOR, session_id)
    second = await services.acts.forking.fork(OPERATOR, first.session_id)
    assert origin_of(services.store.sessions[second.session_id]) == first.session_id
    assert origin_of(services.store.sessions[session_id]) is None


async def test_a_fork_is_there_though_its_origin_cannot_be_written_down(
    services: Services, fake: FakeOpencode, caplog: pytest.LogCaptureFixture
) -> None:
    session_id = await talk(services, fake, "one")
    fake.broken["sessions.update"] = [opencode_errors.ServerUnreachable("It is away.")]
    fork = await services.acts.forking.fork(OPERATOR, session_id)
    assert fork.session_id in services.store.sessions
    assert "could not be written down" in caplog.text


# -- compacting -------------------------------------------------------------------------------------------------------


async def test_a_session_is_compacted_with_its_own_model(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one")
    fake.change_session(session_id, model=SessionModel(id="m1", provider_id="acme"))
    await settled()
    await services.acts.compacting.compact(OPERATOR, session_id)
    assert "summarize with acme/m1" in fake.calls


async def test_what_cannot_be_compacted_is_refused_in_words(services: Services, fake: FakeOpencode) -> None:
    empty = await talk(services, fake)
    with pytest.raises(Conflict, match="nothing to compact"):
        await services.acts.compacting.compact(OPERATOR, empty)
    session_id = await talk(services, fake, "one")
    await services.acts.reverting.revert(OPERATOR, session_id, prompts(fake, session_id)[0])
    with pytest.raises(Conflict, match="undone"):
        await services.acts.compacting.compact(OPERATOR, session_id)
    await services.acts.reverting.unrevert(OPERATOR, session_id)
    fake.status(session_id, "busy")
    await settled()
    with pytest.raises(Conflict, match="agent is working"):
        await services.acts.compacting.compact(OPERATOR, session_id)
    assert "sessions.summarize" not in fake.calls


async def test_two_who_compact_at_once_do_it_once(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one")
    fake.change_session(session_id, model=SessionModel(id="m1", provider_id="acme"))
    await settled()
    results = await asyncio.gather(
        *[services.acts.compacting.compact(OPERATOR, session_id) for _ in range(2)], return_exceptions=True
    )
    assert sorted(str(result) for result in results) == ["None", "This session is being compacted already."]
    assert fake.calls.count("sessions.summarize") == 1


async def test_a_message_sent_while_the_model_is_looked_up_goes_before_compacting(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await talk(services, fake, "one")
    fake.change_session(session_id, model=SessionModel(id="m1", provider_id="acme"))
    await settled()
    list_messages = fake.messages.list

    async def late(*args: object, **more: object) -> object:
        fake.waiting.add(session_id)
        await services.prompts.send(OPERATOR, session_id, PromptDraft(text="two"))
        return await list_messages(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(fake.messages, "list", late)
    with pytest.raises(Conflict, match="waiting to be sent"):
        await services.acts.compacting.compact(OPERATOR, session_id)
    assert "sessions.summarize" not in fake.calls
    monkeypatch.undo()
    await until(lambda: session_id in fake.busy)
    fake.finish(session_id)


# -- sharing ----------------------------------------------------------------------------------------------------------


async def test_a_session_is_shared_and_taken_back(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one")
    url = await services.acts.sharing.share(OPERATOR, session_id)
    assert url == await services.acts.sharing.share(OPERATOR, session_id)
    assert fake.calls.count("sessions.share") == 1
    await services.acts.sharing.unshare(OPERATOR, session_id)
    await services.acts.sharing.unshare(OPERATOR, session_id)
    assert services.store.sessions[session_id].share is None
    assert fake.calls.count("sessions.unshare") == 1


async def test_sharing_that_is_switched_off_or_fails_is_said_in_words(services: Services, fake: FakeOpencode) -> None:
    session_id = await talk(services, fake, "one")
    fake.broken["sessions.share"] = [opencode_errors.ServerFault("It failed.", status=500)]
    with pytest.raises(Conflict, match="could not publish"):
        await services.acts.sharing.share(OPERATOR, session_id)
    fake.sharing = "disabled"
    assert not await services.acts.sharing.is_offered(session_id)
    with pytest.raises(Conflict, match="switched off"):
        await services.acts.sharing.share(OPERATOR, session_id)
    assert fake.calls.count("sessions.share") == 1
