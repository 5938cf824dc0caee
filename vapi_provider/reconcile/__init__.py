"""Rules without I/O that compare desired, recorded and actual values.

They cover plan, equality, merge, validation, secrets and resource keys.
"""
