"""HTTP requests to Vapi's API: one client method per endpoint, with retries and limits.

This layer must not depend on Pulumi, resources or the decisions of a run.
"""
