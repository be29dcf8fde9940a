"""What is counted while we run, and what is looked up when somebody reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from sprintagen.opencode import OpencodeClient, ServerFault
from sprintagen.opencode.ids import new_message_id, new_part_id
from sprintagen.opencode.ids import session_id as session_id_of
from sprintagen.opencode.models.session import CacheTokens, Session, SessionTime, Tokens
from sprintagen.services.changes import PartAppended
from sprintagen.services.metrics import Metrics
from sprintagen.services.observing import OpencodeObserver
from sprintagen.services.prompts import PromptDraft
from sprintagen.services.refs import OPERATOR
from tests.opencode.fakes import Recorder
from tests.services.fakes import until

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode


def value(metrics: Metrics, name: str, **labels: str) -> float:
    """One sample; 0 while there is none."""
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return 0.0


async def test_what_a_session_uses_while_we_run_is_counted_once(services: Services, fake: FakeOpencode) -> None:
    session_id = (await services.sessions.create(OPERATOR)).session_id
    tokens = Tokens(input=100, output=20, reasoning=3, cache=CacheTokens(read=7, write=1))
    fake.change_session(session_id, tokens=tokens, cost=0.5)
    fake.change_session(session_id, tokens=tokens, cost=0.5)
    fake.change_session(session_id, tokens=tokens.model_copy(update={"output": 25}), cost=0.75)
    await until(lambda: value(services.metrics, "sprintagen_cost_dollars_total") == 0.75)
    counted = {
        kind: value(services.metrics, "sprintagen_tokens_total", kind=kind)
        for kind in ("input", "output", "reasoning", "cache_read", "cache_write")
    }
    assert counted == {"input": 100, "output": 25, "reasoning": 3, "cache_read": 7, "cache_write": 1}
    fake.change_session(session_id, tokens=None, cost=0.25, title="undone")
    await until(lambda: services.store.sessions[session_id].title == "undone")
    assert value(services.metrics, "sprintagen_cost_dollars_total") == 0.75


async def test_what_a_session_used_before_we_ran_is_not_ours_to_count(services: Services) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=9)
    for cost in (8.0, 8.5):
        session = Session(
            id=session_id_of("ses_old"), directory="/x", cost=cost, time=SessionTime(created=long_ago, updated=long_ago)
        )
        services.store.put_session(session)
    assert value(services.metrics, "sprintagen_cost_dollars_total") == 0.5


async def test_a_message_counts_its_time_to_the_first_word(services: Services, fake: FakeOpencode) -> None:
    session_id = (await services.sessions.create(OPERATOR)).session_id
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="hello"))
    await until(lambda: services.store.state(session_id) == "working")
    await until(lambda: value(services.metrics, "sprintagen_queued_prompts", state="sent") == 1)
    assert value(services.metrics, "sprintagen_busy_sessions") == 1
    services.spending._handle_change(_word(session_id))
    services.spending._handle_change(_word(session_id))
    assert value(services.metrics, "sprintagen_first_word_seconds_count") == 1


async def test_a_turn_that_says_nothing_leaves_no_clock_running(services: Services, fake: FakeOpencode) -> None:
    session_id = (await services.sessions.create(OPERATOR)).session_id
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="hello"))
    await until(lambda: services.store.state(session_id) == "working")
    assert session_id in services.spending._sent
    fake.finish(session_id)
    await until(lambda: not services.spending._sent)
    assert value(services.metrics, "sprintagen_first_word_seconds_count") == 0


async def test_every_request_to_opencode_is_timed_by_the_kind_of_its_end() -> None:
    metrics = Metrics()
    good, bad = Recorder([]), Recorder({}, status=500)
    for recorder in (good, bad):
        client = OpencodeClient(
            "http://opencode.test", password=SecretStr("pw"), transport=recorder, observer=OpencodeObserver(metrics)
        )
        async with client:
            if recorder is good:
                await client.sessions.list()
            else:
                with pytest.raises(ServerFault):
                    await client.sessions.get(session_id_of("ses_canary"))
    name = "sprintagen_opencode_request_seconds_count"
    assert value(metrics, name, method="GET", route="session", outcome="ok") == 1
    assert value(metrics, name, method="GET", route="session", outcome="server_fault") == 1
    assert "canary" not in metrics.text().decode()


def _word(session_id: SessionID) -> PartAppended:
    return PartAppended(session_id, new_message_id(), new_part_id(), 0, "Hi")
