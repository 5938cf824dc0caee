"""Messages about the engine and Pulumi's SDK."""

from vapi_provider.catalogue.message import Template

ENGINE_GONE = Template("VAPI-ENGINE-GONE", "the engine has exited: nothing more is sent. Run again")
SDK_PATCHES_SETTING = Template(
    "VAPI-SDK-PATCHES-SETTING", "VAPI_SDK_PATCHES is {value!r}: set it to on or off"
)
