"""Errors and warnings about settings: the stack's config and the environment."""

from vapi_provider.catalogue.message import Template

INVALID_SETTING = Template("VAPI-INVALID-SETTING", "{setting} is {value!r}: set it to {expected}")
NO_API_KEY = Template(
    "VAPI-NO-API-KEY",
    "no Vapi key: run `pulumi config set --secret vapi:apiKey` with a private key of the account, "
    "or set VAPI_API_KEY",
)
MALFORMED_API_KEY = Template(
    "VAPI-MALFORMED-API-KEY",
    "the Vapi key has characters that no key has (a space, a line break, a quote from another "
    "alphabet): copy it again",
)
NO_ACCOUNT_FILE = Template(
    "VAPI-NO-ACCOUNT-FILE",
    "vapi:baseUrl is 'embedded:' without a file: write embedded:<SQLite file>",
)
UNREADABLE_BASE_URL = Template(
    "VAPI-UNREADABLE-BASE-URL", "vapi:baseUrl cannot be read ({error}): it must be {expected}"
)
KEY_IN_CLEAR = Template(
    "VAPI-KEY-IN-CLEAR",
    "vapi:baseUrl sends the key in clear to {host}: use https:// (http:// is for this machine "
    "only)",
)
FOREIGN_HOST = Template(
    "VAPI-FOREIGN-HOST",
    "vapi:baseUrl would send the key to {host}, which is not Vapi: if you mean it, set "
    "VAPI_ALLOW_BASE_URL={host} in the environment",
)
BASE_URL_WITH_PASSWORD = Template(
    "VAPI-BASE-URL-WITH-PASSWORD",
    "vapi:baseUrl holds a user name or password: remove it, only the key in vapi:apiKey is sent",
)
UNKNOWN_GUARD = Template(
    "VAPI-UNKNOWN-GUARD", "vapi:guards has {name!r}, which is no rule: the rules are {rules}"
)

JOURNAL_SCHEME = Template(
    "VAPI-JOURNAL-SCHEME",
    "VAPI_JOURNAL names a place of kind {scheme!r}: it must be a path, postgres://…, s3://…, "
    "gs://… or azblob://…",
)
JOURNAL_URL = Template(
    "VAPI-JOURNAL-URL", "VAPI_JOURNAL is no URL that can be read: write {scheme}://…"
)
JOURNAL_BUCKET = Template(
    "VAPI-JOURNAL-BUCKET", "VAPI_JOURNAL names no bucket or container: write {scheme}://<name>"
)
JOURNAL_LIBRARY = Template(
    "VAPI-JOURNAL-LIBRARY",
    "VAPI_JOURNAL names {place}, and {library} is not installed: run `pip install {package}`, or "
    "set VAPI_JOURNAL to a path",
)
JOURNAL_NOT_SHARED = Template(
    "VAPI-JOURNAL-NOT-SHARED",
    "the state is shared, but the journal of purchases is a file of this machine, because "
    "{library} is not installed: run `pip install {package}`",
)
JOURNAL_ENDS_WITH_RUNNER = Template(
    "VAPI-JOURNAL-ENDS-WITH-RUNNER",
    "this pipeline's state is kept by a service that cannot hold the journal of purchases, and a "
    "file would be lost with the runner. Set VAPI_JOURNAL to s3://…, gs://…, azblob://… or "
    "postgres://… (docs/pipelines.md)",
)
NO_HOME_FOLDER = Template(
    "VAPI-NO-HOME-FOLDER",
    "there is no home folder (HOME) for the journal of purchases: set VAPI_JOURNAL to a file that "
    "outlives this run",
)
FILE_IN_MAIN_FOLDER = Template(
    "VAPI-FILE-IN-MAIN-FOLDER",
    "{file} is {old}, where programs run (main: in Pulumi.yaml); relative paths are relative to "
    "Pulumi.yaml: move the file to {new}",
)
RESERVED_MODULE_NAME = Template(
    "VAPI-RESERVED-MODULE-NAME",
    "{files} in the project's folder would be loaded in place of a module that Pulumi's SDK needs "
    "to start: rename it, and what imports it",
)

INVALID_PROXY = Template(
    "VAPI-INVALID-PROXY",
    "the proxy of {variable} cannot be used: it must be http://host:port, https://, socks5:// or "
    "socks5h://; or name the account's host in NO_PROXY",
)
NO_SOCKS_SUPPORT = Template(
    "VAPI-NO-SOCKS-SUPPORT",
    "the proxy of {variable} speaks SOCKS, for which a package is missing: install "
    '"httpx[socks]", or name an http:// proxy',
)
CERTIFICATE_FILE = Template(
    "VAPI-CERTIFICATE-FILE",
    "{variable} is {file!r}, which {reason}: name a file of certificates (PEM), or unset it",
)
CERTIFICATE_FOLDER = Template(
    "VAPI-CERTIFICATE-FOLDER",
    "{variable} is {folder!r}, which is no folder: name one with certificates, or unset it",
)
KEY_LOG_FILE = Template(
    "VAPI-KEY-LOG-FILE", "{variable} is {file!r}, which {reason}: name a file, or unset it"
)
