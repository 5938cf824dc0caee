"""The probe: calls a server as Vapi would, and says what is wrong with its answer.

request → post → judge → report. Talks to other people's hosts, so it never meets the account's key
(import-linter holds that); a secret of the server goes to the one URL that was named.
"""
