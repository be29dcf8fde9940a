from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sprintagen.opencode import (
    InvalidID,
    message_id,
    new_message_id,
    new_part_id,
    part_id,
    permission_id,
    pty_id,
    question_id,
    session_id,
)
from sprintagen.opencode import ids as ids_module
from sprintagen.opencode.transport import path_of
from tests.examples import examples

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKS = {
    "ses": session_id, "msg": message_id, "prt": part_id, "per": permission_id, "que": question_id, "pty": pty_id
}  # fmt: skip

INJECTIONS = [
    "",
    ".",
    "..",
    "../config",
    "ses_x/../../config",
    "ses_x?directory=/etc",
    "ses_x#",
    "ses_x%2f..",
    "ses_x\0",
    "ses_x\r\nX-Evil: 1",
    "ses_x\n",
    "ses_x ",
    "http://evil/",
    "//evil/ses_x",
    "ses",
    "SES_x",
    "ses_ü",
    "ses_" + "x" * 200,
    "ses_\ud800",
    "ses_١",
]

HOSTILE = st.text() | st.builds(
    str.__add__,
    st.sampled_from([*CHECKS, *(f"{prefix}_" for prefix in CHECKS), ""]),
    st.lists(
        st.sampled_from(
            ["a", "_", "-", ".", "..", "/", "\\", "?", "#", "&", "=", "%", ";", ":", "@", "%2e", "%2F", "%00"]
        )
        | st.sampled_from(["\0", "\r\n", "\n", " ", "http://", "//evil", "../config", "?directory=/etc"])
        | st.sampled_from(["ü", "\u202e", "\u2028", "\ud800", "１", "．", "／"])
        | st.text(max_size=3)
    ).map("".join),
)
"""Texts of which many nearly are an id."""


@pytest.mark.parametrize(("prefix", "check"), CHECKS.items())
def test_an_id_of_the_right_kind_passes_unchanged(prefix: str, check: Callable[[str], str]):
    text = f"{prefix}_dfa8f4cdfffe8vBgvakSJSusTD"
    assert check(text) == text


@pytest.mark.parametrize(("prefix", "check"), CHECKS.items())
def test_an_id_of_another_kind_is_refused(prefix: str, check: Callable[[str], str]):
    for other in CHECKS.keys() - {prefix}:
        with pytest.raises(InvalidID):
            check(f"{other}_abc")


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_could_leave_its_path_segment_is_no_id(text: str):
    with pytest.raises(InvalidID) as caught:
        session_id(text)
    assert caught.value.hint
    assert len(text) < 4 or text not in caught.value.message + caught.value.hint


def test_something_that_is_no_text_is_no_id():
    with pytest.raises(InvalidID):
        session_id(None)  # type: ignore[arg-type]


@given(HOSTILE)
@settings(max_examples=examples(300))
def test_every_text_is_refused_or_stays_one_path_segment(text: str):
    for check in CHECKS.values():
        try:
            found = check(text)
        except InvalidID:
            continue
        assert re.fullmatch(r"[A-Za-z0-9_-]+", found)
        assert path_of(("session", found)) == f"/session/{found}"


def test_new_ids_have_opencodes_form_and_pass_the_check():
    assert re.fullmatch(r"msg_[0-9a-f]{12}[0-9A-Za-z]{14}", new_message_id())
    assert re.fullmatch(r"prt_[0-9a-f]{12}[0-9A-Za-z]{14}", new_part_id())
    assert message_id(new_message_id())
    assert part_id(new_part_id())


def test_new_ids_sort_in_the_order_they_were_made():
    made = [new_message_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len({text[:16] for text in made}) == 5000


def test_new_ids_go_on_ascending_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch):
    before = new_message_id()
    monkeypatch.setattr("time.time_ns", lambda: 1)
    assert new_message_id() > before


def test_the_stamp_is_the_time_in_milliseconds_as_opencode_writes_it(monkeypatch: pytest.MonkeyPatch):
    # msg_20570b387001… was made by opencode at 1795387601799 (first message of the trace 01-plain-text)
    monkeypatch.setattr("time.time_ns", lambda: 1795387601799 * 1_000_000)
    assert ids_module._Ascending().new("msg").startswith("msg_20570b387001")
