"""Schemathesis reads the API's own description and sends what fits it and what does not: never an error of the server.

It needs neither a network nor a server: the cases go straight into the application.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks

from newsletter.actions.team import api_keys, users
from tests.web.conftest import Town

pytestmark = pytest.mark.slow

EXAMPLES, EXAMPLES_WITH_KEY = 80, 15
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def operations(sent: Town):
    """Every operation of the API, as it describes itself."""
    api = schemathesis.openapi.from_asgi("/api/v1/openapi.json", sent.client.app)
    return [result.ok() for result in api.get_all_operations()]


def keyed(operation) -> bool:
    return bool(operation.definition.raw.get("security"))


@pytest.mark.parametrize(
    ("mode", "methods"), [(GenerationMode.POSITIVE, {"GET", "POST"}), (GenerationMode.NEGATIVE, {"POST"})]
)
def test_no_call_fails_the_server_or_gets_an_answer_that_is_not_described(operations, mode, methods) -> None:
    called = set()
    for operation in (o for o in operations if o.method.upper() in methods and not keyed(o)):

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=CHECKS)
            called.add(case.method)

        check()
    assert called == methods


@pytest.mark.parametrize("scope", ["write", "people"])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_call_with_a_key_does_either(sent: Town, monkeypatch, scope, mode) -> None:
    monkeypatch.setattr(api_keys, "PER_MINUTE", 1_000_000)
    shown = {"Authorization": f"Bearer {users.make_token(sent.workspace, 'Site', scope, 'test')}"}
    api = schemathesis.openapi.from_asgi("/api/v1/openapi.json", sent.client.app)
    called, seen = set(), set()
    for operation in (o for o in (result.ok() for result in api.get_all_operations()) if keyed(o)):

        @settings(
            max_examples=EXAMPLES_WITH_KEY, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: schemathesis.Case) -> None:
            seen.add(case.call_and_validate(checks=CHECKS, headers=shown).status_code)
            called.add(f"{case.method} {case.path}")

        try:
            check()
        except Unsatisfiable:  # nothing can be wrong with a call that takes nothing
            assert mode is GenerationMode.NEGATIVE
    assert len(called) >= 10
    assert 200 in seen
    # Where calls shall be wrong, schemathesis leaves the key out of some.
    assert (401 in seen) == (mode is GenerationMode.NEGATIVE)
