"""Pulumi resource classes of the five kinds of phone numbers.

The constructor marks secrets and checks the spelling of fields before the engine receives them: a
misspelled secret would otherwise be recorded in plain text. It also sends the resource key, because
the plugin does not receive the resource's name.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Collection, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import pulumi
from pulumi import dynamic
from pulumi.dynamic.dynamic import (
    PROVIDER_KEY,
    serialize_provider,  # pyright: ignore[reportUnknownVariableType]
)
from typing_extensions import Self, Unpack

from vapi_provider.args import (
    ByoPhoneNumberArgs,
    TelnyxPhoneNumberArgs,
    TwilioPhoneNumberArgs,
    VapiPhoneNumberArgs,
    VonagePhoneNumberArgs,
)
from vapi_provider.catalogue import declarations
from vapi_provider.errors import ConfigurationError
from vapi_provider.lifecycle.announcing import announce
from vapi_provider.lifecycle.recorder import recorder_of
from vapi_provider.models.advice import advice
from vapi_provider.models.constants import EXACT
from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.fields import FieldSpec, Schema, carries, correction
from vapi_provider.models.ids import is_id
from vapi_provider.models.kinds import KINDS
from vapi_provider.provider import PhoneNumberProvider
from vapi_provider.pulumi_sdk import mocks, program
from vapi_provider.reconcile import hints, option_warnings
from vapi_provider.reconcile.ignored import IGNORED
from vapi_provider.reconcile.properties import READ_ONLY
from vapi_provider.reconcile.resource_key import resource_key
from vapi_provider.reconcile.secrecy import HINTS, is_secret
from vapi_provider.settings.config import Settings, load_settings
from vapi_provider.settings.guards import PROTECTED, REFUSED, UNPROTECTED, violations
from vapi_provider.shared.search_path import reserved_problem


class _PhoneNumber(dynamic.Resource):
    """Base class of the five resource classes: registration and the common outputs."""

    provider_value: ClassVar[str]
    """The kind's value of the API field `provider`."""

    _refused: bool | None = None
    """Whether a guard of the stack rejects the number."""

    # For type checkers only: the SDK evaluates annotations again for each resource.
    if TYPE_CHECKING:
        provider: pulumi.Output[str]
        name: pulumi.Output[str]
        assistant_id: pulumi.Output[str | None]
        squad_id: pulumi.Output[str | None]
        workflow_id: pulumi.Output[str | None]
        server: pulumi.Output[dict[str, Any] | None]
        fallback_destination: pulumi.Output[dict[str, Any] | None]
        hooks: pulumi.Output[list[dict[str, Any]] | None]
        number: pulumi.Output[str | None]
        sip_uri: pulumi.Output[str | None]
        status: pulumi.Output[str | None]
        org_id: pulumi.Output[str]
        created_at: pulumi.Output[str]

    # The only constructor at run time: the SDK records each stack frame of each resource, so that
    # one per subclass would cost time. Type checkers see the constructors of the subclasses.
    def __init__(
        self,
        resource_name: str,
        *,
        adopt_id: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **fields: Any,
    ) -> None:
        program.patch_sdk()
        settings = _settings()
        kind = KINDS[self.provider_value]
        where = f"{kind.class_name} {resource_name!r}: "
        reads_only = opts is not None and opts.id is not None
        deferred = False
        option_warnings.refuse_wrong_paths(kind, opts, where)
        # Leave absent properties out: each property becomes an Output, which is expensive.
        whole = reads_only or mocks.is_mocked()  # Mocks may return any output.
        seeded = kind.fields if whole else ("name", *_ignored(opts))
        props: dict[str, Any] = {
            name: None for name in (*READ_ONLY, *seeded) if name in (*READ_ONLY, *kind.fields)
        }
        if "provider" in fields:
            raise pulumi.RunError(f"{where}provider: is given by the class")
        props["provider"] = self.provider_value
        if not reads_only:
            props.update(_checked(kind.create, fields, where))
            if adopt_id is not None:
                _check_id(f"{where}adopt_id", adopt_id)
                props["adopt_id"] = adopt_id
            if mocks.is_mocked():
                mocks.refuse_wrong_values(kind, fields, adopt_id, where)
            props["declaration"] = key = _key(kind.class_name, resource_name, opts)
            if adopt_id is not None and not mocks.is_mocked():
                announce(adopt_id, key)
            if opts is not None and opts.ignore_changes:
                props[IGNORED] = list(opts.ignore_changes)
            told = hints.hints(kind.create, fields, opts, settings.guards)
            if told is not None:
                props[HINTS] = told
            # The transforms of a parent are known only once it is registered.
            deferred = hints.on_engine() and hints.has_parent(opts)
            if settings.guards:

                async def refused(_: None) -> bool | None:
                    if deferred:
                        await hints.parent_registered(opts)
                        self._judge(settings.guards, fields, opts, where)
                    return self._refused

                # Evaluated after registration, because the parent may have set `protect`.
                props[REFUSED] = pulumi.Output.from_input(None).apply(cast(Any, refused))
        props[PROVIDER_KEY] = _provider()
        # Bypass the constructor of dynamic.Resource: it pickles the provider again for each
        # resource, and its frame would make this file the recorded source position.
        token = f"pulumi-python:{self._resource_type_name}"
        pulumi.CustomResource.__init__(self, token, resource_name, props, opts)
        program.wait_for_id_alone(self, props)
        for warning in option_warnings.without_effect(opts):
            pulumi.log.warn(warning, self)
        if not reads_only:
            _finish_when_recorded(settings, self.id)
            # On an engine the plugin warns, because it sees the values after transforms.
            for warning in () if hints.on_engine() else advice(kind, fields, settings.region):
                pulumi.log.warn(warning, self)
            if mocks.is_mocked():
                for warning in mocks.values_nobody_means(kind, fields):
                    pulumi.log.warn(warning, self)
            if not deferred:
                self._judge(settings.guards, fields, opts, where)

    def _judge(
        self,
        guards: Collection[str],
        fields: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
        where: str,
    ) -> None:
        """Log the violations of the guards as errors.

        Where a transform may change the fields, evaluate only the guard on the options: the plugin
        evaluates the others on the fields that it receives.
        """
        # The SDK's attribute includes `protect` inherited from a parent; the given options do not.
        protected = bool(getattr(self, "_protect", False))
        if hints.on_engine() and hints.is_transformed(opts):
            guards = {PROTECTED} & set(guards)
        judged = {**fields, UNPROTECTED: None if protected else True}
        for refusal in violations(guards, judged):
            self._refused = True
            # Without the resource: its messages wait until the engine has registered it.
            pulumi.log.error(f"{where}{refusal}")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return an Output of None for a field that is not declared."""
            if name in KINDS[self.provider_value].fields:
                return pulumi.Output.from_input(None)
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002 - Pulumi's own name for it
        opts: pulumi.ResourceOptions | None = None,
    ) -> Self:
        """Read a number that this stack does not own, and never change or release it.

        Secrets that the API echoes are replaced by a placeholder. Raises RunError where `id` is not
        a valid id.
        """
        _check_id(f"{cls.__name__} {resource_name!r}: id", id)
        self = cls.__new__(cls)
        merged = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        _PhoneNumber.__init__(self, resource_name, opts=merged)
        return self


class VapiPhoneNumber(_PhoneNumber, module="vapi", name="VapiPhoneNumber"):
    """A free number purchased by `number_desired_area_code`, a `sip_uri`, or both."""

    provider_value = "vapi"
    if TYPE_CHECKING:
        number_desired_area_code: pulumi.Output[str | None]
        authentication: pulumi.Output[dict[str, Any] | None]

        def __init__(
            self,
            resource_name: str,
            *,
            adopt_id: pulumi.Input[str] | None = None,
            opts: pulumi.ResourceOptions | None = None,
            **fields: Unpack[VapiPhoneNumberArgs],
        ) -> None: ...


class TwilioPhoneNumber(_PhoneNumber, module="vapi", name="TwilioPhoneNumber"):
    """A number of a Twilio account, with its auth token or an API key and secret."""

    provider_value = "twilio"
    if TYPE_CHECKING:
        twilio_account_sid: pulumi.Output[str]
        twilio_auth_token: pulumi.Output[str | None]
        twilio_api_key: pulumi.Output[str | None]
        twilio_api_secret: pulumi.Output[str | None]
        sms_enabled: pulumi.Output[bool | None]

        def __init__(
            self,
            resource_name: str,
            *,
            adopt_id: pulumi.Input[str] | None = None,
            opts: pulumi.ResourceOptions | None = None,
            **fields: Unpack[TwilioPhoneNumberArgs],
        ) -> None: ...


class VonagePhoneNumber(_PhoneNumber, module="vapi", name="VonagePhoneNumber"):
    """A number of a Vonage account."""

    provider_value = "vonage"
    if TYPE_CHECKING:
        credential_id: pulumi.Output[str]

        def __init__(
            self,
            resource_name: str,
            *,
            adopt_id: pulumi.Input[str] | None = None,
            opts: pulumi.ResourceOptions | None = None,
            **fields: Unpack[VonagePhoneNumberArgs],
        ) -> None: ...


class TelnyxPhoneNumber(_PhoneNumber, module="vapi", name="TelnyxPhoneNumber"):
    """A number of a Telnyx account."""

    provider_value = "telnyx"
    if TYPE_CHECKING:
        credential_id: pulumi.Output[str]

        def __init__(
            self,
            resource_name: str,
            *,
            adopt_id: pulumi.Input[str] | None = None,
            opts: pulumi.ResourceOptions | None = None,
            **fields: Unpack[TelnyxPhoneNumberArgs],
        ) -> None: ...


class ByoPhoneNumber(_PhoneNumber, module="vapi", name="ByoPhoneNumber"):
    """A number on your own SIP trunk or carrier."""

    provider_value = "byo-phone-number"
    if TYPE_CHECKING:
        credential_id: pulumi.Output[str]
        number_e164_check_enabled: pulumi.Output[bool | None]

        def __init__(
            self,
            resource_name: str,
            *,
            adopt_id: pulumi.Input[str] | None = None,
            opts: pulumi.ResourceOptions | None = None,
            **fields: Unpack[ByoPhoneNumberArgs],
        ) -> None: ...


def _finish_when_recorded(settings: Settings, id_: pulumi.Output[str]) -> None:
    """Finish the journal entry once the engine has written the number to the state."""
    recorder = None if mocks.is_mocked() else recorder_of(settings)
    if recorder is not None:
        recorder.watch(id_)


def _key(
    class_name: str, resource_name: str, opts: pulumi.ResourceOptions | None
) -> pulumi.Input[str]:
    """Return the resource key, which for a child depends on the types of its parents."""
    # The SDK's mocks set no organization.
    organization = pulumi.get_organization() or mocks.ORGANIZATION
    names = organization, pulumi.get_project(), pulumi.get_stack()
    scope = "/".join(names)
    parent = None if opts is None else opts.parent
    if parent is None:
        return resource_key(scope, class_name, resource_name)

    # Await the URN's future: depending on the parent's output would wait for all of its children.
    async def key() -> str:
        urn = await parent.urn.future(with_unknowns=False)
        return resource_key(scope, class_name, resource_name, urn)

    return pulumi.Output.from_input(key())


@cache
def _provider() -> str:
    """Return the serialized provider, by which the state names its class."""
    return serialize_provider(PhoneNumberProvider())


def _ignored(opts: pulumi.ResourceOptions | None) -> list[str]:
    """Return the ignored fields, whose outputs may have a value without a declaration."""
    return [path.split(".")[0].split("[")[0] for path in (opts and opts.ignore_changes) or ()]


def _settings() -> Settings:
    """Return the settings, cached for the run; tests under mocks read them for each resource."""
    if mocks.is_mocked():
        return _read_settings(mocks.KEY)
    monitor: object = pulumi.runtime.settings.get_monitor()
    return _settings_of_run(monitor)


@lru_cache(maxsize=1)
def _settings_of_run(_monitor: object) -> Settings:
    return _read_settings()


def _read_settings(key: str | None = None) -> Settings:
    """Return the settings; `key` replaces the API key.

    Raises RunError where the plugin would fail for each number: a module of the project shadows a
    library, or a setting is invalid.
    """
    for folder in {
        os.getcwd(),
        os.path.abspath(pulumi.runtime.settings.get_root_directory() or "."),
    }:
        if (problem := reserved_problem(folder)) is not None:
            raise pulumi.RunError(problem)

    def config(name: str) -> str | None:
        if name == "apiKey" and key is not None:
            return key
        return pulumi.runtime.get_config(f"vapi:{name}")

    environment: dict[str, str] = dict(os.environ)
    if key is not None:
        environment.setdefault("VAPI_JOURNAL", "none-needed-under-mocks")
    try:
        return load_settings(config, environment, Path.cwd())
    except ConfigurationError as error:
        raise pulumi.RunError(str(error)) from None


def _check_id(where: str, id_: pulumi.Input[str]) -> None:
    """Raise RunError for a known id that is invalid; the engine cannot transmit some of them."""
    if isinstance(id_, str) and not is_id(id_):
        raise pulumi.RunError(f"{where}: {declarations.NOT_A_RECORD_ID()}")


def _checked(model: Schema, fields: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the fields with their secrets marked; raise RunError for a key not in `model`."""
    specs = model.fields
    for key in fields:
        if key not in specs:
            raise pulumi.RunError(f"{where}{key}: {correction(model, str(key))}")
    return {key: _marked(specs[key], value, f"{where}{key}") for key, value in fields.items()}


def _refuse_rounding(value: Any, where: str) -> None:
    """Raise RunError for an integer that Pulumi, which holds each number as a double, rounds."""
    if isinstance(value, Mapping):
        for name, item in cast(Mapping[str, Any], value).items():
            _refuse_rounding(item, f"{where}.{name}")
    elif isinstance(value, list | tuple):
        for at, item in enumerate(cast(list[Any] | tuple[Any, ...], value)):
            _refuse_rounding(item, f"{where}[{at}]")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= EXACT:
        raise pulumi.RunError(f"{where}: {declarations.ROUNDED_NUMBER()}")


def _marked(spec: FieldSpec, value: Any, where: str) -> Any:
    if value is None:
        return None
    if SECRET in spec.traits:
        _refuse_rounding(value, where)
        return pulumi.Output.secret(value)
    if isinstance(value, pulumi.Output | Awaitable):
        # The contents are not known yet, so the whole value becomes secret if its schema has a
        # secret. The plugin marks the secrets of a union, or every destination would be secret.
        later = cast(pulumi.Input[Any], value)
        whole = len(spec.schemas) == 1 and carries(spec, SECRET)
        return pulumi.Output.secret(later) if whole else later
    if isinstance(value, str):
        return pulumi.Output.secret(value) if is_secret(spec, value) else value
    if isinstance(value, list | tuple):
        items = cast(list[Any] | tuple[Any, ...], value)
        return [_marked(spec, item, f"{where}[{at}]") for at, item in enumerate(items)]
    model = spec.schema_of(value)
    if model is None:
        _refuse_rounding(value, where)
        return value
    return _checked(model, cast(Mapping[str, Any], value), f"{where}.")
