"""Proxy and certificate settings from the environment, validated before any request.

The variables are curl's and OpenSSL's. httpx reads them only when it opens, which is after the
preview, and fails on invalid ones that do not concern the account; this module reads those that
apply to one URL.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vapi_provider.catalogue import configuration
from vapi_provider.errors import ConfigurationError

_SCHEMES = ("http", "https", "socks5", "socks5h")
_FILE, _FOLDER, _KEYS = "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"
_LIKE_IPV4 = re.compile(r"\d+\.\d+\.\d+\.\d+", re.ASCII)


@dataclass(frozen=True)
class NetworkSettings:
    """Proxy and certificates of a connection; the proxy's URL may contain a password."""

    proxy: str | None = field(default=None, repr=False)
    proxy_from: str | None = None
    """The variable that names the proxy."""
    certificates: str | None = None
    certificates_folder: str | None = None

    @property
    def description(self) -> str:
        """The settings that may cause a failed connection, for messages."""
        used = (
            self.proxy_from and f"through the proxy of {self.proxy_from}",
            self.certificates and f"with the certificates of {_FILE}",
            self.certificates_folder and f"with the certificates of {_FOLDER}",
        )
        return ", ".join(filter(None, used))


def network_settings(base_url: str, environment: Mapping[str, str]) -> NetworkSettings:
    """Return the network settings for an account.

    A connection without TLS is to loopback and uses no proxy. Raises ConfigurationError where a
    variable that applies is invalid.
    """
    if urlsplit(base_url).scheme.lower() != "https":
        return NetworkSettings()
    return settings_for(base_url, environment)


def settings_for(url: str, environment: Mapping[str, str]) -> NetworkSettings:
    """Return the network settings for a URL.

    Raises ConfigurationError where a variable that applies is invalid.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if not parts.hostname:
        return NetworkSettings()
    file = folder = None
    if scheme == "https":
        file = environment.get(_FILE) or None
        # Same precedence as httpx: the file overrides the folder.
        folder = None if file else environment.get(_FOLDER) or None
        _check_certificates(file, folder)
        _check_key_log(environment.get(_KEYS))
    variable, proxy = _proxy(scheme, environment)
    port = parts.port or (443 if scheme == "https" else 80)
    if proxy is None or _is_direct(parts.hostname.lower(), port, environment):
        return NetworkSettings(certificates=file, certificates_folder=folder)
    return NetworkSettings(_complete_proxy(variable, proxy), variable, file, folder)


def _proxy(scheme: str, environment: Mapping[str, str]) -> tuple[str, str | None]:
    """Return the first variable that names a proxy, and its value."""
    for kind in (f"{scheme}_proxy", "all_proxy"):
        # A lower-case variable that is empty disables the upper-case one.
        variable = kind if kind in environment else kind.upper()
        value = environment.get(variable, "").strip()
        if value:
            return variable, value
    if sys.platform in ("darwin", "win32"):
        # These systems have proxy settings outside of the environment.
        from urllib.request import getproxies

        return "the system's settings", getproxies().get(scheme)
    return "", None


def _complete_proxy(variable: str, proxy: str) -> str:
    """Return the proxy's complete URL.

    Raises ConfigurationError where it is invalid, without its text, which may contain a password.
    """
    url = proxy if "://" in proxy else f"http://{proxy}"
    parts = urlsplit("")
    try:
        parts = urlsplit(url)
        # `parts.port` raises ValueError for an invalid port.
        right = parts.scheme in _SCHEMES and _is_host(parts.hostname or "") and parts.port != 0
        right = right and not any(
            character.isspace() or not character.isprintable() for character in url
        )
    except ValueError:
        right = False
    if not right:
        raise ConfigurationError(configuration.INVALID_PROXY(variable=variable))
    if parts.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise ConfigurationError(configuration.NO_SOCKS_SUPPORT(variable=variable))
    return url


def _is_host(host: str) -> bool:
    """Return whether httpx accepts a host; raise ValueError for an invalid IP address or name."""
    if ":" in host or _LIKE_IPV4.fullmatch(host):
        ipaddress.ip_address(host)
    elif not host.isascii():
        # Lazy import: few proxies have an international name. IDNAError is a ValueError.
        import idna

        idna.encode(host)
    return bool(host)


def _is_direct(host: str, port: int, environment: Mapping[str, str]) -> bool:
    """Return whether NO_PROXY names the host; invalid entries are ignored."""
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
    """Yield the host and the port of a NO_PROXY entry; IPv6 may have brackets."""
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
        import ssl  # Lazy import: it is expensive, and few environments name a file.

        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
        except (OSError, ValueError) as error:
            # OpenSSL raises SSLError for an empty file and for one that is not PEM.
            reason = "has no certificates" if isinstance(error, ssl.SSLError) else _reason(error)
            raise ConfigurationError(
                configuration.CERTIFICATE_FILE(variable=_FILE, file=file, reason=reason)
            ) from None
    if folder is not None and not any(map(os.path.isdir, folder.split(os.pathsep))):
        raise ConfigurationError(configuration.CERTIFICATE_FOLDER(variable=_FOLDER, folder=folder))


def _check_key_log(file: str | None) -> None:
    """Raise ConfigurationError where Python's TLS contexts cannot open the key log file.

    Their own error does not name the variable.
    """
    if not file or sys.flags.ignore_environment:
        return
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = file
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            configuration.KEY_LOG_FILE(variable=_KEYS, file=file, reason=_reason(error, "written"))
        ) from None


def _reason(error: OSError | ValueError, done: str = "read") -> str:
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"cannot be {done} ({words})"
