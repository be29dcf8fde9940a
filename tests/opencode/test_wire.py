from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprintagen.opencode.wire import DEEPEST, TOO_DEEP, NotJSON, decode, encode

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_what_was_encoded_decodes_to_the_same(value: object):
    assert decode(encode(value)) == value
    assert decode(encode(value).decode()) == value


def test_half_a_surrogate_pair_becomes_the_replacement_character():
    assert decode(rb'{"a\ud83d": ["x\udc00y", "\ud83d\ude00"]}') == {"a\ufffd": ["x\ufffdy", "😀"]}


def test_half_a_surrogate_pair_is_sent_as_an_escape():
    assert encode("x\ud83d") == rb'"x\ud83d"'


def test_bytes_that_are_not_utf8_become_the_replacement_character():
    assert decode(b'"caf\xe9"') == "caf\ufffd"


ENDLESS = b"[" * 300 + b'"' + rb"\"" * 300_000
"""A string that never ends, behind more brackets than are read: looked through once, not from each of its quotes."""


@pytest.mark.parametrize("text", [b"", b"{", b"<html>", b"\xff\xfe", "nope", b"[" * 100_000, ENDLESS, ENDLESS + b"\\"])
def test_what_is_not_json_says_so_without_repeating_it(text: bytes | str):
    with pytest.raises(NotJSON) as caught:
        decode(text)
    assert str(caught.value) == "not JSON"
    assert caught.value.__cause__ is None


def test_deep_but_sane_nesting_is_read():
    text = "[" * 150 + "]" * 150
    assert decode(text) == json.loads(text)
    assert decode(rf'["\ud800", {text}]') == ["\ufffd", json.loads(text)]


@pytest.mark.parametrize("deep", [300, 5000, 200_000])
@pytest.mark.parametrize("odd", ["1", r'"\ud800"'], ids=["whole", "half a pair first"])
def test_what_is_nested_deeper_than_anybody_reads_is_cut_in_words_and_the_rest_is_whole(deep: int, odd: str):
    nested = '{"a ]}\\"[": [' * deep + "1" + "]}" * deep
    text = f'[{{"before": [{odd}, {{}}]}}, {nested}, {{"after": "\\ud800 [[[["}}, [[[]]]]'
    for sent in (text, text.encode()):
        before, value, after, last = decode(sent)
        one = 1 if odd == "1" else "\ufffd"
        assert (before, after, last) == ({"before": [one, {}]}, {"after": "\ufffd [[[["}, [[[]]])
        levels = 1
        while not isinstance(value, str):
            (value,) = value.values() if isinstance(value, dict) else value
            levels += 1
        assert (levels, value) == (DEEPEST, TOO_DEEP)
