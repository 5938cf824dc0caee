"""Validated configuration of a run, from Pulumi's config and the environment.

Also the guards, the backend's identity and the journal's location. No module opens a connection.
"""
