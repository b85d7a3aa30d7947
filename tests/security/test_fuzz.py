"""The API does what its document says, whatever is sent: fuzzed over HTTP from its own schema, bounded, with a fixed seed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.stack import Stack

EXAMPLES = 6
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


def test_every_operation_keeps_its_word(stack: Stack, api_token: str) -> None:
    headers = {"Authorization": f"Bearer {api_token}"}
    schema = schemathesis.openapi.from_url(f"{stack.url}/api/v1/openapi.json", headers=headers)
    problems: list[str] = []
    answered: Counter[int] = Counter()
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 50
    for operation in operations:

        @seed(20261124)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def fuzz(case: Any) -> None:
            response = case.call(headers=headers)
            answered[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        try:
            given(case=operation.as_strategy())(fuzz)()
        except Exception as error:
            problems.append(f"{operation.method.upper()} {operation.path}: {str(error)[:600]}")
    assert problems == []
    assert answered[200] > 30, answered
    assert not answered[401], answered
