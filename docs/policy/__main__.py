"""The rules of `vapi:guards` as a Pulumi policy pack, for every stack of an organization.

`pulumi preview --policy-pack docs/policy` runs it beside the program, in a venv with pulumi-policy
and this package.
"""

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

from vapi_provider.settings.guards import RULES, UNPROTECTED, violations

OURS = "pulumi-python:dynamic/vapi:"


def policy(rule: str) -> ResourceValidationPolicy:
    """One policy for each rule: a value that is not known yet leaves only that one unjudged."""

    def judge(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        if not args.resource_type.startswith(OURS):
            return
        unprotected = {UNPROTECTED: None if args.opts.protect else True}
        for text in violations({rule}, unprotected if rule == "protected" else args.props):
            report_violation(text, None)

    return ResourceValidationPolicy(rule, f"A number keeps to the rule {rule}.", judge)


PolicyPack(
    "vapi-phone-numbers",
    [policy(rule) for rule in RULES],
    enforcement_level=EnforcementLevel.MANDATORY,
)
