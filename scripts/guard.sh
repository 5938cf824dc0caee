# Checks that run before anything is created, and the defaults of the stack `local`.
# Sourced by run.sh; sets secrets_provider, our_backend, our_passphrase.

# The passphrase of `local`, which is not a secret: it encrypts only the committed settings of an
# embedded account (stacks/Pulumi.local.yaml).
not_secret=local-only-not-a-secret
secrets_provider=
our_backend=
our_passphrase=

refuse() {
    printf 'make: %s\n' "$1" >&2
    exit 1
}

# Refuse modules that shadow a module of Python or of Pulumi's SDK. Both start in this folder and would
# load ours instead, and with some names they crash before they can report an error.
guard_names() {
    while read -r name; do
        for file in "$name.py" "$name/__init__.py"; do
            [ ! -f "$file" ] || refuse \
                "$file would be loaded in place of a module that Python or Pulumi's SDK needs to start: rename it, and change its imports"
        done
    done <vapi_provider/shared/reserved_names.txt
}

# Print the names of all stacks; a module whose name starts with an underscore is shared code.
stacks() {
    for file in stacks/*.py; do
        name=${file##*/}
        case $name in _* | '*.py') ;; *) printf ' %s' "${name%.py}" ;; esac
    done
}

guard_stack() {
    # A pipeline sets a missing variable to the empty string, which must not select `local`.
    [ -n "$1" ] || refuse "STACK is set but empty: name a stack; stacks:$(stacks)"
    # A stack on Pulumi Cloud may be named organization/stack.
    short=${1##*/}
    case $short in '' | _* | *[!A-Za-z0-9_.-]*) short=: ;; esac
    [ -f "stacks/$short.py" ] || refuse "no stack '$1': there is no stacks/$1.py; stacks:$(stacks)"
    settings=stacks/Pulumi.$short.yaml

    # Ignore what `make env` exported for `local`, perhaps in another clone: the user did not choose it.
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
    # An exported backend is for other stacks; the account of `local` is in this clone.
    export PULUMI_BACKEND_URL="file://$root/.pulumi"
    our_backend=1
    # An exported passphrase cannot decrypt the committed settings of `local`.
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
    # Pulumi Cloud and compatible backends encrypt with their own key.
    case ${PULUMI_BACKEND_URL:-https://} in http://* | https://*) return 0 ;; esac
    # A pipeline sets a missing secret to the empty string.
    [ -n "${PULUMI_CONFIG_PASSPHRASE-}${PULUMI_CONFIG_PASSPHRASE_FILE-}" ] || refuse \
        "stack '$1' needs a key for its secrets: set PULUMI_CONFIG_PASSPHRASE(_FILE), or secretsprovider: in $settings"
}

guard_names
