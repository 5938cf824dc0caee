"""Schemas of the API: pydantic models, and their fields as data for code that needs no pydantic.

Also the rules and warnings about declared values, one file a subject. Models must not depend on
plans, states or requests.
"""
