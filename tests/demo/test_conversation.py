from __future__ import annotations

from sprintagen.demo.conversation import Conversation, ToolResult
from tests.demo.requests import conversation, request


def test_the_last_message_of_the_person_is_the_prompt() -> None:
    body = request("first", ("read", "text"))
    body["messages"] += [{"role": "assistant", "content": "done"}, {"role": "user", "content": "second"}]
    assert Conversation.parse(body).prompt == "second"


def test_results_of_an_earlier_prompt_do_not_count() -> None:
    body = request("first", ("read", "text"))
    body["messages"] += [{"role": "assistant", "content": "done"}, {"role": "user", "content": "second"}]
    assert Conversation.parse(body).steps == ()


def test_results_are_grouped_by_answer() -> None:
    talk = conversation("go", ("grep", "found"), ("read", "text"))
    assert talk.steps == ((ToolResult("grep", "found"),), (ToolResult("read", "text"),))


def test_parallel_calls_belong_to_one_answer() -> None:
    body = request("go", ("grep", "one"))
    extra = {"id": "call_x", "type": "function", "function": {"name": "glob", "arguments": "{}"}}
    body["messages"][-2]["tool_calls"].append(extra)
    body["messages"].append({"role": "tool", "tool_call_id": "call_x", "content": "two"})
    assert Conversation.parse(body).steps == ((ToolResult("grep", "one"), ToolResult("glob", "two")),)


def test_what_opencode_adds_to_a_prompt_is_left_out() -> None:
    texts = [
        "Called the Read tool with the following input: {}",
        "<path>/home/me/shop/a.py</path>\nfix everything",
        "Give me a tour.\n<system-reminder>\nPlan mode: fix nothing\n</system-reminder>",
    ]
    body = request("")
    body["messages"][1]["content"] = [{"type": "text", "text": text} for text in texts]
    assert Conversation.parse(body).prompt == "Give me a tour."


def test_title_and_summary_requests_are_told_apart_by_their_instructions() -> None:
    body = request("Generate a title for this conversation:\n")
    body["messages"][0]["content"] = "You are a title generator. You output ONLY a thread title."
    assert Conversation.parse(body).kind == "title"
    body["messages"][0]["content"] = "You are a context summarization agent. You are given a conversation."
    assert Conversation.parse(body).kind == "summary"
    assert conversation("summarise the title generator").kind == "turn"


def test_paths_are_below_the_working_directory() -> None:
    assert conversation("go").path("a.py") == "/home/me/shop/a.py"
    body = request("go")
    body["messages"][0]["content"] = "nothing"
    assert Conversation.parse(body).path("a.py") == "a.py"


def test_every_try_of_a_request_has_the_same_digest() -> None:
    assert conversation("go").digest == conversation("go").digest
    assert conversation("go").digest != conversation("go", ("read", "text")).digest


def test_a_denial_is_read_with_the_words_that_came_with_it() -> None:
    text = "The user rejected permission to use this specific tool call with the following feedback: not today"
    assert ToolResult("edit", text).is_denied
    assert ToolResult("edit", text).feedback == "not today"
    assert ToolResult("edit", "The user rejected permission to use this specific tool call.").feedback == ""
    assert not ToolResult("read", "1: # The user rejected permission").is_denied


def test_an_empty_request_is_an_empty_conversation() -> None:
    talk = Conversation.parse({})
    assert (talk.kind, talk.prompt, talk.steps) == ("turn", "", ())
