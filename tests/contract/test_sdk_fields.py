"""Every field that Vapi's own client knows of a phone number is in our models, or listed here."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.contract.test_sdk import SDK
from tests.support.venvs import outside, shared_python
from vapi_provider.models.fields import schema_named

pytestmark = pytest.mark.contract

SUPPORT = Path(__file__).parents[1] / "support"

NOT_MODELLED: dict[tuple[str, str], str] = {}
"""Fields of the client that our models leave out, and why: there are none today."""

# How the client names the members of a union, and the API's schema that each of them is.
_MEMBERS = {
    r"\w*Destination_Number": "TransferDestinationNumber",
    r"\w*Destination_Sip": "TransferDestinationSip",
    r"\w*HooksItem_CallRinging": "PhoneNumberHookCallRinging",
    r"\w*HooksItem_CallEnding": "PhoneNumberHookCallEnding",
    r"PhoneNumberHookCall\w+_Say": "SayPhoneNumberHookAction",
    r"PhoneNumberHookCall\w+_Transfer": "TransferPhoneNumberHookAction",
    r"TransferPlanContextEngineeringPlan_(\w+)": r"ContextEngineeringPlan\1",
    r"CreatePhoneNumbersRequest_(\w+?)(?:PhoneNumber)?": r"Create\1PhoneNumberDTO",
    r"UpdatePhoneNumbersRequestBody_(\w+?)(?:PhoneNumber)?": r"Update\1PhoneNumberDTO",
    r"GetPhoneNumbersResponse_(\w+?)(?:PhoneNumber)?": r"\1PhoneNumber",
}


def schema_of(client_name: str) -> str:
    """The API's name of a type of the client."""
    for pattern, name in _MEMBERS.items():
        found = re.fullmatch(pattern, client_name)
        if found:
            return found.expand(name)
    return client_name


def test_every_field_of_the_client_is_known(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A new release of the client says by name what our models do not have yet."""
    python = shared_python(tmp_path_factory, "sdk", SDK)
    ran = subprocess.run(
        [python, SUPPORT / "sdk_fields.py"],
        capture_output=True,
        text=True,
        env=outside(),
        timeout=60,
        check=False,
        encoding="utf-8",
    )
    assert ran.returncode == 0, ran.stderr
    known: dict[str, list[str]] = json.loads(ran.stdout)
    named = {name: schema_of(name) for name in known}
    assert {"TransferPlan", "Server", "VapiPhoneNumber"} <= set(named.values())
    new = {
        (named[name], wire)
        for name, wires in known.items()
        for wire in wires
        if wire not in schema_named(named[name]).fields_by_wire_name
    }
    assert new == set(NOT_MODELLED)
