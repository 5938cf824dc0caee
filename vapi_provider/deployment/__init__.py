"""Exported states: reading them, checking them before a run, repairing their files.

This layer sends no request to the account and does not start the engine.
"""
