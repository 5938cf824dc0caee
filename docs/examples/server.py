"""Your own server decides who answers; failed requests are retried, except client errors."""

from vapi_provider import BackoffPlanArgs, ServerArgs, VapiPhoneNumber

VapiPhoneNumber(
    "router",
    number_desired_area_code="415",
    server=ServerArgs(
        url="https://voice.example.com/vapi",
        timeout_seconds=10,
        # A credential with an encryption plan, which encrypted_paths needs.
        credential_id="e8b7c6d5-a4f3-4e2d-9c1b-0a9f8e7d6c5b",
        encrypted_paths=["message.call.customer"],
        static_ip_addresses_enabled=True,
        backoff_plan=BackoffPlanArgs(
            type="exponential",
            max_retries=3,
            base_delay_seconds=0.5,
            excluded_status_codes=[400, 401, 403, 404],
        ),
    ),
)
