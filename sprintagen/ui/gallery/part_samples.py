"""Samples of the parts that are no tool calls."""

# ruff: noqa: E501 (texts as they are)

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sprintagen.ui.gallery.samples import DIRECTORY, HOSTILE, Group, Sample, Wire

THOUGHT = "The cart rounds **each line**.\n\nSo three items at 0.335 come out as `1.02`; I should round the sum."


def part_groups() -> list[Group]:
    """One group for each kind of part."""
    now = datetime.now(UTC)
    begun, ended = _ms(now - timedelta(seconds=14)), _ms(now - timedelta(seconds=2))

    def done(name: str, kind: str, /, *, is_opened: bool = False, **fields: object) -> Sample:
        part: Wire = {"type": kind, **fields}
        return Sample(name, part, is_opened=is_opened)

    overloaded = {"name": "APIError", "data": {"message": "Overloaded", "statusCode": 529, "isRetryable": True}}
    files = [f"{DIRECTORY}/shop/cart.py", f"{DIRECTORY}/shop/money.py", f"{DIRECTORY}/tests/test_cart.py"]
    return [
        Group("text", [done("done", "text", text="I moved the rounding to `Cart.total`.", time={"start": begun, "end": ended})]),
        Group(
            "reasoning",
            [
                Sample("streaming", {"type": "reasoning", "text": THOUGHT, "time": {"start": begun}}, is_active=True, is_opened=True),
                done("done", "reasoning", text=THOUGHT, time={"start": begun, "end": ended}, is_opened=True),
                done("interrupted", "reasoning", text=THOUGHT, time={"start": begun}),
            ],
        ),
        Group("retry", [done("done", "retry", attempt=2, error=overloaded, time={"created": ended})]),
        Group(
            "compaction",
            [
                done("automatic", "compaction", auto=True),
                done("overflow", "compaction", auto=True, overflow=True),
                done("on request", "compaction", auto=False),
            ],
        ),
        Group(
            "patch",
            [
                done("one file", "patch", hash="4b825dc642cb6eb9", files=files[:1]),
                done("many files", "patch", hash="4b825dc642cb6eb9", files=files, is_opened=True),
            ],
        ),
        Group(
            "step-finish",
            [done(reason, "step-finish", reason=reason) for reason in ("length", "content-filter", "error", "other")],
        ),
        Group("agent", [done("done", "agent", name="explore")]),
        Group(
            "subtask",
            [done("done", "subtask", prompt="Look for every round( in shop/.", description="Find roundings", agent="explore")],
        ),
        Group(
            "file",
            [
                done("text", "file", mime="text/plain", filename="notes.txt", url="data:text/plain;base64,aGk="),
                done("folder", "file", mime="application/x-directory", filename="shop", url=f"file://{DIRECTORY}/shop"),
                done("document", "file", mime="application/pdf", filename="invoice.pdf", url="data:application/pdf;base64,aGk="),
            ],
        ),
        Group(
            "unknown",
            [
                done("unknown", "hologram", shape="cube", label=HOSTILE, edges=[1, 2, {"deep": None}], is_opened=True),
                done("unreadable", "patch", files="none", is_opened=True),
            ],
        ),
    ]  # fmt: skip


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
