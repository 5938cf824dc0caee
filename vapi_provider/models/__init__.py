"""Schemas of the API: pydantic models, and their fields as data for code that needs no pydantic.

The folder also has the rules and warnings about declared values; each file covers one subject.
Models must not depend on plans, states or requests.
"""
