"""What the engine says it would do, or has found, as a person should read it: pure.

`events` reads the engine's own JSON events, `changes` makes changes of them, and `text`,
`markdown` and `document` write those down. Secrets end in `events`: nothing behind it holds one.
"""
