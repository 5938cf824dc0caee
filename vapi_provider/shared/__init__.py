"""Helpers for every folder: terminal output, loopback hosts, redaction, parts of URLs.

The probe imports them as well, and it talks to servers of third parties: helpers must have no
access to Pulumi, HTTP clients or the API key.
"""
