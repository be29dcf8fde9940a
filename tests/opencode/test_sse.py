from __future__ import annotations

import random
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sprintagen.opencode.sse import Frame, FrameParser, FrameTooLarge
from tests.examples import examples
from tests.opencode.fakes import TRACES


def whole(raw: bytes) -> list[Frame]:
    return FrameParser().feed(raw)


def in_pieces(raw: bytes, cuts: list[int], parser: FrameParser | None = None) -> list[Frame]:
    parser = parser or FrameParser()
    edges = [0, *sorted(cuts), len(raw)]
    return [frame for start, end in pairwise(edges) for frame in parser.feed(raw[start:end])]


def by_the_book(raw: bytes) -> list[Frame]:
    """The same by the words of the specification, on the whole text at once."""
    text = raw.decode("utf-8", "replace").removeprefix("\ufeff")
    frames = []
    data: list[str] = []
    event = id = ""
    for line in re.split("\r\n|\r|\n", text)[:-1]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                frames.append(Frame("\n".join(data), event, id))
            data, event = [], ""
        elif name == "data":
            data.append(value)
        elif name == "event":
            event = value
        elif name == "id" and "\0" not in value:
            id = value
    return frames


def test_one_data_line_is_one_frame():
    assert whole(b'data: {"a":1}\n\n') == [Frame('{"a":1}')]


def test_several_data_lines_are_joined():
    assert whole(b"data: a\ndata:b\ndata\ndata:  c\n\n") == [Frame("a\nb\n\n c")]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_any_line_end_will_do(end: bytes):
    assert whole(b"event: x" + end + b"id: 7" + end + b"data: a" + end + end) == [Frame("a", "x", "7")]


def test_comments_unknown_fields_and_empty_frames_give_nothing():
    assert whole(b": keep-alive\n\nretry: 100\nnope: x\n\nevent: y\n\ndata: a\n\n") == [Frame("a")]


def test_an_unfinished_frame_is_not_given():
    assert whole(b"data: a\n\ndata: b\n") == [Frame("a")]


def test_a_byte_order_mark_is_skipped_once():
    assert whole(b"\xef\xbb\xbfdata: a\n\n") == [Frame("a")]


def test_a_character_cut_in_two_is_whole_again():
    raw = "data: 😀\n\n".encode()
    for cut in range(len(raw) + 1):
        assert in_pieces(raw, [cut]) == [Frame("😀")]


def test_a_crlf_cut_in_two_is_one_line_end():
    assert in_pieces(b"data: a\r\ndata: b\r\n\r\n", [8, 18]) == [Frame("a\nb")]


PIECE = st.sampled_from(
    [
        b"data",
        b"event",
        b"id",
        b":",
        b" ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"x",
        b"\0",
        "é😀".encode(),
        b"\xff",
        b"\xef\xbb\xbf",
    ]
)


@given(st.lists(PIECE).map(b"".join), st.data())
@settings(max_examples=examples(300))
def test_frames_are_the_specifications_wherever_the_bytes_are_cut(raw: bytes, data: st.DataObject):
    cuts = data.draw(st.lists(st.integers(0, len(raw))))
    assert in_pieces(raw, cuts) == by_the_book(raw)


@given(st.lists(PIECE).map(b"".join))
def test_frames_are_the_same_byte_by_byte(raw: bytes):
    assert in_pieces(raw, list(range(len(raw)))) == whole(raw)


LINE_END = st.sampled_from([b"\n", b"\r", b"\r\n"])
ONE_LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))
LEFT_OUT = st.sampled_from([b": keep-alive", b":", b"retry: 100", b"nope: x", b"nope", b"id: 1\0"])


@st.composite
def frame(draw: st.DrawFn) -> tuple[Frame, bytes]:
    """One with its bytes, of which all lines end alike; lines that mean nothing stand anywhere."""
    data = draw(st.lists(ONE_LINE, min_size=1, max_size=4))
    event, id = draw(ONE_LINE), draw(ONE_LINE.filter(lambda text: "\0" not in text))
    lines = [b"data: " + line.encode() for line in data]
    lines.insert(draw(st.integers(0, len(lines))), b"event: " + event.encode())
    lines.insert(draw(st.integers(0, len(lines))), b"id: " + id.encode())
    for line in draw(st.lists(LEFT_OUT, max_size=2)):
        lines.insert(draw(st.integers(0, len(lines))), line)
    end = draw(LINE_END)
    return Frame("\n".join(data), event, id), end.join([*lines, b"", b""])


@given(st.lists(frame(), min_size=1, max_size=4), st.data())
@settings(max_examples=examples(100))
def test_what_was_written_as_frames_is_read_as_these_frames(written: list[tuple[Frame, bytes]], data: st.DataObject):
    frames, raw = [frame for frame, _ in written], b"".join(text for _, text in written)
    assert in_pieces(raw, data.draw(st.lists(st.integers(0, len(raw))))) == frames
    for cut in range(0, len(raw), max(1, len(raw) // 100)):
        assert in_pieces(raw, [cut]) == frames


@given(st.lists(st.binary() | PIECE), st.integers(0, 60))
@settings(max_examples=examples(300))
def test_garbage_gives_the_frames_in_it_or_is_too_large_and_nothing_else(chunks: list[bytes], limit: int):
    raw = b"".join(chunks)
    expected = by_the_book(raw)
    parser = FrameParser(limit)
    found: list[Frame] = []
    try:
        for chunk in chunks:
            found += parser.feed(chunk)
    except FrameTooLarge:
        assert len(raw) > limit
        assert found == expected[: len(found)]
    else:
        assert found == expected


def test_recorded_events_are_the_same_cut_at_every_byte():
    kinds: dict[str, str] = {}
    for path in sorted(TRACES.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            found = re.search(r'"type":\s*"([^"]+)"', line)
            if found and len(line) < 3000:
                kinds.setdefault(found[1], line)
    assert len(kinds) > 20
    for line in kinds.values():
        raw = b"data: " + line.encode() + b"\r\n\r\ndata: after\n\n"
        for cut in range(len(raw) + 1):
            assert in_pieces(raw, [cut]) == [Frame(line), Frame("after")]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("path", sorted(TRACES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_a_recorded_stream_is_the_same_in_any_pieces(path: Path, end: bytes):
    payloads = [line for line in path.read_text().splitlines() if line]
    raw = b"".join(b"data: " + line.encode() + end + end for line in payloads)
    chance = random.Random(f"{path.stem} {end!r}")
    for longest in (20, 400, 70_000):
        cuts = []
        at = 0
        while (at := at + chance.randint(1, longest)) < len(raw):
            cuts.append(at)
        assert in_pieces(raw, cuts) == [Frame(line) for line in payloads]


@pytest.mark.parametrize("raw", [b"data: " + b"x" * 100, b"data: xxxxxxxx\n" * 10, b"event: " + b"x" * 100 + b"\n"])
def test_a_frame_over_the_limit_is_refused(raw: bytes):
    with pytest.raises(FrameTooLarge):
        FrameParser(limit=64).feed(raw)
    with pytest.raises(FrameTooLarge):
        in_pieces(raw, list(range(len(raw))), FrameParser(limit=64))


@given(st.integers(1, 40))
def test_frames_under_the_limit_pass_however_many_there_are(size: int):
    parser = FrameParser(limit=64)
    raw = (b": a comment of some length\ndata: " + b"x" * 30 + b"\n\n") * 50
    frames = [frame for at in range(0, len(raw), size) for frame in parser.feed(raw[at : at + size])]
    assert len(frames) == 50
