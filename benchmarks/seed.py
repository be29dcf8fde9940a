"""Sessions of any length, as if somebody had talked in them for hours: written into opencode's own database.

opencode answers one prompt a second at best, and the slower the longer the session is; 10,000 messages would take
hours. So a few real turns are played once, and their rows are copied with new ids and later times.
"""

from __future__ import annotations

import json
import random
import sqlite3
import string
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tests.rig import RealOpencode

TURNS = (
    '/x think 60\n/x tool bash {"command": "seq 40", "description": "Counts"}\n/x prose 200',
    "/x say 80",
)
"""What is copied: a question, a tool call, an answer with headings, lists and code; a question and a short answer."""
GAP_MS = 60_000
"""From the end of one copy to the beginning of the next."""
HOUR_MS = 3_600_000
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase

Row = tuple[str | int, ...]


def last_words(size: int) -> str:
    """What stands at the very end of a seeded session, and nowhere else."""
    return f"Seeded-{size}-ends-here."


def database(opencode: RealOpencode) -> Path:
    """opencode's SQLite file; only for use while it is stopped."""
    return opencode.root / "home" / "data" / "opencode" / "opencode.db"


def seed(opencode: RealOpencode, sizes: Iterable[int], *, empty: int = 0) -> tuple[str, dict[int, str]]:
    """Plays the turns, writes one session for each size and starts opencode again.

    Args:
        opencode: Running; it is stopped meanwhile.
        sizes: Messages of each session.
        empty: So many sessions without messages are written as well; see `write_empty`.

    Returns:
        The id of the session with the played turns, and of each seeded session by its size, in messages. A seeded
        session consists of whole turns, so that it may have up to four messages more than asked for.

    Raises:
        RuntimeError: opencode does not count as many messages as were written.
    """
    played = opencode.new_session("Played")
    for prompt in TURNS:
        opencode.play(prompt, session_id=played)
    opencode.wait_for(lambda: opencode.messages(played)[-1]["info"]["time"].get("completed"))
    seeded = {size: opencode.new_session(f"Seeded {size}") for size in sizes}
    opencode.kill()
    with closing(sqlite3.connect(database(opencode))) as connection, connection:
        written = {size: write(connection, played, seeded[size], size) for size in seeded}
        write_empty(connection, played, empty)
    opencode.start()
    for size, count in written.items():
        found = len(opencode.request("GET", f"/session/{seeded[size]}/message?limit=0", timeout=120))
        if found != count:
            raise RuntimeError(f"{count} messages were written, opencode finds {found}")
    return played, seeded


def write(connection: sqlite3.Connection, played: str, session_id: str, size: int) -> int:
    """Copies the rows of `played` until `session_id` has at least `size` messages; returns how many it has."""
    messages = _rows(connection, "SELECT id, time_created, time_updated, data FROM message", played)
    parts = _rows(connection, "SELECT id, message_id, time_created, time_updated, data FROM part", played)
    begin, end = messages[0][1], max(int(row[3]) for row in parts)
    stride = int(end) - int(begin) + GAP_MS
    copies = -(-size // len(messages))
    first_shift = int(time.time() * 1000) - copies * stride - int(begin)
    last_text = [row[0] for row in parts if json.loads(row[4])["type"] == "text"][-1]
    for copy in range(copies):
        shift = first_shift + copy * stride
        ids = {str(row[0]): _later(str(row[0]), shift) for row in (*messages, *parts)}
        new_messages: list[Row] = []
        for message, created, updated, data in messages:
            info = _shifted(json.loads(data), shift)
            if "parentID" in info:
                info["parentID"] = ids[info["parentID"]]
            new_messages.append((ids[message], session_id, created + shift, updated + shift, _compact(info)))
        new_parts: list[Row] = []
        for part, message, created, updated, data in parts:
            content = _shifted(json.loads(data), shift)
            if part == last_text and copy == copies - 1:
                content["text"] = last_words(size)
            row = (ids[part], ids[message], session_id, created + shift, updated + shift, _compact(content))
            new_parts.append(row)
        connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?)", new_messages)
        connection.executemany("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", new_parts)
    return copies * len(messages)


def write_empty(connection: sqlite3.Connection, like: str, count: int) -> None:
    """Sessions without messages, named `Filled 00000` and so on, each an hour older than the one before it.

    Every third has changed something, so that lists show it with a second line.
    """
    connection.row_factory = sqlite3.Row
    row = dict(connection.execute("SELECT * FROM session WHERE id = ?", (like,)).fetchone())
    connection.row_factory = None
    columns = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    newest = int(row["time_created"])
    connection.executemany(
        f"INSERT INTO session ({columns}) VALUES ({places})",
        [
            row
            | {
                "id": _later(like, (number + 1) * HOUR_MS),  # opencode counts a session's id downwards
                "slug": f"filled-{number}",
                "title": f"Filled {number:05}",
                "time_created": newest - (number + 1) * HOUR_MS,
                "time_updated": newest - (number + 1) * HOUR_MS,
                "summary_additions": number if number % 3 == 0 else None,
                "summary_deletions": 0 if number % 3 == 0 else None,
                "summary_files": 1 if number % 3 == 0 else None,
            }
            for number in range(count)
        ],
    )


def _rows(connection: sqlite3.Connection, query: str, session_id: str) -> Sequence[Any]:
    return connection.execute(f"{query} WHERE session_id = ? ORDER BY id", (session_id,)).fetchall()


def _later(name: str, shift: int) -> str:
    """The same id for another time: kind, 48 bits of milliseconds times 4096 plus a counter, and chance."""
    kind, _, rest = name.partition("_")
    stamp = (int(rest[:12], 16) + shift * 4096) % 2**48
    return f"{kind}_{stamp:012x}{''.join(random.choices(_ALPHABET, k=len(rest) - 12))}"


def _shifted(value: Any, shift: int) -> Any:
    """The same with every time in it moved, which all stand in a `time` object."""
    if isinstance(value, list):
        return [_shifted(item, shift) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: {name: at + shift for name, at in item.items()} if key == "time" else _shifted(item, shift)
        for key, item in value.items()
    }


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
