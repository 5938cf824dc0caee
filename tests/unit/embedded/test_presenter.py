"""What a response shows and hides, by the switches."""

import pytest

LOGIN = {"username": "u" * 20, "password": "p" * 20}


def test_sip_password(create, open_account, account):
    """The SIP password is hidden unless a switch shows it."""
    record = create("sip", authentication=LOGIN)
    assert record["authentication"] == {"username": "u" * 20}
    shown = open_account(echo_sip_password=True).get(f"/phone-number/{record['id']}").json()
    assert shown["authentication"] == LOGIN


def test_area_code(create, open_account):
    """The desired area code is hidden unless a switch shows it."""
    shown = create(client=open_account(echo_area_code=True))
    assert shown["numberDesiredAreaCode"] == "415"


def test_twilio_secrets(create, open_account):
    """Twilio's secrets are shown in clear unless a switch hides them."""
    secrets = {"twilioAuthToken": "t", "twilioApiKey": "k", "twilioApiSecret": "s"}
    record = create("twilio", **secrets)
    assert {name: record[name] for name in secrets} == secrets
    hidden = open_account(echo_twilio_secrets=False).get("/phone-number").json()[0]
    assert not set(secrets) & set(hidden)


def test_server_headers(create, open_account):
    """Server headers are shown in clear unless a switch hides them."""
    server = {"url": "https://example.com", "headers": {"X": "1"}}
    assert create(server=server)["server"] == server
    hidden = open_account(echo_server_headers=False).get("/phone-number").json()[0]
    assert hidden["server"] == {"url": "https://example.com"}


def test_provider_resource_id(create, open_account):
    """A switch hides the undocumented providerResourceId."""
    assert "providerResourceId" not in create(client=open_account(provider_resource_id=False))


def test_defaults_absent(create):
    """Documented defaults are not filled in."""
    assert "smsEnabled" not in create("twilio")


@pytest.mark.parametrize("region", ["us", "eu"])
def test_defaults_materialised(create, open_account, region):
    """With a switch, documented defaults are filled in at every depth beside the sent values."""
    account = open_account(materialise_defaults=True, region=region)
    got = create(
        "twilio",
        client=account,
        server={"url": "https://example.com", "timeoutSeconds": 5},
        fallbackDestination={
            "type": "number",
            "number": "+14155552671",
            "message": "",
            "transferPlan": {
                "mode": "warm-transfer-say-summary",
                "summaryPlan": {"timeoutSeconds": 9},
            },
        },
        hooks=[
            {
                "on": "call.ringing",
                "do": [
                    {
                        "type": "transfer",
                        "destination": {"type": "sip", "sipUri": "sip:a@example.com"},
                    }
                ],
            }
        ],
    )
    assert got["smsEnabled"] is True
    assert got["server"]["timeoutSeconds"] == 5
    assert got["server"]["staticIpAddressesEnabled"] is False
    destination = got["fallbackDestination"]
    assert destination["message"] == ""
    assert destination["numberE164CheckEnabled"] is True
    assert destination["transferPlan"]["timeout"] == 60
    assert destination["transferPlan"]["summaryPlan"] == {"timeoutSeconds": 9, "enabled": True}
    transfer = got["hooks"][0]["do"][0]["destination"]["transferPlan"]
    assert transfer["mode"] == "blind-transfer"
