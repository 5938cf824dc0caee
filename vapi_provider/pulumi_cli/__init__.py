"""Access to the states of a backend: the `pulumi` command line, and the files of a folder."""
