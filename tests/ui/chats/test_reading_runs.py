from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sprintagen.ui.chats.reading_runs import LONG, Run, find_runs
from tests.ui.canned import done, running
from tests.ui.fake_services import FakeServices

if TYPE_CHECKING:
    from nicegui.testing import User

READ = done({"filePath": "/workspace/shop/a.py"}, "x", 1000, 5)
GREP = done({"pattern": "def"}, "x", 1000, 5, matches=2)


class Told:
    """A session in which the agent works, one message per step."""

    def __init__(self) -> None:
        self.fake = FakeServices()
        self.session = self.fake.new_session("runs")
        self.fake.busy(self.session)
        self.prompt = self.fake.user(self.session, "Look around.")

    def step(self, *tools: tuple[str, dict[str, Any]], text: str = "", thought: bool = False) -> None:
        message = self.fake.assistant(self.session, self.prompt)
        self.fake.part(self.session, message, "step-start")
        if thought:
            self.fake.part(self.session, message, "reasoning", text="Hm.", time={"start": 1, "end": 2})
        for tool, state in tools:
            self.fake.tool(self.session, message, tool, state)
        if text:
            self.fake.part(self.session, message, "text", text=text, time={"start": 1, "end": 2})
        self.fake.part(self.session, message, "step-finish", reason="tool-calls")

    def runs(self) -> list[Run]:
        view = self.fake.store.view(self.session)
        return find_runs(view.messages.values(), active=view.is_active)


def test_a_long_run_through_several_steps_is_one_line_once_something_follows() -> None:
    told = Told()
    told.step(("read", READ), ("read", READ), thought=True)
    told.step(("grep", GREP), ("read", READ), thought=True)
    told.step(("read", READ), thought=True)
    assert told.runs() == []
    told.step(text="That is it.", thought=True)
    (run,) = told.runs()
    assert run.words == "4 reads, 1 search"
    assert len(run.parts) == LONG + 2  # the thoughts between the calls, neither the one before nor the one after


def test_it_is_over_as_well_when_the_turn_is() -> None:
    told = Told()
    told.step(*[("read", READ)] * LONG)
    assert told.runs() == []
    told.fake.idle(told.session)
    assert len(told.runs()) == 1


def test_a_short_run_and_one_that_another_tool_breaks_stay_as_they_are() -> None:
    told = Told()
    told.step(*[("read", READ)] * (LONG - 1))
    told.step(("bash", done({"command": "ls"}, "", 1, 1)))
    told.step(*[("read", READ)] * (LONG - 1), text="So.")
    told.fake.idle(told.session)
    assert told.runs() == []


def test_a_call_that_still_runs_keeps_its_run_open() -> None:
    told = Told()
    told.step(*[("read", READ)] * LONG, ("read", running({"filePath": "b.py"}, 1000)), text="Meanwhile")
    assert told.runs() == []


def test_failed_calls_are_counted() -> None:
    told = Told()
    failed = {"status": "error", "input": {}, "error": "gone", "time": {"start": 1, "end": 2}}
    told.step(*[("read", READ)] * LONG, ("read", failed), text="So.")
    assert [run.failed for run in told.runs()] == [1]


async def test_the_page_shows_the_line(user: User, fake: FakeServices) -> None:
    session = fake.new_session("runs")
    prompt = fake.user(session, "Look around.")
    message = fake.assistant(session, prompt, completed=2000, at=1000)
    for _ in range(LONG):
        fake.tool(session, message, "read", READ)
    fake.idle(session)
    await user.open(f"/admin/chats/{session}")
    await user.should_see(marker="reading-run", retries=20)
    assert len(user.find(marker="tool-call").elements) == LONG
