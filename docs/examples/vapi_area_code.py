"""A free US number, bought in an area code and answered by an assistant."""

import pulumi

from vapi_provider import VapiPhoneNumber

support = VapiPhoneNumber(
    "support",
    number_desired_area_code="415",
    assistant_id="5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11",
)

# Known once it is bought; its status may still be "activating" for a minute.
pulumi.export("support", support.number)
