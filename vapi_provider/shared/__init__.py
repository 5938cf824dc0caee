"""Helpers for every folder: terminal output, loopback hosts, redaction, parts of URLs.

The probe imports them too, and it sends requests to third-party servers. Helpers must therefore
have no access to Pulumi, HTTP clients or the API key.
"""
