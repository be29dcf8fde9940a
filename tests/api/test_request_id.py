"""One id from the request to its answer, to the log and to opencode."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr

from sprintagen import request_id
from sprintagen.api import create_api
from sprintagen.api.arrivals import Arrivals
from sprintagen.api.guard import Guard
from sprintagen.api.hosts import HostRules
from sprintagen.opencode import OpencodeClient
from sprintagen.services.observing import OpencodeObserver
from tests.api.conftest import program
from tests.opencode.fakes import Recorder
from tests.services.fakes import until

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services
    from tests.api.conftest import Wire
    from tests.services.fakes import FakeOpencode

THEIRS = {"x-request-id": "their-id-12345", "x-forwarded-for": "203.0.113.7"}


async def test_a_problem_names_the_id_that_its_answer_has_and_each_request_has_its_own(
    client: httpx.AsyncClient,
) -> None:
    first, second = [await client.get("sessions/ses_nobodys") for _ in range(2)]
    assert first.json()["request_id"] == first.headers["x-request-id"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert request_id.is_valid((await client.get("sessions")).headers["x-request-id"])


async def test_also_a_refusal_has_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("sessions", headers={"authorization": "Bearer wrong"})
    assert (answer.status_code, answer.json()["request_id"]) == (401, answer.headers["x-request-id"])


async def test_only_a_trusted_proxys_id_is_taken_over(client: httpx.AsyncClient, services: Services) -> None:
    assert (await client.get("sessions", headers=THEIRS)).headers["x-request-id"] != THEIRS["x-request-id"]
    arrivals = Arrivals(trusted=(ip_network("127.0.0.0/8"),))
    guard = Guard(
        create_api(services),
        sign_ins=services.sign_ins,
        hosts=HostRules(),
        metrics=services.metrics,
        arrivals=arrivals,
    )
    async with program(guard) as behind:
        assert (await behind.get("sessions", headers=THEIRS)).headers["x-request-id"] == THEIRS["x-request-id"]
        bad = THEIRS | {"x-request-id": "not valid"}
        assert (await behind.get("sessions", headers=bad)).headers["x-request-id"] != "not valid"


async def test_opencode_hears_the_id_of_the_request_that_asks_it(wired: httpx.AsyncClient, wire: Wire) -> None:
    recorder = Recorder([])
    observer = OpencodeObserver(wire.services.metrics)
    wire.services.server.use(
        OpencodeClient("http://opencode.test", password=SecretStr("pw"), transport=recorder, observer=observer)
    )
    answer = await wired.get("agents")
    assert recorder.requests
    assert {request.headers["x-request-id"] for request in recorder.requests} == {answer.headers["x-request-id"]}


async def test_a_prompt_keeps_its_id_until_it_goes_out(
    client: httpx.AsyncClient, fake: FakeOpencode, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = (await client.post("sessions", json={"title": "x"})).json()["id"]
    sent: list[str] = []
    take = fake.take_prompt

    def note(session: SessionID, message_id: Any, parts: list[Any]) -> None:
        sent.append(request_id.current())
        take(session, message_id, parts)

    monkeypatch.setattr(fake, "take_prompt", note)
    fake.waiting.add(session_id)  # the second waits for the first, and goes out by the first one's worker
    asked = [
        (await client.post(f"sessions/{session_id}/messages?wait=false", json={"text": text})).headers["x-request-id"]
        for text in ("one", "two")
    ]
    await until(lambda: len(sent) == 1)
    fake.finish(session_id)
    await until(lambda: len(sent) == 2)
    assert sent == asked
