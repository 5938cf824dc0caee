"""Exported states: how they are read, checked before a run, and repaired on disk.

This layer sends no request to the account and does not start the engine.
"""
