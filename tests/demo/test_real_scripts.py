"""Every script of the demo, played by the real opencode from the chip's text to the last word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sprintagen.demo import SUGGESTIONS

if TYPE_CHECKING:
    from sprintagen.demo import ModelServerThread
    from tests.rig import RealOpencode

pytestmark = pytest.mark.real
TEXTS = {suggestion.title: suggestion.text for suggestion in SUGGESTIONS}


@pytest.fixture(autouse=True)
def _clean_repository(real_opencode: RealOpencode) -> None:
    real_opencode.restore_repository()


def source(opencode: RealOpencode) -> str:
    return (opencode.directory / "shop" / "pricing.py").read_text(encoding="utf-8")


def test_the_tour_lists_and_reads_files(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Take a tour"])
    assert played.tools == [("glob", "completed"), ("read", "completed"), ("read", "completed")]
    assert "9 Python files" in played.text
    assert "| `shop/pricing.py` |" in played.text
    assert played.reasoning
    assert played.error is None


def test_the_bug_is_found_fixed_and_tested(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Fix a bug"])
    assert played.tools == [(name, "completed") for name in ("grep", "read", "edit", "bash")]
    assert [ask["permission"] for ask in played.permissions] == ["edit", "bash"]
    assert "quantity >= BULK_QUANTITY" in source(real_opencode)
    assert "All 8 tests pass" in played.text


def test_a_bug_that_is_fixed_already_is_left_alone(real_opencode: RealOpencode) -> None:
    real_opencode.play(TEXTS["Fix a bug"])
    played = real_opencode.play("please fix the bug again")
    assert played.tools == [("grep", "completed"), ("read", "completed")]
    assert "Nothing to fix" in played.text


def test_a_denied_edit_ends_the_turn_and_the_script_starts_over_when_asked_again(real_opencode: RealOpencode) -> None:
    denied = real_opencode.play(TEXTS["Fix a bug"], permission="reject")
    assert denied.tools[-1] == ("edit", "error")
    assert "quantity > BULK_QUANTITY" in source(real_opencode)
    again = real_opencode.play("fix it after all", session_id=denied.session_id)
    assert again.tools[-1] == ("bash", "completed")


def test_an_edit_denied_with_a_word_is_answered_with_that_word(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Fix a bug"], permission="reject", message="not on a Friday")
    assert played.tools[-1] == ("edit", "error")
    assert "*not on a Friday*" in played.text
    assert "quantity > BULK_QUANTITY" in source(real_opencode)


def test_the_test_run_tells_what_fails(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Run the tests"])
    assert played.tools == [("bash", "completed")]
    assert "One of 8 tests fails" in played.text
    assert "test_ten_pieces_are_cheaper" in played.text


def test_a_test_run_denied_with_a_word_is_answered(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Run the tests"], permission="reject", message="no time")
    assert "You said no to `bash`, with the words *no time*" in played.text


def test_the_plan_fills_a_todo_list_and_writes_two_files(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Plan with todos"])
    names = ["glob", "todowrite", "write", "todowrite", "write", "todowrite", "bash", "todowrite"]
    assert played.tools == [(name, "completed") for name in names]
    todos = real_opencode.request("GET", f"/session/{played.session_id}/todo")
    assert [todo["status"] for todo in todos] == ["completed"] * 3
    assert (real_opencode.directory / "tests" / "test_low_stock.py").exists()
    assert "10 tests, the one that has always failed still does" in played.text


def test_a_report_that_is_there_already_is_left_alone(real_opencode: RealOpencode) -> None:
    real_opencode.play(TEXTS["Plan with todos"])
    played = real_opencode.play(TEXTS["Plan with todos"])
    assert played.tools == [("glob", "completed")]
    assert "It is there already" in played.text


def test_a_denied_file_ends_the_plan_politely(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Plan with todos"], permission="reject", message="later")
    assert played.tools[-1] == ("write", "error")
    assert "*later*" in played.text
    assert not (real_opencode.directory / "shop" / "low_stock.py").exists()


def test_the_questions_come_back_as_decisions(real_opencode: RealOpencode) -> None:
    answers = [["A percentage"], ["Once per customer", "Valid until a date"]]
    played = real_opencode.play(TEXTS["Be asked first"], answers=answers)
    assert played.tools == [("question", "completed")]
    assert [question["header"] for question in played.questions[0]["questions"]] == ["Kind", "Limits"]
    assert "**A percentage**" in played.text
    assert "**Once per customer, Valid until a date**" in played.text


def test_a_dismissed_question_ends_the_turn(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Be asked first"])
    assert played.tools == [("question", "error")]
    again = real_opencode.play("run the tests, then", session_id=played.session_id)
    assert again.tools == [("bash", "completed")]


def test_the_subagent_works_in_a_session_of_its_own(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Send a subagent"])
    assert played.tools == [("task", "completed")]
    assert "What the tests leave out" in played.text
    (child,) = real_opencode.request("GET", f"/session/{played.session_id}/children")
    parts = [part for item in real_opencode.messages(child["id"]) for part in item["parts"]]
    assert [part["tool"] for part in parts if part["type"] == "tool"] == ["grep", "grep", "read"]
    assert any("8 tests in `tests/`" in part.get("text", "") for part in parts)


def test_thinking_is_a_reasoning_part_before_the_text(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Think it through"])
    kinds = [part["type"] for part in played.parts if part["type"] in ("reasoning", "text")]
    assert kinds == ["reasoning", "text"]
    assert len(played.reasoning.split()) > 150
    assert "0.30000000000000004" in played.text


def test_the_markdown_answer_arrives_as_it_was_written(real_opencode: RealOpencode) -> None:
    from sprintagen.demo.answers import answer

    assert real_opencode.play(TEXTS["See Markdown"]).text == answer("markdown")


def test_a_refused_key_is_an_error_without_a_retry(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Lose the key"])
    assert played.error is not None
    assert played.error["data"]["statusCode"] == 401
    assert "scripted" in played.error["data"]["message"]
    assert played.retries == []


def test_after_a_refusal_the_session_answers_again(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Lose the key"])
    assert "Hello" in real_opencode.play("hello", session_id=played.session_id).text


def test_an_overloaded_provider_is_tried_again_until_it_answers(real_opencode: RealOpencode) -> None:
    played = real_opencode.play(TEXTS["Overload the provider"])
    assert [retry["attempt"] for retry in played.retries] == [1, 2]
    assert "overloaded" in played.retries[0]["message"]
    assert "Back again" in played.text
    assert played.error is None


def test_unknown_words_are_answered_with_what_there_is(real_opencode: RealOpencode) -> None:
    played = real_opencode.play("Good morning!")
    assert all(text in played.text for text in TEXTS.values())
    assert played.error is None


def test_a_new_session_gets_the_scripts_title(real_opencode: RealOpencode) -> None:
    session_id = real_opencode.new_session()
    real_opencode.play(TEXTS["See Markdown"], session_id=session_id)
    real_opencode.wait_for(lambda: title_of(real_opencode, session_id) == "See Markdown")


def test_a_summary_is_short_and_the_chat_goes_on_after_it(real_opencode: RealOpencode) -> None:
    played = real_opencode.play("hello")
    model = {"providerID": "scripted", "modelID": "scripted"}
    assert real_opencode.request("POST", f"/session/{played.session_id}/summarize", model) is True
    after = real_opencode.play(TEXTS["Take a tour"], session_id=played.session_id)
    assert "The corner shop" in after.text


def test_the_plan_agent_is_told_apart_from_what_the_person_typed(
    real_opencode: RealOpencode, scripted_model: ModelServerThread
) -> None:
    played = real_opencode.play(TEXTS["Take a tour"], agent="plan")
    assert "The corner shop" in played.text
    assert "<system-reminder>" in str(scripted_model.requests[-1]["messages"])


def test_verbs_play_in_order(real_opencode: RealOpencode) -> None:
    call = '/x tool bash {"command": "echo one two"}'
    played = real_opencode.play(f"/x think 3\n/x say 2\n{call}\n/x text # Done\nwith **two** lines")
    assert played.reasoning == "w0 w1 w2 "
    assert played.tools == [("bash", "completed")]
    assert played.text == "w0 w1 \n\n# Done\nwith **two** lines"


def test_a_dropped_connection_is_tried_again(real_opencode: RealOpencode) -> None:
    played = real_opencode.play("/x drop 2\n/x say 4")
    assert len(played.retries) == 1
    assert played.text.endswith("w0 w1 w2 w3 ")


def test_a_killed_server_comes_back_with_its_sessions(real_opencode: RealOpencode) -> None:
    played = real_opencode.play("/x say 3")
    real_opencode.restart()
    assert real_opencode.messages(played.session_id)[1]["parts"][1]["text"] == "w0 w1 w2 "


def title_of(opencode: RealOpencode, session_id: str) -> Any:
    return opencode.request("GET", f"/session/{session_id}")["title"]
