"""Summaries of a preview or a refresh for people and pipelines, from the engine's events.

`events` reads them, `changes` derives the changes, and `text`, `markdown` and `document` render
them. This folder must not run the engine, and no secret may get past `events` and `values`.
"""
