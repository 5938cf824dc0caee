"""What customers call: protected, and held to the rules of `vapi:guards` (Pulumi.prod.yaml)."""

import pulumi

from stacks._lines import Reached, own_server_line, sip_entry, support_line

DESK = "+14155550100"


def declare() -> Reached:
    """Two numbers and a SIP URI."""
    kept = pulumi.ResourceOptions(protect=True)
    return {
        **support_line("415", desk=DESK, blocked_prefixes=["91", "7"], opts=kept),
        **sip_entry("sip:switchboard@sip.vapi.ai", desk="sip:desk@pbx.example.com", opts=kept),
        **own_server_line("212", url="https://voice.example.com/vapi", desk=DESK, opts=kept),
    }
