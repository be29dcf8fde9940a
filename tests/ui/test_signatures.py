"""What NiceGUI asks of every element it makes is answered beforehand."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from nicegui import ui

from tests.ui.canned import SHOP

if TYPE_CHECKING:
    from nicegui.testing import User

    from tests.ui.fake_services import FakeServices


async def test_nothing_that_is_told_of_an_elements_changes_has_to_be_looked_into_again(
    user: User, fake: FakeServices
) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    with user.client or ui.element():
        element = ui.element()
    handlers = [one for kept in (element.classes, element.style, element.props) for one, _ in kept._change_handlers]
    assert len(handlers) == 3
    for handler in handlers:
        function = getattr(handler, "__func__")  # noqa: B009  # of a bound method, which its type does not say
        written = function.__signature__
        del function.__signature__
        try:
            assert inspect.signature(function) == written
        finally:
            function.__signature__ = written
