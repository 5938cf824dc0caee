"""Scripts behind the Makefile's targets: set-up, the Pulumi CLI, checks, and generators of docs."""
