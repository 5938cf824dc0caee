"""One owner for each number on the real engine: what changes owners is never released."""

from __future__ import annotations

import re

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine

URN = "urn:pulumi:test::numbers::pulumi-python:dynamic/vapi:VapiPhoneNumber::"


def line(name: str, more: str = "", code: str = "415") -> str:
    """A number's declaration."""
    return f'VapiPhoneNumber("{name}", number_desired_area_code="{code}"{more})\n'


def bought(project: Project, account: Account, body: str, name: str) -> str:
    """The id of what `body` declares under `name`."""
    project.program(body)
    project.up()
    return account.record(name)["id"]


def releases(account: Account) -> list[str]:
    """The paths of all DELETEs so far."""
    return [it.split()[1] for it in account.requests() if it.startswith("DELETE")]


def test_a_failed_adoption_releases_nothing(project: Project, account: Account) -> None:
    """With `--continue-on-error` the state keeps the old resource until the adoption succeeds."""
    id_ = bought(project, account, line("old"), "old")
    project.program(line("new", f', adopt_id="{id_}"', code="212"))
    failed = project.pulumi("up", "--yes", "--skip-preview", "--continue-on-error")
    assert failed.code != 0
    assert "'new' names" in failed.text
    assert [one["id"] for one in project.state()] == [id_]
    project.program(line("new", f', adopt_id="{id_}"'))
    project.up()
    assert [one["urn"] for one in project.state()] == [f"{URN}new"]
    assert releases(account) == []


def test_an_adoption_in_an_earlier_run_counts(project: Project, account: Account) -> None:
    """With `--target` the adoption and the deletion are two runs: the number is kept, and said."""
    id_ = bought(project, account, line("old"), "old")
    project.program(line("new", f', adopt_id="{id_}"'))
    up = ("up", "--yes", "--skip-preview", "--target")
    assert project.pulumi(*up, f"{URN}new").code == 0
    second = project.pulumi(*up, f"{URN}old")
    assert second.code == 0
    assert "not released, because it is also recorded for 'new'" in second.text
    assert releases(account) == []
    # Its last holder gives it up.
    assert project.pulumi("destroy", "--yes", "--skip-preview").code == 0
    assert account.records() == []


def test_an_adopter_that_comes_after_the_deletion_is_seen_first(
    project: Project, account: Account
) -> None:
    """Deleting before replacing keeps what a later resource adopts; by the hint both end right."""
    id_ = bought(project, account, line("old"), "old")
    first = ", opts=pulumi.ResourceOptions(delete_before_replace=True)"
    project.program(line("old", first, code="212") + line("new", f', adopt_id="{id_}"'))
    refused = project.pulumi("up", "--yes", "--skip-preview")
    assert releases(account) == []
    if refused.code != 0:
        assert "pulumi up --target <URN of 'new'>" in refused.text
        assert id_ in [one["id"] for one in project.state()]
        up = ("up", "--yes", "--skip-preview", "--target", f"{URN}new")
        assert project.pulumi(*up).code == 0
        project.up()
    held = {one["urn"]: one["id"] for one in project.state()}
    assert held[f"{URN}new"] == id_ != held[f"{URN}old"]
    assert releases(account) == []
    assert len(account.records()) == 2


def test_plugin_processes_of_one_run_know_each_others_records(
    project: Project, account: Account
) -> None:
    """With an explicit provider an adoption is seen by the other process; releases add up."""
    head = 'other = pulumi.ProviderResource("pulumi-python", "other", {})\n'
    there = ", opts=pulumi.ResourceOptions(provider=other)"
    stay = line("here") + line("there", there)
    id_ = bought(project, account, head + line("old") + stay, "old")
    project.program(head + line("new", f', adopt_id="{id_}"{there}') + stay)
    assert project.up() == {"create": 1, "delete": 1}
    assert releases(account) == []
    project.program(head + line("new", f', adopt_id="{id_}"{there}'))
    limited = project.pulumi("up", "--yes", "--skip-preview", VAPI_MAX_RELEASES="1")
    assert limited.code != 0
    assert "more numbers than vapi:maxReleases allows (1)" in limited.text
    assert len(releases(account)) == 1


@pytest.mark.parametrize("first", [False, True])
def test_a_forced_replacement_is_announced_and_counted_once(
    project: Project, account: Account, first: bool
) -> None:
    """`replacement_trigger` and `replace_with` warn, and hold the limit before a purchase."""

    def body(trigger: str) -> str:
        more = f"delete_before_replace={first}"
        opts = f', opts=pulumi.ResourceOptions(replacement_trigger="{trigger}", {more})'
        other = f", opts=pulumi.ResourceOptions(replace_with=[line], {more})"
        return "line = " + line("line", opts) + line("beside", other)

    project.program(body("a"))
    project.up()
    project.program(body("b"))
    told = project.command("preview", "--stack", "test").text
    # Of what is deleted first for another's sake the plugin is told nothing: the events say it.
    assert len(re.findall(r"line'? ?:? will be replaced because the engine was told", told)) == 1
    assert len(re.findall(r"beside'?:? will be replaced because the engine was told", told)) == 1
    limited = project.pulumi("up", "--yes", "--skip-preview", VAPI_MAX_RELEASES="0")
    assert limited.code != 0
    assert account.requests().count("POST /phone-number") == 2
    before = {record["id"] for record in account.records()}
    assert project.up(VAPI_MAX_RELEASES="2") == {"replace": 2}
    assert len(account.records()) == 2
    assert not before & {record["id"] for record in account.records()}


def test_a_tainted_number_is_announced_by_our_preview(project: Project, account: Account) -> None:
    """The plugin is shown one plain create; it knows of the taint from the preflight."""
    bought(project, account, line("line"), "line")
    assert project.pulumi("state", "taint", f"{URN}line", "--yes").code == 0
    told = project.command("preview", "--stack", "test")
    assert "'line' will be replaced because the engine was told to" in told.text
    limited = project.command("preview", "--stack", "test", VAPI_MAX_RELEASES="0")
    assert limited.code == 1


def test_another_kind_is_a_replacement(project: Project, account: Account) -> None:
    """An alias to another class replaces the number, said at preview; nothing is PATCHed."""
    bought(project, account, line("line"), "line")
    project.program(
        """
        TwilioPhoneNumber(
            "line", number="+14155552671", twilio_account_sid="AC1", twilio_auth_token="for-tests",
            opts=pulumi.ResourceOptions(
                aliases=[pulumi.Alias(type_="pulumi-python:dynamic/vapi:VapiPhoneNumber")]
            ),
        )
        """
    )
    told = project.command("preview", "--stack", "test").text
    assert "will be replaced because of provider" in told
    assert project.up() == {"replace": 1}
    assert [record["provider"] for record in account.records()] == ["twilio"]
    assert not any(request.startswith("PATCH") for request in account.requests())


def test_what_goes_with_another_resource_is_not_called_released(
    project: Project, account: Account
) -> None:
    """With `deleted_with` the engine calls no delete: the preview counts one release of two."""
    with_it = ", opts=pulumi.ResourceOptions(deleted_with=first)"
    bought(project, account, "first = " + line("first") + line("second", with_it), "second")
    project.program("")
    told = project.command("preview", "--stack", "test").text
    assert "1 number released for good" in told
    project.up()
    (kept,) = account.records()
    assert kept["name"] == "numbers/test/second"


@pytest.mark.parametrize("opts", ["", ", opts=pulumi.ResourceOptions(depends_on=[old])"])
def test_what_an_untargeted_or_later_resource_adopts_is_kept(
    project: Project, account: Account, opts: str
) -> None:
    """The program tells of `adopt_id` before the engine checks the resource, or without it."""
    id_ = bought(project, account, line("old"), "old")
    first = ", opts=pulumi.ResourceOptions(delete_before_replace=True)"
    adopting = line("new", f', adopt_id="{id_.upper()}"{opts}')
    project.program("old = " + line("old", first, code="212") + adopting)
    targeted = [] if opts else ["--target-replace", f"{URN}old"]
    refused = project.pulumi("up", "--yes", "--skip-preview", *targeted)
    assert refused.code != 0
    assert "'new' names" in refused.text
    assert releases(account) == []


def test_a_record_of_two_plugins_is_refused_to_one(project: Project, account: Account) -> None:
    """An explicit provider has a plugin process of its own: one of the two is refused."""
    id_ = bought(project, account, line("old"), "old")
    explicit = 'pulumi.ProviderResource("pulumi-python", "second", {})'
    opts = f", opts=pulumi.ResourceOptions(provider={explicit})"
    project.program(line("new", f', adopt_id="{id_}"{opts}') + line("old"))
    refused = project.pulumi("up", "--yes", "--skip-preview", "--continue-on-error")
    assert refused.code != 0
    assert releases(account) == []
    project.program(line("other"))
    project.up()
    assert releases(account) == [f"/phone-number/{id_}"]
