"""Samples of every tool, in opencode 1.18's own shapes, as the traces have them. By hand: what `websearch` finds (as its
code, 1.18.33, writes it), and `list` and `multiedit`, which only older sessions hold."""

# ruff: noqa: E501, W293 (texts as they are)

from __future__ import annotations

import json
from typing import Any

from sprintagen.ui.gallery.samples import DIRECTORY, HOSTILE, Group, Sample, call, states

PATH = f"{DIRECTORY}/shop/cart.py"
DIFF = f"""Index: {PATH}
===================================================================
--- {PATH}
+++ {PATH}
@@ -12,9 +12,8 @@ class Cart:
         self.lines: list[Line] = []
 
     def total(self) -> Money:
-        amount = 0.0
-        for line in self.lines:
-            amount += round(line.quantity * line.price, 2)
-        return Money(amount)
+        \"\"\"Sum of all lines, rounded once.\"\"\"
+        cents = sum(line.quantity * line.price.cents for line in self.lines)
+        return Money(cents, currency=self.currency)
 
     def add(self, item: Item, quantity: int = 1) -> None:
@@ -40,3 +39,3 @@ class Cart:
     def is_empty(self) -> bool:
-        return len(self.lines) == 0
+        return not self.lines
"""
DIAGNOSTICS = {
    PATH: [
        {
            "range": {"start": {"line": 16, "character": 15}, "end": {"line": 16, "character": 20}},
            "message": '"Money" takes 1 argument, 2 were given',
            "severity": 1,
            "source": "Pyright",
        },
        {
            "range": {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 20}},
            "message": 'Import "math" is not accessed',
            "severity": 2,
            "source": "Pyright",
        },
    ]
}  # fmt: skip
PYTEST = (
    "\x1b[1m============ test session starts ============\x1b[0m\ncollected 42 items\n\n"
    "tests/test_cart.py \x1b[32m.\x1b[0m\x1b[32m.\x1b[0m\x1b[31mF\x1b[0m\x1b[33ms\x1b[0m   \x1b[36m[ 95%]\x1b[0m\n"
    "\x1b[31m\x1b[1m_______ test_total_rounds_once _______\x1b[0m\n"
    "\x1b[1m\x1b[31mE   \x1b[0m \x1b[31massert 1.02 == 1.01\x1b[0m\n"
    "\x1b[38;5;208mDeprecated\x1b[0m: \x1b[38;2;90;120;255mfloat amounts\x1b[0m \x1b[2m(faint)\x1b[0m \x1b[3mitalic\x1b[0m \x1b[4munderlined\x1b[0m "
    "\x1b[7m inverse \x1b[0m \x1b[41;97m FAIL \x1b[0m \x1b[42;30m PASS \x1b[0m\n"
    "Downloading  10%\rDownloading  55%\rDownloading 100%\n"
    "\x1b]8;;https://example.org\x07a link\x1b]8;;\x07 \x1b[2J\x1b[1;1H\x1b]0;title\x07<script>alert(1)</script>\n"
    "\x1b[31m=== \x1b[31m\x1b[1m1 failed\x1b[0m, \x1b[32m40 passed\x1b[0m, \x1b[33m1 skipped\x1b[0m\x1b[31m in 0.29s ===\x1b[0m\n"
)
READ = 'from __future__ import annotations\n\nfrom shop.money import Money\n\n\nclass Cart:\n    """What a customer wants."""\n\n    def total(self) -> Money:\n        return Money(sum(line.cents for line in self.lines))'
TODOS = [
    {"content": "Find every float amount", "status": "completed", "priority": "high"},
    {"content": "Change the discounts", "status": "in_progress", "priority": "high"},
    {"content": "Change the invoices", "status": "pending", "priority": "medium"},
    {"content": "Ask accounting", "status": "cancelled", "priority": "low"},
]
QUESTIONS = [
    {
        "question": "Which currency should prices be shown in?",
        "header": "Currency",
        "options": [
            {"label": "Euro", "description": "As on the invoices today"},
            {"label": "The visitor's", "description": "Needs exchange rates every day"},
        ],
    },
    {
        "question": "Where should it be shown?",
        "header": "Places",
        "multiple": True,
        "options": [{"label": "Cart"}, {"label": "Product page"}, {"label": "Mails"}],
    },
]
GREP = f"Found 3 matches\n{PATH}:\n  Line 14:     def total(self) -> Money:\n  Line 40:     def total_without_tax(self) -> Money:\n\n{DIRECTORY}/shop/invoice.py:\n  Line 7:     total = cart.total()\n"
WEB = "Title: Exchange rates\nURL: https://example.org/rates\nPublished Date: 2026-01-02\nText: Daily rates of the central bank.\nUpdated at noon.\n\nTitle: Rounding money\nURL: https://example.org/rounding\nText: Why floats lose cents.\n"
ISSUE = {
    "issue": {"id": 1042, "key": "SHOP-42", "labels": ["bug", "money"], "open": True, "assignee": None},
    "links": [{"rel": "self", "href": "https://tracker.example.org/SHOP-42"}],
}


def tool_groups() -> list[Group]:
    """One group for each tool."""
    return [_bash(), *_reading(), *_changes(), *_web(), *_others()]


def _done(name: str, tool: str, given: dict[str, Any], **state: Any) -> Sample:
    return Sample(name, call(tool, "completed", given, **state), is_opened=True)


def _bash() -> Group:
    given = {"command": "python -m pytest -q", "description": "Run the tests"}
    tests = {"command": "python -m pytest --color=yes", "description": "Run the tests in colour"}
    long = "\n".join(f"{number:5} built module_{number}.o" for number in range(1, 2400))
    live = Sample(
        "running, opened",
        call("bash", "running", given, took=12, metadata={"output": "tests/test_cart.py .........\n"}),
        is_active=True,
        is_opened=True,
    )
    return Group(
        "bash",
        [
            *states("bash", given, output="42 passed in 0.29s\n", exit=0, running={"output": "tests/test_cart.py ..."}),
            live,
            _done("failed command, colours", "bash", tests, output=PYTEST, metadata={"exit": 1}),
            _done("long output", "bash", {"command": "make -j8"}, output=long, metadata={"exit": 0}),
            _done("no output", "bash", {"command": "true"}, output="", metadata={"exit": 0}),
        ],
    )


def _reading() -> list[Group]:
    shown = {"type": "file", "path": PATH, "text": READ, "lineStart": 6, "lineEnd": 15, "totalLines": 80}
    folder = {"type": "directory", "path": DIRECTORY, "entries": ["shop/", "tests/", "README.md"], "totalEntries": 3}
    found = f"{PATH}\n{DIRECTORY}/shop/invoice.py\n{DIRECTORY}/tests/test_cart.py"
    tree = f"{DIRECTORY}/\n  shop/\n    cart.py\n    invoice.py\n  tests/\n    test_cart.py\n"
    missing = f"File not found: {DIRECTORY}/shop/basket.py"
    return [
        Group(
            "read",
            [
                *states("read", {"filePath": PATH, "offset": 6, "limit": 10}, display=shown, error=missing),
                _done("a folder", "read", {"filePath": DIRECTORY}, metadata={"display": folder}),
            ],
        ),
        Group(
            "grep",
            [
                *states(
                    "grep",
                    {"pattern": "def total|\\.total\\(", "path": DIRECTORY, "include": "*.py"},
                    output=GREP,
                    matches=3,
                ),
                _done("nothing", "grep", {"pattern": "Decimal"}, output="No files found", metadata={"matches": 0}),
            ],
        ),
        Group("glob", states("glob", {"pattern": "**/*.py", "path": DIRECTORY}, output=found, count=3)),
        Group("list", states("list", {"path": f"{DIRECTORY}/shop"}, output=tree, count=3)),
    ]


def _changes() -> list[Group]:
    edit = {"filePath": PATH, "oldString": "return len(self.lines) == 0", "newString": "return not self.lines"}
    filediff = {"file": PATH, "patch": DIFF, "additions": 4, "deletions": 5}
    known: Any = {"diff": DIFF, "filediff": filediff, "diagnostics": {}}
    new = '"""Discounts."""\n\n\ndef half(cents: int) -> int:\n    """Half of it, rounded up."""\n    return (cents + 1) // 2\n'
    long = "\n".join(f"-old line {n}\n+new line {n}" for n in range(1, 700))
    whole = "\n".join(
        f"-gone_{n} = {n}\n+come_{n} = {n}" if n in (20, 150) else f" line_{n} = {n}" for n in range(1, 201)
    )
    patch = f"*** Begin Patch\n*** Update File: {PATH}\n@@\n-        amount = 0.0\n*** Add File: {DIRECTORY}/shop/money.py\n+class Money: ...\n*** Delete File: {DIRECTORY}/shop/old.py\n*** End Patch"
    files = [
        {"filePath": PATH, "relativePath": "shop/cart.py", "type": "update", "patch": DIFF, "additions": 4, "deletions": 5},
        {"filePath": f"{DIRECTORY}/shop/money.py", "relativePath": "shop/money.py", "type": "add", "patch": "@@ -0,0 +1,2 @@\n+class Money:\n+    cents: int = 0\n", "additions": 2, "deletions": 0},
        {"filePath": f"{DIRECTORY}/shop/old.py", "relativePath": "shop/old.py", "type": "delete", "patch": "@@ -1 +0,0 @@\n-import math\n", "additions": 0, "deletions": 1},
    ]  # fmt: skip
    return [
        Group(
            "edit",
            [
                *states("edit", edit, running=known, **known, error="Could not find oldString in the file."),
                _done("diagnostics", "edit", edit, metadata={"filediff": filediff, "diagnostics": DIAGNOSTICS}),
                _done("hostile", "edit", {"filePath": f"{DIRECTORY}/a.html"}, metadata={"diff": f"@@ -1 +1 @@\n-<p>\n+{HOSTILE}\n"}),
                _done("long", "edit", edit, metadata={"diff": f"@@ -1,699 +1,699 @@\n{long}\n"}),
                _done("whole file", "edit", edit, metadata={"diff": f"@@ -1,200 +1,200 @@\n{whole}\n"}),
            ],
        ),
        Group(
            "write",
            [
                *states("write", {"filePath": f"{DIRECTORY}/shop/discount.py", "content": new}, exists=False, diagnostics={}),
                _done("over a file", "write", {"filePath": PATH, "content": new}, metadata={"exists": True, "diagnostics": DIAGNOSTICS}),
            ],
        ),
        Group(
            "multiedit",
            states("multiedit", {"filePath": PATH, "edits": [edit, edit]}, results=[{"diff": DIFF}, {"diff": DIFF}]),
        ),
        Group("apply_patch", states("apply_patch", {"patchText": patch}, diff=DIFF, files=files, diagnostics={})),
    ]  # fmt: skip


def _web() -> list[Group]:
    page = "# Rates\n\nOne euro is **1.08** dollars today. See [the table](https://example.org/table).\n\n- daily\n- free\n"
    return [
        Group(
            "webfetch",
            states(
                "webfetch",
                {"url": "https://example.org/rates", "format": "markdown"},
                output=page,
                error="Transport error (GET https://example.org/rates)",
            ),
        ),
        Group("websearch", states("websearch", {"query": "rounding money python", "numResults": 2}, output=WEB)),
    ]


def _others() -> list[Group]:
    task = {"description": "Find roundings", "prompt": "Look for every round( in shop/.", "subagent_type": "explore"}
    child = {"sessionId": "ses_gallerychild", "parentSessionId": "ses_gallery0001"}
    result = '<task id="ses_gallerychild" state="completed">\n<task_result>\nFound **3** places:\n\n1. `cart.py`\n2. `invoice.py`\n</task_result>\n</task>'
    skill = f'<skill_content name="release">\n# Skill: release\n\nBump the version, then **tag**.\n\nBase directory for this skill: {DIRECTORY}/.opencode/skill/release\nRelative paths in this skill (e.g., scripts/, reference/) are relative to this base directory.\nNote: file list is sampled.\n\n<skill_files>\n<file>{DIRECTORY}/.opencode/skill/release/tag.sh</file>\n</skill_files>\n</skill_content>'
    symbols = [
        {"name": "total", "kind": 12, "range": {"start": {"line": 13, "character": 4}}},
        {"uri": f"file://{DIRECTORY}/shop/invoice.py", "range": {"start": {"line": 6, "character": 0}}},
    ]
    invalid = {
        "tool": "teleport",
        "error": "Model tried to call unavailable tool 'teleport'. Available tools: bash, edit.",
    }
    answers = [["Euro"], ["Cart", "And in the footer"]]
    return [
        Group("todowrite", states("todowrite", {"todos": TODOS}, todos=TODOS)),
        Group("task", states("task", task, output=result, running=child, **child)),
        Group("question", states("question", {"questions": QUESTIONS}, answers=answers, error="The question could not be shown.")),
        Group("skill", states("skill", {"name": "release"}, output=skill, name="release", dir=f"{DIRECTORY}/.opencode/skill/release")),
        Group("lsp", states("lsp", {"operation": "documentSymbol", "filePath": PATH, "line": 14, "character": 5}, output=json.dumps(symbols), result=symbols)),
        Group("invalid", [_done("done", "invalid", invalid, output=invalid["error"])]),
        Group("tracker_create_issue", states("tracker_create_issue", ISSUE, output='{"ok": true, "id": 1042, "path": ["a", {"b": [1, 2.5, null]}]}')),
        Group("unknown tool, text", states("weather", {"city": "Bonn"}, output="Rain until noon.")),
    ]  # fmt: skip
