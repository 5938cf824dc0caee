"""Schemas of the API: pydantic models, and their fields as data for code that needs no pydantic."""
