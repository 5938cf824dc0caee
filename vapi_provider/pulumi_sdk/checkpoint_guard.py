"""A guard of programs that run without checkpoints."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pulumi

from vapi_provider.catalogue.checkpoints import OTHER_DYNAMIC_RESOURCE, OTHER_RESOURCE
from vapi_provider.deployment.checkpoint_choice import is_restorable
from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.checkpoints import VARIABLE, has_checkpoints
from vapi_provider.settings.values import on_or_off

_DYNAMIC = "pulumi-python:dynamic"


def refuse_other_resources(environment: Mapping[str, str] = os.environ) -> None:
    """Make the program fail before it registers a resource that only a checkpoint could save.

    Call it before the first resource. It uses Pulumi's public API only, and does nothing unless
    the make targets have turned checkpoints off. Raises RunError where `VAPI_CHECKPOINTS` is
    invalid.
    """
    try:
        is_off = on_or_off(environment, VARIABLE) is False and not has_checkpoints(environment)
    except ConfigurationError as error:
        raise pulumi.RunError(str(error)) from None
    if is_off:
        pulumi.runtime.register_stack_transformation(_refuse)


def _refuse(args: pulumi.ResourceTransformationArgs) -> None:
    """Raise RunError for a custom resource that is created and is no Vapi resource."""
    # With a URN, the SDK reads a resource that a state already holds.
    is_read = args.opts.id is not None or args.opts.urn is not None
    if not isinstance(args.resource, pulumi.CustomResource) or is_read or is_restorable(args.type_):
        return
    template = OTHER_DYNAMIC_RESOURCE if args.type_.startswith(_DYNAMIC) else OTHER_RESOURCE
    raise pulumi.RunError(template(type=args.type_, name=args.name))
