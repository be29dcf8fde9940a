from __future__ import annotations

from sprintagen.ui.chats.page_title import words
from tests.ui import canned
from tests.ui.fake_services import FakeServices


def filled() -> FakeServices:
    fake = FakeServices()
    canned.fill(fake)
    return fake


def test_every_session_that_needs_the_person_counts_once() -> None:
    fake = filled()
    assert len(fake.store.all_asks()) == 3
    assert fake.sessions.listings.count_asking() == 2


def test_what_a_subagent_asks_counts_for_the_session_it_works_for() -> None:
    fake = filled()
    child = fake.new_session("Look around", parent=canned.ASKING)
    fake.busy(child)
    fake.emit("permission.asked", id="per_child001", sessionID=child, permission="bash", patterns=["ls"], metadata={})
    assert fake.sessions.listings.count_asking() == 2


def test_the_title_names_the_session_and_what_needs_the_person() -> None:
    fake = filled()
    shop = fake.sessions.row(canned.SHOP)
    assert words(shop, 0, place="shop") == "Cart total is off by a cent · sprintagen"
    assert words(shop, 2, place="shop") == "(2) Cart total is off by a cent · sprintagen"
    assert words(fake.sessions.row(canned.RETRY), 0, place="shop") == "… Translate the help pages · sprintagen"
    assert words(None, 1, place="shop") == "(1) shop · sprintagen"
    assert words(None, 0, place="") == "sprintagen"
