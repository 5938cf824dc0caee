"""HTTP requests to Vapi's API: one client method an endpoint, with retries, limits and bounds.

It must not know Pulumi, resources or what a run has decided.
"""
