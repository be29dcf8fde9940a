from __future__ import annotations

import re

import pytest

from sprintagen.demo import verbs
from sprintagen.demo.scripts import reply
from sprintagen.demo.steps import Answer, Call, Drop, Fail, Finish, Hang, Pause, Say, Think
from tests.demo.requests import conversation


def played(prompt: str, *answered: tuple[str, str]) -> Answer:
    return reply(conversation(prompt, *answered))


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/x say 2", [Say("w0 w1 ")]),
        ("/x say 2 50", [Say("w0 w1 ", 50)]),
        ("/x think 1", [Think("w0 ")]),
        ("/x text **a** b", [Say("**a** b")]),
        ("/x text one\n- two\n- three", [Say("one\n- two\n- three")]),
        ('/x tool bash {"command": "ls"}', [Call("bash", {"command": "ls"})]),
        ("/x tool glob", [Call("glob", {})]),
        ("/x sleep 0.5", [Pause(0.5, exact=True)]),
        ("/x error 401", [Fail(401, "Scripted error 401: Unauthorized")]),
        ("/x error 400 too odd", [Fail(400, "too odd")]),
        ("/x error 799", [Fail(799, "Scripted error 799")]),
        ("/x failfirst 500 2", [Fail(500, "Scripted error 500: Internal Server Error", times=2)]),
        ("/x drop", [Say("w0 w1 w2 "), Drop(1)]),
        ("/x drop 1 9", [Say("w0 "), Drop(9)]),
        ("/x hang", [Hang()]),
        ("/x length", [Finish("length")]),
        ("/x usage 90000", [Finish(prompt_tokens=90000)]),
    ],
)
def test_each_verb_is_one_action(line: str, answer: Answer) -> None:
    assert played(line) == answer


def test_prose_has_every_word_once_and_in_order() -> None:
    (said,) = played("/x prose 400")
    assert isinstance(said, Say)
    assert re.findall(r"w\d+", said.text) == verbs.words(400).split()
    assert {"## w0 w1 w2", "- w60 w61 w62 w63 w64 w65", "```python"} <= set(said.text.splitlines())


def test_what_follows_a_tool_call_waits_for_its_result() -> None:
    prompt = "/x say 1\n/x tool read {}\n/x say 2\n/x tool grep {}"
    assert played(prompt) == [Say("w0 "), Call("read")]
    assert played(prompt, ("read", "text")) == [Say("w0 w1 "), Call("grep")]
    assert played(prompt, ("read", "text"), ("grep", "found")) == [Say("done")]


def test_other_lines_are_only_words() -> None:
    assert played("please do this\n/x say 1\nthank you") == [Say("w0 ")]


def test_a_verb_inside_a_line_is_only_words() -> None:
    assert not verbs.has_verbs("I typed /x say 3")


@pytest.mark.parametrize("line", ["/x fly 3", "/x say many", "/x say", "/x tool bash {broken", "/x error"])
def test_a_verb_that_cannot_be_read_says_so(line: str) -> None:
    (said,) = played(line)
    assert isinstance(said, Say)
    assert "cannot be read" in said.text
