"""Bad input, bad network, bad account, on the real engine: one clear line, nothing half-made."""

from pathlib import Path

import pytest

from tests.engine.conftest import Account, Project, new_project, serve

pytestmark = pytest.mark.engine

SUPPORT = 'VapiPhoneNumber("support", number_desired_area_code="415", assistant_id=None)'


def refused(project: Project, *words: str, **variables: str) -> str:
    """The one error line of a CLI call that must fail, without a traceback."""
    result = project.pulumi(*(words or ("up", "--yes", "--skip-preview")), **variables)
    assert result.code != 0, result.text
    assert "Traceback" not in result.text
    (line,) = result.errors()
    return line


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"VAPI_API_KEY": ""}, "no Vapi key"),
        ({"VAPI_API_KEY": "a-wrong-key"}, "401 Unauthorized"),
        ({"VAPI_BASE_URL": "http://127.0.0.1:9"}, "cannot reach http://127.0.0.1:9"),
        ({"VAPI_BASE_URL": "http://vapi.example.com"}, "use https://"),
        ({"VAPI_BASE_URL": "https://vapi.example.com"}, "VAPI_ALLOW_BASE_URL=vapi.example.com"),
        ({"VAPI_REGION": "mars"}, "set it to one of us, eu"),
        ({"VAPI_REQUEST_TIMEOUT_SECONDS": "soon"}, "set it to a number"),
    ],
)
def test_bad_settings_are_one_line(
    project: Project, account: Account, variables: dict[str, str], words: str
) -> None:
    """A bad setting or an unreachable account is told in one line, and nothing is made."""
    project.program(SUPPORT)
    line = refused(project, **variables)
    assert words in line
    assert account.records() == []
    assert project.state() == []


def test_bad_input_is_refused_at_preview_with_its_path(project: Project, account: Account) -> None:
    """Preview names every problem of a resource by its path, shows no value, and asks nothing."""
    project.program(
        """
        VapiPhoneNumber(
            "entry",
            sip_uri="entry@sip.vapi.ai",
            authentication={"username": "user-for-tests-only-1", "password": "too-short-1"},
            fallback_destination={"type": "number", "number": "415", "transfer_plan":
                                  {"mode": "blind-transfer", "timeout": 0}},
            hooks=[{"on": "call.ringing", "do": [{"type": "say", "exact": "x" * 4001}]}],
        )
        """
    )
    result = project.pulumi("preview")
    assert result.code != 0
    for problem in (
        "sip_uri: must be a SIP URI",
        "authentication.password: must have at least 20 characters",
        "fallback_destination.number: must be E.164",
        "fallback_destination.transfer_plan.timeout: must be 1 or more",
        "hooks[0].do[0].exact: must have at most 4000 characters",
    ):
        assert problem in result.text
    assert "too-short-1" not in result.text
    assert account.requests() == []


def test_a_value_known_later_is_checked_later(project: Project, account: Account) -> None:
    """What depends on another number's output passes preview and reaches the record."""
    project.program(
        """
        desk = VapiPhoneNumber("desk", number_desired_area_code="212")
        VapiPhoneNumber("front", number_desired_area_code="415",
                        fallback_destination={"type": "number", "number": desk.number})
        """
    )
    preview = project.pulumi("preview")
    assert preview.code == 0, preview.text
    project.up()
    front, desk = account.record("front"), account.record("desk")
    assert front["fallbackDestination"]["number"] == desk["number"]


def test_a_misspelt_key_is_told_the_right_one(project: Project) -> None:
    """A camelCase key is refused by the program, with the spelling to use."""
    project.program(
        'VapiPhoneNumber("a", sip_uri="sip:a@sip.vapi.ai", server={"timeoutSeconds": 3})'
    )
    result = project.pulumi("preview")
    assert result.code != 0
    assert "server.timeoutSeconds: is spelled timeout_seconds here" in result.text


def test_what_the_account_has_already_is_never_bought_again(
    project: Project, account: Account, tmp_path: Path
) -> None:
    """A second state for the same stack is stopped, and takes and releases nothing of the first's.

    Not with a name of its own either, and not on the way out.
    """
    entry = 'VapiPhoneNumber("entry", name="Entry", sip_uri="sip:entry@sip.vapi.ai")\n'
    project.program(f"{SUPPORT}\n{entry}")
    project.up()
    # But for what goes on by itself: a new number becomes active.
    before = [{**record, "status": None, "updatedAt": None} for record in account.records()]
    other = new_project(tmp_path / "other", account.url)
    for program in (SUPPORT, entry):
        other.program(program)
        line = refused(other)
        assert "adopt_id=" in line
        assert [record for record in before if record["id"] in line]
    assert other.state() == []
    for words in (("refresh", "--yes", "--skip-preview"), ("destroy", "--yes")):
        assert other.pulumi(*words).code == 0
    after = [{**record, "status": None, "updatedAt": None} for record in account.records()]
    assert after == before
    assert project.up() == {}


def test_another_accounts_key_forgets_and_releases_nothing(
    project: Project, account: Account, tmp_path: Path
) -> None:
    """404 from an account that is not the recorded one is an error, for refresh and destroy."""
    project.program(SUPPORT)
    project.up()
    with serve(tmp_path, "another") as another:
        another.http.post(
            "/phone-number", json={"provider": "vapi", "numberDesiredAreaCode": "628"}
        ).raise_for_status()
        for words in (("refresh", "--yes", "--skip-preview"), ("destroy", "--yes")):
            line = refused(project, *words, VAPI_BASE_URL=another.url)
            assert "the key belongs to organization" in line
        assert len(another.records()) == 1
    assert len(project.state()) == 1
    assert len(account.records()) == 1
