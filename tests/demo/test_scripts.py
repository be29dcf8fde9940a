"""What chooses a script, and how scripts behave when tools do not; whole turns are in test_real_scripts.py."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sprintagen.demo import SUGGESTIONS
from sprintagen.demo.answers import FOLDER
from sprintagen.demo.conversation import Conversation
from sprintagen.demo.scripts import SCRIPTS, choose, reply, title
from sprintagen.demo.steps import Answer, Call, Say
from tests.demo.requests import conversation, request

if TYPE_CHECKING:
    from sprintagen.demo.scripts.script import Script

DENIED = "The user rejected permission to use this specific tool call with the following feedback: no"


def said(answer: Answer) -> str:
    return "".join(action.text for action in answer if isinstance(action, Say))


def called(answer: Answer) -> list[str]:
    return [action.tool for action in answer if isinstance(action, Call)]


def play(prompt: str, *answered: tuple[str, str]) -> Answer:
    return reply(conversation(prompt, *answered))


def test_there_are_as_many_chips_as_fit_on_an_empty_chat() -> None:
    assert 8 <= len(SUGGESTIONS) <= 10
    assert all(len(suggestion.title) <= 24 for suggestion in SUGGESTIONS)
    assert len({suggestion.title for suggestion in SUGGESTIONS}) == len(SUGGESTIONS)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.title)
def test_a_chip_chooses_its_script(script: Script) -> None:
    assert choose(script.text) is script
    assert choose(f"  {script.text}\n") is script


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Could you FIX that?", "Fix a bug"),
        ("run the tests please", "Run the tests"),
        ("plan something", "Plan with todos"),
        ("show me a table", "See Markdown"),
        ("what happens on a 429?", "Overload the provider"),
        ("use a subagent", "Send a subagent"),
    ],
)
def test_words_choose_a_script(text: str, expected: str) -> None:
    script = choose(text)
    assert script is not None
    assert script.title == expected


@pytest.mark.parametrize("text", ["", "hi", "Wie geht es dir?", "latest prefixes"])
def test_other_words_are_answered_with_all_there_is(text: str) -> None:
    assert choose(text) is None
    assert all(suggestion.text in said(play(text)) for suggestion in SUGGESTIONS)


def test_a_title_request_gets_a_short_title() -> None:
    body = request(SUGGESTIONS[0].text)
    body["messages"][0]["content"] = "You are a title generator."
    assert said(reply(Conversation.parse(body))) == SUGGESTIONS[0].title


def test_an_unknown_text_is_its_own_title_cut_between_words() -> None:
    assert title("hello\nthere") == "hello there"
    long = title("one two three four five six seven eight nine ten eleven twelve")
    assert long == "one two three four five six seven eight nine ten…"


def test_verbs_do_not_choose_a_title_of_a_script() -> None:
    assert title("/x say 3\n/x text fix the bug").startswith("/x say 3")


def test_what_follows_a_compaction_ends_quietly() -> None:
    answer = play("Continue if you have next steps, or stop and ask for clarification.")
    assert called(answer) == []
    assert "Nothing is left" in said(answer)


def test_more_results_than_the_script_has_steps_end_quietly() -> None:
    assert "Nothing is left" in said(play("hello", ("read", "text")))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.title)
@pytest.mark.parametrize("result", ["", DENIED, "Error: nothing works here", "File not found: x"])
def test_no_script_stumbles_over_a_tool_that_does_not_work(script: Script, result: str) -> None:
    answered: list[tuple[str, str]] = []
    for _ in range(12):
        tools = called(play(script.text, *answered))
        if not tools:
            break
        answered.append((tools[0], result))
    else:
        pytest.fail("the script never ends")


def test_a_failed_edit_is_reported_with_what_the_tool_said() -> None:
    read = "14: if quantity > BULK_QUANTITY:"
    answer = play("fix the bug", ("grep", "found"), ("read", read), ("edit", "Unknown: FileSystem.writeFile"))
    assert "Unknown: FileSystem.writeFile" in said(answer)
    assert called(answer) == []


def test_a_fix_whose_tests_did_not_run_does_not_claim_they_passed() -> None:
    read = "14: if quantity > BULK_QUANTITY:"
    done = ("grep", "found"), ("read", read), ("edit", "Edit applied successfully.")
    assert called(play("fix the bug", *done)) == ["bash"]
    for output in ("python3: command not found", DENIED, "FAIL: test_x (a)\nRan 8 tests in 0.1s\nFAILED"):
        answer = said(play("fix the bug", *done, ("bash", output)))
        assert "not tested" in answer
        assert output.splitlines()[-1] in answer


def test_other_failing_tests_are_told_by_number() -> None:
    output = "FAIL: test_a (x)\nERROR: test_b (x)\nRan 9 tests in 0.1s\n\nFAILED (failures=1, errors=1)"
    assert "2 of 9 tests fail" in said(play("run the tests", ("bash", output)))
    assert "All 8 tests pass" in said(play("run the tests", ("bash", "Ran 8 tests in 0.001s\n\nOK")))


def test_a_tool_output_cannot_break_out_of_its_code_block() -> None:
    assert said(play("run the tests", ("bash", "```\n# loud"))).count("```") == 2


def test_every_answer_is_filled_in_completely() -> None:
    used = "".join(path.read_text(encoding="utf-8") for path in FOLDER.parent.rglob("*.py"))
    for path in FOLDER.glob("*.md"):
        assert f'"{path.stem}"' in used, f"nobody says {path.name}"
        for name in re.findall(r"\{\{(\w+)\}\}", path.read_text(encoding="utf-8")):
            assert f"{name}=" in used
