"""Generators of the pages and tables that are derived from the code (`make docs`)."""
