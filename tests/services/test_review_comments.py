"""Comments on changed lines as words of a prompt."""

from __future__ import annotations

from typing import Any

import pytest

from sprintagen.services.review_comments import HEAD, MOST, ReviewComment, told, with_comments


def comment(**more: Any) -> ReviewComment:
    known: dict[str, Any] = {"path": "shop/pricing.py", "side": "new", "first": 12, "last": 13}
    known |= {"code": ("-if a > b:", "+if a >= b:", " x"), "note": "Why not a predicate?"}
    return ReviewComment(**(known | more))


def test_a_comment_says_where_what_stands_there_and_what_is_said_to_it() -> None:
    said = with_comments("Please look at this.", [comment(), comment(first=9, last=9, side="old", note=" Keep it. ")])
    assert said == (
        "Please look at this.\n\nComments on the changes:\n\n"
        "1. shop/pricing.py, lines 12 to 13:\n```diff\n-if a > b:\n+if a >= b:\n x\n```\nWhy not a predicate?\n\n"
        "2. shop/pricing.py, line 9 before the change:\n```diff\n-if a > b:\n+if a >= b:\n x\n```\nKeep it."
    )


def test_comments_alone_are_a_prompt_and_none_leave_it_as_it_is() -> None:
    assert with_comments(" \n", [comment()]).startswith("Comments on the changes:\n\n1. ")
    assert with_comments("  as it is ", []) == "  as it is "


def test_code_cannot_end_its_own_block_nor_a_path_its_line() -> None:
    said = with_comments("", [comment(code=("+```", "+````python"), path="a\nb.py\u202e")])
    assert "`````diff\n+```\n+````python\n`````" in said
    assert said.split("\n")[2].startswith("1. a b.py")


def test_a_sent_prompt_is_taken_apart_as_it_was_put_together() -> None:
    comments = [
        comment(note="Two\n\nparagraphs."),
        comment(code=("+```", "+````python"), path="a.py"),
        comment(code=(" 2. b.py, line 3:", "+```diff"), note="1. first\n2. second"),
    ]
    said, found = told(with_comments("Look.\n\nComments on the changes:\n\nmine", comments))
    assert said == "Look.\n\nComments on the changes:\n\nmine"
    assert [(one.place, one.code, one.note) for one in found] == [
        (one.place, "\n".join(one.code), one.note) for one in comments
    ]
    assert told(with_comments("", comments))[0] == ""


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        HEAD,
        f"{HEAD}\n\n1. my own list",
        f"x{HEAD}\n\n1. a:\n```diff\n+a\n```\nb",
        f"{HEAD}\n\n2. a:\n```diff\n+a\n```\nb",
    ],
)
def test_words_that_only_begin_alike_stay_words(text: str) -> None:
    assert told(text) == (text, [])


def test_what_was_left_out_is_told_and_no_more_go_along_than_may() -> None:
    assert "\n x\n…\n```" in with_comments("", [comment(is_cut=True)])
    assert with_comments("", [comment()] * (MOST + 5)).count("```diff") == MOST
