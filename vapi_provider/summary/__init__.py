"""Turns the engine's events of a preview or a refresh into a summary for people and pipelines.

`events` reads them, `changes` derives the changes, and `text`, `markdown` and `document` render
them. This folder must not run the engine, and no secret may get past `events` and `values`.
"""
