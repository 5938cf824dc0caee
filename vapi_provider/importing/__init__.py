"""Conversion of an account's records to a program's module and resources of a state.

The folder chooses and names the records, generates a resource for each, and renders both forms. It
must not read or write files, ask the user or send requests: `cli/import_workflow.py` does that.
"""
