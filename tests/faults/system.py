"""The whole product with a line that goes wrong in its middle: sprintagen, the fault proxy, the real opencode.

Senders behave as a careful program does: a prompt without an answer to its sending is sent again with the same key.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx

from tests.faults.history import Fault, History, Reading, Send, seen_by_api, seen_by_opencode
from tests.faults.proxy import FaultProxy
from tests.rig import RealOpencode
from tests.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

API = "/api/opencode"
SETTLE_SECONDS = 90


@dataclass
class System:
    """One of it, as a context; `folder` holds everything it writes."""

    folder: Path
    binary: Path
    model_url: str
    history: History = field(default_factory=History)
    logs: list[str] = field(default_factory=list)
    """Of the web processes that have ended."""

    def __enter__(self) -> Self:
        self.opencode = RealOpencode(self.binary, self.model_url, self.folder / "opencode")
        self.opencode.start()
        self.line = FaultProxy(self.opencode.port)
        self.line.__enter__()
        self.web = self._served(self.line.url, "web")
        self.web.start()
        self.page_line = FaultProxy(self.web.port)
        self.page_line.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.line.heal()
        self.page_line.__exit__()
        self.web.stop()
        self.line.__exit__()
        self.opencode.stop()

    def _served(self, url: str, name: str) -> Served:
        settings = {
            "OPENCODE_SERVER_URL": url,
            "OPENCODE_SERVER_PASSWORD": self.opencode.password.get_secret_value(),
            "OPENCODE_DIRECTORY": str(self.opencode.directory),
        }
        return Served(self.folder / name, environment=settings)

    @property
    def database(self) -> Path:
        """sprintagen's."""
        [file] = self.web.data_dir.rglob("*.sqlite")
        return file

    # -- doing --------------------------------------------------------------------------------------------------------

    def new_session(self) -> str:
        with self.web.program() as program:
            answer = program.post(f"{API}/sessions", json={"title": "faults"})
            answer.raise_for_status()
            return str(answer.json()["id"])

    def send(self, session_id: str, sender: int, text: str = "/x say 3", *, seconds: float = 60) -> Send:
        """Returns when the prompt was acknowledged, or after so many seconds when it was not."""
        send = self.history.begin(session_id, sender)
        body = {"text": f"{send.key}\n{text}", "client_key": send.key}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(httpx.TransportError), self.web.program() as program:
                answer = program.post(f"{API}/sessions/{session_id}/messages?wait=false", json=body)
                if answer.status_code == 202:
                    self.history.acknowledge(send)
                    return send
            time.sleep(0.1)
        return send

    def wait_for_words(self, session_id: str, seconds: float = 30) -> None:
        """Returns when an answer is streaming, as our API tells it."""

        def is_streaming() -> bool:
            return any(
                item["role"] == "assistant"
                and not item.get("finish")
                and any(part.get("text") for part in item["parts"])
                for item in self.read(session_id)
            )

        self.web.wait_until(is_streaming, seconds)

    def kill_opencode(self) -> None:
        """SIGKILL; whoever waits for an answer then need not get one."""
        self.opencode.kill()
        self.history.note("opencode killed")

    def restart_opencode(self, sessions: list[str]) -> None:
        self.opencode.start()
        answered = {key for id_ in sessions for key in self._answered(id_)}
        self.history.excuse_open_turns(answered)
        self.history.note("opencode is back")

    def _answered(self, session_id: str) -> set[str]:
        seen = seen_by_opencode(self.opencode.messages(session_id))
        parents = {message.parent_id for message in seen if message.is_answer}
        return {key for message in seen if message.id in parents for key in message.keys}

    @contextlib.contextmanager
    def stopped_opencode(self) -> Iterator[None]:
        """SIGSTOP now, SIGCONT afterwards."""
        assert self.opencode.pid is not None
        os.kill(self.opencode.pid, signal.SIGSTOP)
        self.history.note("opencode stopped")
        try:
            yield
        finally:
            os.kill(self.opencode.pid, signal.SIGCONT)
            self.history.note("opencode goes on")

    def restart_web(self) -> None:
        """SIGKILL, and a new process on the same data and port."""
        self.web.end(signal.SIGKILL)
        self.logs.append(self.web.log)
        self.history.note("sprintagen killed")
        self.web.start()
        self.history.note("sprintagen is back")

    # -- judging ------------------------------------------------------------------------------------------------------

    def read(self, session_id: str, web: Served | None = None) -> list[dict[str, Any]]:
        """All messages of a session from our API, oldest first."""
        messages: list[dict[str, Any]] = []
        query: dict[str, str] = {"limit": "40"}
        with (web or self.web).program() as program:
            while True:
                answer = program.get(f"{API}/sessions/{session_id}/messages", params=query)
                answer.raise_for_status()
                page = answer.json()
                messages = page["messages"] + messages
                if not page.get("older"):
                    return messages
                query["before"] = page["older"]

    def readings(self, session_id: str, fresh: Served | None = None) -> list[Reading]:
        """What each reader sees of a session now."""
        found = [
            Reading("opencode", session_id, seen_by_opencode(self.opencode.messages(session_id))),
            Reading("our API", session_id, seen_by_api(self.read(session_id))),
        ]
        if fresh is not None:
            found.append(Reading("a second sprintagen", session_id, seen_by_api(self.read(session_id, fresh))))
        return found

    def check(self, sessions: list[str], fresh: Served | None = None) -> list[Fault]:
        """Every broken promise as things stand now; a reader that cannot read waits for the next time."""
        return self.history.check([reading for id_ in sessions for reading in self.readings(id_, fresh)])

    def settled(self, sessions: list[str], *, seconds: float = SETTLE_SECONDS) -> list[Fault]:
        """The broken promises that are left when everything had time to end; also in the eyes of a newcomer.

        The line and both processes must be well.
        """
        end = time.monotonic() + seconds
        faults: list[Fault] = []
        while time.monotonic() < end:
            try:
                faults = self.check(sessions)
            except httpx.HTTPError as error:
                faults = [Fault("lost", "our API", "", "", f"it cannot be read: {error!r}")]
            if not faults:
                break
            time.sleep(0.3)
        if faults:
            return faults
        fresh = self._served(self.opencode.url, "fresh")
        try:
            fresh.start()
            return self.check(sessions, fresh)
        finally:
            fresh.stop()

    def assert_kept(self, sessions: list[str]) -> None:
        """Both promises, for these sessions."""
        faults = self.settled(sessions)
        assert not faults, self.history.account(faults) + "\nthe log:\n" + self.web.log[-4000:]


class Sender(threading.Thread):
    """Sends prompts to one session, one after the other, until it is told to stop."""

    def __init__(self, system: System, session_id: str, number: int, texts: list[str], *, pause: float = 0.0) -> None:
        super().__init__(name=f"sender-{number}", daemon=True)
        self._system, self._session_id, self._number = system, session_id, number
        self._texts, self._pause = texts, pause
        self.stopped = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            for text in self._texts:
                if self.stopped.wait(self._pause):
                    return
                self._system.send(self._session_id, self._number, text)
        except Exception as error:
            self.error = error

    def finish(self) -> None:
        """Returns when everything was sent; raises what went wrong."""
        self.join(180)
        assert not self.is_alive()
        if self.error is not None:
            raise self.error
