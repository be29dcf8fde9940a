"""Searching in a session: everything a person can read, newest first, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.errors import InvalidInput
from sprintagen.opencode.ids import MessageID
from sprintagen.opencode.models import MessageWithParts, Revert
from sprintagen.services import session_search, session_texts
from sprintagen.services.message_view import merged
from sprintagen.services.readable import line_of, line_of_view, words_of, words_of_view
from sprintagen.services.session_search import Found, words_in
from tests.services.fakes import until
from tests.services.test_session_index import item, long_session, opened

if TYPE_CHECKING:
    from sprintagen.services import Services
    from sprintagen.services.history import History
    from tests.services.fakes import FakeOpencode

PLACE = {"id": "prt_1", "sessionID": "ses_1", "messageID": "msg_1"}
TOOL = {
    "status": "completed",
    "input": {"command": "grep -r Frobnicate", "deep": {"list": ["inner words"]}, "count": 3},
    "output": "shop/cart.py:15",
    "title": "Looks around",
    "metadata": {"secret": "not on the page"},
    "time": {"start": 1, "end": 2},
}


def wire(*parts: dict[str, Any], role: str = "user", **info: Any) -> dict[str, Any]:
    info = {"id": "msg_1", "sessionID": "ses_1", "role": role, "time": {"created": 1_767_225_600_000}, **info}
    return {"info": info, "parts": [PLACE | {"id": f"prt_{n}"} | part for n, part in enumerate(parts)]}


READABLE = wire(
    {"type": "text", "text": "Said <b>plainly</b>"},
    {"type": "text", "text": "for the model only", "synthetic": True},
    {"type": "reasoning", "text": "Thought about it", "time": {"start": 1, "end": 2}},
    {"type": "tool", "callID": "call_1", "tool": "bash", "state": TOOL},
    {"type": "file", "filename": "notes.txt", "mime": "text/plain", "url": "data:,hidden"},
    {"type": "subtask", "prompt": "Look around", "description": "A look", "agent": "explore"},
    {"type": "patch", "hash": "abc", "files": ["shop/money.py"]},
    {"type": "step-start"},
    {"type": "hologram", "shape": "cube"},
    role="assistant",
    error={"name": "APIError", "data": {"message": "Your credit is used up"}},
)


def test_what_can_be_read_is_prompts_answers_thoughts_tools_files_and_failures_and_no_more() -> None:
    words = {part.part_id: part.text for part in words_of(READABLE)}
    assert words == {
        "prt_0": "Said <b>plainly</b>",
        "prt_2": "Thought about it",
        "prt_3": "bash\ngrep -r Frobnicate\ninner words\nLooks around\nshop/cart.py:15",
        "prt_4": "notes.txt",
        "prt_5": "A look\nLook around",
        "prt_6": "shop/money.py",
        "": "Your credit is used up",
    }


def test_the_same_can_be_read_in_a_message_that_is_in_memory() -> None:
    view = merged(MessageWithParts.model_validate(READABLE), None)
    assert words_of_view(view) == words_of(READABLE)
    assert line_of_view(view) == line_of(READABLE) == "Said <b>plainly</b>"


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ([{"type": "text", "text": "\n\n  Fix it  \nplease"}], "Fix it"),
        ([{"type": "text", "text": "x" * 500}], "x" * 119 + "…"),
        ([{"type": "text", "text": "\u202eevil\x07"}], "evil"),
        ([{"type": "text", "text": "hidden", "synthetic": True}], None),
        ([{"type": "compaction", "auto": True}], None),
        ([{"type": "file", "filename": "plan.pdf"}], "plan.pdf"),
        ([{"type": "file", "filename": "plan.pdf"}, {"type": "text", "text": "Read this"}], "Read this"),
        ([{"type": "subtask", "description": "Look around"}], "Look around"),
        ([{"type": "text", "text": "   "}], ""),
        ([], None),
    ],
)
def test_a_prompt_is_known_by_the_first_line_a_person_wrote(parts: list[dict[str, Any]], line: str | None) -> None:
    assert line_of(wire(*parts)) == line


@pytest.mark.parametrize(
    "item", [{}, {"parts": None}, {"parts": [None, 3, {"type": 5}]}, {"info": None, "parts": [{"type": "tool"}]}]
)
def test_a_message_of_an_unforeseen_shape_has_no_words(item: dict[str, Any]) -> None:
    assert words_of(item) == []
    assert line_of(item) is None


@pytest.mark.parametrize("query", ["", "   ", " ".join(map(str, range(11))), "x" * 201])
def test_a_query_without_words_or_with_too_many_is_refused(query: str) -> None:
    with pytest.raises(InvalidInput):
        words_in(query)


async def search(services: Services, history: History, query: str, **more: Any) -> list[Found]:
    return [found async for found in services.search.run(history.live, words_in(query), **more)]


def ids(pieces: list[Found]) -> list[str]:
    return [hit.message_id for found in pieces for hit in found.hits]


async def test_hits_come_newest_first_as_the_session_is_read(services: Services, fake: FakeOpencode) -> None:
    history = await opened(services, await long_session(services, fake, 350))
    pieces = await search(services, history, "question")
    assert ids(pieces) == [f"msg_{number:05d}" for number in range(348, -1, -2)]
    assert [len(found.hits) for found in pieces] == [50, 50, 50, 25]
    assert [found.back_to for found in pieces] == [item(history.live.session_id, n).info.time.created  # type: ignore[union-attr]
                                                   for n in (250, 150, 50)] + [None]  # fmt: skip


async def test_a_hit_has_every_word_in_any_case_and_says_in_which_parts(services: Services, fake: FakeOpencode) -> None:
    history = await opened(services, await long_session(services, fake, 250))
    (hit,) = [hit for found in await search(services, history, "NEEDLE33 answer", excerpts=True) for hit in found.hits]
    assert (hit.message_id, hit.role, hit.part_ids) == ("msg_00033", "assistant", ("prt_00033",))
    assert hit.excerpt == "Answer 33 has a needle33."
    assert ids(await search(services, history, "needle33 question")) == []


async def test_the_second_search_asks_opencode_nothing(services: Services, fake: FakeOpencode) -> None:
    history = await opened(services, await long_session(services, fake, 350))
    await search(services, history, "needle")
    fake.calls.clear()
    assert len(ids(await search(services, history, "needle"))) == 175
    assert fake.calls == []


async def test_text_that_still_streams_is_found(services: Services, fake: FakeOpencode) -> None:
    history = await opened(services, await long_session(services, fake, 2))
    part = next(iter(history.live.messages[MessageID("msg_00001")].parts.values()))
    part.append(" And a haystack")
    assert ids(await search(services, history, "haystack")) == ["msg_00001"]


async def test_what_was_removed_or_reverted_is_not_found(services: Services, fake: FakeOpencode) -> None:
    session_id = await long_session(services, fake, 250)
    history = await opened(services, session_id)
    await search(services, history, "question")
    await fake.messages.delete(session_id, MessageID("msg_00020"))
    fake.change_session(session_id, revert=Revert(message_id=MessageID("msg_00040")))
    await until(lambda: not history.live.messages)
    assert ids(await search(services, history, "question")) == [
        f"msg_{number:05d}" for number in range(38, -1, -2) if number != 20
    ]


async def test_the_words_of_a_very_long_session_stay_up_to_a_limit_and_the_rest_is_read_again(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = await opened(services, await long_session(services, fake, 450))
    one_page = sum(
        len(words.text) for n in range(250, 350) for words in words_of(_plain(item(history.live.session_id, n)))
    )
    monkeypatch.setattr(session_texts, "KEPT", 2 * one_page)
    first = await search(services, history, "needle")
    assert [found.is_kept for found in first] == [True, True, True, False, False]
    assert history.texts.size <= 2 * one_page
    fake.calls.clear()
    assert ids(await search(services, history, "needle")) == ids(first)
    assert fake.calls == ["messages.list_plain"] * 2


def _plain(message: MessageWithParts) -> dict[str, Any]:
    return message.model_dump(by_alias=True)


async def test_the_words_go_some_time_after_the_last_search(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_search, "LINGER", 0.5)
    history = await opened(services, await long_session(services, fake, 250))
    await search(services, history, "needle")
    assert history.texts.size > 0
    await until(lambda: history.texts.size == 0)


async def test_the_words_of_few_sessions_are_in_memory_at_a_time(services: Services, fake: FakeOpencode) -> None:
    histories = [await opened(services, await long_session(services, fake, 150)) for _ in range(6)]
    for history in histories:
        await search(services, history, "needle")
    assert [history.texts.size > 0 for history in histories] == [False, False, True, True, True, True]
    services.search.stop()
    assert not any(history.texts.size for history in histories)


async def test_after_a_gap_the_words_are_read_anew(services: Services, fake: FakeOpencode) -> None:
    session_id = await long_session(services, fake, 250)
    history = await opened(services, session_id)
    await search(services, history, "question")
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    del fake.history[session_id][20]
    fake.connect()
    await until(services.feed.is_connected)
    await until(lambda: "Question 20" not in [turn.line for turn in history.index.turns()] or not history.texts.size)
    assert "msg_00020" not in ids(await search(services, history, "question"))
