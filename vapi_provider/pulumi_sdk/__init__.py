"""Adapters of Pulumi's SDK, in the plugin process and in the program's process.

The package works without the changes to the SDK's private parts, only more slowly:
``VAPI_SDK_PATCHES=off`` turns them all off. `README.md` lists them.
"""
