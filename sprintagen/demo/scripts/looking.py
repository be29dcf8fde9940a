"""Scripts that only look and tell: they read, search, think, and send a subagent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.demo.answers import answer
from sprintagen.demo.scripts.script import one, sorry
from sprintagen.demo.steps import Call, Pause, Say, Think

if TYPE_CHECKING:
    from sprintagen.demo.conversation import Conversation
    from sprintagen.demo.scripts.script import Play

COVERAGE_PROMPT = "Read the tests of this repository and list what they do not cover."


def take_a_tour(conversation: Conversation) -> Play:
    """Lists the files, reads two of them at once, tells what they are."""
    results = yield [
        Pause(0.4),
        Think("I should see the files first, then read the README and the module with the most rules in it."),
        Say("I have a look around."),
        Call("glob", {"pattern": "**/*.py"}),
    ]
    count = sum(line.endswith(".py") for line in one(results).text.splitlines())
    yield [
        Pause(0.2),
        Call("read", {"filePath": conversation.path("README.md")}),
        Call("read", {"filePath": conversation.path("shop/pricing.py")}),
    ]
    yield [Pause(0.4), Say(answer("tour", count=count or "a few"))]


def think_it_through(conversation: Conversation) -> Play:
    """A long reasoning part before the answer."""
    del conversation
    yield [
        Pause(0.4),
        Think(
            "The question is why prices are Decimal and not float. The short answer is that a binary fraction "
            "cannot represent most decimal fractions, so 0.1 is not 0.1.\n\n"
            "Is that a real problem for a shop? One sale would be off by far less than a cent. But sums of many "
            "sales drift, comparisons such as total == paid fail, and rounding half a cent goes the wrong way "
            "when the half is stored as 0.12499999. A customer notices that on a receipt that does not add up.\n\n"
            "What are the alternatives? Whole cents as int are exact and fast, and percentages then need care: "
            "15 % of 333 cents is 49.95 cents, so somebody must decide where to round. With Decimal the decision "
            "is also needed, but it can be written down once, in round_to_cents, and the rest reads like money.\n\n"
            "Cost: Decimal is slower, about ten times, and nobody will ever notice in a till. And one trap is "
            "left: Decimal(0.1) takes the float's error along, so constructors must get strings.\n\n"
            "So: Decimal, with one rounding rule. A table to compare, and an example that shows the drift."
        ),
        Say(answer("think")),
    ]


def show_markdown(conversation: Conversation) -> Play:
    """One long answer with everything a page must be able to draw."""
    del conversation
    yield [Pause(0.3), Say(answer("markdown"))]


def send_a_subagent(conversation: Conversation) -> Play:
    """Gives the work to a subagent and sums up what it says."""
    del conversation
    task = Call(
        "task",
        {"description": "Find untested code", "prompt": COVERAGE_PROMPT, "subagent_type": "explore"},
    )
    results = yield [
        Pause(0.4),
        Think("Reading all tests is a job of its own with a short result. A subagent can do it."),
        Say("I send a subagent to read the tests."),
        task,
    ]
    if "completed" not in one(results).text:
        yield sorry(one(results), task)
        return
    yield [Pause(0.3), Say(answer("subagent"))]


def check_coverage(conversation: Conversation) -> Play:
    """What the subagent itself does."""
    results = yield [
        Pause(0.3),
        Say("I list the tests and what the shop offers."),
        Call("grep", {"pattern": "def test_", "include": "*.py"}),
        Call("grep", {"pattern": "    def [a-z]", "path": conversation.path("shop"), "include": "*.py"}),
    ]
    count = results[0].text.count("def test_") if results else 0
    yield [Pause(0.2), Call("read", {"filePath": conversation.path("tests/test_receipt.py")})]
    yield [Pause(0.3), Say(answer("coverage", count=count or "Some"))]
