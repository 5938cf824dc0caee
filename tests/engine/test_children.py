"""Children of components on the real engine: names that repeat, and moves between parents."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine

COMPONENTS = """
ALIASES = []

class Desk(pulumi.ComponentResource):
    def __init__(self, name, **more):
        super().__init__("shop:desk:Desk", name)
        opts = pulumi.ResourceOptions(parent=self, aliases=ALIASES)
        self.line = VapiPhoneNumber("line", number_desired_area_code="415", opts=opts, **more)

class Office(pulumi.ComponentResource):
    def __init__(self, name, **more):
        super().__init__("shop:office:Office", name)
        opts = pulumi.ResourceOptions(parent=self, aliases=ALIASES)
        self.line = VapiPhoneNumber("line", number_desired_area_code="415", opts=opts, **more)
"""
ALONE = 'VapiPhoneNumber("line", number_desired_area_code="415")\n'


def program(project: Project, body: str, alias: str | None = None) -> None:
    """Components, an alias of their children, and what of them the program declares."""
    aliases = f"ALIASES = [{alias}]\n" if alias else ""
    project.program(COMPONENTS + aliases + body)


def hint(project: Project) -> str:
    """The alias that our preview says to add."""
    result = project.command("preview", "--stack", "test")
    assert result.code == 2, result.text
    _, _, rest = result.text.partition("aliases=[")
    return rest.partition("])")[0]


def test_children_of_one_name_are_resources_of_their_own(
    project: Project, account: Account
) -> None:
    """Two components and the stack each have a `line`; what one gives up the others keep."""
    program(project, f'Desk("desk")\nOffice("office")\n{ALONE}')
    project.up()
    names = sorted(record["name"] for record in account.records())
    assert len(set(names)) == 3
    assert all(name.startswith("numbers/test/line") for name in names)
    assert project.pulumi("preview", "--expect-no-changes").code == 0
    kept = next(one["id"] for one in project.state() if "desk:Desk" in one["urn"])
    program(project, 'Desk("desk")')
    project.up()
    assert [record["id"] for record in account.records()] == [kept]


def test_a_number_that_moves_into_a_component_is_not_bought_again(
    project: Project, account: Account
) -> None:
    """A move without an alias is refused before the purchase; each hint of ours keeps the number.

    Into a component, from one into another, and out of it again.
    """
    project.program(ALONE)
    project.up()
    (made,) = account.records()
    steps = [('Desk("desk")', "ROOT_STACK"), ('Office("office")', "Desk::desk")]
    for body, where in steps:
        program(project, body)
        if where == "ROOT_STACK":
            refused = project.pulumi("up", "--yes", "--skip-preview")
            assert refused.code != 0
            assert "pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)" in refused.text
        alias = hint(project)
        assert where in alias
        program(project, body, alias)
        project.up()
    project.program(ALONE)
    assert project.pulumi("up", "--yes", "--skip-preview").code != 0
    opts = f", opts=pulumi.ResourceOptions(aliases=[{hint(project)}]))"
    project.program(ALONE.replace(")\n", opts))
    project.up()
    assert account.requests().count("POST /phone-number") == 1
    assert [record["id"] for record in account.records()] == [made["id"]]
    assert not any(request.startswith("DELETE") for request in account.requests())


def test_a_move_by_adopting_keeps_the_number(project: Project, account: Account) -> None:
    """The child adopts, in capitals too, and the old resource leaves the state as previewed."""
    project.program(ALONE)
    project.up()
    (made,) = account.records()
    program(project, f'Desk("desk", adopt_id="{made["id"].upper()}")')
    told = project.command("preview", "--stack", "test").text
    assert "leaves the state, the number is kept" in told
    assert "released" not in told
    project.up()
    assert [record["id"] for record in account.records()] == [made["id"]]
    assert project.up() == {}


def test_a_sisters_number_is_not_adopted(project: Project, account: Account) -> None:
    """What another component's child holds and keeps is refused, in whatever order they come."""
    program(project, 'Desk("desk")')
    project.up()
    (made,) = account.records()
    adopting = f'Office("office", adopt_id="{made["id"]}")'
    for body in (f'Desk("desk")\n{adopting}', f'{adopting}\nDesk("desk")'):
        program(project, body)
        for command in (("preview",), ("up", "--yes", "--skip-preview")):
            refused = project.pulumi(*command)
            assert refused.code != 0
            assert made["id"] in refused.text
    assert [one["id"] for one in project.state()] == [made["id"]]
    assert not {"DELETE", "PATCH"} & {request.split()[0] for request in account.requests()}


def test_a_holder_that_comes_later_is_waited_for(project: Project, account: Account) -> None:
    """A new number beside the moved holder of its name is bought, not refused."""
    project.program(ALONE)
    project.up()
    alias = "pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)"
    program(project, 'Desk("desk")', alias)
    project.up()
    program(project, f'{ALONE}\nDesk("desk")', alias)
    # The alias names what the program declares again: only the state's own URN is left.
    program(project, f'{ALONE}\nDesk("desk")')
    assert project.up() == {"create": 1}
    assert len(account.records()) == 2
    assert project.up() == {}
