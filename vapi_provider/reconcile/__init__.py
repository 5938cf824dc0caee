"""Pure rules that compare desired, recorded and actual values and name what differs.

Plan, equality, merge, validation, secrets and resource keys. Nothing here does I/O.
"""
