"""What the agent does and asks: tool rows, permissions, questions, todos, subagents, failures, retries."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab
    from tests.rig import RealOpencode


def call(tool: str, **arguments: Any) -> str:
    return f"/x tool {tool} {json.dumps(arguments)}"


def ask(*questions: dict[str, Any]) -> str:
    return call("question", questions=list(questions)) + "\n/x text Noted."


FRUIT = {
    "question": "Which fruit?",
    "header": "Fruit",
    "options": [{"label": "Apple", "description": "Red"}, {"label": "Pear", "description": "Green"}],
}
SIZES = {
    "question": "Which sizes?",
    "header": "Sizes",
    "multiple": True,
    "options": [{"label": "Small", "description": ""}, {"label": "Large", "description": ""}],
}


def answered(opencode: RealOpencode, session_id: str, tool: str) -> dict[str, Any]:
    """The last call of a tool as opencode keeps it."""
    parts = [part for message in opencode.messages(session_id) for part in message["parts"]]
    return dict([part["state"] for part in parts if part["type"] == "tool" and part["tool"] == tool][-1])


# -- tools ------------------------------------------------------------------------------------------------------------


async def test_a_tool_call_is_a_row_that_opens_to_input_and_output(tab: Tab, real_opencode: RealOpencode) -> None:
    path = str(real_opencode.directory / "README.md")
    await tab.begin(call("read", filePath=path) + "\n/x text Read.")
    await tab.ended()
    row = tab.tool("read", "done")
    await expect(row).to_contain_text("Read")
    await expect(row).to_contain_text("README.md")
    first = (real_opencode.directory / "README.md").read_text().splitlines()[0]
    await expect(row).not_to_contain_text(first)
    await row.get_by_role("button").first.click()
    await expect(row).to_contain_text(first)
    await row.get_by_role("button").first.click()
    await expect(row.get_by_text(first)).to_be_hidden()


async def test_a_failed_tool_call_says_so_and_why(tab: Tab) -> None:
    await tab.begin(call("read", filePath="/nowhere/at/all.txt") + "\n/x text Hm.")
    permission = tab.find("permission-card")
    await expect(permission.or_(tab.tool("read", "failed"))).to_be_visible()
    if await permission.count():
        await tab.find("permission-once").click()
    await tab.ended()
    row = tab.tool("read", "failed")
    await expect(row).to_contain_text("Failed")
    await row.get_by_role("button").first.click()
    await expect(row).to_contain_text("not found")


async def test_a_running_command_counts_and_can_be_stopped(tab: Tab) -> None:
    await tab.begin(call("bash", command="sleep 300", description="waits") + "\n/x text no")
    await tab.find("permission-once").click()
    await expect(tab.tool("bash", "running")).to_contain_text("sleep 300")
    await tab.find("stop").click()
    await expect(tab.find("stop")).to_have_count(0)
    await expect(tab.tool("bash", "running")).to_have_count(0)
    await expect(tab.tool("bash")).to_be_visible()


# -- permissions ------------------------------------------------------------------------------------------------------


async def test_allow_once_runs_the_command_and_the_next_is_asked_for_again(tab: Tab) -> None:
    command = call("bash", command="printf 'it %s\\n' ran", description="prints")
    session_id = await tab.begin(f"{command}\n{command}\n/x text Ran.")
    card = tab.find("permission-card")
    await expect(card).to_contain_text("wants to run this command")
    await expect(card).to_contain_text("printf")
    await expect(tab.tool("bash", "waiting")).to_contain_text("Needs you")
    await expect(tab.item(session_id, "asking")).to_contain_text("printf")
    await tab.find("permission-once").click()
    await expect(tab.tool("bash", "done")).to_have_count(1)
    await expect(tab.tool("bash", "waiting")).to_have_count(1)
    await tab.find("permission-once").click()
    await tab.ended()
    await expect(card).to_have_count(0)
    row = tab.tool("bash", "done").first
    await row.get_by_role("button").first.click()
    await expect(row).to_contain_text("it ran")


async def test_always_allow_is_not_asked_again(tab: Tab, real_opencode: RealOpencode) -> None:
    command = call("bash", command="expr 20 + 3", description="adds")
    session_id = await tab.begin(f"{command}\n{command}\n/x text Ran.")
    await expect(tab.find("permission-card")).to_contain_text("Always allow covers")
    await tab.find("permission-always").click()
    await tab.ended()
    await expect(tab.tool("bash", "done")).to_have_count(2)
    assert answered(real_opencode, session_id, "bash")["output"].strip() == "23"


async def test_a_denial_takes_a_word_along(tab: Tab, real_opencode: RealOpencode) -> None:
    session_id = await tab.begin(call("bash", command="seq 3", description="counts") + "\n/x text As you wish.")
    await tab.find("permission-message").fill("count yourself")
    await tab.find("permission-reject").click()
    await tab.ended()
    await expect(tab.tool("bash", "denied")).to_contain_text("Denied")
    await expect(tab.answers).to_have_text("As you wish.")
    assert "count yourself" in answered(real_opencode, session_id, "bash")["error"]


async def test_a_denial_without_a_word_ends_the_turn(tab: Tab) -> None:
    await tab.begin(call("bash", command="seq 4", description="counts") + "\n/x text never")
    await tab.find("permission-reject").click()
    await expect(tab.tool("bash", "denied")).to_be_visible()
    await expect(tab.find("stop")).to_have_count(0)
    await expect(tab.find("permission-card")).to_have_count(0)
    await expect(tab.find("error-card")).to_have_count(0)


async def test_an_edit_is_asked_for_with_its_diff(tab: Tab, real_opencode: RealOpencode) -> None:
    path = real_opencode.directory / "shop" / "basket.py"
    line = path.read_text().splitlines()[0]
    try:
        edit = call("edit", filePath=str(path), oldString=line, newString=f"{line}  # seen")
        await tab.begin(call("read", filePath=str(path)) + f"\n{edit}\n/x text Edited.")
        card = tab.find("permission-card")
        await expect(card).to_contain_text("wants to change this file")
        await expect(card).to_contain_text("# seen")
        assert "# seen" not in path.read_text()
        await tab.find("permission-once").click()
        await tab.ended()
        await expect(tab.tool("edit", "done")).to_contain_text("+1")
        assert "# seen" in path.read_text()
    finally:
        real_opencode.restore_repository()


async def test_a_permission_answered_in_one_tab_is_answered_in_the_other(tab: Tab, open_tab: OpenTab) -> None:
    session_id = await tab.begin(call("bash", command="seq 5", description="counts") + "\n/x text Ran.")
    await expect(tab.find("permission-card")).to_be_visible()
    other = await open_tab(f"/admin/chats/{session_id}")
    await expect(other.find("permission-card")).to_be_visible()
    await other.find("permission-once").click()
    await expect(tab.find("permission-card")).to_have_count(0)
    await tab.ended()
    await other.ended()
    await expect(tab.toast).to_have_count(0)


async def test_a_turn_stopped_while_it_asks_no_longer_asks(tab: Tab, real_opencode: RealOpencode) -> None:
    session_id = await tab.begin(call("bash", command="seq 6", description="counts") + "\n/x text Ran.")
    await expect(tab.find("permission-card")).to_be_visible()
    await tab.find("stop").click()
    await expect(tab.find("permission-card")).to_have_count(0)
    await expect(tab.find("stop")).to_have_count(0)
    real_opencode.wait_for(
        lambda: all(one["sessionID"] != session_id for one in real_opencode.request("GET", "/permission"))
    )


# -- questions --------------------------------------------------------------------------------------------------------


async def test_a_question_with_one_answer(tab: Tab, real_opencode: RealOpencode) -> None:
    session_id = await tab.begin(ask(FRUIT))
    card = tab.find("question-card")
    await expect(card).to_contain_text("Which fruit?")
    await expect(tab.item(session_id, "asking")).to_be_visible()
    await expect(tab.find("question-send")).to_be_disabled()
    await card.get_by_text("Apple").click()
    await card.get_by_text("Pear").click()
    await tab.find("question-send").click()
    await tab.ended()
    assert '"Which fruit?"="Pear"' in answered(real_opencode, session_id, "question")["output"]
    await expect(card).to_have_count(0)


async def test_questions_with_several_answers_and_with_words_of_ones_own(tab: Tab, real_opencode: RealOpencode) -> None:
    session_id = await tab.begin(ask(SIZES, FRUIT))
    card = tab.find("question-card")
    await card.get_by_text("Small").click()
    await card.get_by_text("Large").click()
    await expect(tab.find("question-send")).to_be_disabled()
    await card.get_by_role("textbox", name="Which fruit?").fill("A quince")
    await tab.find("question-send").click()
    await tab.ended()
    output = answered(real_opencode, session_id, "question")["output"]
    assert '"Which sizes?"="Small, Large"' in output
    assert '"Which fruit?"="A quince"' in output


async def test_a_dismissed_question_is_gone(tab: Tab) -> None:
    await tab.begin(ask(FRUIT))
    await tab.find("question-reject").click()
    await expect(tab.find("question-card")).to_have_count(0)
    await expect(tab.find("stop")).to_have_count(0)


# -- todos, subagents -------------------------------------------------------------------------------------------------


async def test_todos_stand_above_the_composer_while_they_are_open(tab: Tab) -> None:
    def todos(*states: str) -> str:
        return call(
            "todowrite",
            todos=[
                {"content": f"Step {index}", "status": state, "priority": "high"} for index, state in enumerate(states)
            ],
        )

    first, last = todos("completed", "in_progress", "pending"), todos("completed", "completed", "completed")
    await tab.begin(f"{first}\n/x sleep 2\n{last}\n/x text Done.")
    plan = tab.page.locator(".plan")
    await expect(plan).to_contain_text("1 of 3 done")
    await expect(plan).to_contain_text("Step 1")
    await plan.get_by_role("button").click()
    await expect(plan.locator('[data-status="pending"]')).to_have_text(re.compile("Step 2"))
    await tab.ended()
    await expect(plan.get_by_role("button")).to_have_count(0)
    await expect(tab.tool("todowrite", "done")).to_have_count(2)


async def test_a_subagent_is_a_row_that_leads_to_its_session_and_back(tab: Tab) -> None:
    task = call("task", description="Look around", prompt="/x say 40 20", subagent_type="explore")
    session_id = await tab.begin(f"{task}\n/x text All seen.")
    await expect(tab.tool("task", "running")).to_contain_text("Look around")
    await tab.ended()
    row = tab.tool("task", "done")
    await row.get_by_role("button").first.click()
    await expect(row).to_contain_text("w39")
    await row.get_by_role("button", name="Open the subagent's session").click()
    await expect(tab.page).not_to_have_url(re.compile(session_id))
    await expect(tab.answers).to_contain_text("w39")
    await tab.page.get_by_role("button", name="Subagent of").click()
    await expect(tab.answers).to_contain_text("All seen.")
    await expect(tab.page).to_have_url(re.compile(session_id))


async def test_what_a_session_used_is_told_by_kind_with_its_subagents_and_turn_by_turn(tab: Tab) -> None:
    task = call("task", description="Look around", prompt="/x say 40 20", subagent_type="explore")
    session_id = await tab.begin(f"{task}\n/x text All seen.")
    await tab.ended()
    await tab.find("usage").click()
    panel = tab.page.get_by_role("dialog", name="Context and cost")
    cells = panel.get_by_role("row", name="Input").get_by_role("cell")
    await expect(cells).to_have_count(2)
    own, total = (int(cell.replace(",", "")) for cell in await cells.all_inner_texts())
    assert 0 < own < total, "the subagent's are counted in"
    await expect(panel.get_by_role("button", name="/x tool task")).to_be_visible()
    await panel.get_by_role("button", name="Look around (").click()
    await expect(panel).to_be_hidden()
    await expect(tab.page).not_to_have_url(re.compile(session_id))
    await expect(tab.answers).to_contain_text("w39")


async def test_what_a_subagent_asks_is_asked_in_the_session_it_works_for(tab: Tab) -> None:
    inner = call("bash", command="seq 7", description="counts") + "\n/x text Counted."
    task = call("task", description="Count", prompt=inner, subagent_type="general")
    await tab.begin(f"{task}\n/x text Good.")
    await expect(tab.find("permission-card")).to_contain_text("Subagent")
    await tab.find("permission-once").click()
    await tab.ended()
    await expect(tab.answers).to_have_text("Good.")


# -- the provider in trouble ------------------------------------------------------------------------------------------


async def test_a_refused_key_is_a_card_with_the_reason_and_what_to_do(tab: Tab) -> None:
    session_id = await tab.begin("/x error 401 Your key is of no use here.")
    card = tab.find("error-card")
    await expect(card).to_contain_text("The provider refused the key")
    await expect(card).to_contain_text("Your key is of no use here.")
    await expect(card).to_contain_text("Register keys again")
    await expect(tab.item(session_id, "failed")).to_be_visible()
    await tab.send("/x text Better.")
    await expect(tab.answers).to_have_text("Better.")


async def test_a_retry_is_shown_until_it_works(tab: Tab) -> None:
    session_id = await tab.begin("/x failfirst 503 1\n/x text At last.")
    await expect(tab.page.get_by_text("The provider is in trouble")).to_be_visible()
    await expect(tab.page.get_by_text("Attempt 2 starts")).to_be_visible()
    await expect(tab.item(session_id, "retrying")).to_be_visible()
    await tab.ended()
    await expect(tab.answers).to_have_text("At last.")
    await expect(tab.page.get_by_text("The provider is in trouble")).to_have_count(0)


async def test_a_retry_can_be_given_up(tab: Tab) -> None:
    await tab.begin("/x error 503")
    await expect(tab.page.get_by_text("Attempt 2 starts")).to_be_visible()
    await tab.find("stop").click()
    await expect(tab.find("stop")).to_have_count(0)
    await expect(tab.page.get_by_text("Attempt 2 starts")).to_have_count(0)


async def test_an_answer_cut_at_the_models_limit_says_so(tab: Tab) -> None:
    await tab.begin("/x text As I was say\n/x length")
    await expect(tab.answers).to_have_text("As I was say")
    await expect(tab.find("message-list")).to_contain_text(re.compile("output limit|cut|length", re.I))
