"""The catalogue of expected errors and warnings: each has a stable code and a template.

One file a subject. A code names a way out, or the rule that a declaration breaks; it is never
renamed. Raise sites pass values only, and know no wording of their own.
"""
