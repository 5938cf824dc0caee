"""What each environment declares: one module a stack, over the pieces in `_lines`."""
