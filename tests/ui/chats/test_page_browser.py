from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui.canned import ASKING, FAILED, KINDS, LONG, QUESTION, RETRY, SHOP
from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

PAYLOADS = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<svg onload=window.hit=1>",
    "<svg><script>window.hit=1</script></svg>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<a href='javascript:window.hit=1'>a</a>",
    "[a](javascript:window.hit=1)",
    "[a](JaVaScRiPt:window.hit=1)",
    "[a](data:text/html,<script>hit=1</script>)",
    "[a](vbscript:x)",
    '![a](x"onerror="window.hit=1)',
    "![a](javascript:window.hit=1)",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=window.hit=1>",
    "<details open ontoggle=window.hit=1><summary>s</summary></details>",
    "<form action=javascript:window.hit=1><button>b</button></form>",
    "<input autofocus onfocus=window.hit=1>",
    "<style>*{display:none!important}</style>",
    "<div style='position:fixed;inset:0' class='app'>cover</div>",
    "```<img src=x onerror=window.hit=1>\ncode\n```",
    "```html\n<img src=x onerror=window.hit=1>\n```",
    "`<img src=x onerror=window.hit=1>`",
    "| <img src=x onerror=window.hit=1> |\n|---|\n| x |",
    "- <img src=x onerror=window.hit=1>",
    "> <svg onload=window.hit=1>",
    "<!--><img src=x onerror=window.hit=1>-->",
    "<a id=app name=getElement>clobber</a>",
    '"><img src=x onerror=window.hit=1>',
    "{{ constructor.constructor('window.hit=1')() }}",
    "${window.hit=1}",
    "</textarea><script>window.hit=1</script>",
]


async def test_a_deep_link_opens_the_session_and_back_and_forward_move_without_a_reload(
    page: Page, fake_server: FakeServer
) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await expect(page.locator(".chat__title")).to_have_text("Cart total is off by a cent")
    await page.evaluate("window.same = true")
    await page.click(f"[data-session-id={FAILED}]")
    await expect(page.locator(".chat__title")).to_have_text("Summarise last week's orders")
    assert page.url.endswith(FAILED)
    await page.click("[data-testid=new-session]")
    await page.wait_for_selector(".start")
    await expect(page).to_have_url(f"{fake_server.url}/admin/chats")  # said beside the drawing, not before it
    await page.go_back()
    await expect(page.locator(".chat__title")).to_have_text("Summarise last week's orders")
    await page.go_back()
    await expect(page.locator(".chat__title")).to_have_text("Cart total is off by a cent")
    await expect(page.locator(f"[data-session-id={SHOP}]")).to_have_attribute("aria-current", "page")
    await page.go_forward()
    await expect(page.locator(".chat__title")).to_have_text("Summarise last week's orders")
    assert await page.evaluate("window.same") is True
    await page.reload()
    await expect(page.locator(".chat__title")).to_have_text("Summarise last week's orders")


@pytest.mark.parametrize("address", ["ses_nothere0", "nonsense", "..%2f..%2fetc"])
async def test_an_unknown_session_in_the_address_gets_words(page: Page, fake_server: FakeServer, address: str) -> None:
    response = await page.goto(f"{fake_server.url}/admin/chats/{address}")
    if response is not None and response.status == 404:
        return
    await expect(page.locator("[data-testid=session-missing]")).to_contain_text("There is no such session")
    await expect(page.locator("[data-testid=composer]")).to_be_disabled()
    await page.click("[data-testid=session-missing] >> text=New session")
    await page.wait_for_selector(".start")
    await expect(page.locator("[data-testid=composer]")).to_be_enabled()


async def test_a_session_deleted_elsewhere_says_so(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("short lived")
    fake_server.pull("user", session, "hello")
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await page.wait_for_selector(".message")
    fake_server.pull("store.remove", session)
    await expect(page.locator("[data-testid=session-missing]")).to_contain_text("was deleted")
    await expect(page.locator(f"[data-session-id={session}]")).to_have_count(0)


async def test_hostile_text_stays_text_everywhere(page: Page, fake_server: FakeServer) -> None:
    foreign: list[str] = []
    page.on(
        "request", lambda request: foreign.append(request.url) if not request.url.startswith(fake_server.url) else None
    )
    session = fake_server.session("<img src=x onerror=window.hit=1>")
    fake_server.pull("busy", session)
    user = fake_server.pull("user", session, "\n".join(PAYLOADS))
    message = fake_server.pull("assistant", session, user)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    for payload in PAYLOADS:
        part = fake_server.pull("start_text", session, message)
        for at in range(0, len(payload), 5):
            fake_server.pull("delta", session, message, part, payload[at : at + 5])
        fake_server.pull("end_text", session, message, part, payload)
        state = {
            "status": "completed",
            "input": {"command": payload, "filePath": payload, "description": payload},
            "output": payload,
            "title": payload,
            "metadata": {"output": payload, "diff": f"@@ -1 +1 @@\n-{payload}\n+{payload}"},
            "time": {"start": 1, "end": 2},
        }
        fake_server.pull("tool", session, message, "edit", state)
        fake_server.pull("tool", session, message, payload, state)
    for kind, tool in (("bash", "command"), ("edit", "diff")):
        fake_server.pull(
            "emit",
            "permission.asked",
            id=f"per_xss{kind}",
            sessionID=session,
            permission=kind,
            patterns=PAYLOADS,
            metadata={tool: "\n".join(PAYLOADS)},
            always=PAYLOADS,
        )
    questions = [{"question": p, "header": p, "options": [{"label": p, "description": p}]} for p in PAYLOADS]
    fake_server.pull("emit", "question.asked", id="que_xss", sessionID=session, questions=questions)
    todos = [{"content": payload, "status": "pending", "priority": "high"} for payload in PAYLOADS]
    fake_server.pull("emit", "todo.updated", sessionID=session, todos=todos)
    await page.wait_for_selector("[data-testid=question-card]")
    await page.evaluate("document.querySelectorAll('.fold__head:not([disabled])').forEach((head) => head.click())")
    await page.wait_for_timeout(1500)
    assert await page.evaluate("window.hit") is None
    await page.evaluate("document.querySelectorAll('.chat a[href]').forEach((a) => { a.target = '_self'; })")
    assert (
        await page.locator(
            ".chat a[href^='javascript' i], .chat a[href^='data' i], .chat a[href^='vbscript' i]"
        ).count()
        == 0
    )
    assert await page.locator(".chat :is(iframe, script, style, form:not(.questions), object, embed)").count() == 0
    assert await page.locator(".prose [style], .prose [id], .prose [onerror]").count() == 0
    assert not foreign
    await visit(page, f"{fake_server.url}/admin/chats/{session}")  # and as history
    await page.wait_for_selector("[data-testid=question-card]")
    assert await page.evaluate("window.hit") is None


async def test_the_view_sticks_to_the_end_until_the_reader_goes_up(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("scrolling")
    for number in range(30):
        fake_server.pull("user", session, f"message {number}\n\n\nwith lines")
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    box = page.locator("[data-testid=message-list]")
    await expect(page.locator("text=message 29")).to_be_visible()
    await expect_at_end(page)
    fake_server.pull("user", session, "one more")
    await expect(page.locator(".message >> text=one more")).to_be_visible()
    await expect_at_end(page)
    await expect(page.locator("[data-testid=jump-latest]")).to_be_hidden()
    await box.evaluate("el => { el.scrollTop -= 600; }")
    await expect(page.locator("[data-testid=jump-latest]")).to_be_visible()
    first_seen = await page.evaluate(TOP)
    for number in range(3):
        fake_server.pull("user", session, f"later {number}")
    await expect(page.locator("[data-testid=jump-latest]")).to_contain_text("3 new")
    assert await page.evaluate(TOP) == first_seen
    await page.click("[data-testid=jump-latest]")
    await expect(page.locator("[data-testid=jump-latest]")).to_be_hidden()
    await expect_at_end(page)


async def test_a_transcript_that_is_lower_for_a_moment_takes_nobody_from_its_end(
    page: Page, fake_server: FakeServer
) -> None:
    session = fake_server.session("lower")
    for number in range(30):
        fake_server.pull("user", session, f"message {number}\n\n\nwith lines")
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await expect(page.locator("text=message 29")).to_be_visible()
    inner = page.locator(".transcript__inner")
    await inner.evaluate("el => el.append(Object.assign(document.createElement('div'), {style: 'height: 600px'}))")
    await expect_at_end(page)
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    await inner.evaluate("""el => {
      el.lastChild.style.height = '100px';
      void el.parentNode.scrollTop; // laid out: the browser moves the box to its new end
      el.lastChild.style.height = '900px';
    }""")
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    await expect_at_end(page)
    await expect(page.locator("[data-testid=jump-latest]")).to_be_hidden()


async def expect_at_end(page: Page) -> None:
    box = await page.locator("[data-testid=message-list]").element_handle()
    await page.wait_for_function(AT_END, arg=box)


AT_END = "el => el.scrollHeight - el.clientHeight - el.scrollTop < 2"
TOP = """() => {
  const box = document.querySelector('[data-testid=message-list]').getBoundingClientRect();
  const first = [...document.querySelectorAll('.message')].find((el) => el.getBoundingClientRect().top >= box.top);
  return [first.dataset.messageId, Math.round(first.getBoundingClientRect().top)];
}"""


SEEN = """() => {
  const box = document.querySelector('[data-testid=message-list]').getBoundingClientRect();
  return [...document.querySelectorAll('.message')].map((el) => [el.dataset.messageId, el.getBoundingClientRect()])
    .filter(([, at]) => at.bottom > box.top && at.top < box.bottom).map(([id, at]) => [id, Math.round(at.top)]);
}"""


async def test_only_what_is_near_the_reader_is_drawn_and_nothing_moves_when_it_changes(
    page: Page, fake_server: FakeServer
) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{LONG}")
    await page.wait_for_selector("text=End of 119.")
    box = page.locator("[data-testid=message-list]")
    assert await page.locator(".message").count() < 60
    seen: set[str] = set()
    moved = []
    for _ in range(150):
        before = dict(await page.evaluate(SEEN))
        seen |= set(before)
        await box.evaluate("el => { el.scrollTop -= 500; }")
        await page.wait_for_timeout(60)
        after = dict(await page.evaluate(SEEN))
        seen |= set(after)
        moved += [after[id_] - at for id_, at in before.items() if id_ in after]
        assert await page.locator(".message").count() < 90
        if await page.locator("text=Question 0: what").count() and await box.evaluate("el => el.scrollTop < 2"):
            break
    await expect(page.locator("text=Question 0: what")).to_be_visible()
    assert len(seen) > 180, "nearly every message was in view after a step"
    assert {shift for shift in moved if shift != 500} <= set(range(500)), "less only where the beginning was reached"
    still = await page.evaluate(SEEN)
    await page.wait_for_timeout(300)
    assert await page.evaluate(SEEN) == still
    ids = await page.evaluate("[...document.querySelectorAll('.message')].map((el) => el.dataset.messageId)")
    assert ids == sorted(ids)
    await page.click("[data-testid=jump-latest]")
    await expect(page.locator("text=End of 119.")).to_be_visible()
    await expect(page.locator("[data-testid=jump-latest]")).to_be_hidden()
    await expect_at_end(page)


async def test_a_reader_far_from_the_end_stays_while_it_grows_and_after_a_reload(
    page: Page, fake_server: FakeServer
) -> None:
    session = fake_server.session("far away")
    for number in range(80):
        fake_server.pull("user", session, f"message {number}\n\n\nwith lines")
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await page.wait_for_selector("text=message 79")
    box = page.locator("[data-testid=message-list]")
    for _ in range(12):
        await box.evaluate("el => { el.scrollTop -= 600; }")
        await page.wait_for_timeout(120)
    await expect(page.locator("text=message 79")).to_have_count(0)
    still = await page.evaluate(SEEN)
    for number in range(3):
        fake_server.pull("user", session, f"later {number}")
    await expect(page.locator("[data-testid=jump-latest]")).to_contain_text("3 new")
    assert await page.evaluate(SEEN) == still
    await page.reload()
    await page.wait_for_function("window.did_handshake === true")
    await page.wait_for_selector(f"[data-message-id={still[0][0]}]")
    await page.wait_for_timeout(500)
    assert await page.evaluate(SEEN) == still
    await page.click("[data-testid=jump-latest]")
    await expect(page.locator("text=later 2")).to_be_visible()
    await expect_at_end(page)


async def test_what_falls_out_of_memory_stays_under_the_eyes_of_whoever_reads_there(
    page: Page, fake_server: FakeServer
) -> None:
    session = fake_server.session("read while it grows")

    def say(first: int, last: int) -> None:
        for number in range(first, last):
            fake_server.pull("user", session, f"message {number}\n\n\nwith lines")

    say(0, 60)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await page.wait_for_selector("text=message 59")
    box = page.locator("[data-testid=message-list]")
    for _ in range(5):
        await box.evaluate("el => { el.scrollTop -= 600; }")
        await page.wait_for_timeout(120)
    still = await page.evaluate(SEEN)
    say(60, 460)
    await expect(page.locator("[data-testid=jump-latest]")).to_contain_text("400 new")
    assert await page.evaluate(SEEN) == still
    assert fake_server.pull("live_length", session) < 200
    assert await page.locator(".message").count() < 90
    seen: set[str] = set()
    for _ in range(120):
        seen |= {words.split("\n")[0] for words in await page.locator(".message").all_inner_texts()}
        if "message 459" in seen:
            break
        await box.evaluate("el => { el.scrollTop += 700; }")
        await page.wait_for_timeout(80)
    first = min(int(words.split()[1]) for words in seen)
    assert {f"message {number}" for number in range(first, 460)} <= seen, "one comes to the end without a hole"
    for _ in range(200):
        await box.evaluate("el => { el.scrollTop -= 2000; }")
        if await page.locator("text=message 0").count():
            break
        await page.wait_for_timeout(80)
    await expect(page.locator("text=message 0")).to_be_visible()


async def test_an_address_with_a_message_shows_that_message(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("by address")
    ids = [fake_server.pull("user", session, f"message {number}\n\n\nwith lines") for number in range(80)]
    await visit(page, f"{fake_server.url}/admin/chats/{session}#{ids[10]}")
    await expect(page.locator("text=message 10")).to_be_in_viewport()
    await page.evaluate(f"location.hash = '{ids[60]}'")
    await expect(page.locator("text=message 60")).to_be_in_viewport()


async def test_allowing_and_denying(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("asks")
    fake_server.pull("busy", session)
    user = fake_server.pull("user", session, "go")
    fake_server.pull("assistant", session, user)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")

    def ask(number: int) -> None:
        fake_server.pull(
            "emit",
            "permission.asked",
            id=f"per_ask{number}",
            sessionID=session,
            permission="bash",
            patterns=["ls"],
            metadata={"command": "ls -la"},
            always=["ls *"],
        )

    card = page.locator("[data-testid=permission-card]")
    for number, button in enumerate(["permission-once", "permission-always"]):
        ask(number)
        await expect(card).to_contain_text("ls -la")
        await expect(page.locator(f"[data-session-id={session}]")).to_have_attribute("data-state", "asking")
        await page.dblclick(f"[data-testid={button}]")
        await expect(card).to_have_count(0)
    ask(2)
    await page.fill("[data-testid=permission-message]", "use git ls-files")
    await page.click("[data-testid=permission-reject]")
    await expect(card).to_have_count(0)
    answers = [call for call in fake_server.calls("permission") if call[0].startswith("per_ask")]
    assert answers == [
        ["per_ask0", "once", None],
        ["per_ask1", "always", None],
        ["per_ask2", "reject", "use git ls-files"],
    ]


async def test_answering_a_question_with_choices_and_own_words(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{QUESTION}")
    card = page.locator("[data-testid=question-card]")
    await expect(card.locator("[data-testid=question-send]")).to_be_disabled()
    await card.get_by_text("Euro").click()
    await card.get_by_text("Cart").click()
    await card.get_by_text("Mails").click()
    await card.locator("input[type=text]").nth(1).fill("the receipt")
    await card.locator("[data-testid=question-send]").click()
    await expect(card).to_have_count(0)
    assert fake_server.calls("question")[-1] == ["que_one00001", [["Euro"], ["Cart", "Mails", "the receipt"]]]


async def test_the_banner_says_what_is_away_and_goes_by_itself(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats")
    banner = page.locator("[data-testid=status-banner]")
    await expect(banner).to_have_count(0)
    fake_server.pull("connection", "reconnecting", "The server closed the connection.", "", [])
    await expect(banner).to_contain_text("opencode is away")
    await expect(banner).to_contain_text("The server closed the connection.")
    fake_server.pull("connection", "failed", "It crashed five times.", "Look at its log.", ["line 1", "out of memory"])
    await expect(banner).to_contain_text("not running")
    await banner.get_by_text("Last lines of its log").click()
    await expect(banner).to_contain_text("out of memory")
    await banner.get_by_role("button", name="Start again").click()
    await expect(banner).to_contain_text("Connecting to opencode")
    assert fake_server.calls("start_again") == [[]]
    fake_server.pull("connection", "connected")
    await expect(banner).to_have_count(0)


async def test_the_banner_says_that_changes_cannot_be_saved_and_goes_by_itself(
    page: Page, fake_server: FakeServer
) -> None:
    await visit(page, f"{fake_server.url}/admin/chats")
    banner = page.locator("[data-testid=status-banner]")
    await expect(banner).to_have_count(0)
    fake_server.pull("database_trouble", "The disk is full: the database cannot be written.", "Free some space.")
    await expect(banner).to_contain_text("Changes cannot be saved")
    await expect(banner).to_contain_text("The disk is full: the database cannot be written. Free some space.")
    fake_server.pull("connection", "reconnecting", "The server closed the connection.", "", [])
    await expect(banner).to_have_count(2)
    fake_server.pull("connection", "connected")
    fake_server.pull("database_trouble")
    await expect(banner).to_have_count(0)


async def test_every_kind_of_part_is_drawn_and_opens(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{KINDS}")
    await page.wait_for_selector("[data-testid=tool-call]")
    kinds = set(
        await page.evaluate("[...document.querySelectorAll('[data-testid=part]')].map((el) => el.dataset.partType)")
    )
    assert kinds >= {"text", "tool", "file", "agent", "subtask", "retry", "compaction", "step-finish", "hologram"}
    states = await page.evaluate(
        "[...document.querySelectorAll('[data-testid=tool-call]')].map((el) => el.dataset.state)"
    )
    assert {"done", "failed", "denied", "interrupted", "running", "pending"} <= set(states)
    assert await page.locator(".tool__body").count() == 0
    for row in await page.locator("[data-testid=tool-call] > .fold__head").all():
        await row.click()
    await expect(page.locator(".tool__body")).to_have_count(len(states))
    await expect(page.locator("[data-part-type=hologram]")).not_to_contain_text("cube")
    await page.locator("[data-part-type=hologram] > .fold__head").click()
    await expect(page.locator("[data-part-type=hologram]")).to_contain_text("cube")


async def test_a_waiting_call_and_a_failed_turn_say_so(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{ASKING}")
    await expect(page.locator("[data-testid=tool-call][data-state=waiting]")).to_contain_text("Needs you")
    await page.click(f"[data-session-id={FAILED}]")
    await expect(page.locator("[data-testid=error-card]")).to_have_count(1)
    await expect(page.locator("[data-testid=error-card]")).to_contain_text("Your credit balance is too low. (402)")
    await page.click(f"[data-session-id={RETRY}]")
    await expect(page.locator(".card--retry")).to_contain_text(re.compile("Attempt 3 starts (in|now)"))


async def test_a_session_is_renamed_archived_and_deleted_from_its_menu(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("before")
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    row = page.locator(f".session:has([data-session-id={session}])")

    async def act(name: str) -> None:
        await row.hover()
        await row.locator(".session__menu").click()
        await page.locator(".sessions [popover]").get_by_role("menuitem", name=name).click()

    await act("Rename")
    await page.fill("dialog[open] input", "after <b>")
    await page.keyboard.press("Enter")
    await expect(page.locator(".chat__title")).to_have_text("after <b>")
    await expect(row).to_contain_text("after <b>")
    await act("Archive")
    await expect(row).to_have_count(0)
    await page.click("[data-testid=session-filter]")
    await page.locator(".menu__item:visible", has_text="Archived").click()
    await expect(row).to_have_count(1)
    await act("Delete")
    await expect(row).to_have_count(0)
    assert [session] in fake_server.calls("delete")


async def test_the_list_finds_and_filters(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats")
    items = page.locator("[data-testid=session-item]")
    await page.fill("[data-testid=session-search]", "nightly")
    await expect(items).to_have_count(1)
    await expect(items).to_have_attribute("data-state", "unread")
    await page.fill("[data-testid=session-search]", "no such thing")
    await expect(page.locator(".list__none")).to_contain_text("No session matches")
    await page.fill("[data-testid=session-search]", "")
    await page.click("[data-testid=session-filter]")
    await page.locator(".menu__item:visible", has_text="/workspace/site").click()
    await expect(items).to_have_count(1)
    await expect(items).to_contain_text("Landing page copy")
    await page.click(".filter-chip")
    await expect(items.nth(3)).to_be_visible()


async def test_theme_and_width_are_remembered(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats")
    await page.click("[data-testid=theme-menu]")
    await page.locator(".menu__item:visible", has_text="Dark").click()
    await page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    divider = page.locator("[data-testid=splitter]")
    box = await divider.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"], 300)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 80, 300, steps=4)
    await page.mouse.up()
    await page.wait_for_timeout(200)
    await page.reload()
    await page.wait_for_function("window.did_handshake === true")
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert abs(await page.evaluate("document.querySelector('.list').offsetWidth") - 360) <= 4
    await page.click("[data-testid=theme-menu]")
    await page.locator(".menu__item:visible", has_text="System").click()
    await page.wait_for_function("!document.documentElement.dataset.theme")


async def test_on_a_phone_the_list_is_a_drawer(page: Page, fake_server: FakeServer) -> None:
    await page.set_viewport_size({"width": 390, "height": 780})
    await visit(page, f"{fake_server.url}/admin/chats/{SHOP}")
    await expect(page.locator("[data-testid=session-list]")).to_be_hidden()
    await page.click("[data-testid=toggle-list]")
    await expect(page.locator("[data-testid=session-list]")).to_be_visible()
    await page.click(f"[data-session-id={FAILED}]")
    await expect(page.locator("[data-testid=session-list]")).to_be_hidden()
    await expect(page.locator(".chat__title")).to_have_text("Summarise last week's orders")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_another_tab_sees_the_same(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("two tabs")
    other = await page.context.new_page()
    for tab in (page, other):
        await visit(tab, f"{fake_server.url}/admin/chats/{session}")
    await page.fill("[data-testid=composer]", "from the first tab")
    await page.press("[data-testid=composer]", "Enter")
    for tab in (page, other):
        await expect(tab.locator(".message[data-role=assistant] .prose")).to_contain_text("from the first tab")


LOOKED_AT = """(seen) => {
  Object.defineProperty(document, "hidden", { value: !seen, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_a_tab_in_the_background_is_sent_no_words_and_has_all_of_them_when_it_is_looked_at(
    page: Page, fake_server: FakeServer
) -> None:
    session = fake_server.session("in the background")
    message = fake_server.pull("assistant", session, fake_server.pull("user", session, "Tell me"))
    fake_server.pull("busy", session)
    part = fake_server.pull("start_text", session, message)
    fake_server.pull("delta", session, message, part, "It begins.")
    other = await page.context.new_page()
    for tab in (page, other):
        await visit(tab, f"{fake_server.url}/admin/chats/{session}")
    texts = {tab: tab.locator(".message[data-role=assistant] .prose") for tab in (page, other)}
    await page.evaluate(LOOKED_AT, False)
    fake_server.pull("delta", session, message, part, " It goes on.")
    await expect(texts[other]).to_have_text("It begins. It goes on.")
    await page.wait_for_timeout(300)
    assert (await texts[page].inner_text()).strip() == "It begins."
    await page.evaluate(LOOKED_AT, True)
    await expect(texts[page]).to_have_text("It begins. It goes on.")
    fake_server.pull("delta", session, message, part, " It ends.")
    for tab in (page, other):
        await expect(texts[tab]).to_have_text("It begins. It goes on. It ends.")


@pytest.mark.parametrize("session", ["", f"/{KINDS}"])
async def test_no_module_of_the_page_is_found_out_to_be_missing_only_when_another_is_run(
    page: Page, fake_server: FakeServer, session: str
) -> None:
    await visit(page, f"{fake_server.url}/admin/chats{session}")
    await page.wait_for_timeout(500)
    asked = set(await page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)"))
    named = set(
        await page.evaluate("[...document.querySelectorAll('link, script[src]')].map((el) => el.href || el.src)")
    )
    assert not [url for url in asked - named if url.endswith(("js", ".mjs"))]
    assert any(url.endswith("highlight.min.js") for url in asked)


async def test_a_turn_whose_last_step_is_removed_ends_with_the_step_before(page: Page, fake_server: FakeServer) -> None:
    session = fake_server.session("Steps")
    prompt = fake_server.pull("user", session, "Go")
    steps = []
    for number, finish in ((1, "tool-calls"), (2, "stop")):
        tokens = {"input": number, "output": 111 * number, "reasoning": 0, "cache": {"read": 0, "write": 0}}
        more = {"completed": 1_800_000_000_000, "finish": finish, "tokens": tokens}
        step = fake_server.pull("assistant", session, prompt, **more)
        part = fake_server.pull("start_text", session, step)
        fake_server.pull("end_text", session, step, part, f"Step {number}")
        steps.append(step)
    fake_server.pull("idle", session)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    articles = page.get_by_role("article", name="Agent")
    before, last = (articles.filter(has_text=f"Step {number}") for number in (1, 2))
    await expect(last).to_contain_text("333 tokens")  # of both
    await expect(before).not_to_contain_text("tokens")
    fake_server.pull("emit", "message.removed", sessionID=session, messageID=steps[1])
    await expect(last).to_have_count(0)
    await expect(before).to_contain_text("111 tokens")
