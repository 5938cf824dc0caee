"""Messages about the engine and Pulumi's SDK."""

from vapi_provider.catalogue.message import Template

ENGINE_GONE = Template("VAPI-ENGINE-GONE", "the engine has exited: nothing more is sent. Run again")
