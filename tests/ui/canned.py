"""Sessions to look at: one with every kind of part and tool in every state, and a list with a past."""

# ruff: noqa: E501, W293 (texts as they are)

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.ui.fake_services import FakeServices

SHOP = "ses_shop0001"
ASKING = "ses_asking01"
LONG = "ses_long0001"
EMPTY = "ses_empty001"
FAILED = "ses_failed01"
RETRY = "ses_retry001"
QUESTION = "ses_question"
LIVE = "ses_live0001"
KINDS = "ses_kinds001"

ANSWER = """The cart rounds **each line** before it adds them up, so three items at 0.335 come out as 1.02 instead of 1.01. \
I moved the rounding to `Cart.total` and kept everything below it in integers of cents.

```python
def total(self) -> Money:
    \"\"\"Sum of all lines, rounded once.\"\"\"
    cents = sum(line.quantity * line.price.cents for line in self.lines)
    return Money(cents, currency=self.currency)  # no float survives here
```

What changed:

1. `shop/money.py` holds amounts as integers and refuses floats.
2. `shop/cart.py` no longer rounds per line.
3. The test that failed passes, and so do the other 41:

| Suite | Tests | Time |
|---|---:|---:|
| `tests/test_cart.py` | 18 | 0.21 s |
| `tests/test_money.py` | 24 | 0.08 s |

The [decimal FAQ](https://docs.python.org/3/library/decimal.html) has the reasons. Discounts still use floats; shall I move them, too?"""

DIFF = """Index: /workspace/shop/shop/cart.py
===================================================================
--- /workspace/shop/shop/cart.py
+++ /workspace/shop/shop/cart.py
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
"""

TOKENS = {"input": 18_200, "output": 640, "reasoning": 210, "cache": {"read": 22_000, "write": 0}}


def fill(fake: FakeServices, *, many: int = 0) -> None:
    """Everything."""
    for days in (0.2, 0.4, 1.1, 1.3, 2, 3, 4, 9, 12, 25, 40, 44, 80):
        fake.new_session(
            TITLES[int(days * 7) % len(TITLES)], age=timedelta(days=days), origin="created" if days < 3 else "found"
        )
    for number in range(many):
        fake.new_session(f"{TITLES[number % len(TITLES)]} {number}", age=timedelta(days=3 + number / 9))
    fake.new_session(
        "Nightly dependency check", age=timedelta(hours=3), unread=True, ticket="SHOP-7", session_id="ses_unread1"
    )
    fake.new_session("Landing page copy", age=timedelta(hours=5), directory="/workspace/site", session_id="ses_site001")
    failed(fake)
    retrying(fake)
    fake.new_session("Something new", age=timedelta(minutes=12), session_id=EMPTY, origin="created")
    long(fake)
    kinds(fake)
    asking(fake)
    question(fake)
    shop(fake)


TITLES = (
    "Move prices to integers of cents",
    "Why is the checkout slow on Mondays",
    "Add a discount code to the cart",
    "Upgrade to Python 3.13",
    "Explain the order import",
    "Flaky test in test_stock.py",
    "Rename customer to buyer everywhere",
    "Rate limit the login page",
)


def shop(fake: FakeServices) -> None:
    """A finished turn with the usual tools."""
    session = fake.new_session(
        "Cart total is off by a cent",
        age=timedelta(minutes=2),
        session_id=SHOP,
        origin="created",
        ticket="SHOP-42",
        added=34,
        removed=12,
    )
    fake.put_session(session, cost=0.0873)
    user = fake.user(
        session, "The cart total is off by a cent for some carts. Find out why and fix it, with a test.", at=fake.tick()
    )
    at = fake.tick(2)
    one = fake.assistant(session, user, at=at, completed=at + 4000, finish="tool-calls", tokens=TOKENS, cost=0.021)
    fake.part(session, one, "step-start")
    fake.part(
        session, one, "reasoning", text="The sum is probably rounded per line.\n\nI should look at `Cart.total` first.",
        time={"start": at, "end": at + 3400},
    )  # fmt: skip
    fake.part(session, one, "text", text="I'll look at how the total is computed.", time={"start": at, "end": at + 100})
    fake.tool(
        session,
        one,
        "grep",
        done(
            {"pattern": "def total", "path": "/workspace/shop"}, "Found 2 matches\nshop/cart.py:15", at, 60, matches=2
        ),
    )
    fake.tool(
        session, one, "read",
        done({"filePath": "/workspace/shop/shop/cart.py", "offset": 1, "limit": 60}, "<file>", at, 20,
             display={"text": "class Cart:\n    def __init__(self):\n        self.lines = []\n"}),
    )  # fmt: skip
    fake.tool(
        session,
        one,
        "read",
        done({"filePath": "/workspace/shop/tests/test_cart.py"}, "00001| import pytest\n00002| \n", at, 18),
    )
    fake.part(session, one, "step-finish", reason="tool-calls")
    at = fake.tick(8)
    two = fake.assistant(session, user, at=at, completed=at + 6000, finish="tool-calls", tokens=TOKENS, cost=0.03)
    fake.tool(
        session, two, "todowrite",
        done({"todos": [{"content": "Reproduce with a test", "status": "completed"}, {"content": "Round once, in cents", "status": "in_progress"}]}, "", at, 4),
    )  # fmt: skip
    fake.tool(
        session, two, "edit",
        done({"filePath": "/workspace/shop/shop/cart.py", "oldString": "a", "newString": "b"}, "Edit applied.", at, 1400,
             diff=DIFF, filediff={"file": "x", "patch": DIFF, "additions": 3, "deletions": 4}),
    )  # fmt: skip
    fake.tool(
        session,
        two,
        "write",
        done(
            {"filePath": "/workspace/shop/shop/money.py", "content": "class Money:\n    cents: int\n"},
            "Wrote file.",
            at,
            900,
        ),
    )
    fake.tool(
        session, two, "bash",
        done({"command": "python -m pytest -q tests", "description": "Run the tests"}, "....F....\n1 failed, 41 passed in 0.31s\n", at, 1840, exit=1),
    )  # fmt: skip
    fake.tool(
        session,
        two,
        "bash",
        done(
            {"command": "python -m pytest -q tests", "description": "Run the tests"},
            "42 passed in 0.29s\n",
            at,
            1720,
            exit=0,
        ),
    )
    fake.part(
        session,
        two,
        "patch",
        hash="a1b2c3d4e5f6",
        files=["/workspace/shop/shop/cart.py", "/workspace/shop/shop/money.py"],
    )
    at = fake.tick(7)
    three = fake.assistant(session, user, at=at, completed=at + 9000, finish="stop", tokens=TOKENS, cost=0.0363)
    fake.part(session, three, "text", text=ANSWER, time={"start": at, "end": at + 9000})
    fake.idle(session)


def asking(fake: FakeServices) -> None:
    session = fake.new_session("Round once, in cents", age=timedelta(minutes=1), session_id=ASKING, origin="created")
    fake.busy(session)
    user = fake.user(session, "Go on with the discounts.", at=fake.tick())
    at = fake.tick()
    one = fake.assistant(session, user, at=at)
    fake.part(
        session,
        one,
        "text",
        text="The discount code uses floats as well. I'll change it the same way.",
        time={"start": at, "end": at},
    )
    fake.tool(session, one, "edit", running({"filePath": "/workspace/shop/shop/cart.py"}, at), call="call_edit")
    fake.emit(
        "permission.asked",
        id="per_edit0001",
        sessionID=session,
        permission="edit",
        patterns=["shop/cart.py"],
        metadata={"filepath": "/workspace/shop/shop/cart.py", "diff": DIFF},
        always=["*"],
        tool={"messageID": one, "callID": "call_edit"},
    )
    fake.emit(
        "permission.asked",
        id="per_bash0001",
        sessionID=session,
        permission="bash",
        patterns=["rm -rf build", "python -m build"],
        metadata={"command": "rm -rf build && python -m build"},
        always=["rm *", "python -m build *"],
    )
    fake.emit(
        "todo.updated",
        sessionID=session,
        todos=[
            {"content": "Find every float amount", "status": "completed", "priority": "high"},
            {"content": "Change the discounts", "status": "in_progress", "priority": "high"},
            {"content": "Change the invoices", "status": "pending", "priority": "medium"},
        ],
    )


def question(fake: FakeServices) -> None:
    session = fake.new_session("Which currency", age=timedelta(minutes=4), session_id=QUESTION)
    fake.busy(session)
    user = fake.user(session, "Ask me which currency the shop should use.", at=fake.tick())
    one = fake.assistant(session, user, at=fake.tick())
    questions = [
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
            "options": [
                {"label": "Cart", "description": ""},
                {"label": "Product page", "description": ""},
                {"label": "Mails", "description": ""},
            ],
        },
    ]
    fake.tool(session, one, "question", running({"questions": questions}, fake.tick()), call="call_q")
    fake.emit(
        "question.asked",
        id="que_one00001",
        sessionID=session,
        questions=questions,
        tool={"messageID": one, "callID": "call_q"},
    )


def failed(fake: FakeServices) -> None:
    session = fake.new_session("Summarise last week's orders", age=timedelta(minutes=40), session_id=FAILED)
    user = fake.user(session, "Summarise last week's orders.", at=fake.tick())
    error = {
        "name": "APIError",
        "data": {"message": "Your credit balance is too low.", "statusCode": 402, "isRetryable": False},
    }
    at = fake.tick()
    fake.assistant(session, user, at=at, completed=at + 800, error=error)
    fake.emit("session.error", sessionID=session, error=error)
    fake.idle(session)


def retrying(fake: FakeServices) -> None:
    session = fake.new_session("Translate the help pages", age=timedelta(minutes=6), session_id=RETRY)
    fake.user(session, "Translate the help pages into German.", at=fake.tick())
    soon = round((datetime.now(UTC) + timedelta(seconds=40)).timestamp() * 1000)
    fake.emit(
        "session.status",
        sessionID=session,
        status={"type": "retry", "attempt": 2, "message": "Too many requests. Please slow down.", "next": soon},
    )


def long(fake: FakeServices, turns: int = 120) -> None:
    session = fake.new_session("A long conversation", age=timedelta(hours=1), session_id=LONG)
    for turn in range(turns):
        user = fake.user(session, f"Question {turn}: what does module {turn} do?", at=fake.tick())
        at = fake.tick()
        one = fake.assistant(session, user, at=at, completed=at + 1000, finish="stop", tokens=TOKENS, cost=0.001)
        fake.tool(session, one, "read", done({"filePath": f"/workspace/shop/shop/m{turn}.py"}, "x", at, 30))
        fake.part(
            session, one, "text", text=f"Module **{turn}** does the following:\n\n- one thing\n- another `thing_{turn}`\n\nEnd of {turn}.",
            time={"start": at, "end": at + 900},
        )  # fmt: skip
    fake.idle(session)


def kinds(fake: FakeServices) -> None:
    """Every kind of part, and a tool call in every state."""
    session = fake.new_session("Every kind of part", age=timedelta(minutes=50), session_id=KINDS)
    fake.busy(session)
    user = fake.user(session, "Show everything.", at=fake.tick())
    fake.part(session, user, "file", mime="text/plain", filename="notes.txt", url="data:text/plain;base64,aGk=")
    fake.part(session, user, "agent", name="explore")
    fake.part(session, user, "text", text="not for people", synthetic=True)
    at = fake.tick()
    one = fake.assistant(session, user, at=at)
    fake.part(session, one, "subtask", prompt="Look around", description="Look around", agent="explore")
    fake.part(session, one, "retry", attempt=1, error={"data": {"message": "overloaded"}}, time={"created": at})
    fake.part(session, one, "compaction", auto=True)
    fake.part(session, one, "step-finish", reason="length")
    fake.part(session, one, "hologram", shape="cube")
    fake.tool(
        session,
        one,
        "read",
        {
            "status": "error",
            "input": {"filePath": "/workspace/shop/gone.py"},
            "error": "File not found: gone.py",
            "time": {"start": at, "end": at + 9},
        },
    )
    fake.tool(
        session,
        one,
        "bash",
        {
            "status": "error",
            "input": {"command": "git push --force"},
            "error": "The user rejected permission to use this specific tool call.",
            "time": {"start": at, "end": at + 9},
        },
    )
    fake.tool(
        session,
        one,
        "bash",
        {
            "status": "error",
            "input": {"command": "sleep 600"},
            "error": "Tool execution aborted",
            "metadata": {"interrupted": True},
            "time": {"start": at, "end": at + 9},
        },
    )
    fake.tool(session, one, "invalid", done({"tool": "teleport", "error": "no such tool"}, "", at, 1))
    fake.tool(session, one, "tracker_create_issue", done({"title": "Rounding", "labels": ["bug"]}, "created", at, 300))
    fake.tool(
        session, one, "webfetch", done({"url": "https://example.org/rates", "format": "markdown"}, "# Rates", at, 700)
    )
    fake.tool(session, one, "glob", done({"pattern": "**/*.py"}, "a.py\nb.py", at, 40, count=2))
    fake.tool(
        session,
        one,
        "task",
        done(
            {"description": "Find roundings", "prompt": "Look for round(", "subagent_type": "explore"},
            "<task_result>\nFound **3** places.\n</task_result>",
            at,
            9000,
            sessionId=SHOP,
        ),
    )
    fake.tool(
        session,
        one,
        "bash",
        {
            "status": "running",
            "input": {"command": "python -m pytest"},
            "metadata": {"output": "tests/test_cart.py ...."},
            "time": {"start": round(datetime.now(UTC).timestamp() * 1000)},
        },
        call="call_run",
    )
    fake.tool(session, one, "edit", {"status": "pending", "input": {}, "raw": ""}, call="call_pend")


def done(given: dict[str, Any], output: str, at: int, took: int, **metadata: Any) -> dict[str, Any]:
    return {
        "status": "completed",
        "input": given,
        "output": output,
        "title": "",
        "metadata": metadata,
        "time": {"start": at, "end": at + took},
    }


def running(given: dict[str, Any], at: int, **metadata: Any) -> dict[str, Any]:
    return {"status": "running", "input": given, "metadata": metadata, "time": {"start": at}}
