"""Pending operations that a killed engine left in a state, resolved against the account.

Only our own commands run it. It must not start a purchase.
"""
