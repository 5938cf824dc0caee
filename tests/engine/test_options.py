"""Pulumi's own options with a dynamic provider, tried on the real engine."""

import pytest

from tests.engine.conftest import Account, Project, new_project

pytestmark = pytest.mark.engine


def test_a_renamed_resource_keeps_its_number(project: Project, account: Account) -> None:
    """With `aliases` a rename is one PATCH of the automatic name."""
    project.program('VapiPhoneNumber("old", number_desired_area_code="415")')
    project.up()
    (made,) = account.records()
    project.program(
        """
        VapiPhoneNumber("new", number_desired_area_code="415",
                        opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")]))
        """
    )
    assert project.up() == {"update": 1}
    (now,) = account.records()
    assert (now["id"], now["name"]) == (made["id"], "numbers/test/new")
    assert project.up() == {}


def test_a_rename_survives_a_refresh_in_the_same_run(project: Project, account: Account) -> None:
    """With a name of its own a renamed number is not touched, is not lost, and is released."""
    project.program('VapiPhoneNumber("old", number_desired_area_code="415", name="Main line")')
    project.up()
    (made,) = account.records()
    project.program(
        """
        VapiPhoneNumber("new", number_desired_area_code="415", name="Main line",
                        opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")]))
        """
    )
    before = len(account.requests())
    for words in (("up", "--yes", "--refresh"), ("up", "--yes", "--refresh")):
        result = project.pulumi(*words)
        assert result.code == 0, result.text
    verbs = {line.split()[0] for line in account.requests()[before:]}
    assert verbs == {"GET"}
    (recorded,) = project.state()
    assert recorded["id"] == made["id"]
    assert recorded["outputs"]["declaration"].endswith("/new")
    result = project.pulumi("destroy", "--yes", "--refresh")
    assert result.code == 0, result.text
    assert account.records() == []


def test_a_renamed_stack_is_one_patch_a_number(project: Project, account: Account) -> None:
    """`pulumi stack rename` changes automatic names in place."""
    project.program('VapiPhoneNumber("line", number_desired_area_code="415")')
    project.up()
    (made,) = account.records()
    assert project.pulumi("stack", "rename", "live").code == 0
    assert project.up() == {"update": 1}
    (now,) = account.records()
    assert (now["id"], now["name"]) == (made["id"], "numbers/live/line")


def test_a_forced_replacement_loses_no_number(project: Project, account: Account) -> None:
    """`--target-replace` ends with a number that state and account agree on.

    The plugin is shown one plain create: beside the number that the journal knows it buys none.
    """
    program = 'VapiPhoneNumber("line", number_desired_area_code="415", name="Main line"{})'
    project.program(program.format(""))
    project.up()
    (line,) = project.state()
    up = ("up", "--yes", "--skip-preview", "--target-replace", line["urn"])
    refused = project.pulumi(*up)
    assert refused.code != 0
    assert "set delete_before_replace=True" in refused.text
    assert [item["id"] for item in account.records()] == [line["id"]]
    first = ", opts=pulumi.ResourceOptions(delete_before_replace=True)"
    project.program(program.format(first))
    project.up()
    forced = project.pulumi(*up)
    assert forced.code == 0, forced.text
    (recorded,) = project.state()
    assert [item["id"] for item in account.records()] == [recorded["id"]] != [line["id"]]
    assert project.up() == {}


def test_a_protected_number_is_not_released(project: Project, account: Account) -> None:
    """`protect` stops its deletion and its replacement."""
    program = """
    VapiPhoneNumber("line", number_desired_area_code="415",
                    opts=pulumi.ResourceOptions(protect=True))
    """
    project.program(program)
    project.up()
    project.program(program.replace("415", "212"))
    assert project.pulumi("up", "--yes", "--skip-preview").code != 0
    project.program("")
    assert project.pulumi("up", "--yes", "--skip-preview").code != 0
    (now,) = account.records()
    assert now["number"].startswith("+1415")


def test_a_retained_number_leaves_the_stack_and_stays(project: Project, account: Account) -> None:
    """`retain_on_delete` takes a number out of the stack without releasing it."""
    project.program(
        """
        VapiPhoneNumber("line", number_desired_area_code="415",
                        opts=pulumi.ResourceOptions(retain_on_delete=True))
        """
    )
    project.up()
    project.program("")
    assert project.up() == {"delete": 1}
    assert len(account.records()) == 1


def test_replacing_says_that_people_may_be_calling(project: Project) -> None:
    """A preview that would release a number warns of it, with the number."""
    project.program('VapiPhoneNumber("line", number_desired_area_code="415")')
    project.up()
    (line,) = project.state()
    project.program('VapiPhoneNumber("line", number_desired_area_code="212")')
    shown = project.pulumi("preview").text
    assert line["outputs"]["number"] in shown
    assert "released for good" in shown


def test_whole_values_may_come_later(project: Project, account: Account) -> None:
    """Hooks, destinations and an area code that depend on another resource reach the record."""
    project.program(
        """
        desk = VapiPhoneNumber("desk", number_desired_area_code="212")
        VapiPhoneNumber(
            "front",
            number_desired_area_code=desk.number.apply(lambda number: number[2:5]),
            hooks=desk.number.apply(lambda number: [
                {"on": "call.ending", "do": {"type": "transfer", "destination":
                 {"type": "number", "number": number}}}]),
            fallback_destination=desk.number.apply(
                lambda number: {"type": "number", "number": number}),
        )
        """
    )
    preview = project.pulumi("preview")
    assert preview.code == 0, preview.text
    project.up()
    front, desk = account.record("front"), account.record("desk")["number"]
    assert front["number"].startswith("+1212")
    assert front["fallbackDestination"]["number"] == desk
    assert front["hooks"][0]["do"]["destination"]["number"] == desk
    assert project.up() == {}


def test_reading_a_carriers_number_shows_none_of_its_secrets(
    project: Project, account: Account
) -> None:
    """`TwilioPhoneNumber.get` gives the number; its token is in neither state nor output."""
    body = {
        "provider": "twilio",
        "number": "+14155550111",
        "twilioAccountSid": "AC-for-tests-only",
        "twilioAuthToken": "twilio-token-for-tests-only",
    }
    made = account.http.post("/phone-number", json=body).raise_for_status().json()
    project.program(
        f"""
        line = TwilioPhoneNumber.get("line", "{made["id"]}")
        pulumi.export("number", line.number)
        """
    )
    project.up()
    shown = project.pulumi("stack", "export", "--show-secrets").text
    assert "twilio-token-for-tests-only" not in shown
    assert project.pulumi("stack", "output", "number").text.strip() == "+14155550111"
    project.program(f'VonagePhoneNumber.get("line", "{made["id"]}")')
    assert "is TwilioPhoneNumber, not VonagePhoneNumber" in project.pulumi("up", "--yes").text


def test_another_stack_reads_the_outputs(project: Project, account: Account) -> None:
    """A `StackReference` gives another project the numbers of this stack."""
    project.program(
        """
        line = VapiPhoneNumber("line", number_desired_area_code="415")
        pulumi.export("number", line.number)
        """
    )
    project.up()
    other = new_project(project.folder.parent / "other", account.url, "other")
    other.environment["PULUMI_BACKEND_URL"] = project.environment["PULUMI_BACKEND_URL"]
    other.init("test2")
    other.program(
        """
        numbers = pulumi.StackReference("organization/numbers/test")
        VapiPhoneNumber("front", number_desired_area_code="212", fallback_destination={
            "type": "number", "number": numbers.get_output("number")})
        """
    )
    other.up()
    desk = account.record("line")["number"]
    assert account.record("front")["fallbackDestination"]["number"] == desk
