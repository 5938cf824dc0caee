import pulumi

from vapi_provider import ByoPhoneNumber, VapiPhoneNumber


class Desk(pulumi.ComponentResource):
    """One line of the desk."""

    def __init__(self, name: str) -> None:
        super().__init__("shop:desk:Desk", name)
        self.line = VapiPhoneNumber(
            "line", number_desired_area_code="415", opts=pulumi.ResourceOptions(parent=self)
        )


class Office(pulumi.ComponentResource):
    """An office with a line of the same name, and what lies deeper."""

    def __init__(self, name: str) -> None:
        super().__init__("shop:office:Office", name)
        self.line = VapiPhoneNumber(
            "line",
            name="Office line",
            sip_uri="sip:recorded-office@sip.vapi.ai",
            authentication={
                "username": "user-for-tests-only-1",
                "password": "password-for-tests-only",
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        Trunk("trunk", pulumi.ResourceOptions(parent=self))


class Trunk(pulumi.ComponentResource):
    """A component inside another one; its resource's automatic name is a shortened one."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("shop:office:Trunk", name, None, opts)
        ByoPhoneNumber(
            "extension-of-the-front-office-with-a-long-name",
            number="4711",
            number_e164_check_enabled=False,
            credential_id="2b5d3f4e-8a53-4c1d-8f5f-7a6b3c0d1e2f",
            opts=pulumi.ResourceOptions(parent=self),
        )


VapiPhoneNumber("top", number_desired_area_code="628")
Desk("desk")
Office("office")
