"""The write-ahead journal of purchases, beside the state: a file, PostgreSQL or an object store.

`Journal` records intents and the records that states hold; the stores keep them with locks among
threads, processes and machines. The folder also has the files beside the journal: events of an
engine operation (`operation.py`) and writes in flight (`writer_files.py`). The journal must not
decide who owns a record or send a request to the account.
"""
