"""The open endpoint against its own description: whatever is sent, never an error of the server."""

from __future__ import annotations

import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_KEYS = ("email", "publications", "form", "first_name", "last_name", "organisation")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_WISHES = st.fixed_dictionaries({}, optional=dict.fromkeys(_KEYS, _JSON)) | _JSON
_NEAR = st.fixed_dictionaries(
    {
        "email": st.text(alphabet=string.printable + "é\u2028\x00", max_size=40) | st.just("a@ville.example"),
        "publications": st.lists(st.sampled_from(["lettre", "flash", "x", ""]), max_size=4),
        "form": st.text(max_size=60),
        "first_name": st.text(max_size=20),
    }
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wish=_WISHES | _NEAR)
def test_no_json_makes_the_server_fail(town, wish):
    assert town.client.post("/api/v1/abonnement", json=wish).status_code == 422
    assert town.mails() == []


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(st.sampled_from([*_KEYS, "address", "website", "lang"]), st.text(max_size=40), max_size=6)
)
def test_no_form_makes_the_server_fail(town, fields):
    encoded = {name: text.encode("utf-8", "replace") for name, text in fields.items()}
    assert town.client.post("/abonnement", data=encoded).status_code == 422


def test_the_description_names_the_endpoint(town):
    paths = town.client.get("/api/v1/openapi.json").json()["paths"]
    assert {"get", "post"} <= set(paths["/api/v1/abonnement"])
    assert not any(path.startswith(("/studio", "/desabonnement", "/hooks")) for path in paths)
