"""Removal of secrets from the environment of set-up.

Set-up runs third-party code, which must not see a key, a passphrase, the state's backend or a
cloud's credentials. `drop_secrets` of setup.sh removes the same names.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping

# Set-up needs the settings of the package index, including a mirror's password.
_KEPT = re.compile(r"PIP_.*|VAPI_PINNED_CLI|PULUMI_HOME|PULUMI_SKIP_UPDATE_CHECK")
_PREFIXES = "VAPI|PULUMI|AWS|AZURE|ARM|GOOGLE|GCLOUD|GCP|CLOUDSDK|ACTIONS|CI_JOB|CI_REGISTRY"
_DROPPED = re.compile(
    rf"(?:{_PREFIXES})_.*|PG[A-Z]+"
    r"|.*(?:TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|APIKEY).*"
    r"|.*_KEYS?(?:_.*)?|.*_(?:PASS|PASSWD|PWD|PAT|DSN)"
    r"|DATABASE_URL|KUBECONFIG"
    # make also stores the variables of its command line in these.
    r"|MAKEFLAGS|MFLAGS|MAKEOVERRIDES"
)


def drop_secrets(environ: MutableMapping[str, str]) -> None:
    """Remove each variable that may hold a secret or give access to one."""
    for name in [name for name in environ if is_secret(name)]:
        del environ[name]


def is_secret(name: str) -> bool:
    """Return whether a variable must be hidden from set-up."""
    return _DROPPED.fullmatch(name) is not None and _KEPT.fullmatch(name) is None
