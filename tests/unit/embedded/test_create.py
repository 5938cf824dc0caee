"""POST /phone-number: what is created, bought and refused."""

import re

import pytest

IN_USE = "Couldn't Create Phone Number. SIP URI sip:FRONT.desk@SIP.vapi.ai Already In Use."


def refusal(response, status=400):
    assert response.status_code == status, response.text
    return response.json()["message"]


def test_identity(create, account):
    """A record has a v4 id, the account's v4 organization, and equal timestamps in milliseconds."""
    one, other = create(), create()
    v4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(v4, one["id"])
    assert re.fullmatch(v4, one["orgId"])
    assert one["id"] != other["id"]
    assert one["orgId"] == other["orgId"]
    assert one["createdAt"] == one["updatedAt"] == "2026-03-26T15:43:16.145Z"


@pytest.mark.parametrize("kind", ["twilio", "vonage", "telnyx", "byo-phone-number", "sip"])
def test_kinds_that_buy_nothing(create, body, kind):
    """A carrier's number or a SIP URI comes back as sent, active at once."""
    sent = body(kind, name="front desk")
    got = create(kind, name="front desk")
    assert {key: got[key] for key in sent} == sent
    assert got["status"] == "active"
    assert "providerResourceId" not in got


def test_sip_uri_has_no_number(create):
    """A SIP URI alone has no phone number."""
    assert "number" not in create("sip")


def test_bought_number(create):
    """A bought number has digits in the area code, is activating, and hides the area code."""
    got = create(numberDesiredAreaCode="628")
    assert got["number"] == "+16285550100"
    assert got["status"] == "activating"
    assert got["providerResourceId"]
    assert "numberDesiredAreaCode" not in got


def test_activation(create, account, clock, open_account):
    """A number becomes active after its time, which changes updatedAt, even across restarts."""
    got = create()
    clock.advance(0.999)
    assert account.get(f"/phone-number/{got['id']}").json()["status"] == "activating"
    clock.advance(0.001)
    active = open_account(activation_seconds=60.0).get(f"/phone-number/{got['id']}").json()
    assert active["status"] == "active"
    assert active["updatedAt"] == "2026-03-26T15:43:17.145Z"
    assert active["createdAt"] == got["createdAt"]


def test_activation_without_update(create, clock, open_account):
    """With a switch, becoming active does not change updatedAt, in filters either."""
    account = open_account(activation_bumps_updated_at=False)
    got = create(client=account)
    clock.advance(5)
    active = account.get(f"/phone-number/{got['id']}").json()
    assert (active["status"], active["updatedAt"]) == ("active", got["createdAt"])
    later = {"updatedAtGt": got["createdAt"]}
    assert account.get("/phone-number", params=later).json() == []
    assert len(open_account().get("/phone-number", params=later).json()) == 1


def test_stock_goes_on_behind_the_first_hundred(create):
    """The hundred-and-first number of an area code comes from another 555 block."""
    numbers = [create()["number"] for _ in range(101)]
    assert numbers[99:] == ["+14155550199", "+14155550200"]
    assert len(set(numbers)) == 101


def test_released_number_is_not_sold_next(create, account):
    """A client that loses a number and buys another gets a different one."""
    first = create()
    account.delete(f"/phone-number/{first['id']}")
    assert create()["number"] != first["number"]


def test_stock_passes_over_numbers_in_use(create):
    """A number that any record has is not sold."""
    create("twilio", number="+14155550100")
    assert create()["number"] == "+14155550101"


@pytest.mark.parametrize("code", ["000", "999", "123", "911", "abc"])
def test_no_stock(untouched, body, code):
    """An area code without numbers is refused with a text that suggests three others."""
    response = untouched.post("/phone-number", json=body(numberDesiredAreaCode=code))
    assert response.text == (
        '{"message":"This area code is currently not available. Hint: Try one of 701, 279, 406.",'
        '"error":"Bad Request","statusCode":400}'
    )


def test_hint_names_stocked_codes_only(open_account, body):
    """The hint never names an area code that is out of stock itself."""
    account = open_account(out_of_stock=frozenset({"701", "406"}))
    response = account.post("/phone-number", json=body(numberDesiredAreaCode="701"))
    assert refusal(response).endswith("Hint: Try one of 279, 531, 667.")


def test_neither_area_code_nor_sip_uri(account, open_account):
    """A body with neither area code nor SIP URI is refused, with a switch as a text."""
    said = "At least one of numberDesiredAreaCode, sipUri must be provided"
    assert refusal(account.post("/phone-number", json={"provider": "vapi"})) == [said]
    as_text = open_account(at_least_one_as_list=False)
    assert refusal(as_text.post("/phone-number", json={"provider": "vapi"})) == said


def test_sip_uri_is_unique_in_any_case(create, account, open_account, body):
    """A used SIP URI is refused in any letter case, with a switch as 409, and kept as sent."""
    assert create("sip")["sipUri"] == "sip:Front.Desk@sip.vapi.ai"
    again = body("sip", sipUri="sip:FRONT.desk@SIP.vapi.ai")
    assert refusal(account.post("/phone-number", json=again)) == IN_USE
    conflict = open_account(duplicate_status=409).post("/phone-number", json=again)
    assert refusal(conflict, 409) == IN_USE
    assert conflict.json()["error"] == "Conflict"


def test_refused_create_leaves_nothing(create, account, body):
    """A create that is refused late leaves no record and takes no number."""
    create("sip")
    both = body("sip", numberDesiredAreaCode="415")
    assert refusal(account.post("/phone-number", json=both)).startswith("Couldn't Create")
    assert len(account.get("/phone-number").json()) == 1
    assert create()["number"] == "+14155550100"


def test_carrier_numbers_may_repeat_unless_switched(create, open_account, body):
    """A carrier's number may repeat unless a switch refuses it within its kind."""
    create("twilio")
    create("twilio")
    strict = open_account(unique_carrier_numbers=True)
    response = strict.post("/phone-number", json=body("twilio"))
    assert refusal(response) == "Couldn't Create Phone Number. Number +14155552671 Already In Use."
    create("telnyx", client=strict)


def test_quota(create, account, open_account, body):
    """A purchase beyond the quota is refused; other records do not count."""
    limited = open_account(free_number_quota=1)
    first = create(client=limited)
    create("sip", client=limited)
    create("twilio", client=limited)
    said = (
        "Couldn't Buy Phone Number. Update Payment Method in https://dashboard.vapi.ai/org/billing."
    )
    assert refusal(limited.post("/phone-number", json=body())) == said
    unpaid = open_account(free_number_quota=1, quota_status=402)
    assert unpaid.post("/phone-number", json=body()).json() == {
        "statusCode": 402,
        "message": said,
        "reason": "payment_method_missing",
    }
    limited.delete(f"/phone-number/{first['id']}")
    create(client=limited)


def test_digits_after_a_while(create, open_account, clock):
    """With a switch, the digits are absent at first and appear with time."""
    account = open_account(number_after_seconds=2.0)
    got = create(client=account)
    assert "number" not in got
    clock.advance(2)
    assert account.get(f"/phone-number/{got['id']}").json()["number"] == "+14155550100"


def test_digits_after_some_reads(create, open_account):
    """With a switch, the digits appear after a count of reads, lists included."""
    account = open_account(number_after_reads=2)
    got = create(client=account)
    path = f"/phone-number/{got['id']}"
    assert "number" not in got
    assert "number" not in account.get(path).json()
    assert "number" not in account.get("/phone-number").json()[0]
    assert account.get(path).json()["number"] == "+14155550100"


def test_billing_failure(create, open_account):
    """With a switch, a purchase leaves an active record with neither digits nor a resource."""
    got = create(client=open_account(billing_failure=True))
    assert got["status"] == "active"
    assert not {"number", "providerResourceId"} & set(got)


def test_what_exists_elsewhere(open_account, body, uuid, create):
    """With switches, assistants, credentials and carrier numbers must exist."""
    account = open_account(
        known_assistants=frozenset(),
        known_credentials=frozenset(),
        missing_carrier_numbers=frozenset({"+14155552671"}),
    )

    def said(sent):
        return refusal(account.post("/phone-number", json=sent))

    assert said(body(assistantId=uuid)) == (
        f"Couldn't Get Assistant. `assistantId` {uuid} Does Not Exist."
    )
    assert said(body("vonage")) == f"Credential with ID {uuid} not found"
    assert said(body("twilio")).startswith("Number Not Found on Twilio.")
    known = open_account(missing_carrier_numbers=frozenset({"+14155552671"}))
    assert refusal(known.post("/phone-number", json=body("telnyx"))) == (
        "Couldn't Update Telnyx Number. Error: Request failed with status code 404"
    )
    create("vonage", client=known)


def test_null_is_as_good_as_absent(create):
    """A null on create is accepted and stored."""
    assert create(assistantId=None)["assistantId"] is None
