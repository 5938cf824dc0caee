"""The proxy and the certificates that the environment names, checked before anything is sent.

The variables are curl's and OpenSSL's. httpx reads them when it opens, which is after the preview,
and fails on some that have nothing to do with the account; so they are read here, for the one
address that is called.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vapi_provider.errors import ConfigurationError

_SCHEMES = ("http", "https", "socks5", "socks5h")
_FILE, _FOLDER = "SSL_CERT_FILE", "SSL_CERT_DIR"


@dataclass(frozen=True)
class NetworkSettings:
    """How the account is reached. A proxy's URL may hold a password."""

    proxy: str | None = field(default=None, repr=False)
    proxy_from: str | None = None
    """The variable that names the proxy."""
    certificates: str | None = None
    certificates_folder: str | None = None

    @property
    def description(self) -> str:
        """What of the environment may be why a connection fails, for a person."""
        used = (
            self.proxy_from and f"through the proxy of {self.proxy_from}",
            self.certificates and f"with the certificates of {_FILE}",
            self.certificates_folder and f"with the certificates of {_FOLDER}",
        )
        return ", ".join(filter(None, used))


def network_settings(base_url: str, environment: Mapping[str, str]) -> NetworkSettings:
    """Return how `base_url` is reached; raises ConfigurationError that names the variable.

    Only TLS leaves this machine: what is called in clear is on it, without a proxy.
    """
    parts = urlsplit(base_url)
    if parts.scheme.lower() != "https" or not parts.hostname:
        return NetworkSettings()
    file = environment.get(_FILE) or None
    # As httpx has it: the file goes before the folder.
    folder = None if file else environment.get(_FOLDER) or None
    _check_certificates(file, folder)
    variable, proxy = _proxy(environment)
    if proxy is None or _is_direct(parts.hostname.lower(), parts.port or 443, environment):
        return NetworkSettings(certificates=file, certificates_folder=folder)
    return NetworkSettings(_checked(variable, proxy), variable, file, folder)


def _proxy(environment: Mapping[str, str]) -> tuple[str, str | None]:
    """The first variable that names a proxy, and what it says."""
    for kind in ("https_proxy", "all_proxy"):
        # Set but empty, the lower-case one turns the other off.
        variable = kind if kind in environment else kind.upper()
        value = environment.get(variable, "").strip()
        if value:
            return variable, value
    if sys.platform in ("darwin", "win32"):
        # Only there a machine has settings of its own beside the environment.
        from urllib.request import getproxies

        return "the system's settings", getproxies().get("https")
    return "", None


def _checked(variable: str, proxy: str) -> str:
    """The proxy's whole URL. Its text is never shown: it may hold a password."""
    url = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(url)
        # A port that is none raises.
        right = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
        right = right and not any(it.isspace() or not it.isprintable() for it in url)
    except ValueError:
        right = False
    if not right:
        raise ConfigurationError(
            f"the proxy of {variable} cannot be used: it must be http://host:port, https://, "
            "socks5:// or socks5h://; or name the account's host in NO_PROXY"
        )
    if url.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise ConfigurationError(
            f"the proxy of {variable} speaks SOCKS, for which a package is missing: install "
            '"httpx[socks]", or name an http:// proxy'
        )
    return url


def _is_direct(host: str, port: int, environment: Mapping[str, str]) -> bool:
    """Whether NO_PROXY names the host. An entry that cannot be read names none."""
    listed = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return any(_names(entry, host, port) for entry in listed.replace(",", " ").split())


def _names(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    for name, only in _readings(entry.lower().partition("://")[2] or entry.lower()):
        if only is not None and only != str(port):
            continue
        with suppress(ValueError):
            return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
        domain = name.removeprefix("*").removeprefix(".").rstrip(".")
        if domain and (host.rstrip(".") == domain or host.rstrip(".").endswith(f".{domain}")):
            return True
    return False


def _readings(entry: str) -> Iterator[tuple[str, str | None]]:
    """What an entry may mean, as a host and its port; IPv6 stands with and without brackets."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        network, port = (f"{name}{rest}", None) if rest.startswith("/") else (name, rest[1:])
        yield network, port or None
    elif entry.count(":") == 1:
        name, _, port = entry.partition(":")
        yield name, port
    else:
        yield entry, None


def _check_certificates(file: str | None, folder: str | None) -> None:
    if file is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
        except (OSError, ValueError) as error:
            # An empty file, and one that is something else, are errors of OpenSSL's own.
            reason = "has no certificates" if isinstance(error, ssl.SSLError) else _reason(error)
            raise ConfigurationError(
                f"{_FILE} is {file!r}, which {reason}: name a file of certificates (PEM), or "
                "unset it"
            ) from None
    if folder is not None and not any(map(os.path.isdir, folder.split(os.pathsep))):
        raise ConfigurationError(
            f"{_FOLDER} is {folder!r}, which is no folder: name one with certificates, or unset it"
        )


def _reason(error: OSError | ValueError) -> str:
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"cannot be read ({words})"
