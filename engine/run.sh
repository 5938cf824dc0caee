# One target of the Makefile: sh engine/run.sh TARGET. Guards first, then set-up, then the work.
# stdout belongs to the work alone: `eval "$(make -s env)"` reads it.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
STACK=${STACK:-local}
export PULUMI_SKIP_UPDATE_CHECK=1

. engine/guard.sh
. engine/setup.sh

# The stack is named by PULUMI_STACK, so that the one the user has selected stays selected.
open_stack() { # [create [key]]: guards, set-up, the stack itself where it may be made; a key needed?
    guard_stack "$STACK"
    ensure_venv run
    python engine/settings_file.py "$STACK" "$settings" "${2-}"
    ensure_engine
    export PULUMI_STACK="$STACK"
    [ "${1-}" = create ] || return 0
    # The state file of the default backend answers in no time; any other backend is asked.
    # The folder of the default backend, and of the embedded account beside it.
    mkdir -p .pulumi
    # Pulumi opens a folder and does not make one.
    case ${PULUMI_BACKEND_URL-} in file:///*) mkdir -p "${PULUMI_BACKEND_URL#file://}" ;; esac
    if [ -n "$our_backend" ]; then
        if [ -f ".pulumi/.pulumi/stacks/vapi-phone-numbers/$STACK.json" ]; then return 0; fi
    fi
    if pulumi stack --stack "$STACK" --show-name --non-interactive >/dev/null 2>&1; then
        return 0
    fi
    # Without the flag `init` would drop the file's secrets provider and ask for a passphrase.
    set -- "$STACK" --no-select --non-interactive
    [ -z "$secrets_provider" ] || set -- "$@" --secrets-provider "$secrets_provider"
    pulumi stack init "$@" >&2
}

# What a killed run left pending is settled first: else it would be bought again. The state is looked
# at without Python: the file itself, or, where the backend has no file, one export by the CLI.
settle_pending() {
    pending || return 0
    note "stack '$STACK' has operations that a killed run left pending: settling them (python -m vapi_provider recover)"
    # Where nobody has answered yet it shows what it would do, and asks.
    set --
    if answers; then set -- --yes; fi
    python -m vapi_provider recover --stack "$STACK" "$@" >&2 || exit 1
}

tell_pending() { # a preview writes nothing and calls nothing
    pending || return 0
    note "stack '$STACK' has operations that a killed run left pending: 'make up' or 'make recover' settles them first; until then this takes what they made for not made"
}

pending() { # whether the stack's state has pending operations
    case ${PULUMI_BACKEND_URL-} in
    file://*)
        folder=${PULUMI_BACKEND_URL#file://}
        folder=${folder%%\?*}
        case $folder in '~'*) folder=$HOME${folder#'~'} ;; esac
        state=$folder/.pulumi/stacks/vapi-phone-numbers/${STACK##*/}.json
        if [ -f "$state" ]; then
            has_pending <"$state"
            return
        fi
        ;;
    esac
    # A state that cannot be read is not one without pending operations.
    exported=$(pulumi stack export --stack "$STACK" --non-interactive) || exit 1
    printf %s "$exported" | has_pending
}

has_pending() { tr -d ' \n' | grep -q '"pending_operations":\[{'; }

# local is answered for; YES=1 answers for the others.
answers() { [ "$STACK" = local ] || [ -n "${YES-}" ]; }

# A stack with a limit of releases is previewed by us first: only a preview of all its steps knows how
# many numbers a run would release. It takes the place of Pulumi's own where the answer is given.
within_limits() {
    [ -n "${VAPI_MAX_RELEASES-}" ] || grep -q '^ *vapi:maxReleases:' "$settings" 2>/dev/null || return 1
    shows_changes preview --stack "$STACK" >&2 || exit 1
}

# A destroy runs no program: the engine goes by the config of the last `up`, and not by the settings.
limit_now() {
    set_since=$(sed -n "s/^ *vapi:maxReleases:[ \"']*\([0-9][0-9]*\).*/\1/p" "$settings" 2>/dev/null || :)
    [ -z "$set_since" ] || export VAPI_MAX_RELEASES="${VAPI_MAX_RELEASES:-$set_since}"
}

shows_changes() { python -m vapi_provider "$@" || [ $? = 2 ]; } # 2 says that there are changes

quoted() { # NAME VALUE: an export that any Bourne shell reads back as it was
    printf "export %s='%s'\n" "$1" "$(printf %s "$2" | sed "s/'/'\\\\''/g")"
}

case ${1-} in
up)
    open_stack create key
    settle_pending
    set --
    if answers; then set -- --yes; fi
    # The embedded account is free and empty: a preview first would only cost a second run.
    if [ "$STACK" = local ]; then set -- "$@" --skip-preview; fi
    if within_limits && answers && [ "$STACK" != local ]; then set -- "$@" --skip-preview; fi
    exec pulumi up "$@"
    ;;
preview)
    open_stack create key
    tell_pending
    if [ -z "${FORMAT-}" ]; then exec pulumi preview; fi
    shows_changes preview --stack "$STACK" --format "$FORMAT" || exit 1
    ;;
refresh)
    open_stack
    settle_pending
    # With the answer given, a preview would only read everything twice.
    if answers; then set -- --yes --skip-preview; else set --; fi
    exec pulumi refresh "$@"
    ;;
drift)
    open_stack
    exec python -m vapi_provider drift --stack "$STACK" --format "${FORMAT:-text}"
    ;;
probe)
    open_stack
    set -- "$STACK"
    [ -z "${VOICE-}" ] || set -- "$@" --voice "$VOICE"
    exec python -m vapi_provider probe stack "$@"
    ;;
destroy)
    open_stack
    settle_pending
    limit_now
    if answers; then set -- --yes --skip-preview; else set --; fi
    exec pulumi destroy "$@"
    ;;
recover | orphans)
    open_stack
    verb=$1
    if answers && [ "$verb" = recover ]; then yes=--yes; else yes=; fi
    eval "set -- $yes ${ARGS-}"
    exec python -m vapi_provider "$verb" --stack "$STACK" "$@"
    ;;
unlock)
    # Pulumi's lock is a note, not a hold: one that a killed run left stays until it is taken away.
    open_stack
    if answers; then set -- --yes; else set --; fi
    exec pulumi cancel --stack "$STACK" "$@"
    ;;
env)
    # What the user has exported is in that shell already, and is nobody's to print.
    open_stack create >&2
    printf 'export PATH=%s:"$PATH"\n' "$(quoted x "$on_path" | sed 's/^export x=//')"
    quoted PULUMI_SKIP_UPDATE_CHECK 1
    quoted PULUMI_STACK "$STACK"
    if [ -n "$our_parallel" ]; then quoted PULUMI_PARALLEL "$PULUMI_PARALLEL"; fi
    if [ -n "$our_collector" ]; then quoted GOGC "$GOGC"; fi
    if [ -n "$our_backend" ]; then quoted PULUMI_BACKEND_URL "$PULUMI_BACKEND_URL"; fi
    if [ -n "$our_passphrase" ]; then quoted PULUMI_CONFIG_PASSPHRASE "$PULUMI_CONFIG_PASSPHRASE"; fi
    ;;
test)
    ensure_venv dev
    ensure_engine
    ensure_postgresql
    eval "set -- ${ARGS-}"
    # The engine ring mostly waits for processes to start: more workers than cores pay.
    exec python -m pytest -n "${JOBS:-3}" --dist worksteal "$@"
    ;;
chaos)
    ensure_venv dev
    ensure_engine
    ensure_postgresql
    # Without a seed the clock gives one, which is printed.
    set -- --runs "${RUNS:-10}" --jobs "${JOBS:-3}"
    [ -z "${SEED-}" ] || set -- "$@" --seed "$SEED"
    exec python -m tests.chaos "$@"
    ;;
bench | fleet)
    module=bench
    [ "$1" = bench ] || module=bench.fleet
    ensure_venv dev
    ensure_engine
    eval "set -- ${ARGS-}"
    exec python -m $module "$@"
    ;;
check)
    ensure_venv dev
    # All five speak before the verdict. pyright's wheel would ask a server for a newer one.
    failed=0
    ruff format --check --output-format concise . || failed=1
    ruff check . || failed=1
    PYRIGHT_PYTHON_IGNORE_WARNINGS=1 pyright || failed=1
    lint-imports --no-logo || failed=1
    python -m engine.workflows || failed=1
    exit $failed
    ;;
docs)
    ensure_venv dev
    for page in docs/vocabulary.py docs/generate.py docs/reconciliation.py; do python "$page"; done
    ;;
engine)
    ensure_venv run
    rm -f .venv/engine
    ensure_engine
    printf 'the Pulumi CLI: %s\n' "$(command -v pulumi)"
    ;;
venv) ensure_venv run ;;
*) refuse "no such target: ${1-}" ;;
esac
