# Functions of the targets that work on a stack: its set-up, preflight, pending operations and engine.
# Sourced by run.sh; uses guard.sh and setup.sh.

# open_stack [key]: check and set up the stack; with `key`, also require its Vapi key. PULUMI_STACK names
# the stack, so that the user's selected stack stays selected.
open_stack() {
    guard_stack "$STACK"
    # Parse the yes-or-no variables first, so that a wrong value does not fail after the set-up.
    agreed= with_program=
    if says_yes YES; then agreed=1; fi
    if says_yes RUN_PROGRAM; then with_program=1; fi
    ensure_venv run
    python -m scripts.settings_file "$STACK" "$settings" "${1-}"
    ensure_engine
    export PULUMI_STACK="$STACK"
    # The folder of the default backend and of the embedded account.
    mkdir -p .pulumi
}

# Run the preflight, which reads the state once for the whole target. It repairs the files that a killed
# engine left in a folder, finishes intents in the journal, and writes the facts that the plugin needs
# from the state. It sets $found to its findings: missing, pending, unfinished, checkpoints-on or -off.
read_state() {
    export VAPI_PREFLIGHT="$root/.pulumi/facts-$$.json"
    # shellcheck disable=SC2086  several options
    found=$(python -m vapi_provider preflight --stack "$STACK" --facts "$VAPI_PREFLIGHT" $options) || exit 1
    if has_found checkpoints-off; then
        # The program reads the decision in VAPI_CHECKPOINTS.
        export VAPI_CHECKPOINTS=off PULUMI_SKIP_CHECKPOINTS=1
    fi
    if has_found checkpoints-on; then unset PULUMI_SKIP_CHECKPOINTS; fi
}

has_found() { case " $found " in *" $1 "*) ;; *) return 1 ;; esac; }

# Create the stack if it does not exist.
ensure_stack() {
    # Pulumi does not create a backend's folder.
    case ${PULUMI_BACKEND_URL-} in file:///*) mkdir -p "${PULUMI_BACKEND_URL#file://}" ;; esac
    read_state
    has_found missing || return 0
    # Without the option, `init` would drop the file's secrets provider and ask for a passphrase.
    set -- "$STACK" --no-select --non-interactive
    [ -z "$secrets_provider" ] || set -- "$@" --secrets-provider "$secrets_provider"
    pulumi stack init "$@" >&2
}

# Run the engine, and then finish the intents whose records the state holds.
engine() {
    exec python -m scripts.run_engine "$STACK" pulumi "$@"
}

# Resolve the operations that a killed run left pending: without that, their numbers would be bought
# again.
resolve_pending() {
    has_found pending || return 0
    note "stack '$STACK' has operations that a killed run left pending: resolving them (python -m vapi_provider recover)"
    # Without --yes, `recover` shows what it would do and asks.
    set --
    if is_confirmed; then set -- --yes; fi
    # Exit code 2 means that a number is left for the user to decide on. The run continues, because the
    # program may declare that number.
    python -m vapi_provider recover --stack "$STACK" "$@" >&2 || [ $? = 2 ] || exit 1
    read_state
    ! has_found pending || exit 1
}

# Report pending operations without resolving them: a preview writes nothing. With FORMAT, the command's
# own warning reports them.
report_pending() {
    has_found pending || return 0
    note "stack '$STACK' has operations that a killed run left pending: run 'make recover' to resolve them ('make up' does so, too); this preview assumes that they did nothing, so 'make up' may also change, replace or release what they created, skip what they did, or refuse what this preview allows"
}

# Succeed if Pulumi's question is confirmed: always for `local`, with YES=1 for other stacks.
is_confirmed() { [ "$STACK" = local ] || [ -n "$agreed" ]; }

# Preview a stack that has a limit of releases: only a preview of all its steps shows how many numbers a
# run would release. It replaces Pulumi's own preview if the question is confirmed. Fail without a limit.
preview_releases() {
    [ -n "${VAPI_MAX_RELEASES-}" ] || grep -q '^ *vapi:maxReleases:' "$settings" 2>/dev/null || return 1
    shows_changes preview --stack "$STACK" >&2 || exit 1
}

# Export the limit of the settings file: a destroy runs no program, so that the engine uses the config of
# the last `up` instead of the settings file.
export_limit() {
    set_since=$(sed -n "s/^ *vapi:maxReleases:[ \"']*\([0-9][0-9]*\).*/\1/p" "$settings" 2>/dev/null || :)
    [ -z "$set_since" ] || export VAPI_MAX_RELEASES="${VAPI_MAX_RELEASES:-$set_since}"
}

# Succeed if RUN_PROGRAM says yes. Without the program, a refresh or destroy uses the config of the last
# `up`. With it, a program that raises stops the run, so it is not the default.
runs_program() { [ -n "$with_program" ]; }

# Run a command of ours; exit code 2 means that there are changes, and is not an error.
shows_changes() { python -m vapi_provider "$@" || [ $? = 2 ]; }
