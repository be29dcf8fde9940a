from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprintagen.opencode import UnreadableAnswer
from sprintagen.opencode.resources.providers import ConnectedScanner
from tests.opencode.fakes import Recorder, client_of

TEXT = st.text(st.sampled_from('"\\[]{},: connectedé😀'), max_size=12) | st.just("connected")
VALUE: Any = st.recursive(
    st.none() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def scan(raw: bytes, cuts: list[int]) -> list[str] | None:
    scanner = ConnectedScanner()
    edges = [0, *sorted(cuts), len(raw)]
    for start, end in pairwise(edges):
        scanner.feed(raw[start:end])
    return scanner.connected


@given(
    st.dictionaries(TEXT.filter(lambda key: key != "connected"), VALUE, max_size=4),
    st.lists(TEXT),
    st.booleans(),
    st.data(),
)
def test_the_list_is_found_wherever_it_is_and_wherever_the_bytes_are_cut(
    others: dict[str, Any], connected: list[str], first: bool, data: st.DataObject
):
    document = {"connected": connected, **others} if first else {**others, "connected": connected}
    raw = json.dumps(document, ensure_ascii=data.draw(st.booleans())).encode()
    cuts = data.draw(st.lists(st.integers(0, len(raw))))
    assert scan(raw, cuts) == connected
    assert scan(raw, list(range(len(raw)))) == connected


def test_a_list_of_that_name_further_down_is_not_it():
    raw = json.dumps({"all": [{"options": {"connected": ["evil"]}}], "x": "connected", "connected": ["a"], "y": ["z"]})
    assert scan(raw.encode(), []) == ["a"]


@pytest.mark.parametrize(
    "document", [{}, {"connected": None}, {"all": []}, {"connected": {"a": ["b"]}}, [["connected", ["a"]]]]
)
async def test_a_document_without_it_is_unreadable(document: Any):
    async with client_of(Recorder(document)) as client:
        with pytest.raises(UnreadableAnswer):
            await client.providers.connected()


def test_little_is_kept_of_a_large_document():
    scanner = ConnectedScanner()
    piece = json.dumps({"id": "x" * 100, "key": "sk-canary"}).encode() + b","
    scanner.feed(b'{"all":[')
    for _ in range(10_000):
        scanner.feed(piece)
    assert len(scanner._rest) < len(piece)
    scanner.feed(b'{}],"connected":["a"]}')
    assert scanner.connected == ["a"]
    assert "sk-canary" not in repr(vars(scanner))


def test_a_string_without_end_is_given_up():
    scanner = ConnectedScanner()
    scanner.feed(b'{"a": "' + b"x" * 1_000_000)
    with pytest.raises(UnreadableAnswer):
        scanner.feed(b"x" * 100_000)


async def test_usable_providers_come_without_keys():
    secret = {"id": "acme", "key": "sk-canary", "options": {"apiKey": "sk-canary"}, "models": {}}
    async with client_of(Recorder({"providers": [secret], "default": {"acme": "m1"}})) as client:
        found = await client.providers.usable()
    assert found.default == {"acme": "m1"}
    assert "sk-canary" not in repr(found)


async def test_the_configurations_keys_are_dropped_unread():
    async with client_of(Recorder(b'{"provider": "sk-canary', headers={"content-type": "application/json"})) as client:
        await client.health.check_config()  # not even decoded
