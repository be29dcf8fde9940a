"""Many visitors in one process, and what they were sent: started by `benchmarks.people`, spoken to in lines of JSON.

The first line in is a `Plan`. Then `begin` starts the streams, `measure` forgets what was counted so far, `end` (or the
end of the input) lets the running turns go and stops. Out comes a `ready` line, and a line of counts every few seconds.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from benchmarks.visitor import PageFailed, Traffic, Visitor

if TYPE_CHECKING:
    from collections.abc import Coroutine

REPORT_SECONDS = 2.0
GRACE_SECONDS = 3.0
"""From the end of a turn until every page must have all of it."""
STALLED_SECONDS = 60.0
TURNS = 4
"""Turns of a session before its people go on in a new one, as people do: what they left must not stay in memory."""
OPENING_AT_ONCE = 5
_TURN = re.compile(r"turn(\d+)w")


@dataclass(frozen=True)
class Plan:
    """What the visitors do."""

    url: str
    token: str
    opencode_url: str
    opencode_credentials: str
    """`name:password`."""
    sessions: list[str]
    """Each is watched by the pages whose number, modulo how many sessions there are, is its place."""
    pages: int
    words: int
    """Words of a turn; the next one begins when it has ended."""
    rate: float
    """Words a second in each session."""


@dataclass
class Report:
    """Counts since `measure`, except what is said to be as of now."""

    pages: int = 0
    """Now."""
    seconds: float = 0.0
    messages: int = 0
    appends: int = 0
    bytes: int = 0
    words_read: int = 0
    """Words opencode sent out, read beside sprintagen."""
    words_shown: int = 0
    """Words the pages were sent, each page's counted."""
    words_due: int = 0
    """Words of ended turns that the pages which watched them had to get."""
    words_lost: int = 0
    """Of these, what stands on a page otherwise or not at all."""
    turns: int = 0
    lag_p50_ms: float | None = None
    """From a word's arrival beside sprintagen until a page has it."""
    lag_p95_ms: float | None = None
    lag_p99_ms: float | None = None
    troubles: list[str] = field(default_factory=list)


@dataclass
class _Turn:
    """An answer on its way, known by its number."""

    session_id: str
    read: list[float] = field(default_factory=list)
    """When each word was read beside sprintagen."""
    text: str = ""


class Crowd:
    """All visitors, the reader beside them, and whoever sends the prompts."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._traffic = Traffic()
        self._visitors: list[Visitor] = []
        self._turns: dict[int, _Turn] = {}
        self._of_part: dict[str, int] = {}
        self._shown: dict[tuple[int, str], int] = defaultdict(int)
        """How many words of a turn's element a page has, by the page's number and the element."""
        self._number_of: dict[int, int] = {}
        self._next_turn = 0
        self._lags: Counter[int] = Counter()
        self._report = Report()
        self._since = time.monotonic()
        self._heard: dict[str, float] = {}
        """When something was last said in each session that streams."""
        self._turns_of: Counter[str] = Counter()
        self._is_ending = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, lines: asyncio.StreamReader) -> None:
        """From opening the pages to the end of the input."""
        plan = self._plan
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=30)
        async with (
            aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as program,
            aiohttp.ClientSession(
                timeout=timeout,
                # a browser never opens a socket on a connection that has carried requests
                connector=aiohttp.TCPConnector(limit=0, force_close=True),
                cookie_jar=aiohttp.CookieJar(unsafe=True),
            ) as browser,
        ):
            self._program = program
            self._spawn(self._follow())
            await self._sign_in(browser)
            began = time.monotonic()
            await self._open_pages(browser)
            _say({"ready": len(self._visitors), "seconds": round(time.monotonic() - began, 2)})
            reporting = asyncio.create_task(self._keep_reporting())
            try:
                async for line in lines:
                    command = line.decode().strip()
                    if command == "begin":
                        for session_id in plan.sessions:
                            self._spawn(self._prompt(session_id))
                        self._spawn(self._watch_stalls())
                    elif command == "measure":
                        self._forget()
                    elif command == "end":
                        break
                self._is_ending = True
                await asyncio.sleep(GRACE_SECONDS + 1)
            finally:
                reporting.cancel()
                _say({**asdict(self._counts()), "last": True})
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                await asyncio.gather(*(visitor.close() for visitor in self._visitors))

    # -- pages --------------------------------------------------------------------------------------------------------

    async def _sign_in(self, browser: aiohttp.ClientSession) -> None:
        plan = self._plan
        form = {"token": plan.token}
        headers = {"Origin": plan.url}
        async with browser.post(f"{plan.url}/sign-in", data=form, headers=headers, allow_redirects=False) as answer:
            if answer.status != 303:
                raise PageFailed(f"signing in was answered with {answer.status}")

    async def _open_pages(self, browser: aiohttp.ClientSession) -> None:
        gate = asyncio.Semaphore(OPENING_AT_ONCE)

        async def open_one(number: int) -> None:
            visitor = Visitor(browser, self._plan.url, self._traffic, self._take, self._trouble)
            self._number_of[id(visitor)] = number
            async with gate:
                try:
                    await visitor.open(self._plan.sessions[number % len(self._plan.sessions)])
                except (PageFailed, aiohttp.ClientError, TimeoutError, OSError) as error:
                    self._trouble(f"a page did not open: {error}")
                    return
            self._visitors.append(visitor)

        await asyncio.gather(*(open_one(number) for number in range(self._plan.pages)))

    def _take(self, visitor: Visitor, element_id: str, text: str) -> None:
        """A text on a page has grown."""
        found = _TURN.match(text)
        turn = self._turns.get(int(found[1])) if found else None
        if turn is None:
            return
        key = (self._number_of[id(visitor)], element_id)
        before, now = self._shown[key], text.count(" ")
        if now <= before:
            return
        self._shown[key] = now
        self._report.words_shown += now - before
        at = time.monotonic()
        for word in range(before, now):  # one that a page has sooner than this process has read it: no lag
            self._lags[max(0, round(1000 * (at - turn.read[word]))) if word < len(turn.read) else 0] += 1

    def _trouble(self, words: str) -> None:
        if not self._is_ending and len(self._report.troubles) < 100:
            self._report.troubles.append(words)

    # -- turns --------------------------------------------------------------------------------------------------------

    async def _prompt(self, session_id: str) -> None:
        """Send the next prompt of a session, as another person would."""
        plan = self._plan
        number, self._next_turn = self._next_turn, self._next_turn + 1
        self._turns[number] = _Turn(session_id)
        self._heard[session_id] = time.monotonic()
        body = {"text": f"/x text turn{number}\n/x say {plan.words} {plan.rate:g}"}
        address = f"{plan.url}/api/opencode/sessions/{session_id}/messages?wait=false"
        headers = {"Authorization": f"Bearer {plan.token}"}
        try:
            async with self._program.post(address, json=body, headers=headers) as answer:
                if answer.status != 202:
                    self._trouble(f"a prompt was answered with {answer.status}")
        except aiohttp.ClientError as error:
            self._trouble(f"a prompt was not taken: {error}")

    async def _follow(self) -> None:
        """Read opencode's events beside sprintagen: what there is to be shown, and when a turn has ended."""
        credentials = base64.b64encode(self._plan.opencode_credentials.encode()).decode()
        headers = {"Authorization": f"Basic {credentials}"}
        async with self._program.get(f"{self._plan.opencode_url}/global/event", headers=headers) as answer:
            rest = b""
            async for chunk in answer.content.iter_any():
                now = time.monotonic()
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if b'"message.part.delta"' in line or b'"session.idle"' in line:
                        self._read(json.loads(line.removeprefix(b"data: "))["payload"], now)
        self._trouble("opencode ended the stream beside sprintagen")

    def _read(self, event: dict[str, Any], now: float) -> None:
        given = event["properties"]
        session_id = given["sessionID"]
        if session_id not in self._heard:
            return
        self._heard[session_id] = now
        if event["type"] == "session.idle":
            self._end_turn(session_id)
        elif given["field"] == "text":
            self._note(given["partID"], given["delta"], now)

    def _note(self, part_id: str, delta: str, now: float) -> None:
        number = self._of_part.get(part_id)
        if number is None:
            found = re.match(r"turn(\d+)", delta)
            if found is None or int(found[1]) not in self._turns:
                return
            number = self._of_part[part_id] = int(found[1])
        turn = self._turns[number]
        turn.text += delta
        fresh = delta.count(" ")
        turn.read += [now] * fresh
        self._report.words_read += fresh

    def _end_turn(self, session_id: str) -> None:
        ended = [number for number, turn in self._turns.items() if turn.session_id == session_id and turn.text]
        for number in ended:
            self._spawn(self._check(number))
        if not ended or self._is_ending:
            return
        self._turns_of[session_id] += 1
        if self._turns_of[session_id] < TURNS:
            self._spawn(self._prompt(session_id))
        else:
            del self._turns_of[session_id], self._heard[session_id]
            self._spawn(self._move_on(session_id))

    async def _move_on(self, before: str) -> None:
        """Everybody who watched a session goes on in a new one, once what they have of the old one has been checked."""
        await asyncio.sleep(GRACE_SECONDS + 0.5)
        plan = self._plan
        headers = {"Authorization": f"Bearer {plan.token}"}
        address = f"{plan.url}/api/opencode/sessions"
        async with self._program.post(address, json={"title": "Crowd, later"}, headers=headers) as answer:
            answer.raise_for_status()
            session_id = (await answer.json())["id"]
        await asyncio.gather(*(one.pick(session_id) for one in self._visitors if one.session_id == before))
        await self._prompt(session_id)

    async def _check(self, number: int) -> None:
        """Once everybody must have it: compare what was said with what stands on each page that shows it."""
        await asyncio.sleep(GRACE_SECONDS)
        turn = self._turns.pop(number, None)
        if turn is None:
            return
        self._of_part = {part: other for part, other in self._of_part.items() if other != number}
        wanted = turn.text.split()
        self._report.turns += 1
        for visitor in self._visitors:
            if visitor.session_id != turn.session_id:
                continue
            element_id = next((id_ for id_, text in visitor.texts.items() if text.startswith(f"turn{number}w")), None)
            shown = visitor.texts[element_id].split() if element_id else []
            self._report.words_due += len(wanted)
            lost = sum(one != other for one, other in zip(wanted, shown, strict=False))
            lost += abs(len(wanted) - len(shown))
            self._report.words_lost += lost
            if lost:
                self._trouble(f"a page has {len(shown)} words of {len(wanted)}, {lost} are missing or different")
            self._shown.pop((self._number_of[id(visitor)], element_id or ""), None)

    async def _watch_stalls(self) -> None:
        while True:
            await asyncio.sleep(STALLED_SECONDS / 4)
            for session_id, at in list(self._heard.items()):
                if time.monotonic() - at > STALLED_SECONDS and not self._is_ending:
                    self._trouble(f"nothing was said in a session for {STALLED_SECONDS:.0f} s; it was prompted again")
                    await self._prompt(session_id)

    # -- counting -----------------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._report = Report()
        self._lags.clear()
        self._traffic.messages = self._traffic.appends = self._traffic.bytes = 0
        self._since = time.monotonic()

    def _counts(self) -> Report:
        report = self._report
        report.pages = len(self._visitors)
        report.seconds = time.monotonic() - self._since
        report.messages, report.appends = self._traffic.messages, self._traffic.appends
        report.bytes = self._traffic.bytes
        report.lag_p50_ms, report.lag_p95_ms, report.lag_p99_ms = (
            _percentile(self._lags, share) for share in (0.5, 0.95, 0.99)
        )
        return report

    async def _keep_reporting(self) -> None:
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            _say(asdict(self._counts()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._trouble(f"{type(error).__name__}: {error}")


def _percentile(counted: Counter[int], share: float) -> float | None:
    left = share * counted.total()
    for value in sorted(counted):
        left -= counted[value]
        if left <= 0:
            return float(value)
    return None


def _say(line: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(line), flush=True)


async def main() -> None:
    """Reads the plan and carries it out."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    plan = Plan(**json.loads(await lines.readline()))
    await Crowd(plan).run(lines)


if __name__ == "__main__":
    asyncio.run(main())
