"""Scripts that change the repository or run something in it, and therefore ask first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sprintagen.demo.answers import FOLDER, answer
from sprintagen.demo.scripts.script import one, sorry, tail
from sprintagen.demo.steps import Call, Pause, Say, Think

if TYPE_CHECKING:
    from sprintagen.demo.conversation import Conversation
    from sprintagen.demo.scripts.script import Play

BUG = "if quantity > BULK_QUANTITY:"
FIX = "if quantity >= BULK_QUANTITY:"
TESTS = Call("bash", {"command": "python3 -m unittest"})
RAN = re.compile(r"^Ran (\d+) tests?", re.MULTILINE)
FAILED_TEST = re.compile(r"^(?:FAIL|ERROR): (\w+)", re.MULTILINE)
ANSWERED = re.compile(r'"([^"]+)"="([^"]*)"')
TODOS = ("Write the report", "Write its tests", "Run all tests")


def fix_the_bug(conversation: Conversation) -> Play:
    """Greps, reads, edits with permission, runs the tests with permission."""
    path = conversation.path("shop/pricing.py")
    results = yield [
        Pause(0.4),
        Think(
            "Ten apples at the full price, so the bulk discount does not apply at exactly ten. "
            "That smells like a comparison that is off by one. Let me find where the limit is used."
        ),
        Say("I look for the place where the discount is decided."),
        Call("grep", {"pattern": "BULK_QUANTITY", "include": "*.py"}),
    ]
    results = yield [Pause(0.2), Call("read", {"filePath": path})]
    source = one(results)
    if FIX in source.text:
        yield [Pause(0.3), Say(answer("fix-already"))]
        return
    if BUG not in source.text:
        yield sorry(source, Call("read"))
        return
    edit = Call("edit", {"filePath": path, "oldString": BUG, "newString": FIX})
    results = yield [
        Pause(0.4),
        Think(
            "`quantity > BULK_QUANTITY` leaves out ten itself, while the docstring says 'from BULK_QUANTITY on' "
            "and the README says '10 or more'. The code is wrong, not the words. One character will do."
        ),
        Say("Found it: the code asks for *more than* ten, the README promises *ten or more*. One character:"),
        edit,
    ]
    if "applied" not in one(results).text:
        yield sorry(one(results), edit)
        return
    results = yield [Pause(0.2), Say("Now the tests, to be sure."), TESTS]
    output = one(results).text
    ran = RAN.search(output)
    if ran and not FAILED_TEST.search(output):
        yield [Pause(0.3), Say(answer("fix", count=ran[1]))]
    else:
        yield [Pause(0.3), Say(answer("fix-untested", output=tail(output)))]


def run_the_tests(conversation: Conversation) -> Play:
    """Runs one command with permission and reads its output."""
    del conversation
    results = yield [Pause(0.3), Say("The README says `python3 -m unittest`. I run that."), TESTS]
    output = one(results).text
    ran, failed = RAN.search(output), FAILED_TEST.findall(output)
    if not ran:
        yield sorry(one(results), TESTS)
    elif failed == ["test_ten_pieces_are_cheaper"]:
        yield [Pause(0.3), Say(answer("tests-failed", failures="One", count=ran[1], test=failed[0]))]
    elif failed:
        yield [Pause(0.3), Say(f"## {len(failed)} of {ran[1]} tests fail\n\n```text\n{tail(output)}\n```")]
    else:
        yield [Pause(0.3), Say(answer("tests-ok", count=ran[1]))]


def plan_a_report(conversation: Conversation) -> Play:
    """Keeps a todo list while it writes two files and runs the tests."""
    results = yield [
        Pause(0.4),
        Think("A small feature: one function, two tests. I look at what is there, then plan, then write."),
        Say("First a look at what the shop has."),
        Call("glob", {"pattern": "shop/*.py"}),
    ]
    if "low_stock.py" in one(results).text:
        yield [Pause(0.3), Say(answer("plan-already"))]
        return
    yield [Pause(0.2), Say("Nothing like it yet. My plan:"), _todos(0)]
    report = _file("low_stock.py")
    write = Call("write", {"filePath": conversation.path("shop/low_stock.py"), "content": report})
    results = yield [Pause(0.2), write]
    if "rote" not in one(results).text:  # "Wrote file successfully."
        yield sorry(one(results), write)
        return
    yield [Pause(0.2), _todos(1)]
    write = Call(
        "write",
        {"filePath": conversation.path("tests/test_low_stock.py"), "content": _file("test_low_stock.py")},
    )
    results = yield [Pause(0.2), Say("The report is there. Its tests:"), write]
    if "rote" not in one(results).text:
        yield sorry(one(results), write)
        return
    yield [Pause(0.2), _todos(2)]
    results = yield [Pause(0.2), TESTS]
    output = one(results).text
    yield [Pause(0.2), _todos(3)]
    yield [Pause(0.3), Say(answer("plan", lines=len(report.splitlines()), result=_outcome(output)))]


def ask_about_vouchers(conversation: Conversation) -> Play:
    """Asks two questions at once, one with several answers allowed."""
    del conversation
    ask = Call(
        "question",
        {
            "questions": [
                {
                    "question": "What does a voucher take off?",
                    "header": "Kind",
                    "options": [
                        {"label": "A fixed amount", "description": "5.00 off the whole basket"},
                        {"label": "A percentage", "description": "10 % off the whole basket"},
                        {"label": "One product free", "description": "The cheapest line is free"},
                    ],
                },
                {
                    "question": "Which limits shall there be?",
                    "header": "Limits",
                    "multiple": True,
                    "options": [
                        {"label": "Once per customer", "description": "A code is spent when it is used"},
                        {"label": "Valid until a date", "description": "Expired codes are refused"},
                        {"label": "Minimum basket", "description": "Only from 20.00 on"},
                    ],
                },
            ]
        },
    )
    results = yield [
        Pause(0.3),
        Think("Vouchers can mean three different things, and guessing would waste an afternoon. Better to ask."),
        Say("Two decisions are yours before I touch anything."),
        ask,
    ]
    decisions = ANSWERED.findall(one(results).text)
    if not decisions:
        yield sorry(one(results), ask)
        return
    rows = "\n".join(f"| {question} | **{given or 'no preference'}** |" for question, given in decisions)
    yield [Pause(0.4), Say(answer("ask", decisions=rows))]


def _todos(done: int) -> Call:
    states = ["completed"] * done + ["in_progress"] + ["pending"] * len(TODOS)
    todos = [
        {"content": content, "status": state, "priority": "high" if index == 0 else "medium"}
        for index, (content, state) in enumerate(zip(TODOS, states, strict=False))
    ]
    return Call("todowrite", {"todos": todos})


def _file(name: str) -> str:
    return (FOLDER / "files" / f"{name}.txt").read_text(encoding="utf-8")


def _outcome(output: str) -> str:
    ran, failed = RAN.search(output), FAILED_TEST.findall(output)
    if not ran:
        return "which did not work out, see the output above"
    if failed == ["test_ten_pieces_are_cheaper"]:
        return f"{ran[1]} tests, the one that has always failed still does"
    return f"{ran[1]} tests, {len(failed) or 'none'} failing"
