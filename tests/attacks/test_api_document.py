"""The API keeps to its own document, whatever is sent: requests made from it, right ones and wrong ones alike."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from schemathesis.core.result import Ok

from tests.attacks.conftest import PASSWORD
from tests.served import TOKEN

if TYPE_CHECKING:
    from schemathesis import Case

    from tests.served import Served

DOCUMENT = "/api/opencode/openapi.json"
NEVER_ENDING = "/api/opencode/events"
EXAMPLES = 6
"""Requests of a kind for each operation."""
UPSTREAM = (502, 503, 504)
"""What is said of a server behind that fails, as the one here always does."""

CONFORMANCE = [status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def operations(fortress: Served) -> list[Any]:
    with fortress.program() as program:
        document = program.get(DOCUMENT).json()
    schema = schemathesis.openapi.from_dict(document).exclude(path=NEVER_ENDING)
    found = list(schema.get_all_operations())
    readable = [result.ok() for result in found if isinstance(result, Ok)]
    assert len(readable) == len(found) > 50
    return readable


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_every_answer_is_one_that_the_document_names(
    fortress: Served, operations: list[Any], mode: GenerationMode
) -> None:
    seen: Counter[int] = Counter()
    with requests.Session() as session:
        session.trust_env = False

        def send(case: Case, key: str | None) -> Any:
            """With this key and none that was made up: wrong ones are counted, and soon nobody would be let in."""
            case.headers.pop("Authorization", None)
            case.cookies = {}
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            return case.call(base_url=fortress.url, session=session, headers=headers, allow_redirects=False)

        for operation in operations:

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=EXAMPLES,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def attack(case: Case) -> None:
                assert send(case, None).status_code in (400, 401), "nobody answers without a key"
                answer = send(case, TOKEN)
                seen[answer.status_code] += 1
                assert answer.status_code < 500 or answer.status_code in UPSTREAM, answer.text
                for secret in (PASSWORD, TOKEN, "secret-stack.js", "Traceback"):
                    assert secret not in answer.text
                case.validate_response(answer, checks=CONFORMANCE)

            attack()
    is_right = mode is GenerationMode.POSITIVE
    assert seen[502] > (60 if is_right else 0), "many have to get as far as the server behind"
    assert seen[422] > 30
    assert "Traceback" not in fortress.log
