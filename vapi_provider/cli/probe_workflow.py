"""The steps of `probe`: collecting targets, secrets and a stack's numbers, and running probes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit

from vapi_provider.catalogue import servers as catalogue
from vapi_provider.cli.exported_states import read_deployments
from vapi_provider.errors import ConfigurationError
from vapi_provider.messages.pcm import DOCUMENTED_RATES
from vapi_provider.probe import audio_files
from vapi_provider.probe.authentication import Authentication, Hmac, bearer_header, read_secret
from vapi_provider.probe.request import TEXTS
from vapi_provider.probe.run import (
    AssistantServer,
    ProbeResult,
    probe_assistants,
    probe_voice_server,
)
from vapi_provider.probe.state import DeclaredNumber, find_number, list_numbers
from vapi_provider.probe.target import Target
from vapi_provider.shared.terminal import say


def probe_voice(
    url: str,
    texts: Sequence[str],
    rates: Sequence[int],
    stack: str | None,
    number: str | None,
    timeout: float,
    parallel: int,
    **secrets: Any,
) -> list[ProbeResult]:
    """Probe a voice server.

    The stack's secrets stay encrypted, because the voice server is not the number's own server.
    Raises ConfigurationError for an argument that cannot be used.
    """
    target = Target.parse(url, _authentication(**secrets))
    if any("\ud800" <= letter <= "\udfff" for text in texts for letter in text):
        # Python decodes bytes of an argument that are not in the locale's encoding to surrogates.
        raise ConfigurationError(catalogue.PROBE_TEXT())
    declared = _declared(stack, number)
    return probe_voice_server(
        target,
        texts or TEXTS,
        rates or DOCUMENTED_RATES,
        declared.introduction if declared else None,
        timeout,
        parallel,
    )


def probe_server(
    url: str | None, stack: str | None, number: str | None, **secrets: Any
) -> list[ProbeResult]:
    """Probe a number's own server: at `url`, or at the URL and with the headers it declares.

    Raises ConfigurationError for an argument that cannot be used.
    """
    given = _authentication(**secrets)
    declared = _declared(stack, number, show_secrets=url is None)
    if url is None and declared is not None:
        return probe_assistants([_own_server(declared, given)])
    target = Target.parse(url or "", given)
    message = _message_for(declared, target) if declared else None
    return probe_assistants([AssistantServer(target.shown, target, message)])


def probe_stack(stack: str, voice_url: str | None) -> list[ProbeResult]:
    """Probe every server of a stack that Vapi asks for an assistant, and a voice server if given.

    Raises ConfigurationError if an environment variable's secret fits several numbers.
    """
    (deployment,) = read_deployments([stack], [], show_secrets=True)
    numbers = list(list_numbers(deployment))
    asking = [number for number in numbers if number.asks_its_server]
    _refuse_ambiguous([number.name for number in numbers])
    servers = [
        _own_server(number, _from_environment(f"_{_variable(number.name)}")) for number in asking
    ]
    voice = Target.parse(voice_url, _from_environment("", "VOICE_")) if voice_url else None
    say(f"{len(asking)} of {len(numbers)} numbers ask a server of their own", err=True)
    results = probe_assistants(servers)
    if voice is None:
        return results
    return [*results, *probe_voice_server(voice, TEXTS, DOCUMENTED_RATES)]


def save_sounds(results: Sequence[ProbeResult], folder: Path) -> None:
    """Write what a caller would hear of each answer, as files in `folder`.

    Raises ConfigurationError if a file cannot be written.
    """
    texts = list(dict.fromkeys(result.text for result in results))
    try:
        for result in results:
            rate, text, body = result.rate, result.text, result.exchange.body
            if rate and text is not None and body:
                name, title = f"{texts.index(text) + 1:02d}-{rate}", f"{rate} Hz: {text[:90]}"
                for file in audio_files.save(folder, name, title, body, rate):
                    say(f"wrote {file}", err=True)
    except OSError as error:
        raise ConfigurationError(
            catalogue.PROBE_SAVE(folder=folder, reason=error.strerror)
        ) from None


def _declared(
    stack: str | None, number: str | None, *, show_secrets: bool = False
) -> DeclaredNumber | None:
    if (stack is None) != (number is None):
        raise ConfigurationError(catalogue.PROBE_NUMBER())
    if stack is None or number is None:
        return None
    (deployment,) = read_deployments([stack], [], show_secrets=show_secrets)
    return find_number(deployment, number)


def _own_server(declared: DeclaredNumber, given: Authentication) -> AssistantServer:
    """Return a number's own server, with the headers it declares and those given for it."""
    if declared.server_url is None:
        raise ConfigurationError(catalogue.PROBE_SERVER_MISSING(name=declared.name))
    both = Authentication({**declared.headers, **given.headers}, given.hmac)
    return AssistantServer(declared.name, Target.parse(declared.server_url, both), declared.message)


def _message_for(declared: DeclaredNumber, target: Target) -> Mapping[str, Any]:
    """Return the message about a number: the whole one only if the target is its own host."""
    own = declared.server_url
    if own is not None and urlsplit(own).netloc.lower() == urlsplit(target.url).netloc.lower():
        return declared.message
    return declared.introduction


def _authentication(
    headers: Sequence[str], bearer: str | None, hmac_: str | None, hmac_options: Sequence[str]
) -> Authentication:
    values: dict[str, str] = {}
    for header in headers:
        name, _, place = header.partition("=")
        values[name.strip()] = read_secret(place)
    if bearer:
        values |= bearer_header(read_secret(bearer))
    if hmac_options and not hmac_:
        raise ConfigurationError(
            catalogue.PROBE_HMAC(option="--hmac-option needs --hmac", reason="pass both")
        )
    signed = Hmac(read_secret(hmac_), **_hmac_options(hmac_options)) if hmac_ else None
    return Authentication(values, signed)


def _hmac_options(options: Sequence[str]) -> dict[str, Any]:
    types = {name: hint for name, hint in get_type_hints(Hmac).items() if name != "secret"}
    parsed: dict[str, Any] = {}
    for option in options:
        name, _, value = option.partition("=")
        key = name.strip().replace("-", "_")
        if key not in types:
            known = ", ".join(name.replace("_", "-") for name in types)
            raise _wrong_option(name, f"there is none; there are {known}")
        words = ("true", "false") if types[key] is bool else get_args(types[key])
        allowed = [word for word in words if isinstance(word, str)]
        if allowed and value not in allowed:
            raise _wrong_option(name, f"must be one of {', '.join(allowed)}")
        parsed[key] = value == "true" if types[key] is bool else value
    return parsed


def _wrong_option(name: str, reason: str) -> ConfigurationError:
    return ConfigurationError(catalogue.PROBE_HMAC(option=f"--hmac-option {name}", reason=reason))


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _refuse_ambiguous(names: Sequence[str]) -> None:
    """Raise ConfigurationError if one variable's secret would go to several numbers' servers."""
    sharing: dict[str, list[str]] = {}
    for name in names:
        sharing.setdefault(_variable(name), []).append(name)
    for suffix, shared in sharing.items():
        given = [
            variable
            for variable in (f"VAPI_PROBE_BEARER_{suffix}", f"VAPI_PROBE_HMAC_{suffix}")
            if os.environ.get(variable)
        ]
        if len(shared) > 1 and given:
            raise ConfigurationError(
                catalogue.PROBE_SECRET_AMBIGUOUS(variable=given[0], names=", ".join(sorted(shared)))
            )


def _from_environment(suffix: str, prefix: str = "") -> Authentication:
    """Return the authentication for one server from its variables in the environment."""
    token = os.environ.get(f"VAPI_PROBE_{prefix}BEARER{suffix}")
    secret = os.environ.get(f"VAPI_PROBE_{prefix}HMAC{suffix}")
    return Authentication(bearer_header(token) if token else {}, Hmac(secret) if secret else None)
