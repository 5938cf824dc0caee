"""Config and environment become one object, or one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.config import Settings, load_settings

FOLDER = Path("/project")
KEY = {"apiKey": "a-key"}


def load(config: dict[str, str] | None = None, **environment: str) -> Settings:
    """Settings of a project in `/project`."""
    return load_settings((KEY if config is None else config).get, environment, FOLDER)


def refusal(config: dict[str, str], **environment: str) -> str:
    """The one line that `config` is refused with."""
    with pytest.raises(ConfigurationError) as refused:
        load(config, **environment)
    text = str(refused.value)
    assert "\n" not in text
    return text


def test_only_a_key_is_needed() -> None:
    """All the rest has its documented default."""
    assert load() == Settings(
        api_key="a-key",
        region="us",
        base_url="https://api.vapi.ai",
        journal=load().journal,
        backend=load().backend,
        request_timeout_seconds=30,
        max_concurrent_requests=32,
        ready_timeout_seconds=60,
        confirmed_empty_account=None,
    )
    assert load().embedded_file is None


@pytest.mark.parametrize(
    ("key", "variable", "attribute", "first", "second"),
    [
        ("apiKey", "VAPI_API_KEY", "api_key", "one", "two"),
        ("apiKey", "VAPI_TOKEN", "api_key", "one", "two"),
        ("region", "VAPI_REGION", "region", "eu", "us"),
        ("baseUrl", "VAPI_BASE_URL", "base_url", "https://a.vapi.ai", "https://b.vapi.ai"),
        ("requestTimeoutSeconds", "VAPI_REQUEST_TIMEOUT_SECONDS", "request_timeout_seconds",
         "0.5", "7"),
        ("maxConcurrentRequests", "VAPI_MAX_CONCURRENT_REQUESTS", "max_concurrent_requests",
         "1", "2"),
        ("readyTimeoutSeconds", "VAPI_READY_TIMEOUT_SECONDS", "ready_timeout_seconds", "0", "5"),
    ],
)  # fmt: skip
def test_config_beats_the_environment(
    key: str, variable: str, attribute: str, first: str, second: str
) -> None:
    """A setting comes from the stack's config, then from its variable; blank ones are not set."""

    def found(config: dict[str, str], **environment: str) -> str:
        value = getattr(load(KEY | config if key != "apiKey" else config, **environment), attribute)
        return f"{value:g}" if isinstance(value, int | float) else value

    assert found({key: first}, **{variable: second}) == first
    assert found({}, **{variable: second}) == second
    assert found({key: " "}, **{variable: f" {second}\n"}) == second


def test_one_variable_beats_the_other() -> None:
    """`VAPI_API_KEY` is looked at before `VAPI_TOKEN`."""
    assert load({}, VAPI_TOKEN="two", VAPI_API_KEY="one").api_key == "one"


def test_the_region_has_its_own_host() -> None:
    """Region `eu` is another address; a base URL beats it."""
    assert load(KEY | {"region": "eu"}).base_url == "https://api.eu.vapi.ai"
    named = KEY | {"region": "eu", "baseUrl": "https://a.vapi.ai/"}
    assert load(named).base_url == "https://a.vapi.ai"


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("requestTimeoutSeconds", ["0", "-1", "nan", "inf", "-inf", "soon", "30s", "1,5"]),
        ("maxConcurrentRequests", ["0", "-1", "1.5", "nan", "inf", "many"]),
        ("readyTimeoutSeconds", ["-1", "-0.1", "nan", "inf", "soon", "1\n2"]),
        ("region", ["US", "asia", "us-west", "eu\nus"]),
        ("baseUrl", ["api.vapi.ai", "ftp://api.vapi.ai", "https://", "//api.vapi.ai", "embedded:"]),
    ],
)
def test_a_bad_value_is_one_line_that_names_its_key(key: str, bad: list[str]) -> None:
    """Every value that cannot work is refused at once, naming the setting."""
    for value in bad:
        assert f"vapi:{key}" in refusal(KEY | {key: value})


@pytest.mark.parametrize(
    "url",
    [
        "https://api.vapi.ai",
        "https://API.VAPI.AI:8443",
        "https://api.staging.vapi.ai/base",
        "http://localhost:8080",
        "http://127.0.0.1:9",
        "http://127.8.8.8",
        "http://[::1]:8080",
        "https://localhost",
    ],
)
def test_the_key_goes_to_vapi_and_to_this_machine(url: str) -> None:
    """Vapi's own hosts over https, and loopback over either, need no permission."""
    assert load(KEY | {"baseUrl": url}).base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.com",
        "https://vapi.ai.evil.com",
        "https://api.vapi.ai.evil.com",
        "https://evilvapi.ai",
        "https://api-vapi.ai",
        "https://api.vapi.ai@evil.com",
        "https://api.vapi.ai:pw@evil.com",
        "https://evil.com#.vapi.ai",
        "https://evil.com?.vapi.ai",
        "https://evil.com/.vapi.ai",
        "https://evil.com\\.vapi.ai",
        "https://evil.com\t.vapi.ai",
        "https://evil.com .vapi.ai",
        "https://0.0.0.0",
        "https://10.0.0.1",
        "https://[2001:db8::1]",
        "https://[::1",
        "https://api.vapi.ai:port",
        "https://127.0.0.1.evil.com",
        "https://localhost.evil.com",
        "http://api.vapi.ai",
        "http://evil.com",
        "http://127.0.0.1.evil.com",
        "http://0.0.0.0:80",
    ],
)
def test_the_key_goes_nowhere_else(url: str) -> None:
    """Any other host, a lookalike too, is refused, and so is a key in clear over a network."""
    assert "vapi:baseUrl" in refusal(KEY | {"baseUrl": url})


def test_another_host_is_allowed_by_the_environment_only() -> None:
    """`VAPI_ALLOW_BASE_URL` names the very host, with or without its port; https stays."""
    url = {"baseUrl": "https://Proxy.example.com:8443"}
    assert "VAPI_ALLOW_BASE_URL=proxy.example.com" in refusal(KEY | url)
    for allowed in ("proxy.example.com", "PROXY.example.com:8443", " proxy.example.com "):
        assert load(KEY | url, VAPI_ALLOW_BASE_URL=allowed).base_url == url["baseUrl"]
    for allowed in ("example.com", "proxy.example.com:1", "*", " "):
        assert "proxy.example.com" in refusal(KEY | url, VAPI_ALLOW_BASE_URL=allowed)
    in_clear = {"baseUrl": "http://proxy.example.com"}
    assert "in clear" in refusal(KEY | in_clear, VAPI_ALLOW_BASE_URL="proxy.example.com")
    in_config = KEY | url | {"allowBaseUrl": "proxy.example.com"}
    assert "VAPI_ALLOW_BASE_URL" in refusal(in_config)


def test_a_password_in_the_url_is_not_repeated() -> None:
    """A URL with user and password is refused without showing either."""
    text = refusal(KEY | {"baseUrl": "https://somebody:pass-word@api.vapi.ai"})
    assert "somebody" not in text
    assert "pass-word" not in text


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("account.sqlite", "/project/account.sqlite"),
        (".pulumi/account.sqlite", "/project/.pulumi/account.sqlite"),
        ("/elsewhere/a b.sqlite", "/elsewhere/a b.sqlite"),
    ],
)
def test_an_embedded_account_is_a_file_and_needs_no_key(name: str, file: str) -> None:
    """Its path is relative to the project's folder."""
    settings = load({"baseUrl": f"embedded:{name}"})
    assert settings.embedded_file == Path(file)
    assert settings.api_key


def test_no_key_says_where_to_put_one() -> None:
    """Without a key the line names both ways to give one."""
    text = refusal({})
    assert "pulumi config set --secret vapi:apiKey" in text
    assert "VAPI_API_KEY" in text


@pytest.mark.parametrize(
    "key", ["one\ntwo", "one two", "k\u201dey", "k\x00ey", "k\u00ebyy", "a\tb"]
)
def test_a_mangled_key_is_refused_without_showing_it(key: str) -> None:
    """A key that no header could carry is refused before it is sent, and not repeated."""
    text = refusal({"apiKey": key})
    assert "copy it again" in text
    assert key not in text


def test_the_key_is_not_in_the_settings_text() -> None:
    """Settings printed in a log or a traceback do not show the key."""
    assert "a-key" not in repr(load())


def test_an_empty_account_is_confirmed_by_the_environment() -> None:
    """`VAPI_CONFIRM_EMPTY_ACCOUNT` is read as it is; blank is none."""
    assert load(VAPI_CONFIRM_EMPTY_ACCOUNT=" org ").confirmed_empty_account == "org"
    assert load(VAPI_CONFIRM_EMPTY_ACCOUNT=" ").confirmed_empty_account is None


@pytest.mark.parametrize(
    ("environment", "file"),
    [
        ({"VAPI_JOURNAL": "/elsewhere/j"}, "/elsewhere/j"),
        ({"VAPI_JOURNAL": "ci/j"}, "/project/ci/j"),
        (
            {"VAPI_JOURNAL": " ", "HOME": "/home/p"},
            "/home/p/.local/state/vapi-phone-numbers/journal.sqlite",
        ),
        ({"XDG_STATE_HOME": "/state"}, "/state/vapi-phone-numbers/journal.sqlite"),
        ({"HOME": "/home/a"}, "/home/a/.local/state/vapi-phone-numbers/journal.sqlite"),
    ],
)
def test_the_journal_has_its_place(environment: dict[str, str], file: str) -> None:
    """One journal a person, unless the environment names a file."""
    made = load_settings({"apiKey": "k"}.get, environment, Path("/project"))
    assert made.journal == Path(file)


@pytest.mark.parametrize(
    ("key", "most", "too_much"),
    [
        ("requestTimeoutSeconds", "3600", "3600.001"),
        ("requestTimeoutSeconds", "3600", "1e10"),
        ("requestTimeoutSeconds", "3600", "1e300"),
        ("readyTimeoutSeconds", "86400", "86401"),
        ("maxConcurrentRequests", "1000", "1001"),
    ],
)
def test_no_time_is_longer_than_a_run_could_wait(key: str, most: str, too_much: str) -> None:
    """A time or a count beyond its upper bound is refused with the bound, from either source."""
    load(KEY | {key: most})
    assert refusal(KEY | {key: too_much}).endswith(
        f"set it to {float(most):g} or less [VAPI-INVALID-SETTING]"
    )
    variable = "VAPI_" + "".join(f"_{c}" if c.isupper() else c for c in key).upper()
    assert refusal(KEY, **{variable: too_much}).startswith(f"vapi:{key} is ")
