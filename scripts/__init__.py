"""Getting the Pulumi CLI on this machine, and the shell behind the Makefile's targets.

Nothing here knows phone numbers, and nothing in `vapi_provider` knows this room.
"""
