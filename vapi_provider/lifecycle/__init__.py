"""The lifecycle of a record in one engine operation: create, update, bulk read, release.

It holds a run's knowledge (the account view, ownership, the release limit) and decides which record
belongs to which resource. It must not depend on how requests are sent or how states are exported.
"""
