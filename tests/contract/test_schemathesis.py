"""The embedded account against requests made from Vapi's published schema, right and wrong ones.

Exceptions, each a switch of the account: nulls for cleared fields and `providerResourceId` are
observed and in no schema; a password is left out, the harder case for a client.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from werkzeug.test import Client

from tests.support.official import document, needed
from vapi_provider.embedded import Switches, create_app
from vapi_provider.models.kinds import KINDS

# schemathesis reads its own files in the locale's encoding.
others = pytest.mark.filterwarnings("ignore::EncodingWarning")
pytestmark = [pytest.mark.contract, needed, others]

AS_DOCUMENTED = Switches(
    cleared_as_null=False, echo_sip_password=True, provider_resource_id=False, echo_area_code=True
)
HEADERS = {"Authorization": "Bearer any", "User-Agent": "schemathesis"}
UUID = "7c0a1c3a-6e4f-4a6e-9b57-0d5c6f6f2b11"
MINIMAL: dict[str, dict[str, Any]] = {
    "vapi": {"numberDesiredAreaCode": "415"},
    "twilio": {"number": "+14155552671", "twilioAccountSid": "AC1", "twilioAuthToken": "t"},
    "vonage": {"number": "+14155552671", "credentialId": UUID},
    "telnyx": {"number": "+14155552671", "credentialId": UUID},
    "byo-phone-number": {"credentialId": UUID},
}
OPERATIONS = [
    ("POST", "/phone-number"),
    ("GET", "/phone-number"),
    ("GET", "/v2/phone-number"),
    ("GET", "/phone-number/{id}"),
    ("PATCH", "/phone-number/{id}"),
    ("DELETE", "/phone-number/{id}"),
]
# What the API refuses although its schema does not say so: without these nothing would be made.
ONLY_GOOD = {
    "assistantId": UUID,
    "squadId": UUID,
    "workflowId": UUID,
    "credentialId": UUID,
    "number": "+14155552671",
    "url": "https://example.com",
    "numberDesiredAreaCode": "415",
    "headers": {"X": "1"},
}
_fresh = count()


@pytest.fixture
def app(tmp_path: Path) -> Any:
    return create_app(tmp_path / "account.db", switches=AS_DOCUMENTED)


@pytest.fixture
def schema(app: Any) -> Any:
    """The published file, closed: neither a request nor an answer may have other fields."""
    import schemathesis  # Here: loading it takes longer than all other tests of this folder.

    closed = copy.deepcopy(document())
    for one in closed["components"]["schemas"].values():
        one["additionalProperties"] = False
    loaded = schemathesis.openapi.from_dict(closed)
    loaded.app = app
    return loaded


def mended(value: Any, key: str = "") -> Any:
    """A body of the schema as one that the API takes."""
    if key == "sipUri":
        return f"sip:user{next(_fresh)}@sip.vapi.ai"
    if key in ONLY_GOOD:
        return ONLY_GOOD[key]
    if key == "startsWith" and isinstance(value, list):
        value = value[:20]  # The schema writes the bound as one of texts.
    if isinstance(value, dict):
        return {name: mended(inner, name) for name, inner in value.items()}
    return [mended(inner) for inner in value] if isinstance(value, list) else value


def kind_of(body: Any) -> str:
    """The kind that a body is for: what it says, else the one that has all its fields."""
    if not isinstance(body, dict):
        return "vapi"
    if body.get("provider") in MINIMAL:
        return body["provider"]
    known = {
        name: {info.alias for info in kind.update.model.model_fields.values()}
        for name, kind in KINDS.items()
    }
    return next((name for name in MINIMAL if set(body) <= known[name]), "vapi")


def made(app: Any, kind: str) -> str:
    """The id of a new record."""
    body = {"provider": kind, **MINIMAL[kind]}
    return Client(app).post("/phone-number", json=body, headers=HEADERS).get_json()["id"]


def check(case: Any) -> Any:
    """The answer to a request, once it is no server error and as the schema says."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
    )

    response = case.call(headers=HEADERS)
    conforming = [not_a_server_error, response_schema_conformance, content_type_conformance]
    case.validate_response(response, checks=conforming)
    media_type = response.headers["content-type"][0]
    assert media_type == "application/json; charset=utf-8"
    if response.status_code >= 400:
        # The schema has no error but 401: this shape is observed.
        assert set(json.loads(response.content)) == {"message", "error", "statusCode"}
    return response


def bounded(examples: int) -> Any:
    """The same examples each time: a finding belongs into a test of its own."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_right_requests(app: Any, schema: Any, method: str, path: str) -> None:
    """What the schema allows and the API takes is answered as the schema says."""
    seen: Counter[int] = Counter()

    @bounded(30)
    @given(schema[path][method].as_strategy())
    def run(case: Any) -> None:
        if isinstance(case.body, dict):
            case.body = mended(case.body)
        if case.path_parameters:
            case.path_parameters["id"] = made(app, kind_of(case.body))
        if method == "POST":
            case.body = MINIMAL[case.body["provider"]] | case.body
        seen[check(case).status_code] += 1

    run()
    assert seen[201 if method == "POST" else 200] >= 0.9 * seen.total(), seen


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_any_requests(app: Any, schema: Any, method: str, path: str, mode: str) -> None:
    """Whatever is sent, the answer is never a server error and has a documented shape."""
    from schemathesis import GenerationMode

    kinds = {kind: made(app, kind) for kind in MINIMAL}

    @bounded(25)
    @given(schema[path][method].as_strategy(generation_mode=GenerationMode(mode)))
    def run(case: Any) -> None:
        if case.path_parameters and method == "PATCH":
            case.path_parameters["id"] = kinds[kind_of(case.body)]
        check(case)

    run()
