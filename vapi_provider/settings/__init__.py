"""Configuration of a run, from Pulumi's config and the environment, checked before use.

Also the guards, the backend's identity and the proxy settings. Nothing here connects anywhere.
"""
