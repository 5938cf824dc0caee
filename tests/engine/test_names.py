"""Names, proxies and certificates on the real engine: a preview tells what `up` would fail at."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Account, Project
from tests.engine.test_refusals import SUPPORT, refused

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("name", ["numbers.py", "queue/__init__.py"])
def test_a_name_that_stops_the_sdk_is_one_line(project: Project, name: str) -> None:
    """A program beside such a module ends with a line that names it, at preview and `up`."""
    project.program(SUPPORT)
    (project.folder / name).parent.mkdir(exist_ok=True)
    (project.folder / name).touch()
    for words in (("preview",), ("up", "--yes", "--skip-preview")):
        line = refused(project, *words)
        assert f"{name.partition('/')[0]} in the project's folder" in line


def test_a_module_called_like_a_library_works(project: Project, account: Account) -> None:
    """What an import wrote as `phonenumbers.py` declares numbers, and the library judges them."""
    project.program("import phonenumbers")
    (project.folder / "tenacity.py").write_text(
        "raise RuntimeError('in place of a library')", encoding="utf-8"
    )
    (project.folder / "phonenumbers.py").write_text(
        "from vapi_provider import VapiPhoneNumber\n"
        "VapiPhoneNumber('support', number_desired_area_code='415', fallback_destination=\n"
        "                {'type': 'number', 'number': '+14155550100'})\n",
        encoding="utf-8",
    )
    assert project.pulumi("preview").code == 0
    assert project.up()["create"] == 2
    assert len(account.records()) == 1
    assert project.command("list", "--stack", "test").code == 0


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"HTTPS_PROXY": "socks5://127.0.0.1:9"}, "the proxy of HTTPS_PROXY"),
        ({"ALL_PROXY": "http://127.0.0.1:port"}, "the proxy of ALL_PROXY"),
        ({"SSL_CERT_FILE": "/nowhere/certificates.pem"}, "SSL_CERT_FILE"),
        ({"SSL_CERT_FILE": "/dev/null"}, "SSL_CERT_FILE"),
    ],
)
def test_a_preview_names_what_up_would_fail_at(
    project: Project, variables: dict[str, str], words: str
) -> None:
    """A proxy or certificates that cannot be used are told by their variable before `up`."""
    project.program(SUPPORT)
    account = {"VAPI_BASE_URL": "https://api.vapi.ai", **variables}
    assert words in refused(project, "preview", **account)
    listed = project.command("list", **account)
    assert (listed.code, words in listed.text) == (1, True)


def test_what_names_other_hosts_stops_nothing(project: Project) -> None:
    """IPv6 in NO_PROXY, without any proxy, is no reason to fail: the account is looked for."""
    project.program(SUPPORT)
    unreachable = {
        "VAPI_BASE_URL": "https://127.0.0.1:9",
        "NO_PROXY": "[::1],fd00::/8",
        "no_proxy": "[::1],fd00::/8",
    }
    assert project.pulumi("preview", **unreachable).code == 0
    assert "cannot reach https://127.0.0.1:9" in refused(project, **unreachable)
