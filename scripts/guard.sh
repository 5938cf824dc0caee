# What is refused before anything is made, and the defaults that only the stack `local` has.
# Sourced by run.sh; sets secrets_provider, our_backend, our_passphrase.

# The word says what it is: local's embedded account holds nothing secret, and what its
# committed settings encrypt (stacks/Pulumi.local.yaml) is encrypted with this word.
not_secret=local-only-not-a-secret
secrets_provider=
our_backend=
our_passphrase=

refuse() {
    printf 'make: %s\n' "$1" >&2
    exit 1
}

# Python, Pulumi's SDK and its plugin start in this folder: a module of ours that is called like one
# of theirs would be loaded instead, and some names stop them before any of them could say so.
guard_names() {
    while read -r name; do
        for file in "$name.py" "$name/__init__.py"; do
            [ ! -f "$file" ] || refuse \
                "$file would be loaded in place of a module that Python or Pulumi's SDK needs to start: rename it, and what imports it"
        done
    done <vapi_provider/shared/reserved_names.txt
}

stacks() { # the stacks there are; a name with an underscore first is a shared module
    for file in stacks/*.py; do
        name=${file##*/}
        case $name in _* | '*.py') ;; *) printf ' %s' "${name%.py}" ;; esac
    done
}

guard_stack() {
    # Set but empty is what a pipeline makes of a variable that it does not have: never local.
    [ -n "$1" ] || refuse "STACK is set but empty: name a stack; stacks:$(stacks)"
    # On Pulumi Cloud a stack may be named organization/stack.
    short=${1##*/}
    case $short in '' | _* | *[!A-Za-z0-9_.-]*) short=: ;; esac
    [ -f "stacks/$short.py" ] || refuse "no stack '$1': there is no stacks/$1.py; stacks:$(stacks)"
    settings=stacks/Pulumi.$short.yaml

    # `make env` exported these for local, perhaps in another clone: nobody's explicit choice.
    if [ "${PULUMI_CONFIG_PASSPHRASE-}" = "$not_secret" ]; then
        unset PULUMI_CONFIG_PASSPHRASE
        case ${PULUMI_BACKEND_URL-} in file://*/.pulumi) unset PULUMI_BACKEND_URL ;; esac
    fi

    if [ "$1" = local ]; then
        local_defaults
    else
        explicit_backend "$1"
        explicit_secrets "$1"
    fi
}

local_defaults() {
    # Not an exported one: that is for other stacks, and local's account is in this clone.
    export PULUMI_BACKEND_URL="file://$root/.pulumi"
    our_backend=1
    # Not the exported one: local's committed settings open with this word and no other.
    unset PULUMI_CONFIG_PASSPHRASE_FILE
    export PULUMI_CONFIG_PASSPHRASE="$not_secret"
    our_passphrase=1
}

explicit_backend() {
    [ -n "${PULUMI_BACKEND_URL-}${PULUMI_ACCESS_TOKEN-}" ] || refuse \
        "stack '$1' needs its shared state: set PULUMI_BACKEND_URL (s3://…, postgres://…) or PULUMI_ACCESS_TOKEN (Pulumi Cloud)"
}

explicit_secrets() {
    secrets_provider=$(sed -n 's/^secretsprovider:[[:space:]]*\([^[:space:]#]*\).*/\1/p' "$settings" 2>/dev/null | tr -d "\"'")
    case $secrets_provider in passphrase | default) secrets_provider= ;; esac
    [ -z "$secrets_provider" ] || return 0
    # Pulumi Cloud, and a backend of its kind, encrypts with a key of its own.
    case ${PULUMI_BACKEND_URL:-https://} in http://* | https://*) return 0 ;; esac
    # Set but empty is what a pipeline makes of a missing secret.
    [ -n "${PULUMI_CONFIG_PASSPHRASE-}${PULUMI_CONFIG_PASSPHRASE_FILE-}" ] || refuse \
        "stack '$1' needs a key for its secrets: set PULUMI_CONFIG_PASSPHRASE(_FILE), or secretsprovider: in $settings"
}

guard_names
