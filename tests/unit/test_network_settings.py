"""Proxies and certificates of the environment: what works, and what is named before `up`."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest

from tests.support.builders import KEY, settings
from vapi_provider.api.transport import open_http
from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.config import load_settings
from vapi_provider.settings.network import network_settings

VAPI = "https://api.vapi.ai"
PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    "listed",
    [
        "[::1]",
        "::1",
        "fd00::/8",
        "[fd00::]/8",
        "[::1]:8080",
        "localhost,[fe80::1%eth0],",
        "*.internal",
        "10.0.0.0/8 192.168.0.1",
        "https://[::1]",
        "]",
        "a]b",
        ":",
        "💥",
    ],
)
@pytest.mark.parametrize("proxy", [None, PROXY])
def test_what_names_other_hosts_does_no_harm(
    listed: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry of NO_PROXY that names another host, or nothing at all, changes nothing."""
    monkeypatch.setenv("NO_PROXY", listed)
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    environment = {"NO_PROXY": listed, **({"HTTPS_PROXY": proxy} if proxy else {})}
    assert network_settings(VAPI, environment).proxy == proxy
    open_http(settings()).close()


@pytest.mark.parametrize(
    ("url", "listed", "is_direct"),
    [
        (VAPI, "*", True),
        (VAPI, "vapi.ai", True),
        (VAPI, ".VAPI.ai", True),
        (VAPI, "*.vapi.ai", True),
        (VAPI, "x, api.vapi.ai:443", True),
        (VAPI, "x api.vapi.ai", True),
        (VAPI, "https://api.vapi.ai", True),
        (VAPI, "api.vapi.ai:8443", False),
        (VAPI, "i.vapi.ai", False),
        (VAPI, "", False),
        ("https://127.0.0.1:8443", "127.0.0.0/8", True),
        ("https://127.0.0.1:8443", "127.0.0.1:8443", True),
        ("https://127.0.0.1:8443", "::1", False),
        ("https://[::1]:8443", "[::1]", True),
        ("https://[::1]:8443", "::/0", True),
        ("https://[::1]:8443", "[::1]:8443", True),
        ("https://[::1]:8443", "[::1]:443", False),
        ("https://[::1]:8443", "0.0.0.0/0", False),
    ],
)
def test_no_proxy_is_read_as_curl_reads_it(url: str, listed: str, is_direct: bool) -> None:
    """Domains, addresses and networks, each with or without a port."""
    found = network_settings(url, {"ALL_PROXY": PROXY, "no_proxy": listed})
    assert found.proxy == (None if is_direct else PROXY)


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "proxy:1"}, "http://proxy:1"),
        ({"HTTPS_PROXY": "http://a", "https_proxy": "http://b"}, "http://b"),
        ({"HTTPS_PROXY": "http://a", "https_proxy": ""}, None),
        ({"HTTPS_PROXY": "", "ALL_PROXY": "http://b"}, "http://b"),
        ({"HTTP_PROXY": "no proxy for this"}, None),
        ({"HTTPS_PROXY": "http://[::1]:3128"}, "http://[::1]:3128"),
    ],
)
def test_the_proxy_is_the_environments(environment: dict[str, str], proxy: str | None) -> None:
    """The lower-case variable goes first, the one for HTTPS before the one for all."""
    assert network_settings(VAPI, environment).proxy == proxy


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://proxy:1080",
        "socks5h://proxy:1080",
        "socks4://user:visibly-fake-password@proxy",
        "ftp://proxy",
        "http://",
        "http://user:visibly-fake-password@proxy:port",
        "http://proxy:99999",
        "http://[::1",
        "http://a proxy",
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_before_anything_is_sent(
    variable: str, proxy: str
) -> None:
    """Reading the settings, which a preview does, names the variable and shows no password."""
    environment = {"VAPI_API_KEY": KEY, variable: proxy}
    with pytest.raises(ConfigurationError, match=f"the proxy of {variable}") as refused:
        load_settings(lambda _: None, environment, Path())
    assert "visibly-fake-password" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_certificates_are_read_before_anything_is_sent(tmp_path: Path) -> None:
    """A missing, empty or useless SSL_CERT_FILE is named in one line, and a good one is used."""
    (tmp_path / "empty").touch()
    (tmp_path / "other").write_text("no certificate", encoding="utf-8")
    for name in ("missing", "empty", "other", "."):
        environment = {"VAPI_API_KEY": KEY, "SSL_CERT_FILE": str(tmp_path / name)}
        with pytest.raises(ConfigurationError, match="SSL_CERT_FILE is .*, which") as refused:
            load_settings(lambda _: None, environment, Path())
        assert "\n" not in str(refused.value)
    good = certifi.where()
    assert network_settings(VAPI, {"SSL_CERT_FILE": good}).certificates == good


def test_a_folder_of_certificates_must_be_one(tmp_path: Path) -> None:
    """SSL_CERT_DIR may name several folders, of which one is there; the file goes before it."""
    with pytest.raises(ConfigurationError, match="SSL_CERT_DIR"):
        network_settings(VAPI, {"SSL_CERT_DIR": str(tmp_path / "missing")})
    two = f"/missing:{tmp_path}"
    assert network_settings(VAPI, {"SSL_CERT_DIR": two}).certificates_folder == two
    both = {"SSL_CERT_DIR": "/missing", "SSL_CERT_FILE": certifi.where()}
    assert network_settings(VAPI, both).certificates_folder is None


def test_what_calls_no_network_needs_none_of_it(tmp_path: Path) -> None:
    """An embedded account and a server on this machine are reached all the same."""
    broken = {"HTTPS_PROXY": "socks5://p", "NO_PROXY": "[", "SSL_CERT_FILE": "/missing"}
    for url in ("embedded:a.sqlite", "http://127.0.0.1:1"):
        load_settings(
            lambda _: None, {**broken, "VAPI_BASE_URL": url, "VAPI_API_KEY": KEY}, tmp_path
        )


def test_certificates_are_used_and_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The client opens with the environment's certificates."""
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    open_http(settings()).close()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing"))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        open_http(settings())
