"""The embedded account: what a team would declare, with nothing set and nobody called."""

from stacks._lines import Reached, own_server_line, sip_entry, support_line


def declare() -> Reached:
    """Two numbers and a SIP URI."""
    return {
        **support_line("415", desk="+14155550100", blocked_prefixes=["91", "7"]),
        **sip_entry("sip:local-switchboard@sip.vapi.ai", desk="sip:desk@pbx.example.com"),
        **own_server_line("212", url="https://voice.example.com/vapi"),
    }
