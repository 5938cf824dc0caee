"""The write-ahead journal of purchases, beside the state: a file, PostgreSQL or an object store."""
