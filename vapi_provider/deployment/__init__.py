"""Exported states: reading them, checking them before a run, repairing their files.

Nothing here calls the account or starts the engine.
"""
