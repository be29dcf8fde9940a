from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sprintagen.opencode.ids import SessionID
from sprintagen.services.changes import Change, ConnectionChanged, PartAppended, QueueChanged
from sprintagen.services.listing import PINNED, TICK, ListQuery, RowFacts
from sprintagen.services.refs import OPERATOR
from tests.services.fakes import until
from tests.ui.fake_services import FakeServices, ms

if TYPE_CHECKING:
    from _collections_abc import dict_values
    from collections.abc import Iterable

    import pytest

    from sprintagen.services.listing import Step
    from sprintagen.services.listings import Listings
    from sprintagen.services.session_row import SessionRow

ALL = ListQuery()


def filled(count: int) -> tuple[FakeServices, list[SessionID]]:
    """The first is the newest."""
    fake = FakeServices()
    return fake, [SessionID(fake.new_session(f"Number-{number}", age_days=1 + number)) for number in range(count)]


def titles(listings: Listings, query: ListQuery = ALL, start: int = 0, stop: int | None = None) -> list[str]:
    return [row.title for row in listings.window(OPERATOR, query, start, stop).rows]


async def test_pages_that_show_the_same_rows_share_them_until_one_changes() -> None:
    fake, ids = filled(30)
    listings = fake.sessions.listings
    top, end = listings.window(OPERATOR, ALL, 0, 10), listings.window(OPERATOR, ALL, 20, 30)
    assert listings.window(OPERATOR, ALL, 0, 10) is top
    fake.put_session(ids[3], title="Renamed")
    fresh = listings.window(OPERATOR, ALL, 0, 10)
    assert fresh is not top
    assert listings.window(OPERATOR, ALL, 20, 30) is end
    patch = fresh.since(top)
    assert fresh.since(top) is patch
    assert [(position, row.title) for position, row in patch] == [(3, "Renamed")]


async def test_a_change_makes_one_row_anew_however_many_sessions_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    fake, ids = filled(200)
    listings = fake.sessions.listings
    listings.window(OPERATOR, ALL)
    made: list[str] = []
    whole = fake.sessions.row

    def row(session_id: SessionID) -> SessionRow:
        made.append(session_id)
        return whole(session_id)

    monkeypatch.setattr(fake.sessions, "row", row)
    for _ in range(5):
        listings.window(OPERATOR, ALL)
    assert made == []
    fake.busy(ids[150])
    assert listings.window(OPERATOR, ALL).rows[150].state == "working"
    assert set(made) == {ids[150]}


async def test_a_session_that_is_used_moves_to_the_top_of_every_list_it_is_in() -> None:
    fake, ids = filled(4)
    listings = fake.sessions.listings
    before = listings.window(OPERATOR, ALL, 0, 3)
    assert titles(listings, ListQuery(search="number-3")) == ["Number-3"]
    fake.busy(ids[3])
    fake.idle(ids[3])
    assert titles(listings) == ["Number-3", "Number-0", "Number-1", "Number-2"]
    assert listings.position(ALL, ids[3]) == 0
    patch = listings.window(OPERATOR, ALL, 0, 3).since(before)
    assert [(position, row.title) for position, row in patch] == [(0, "Number-3")]


def decoded(outline: str) -> list[tuple[int, bool]]:
    """Of each row the time, in quarters of an hour, and whether it has two lines."""
    rows: list[tuple[int, bool]] = []
    for number in map(int, outline.split()):
        ticks = number >> 1
        rows.append((rows[-1][0] - ticks if rows else ticks, bool(number & 1)))
    return rows


def stepped(rows: list[tuple[int, bool]], steps: Iterable[Step]) -> list[tuple[int, bool]]:
    """The rows after the steps."""
    rows = list(rows)
    for step in steps:
        match step:
            case (at,):
                del rows[at]
            case (at, when, is_tall):
                rows[at] = (when // TICK, bool(is_tall))
            case (at, when, is_tall, _):
                rows.insert(at, (when // TICK, bool(is_tall)))
    return rows


async def test_the_outline_tells_where_every_row_stands_and_steps_lead_from_one_to_the_next() -> None:
    fake, ids = filled(60)
    listings = fake.sessions.listings
    chance = random.Random(7)
    before = listings.mark(ALL)
    rows = decoded(before.outline())
    assert [at for at, _ in rows] == [ms(row.updated_at) // TICK for row in listings.window(OPERATOR, ALL).rows]
    for number in range(200):
        id_ = chance.choice(ids)
        if id_ not in fake.store.sessions:
            continue
        match chance.randrange(5):
            case 0:
                fake.meta[id_].ticket = chance.choice([None, "SHOP-1"])
                fake.store.changed_session(id_)
            case 1:
                fake.meta[id_].archived_at = chance.choice([None, datetime.now(UTC)])
                fake.store.changed_session(id_)
            case 2:
                ids.append(SessionID(fake.new_session("New", age_days=chance.random() * 60)))
            case 3 if number % 4 == 0:
                fake.store.remove(id_)
            case _:
                fake.busy(id_)
                fake.idle(id_)
        after = listings.mark(ALL)
        steps = after.since(before)
        assert steps is not None
        rows = stepped(rows, steps)
        before = after
        assert rows == decoded(after.outline())
    assert [row.additions + len(row.ticket or "") > 0 for row in listings.window(OPERATOR, ALL).rows] == [
        is_tall for _, is_tall in rows
    ]


async def test_what_a_person_pinned_stands_first_in_their_list_and_follows_like_every_row() -> None:
    fake, ids = filled(5)
    listings = fake.sessions.listings
    mine = ListQuery(pinned_by=OPERATOR.name)
    before = listings.mark(mine)
    rows = decoded(before.outline())
    for id_ in (ids[3], ids[4]):
        fake.pins.put(id_, minutes_ago=5 - ids.index(id_))
        listings.mark(mine)
    fake.busy(ids[3])
    fake.idle(ids[3])
    after = listings.mark(mine)
    assert titles(listings, mine) == ["Number-4", "Number-3", "Number-0", "Number-1", "Number-2"]
    assert [row.is_pinned for row in listings.window(OPERATOR, mine).rows] == [True, True, False, False, False]
    steps = after.since(before)
    assert steps is not None
    rows = stepped(rows, steps)
    assert rows == decoded(after.outline())
    assert [at * TICK >= PINNED for at, _ in rows] == [True, True, False, False, False]
    assert titles(listings) == ["Number-3", "Number-0", "Number-1", "Number-2", "Number-4"], "nobody's list"
    assert titles(listings, ListQuery(pinned_by="ann"))[0] == "Number-3", "somebody else's"
    await fake.pins.unpin(OPERATOR, ids[4])
    assert listings.position(mine, ids[4]) == 4


async def test_a_subagents_session_stands_below_the_one_it_works_for_and_goes_where_that_goes() -> None:
    fake, ids = filled(3)
    listings = fake.sessions.listings
    family = ListQuery(children=True, pinned_by=OPERATOR.name)
    child = SessionID(fake.new_session("Child", parent=ids[2]))
    fake.new_session("Grandchild", parent=child)
    below = ["Number-2", "Child", "Grandchild"]
    assert titles(listings, family) == ["Number-0", "Number-1", *below]
    assert [row.depth for row in listings.window(OPERATOR, family).rows] == [0, 0, 0, 1, 2]
    before, rows = listings.mark(family), decoded(listings.mark(family).outline())
    fake.busy(ids[2])
    fake.idle(ids[2])
    assert titles(listings, family) == [*below, "Number-0", "Number-1"]
    fake.pins.put(ids[1], minutes_ago=2)
    fake.pins.put(ids[2], minutes_ago=1)
    assert titles(listings, family) == [*below, "Number-1", "Number-0"]
    after = listings.mark(family)
    steps = after.since(before)
    assert steps is not None
    assert stepped(rows, steps) == decoded(after.outline())
    assert listings.ids(family, 1, 3) == [child, listings.ids(family)[2]]
    fake.meta[ids[2]].archived_at = datetime.now(UTC)
    fake.store.changed_session(ids[2])
    assert titles(listings, family) == ["Number-1", "Number-0"]
    assert titles(listings, ListQuery(children=True, archived=True)) == below


async def test_whoever_is_far_behind_or_looks_at_another_list_takes_the_outline_again() -> None:
    fake, ids = filled(3)
    listings = fake.sessions.listings
    before = listings.mark(ALL)
    assert listings.mark(ListQuery(search="number")).since(before) is None
    for number in range(500):
        fake.put_session(ids[0], title=f"Again {number}")
        fake.meta[ids[0]].ticket = "T" if number % 2 else None
        fake.store.changed_session(ids[0])
        listings.mark(ALL)
    assert listings.mark(ALL).since(before) is None


async def test_a_longer_search_looks_only_through_what_the_shorter_one_found() -> None:
    fake, _ = filled(40)
    listings = fake.sessions.listings
    assert len(titles(listings, ListQuery(search="number-3"))) == 11
    looked: list[str] = []
    listings._facts = _Counting(listings._facts, looked)
    assert titles(listings, ListQuery(search="number-39")) == ["Number-39"]
    assert len(looked) < 15
    looked.clear()
    assert titles(listings, ListQuery(search="number-39")) == ["Number-39"]
    assert looked == []


class _Counting(dict[SessionID, RowFacts]):
    def __init__(self, facts: dict[SessionID, RowFacts], looked: list[str]) -> None:
        super().__init__(facts)
        self._looked = looked

    def __getitem__(self, id_: SessionID) -> RowFacts:
        self._looked.append(id_)
        return super().__getitem__(id_)

    def values(self) -> dict_values[SessionID, RowFacts]:
        self._looked += self
        return super().values()


async def test_a_search_follows_what_changes_and_what_goes() -> None:
    fake, ids = filled(3)
    listings = fake.sessions.listings
    query = ListQuery(search="NIGHTLY")
    assert titles(listings, query) == []
    fake.put_session(ids[1], title="The nightly run")
    assert titles(listings, query) == ["The nightly run"]
    fake.store.remove(ids[1])
    assert titles(listings, query) == []
    assert listings.row(OPERATOR, ids[1]) is None
    assert listings.position(ALL, ids[1]) is None


async def test_directories_and_tickets_are_those_of_sessions_that_are_there() -> None:
    fake, _ = filled(1)
    other = fake.new_session("Elsewhere", directory="/workspace/other", ticket="SHOP-1")
    listings = fake.sessions.listings
    assert listings.directories() == ["/workspace/other", "/workspace/shop"]
    assert listings.tickets() == ["SHOP-1"]
    fake.store.remove(other)
    assert listings.directories() == ["/workspace/shop"]
    assert listings.tickets() == []


async def test_a_word_reaches_only_the_pages_that_show_its_session() -> None:
    fake, ids = filled(3)
    heard: dict[str, list[Change]] = {"here": [], "there": []}
    here = fake.watching.watch(heard["here"].append, lambda: None)
    there = fake.watching.watch(heard["there"].append, lambda: None)
    here.session_id, there.session_id = ids[0], ids[1]
    word = PartAppended(ids[0], "msg_1", "prt_1", 0, "word")  # type: ignore[arg-type]
    fake.store.emit(word)
    assert heard == {"here": [word], "there": []}
    fake.store.emit(ConnectionChanged())
    assert heard["there"] == [ConnectionChanged()]
    there.session_id = ids[0]
    fake.store.emit(QueueChanged(ids[1]))
    assert heard["there"] == [ConnectionChanged()]
    there.close()
    fake.store.emit(word)
    assert heard["here"][-1] == word
    assert fake.watching.count(ids[0]) == fake.watching.count() == 1


async def test_a_page_that_fails_does_not_keep_a_change_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    fake, ids = filled(1)
    heard: list[Change] = []

    def fail(change: Change) -> None:
        raise RuntimeError("no page")

    first = fake.watching.watch(fail, lambda: None)
    second = fake.watching.watch(heard.append, lambda: None)
    first.session_id = second.session_id = ids[0]
    fake.busy(ids[0])
    assert heard
    assert "could not take a change" in caplog.text


async def test_many_changes_of_the_list_are_told_together() -> None:
    fake, ids = filled(50)
    told: list[None] = []
    watch = fake.watching.watch(lambda change: None, lambda: told.append(None))
    for id_ in ids:
        fake.busy(id_)
    assert told == []
    await until(lambda: bool(told))
    assert len(told) == 1
    fake.idle(ids[0])
    await until(lambda: len(told) == 2)
    watch.close()
    fake.watching.stop()
