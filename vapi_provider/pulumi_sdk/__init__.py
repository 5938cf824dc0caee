"""Changes to private parts of Pulumi's SDK, in the plugin process and in the program's process.

The rest of the package works without these changes, only more slowly: ``VAPI_SDK_PATCHES=off``
turns them all off. `README.md` lists them.
"""
