"""Every place that touches private parts of Pulumi's SDK, in the plugin and in the program.

The rest of the package works without these changes, only more slowly: ``VAPI_SDK_PATCHES=off``
turns them all off. `README.md` lists them.
"""
