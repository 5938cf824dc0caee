"""Validated configuration of a run, from Pulumi's config and the environment.

The folder also has the guards, the backend's identity and the journal's location. Its modules must
not open a connection.
"""
