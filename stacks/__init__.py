"""Declarations of each environment: one module per stack, built from `_lines`."""
