"""The lifecycle of a record in one engine operation: create, update, bulk read, release.

`Session` holds what a run knows: the account view, ownership, the release limit, the journal. Each
step of an operation takes the session and decides which record belongs to which resource. This
folder must not depend on how requests are sent or how states are exported.
"""
