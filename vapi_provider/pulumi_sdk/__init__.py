"""Every place that touches private parts of Pulumi's SDK, in the plugin and in the program.

The rest of the package must work without these changes, only more slowly.
"""
