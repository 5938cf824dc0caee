# One target of the Makefile: sh scripts/run.sh TARGET. Checks come first, then set-up, then the work.
# Only the work writes to stdout, because `eval "$(make -s env)"` reads it.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
STACK=${STACK-local}
export PULUMI_SKIP_UPDATE_CHECK=1

. scripts/answers.sh
. scripts/guard.sh
. scripts/setup.sh

# open_stack [key]: check and set up the stack; with `key`, also require its Vapi key. PULUMI_STACK names
# the stack, so that the user's selected stack stays selected.
open_stack() {
    guard_stack "$STACK"
    # Parse the yes-or-no variables first, so that a wrong value does not fail after the set-up.
    agreed= with_program=
    if says_yes YES; then agreed=1; fi
    if says_yes RUN_PROGRAM; then with_program=1; fi
    ensure_venv run
    python scripts/settings_file.py "$STACK" "$settings" "${1-}"
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
        export VAPI_CHECKPOINTS=off PULUMI_EXPERIMENTAL=1 PULUMI_SKIP_CHECKPOINTS=1
    fi
    if has_found checkpoints-on; then unset PULUMI_SKIP_CHECKPOINTS; fi
}

has_found() { case " $found " in *" $1 "*) ;; *) return 1 ;; esac; }

# Create the stack if it does not exist.
make_stack() {
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
    exec python -m scripts.attend "$STACK" pulumi "$@"
}

# Resolve the operations that a killed run left pending: without that, their numbers would be bought
# again.
settle_pending() {
    has_found pending || return 0
    note "stack '$STACK' has operations that a killed run left pending: settling them (python -m vapi_provider recover)"
    # Without --yes, `recover` shows what it would do and asks.
    set --
    if answers; then set -- --yes; fi
    # Exit code 2 means that a number is left for the user to decide on. The run continues, because the
    # program may declare that number.
    python -m vapi_provider recover --stack "$STACK" "$@" >&2 || [ $? = 2 ] || exit 1
    read_state
    ! has_found pending || exit 1
}

# Report pending operations without resolving them: a preview writes nothing and sends no request.
tell_pending() {
    has_found pending || return 0
    note "stack '$STACK' has operations that a killed run left pending: 'make up' or 'make recover' settles them first; until then this takes what they made for not made"
}

# Succeed if Pulumi's question is confirmed: always for `local`, with YES=1 for other stacks.
answers() { [ "$STACK" = local ] || [ -n "$agreed" ]; }

# Preview a stack that has a limit of releases: only a preview of all its steps shows how many numbers a
# run would release. It replaces Pulumi's own preview if the question is confirmed. Fail without a limit.
within_limits() {
    [ -n "${VAPI_MAX_RELEASES-}" ] || grep -q '^ *vapi:maxReleases:' "$settings" 2>/dev/null || return 1
    shows_changes preview --stack "$STACK" >&2 || exit 1
}

# Export the limit of the settings file: a destroy runs no program, so that the engine uses the config of
# the last `up` instead of the settings file.
limit_now() {
    set_since=$(sed -n "s/^ *vapi:maxReleases:[ \"']*\([0-9][0-9]*\).*/\1/p" "$settings" 2>/dev/null || :)
    [ -z "$set_since" ] || export VAPI_MAX_RELEASES="${VAPI_MAX_RELEASES:-$set_since}"
}

# Succeed if RUN_PROGRAM says yes. Without the program, a refresh or destroy uses the config of the last
# `up`. With it, a program that raises stops the run, so it is not the default.
runs_program() { [ -n "$with_program" ]; }

# Install the newest version of every dependency within its range, for the weekly run. The next make
# installs the pins again.
newest() {
    python -m scripts.unpin .venv
    rm -f .venv/stamp
    python -m pip install --quiet --disable-pip-version-check --no-input --upgrade \
        -r .venv/requirements-dev.in >&2 || refuse "the newest dependencies cannot be installed together"
    export TESTED_VAPI_CLIENT=vapi_server_sdk
}

# Run a command of ours; exit code 2 means that there are changes, and is not an error.
shows_changes() { python -m vapi_provider "$@" || [ $? = 2 ]; }

# quoted NAME VALUE: print an export that any Bourne shell parses to the same value.
quoted() {
    printf "export %s='%s'\n" "$1" "$(printf %s "$2" | sed "s/'/'\\\\''/g")"
}

case ${1-} in
up)
    open_stack key
    options="--checkpoints --writes"
    make_stack
    settle_pending
    set --
    if answers; then set -- --yes; fi
    # Skip the preview on the embedded account, where a run costs nothing: it would double the time.
    if [ "$STACK" = local ]; then set -- "$@" --skip-preview; fi
    if within_limits && answers && [ "$STACK" != local ]; then set -- "$@" --skip-preview; fi
    engine up "$@"
    ;;
preview)
    open_stack key
    options=--checkpoints
    make_stack
    tell_pending
    if [ -z "${FORMAT-}" ]; then engine preview; fi
    shows_changes preview --stack "$STACK" --format "$FORMAT" || exit 1
    rm -f "$VAPI_PREFLIGHT"
    ;;
refresh)
    open_stack
    options="--checkpoints --writes"
    read_state
    settle_pending
    # If the question is confirmed, a preview would only read everything twice.
    if answers; then set -- --yes --skip-preview; else set --; fi
    if runs_program; then set -- "$@" --run-program; fi
    engine refresh "$@"
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
    options="--checkpoints --writes"
    read_state
    settle_pending
    limit_now
    if answers; then set -- --yes --skip-preview; else set --; fi
    if runs_program; then set -- "$@" --run-program; fi
    engine destroy "$@"
    ;;
recover | orphans)
    open_stack
    verb=$1
    if answers && [ "$verb" = recover ]; then yes=--yes; else yes=; fi
    eval "set -- $yes ${ARGS-}"
    exec python -m vapi_provider "$verb" --stack "$STACK" "$@"
    ;;
unlock)
    # Pulumi's lock is a file that does not end with its process: a killed run's lock stays.
    open_stack
    # The user who unlocks says that no run is active, so empty files are removed despite the lock.
    python -m vapi_provider preflight --stack "$STACK" --idle
    if answers; then set -- --yes; else set --; fi
    exec pulumi cancel --stack "$STACK" "$@"
    ;;
env)
    # Print only our own variables: the shell already has the user's, which may be secret.
    {
        open_stack
        options=--no-engine
        make_stack
        rm -f "$VAPI_PREFLIGHT"
    } >&2
    printf 'export PATH=%s:"$PATH"\n' "$(quoted x "$on_path" | sed 's/^export x=//')"
    quoted PULUMI_SKIP_UPDATE_CHECK 1
    quoted PULUMI_STACK "$STACK"
    if [ -n "$our_parallel" ]; then quoted PULUMI_PARALLEL "$PULUMI_PARALLEL"; fi
    if [ -n "$our_collector" ]; then quoted GOGC "$GOGC"; fi
    # The journal beside shared state; empty for a file of this machine.
    journal=$(python -m vapi_provider.journal)
    [ -z "$journal" ] || quoted VAPI_JOURNAL "$journal"
    if [ -n "$our_backend" ]; then quoted PULUMI_BACKEND_URL "$PULUMI_BACKEND_URL"; fi
    if [ -n "$our_passphrase" ]; then quoted PULUMI_CONFIG_PASSPHRASE "$PULUMI_CONFIG_PASSPHRASE"; fi
    ;;
test)
    newest=
    if says_yes NEWEST; then newest=1; fi
    ensure_venv dev
    [ -z "$newest" ] || newest
    ensure_engine
    ensure_postgresql
    eval "set -- ${ARGS-}"
    # Check the coverage only where all tests run. `coverage report` prints the lines that are missing.
    [ $# -gt 0 ] || set -- --cov --cov-report=
    # Tests run make themselves, and these words are for this run's pytest.
    unset ARGS MAKEFLAGS
    # Make it an error to open a file or pipe with the locale's encoding (EncodingWarning).
    export PYTHONWARNDEFAULTENCODING=1 PYTHONWARNINGS=ignore::EncodingWarning:dill._dill
    # The engine tests mostly wait for processes to start, so more workers than cores are faster.
    exec python -m pytest -n "${JOBS:-3}" --dist worksteal "$@"
    ;;
chaos)
    ensure_venv dev
    ensure_engine
    ensure_postgresql
    # Without SEED, the seed is taken from the clock and printed.
    set -- --runs "${RUNS:-10}" --jobs "${JOBS:-3}"
    [ -z "${SEED-}" ] || set -- "$@" --seed "$SEED"
    [ -z "${KIND-}" ] || set -- "$@" --kind "$KIND"
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
    # Run all checks before failing. The variable stops pyright from looking for a newer version online.
    failed=0
    ruff format --check --output-format concise . || failed=1
    ruff check . || failed=1
    PYRIGHT_PYTHON_IGNORE_WARNINGS=1 pyright || failed=1
    lint-imports --no-logo || failed=1
    (drop_secrets && exec python -m scripts.workflows) || failed=1
    if command -v zizmor >/dev/null; then
        zizmor --offline --no-progress --quiet .github || failed=1
    else
        note "the pipelines were not audited: zizmor needs Python 3.11 or newer"
    fi
    exit $failed
    ;;
docs)
    ensure_venv dev
    for page in scripts/docs/fields.py scripts/docs/generate.py scripts/docs/reconciliation.py; do python "$page"; done
    ;;
lock)
    ensure_venv dev
    # Lock the tools first: their pins constrain those of a deploy, so that a deploy uses tested versions.
    eval "set -- ${ARGS-}"
    set -- --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --custom-compile-command "make lock" "$@"
    drop_secrets
    uv pip compile "$@" requirements-dev.in -o requirements-dev.txt
    exec uv pip compile "$@" -c requirements-dev.txt requirements.in -o requirements.txt
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
