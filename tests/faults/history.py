"""What was sent and acknowledged, what every reader sees in the end, and whether the two agree.

A send is recognised by the key in its text, never by an id: a message that was sent again under another id is then a
doubled one, and a message that lost its text a lost one.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

KEY = re.compile(r"send-\d+-\d+")
Kind = Literal[
    "lost", "doubled", "reordered", "stranger", "answer lost", "answer doubled", "answer misplaced", "differs"
]
"""`differs`: an open page is not as a fresh load of it."""


@dataclass
class Send:
    """One prompt as its sender knows it."""

    key: str
    session_id: str
    number: int
    """Its place among the sends of the session, in the order they were made."""
    began_at: float
    acknowledged_at: float | None = None
    may_lack_answer: bool = False
    """Its turn was broken off by a killed opencode, or the sender asked for an answer that fails."""


@dataclass(frozen=True)
class Seen:
    """One message as a reader has it."""

    id: str
    role: str
    text: str
    parent_id: str = ""
    is_answer: bool = False
    """An assistant message that ended a turn: complete, and not just a step before a tool call."""

    @property
    def keys(self) -> list[str]:
        return KEY.findall(self.text) if self.role == "user" else []


@dataclass(frozen=True)
class Reading:
    """What one reader sees of one session, in its order."""

    reader: str
    session_id: str
    messages: tuple[Seen, ...]
    kept_aside: tuple[str, ...] = ()
    """Keys of prompts it shows as not delivered, with the reason and a way to try again."""


@dataclass(frozen=True)
class Fault:
    """One broken promise."""

    kind: Kind
    reader: str
    session_id: str
    key: str
    account: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.key} in {self.session_id} as {self.reader} sees it: {self.account}"


@dataclass
class History:
    """Everything that was sent and how it ended."""

    sends: dict[str, Send] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    """What was done to whom, for the account."""
    _began: float = field(default_factory=time.monotonic)

    def begin(self, session_id: str, sender: int) -> Send:
        """A new send, with a key that has to stand in its text."""
        number = sum(send.session_id == session_id for send in self.sends.values())
        send = Send(f"send-{sender}-{number}", session_id, number, time.monotonic())
        assert send.key not in self.sends, "each session has one sender"
        self.sends[send.key] = send
        return send

    def acknowledge(self, send: Send) -> None:
        send.acknowledged_at = time.monotonic()
        self.note(f"{send.key} acknowledged")

    def note(self, what: str) -> None:
        """Remember a fault or an end of one."""
        self.events.append(f"{time.monotonic() - self._began:8.2f} s  {what}")

    def excuse_open_turns(self, answered: set[str]) -> None:
        """The server was killed: prompts without an answer at this moment need not get one any more."""
        for send in self.sends.values():
            send.may_lack_answer = send.may_lack_answer or send.key not in answered

    @property
    def acknowledged(self) -> list[Send]:
        return [send for send in self.sends.values() if send.acknowledged_at is not None]

    def check(self, readings: list[Reading]) -> list[Fault]:
        """Every broken promise: none, if all is well."""
        faults: list[Fault] = []
        for reading in readings:
            faults += self._check(reading)
        return faults

    def account(self, faults: list[Fault]) -> str:
        """For a person: what is wrong, and what had happened."""
        lines = [str(fault) for fault in faults]
        return "\n".join([f"{len(faults)} broken promises", *lines, "what happened:", *self.events[-200:]])

    def _check(self, reading: Reading) -> list[Fault]:
        faults: list[Fault] = []

        def say(kind: Kind, key: str, account: str) -> None:
            faults.append(Fault(kind, reading.reader, reading.session_id, key, account))

        sends = sorted((s for s in self.sends.values() if s.session_id == reading.session_id), key=lambda s: s.number)
        seen = [(key, message) for message in reading.messages for key in message.keys]
        times = Counter(key for key, _ in seen)
        known = {send.key for send in sends}
        for message_id, count in Counter(message.id for message in reading.messages).items():
            if count > 1:
                say("doubled", message_id, f"the message is listed {count} times")
        for key in sorted(times.keys() - known):
            say("stranger", key, "nobody sent it here")
        for send in sends:
            count = times[send.key]
            if count > 1:
                ids = [message.id for key, message in seen if key == send.key]
                say("doubled", send.key, f"it appears {count} times: {', '.join(ids)}")
            if count and send.key in reading.kept_aside:
                say("doubled", send.key, "it was delivered and is shown as not delivered, too")
            if not count and send.acknowledged_at is not None and send.key not in reading.kept_aside:
                say("lost", send.key, "it was acknowledged and is not there")
        order = [key for key in dict.fromkeys(key for key, _ in seen) if key in known]
        for before, after in pairwise(order):
            if self.sends[before].number > self.sends[after].number:
                say("reordered", after, f"it comes after {before}, which was sent later")
        self._check_answers(reading, sends, say)
        return faults

    def _check_answers(self, reading: Reading, sends: list[Send], say: Any) -> None:
        place = {message.id: at for at, message in enumerate(reading.messages)}
        asked = {message.id: message.keys for message in reading.messages if message.role == "user"}
        for send in sends:
            prompts = [message_id for message_id, keys in asked.items() if send.key in keys]
            answers = [message for message in reading.messages if message.is_answer and message.parent_id in prompts]
            if len(answers) > 1:
                say("answer doubled", send.key, f"{len(answers)} answers: {', '.join(one.id for one in answers)}")
            if not answers and prompts and send.acknowledged_at is not None and not send.may_lack_answer:
                say("answer lost", send.key, "nothing answers it")
            for answer in answers:
                later = [id_ for id_, keys in asked.items() if keys and place[id_] > place[prompts[-1]]]
                if place[answer.id] < place[prompts[0]] or any(place[answer.id] > place[id_] for id_ in later):
                    say("answer misplaced", send.key, "its answer does not come between it and the next message")


def seen_by_opencode(messages: list[dict[str, Any]]) -> tuple[Seen, ...]:
    """opencode's own message list."""
    return tuple(
        Seen(
            id=item["info"]["id"],
            role=item["info"]["role"],
            text="\n".join(part.get("text", "") for part in item["parts"] if part["type"] == "text"),
            parent_id=item["info"].get("parentID", ""),
            is_answer=item["info"].get("finish") not in (None, "tool-calls") and not item["info"].get("error"),
        )
        for item in messages
    )


def seen_by_api(messages: list[dict[str, Any]]) -> tuple[Seen, ...]:
    """Messages of our API."""
    return tuple(
        Seen(
            id=item["id"],
            role=item["role"],
            text="\n".join(part.get("text", "") for part in item.get("parts", ()) if part["type"] == "text"),
            parent_id=item.get("parent_id", ""),
            is_answer=item.get("finish") not in (None, "tool-calls") and not item.get("error"),
        )
        for item in messages
    )
