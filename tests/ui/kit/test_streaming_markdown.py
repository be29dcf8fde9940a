from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprintagen.ui.kit.streaming_markdown import StreamingMarkdown, send_pieces, utf16_length, well_formed

if TYPE_CHECKING:
    from nicegui.testing import User


@given(st.text(), st.text())
def test_offsets_count_as_javascript_does(first: str, second: str) -> None:
    assert utf16_length(first) == len(first.encode("utf-16-le")) // 2
    assert utf16_length(first + second) == utf16_length(first) + utf16_length(second)


@given(st.text(alphabet=st.characters()))
def test_a_text_with_halves_of_characters_can_be_sent(text: str) -> None:
    well_formed(text).encode()
    well_formed(text + "\ud83d").encode()
    assert well_formed("\ud83d" + "\ude00") == "😀"


async def test_a_piece_is_addressed_in_utf16(user: User) -> None:
    from nicegui import ui

    @ui.page("/")
    def page() -> None:
        element = StreamingMarkdown("a😀", live=True)
        assert element.append(2, "bc") == (element.id, 3, "bc")
        assert element.text == "a😀bc"

    await user.open("/")


async def test_what_is_there_already_is_not_sent_again(user: User) -> None:
    from nicegui import ui

    @ui.page("/")
    def page() -> None:
        element = StreamingMarkdown("abc", live=True)
        assert element.append(0, "abc") is None
        assert element.append(1, "bcde") == (element.id, 3, "de")
        with pytest.raises(ValueError, match="before 9"):
            element.append(9, "x")
        element.set_text("other", live=False)
        assert element.append(5, "!") == (element.id, 5, "!")

    await user.open("/")


async def test_pieces_travel_in_one_message_that_no_text_can_break_out_of(user: User) -> None:
    from nicegui import ui

    @ui.page("/")
    def page() -> None:
        client = ui.context.client
        before = len(client.outbox.messages)
        send_pieces(client, [(1, 0, '"); alert(1); ("\u2028</script>'), (2, 3, "\ud83d")])
        ((_, kind, data),) = list(client.outbox.messages)[before:]
        assert kind == "run_javascript"
        assert data["code"].isascii()
        assert json.loads(data["code"].removeprefix("sprintagenAppend(")[:-1])[1] == [2, 3, "\ud83d"]

    await user.open("/")
