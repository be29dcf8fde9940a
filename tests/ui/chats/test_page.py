from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from nicegui import Client

from sprintagen.opencode.errors import ServerUnreachable
from sprintagen.ui.chats.composer import Composer
from sprintagen.ui.chats.message_foot import MessageFoot
from sprintagen.ui.chats.session_list import SessionList
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.streaming_markdown import StreamingMarkdown
from sprintagen.ui.kit.title_field import TitleField
from tests.ui.canned import ASKING, KINDS, LONG, SHOP

if TYPE_CHECKING:
    from nicegui.testing import User

    from tests.ui.fake_services import FakeServices


async def test_the_start_offers_suggestions_and_says_that_the_model_is_scripted(user: User, fake: FakeServices) -> None:
    await user.open("/admin/chats")
    await user.should_see("What should be done?")
    await user.should_see("Fix a failing test")
    await user.should_see("Scripted demo model")


async def test_the_list_has_every_session_with_its_state(user: User, fake: FakeServices) -> None:
    await user.open("/admin/chats")
    (found,) = user.find(SessionList).elements
    rows = {row["id"]: row for _, row in found.props["initial"]["rows"]}
    assert len(rows) == len(fake.sessions.rows(None))
    assert rows[ASKING]["state"] == "asking"
    assert rows["ses_unread1"]["state"] == "unread"
    assert rows[SHOP]["ticket"] == "SHOP-42"
    assert rows["ses_site001"]["place"] == "site"


async def test_only_the_first_rows_come_with_the_page_and_others_when_they_are_looked_at(
    user: User, fake: FakeServices
) -> None:
    for number in range(300):
        fake.new_session(f"Old {number}", age_days=20 + number)
    await user.open("/admin/chats")
    (found,) = user.find(SessionList).elements
    assert isinstance(found, SessionList)
    initial = found.props["initial"]
    assert len(initial["rows"]) == len(found._window.rows) == 120
    assert len(initial["outline"].split()) == found._window.total > 300
    (look,) = [listener for listener in found._event_listeners.values() if listener.type == "look"]
    for odd in ([0, 601], [-1, 5], [5, 5], ["0", 9], [0], None):
        found._handle_event({"listener_id": look.id, "args": odd})
    assert found._window.start == 0
    found._handle_event({"listener_id": look.id, "args": [280, 400]})
    assert found._window.start == 280
    assert len(found._window.rows) == found._window.total - 280


async def test_what_is_sent_before_the_session_is_drawn_is_for_the_session_of_the_address(
    user: User, fake: FakeServices
) -> None:
    before = set(Client.instances)
    async with asyncio.timeout(10):
        await user.http_client.get(f"/admin/chats/{SHOP}")
    (fresh,) = set(Client.instances) - before
    (composer,) = [one for one in Client.instances[fresh].elements.values() if isinstance(one, Composer)]
    assert composer.props["session"] == SHOP


async def test_a_session_shows_its_messages_tools_and_facts(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("The cart total is off by a cent for some carts.", retries=20)
    await user.should_see(marker="tool-call")
    feet = [foot for foot in user.find(MessageFoot).elements if "2.5k tokens" in foot.props.get("facts", ())]
    assert [foot.props["may"] for foot in feet] == [["regenerate", "fork"]]
    texts = [
        element.text for element in user.find(StreamingMarkdown).elements if isinstance(element, StreamingMarkdown)
    ]
    assert any("rounds **each line**" in text for text in texts)


async def test_what_is_inside_a_tool_call_is_built_when_it_is_opened(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see(marker="tool-call", retries=20)
    folds = [fold for fold in user.find(marker="tool-call").elements if isinstance(fold, Fold)]
    assert all(not fold.default_slot.children for fold in folds)


async def test_only_the_newest_messages_are_drawn_at_first(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{LONG}")
    await user.should_see(marker="message", retries=20)
    assert 4 < len(user.find(marker="message").elements) < 30


async def test_every_part_has_an_element_and_synthetic_text_none(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{KINDS}")
    await user.should_see("Conversation compacted, automatically", retries=20)
    await user.should_see("For @explore")
    await user.should_not_see("not for people")


async def test_a_permission_is_asked_for_with_what_is_wanted(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{ASKING}")
    await user.should_see("The agent wants to run this command", retries=20)
    await user.should_see("rm *, python -m build *")
    assert len(user.find(marker="permission-card").elements) == 2


async def test_trouble_while_opening_is_told_and_tried_again_when_the_server_is_back(
    user: User, fake: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fake.sessions.open

    async def fail(actor: object, session_id: object) -> object:
        raise ServerUnreachable("opencode does not answer.", hint="Is it running?")

    monkeypatch.setattr(fake.sessions, "open", fail)
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("opencode does not answer.", retries=20)
    monkeypatch.setattr(fake.sessions, "open", whole)
    fake.connection("connected")
    await user.should_see("The cart total is off by a cent for some carts.", retries=20)


async def test_a_renamed_session_has_its_new_title_everywhere(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("Cart total is off by a cent", retries=20)
    fake.put_session(SHOP, title="A better name")
    await user.should_see("A better name")


async def test_a_page_that_is_gone_listens_no_more(user: User, fake: FakeServices) -> None:
    await user.open("/admin/chats")
    assert fake.watching.count() == 1
    assert user.client is not None
    user.client.delete()
    assert fake.watching.count() == 0


async def test_messages_from_the_browser_of_a_wrong_shape_do_nothing(user: User, fake: FakeServices) -> None:
    await user.open("/admin/chats")
    (composer,) = user.find(Composer).elements
    (rows,) = user.find(SessionList).elements
    odd = [
        None,
        3,
        "x",
        [],
        {},
        {"key": 1},
        {"key": "k", "session": "new", "text": "t", "index": 1, "pieces": 2},
        ["delete"],
    ]
    for element in (composer, rows):
        for listener in list(element._event_listeners.values()):
            for args in odd:
                if listener.type == "stop":
                    continue
                element._handle_event({"listener_id": listener.id, "args": args})
    assert not [call for call in fake.calls if call[0] in ("send", "create", "delete")]


async def test_while_opencode_is_away_in_mid_answer_nothing_claims_to_be_working(
    user: User, fake: FakeServices
) -> None:
    session_id = fake.new_session("Cut off")
    fake.busy(session_id)
    fake.assistant(session_id, fake.user(session_id, "Tell me"))
    await user.open(f"/admin/chats/{session_id}")
    await user.should_see(marker="working", retries=20)
    fake.connection("reconnecting", "It went away.")
    await user.should_see(marker="working-away", retries=20)
    await user.should_not_see(marker="working")
    fake.connection("polling")
    await user.should_see("Live updates have stopped", retries=20)
    await user.should_see("asks opencode every 2 seconds")
    await user.should_see(marker="working", retries=20)
    fake.connection("connected")
    await user.should_not_see(marker="status-banner", retries=20)


@pytest.mark.parametrize("state", ["connected", "polling"])
async def test_a_session_that_could_not_be_read_is_shown_by_itself_when_opencode_answers_again(
    state: str, user: User, fake: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = fake.new_session("Read later")
    fake.user(session_id, "Here after all")
    read = fake.sessions.open

    async def fail(*_: Any) -> Any:
        raise ServerUnreachable("The connection to the opencode server broke.")

    monkeypatch.setattr(fake.sessions, "open", fail)
    await user.open(f"/admin/chats/{session_id}")
    await user.should_see("The session could not be read", retries=20)
    fake.connection("reconnecting", "It went away.")
    monkeypatch.setattr(fake.sessions, "open", read)
    fake.connection(state)
    await user.should_see("Here after all", retries=20)


async def test_a_message_whose_answer_never_began_is_marked(user: User, fake: FakeServices) -> None:
    session_id = fake.new_session("Never answered")
    fake.user(session_id, "Anybody?", at=round(datetime.now(UTC).timestamp() * 1000) - 60_000)
    await user.open(f"/admin/chats/{session_id}")
    await user.should_see(marker="unanswered", retries=20)
    fake.busy(session_id)
    await user.should_not_see(marker="unanswered", retries=20)


async def test_a_session_in_memory_is_drawn_before_anything_else_is_done(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("message")
    session_id = fake.new_session("In memory")
    fake.user(session_id, "Known words")
    fake.store.view(session_id).loaded = True
    (listing,) = user.find(SessionList).elements
    pick(listing, session_id)
    await user.should_see("Known words", retries=1)


async def test_how_a_session_stands_is_not_said_of_the_one_that_is_being_read(user: User, fake: FakeServices) -> None:
    fake.busy(SHOP)
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("message")
    session_id = fake.new_session("Is read")
    fake.delay = 0.2
    (listing,) = user.find(SessionList).elements
    (composer,) = user.find(Composer).elements
    assert composer.props["working"] is True
    pick(listing, session_id)
    fake.user(session_id, "Comes meanwhile")
    await asyncio.sleep(0.05)
    assert (composer.props["session"], composer.props["working"]) == (session_id, False)
    await user.should_see("Comes meanwhile")


async def test_a_session_that_is_deleted_while_it_is_opened_is_not_drawn_again(user: User, fake: FakeServices) -> None:
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("message")
    session_id = fake.new_session("Goes")
    fake.user(session_id, "Known words")
    fake.store.view(session_id).loaded = True
    (listing,) = user.find(SessionList).elements
    opened, go_on = asyncio.Event(), asyncio.Event()
    open_session = fake.sessions.open

    async def open_slowly(actor: Any, session_id: Any) -> Any:
        view = await open_session(actor, session_id)
        opened.set()
        await go_on.wait()
        return view

    fake.sessions.open = open_slowly  # type: ignore[method-assign]
    pick(listing, session_id)
    await opened.wait()
    fake.store.remove(session_id)
    await user.should_see("This session was deleted", retries=20)
    go_on.set()
    await asyncio.sleep(0.1)
    await user.should_see("This session was deleted")
    await user.should_not_see("Known words")


async def test_the_field_is_for_the_next_session_as_soon_as_one_that_is_no_more_is_left(
    user: User, fake: FakeServices
) -> None:
    await user.open("/admin/chats/ses_nowhere")
    await user.should_see("There is no such session", retries=20)
    (listing,) = user.find(SessionList).elements
    (composer,) = user.find(Composer).elements
    assert composer.props["placeholder"] == "This session cannot be used"
    fake.delay = 0.2
    pick(listing, SHOP)
    assert composer.props["session"] == SHOP
    assert composer.props["placeholder"] != "This session cannot be used"


async def test_a_new_title_is_for_the_session_it_was_typed_for(user: User, fake: FakeServices) -> None:
    """A press on another session takes the focus from the field: both are told in one breath."""
    await user.open(f"/admin/chats/{SHOP}")
    await user.should_see("message")
    session_id = fake.new_session("Another")
    (listing,) = user.find(SessionList).elements
    (title,) = user.find(TitleField).elements
    with title.client:
        for listener in title._event_listeners.values():
            if listener.type == "rename":
                title._handle_event({"listener_id": listener.id, "args": "Typed"})
    pick(listing, session_id)
    await user.should_see(marker="chat-title")
    await asyncio.sleep(0.05)
    assert [call for call in fake.calls if call[0] == "update"] == [("update", SHOP, {"title": "Typed"})]


def pick(listing: SessionList, session_id: str) -> None:
    """Click on a row."""
    with listing.client:
        for listener in listing._event_listeners.values():
            if listener.type == "pick":
                listing._handle_event({"listener_id": listener.id, "args": session_id})
