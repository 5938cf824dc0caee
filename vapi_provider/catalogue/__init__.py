"""The catalogue of expected errors and warnings: each has a stable code and a template.

Each file covers one subject. A code identifies the remedy, or the rule that a declaration breaks;
never rename one. Code that raises an error passes values only; the text is here.
"""
