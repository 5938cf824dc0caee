"""The write-ahead journal of purchases, and the locks that show which process is alive.

An intent is stored before each POST and finished when a state is proven to hold the record. The
journal must not send requests to the account.
"""
