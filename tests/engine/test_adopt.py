"""Adopting on the real engine: existing numbers come under management, none is bought or lost."""

from typing import Any

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine


def bought(account: Account, **fields: Any) -> dict[str, Any]:
    """A number that somebody bought in the dashboard."""
    body = {"provider": "vapi", "numberDesiredAreaCode": "628", "name": "by hand", **fields}
    return account.http.post("/phone-number", json=body).raise_for_status().json()


def refused(project: Project, *words: str) -> str:
    """The error of an `up` (or of `words`) that must fail."""
    result = project.pulumi(*(words or ("up", "--yes", "--skip-preview")))
    assert result.code != 0, result.text
    assert "Traceback" not in result.text
    return result.text


def test_what_differs_is_patched_and_the_rest_left(project: Project, account: Account) -> None:
    """Adopting sends one PATCH with just the differences, and none where there are none."""
    made = bought(account, hooks=[{"on": "call.ending", "do": {"type": "say", "exact": "Bye"}}])
    project.program(
        f"""
        VapiPhoneNumber("line", adopt_id="{made["id"]}", name="by hand",
                        hooks=[{{"on": "call.ending", "do": {{"type": "say", "exact": "Bye"}}}}])
        """
    )
    before = len(account.requests())
    project.up()
    assert account.requests()[before:] == [f"GET /phone-number/{made['id']}"]
    assert [item["id"] for item in account.records()] == [made["id"]]
    assert project.up() == {}


def test_a_missing_or_foreign_kind_is_an_error_never_a_purchase(
    project: Project, account: Account
) -> None:
    """An id that is not there, or is of another kind, stops the run and makes nothing."""
    made = bought(account)
    missing = "00000000-0000-4000-8000-000000000000"
    project.program(f'VapiPhoneNumber("a", adopt_id="{missing}", number_desired_area_code="415")')
    assert "a number that this account does not have" in refused(project)
    project.program(
        f'ByoPhoneNumber("b", adopt_id="{made["id"]}", number="+14155550123", credential_id="c")'
    )
    assert "is VapiPhoneNumber, not ByoPhoneNumber" in refused(project)
    assert [item["id"] for item in account.records()] == [made["id"]]


def test_one_number_has_one_resource(project: Project, account: Account) -> None:
    """A number that another resource of the program declares is refused at preview."""
    made = bought(account)
    one = f'VapiPhoneNumber("one", adopt_id="{made["id"]}")\n'
    project.program(one)
    project.up()
    project.program(one + f'VapiPhoneNumber("two", adopt_id="{made["id"]}")\n')
    text = refused(project, "preview")
    assert "is declared twice" in text
    assert "'one'" in text
    assert "'two'" in text


def test_a_rename_by_adopting_releases_nothing(project: Project, account: Account) -> None:
    """The new resource adopts, the old one is deleted from the state, the number stays."""
    project.program('VapiPhoneNumber("old", number_desired_area_code="415")')
    project.up()
    (made,) = account.records()
    project.program(
        f'VapiPhoneNumber("new", number_desired_area_code="415", adopt_id="{made["id"]}")'
    )
    assert project.up() == {"create": 1, "delete": 1}
    (now,) = account.records()
    assert (now["id"], now["name"]) == (made["id"], "numbers/test/new")
    assert [item["id"] for item in project.state()] == [made["id"]]
    project.program('VapiPhoneNumber("new", number_desired_area_code="415")')
    assert project.up() == {}


def test_a_replacement_with_adopt_id_still_written_is_refused_at_preview(
    project: Project, account: Account
) -> None:
    """As long as `adopt_id` names the number, nothing that would release it passes preview."""
    made = bought(account)
    project.program(f'VapiPhoneNumber("line", adopt_id="{made["id"]}")')
    project.up()
    project.program(
        f'VapiPhoneNumber("line", adopt_id="{made["id"]}", number_desired_area_code="212")'
    )
    assert "remove adopt_id to let it go" in refused(project, "preview")
    project.program('VapiPhoneNumber("line", number_desired_area_code="628")')
    assert project.up() == {}
