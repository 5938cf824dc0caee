"""The rehearsal for production: the same pieces, its own numbers and addresses."""

from stacks._lines import Reached, own_server_line, sip_entry, support_line


def declare() -> Reached:
    """Two numbers and a SIP URI."""
    return {
        **support_line("415", desk="+14155550100"),
        **sip_entry("sip:staging-switchboard@sip.vapi.ai", desk="sip:desk@pbx.example.com"),
        **own_server_line("212", url="https://voice.staging.example.com/vapi"),
    }
