from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprintagen.opencode.sse import Frame, FrameParser, FrameTooLarge
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
def test_frames_are_the_specifications_wherever_the_bytes_are_cut(raw: bytes, data: st.DataObject):
    cuts = data.draw(st.lists(st.integers(0, len(raw))))
    assert in_pieces(raw, cuts) == by_the_book(raw)


@given(st.lists(PIECE).map(b"".join))
def test_frames_are_the_same_byte_by_byte(raw: bytes):
    assert in_pieces(raw, list(range(len(raw)))) == whole(raw)


def test_a_recorded_stream_is_the_same_cut_at_every_byte():
    payloads = (TRACES / "06-tool-bash-permission-once.jsonl").read_text().splitlines()[:12]
    raw = b"".join(b"data: " + line.encode() + b"\n\n" for line in payloads)
    for cut in range(0, len(raw), 7):
        assert in_pieces(raw, [cut]) == [Frame(line) for line in payloads]


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
