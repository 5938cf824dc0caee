"""From any declaration to any other, on the embedded account: the plan does what it says.

`--pairs N` asks for more pairs than the ordinary run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.strategies import declarations
from vapi_provider.api.client import VapiClient
from vapi_provider.api.transport import Transport
from vapi_provider.embedded import Switches, create_app
from vapi_provider.lifecycle.session import Session
from vapi_provider.models.constants import UUID
from vapi_provider.models.kinds import KINDS
from vapi_provider.provider import PhoneNumberProvider
from vapi_provider.reconcile.placeholders import CHANGED_OUTSIDE
from vapi_provider.reconcile.plan import NoChange, plan
from vapi_provider.reconcile.properties import Desired, normalize
from vapi_provider.reconcile.state_merge import merge_for_state
from vapi_provider.settings.config import Settings

DECLARATION = "acme/shop/dev/{}/line"
AREA_CODES = ("212", "415", "628")

EVERY_SECRET_SHOWN = Switches(echo_area_code=True, echo_sip_password=True, cleared_as_null=True)
NO_SECRET_SHOWN = Switches(
    echo_sip_password=False,
    echo_twilio_secrets=False,
    echo_server_headers=False,
    cleared_as_null=False,
)
DEFAULTS_SHOWN = Switches(materialise_defaults=True, echo_sip_password=True)
SWITCHES = {
    "every secret shown": EVERY_SECRET_SHOWN,
    "no secret shown": NO_SECRET_SHOWN,
    "defaults shown": DEFAULTS_SHOWN,
}


class Run:
    """One plugin process's provider on an embedded account, counting its requests."""

    def __init__(self, db: Path, switches: Switches) -> None:
        app = httpx.WSGITransport(app=create_app(db, switches=switches))
        self.sent: list[str] = []
        self.shows_all = switches is not NO_SECRET_SHOWN
        headers = {"Authorization": "Bearer a-key-for-tests-only", "User-Agent": "tests"}
        http = httpx.Client(
            base_url="http://embedded",
            headers=headers,
            transport=app,
            event_hooks={"request": [lambda request: self.sent.append(request.method)]},
        )
        client = VapiClient(Transport(http, "a-key-for-tests-only"))
        self.client = client
        self.settings = Settings(
            api_key="a-key-for-tests-only",
            region="us",
            base_url="http://embedded",
            journal=db.with_name("journal.sqlite"),
        )
        self.begin()

    def begin(self) -> None:
        """Begin another run: what one run makes it never releases."""
        self.provider = PhoneNumberProvider()
        self.provider.attach_session(Session(self.settings, self.client))

    def checked(self, olds: dict[str, Any], desired: Mapping[str, Any]) -> dict[str, Any]:
        """What the engine hands on: checked inputs."""
        news = {**desired, "declaration": DECLARATION.format(desired["provider"])}
        result = self.provider.check(olds, news)
        assert [failure.reason for failure in result.failures] == []
        return result.inputs

    def step(
        self, id_: str, olds: dict[str, Any], news: dict[str, Any]
    ) -> tuple[str, dict[str, Any], list[str]]:
        """What `up` does with one resource, and the requests that the plan promises."""
        diff = self.provider.diff(id_, olds, news)
        if diff.replaces:
            if diff.delete_before_replace:
                self.provider.delete(id_, olds)
            made = self.provider.create(news)
            if not diff.delete_before_replace:
                self.provider.delete(id_, olds)
            outs = made.outs
            assert outs is not None
            order = ["POST", "DELETE"]
            return made.id, outs, order[::-1] if diff.delete_before_replace else order
        if diff.changes:
            outs = self.provider.update(id_, olds, news).outs
            assert outs is not None
            return id_, outs, ["PATCH"]
        return id_, olds, []


def accepted(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A valid declaration made one that an account takes: stocked codes, its host, real ids."""
    fields = dict(fields)
    if "number_desired_area_code" in fields:
        pick = sum(map(ord, fields["number_desired_area_code"])) % len(AREA_CODES)
        fields["number_desired_area_code"] = AREA_CODES[pick]
    if kind == "vapi" and "sip_uri" in fields:
        user = fields["sip_uri"].partition(":")[2].partition("@")[0]
        fields["sip_uri"] = f"sip:{user}@sip.vapi.ai"
    for name in ("squad_id", "workflow_id", "credential_id"):
        if name in fields and not UUID.fullmatch(fields[name]):
            fields[name] = "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"
    server = fields.get("server")
    if server and "credential_id" in server:
        fields["server"] = {**server, "credential_id": "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a12"}
    return fields


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two declarations of one kind; often they share fields, as real changes do."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    before = accepted(kind, draw(declarations(kind)))
    after = accepted(kind, draw(declarations(kind)))
    for name in draw(st.sets(st.sampled_from(sorted(before)))):
        after[name] = before[name]
    if kind == "byo-phone-number":
        # These two go together: a number that was checked otherwise would be refused.
        for name in ("number", "number_e164_check_enabled"):
            after.pop(name, None)
            if name in before:
                after[name] = before[name]
    return before, after


@pytest.fixture(params=SWITCHES, scope="module")
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One account for each way in which the API may show what it holds."""
    db = tmp_path_factory.mktemp("account") / "account.db"
    return Run(db, SWITCHES[request.param])


# Tracing it takes a minute and covers no line that other tests leave out.
@pytest.mark.no_cover
def test_any_declaration_becomes_any_other(run: Run, pytestconfig: pytest.Config) -> None:
    """After the planned step the record is as declared, the next plan is nothing, a refresh too."""

    @settings(max_examples=int(str(pytestconfig.getoption("pairs"))) // len(SWITCHES) + 1)
    @given(pairs())
    def holds(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
        before, after = pair
        news = run.checked({}, before)
        made = run.provider.create(news)
        assert made.outs is not None
        run.begin()
        wanted = run.checked(news, after)
        run.sent.clear()
        id_, outs, promised = run.step(made.id, made.outs, wanted)
        assert [verb for verb in run.sent if verb != "GET"] == promised
        assert run.provider.diff(id_, outs, wanted).changes is False

        record = run.client.get_phone_number(id_)
        desired = Desired.of(normalize(wanted), "us")
        read = run.provider.read(id_, outs)
        assert read.outs is not None
        # As the engine does: its own stay where none come back.
        inputs = wanted if read.inputs is None else read.inputs
        assert CHANGED_OUTSIDE not in str(read.outs)
        assert run.provider.diff(id_, read.outs, wanted).changes is False
        assert run.provider.diff(id_, read.outs, inputs).changes is False
        actual: Mapping[str, Any] = record.fields
        if not run.shows_all:
            # What is not echoed cannot be looked at.
            actual = merge_for_state(desired.kind.fields, desired.fields, record.fields)
        number = {"number": record.number}
        assert isinstance(plan(desired.kind, {**number, **actual}, desired.fields), NoChange)
        run.begin()
        run.provider.delete(id_, outs)

    holds()
