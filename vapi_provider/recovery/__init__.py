"""Resolution of the pending operations that a killed engine left in a state.

Only the package's commands run it. It must not start a purchase.
"""
