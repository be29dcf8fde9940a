from __future__ import annotations

import dataclasses
import json
import logging
from typing import TYPE_CHECKING, Any, get_args

import pytest
from nicegui import ui

from sprintagen import ui as doors
from sprintagen.opencode.models import ToolPart, UnknownPart
from sprintagen.services.session_view import ToolDisplayState
from sprintagen.ui.chats.parts.registry import draw_part
from sprintagen.ui.chats.tools.base import RenderContext
from sprintagen.ui.chats.tools.registry import GENERIC, TOOLS, tool_for
from sprintagen.ui.gallery import page as gallery
from sprintagen.ui.gallery.part_samples import part_groups
from sprintagen.ui.gallery.samples import MESSAGE, Sample
from sprintagen.ui.gallery.tool_samples import tool_groups
from sprintagen.ui.kit.fold import Fold
from tests.services.replay import TRACES
from tests.ui.fake_services import FakeServices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nicegui.testing import User

GROUPS = [*part_groups(), *tool_groups()]
SAMPLES = [pytest.param(sample, id=f"{group.name}-{sample.name}") for group in GROUPS for sample in group.samples]
TOOL_SAMPLES = [sample for group in tool_groups() for sample in group.samples]
FOLDED = {"tool", "reasoning", "patch", "hologram"}
PARTS_WITHOUT_A_LOOK = {"snapshot", "step-start", "tool"}


def recorded() -> Iterator[dict[str, Any]]:
    """Every tool call of the traces in every state it went through."""
    for path in sorted(TRACES.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            event = json.loads(line) if '"tool"' in line else {}
            part = event.get("payload", event).get("properties", {}).get("part", {})
            if part.get("type") == "tool":
                yield part


def test_every_tool_has_samples_in_every_state() -> None:
    shown: dict[str, set[str]] = {}
    for sample in TOOL_SAMPLES:
        view = sample.view()
        part_id = next(iter(view.messages[MESSAGE].parts))
        shown.setdefault(sample.part["tool"], set()).add(view.tool_state(part_id))
    for tool in TOOLS:
        states = set.union(set(), *(shown.get(name, set()) for name in tool.names))
        assert states >= set(get_args(ToolDisplayState)), tool.names
    assert any(tool_for(name) is GENERIC for name in shown)


def test_every_kind_of_part_has_a_sample() -> None:
    from sprintagen.opencode.models import part as parts

    assert {sample.part["type"] for group in part_groups() for sample in group.samples} >= (
        parts._KINDS - PARTS_WITHOUT_A_LOOK
    )


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_can_be_read_as_what_it_claims_to_be(sample: Sample) -> None:
    [view] = sample.view().messages[MESSAGE].parts.values()
    assert isinstance(view.part, UnknownPart) == (sample.name in ("unknown", "unreadable"))
    if isinstance(view.part, ToolPart):
        assert view.part.state.status in ("pending", "running", "completed", "error")


def test_samples_of_recorded_tools_say_what_the_records_say() -> None:
    """A field a record of opencode has in its arguments and metadata is in some sample of that tool."""
    ours: dict[tuple[str, str], set[str]] = {}
    for sample in TOOL_SAMPLES:
        state = sample.part["state"]
        known = ours.setdefault((sample.part["tool"], state["status"]), set())
        known |= state["input"].keys() | state.get("metadata", {}).keys()
    unused = {"truncated", "loaded", "preview", "filepath", "output", "outputPath", "model", "timeout", "interrupted"}
    for part in recorded():
        state = part["state"]
        if state["status"] != "completed":
            continue
        told = state["input"].keys() | state.get("metadata", {}).keys()
        assert told - unused <= ours[part["tool"], state["status"]], part["tool"]


@pytest.mark.parametrize("sample", SAMPLES)
async def test_a_sample_is_drawn_by_its_own_renderer(
    user: User, sample: Sample, caplog: pytest.LogCaptureFixture
) -> None:
    @ui.page("/")
    def page() -> None:
        view = sample.view()
        for part in view.messages[MESSAGE].parts.values():
            draw_part(part, RenderContext(view, lambda _: None))

    await user.open("/")
    if sample.part["type"] in FOLDED:
        user.find(kind=Fold).trigger("open", True)
    assert not [
        record for record in caplog.records if record.levelno >= logging.WARNING and "sprintagen" in record.name
    ]


async def test_a_tool_call_says_how_it_stands_and_shows_it_without_colours(user: User) -> None:
    @ui.page("/")
    def page() -> None:
        for sample in TOOL_SAMPLES:
            view = sample.view()
            for part in view.messages[MESSAGE].parts.values():
                draw_part(part, RenderContext(view, lambda _: None))

    await user.open("/")
    told: dict[str, set[tuple[str, str, bool]]] = {}
    for fold in user.find(kind=Fold).elements:
        known = fold.props
        words = known.get("spoken") or known["note"]
        told.setdefault(known["data-state"], set()).add((words, known.get("sign", ""), known.get("spin", False)))
    assert told.keys() == set(get_args(ToolDisplayState))
    assert all(len(looks) == 1 for looks in told.values()), "the same for every tool"
    seen = {state: next(iter(looks)) for state, looks in told.items()}
    assert len({words for words, _, _ in seen.values()}) == len(seen)
    assert {state for state, (_, _, spins) in seen.items() if spins} == {"pending", "running"}
    signs = [sign for _, sign, spins in seen.values() if not spins]
    assert len(set(signs)) == len(signs), "at a glance: a sign, or none for what is done"


async def test_the_demo_has_the_gallery(user: User) -> None:
    doors.register(FakeServices().services)
    await user.open(gallery.PATH)
    await user.should_see("tracker_create_issue")


async def test_nobody_else_has_it(user: User) -> None:
    fake = FakeServices()
    fake.services.about = dataclasses.replace(fake.services.about, demo=False)
    doors.register(fake.services)
    response = await user.http_client.get(gallery.PATH)
    assert response.status_code == 404
