"""What a person can send besides words, against the real opencode: names, commands, shell lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sprintagen.errors import Conflict, InvalidInput
from sprintagen.opencode.models import AgentPart, FilePart, TextPart, ToolPart
from sprintagen.services.project_files import FoundPath
from sprintagen.services.prompts import PromptDraft, PromptFile, PromptMention
from sprintagen.services.refs import OPERATOR
from tests.services.fakes import until
from tests.services.test_real import LONG, services, session_id, words

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services
    from sprintagen.services.prompts import PromptAnswer
    from tests.rig import RealOpencode

__all__ = ["services", "session_id"]

pytestmark = pytest.mark.real


async def run(services: Services, session_id: SessionID, draft: PromptDraft) -> PromptAnswer:
    prompt = await services.prompts.send(OPERATOR, session_id, draft)
    return await services.prompts.answer(session_id, prompt.id, LONG)


async def test_files_and_folders_are_found_as_one_types(services: Services) -> None:
    found = await services.files.find("invent")
    assert found[0] == FoundPath("shop/inventory.py", "file")
    assert FoundPath("shop", "directory") in await services.files.find("shop")
    top = await services.files.find("")
    assert FoundPath("shop", "directory") in top
    assert not any(path.path.startswith(".git/") or path.path == ".git" for path in top)


async def test_named_files_folders_and_agents_reach_the_model(services: Services, session_id: SessionID) -> None:
    text = "/x say 2\nof @shop/basket.py and @shop/ with @general"
    at = text.index("@shop/basket.py")
    folder = text.index("@shop/ ")
    agent = text.index("@general")
    draft = PromptDraft(
        text,
        mentions=(
            PromptMention("file", "shop/basket.py", at, at + 15),
            PromptMention("directory", "shop", folder, folder + 6),
            PromptMention("agent", "general", agent, agent + 8),
        ),
    )
    answer = await run(services, session_id, draft)
    assert words(answer).split() == ["w0", "w1"]
    message = await services.server.client.messages.get(session_id, answer.message_id)
    files = {part.filename: part.source for part in message.parts if isinstance(part, FilePart)}
    source = files["shop/basket.py"]
    assert source is not None
    assert source["text"] == {"value": "@shop/basket.py", "start": at, "end": at + 15}
    assert [part.name for part in message.parts if isinstance(part, AgentPart)] == ["general"]
    read = "".join(part.text for part in message.parts if isinstance(part, TextPart) and part.synthetic)
    assert "class Basket" in read


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret.txt", "~/x", "shop/../../secret.txt", "out.txt", "no.py"])
async def test_what_is_not_in_the_project_cannot_be_named(
    services: Services, session_id: SessionID, real_opencode: RealOpencode, name: str
) -> None:
    (real_opencode.directory.parent / "secret.txt").write_text("canary")
    link = real_opencode.directory / "out.txt"
    if not link.is_symlink():
        link.symlink_to("../secret.txt")
    with pytest.raises(InvalidInput, match="not in the project"):
        await run(
            services, session_id, PromptDraft(f"@{name}", mentions=(PromptMention("file", name, 0, 1 + len(name)),))
        )
    if name != "no.py":
        with pytest.raises(InvalidInput, match="not in the project"):
            await run(services, session_id, PromptDraft(f"/init see @{name}", kind="command"))
    assert services.prompts.queue(session_id) == []


async def test_a_command_is_run_once_and_answered(services: Services, session_id: SessionID) -> None:
    names = [command.name for command in await services.catalog.commands()]
    assert "init" in names
    draft = PromptDraft(
        "/init the basket\n/x say 1", kind="command", files=(PromptFile("a.txt", "text/plain", b"note"),)
    )
    answer = await run(services, session_id, draft)
    assert answer.messages
    message = await services.server.client.messages.get(session_id, answer.message_id)
    assert any("the basket" in part.text for part in message.parts if isinstance(part, TextPart))
    assert [part.filename for part in message.parts if isinstance(part, FilePart)] == ["a.txt"]
    assert services.prompts.queue(session_id) == []


async def test_a_command_that_is_not_there_is_told_in_words(services: Services, session_id: SessionID) -> None:
    with pytest.raises(Conflict, match="did not run /nothing"):
        await run(services, session_id, PromptDraft("/nothing", kind="command"))


async def test_a_shell_line_runs_in_the_project(services: Services, session_id: SessionID) -> None:
    answer = await run(services, session_id, PromptDraft("!ls shop", kind="shell"))
    tools = [part for item in answer.messages for part in item.parts if isinstance(part, ToolPart)]
    assert [tool.tool for tool in tools] == ["bash"]
    assert "basket.py" in str(getattr(tools[0].state, "output", ""))
    await until(lambda: services.store.state(session_id) == "idle")
    after = await run(services, session_id, PromptDraft("/x say 1"))
    assert words(after).strip() == "w0"
