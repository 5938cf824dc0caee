"""Helpers that every folder may use: terminal output, loopback hosts, redaction, URL parts.

The probe, which talks to servers of third parties, may import them, so they must not know Pulumi,
HTTP or the account's key.
"""
