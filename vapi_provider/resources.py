"""Pulumi resource classes of the five kinds of phone numbers.

The constructor marks secrets and checks the spelling of fields before the engine receives them: a
misspelled secret would otherwise be recorded in plain text. It also sends the resource key, because
the plugin does not receive the resource's name.

The annotations repeat the models because editors and type checkers read only source text, and each
class shows its own arguments there: hence more than 250 lines, and two classes (Vonage and Telnyx)
that differ in a literal. tests/unit/test_argument_types.py compares them with the models.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
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
from vapi_provider.lifecycle.adopt_announcement import announce
from vapi_provider.lifecycle.intent_finisher import intent_finisher_of
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import READ_ONLY
from vapi_provider.provider import PhoneNumberProvider
from vapi_provider.pulumi_sdk import hints, inherited_options, mocks, option_warnings, program
from vapi_provider.pulumi_sdk.declared_inputs import check_id, mark_secrets
from vapi_provider.pulumi_sdk.run_settings import run_settings
from vapi_provider.reconcile.differences import field_of
from vapi_provider.reconcile.ignore_changes import IGNORED
from vapi_provider.reconcile.resource_key import resource_key
from vapi_provider.reconcile.secrecy import HINTS
from vapi_provider.settings.guards import PROTECTED, REFUSED, UNPROTECTED, violations


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

    # The only constructor at run time: the SDK records every stack frame of every resource, so a
    # constructor in each subclass would cost time. Type checkers see those of the subclasses.
    def __init__(
        self,
        resource_name: str,
        *,
        adopt_id: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **fields: Any,
    ) -> None:
        program.patch_sdk()
        settings = run_settings()
        kind = KINDS[self.provider_value]
        where = f"{kind.class_name} {resource_name!r}: "
        reads_only = opts is not None and opts.id is not None
        deferred = False
        option_warnings.refuse_wrong_paths(kind, opts, where)
        # Leave absent properties out: each property becomes an Output, which is expensive.
        needs_all_fields = reads_only or mocks.is_mocked()  # Mocks may return any output.
        # An ignored field may have an output without a declaration.
        ignored = map(field_of, (opts and opts.ignore_changes) or ())
        outputs = kind.fields if needs_all_fields else ("name", *ignored)
        props: dict[str, Any] = {
            name: None for name in (*READ_ONLY, *outputs) if name in (*READ_ONLY, *kind.fields)
        }
        if "provider" in fields:
            raise pulumi.RunError(f"{where}provider: {declarations.GIVEN_BY_CLASS()}")
        props["provider"] = self.provider_value
        if not reads_only:
            props.update(mark_secrets(kind.create, fields, where))
            if adopt_id is not None:
                check_id(f"{where}adopt_id", adopt_id)
                props["adopt_id"] = adopt_id
            if mocks.is_mocked():
                mocks.refuse_wrong_values(kind, fields, adopt_id, where)
            props["declaration"] = key = _key(kind.class_name, resource_name, opts)
            if adopt_id is not None and not mocks.is_mocked():
                announce(adopt_id, key)
            if opts is not None and opts.ignore_changes:
                props[IGNORED] = list(opts.ignore_changes)
            sent_hints = hints.hints(kind.create, fields, opts, settings.guards)
            if sent_hints is not None:
                props[HINTS] = sent_hints
            # The transforms of a parent are known only once it is registered.
            deferred = program.is_on_engine() and inherited_options.has_parent(opts)
            if settings.guards:

                async def refused(_: None) -> bool | None:
                    if deferred:
                        await inherited_options.parent_registered(opts)
                        self._report_violations(settings.guards, fields, opts, where)
                    return self._refused

                # Evaluated after registration, because the parent may have set `protect`.
                props[REFUSED] = pulumi.Output.from_input(None).apply(cast(Any, refused))
        props[PROVIDER_KEY] = _provider()
        # Bypass the constructor of dynamic.Resource: it pickles the provider again for each
        # resource, and its frame would make this file the recorded source position.
        token = program.type_token(self, kind.class_name)
        pulumi.CustomResource.__init__(self, token, resource_name, props, opts)
        program.wait_for_id_alone(self, props)
        program.start_plugin(opts)
        for warning in option_warnings.ineffective_options(opts):
            pulumi.log.warn(warning, self)
        if not reads_only:
            # Finish the journal entry once the engine has written the number to the state.
            finisher = None if mocks.is_mocked() else intent_finisher_of(settings)
            if finisher is not None:
                finisher.watch(self.id)
            # On an engine the plugin warns, because it sees the values after transforms.
            if not program.is_on_engine():
                # Lazy import: few programs run without an engine.
                from vapi_provider.models.advice import advice

                for warning in advice(kind, fields, settings.region):
                    pulumi.log.warn(warning, self)
            if mocks.is_mocked():
                for warning in mocks.rejected_value_warnings(kind, fields):
                    pulumi.log.warn(warning, self)
            if not deferred:
                self._report_violations(settings.guards, fields, opts, where)

    def _report_violations(
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
        if program.is_on_engine() and inherited_options.is_transformed(opts):
            guards = {PROTECTED} & set(guards)
        is_protected = inherited_options.is_protected(self, opts)
        with_options = {**fields, UNPROTECTED: None if is_protected else True}
        for refusal in violations(guards, with_options):
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
        check_id(f"{cls.__name__} {resource_name!r}: id", id)
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
