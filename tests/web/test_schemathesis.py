"""Schemathesis reads the API's own description and sends what fits it and what does not: never an error of the server.

It needs neither a network nor a server: the cases go straight into the application.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks

from tests.web.conftest import Town

EXAMPLES = 80
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def operations(standing: Town):
    """Every operation of the API, as it describes itself."""
    api = schemathesis.openapi.from_asgi("/api/v1/openapi.json", standing.client.app)
    return [result.ok() for result in api.get_all_operations()]


@pytest.mark.parametrize(
    ("mode", "methods"), [(GenerationMode.POSITIVE, {"GET", "POST"}), (GenerationMode.NEGATIVE, {"POST"})]
)
def test_no_call_fails_the_server_or_gets_an_answer_that_is_not_described(operations, mode, methods) -> None:
    called = set()
    for operation in (o for o in operations if o.method.upper() in methods):

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=CHECKS)
            called.add(case.method)

        check()
    assert called == methods
