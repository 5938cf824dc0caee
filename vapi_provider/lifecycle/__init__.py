"""The life of a record in one engine operation: create, update, read in bulk, release.

It holds what a run knows (the account view, ownership, the release limit) and decides which record
belongs to which resource. It must not know how requests travel or how states are exported.
"""
