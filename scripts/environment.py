"""What set-up sees of the environment: no key, no passphrase, no state, no cloud.

What is fetched or built for a run is other people's code: nothing that it starts may read a secret.
`drop_secrets` of setup.sh goes by the same names.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping

# Where packages come from is set-up's business, with the password that a mirror may want.
_KEPT = re.compile(r"PIP_.*|VAPI_PINNED_CLI|PULUMI_HOME|PULUMI_SKIP_UPDATE_CHECK")
_PREFIXES = "VAPI|PULUMI|AWS|AZURE|ARM|GOOGLE|GCLOUD|GCP|CLOUDSDK|ACTIONS|CI_JOB|CI_REGISTRY"
_DROPPED = re.compile(
    rf"(?:{_PREFIXES})_.*|PG[A-Z]+"
    r"|.*(?:TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL).*|.*_KEY(?:_ID)?"
    r"|DATABASE_URL|KUBECONFIG"
    # make keeps the variables of its command line there, too.
    r"|MAKEFLAGS|MFLAGS|MAKEOVERRIDES"
)


def drop_secrets(environ: MutableMapping[str, str]) -> None:
    """Remove each variable that may hold a secret, or lead to one."""
    for name in [name for name in environ if is_secret(name)]:
        del environ[name]


def is_secret(name: str) -> bool:
    """Tell whether set-up must not see a variable."""
    return _DROPPED.fullmatch(name) is not None and _KEPT.fullmatch(name) is None
