"""What thousands of sessions cost in the list: opening the page, scrolling, searching, a change that comes, memory.

Where opencode's own web app has the same thing, it is measured beside ours in the same browser, in turns: it loads the
newest 5,000 sessions for its home page, and shows the opened ones in a row of tabs.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from benchmarks.bench import bench, machine, percentile
from benchmarks.pages import FLAGS, open_pages, web_headers
from benchmarks.seed import last_words, seed

if TYPE_CHECKING:
    import argparse

    from playwright.sync_api import Browser, BrowserContext, Page

    from benchmarks.bench import Bench
    from benchmarks.pages import Watched

PAGES = 5
MESSAGES = 60
"""In each session that is opened by a click."""
SETTLE_MS = 12_000
"""After the first start with all the sessions: records are made for them."""
PATIENCE_MS = 60_000
WHEEL = 900
"""Pixels a turn of the wheel, one each frame: as fast as a hand can."""

# Every frame: how long it took, and whether there was a row at three heights of the list. And every task over 50 ms.
RECORD = """() => {
  const record = window.record = { frames: [], tasks: [], without: 0 };
  new PerformanceObserver((list) => record.tasks.push(...list.getEntries().map((task) => task.duration)))
    .observe({ type: "longtask" });
  let last = performance.now();
  const frame = (now) => {
    if (window.record !== record) return;
    record.frames.push(now - last);
    last = now;
    record.without += rowsThere() ? 0 : 1;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""
ROWS = """window.rowsThere = () => {
  const box = document.querySelector("[data-testid=session-list]").getBoundingClientRect();
  return [0.2, 0.5, 0.8].every((part) => {
    const row = document.elementFromPoint(box.left + 40, box.top + part * box.height)?.closest(".sessions__item");
    return row && !row.querySelector(".session--blank");
  });
};"""
JUMP = """(part) => new Promise((done) => {
  const list = document.querySelector("[data-testid=session-list]");
  const began = performance.now();
  list.scrollTop = (list.scrollHeight - list.clientHeight) * part;
  const look = () => rowsThere() ? done(performance.now() - began) : requestAnimationFrame(look);
  requestAnimationFrame(look);
})"""
# From each key to the frame in which the list has another number of rows.
KEYS = """() => {
  window.filtered = [];
  const total = () => document.querySelector("[data-testid=session-list] [aria-setsize]")?.ariaSetSize;
  addEventListener("keydown", (event) => {
    const before = total();
    const look = () => total() === before ? requestAnimationFrame(look)
      : filtered.push(performance.now() - event.timeStamp);
    requestAnimationFrame(look);
  }, { capture: true });
}"""
ARRIVAL = """([link, title]) => new Promise((done) => {
  const look = () => document.querySelector(link)?.textContent.includes(title)
    ? done(performance.timeOrigin + performance.now()) : requestAnimationFrame(look);
  look();
})"""
SEEN = """(words) => {
  window.opening = null;
  addEventListener("pointerdown", (event) => {
    const look = () => {
      const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        if (texts.currentNode.data.includes(words)) return (window.opening = performance.now() - event.timeStamp);
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { capture: true, once: true });
}"""
LINK = 'a[href*="/ses_"]'


def run(arguments: argparse.Namespace) -> None:
    """Measures and prints the table."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 other measurements do without it

    heading = machine()
    rows: list[tuple[str, dict[str, list[float]]]] = []
    with bench() as up, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=list(FLAGS))
        pages = open_pages(browser, up, web=arguments.opencode_web)
        ours = pages[0].page
        state = ours.context.storage_state()
        few, few_bytes = up.ours.memory_info().rss / 1e6, _document(browser, up, state)
        sizes = range(MESSAGES, MESSAGES + 4 * arguments.rounds, 2)
        small, opened = seed(up.opencode, sizes, empty=arguments.sessions)
        _wait_for_all(ours, arguments.sessions)
        ours.wait_for_timeout(SETTLE_MS)
        many = up.ours.memory_info().rss / 1e6
        many_bytes = _document(browser, up, state)
        rows += _open_cold(browser, up, state, arguments)
        rows.append(("the page's document with one session, compressed, KB", {"ours": [few_bytes / 1e3]}))
        rows.append((f"the same with {arguments.sessions:,}", {"ours": [many_bytes / 1e3]}))
        for watched in pages:
            watched.page.goto(watched.address.format(session_id=small))
            watched.page.wait_for_selector(f'a[href$="/{small}"]')
        ours.wait_for_timeout(2000)
        rows += _scroll(ours, arguments.rounds)
        rows.append(("key to the filtered rows, ms", {"ours": _filter(ours, arguments.rounds)}))
        rows.append(
            ("a title given elsewhere until it is in the list, ms", _change(pages, up, small, arguments.rounds))
        )
        rows += _click(ours, opened)
        rows.append(("the server's memory with one session, MB", {"ours": [few]}))
        rows.append((f"the same with {arguments.sessions:,}", {"ours": [many]}))
        rows.append(("the server's memory per open page, MB", {"ours": [_memory(ours.context, up)]}))
        browser.close()
    _print(heading, rows, arguments)


def _wait_for_all(page: Page, sessions: int) -> None:
    page.wait_for_function(
        f"+document.querySelector('.sessions__item')?.ariaSetSize >= {sessions}", timeout=2 * PATIENCE_MS
    )


def _document(browser: Browser, up: Bench, state: object) -> float:
    """Bytes of the page's first answer as they are sent."""
    context = browser.new_context(storage_state=state)  # type: ignore[arg-type]
    page = context.new_page()
    with page.expect_response(f"{up.url}/admin/chats") as answer:
        page.goto(f"{up.url}/admin/chats")
    size = answer.value.request.sizes()["responseBodySize"]
    context.close()
    return float(size)


def _open_cold(
    browser: Browser, up: Bench, state: object, arguments: argparse.Namespace
) -> list[tuple[str, dict[str, list[float]]]]:
    """Each time in a browser that has nothing of the page yet."""
    seen: list[float] = []
    nodes: list[float] = []
    drawn: list[float] = []
    loaded: list[float] = []
    sizes: list[float] = []
    for _ in range(arguments.rounds):
        context = browser.new_context(storage_state=state)  # type: ignore[arg-type]
        page = context.new_page()
        began = time.perf_counter()
        page.goto(f"{up.url}/admin/chats", wait_until="commit")
        page.wait_for_function(f"window.did_handshake === true && document.querySelectorAll('{LINK}').length > 5")
        seen.append(1000 * (time.perf_counter() - began))
        page.wait_for_timeout(1500)
        nodes.append(page.evaluate("document.querySelectorAll('*').length"))
        drawn.append(page.evaluate(f"document.querySelectorAll('{LINK}').length"))
        context.close()
        if not arguments.opencode_web:
            continue
        context = browser.new_context()
        context.set_extra_http_headers(web_headers(up))
        page = context.new_page()
        began = time.perf_counter()
        with page.expect_response(lambda answer: "/api/session?" in answer.url, timeout=PATIENCE_MS) as answer:
            page.goto(up.opencode.url, wait_until="commit")
        answer.value.finished()
        loaded.append(1000 * (time.perf_counter() - began))
        sizes.append(answer.value.request.sizes()["responseBodySize"] / 1e3)
        context.close()
    return [
        ("cold browser: address to a list one can click, ms", {"ours": seen}),
        ("DOM nodes of the page", {"ours": nodes}),
        ("of them sessions", {"ours": drawn}),
        ("cold browser: address until its newest 5,000 sessions have come, ms", {"opencode's": loaded}),
        ("of them, as sent, KB", {"opencode's": sizes}),
    ]


def _scroll(page: Page, rounds: int) -> list[tuple[str, dict[str, list[float]]]]:
    page.evaluate(ROWS)
    jumps = [float(page.evaluate(JUMP, part)) for part in (0.5, 0.15, 0.85, 0.3, 0.7, 0.05, 0.95)[: rounds + 2]]
    page.evaluate("document.querySelector('[data-testid=session-list]').scrollTop = 0")
    page.wait_for_timeout(500)
    box = page.locator("[data-testid=session-list]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 200)
    page.evaluate(RECORD)
    began = time.perf_counter()
    end = "(({ scrollTop, clientHeight, scrollHeight }) => scrollTop + clientHeight > scrollHeight - 2)"
    end += "(document.querySelector('.sessions'))"
    turns = 0
    while turns % 50 or not page.evaluate(end):
        page.mouse.wheel(0, WHEEL)
        turns += 1
    took = time.perf_counter() - began
    record = page.evaluate("(() => { const found = window.record; window.record = null; return found; })()")
    frames = [float(frame) for frame in record["frames"][1:]]
    page.evaluate("document.querySelector('[data-testid=session-list]').scrollTop = 0")
    return [
        ("dragging anywhere until its rows are there, ms", {"ours": jumps}),
        (f"top to bottom by wheel in {took:.1f} s: longest task, ms", {"ours": [max(record["tasks"], default=0.0)]}),
        ("frames", {"ours": [float(len(frames))]}),
        ("of them over 50 ms", {"ours": [float(sum(frame > 50 for frame in frames))]}),
        ("of them before their rows were there", {"ours": [float(record["without"])]}),
        ("frame, p95, ms", {"ours": [percentile(frames, 0.95)]}),
    ]


def _filter(page: Page, rounds: int) -> list[float]:
    page.evaluate(KEYS)
    field = page.locator("[data-testid=session-search]")
    for number in range(2 * rounds):
        field.fill("Filled 0")
        page.wait_for_timeout(400)
        page.evaluate("document.querySelector('[data-testid=session-search]').focus()")
        for key in f"{(1037 * (number + 1)) % 9000 + 1000}"[1:]:
            page.keyboard.press(key)
            page.wait_for_timeout(300)
    field.fill("")
    page.wait_for_timeout(400)
    return [float(one) for one in page.evaluate("window.filtered")]


def _change(pages: list[Watched], up: Bench, session_id: str, rounds: int) -> dict[str, list[float]]:
    """Of the session that is open in both pages, so that both have it in their lists."""
    found: dict[str, list[float]] = {}
    for number in range(rounds * len(pages)):
        watched = pages[number % len(pages)]
        title = f"Renamed {number}"
        look = f"window.arrival = ({ARRIVAL})(['a[href$=\"/{session_id}\"]', '{title}']); 0"
        watched.page.evaluate(look)
        began = time.time() * 1000
        up.opencode.request("PATCH", f"/session/{session_id}", {"title": title})
        at = float(watched.page.evaluate("window.arrival"))
        found.setdefault("ours" if watched is pages[0] else "opencode's", []).append(at - began)
        watched.page.wait_for_timeout(600)
    return found


def _click(page: Page, opened: dict[int, str]) -> list[tuple[str, dict[str, list[float]]]]:
    """Each session is clicked once: what was read is kept."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for number, (size, session_id) in enumerate(opened.items()):
        is_hovered = number % 2 == 0
        page.mouse.move(700, 400)
        page.evaluate(SEEN, last_words(size))
        if is_hovered:
            page.hover(f'a[href$="/{session_id}"]')
            page.wait_for_timeout(400)
        page.click(f'a[href$="/{session_id}"]')
        page.wait_for_function("window.opening !== null", timeout=PATIENCE_MS)
        times[is_hovered].append(float(page.evaluate("window.opening")))
        page.wait_for_timeout(500)
    return [
        (f"first click on a session of {MESSAGES} messages to its last, ms", {"ours": times[False]}),
        ("the same after resting on its row", {"ours": times[True]}),
    ]


def _memory(context: BrowserContext, up: Bench) -> float:
    """MB by which our server grows for each further page, all of them kept open."""
    before = up.ours.memory_info().rss
    opened = [context.new_page() for _ in range(PAGES)]
    for page in opened:
        page.goto(f"{up.url}/admin/chats")
        page.wait_for_function("window.did_handshake === true")
    opened[0].wait_for_timeout(1000)
    return (up.ours.memory_info().rss - before) / PAGES / 1e6


def _print(heading: str, rows: list[tuple[str, dict[str, list[float]]]], arguments: argparse.Namespace) -> None:
    print(f"{heading}; {arguments.sessions:,} sessions; medians, in brackets the extremes\n")
    names = ["ours", "opencode's"] if arguments.opencode_web else ["ours"]
    print(f"| what | {' | '.join(names)} |")
    print("|---|" + "---:|" * len(names))
    for what, values in rows:
        print(f"| {what} | {' | '.join(_say(values.get(name, [])) for name in names)} |")


def _say(values: list[float]) -> str:
    if not values:
        return "–"
    middle = f"{statistics.median(values):.1f}"
    return f"{middle} ({min(values):.1f}–{max(values):.1f})" if len(values) > 1 else middle
