"""Turns records of an account into a program's module and resources of a state.

Chooses and names the records, generates a resource for each, and renders both forms. It must not
read or write files, ask the user or send requests: `cli/import_workflow.py` does that.
"""
