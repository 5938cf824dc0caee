"""Messages of `import`: the choice of numbers, the module that it writes, and their owners."""

from vapi_provider.catalogue.message import Template

CHOICE_NEEDED = Template(
    "VAPI-CHOICE-NEEDED", "say which numbers: `--all`, their ids, or `--match GLOB`"
)
UNKNOWN_ID = Template(
    "VAPI-UNKNOWN-ID", "the account has no phone number {id}: run `list` to see them"
)
HELD_BY_GIVEN_STACK = Template(
    "VAPI-HELD-BY-GIVEN-STACK",
    "{id} is held by another given stack, and nothing changed: take it out there first "
    "(docs/from-the-dashboard.md)",
)
NO_MATCH = Template(
    "VAPI-NO-MATCH", "no label, number or SIP URI matches {pattern!r}: patterns are case-sensitive"
)
HEADERS_UNSEEN = Template(
    "VAPI-HEADERS-UNSEEN",
    "this account shows no server headers. If a server of these numbers has some, add them to the "
    "module before its next change, which would clear them: {ids}",
)
LIKELY_OWNED = Template(
    "VAPI-LIKELY-OWNED",
    "by their labels another stack may hold these: pass it with `--also`, so that no number has "
    "two owners: {ids}",
)

MODULE_PLACE = Template(
    "VAPI-MODULE-PLACE",
    "the project has no folder `stacks`: pass `--out FILE` for a module beside the program",
)
MODULE_NAME = Template(
    "VAPI-MODULE-NAME", "{module} {reason}: choose another `--out`, such as lines.py"
)
MODULE_FILE = Template("VAPI-MODULE-FILE", "{module} cannot be {action}: {cause}")
MODULE_SYNTAX = Template(
    "VAPI-MODULE-SYNTAX", "{module} is not valid Python ({cause}): correct it first"
)
MODULE_CHANGED = Template(
    "VAPI-MODULE-CHANGED", "{module} was edited meanwhile: run `import` again"
)
MODULE_INCOMPLETE = Template(
    "VAPI-MODULE-INCOMPLETE",
    "{module} has no {names}, which a declaration needs: put it back as an import writes it, or "
    "choose another `--out`",
)
MODULE_AHEAD = Template(
    "VAPI-MODULE-AHEAD",
    "{module} has numbers that the stack's state does not have: an import was interrupted, or "
    "they were edited or chosen in another way since. Remove them from the module, and run "
    "`import` again: {ids}",
)
