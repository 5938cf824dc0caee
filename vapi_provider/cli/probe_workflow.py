"""The steps of `probe`: collecting targets, secrets and a stack's numbers, and running probes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit

from vapi_provider.catalogue import servers as catalogue
from vapi_provider.cli.account import deployments
from vapi_provider.errors import ConfigurationError
from vapi_provider.messages.pcm import DOCUMENTED_RATES
from vapi_provider.probe import picture
from vapi_provider.probe.authentication import Authentication, Hmac, bearer_header, read_secret
from vapi_provider.probe.request import TEXTS
from vapi_provider.probe.run import (
    AssistantServer,
    Notify,
    ProbeResult,
    VoiceProbe,
    probe_assistants,
)
from vapi_provider.probe.state import DeclaredNumber, find_number, list_numbers
from vapi_provider.probe.target import Target


def voice_answers(
    url: str,
    texts: Sequence[str],
    rates: Sequence[int],
    stack: str | None,
    number: str | None,
    timeout: float,
    parallel: int,
    say: Notify,
    **secrets: Any,
) -> list[ProbeResult]:
    """Probe a voice server.

    The stack's secrets stay encrypted, because the voice server is not the number's own server.
    Raises ConfigurationError for an argument that cannot be used.
    """
    target, authentication = _checked(url, _authentication(**secrets))
    if any("\ud800" <= letter <= "\udfff" for text in texts for letter in text):
        # Python decodes bytes of an argument that are not in the locale's encoding to surrogates.
        raise ConfigurationError(catalogue.PROBE_TEXT())
    declared = _declared(stack, number)
    probe = VoiceProbe(
        target=target,
        authentication=authentication,
        texts=texts or TEXTS,
        rates=rates or DOCUMENTED_RATES,
        phone_number=declared.introduction if declared else None,
        seconds=timeout,
        parallel=parallel,
    )
    return probe.run(say)


def server_answers(
    url: str | None, stack: str | None, number: str | None, say: Notify, **secrets: Any
) -> list[ProbeResult]:
    """Probe a number's own server: at `url`, or at the URL and with the headers it declares.

    Raises ConfigurationError for an argument that cannot be used.
    """
    given = _authentication(**secrets)
    declared = _declared(stack, number, show_secrets=url is None)
    if url is None and declared is not None:
        return probe_assistants([_asked(declared, given)], say)
    target, authentication = _checked(url or "", given)
    message = _told_of(declared, target) if declared else None
    return probe_assistants([AssistantServer(target.shown, target, authentication, message)], say)


def stack_answers(stack: str, voice_url: str | None, say: Notify) -> list[ProbeResult]:
    """Probe every server of a stack that Vapi asks for an assistant, and a voice server if given.

    Raises ConfigurationError if an environment variable's secret fits several numbers.
    """
    (deployment,) = deployments([stack], [], show_secrets=True)
    numbers = list(list_numbers(deployment))
    asking = [one for one in numbers if one.asks_its_server]
    _refuse_ambiguous([one.name for one in numbers])
    servers = [_asked(one, _from_environment(f"_{_variable(one.name)}")) for one in asking]
    voice = _checked(voice_url, _from_environment("", "VOICE_")) if voice_url else None
    say(f"{len(asking)} of {len(numbers)} numbers ask a server of their own")
    found = probe_assistants(servers, say)
    if voice is None:
        return found
    target, authentication = voice
    return [*found, *VoiceProbe(target, authentication, TEXTS, DOCUMENTED_RATES).run(say)]


def saved(answers: Sequence[ProbeResult], folder: Path, say: Notify) -> None:
    """Write what a caller would hear of each answer, as files in `folder`.

    Raises ConfigurationError if a file cannot be written.
    """
    texts = list(dict.fromkeys(one.text for one in answers))
    try:
        for one in answers:
            if one.rate and one.text is not None and one.exchange.body:
                name = f"{texts.index(one.text) + 1:02d}-{one.rate}"
                title = f"{one.rate} Hz: {one.text[:90]}"
                for file in picture.save(folder, name, title, one.exchange.body, one.rate):
                    say(f"wrote {file}")
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
    (deployment,) = deployments([stack], [], show_secrets=show_secrets)
    return find_number(deployment, number)


def _asked(declared: DeclaredNumber, given: Authentication) -> AssistantServer:
    """Return a number's own server, with the headers it declares and those given for it."""
    if declared.server_url is None:
        raise ConfigurationError(catalogue.PROBE_SERVER_MISSING(name=declared.name))
    both = Authentication({**declared.headers, **given.headers}, given.hmac)
    target, authentication = _checked(declared.server_url, both)
    return AssistantServer(declared.name, target, authentication, declared.message)


def _told_of(declared: DeclaredNumber, target: Target) -> Mapping[str, Any]:
    """Return the message about a number: the whole one only if the target is its own host."""
    own = declared.server_url
    if own is not None and urlsplit(own).netloc.lower() == urlsplit(target.url).netloc.lower():
        return declared.message
    return declared.introduction


def _checked(url: str, authentication: Authentication) -> tuple[Target, Authentication]:
    target = Target.parse(url)
    if authentication:
        target.check_secret()
    return target, authentication


def _authentication(
    headers: Sequence[str], bearer: str | None, hmac_: str | None, hmac_options: Sequence[str]
) -> Authentication:
    found: dict[str, str] = {}
    for one in headers:
        name, _, place = one.partition("=")
        found[name.strip()] = read_secret(place)
    if bearer:
        found |= bearer_header(read_secret(bearer))
    if hmac_options and not hmac_:
        raise ConfigurationError(
            catalogue.PROBE_HMAC(option="--hmac-option needs --hmac", reason="pass both")
        )
    signed = Hmac(read_secret(hmac_), **_hmac_options(hmac_options)) if hmac_ else None
    return Authentication(found, signed)


def _hmac_options(options: Sequence[str]) -> dict[str, Any]:
    types = {name: it for name, it in get_type_hints(Hmac).items() if name != "secret"}
    found: dict[str, Any] = {}
    for one in options:
        name, _, value = one.partition("=")
        key = name.strip().replace("-", "_")
        if key not in types:
            known = ", ".join(name.replace("_", "-") for name in types)
            raise _wrong_option(name, f"there is none; there are {known}")
        words = ("true", "false") if types[key] is bool else get_args(types[key])
        allowed = [word for word in words if isinstance(word, str)]
        if allowed and value not in allowed:
            raise _wrong_option(name, f"must be one of {', '.join(allowed)}")
        found[key] = value == "true" if types[key] is bool else value
    return found


def _wrong_option(name: str, reason: str) -> ConfigurationError:
    return ConfigurationError(catalogue.PROBE_HMAC(option=f"--hmac-option {name}", reason=reason))


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _refuse_ambiguous(names: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    """Raise ConfigurationError if one variable's secret would go to several numbers' servers."""
    sharing: dict[str, list[str]] = {}
    for name in names:
        sharing.setdefault(_variable(name), []).append(name)
    for suffix, shared in sharing.items():
        given = [
            variable
            for variable in (f"VAPI_PROBE_BEARER_{suffix}", f"VAPI_PROBE_HMAC_{suffix}")
            if environment.get(variable)
        ]
        if len(shared) > 1 and given:
            raise ConfigurationError(
                catalogue.PROBE_SECRET_AMBIGUOUS(variable=given[0], names=", ".join(sorted(shared)))
            )


def _from_environment(
    suffix: str, prefix: str = "", environment: Mapping[str, str] = os.environ
) -> Authentication:
    """Return the authentication for one server from its variables in the environment."""
    token = environment.get(f"VAPI_PROBE_{prefix}BEARER{suffix}")
    secret = environment.get(f"VAPI_PROBE_{prefix}HMAC{suffix}")
    return Authentication(bearer_header(token) if token else {}, Hmac(secret) if secret else None)
