"""What the scripted model says: which script a text chooses, and everything around the scripts.

A script is chosen by the words of the person's last message alone; the first that fits wins, so the order matters. A
text that chooses none is answered with what there is to see.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sprintagen.demo import verbs
from sprintagen.demo.answers import answer
from sprintagen.demo.scripts.changes import ask_about_vouchers, fix_the_bug, plan_a_report, run_the_tests
from sprintagen.demo.scripts.looking import (
    COVERAGE_PROMPT,
    check_coverage,
    send_a_subagent,
    show_markdown,
    take_a_tour,
    think_it_through,
)
from sprintagen.demo.scripts.script import Script, answer_of
from sprintagen.demo.scripts.trouble import recover_from_overload, refuse_the_key
from sprintagen.demo.steps import Pause, Say

if TYPE_CHECKING:
    from sprintagen.demo.conversation import Conversation
    from sprintagen.demo.scripts.script import Play
    from sprintagen.demo.steps import Answer

TITLE_LENGTH = 50
CONTINUE = re.compile(r"^Continue if you have next steps", re.IGNORECASE)


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b{word}" for word in alternatives), re.IGNORECASE)


SCRIPTS = (
    Script(
        "Take a tour",
        "Give me a tour of this project.",
        "files listed and read, then an overview",
        _words("tour", "overview", "explain this (?:project|repo)", "what is this (?:project|repo)"),
        take_a_tour,
    ),
    Script(
        "Fix a bug",
        "Customers who buy exactly 10 apples pay the full price. Find the bug and fix it.",
        "a search, an edit and a test run, both with your permission",
        _words("fix", "bug", "repair", "apples"),
        fix_the_bug,
    ),
    Script(
        "Plan with todos",
        "Add a report of products that run low. Plan it as todos first.",
        "a todo list that fills up while files are written",
        _words("todo", "plan", "low stock", "run low", "running low"),
        plan_a_report,
    ),
    Script(
        "Be asked first",
        "I want voucher codes in the shop. Ask me how they should work.",
        "two questions for you, and an answer that follows yours",
        _words("voucher", "ask me", "question"),
        ask_about_vouchers,
    ),
    Script(
        "Send a subagent",
        "Let a subagent find out what the tests do not cover.",
        "a session inside the session",
        _words("sub-?agent", "delegate", "cover"),
        send_a_subagent,
    ),
    Script(
        "Run the tests",
        "Run the tests and tell me what fails.",
        "a command with your permission, and its output",
        _words("tests?\\b", "unittest"),
        run_the_tests,
    ),
    Script(
        "Think it through",
        "Why does the shop count money in Decimal? Think it through.",
        "reasoning that folds away, then the answer",
        _words("think", "reason", "decimal", "float", "why"),
        think_it_through,
    ),
    Script(
        "See Markdown",
        "Show me everything Markdown can do in an answer.",
        "headings, lists, tables, code in colour",
        _words("markdown", "table", "format"),
        show_markdown,
    ),
    Script(
        "Lose the key",
        "Show me what a refused API key looks like.",
        "an error that no retry would cure",
        _words("refuse", "api key", "401", "error", "fail"),
        refuse_the_key,
    ),
    Script(
        "Overload the provider",
        "Show me a provider that is overloaded and then recovers.",
        "two failed tries with a countdown, then an answer",
        _words("overload", "retry", "retries", "503", "429", "recover"),
        recover_from_overload,
    ),
)


def choose(prompt: str) -> Script | None:
    """The script a text asks for; None when it asks for none."""
    return next((script for script in SCRIPTS if script.words.search(prompt)), None)


def reply(conversation: Conversation) -> Answer:
    """What the model does now."""
    if conversation.kind == "title":
        return [Say(title(conversation.prompt))]
    if conversation.kind == "summary":
        return [Say(answer("summary"))]
    return answer_of(_play(conversation), conversation)


def title(prompt: str) -> str:
    """A session's title: the script's own, else the beginning of what was typed."""
    script = None if verbs.has_verbs(prompt) else choose(prompt)
    if script is not None:
        return script.title
    text = " ".join(prompt.split())
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rpartition(" ")[0].rstrip(" ,.;:") + "…"


def _play(conversation: Conversation) -> Play:
    prompt = conversation.prompt
    if verbs.has_verbs(prompt):
        return verbs.script(conversation)
    if prompt == COVERAGE_PROMPT:
        return check_coverage(conversation)
    if CONTINUE.match(prompt):
        return _say("done")
    script = choose(prompt)
    return script.play(conversation) if script is not None else _say("hello", scripts=_table())


def _say(name: str, **values: object) -> Play:
    yield [Pause(0.3), Say(answer(name, **values))]


def _table() -> str:
    return "\n".join(f"| *{script.text}* | {script.shows} |" for script in SCRIPTS)
