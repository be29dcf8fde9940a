"""A session as a document, over an opencode in memory: nothing is lost, nothing gets out of its place."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.errors import NotFound
from sprintagen.export import prose, write
from sprintagen.export import reading as reading_module
from sprintagen.opencode.ids import CallID, MessageID, PartID, SessionID
from sprintagen.opencode.models import (
    AssistantMessage,
    MessageError,
    MessageTime,
    MessageWithParts,
    ReasoningPart,
    TextPart,
    ToolCompleted,
    ToolError,
    ToolPart,
    UserMessage,
)
from sprintagen.services.refs import OPERATOR
from tests.services.conftest import fake, services
from tests.services.fakes import settled

if TYPE_CHECKING:
    from sprintagen.export import Format
    from sprintagen.opencode.models import Message, Part
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

__all__ = ["fake", "services"]

EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'</pre></details></summary>"
AT = datetime(2026, 11, 27, 2, 10, tzinfo=UTC)
FORMATS: tuple[Format, ...] = ("md", "json", "html")


class Talk:
    """Puts messages into a session of the fake, with ids that ascend."""

    def __init__(self, fake: FakeOpencode, title: str = "Fix the shop") -> None:
        self.fake = fake
        self.id = fake.add_session(title)
        self._number = 0

    def says(self, text: str, **more: Any) -> MessageID:
        message_id = self._next("msg")
        time = MessageTime(created=AT)
        return self._add(UserMessage(id=message_id, session_id=self.id, time=time, **more), self._text(text))

    def answers(self, *parts: Part, **more: Any) -> MessageID:
        message_id = self._next("msg")
        time = MessageTime(created=AT, completed=AT)
        return self._add(AssistantMessage(id=message_id, session_id=self.id, time=time, **more), *parts)

    def text(self, text: str) -> TextPart:
        return self._text(text)

    def thought(self, text: str) -> ReasoningPart:
        return ReasoningPart(**self._place(), text=text)

    def tool(self, name: str, state: ToolCompleted | ToolError) -> ToolPart:
        return ToolPart(**self._place(), call_id=CallID("c"), tool=name, state=state)

    def _text(self, text: str) -> TextPart:
        return TextPart(**self._place(), text=text)

    def _place(self) -> dict[str, Any]:
        return {"id": PartID(self._next("prt")), "session_id": self.id, "message_id": MessageID("msg_x")}

    def _next(self, kind: str) -> MessageID:
        self._number += 1
        return MessageID(f"{kind}_{self._number:06d}")

    def _add(self, info: Message, *parts: Part) -> MessageID:
        self.fake.history[self.id].append(MessageWithParts(info=info, parts=list(parts)))
        return info.id


async def exported(services: Services, session_id: SessionID, format: Format) -> str:
    await settled()
    document = await write(services, OPERATOR, session_id, format)
    return "".join([piece async for piece in document.pieces])


def hostile(fake: FakeOpencode) -> Talk:
    """Everything that can be said, said by somebody who means harm."""
    talk = Talk(fake, f"Title {EVIL}")
    diff = {"file": f"a{EVIL}.py", "patch": f"@@ -1 +1 @@\n-{EVIL}\n+{EVIL}\n", "additions": 1, "deletions": 1}
    talk.says(f"{EVIL}\n```\n", summary={"diffs": [diff]})
    talk.answers(
        talk.thought(EVIL),
        talk.text(
            f"{EVIL}\n\n![x](https://evil.example/x.png) [y](javascript:alert(3)) `{EVIL}`\n\n```{EVIL}\n{EVIL}\n```"
        ),
        talk.tool(f"bash{EVIL}", ToolCompleted(input={"command": EVIL}, output=f"````\n{EVIL}")),
        talk.tool("edit", ToolCompleted(input={"filePath": EVIL}, metadata={"diff": f"-{EVIL}\n+{EVIL}"})),
        talk.tool("read", ToolError(input={"filePath": EVIL}, error=EVIL)),
    )
    talk.answers(
        error=MessageError(
            name="APIError",
            data={
                "message": EVIL,
                "statusCode": 500,
                "responseHeaders": {"x-key": "sk-canary"},
                "url": "https://p.example",
            },
        )
    )
    return talk


@pytest.mark.parametrize("format", FORMATS)
async def test_a_document_has_everything_that_was_said_in_order(
    services: Services, fake: FakeOpencode, format: Format
) -> None:
    talk = Talk(fake)
    talk.says("Why does the total differ?")
    talk.answers(
        talk.thought("Look at rounding."),
        talk.tool("bash", ToolCompleted(input={"command": "pytest -q"}, output="2 failed")),
    )
    talk.answers(talk.text("It rounds **each line**."))
    talk.says("Then mend it.")
    said = await exported(services, talk.id, format)
    wanted = [
        "Fix the shop",
        "Why does the total",
        "Look at rounding",
        "pytest -q",
        "2 failed",
        "each line",
        "Then mend",
    ]
    places = [said.index(one) for one in wanted]
    assert places == sorted(places)


@pytest.mark.parametrize("format", FORMATS)
async def test_a_long_session_is_read_in_pages_and_never_held(
    services: Services, fake: FakeOpencode, format: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_module, "PAGE", 10)
    talk = Talk(fake)
    for number in range(105):
        talk.says(f"word-{number}.")
    await settled()
    document = await write(services, OPERATOR, talk.id, format)
    pieces = [piece async for piece in document.pieces]
    assert len(pieces) == 11 + 2
    assert re.findall(r"word-(\d+)\.", "".join(pieces)) == [str(number) for number in range(105)]
    assert not services.store.view(talk.id).messages


async def test_what_is_said_while_a_document_is_written_leaves_no_hole(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_module, "PAGE", 4)
    talk = Talk(fake)
    for number in range(10):
        talk.says(f"word-{number}.")
    await settled()
    document = await write(services, OPERATOR, talk.id, "md")
    for number in range(10, 13):
        talk.says(f"word-{number}.")
    said = "".join([piece async for piece in document.pieces])
    assert re.findall(r"word-(\d+)\.", said) == [str(number) for number in range(10)]


@pytest.mark.parametrize("format", FORMATS)
async def test_what_is_undone_is_left_out(services: Services, fake: FakeOpencode, format: Format) -> None:
    talk = Talk(fake)
    talk.says("Stays.")
    undone = talk.says("Undone.")
    await settled()
    await services.acts.reverting.revert(OPERATOR, talk.id, undone)
    said = await exported(services, talk.id, format)
    assert "Stays." in said
    assert "Undone." not in said


async def test_the_json_is_opencodes_own_and_reads_back(services: Services, fake: FakeOpencode) -> None:
    talk = hostile(fake)
    document = json.loads(await exported(services, talk.id, "json"))
    assert document["info"]["id"] == talk.id
    assert isinstance(document["info"]["time"]["created"], int)
    messages = [MessageWithParts.model_validate(item) for item in document["messages"]]
    assert [item.info.id for item in messages] == [item.info.id for item in fake.history[talk.id]]
    assert document["messages"][0]["info"]["sessionID"] == talk.id
    assert document["messages"][1]["parts"][1]["messageID"] == "msg_x"
    assert document["messages"][2]["info"]["error"] == {
        "name": "APIError",
        "data": {"message": EVIL, "statusCode": 500},
    }


@pytest.mark.parametrize("format", FORMATS)
async def test_no_header_of_a_provider_and_no_address_gets_into_a_document(
    services: Services, fake: FakeOpencode, format: Format
) -> None:
    said = await exported(services, hostile(fake).id, format)
    for secret in ("sk-canary", "p.example", "x-key", "127.0.0.1", "a token of sixteen"):
        assert secret not in said


class Seen(HTMLParser):
    """Which tags and attributes a browser would find."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}


async def test_the_page_holds_no_tag_of_anybody_elses(services: Services, fake: FakeOpencode) -> None:
    page = await exported(services, hostile(fake).id, "html")
    seen = Seen(page)
    assert not seen.tags & {"script", "iframe", "object", "link", "form", "base", "img"}
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    assert not [
        value for name, value in seen.attributes if name in ("src", "href") and not value.startswith("https://")
    ]
    assert ("content", "no-referrer") in seen.attributes
    assert "default-src 'none'" in page
    assert "url(" not in page
    assert "@import" not in page


async def test_every_tag_of_the_page_is_closed(services: Services, fake: FakeOpencode) -> None:
    page = await exported(services, hostile(fake).id, "html")
    for tag in ("article", "details", "summary", "pre", "main", "header", "body"):
        assert len(re.findall(rf"<{tag}[ >]", page)) == page.count(f"</{tag}>"), tag


async def test_a_fence_in_the_output_of_a_tool_does_not_end_its_block(services: Services, fake: FakeOpencode) -> None:
    said = await exported(services, hostile(fake).id, "md")
    assert "`````\n````\n<img" in said
    assert "<summary><b>bash&lt;img" in said


@pytest.mark.parametrize(
    ("markdown", "forbidden"),
    [
        ("[x](javascript:alert(1))", "href"), ("[x](data:text/html,<script>)", "href"), ("[x](file:///etc)", "href"),
        ("<b onclick=x>y</b>", "<b"), ("![x](https://e.example/x.png)", "<img"), ("<https://a.e/\"onx=1>", '"onx'),
        ("```html onload=x\n<script>\n```", "<script"), ("```\"><script>\nx\n```", "<script"),
    ],
)  # fmt: skip
def test_prose_can_do_nothing(markdown: str, forbidden: str) -> None:
    assert forbidden not in prose.render(markdown)


def test_code_in_a_language_of_the_agents_choice_cannot_hold_up_the_process() -> None:
    """Some lexers take exponentially long on a few characters; a child can be ended, a thread could not."""
    program = "from sprintagen.export import prose; print(prose.render(chr(96) * 3 + 'fish\\n\"' + chr(92) * 80))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "<code" in ended.stdout


def test_prose_looks_like_prose() -> None:
    rendered = prose.render(
        "# A\n\n**b** `c` [d](https://d.example)\n\n| e | f |\n|---|---|\n| 1 | 2 |\n\n```python\nx = 1\n```"
    )
    for wanted in ("<h1>", "<strong>", "<code>", 'href="https://d.example"', "noopener", "<table>", 'class="mi"'):
        assert wanted in rendered


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Fix the shop!", "fix-the-shop.md"), ("../../etc/passwd", "etc-passwd.md"), ('a"\r\nX: y', "a-x-y.md"),
        ("", "session.md"), ("äöü", "session.md"), ("New session - 2026-11-22T22:46:41.697Z", "session.md"),
    ],
)  # fmt: skip
async def test_a_documents_name_is_harmless(services: Services, fake: FakeOpencode, title: str, name: str) -> None:
    session_id = fake.add_session(title)
    await settled()
    assert (await write(services, OPERATOR, session_id, "md")).name == name


async def test_a_session_that_is_not_there_is_told_before_anything_is_written(services: Services) -> None:
    with pytest.raises(NotFound):
        await write(services, OPERATOR, SessionID("ses_unknown"), "md")
