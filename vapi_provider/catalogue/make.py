"""Messages of the make targets."""

from vapi_provider.catalogue.message import Template

UNREADABLE_SETTINGS = Template(
    "VAPI-UNREADABLE-SETTINGS", "{path} cannot be read as YAML: {error}. Correct it"
)
NO_SETTINGS = Template(
    "VAPI-NO-SETTINGS", "{path} is no settings file: write `config:` and names with values under it"
)
LOCAL_NOT_EMBEDDED = Template(
    "VAPI-LOCAL-NOT-EMBEDDED",
    "{path} must say `vapi:baseUrl: embedded:<file>`, because `local` is deployed without a "
    "question, so never to a real account. Run `git checkout {path}` to restore it",
)
STACK_WITHOUT_KEY = Template(
    "VAPI-STACK-WITHOUT-KEY",
    'stack {stack!r} has no Vapi key: set VAPI_API_KEY, or run `eval "$(make -s env '
    'STACK={stack})"`, then `pulumi config set --secret vapi:apiKey`',
)
