from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nicegui import ui
from nicegui.testing import User

from sprintagen.opencode.models import ToolPart
from sprintagen.ui.chats.tools.base import RenderContext
from sprintagen.ui.chats.tools.lsp import _place
from sprintagen.ui.chats.tools.registry import GENERIC, TOOLS, tool_for
from sprintagen.ui.chats.tools.skill import content_of
from sprintagen.ui.chats.tools.web import hits_of

NAMES = [name for tool in TOOLS for name in tool.names]
CONTEXT = RenderContext(cast("Any", SimpleNamespace(session=SimpleNamespace(directory="/w/shop"))), lambda _: None)


READ_ALL = {"type": "file", "text": "", "lineStart": 1, "lineEnd": 80, "totalLines": 80}


def call(tool: str, given: Any, status: str = "completed", **state: Any) -> ToolPart:
    return ToolPart.model_validate(
        {
            "id": "prt_1",
            "sessionID": "ses_1",
            "messageID": "msg_1",
            "type": "tool",
            "callID": "c",
            "tool": tool,
            "state": {"status": status, "input": given, **state},
        }
    )


@pytest.mark.parametrize(
    ("part", "verb", "target", "note"),
    [
        (call("bash", {"command": "ls\n -la"}, metadata={"exit": 2}), "Run", "ls -la", "exit 2"),
        (call("read", {"filePath": "/w/shop/a/b.py", "offset": 5, "limit": 10}), "Read", "a/b.py", "lines 5–14"),
        (call("read", {"filePath": "/elsewhere/b.py"}), "Read", "/elsewhere/b.py", ""),
        (
            call("grep", {"pattern": "x", "path": "/w/shop/src"}, metadata={"matches": 1}),
            "Search",
            "x in src",
            "1 match",
        ),
        (call("glob", {"pattern": "*.py"}, metadata={"count": 3}), "Find", "*.py", "3 files"),
        (call("webfetch", {"url": "https://example.org"}), "Fetch", "https://example.org", ""),
        (call("task", {"description": "Look", "subagent_type": "explore"}), "Delegate", "Look", "explore"),
        (
            call("read", {"filePath": "/w/shop/b.py"}, metadata={"display": READ_ALL | {"lineStart": 3, "lineEnd": 9}}),
            "Read",
            "b.py",
            "lines 3–9 of 80",
        ),
        (call("read", {"filePath": "/w/shop/b.py"}, metadata={"display": READ_ALL}), "Read", "b.py", "80 lines"),
        (call("skill", {"name": "release"}), "Load skill", "release", ""),
        (
            call("lsp", {"operation": "findReferences", "filePath": "/w/shop/a.py", "line": 7, "character": 2}),
            "Find references",
            "a.py:7",
            "",
        ),
        (
            call("websearch", {"query": "cents"}, output="Title: A\nURL: https://a.org\nText: b\n"),
            "Search the web",
            "cents",
            "1 page",
        ),
        (call("invalid", {"tool": "fly"}), "Unknown tool", "fly", "not carried out"),
        (call("mcp_make_it", {"n": 1, "title": "So"}, title="Made"), "Mcp make it", "Made", ""),
        (
            call(
                "todowrite",
                {"todos": [{"content": "a", "status": "completed"}, {"content": "b", "status": "in_progress"}]},
            ),
            "Plan",
            "b",
            "1 of 2 done",
        ),
        (
            call("apply_patch", {"patchText": "*** Add File: /w/shop/new.py\n*** Update File: old.py\n"}),
            "Patch",
            "new.py, old.py",
            "",
        ),
    ],
)
def test_a_call_is_said_in_one_line(part: ToolPart, verb: str, target: str, note: str) -> None:
    look = tool_for(part.tool).look(part, CONTEXT)
    assert (look.verb, look.target, look.note) == (verb, target, note)


def test_an_edit_counts_its_lines() -> None:
    diff = "--- a\n+++ a\n@@ -1,2 +1,3 @@\n x\n-y\n+z\n+zz\n"
    look = tool_for("edit").look(call("edit", {"filePath": "/w/shop/a.py"}, metadata={"diff": diff}), CONTEXT)
    assert (look.added, look.removed) == (2, 1)


def test_a_tool_nobody_knows_is_drawn_plainly() -> None:
    assert tool_for("never_heard_of") is GENERIC


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMED = (
    "command filePath pattern path offset limit include todos questions content patchText diff filediff exit files",
    "output answers display matches count url query description sessionId title tool",
    "result operation line uri location range start name lineStart lineEnd totalLines attachments",
)
KEYS = st.sampled_from(" ".join(NAMED).split())
OBJECT = st.dictionaries(KEYS, JSON, max_size=5)


@given(tool=st.sampled_from([*NAMES, "other"]), given_=OBJECT, metadata=OBJECT, output=st.text())
def test_no_shape_of_a_call_breaks_its_line(tool: str, given_: Any, metadata: Any, output: str) -> None:
    look = tool_for(tool).look(call(tool, given_, output=output, metadata=metadata), CONTEXT)
    assert look.verb
    assert "\n" not in look.verb


@pytest.mark.parametrize("tool", [*NAMES, "other"])
async def test_the_inside_of_a_call_can_be_drawn_empty_full_and_odd(user: User, tool: str) -> None:
    shapes: list[dict[str, Any]] = [
        {},
        {
            "filePath": "/w/shop/a.py",
            "content": "x",
            "command": "ls",
            "todos": [{"content": "a"}],
            "questions": [{"question": "q"}],
        },
        {"filePath": 3, "content": [], "command": {}, "todos": "no", "questions": [1], "patchText": None},
    ]

    @ui.page("/")
    def page() -> None:
        for given_ in shapes:
            part = call(
                tool,
                given_,
                output="out",
                metadata={"diff": "@@ -1 +1 @@\n-a\n+b", "answers": [["x"]], "sessionId": "ses_2"},
            )
            tool_for(tool).build(part, CONTEXT)

    await user.open("/")


def test_pages_found_on_the_web_have_title_address_and_words_and_only_web_addresses_are_links() -> None:
    output = "Title: One\nURL: https://one.org/a\nText: first\nmore\n\nTitle: Two\nURL: javascript:alert(1)\nText: x\n"
    assert hits_of(output) == [("One", "https://one.org/a", "first more"), ("Two", "javascript:alert(1)", "x")]
    assert hits_of("No search results found. Please try a different query.") == []


@pytest.mark.parametrize("url", ["https://[", "https://a]b", "https://\u2100.example"])
async def test_a_page_with_an_address_that_is_none_is_listed_among_the_others(user: User, url: str) -> None:
    output = f"Title: Broken\nURL: {url}\n\nTitle: Two\nURL: https://two.org/b\n"

    @ui.page("/")
    def page() -> None:
        tool_for("websearch").build(call("websearch", {"query": "q"}, output=output), CONTEXT)

    await user.open("/")
    await user.should_see("Broken")
    await user.should_see("two.org")


def test_a_skill_is_read_from_its_beginning_to_its_end_or_to_where_it_was_cut() -> None:
    whole = '<skill_content name="a">\n# Do\nit\n\nBase directory for this skill: /w\n</skill_content>'
    assert content_of(whole) == "# Do\nit"
    assert content_of('<skill_content name="a">\n# Do\n</skill_content>') == "# Do"
    assert content_of('<skill_content name="a">\n# Do\n<skill_content> is cut') == "# Do\n<skill_content> is cut"
    assert content_of("# Plain") == "# Plain"


def test_what_a_language_server_found_leads_to_lines_as_people_count_them() -> None:
    span = {"start": {"line": 4, "character": 0}}
    results = [
        {"uri": "file:///w/shop/a%20b.py", "range": span},
        {"name": "total", "location": {"uri": "file:///w/shop/c.py", "range": span}},
        {"name": "here", "range": span},
        {"from": {"name": "caller", "uri": "file:///w/shop/d.py", "range": span}},
        {"uri": "https://example.org/x", "range": span},
        {"uri": "file://[/w/shop/a.py", "range": span},
    ]
    found = [_place(result, "/w/shop/own.py", CONTEXT) for result in results]
    assert [(one.file, one.line, one.text) if one else None for one in found] == [
        ("a b.py", 5, "a b.py"),
        ("c.py", 5, "total  c.py"),
        ("own.py", 5, "here  own.py"),
        ("d.py", 5, "caller  d.py"),
        None,
        None,
    ]
