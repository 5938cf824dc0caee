# One target of the Makefile: sh scripts/run.sh TARGET. Checks come first, then set-up, then the work.
# Only the work writes to stdout, because `eval "$(make -s env)"` reads it.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
STACK=${STACK-local}
export PULUMI_SKIP_UPDATE_CHECK=1

. scripts/yes_or_no.sh
. scripts/guard.sh
. scripts/setup.sh
. scripts/stack.sh

# Install the newest version of every dependency within its range, for the weekly run. The next make
# installs the pins again.
newest() {
    python -m scripts.unpin .venv
    rm -f .venv/stamp
    python -m pip install --quiet --disable-pip-version-check --no-input --upgrade \
        -r .venv/requirements-dev.in >&2 || refuse "pip could not install the newest dependencies together: see its output above"
    export TESTED_VAPI_CLIENT=vapi_server_sdk
}

# quoted NAME VALUE: print an export that any Bourne shell parses to the same value.
quoted() {
    printf "export %s='%s'\n" "$1" "$(printf %s "$2" | sed "s/'/'\\\\''/g")"
}

case ${1-} in
up)
    open_stack key
    options="--checkpoints --writes"
    ensure_stack
    resolve_pending
    set --
    if is_confirmed; then set -- --yes; fi
    # Skip the preview on the embedded account, where a run costs nothing: it would double the time.
    if [ "$STACK" = local ]; then set -- "$@" --skip-preview; fi
    if preview_releases && is_confirmed && [ "$STACK" != local ]; then set -- "$@" --skip-preview; fi
    engine up "$@"
    ;;
preview)
    open_stack key
    options=--checkpoints
    ensure_stack
    if [ -z "${FORMAT-}" ]; then
        report_pending
        engine preview
    fi
    shows_changes preview --stack "$STACK" --format "$FORMAT" || exit 1
    rm -f "$VAPI_PREFLIGHT"
    ;;
refresh)
    open_stack
    options="--checkpoints --writes"
    read_state
    resolve_pending
    # If the question is confirmed, a preview would only read everything twice.
    if is_confirmed; then set -- --yes --skip-preview; else set --; fi
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
    resolve_pending
    export_limit
    if is_confirmed; then set -- --yes --skip-preview; else set --; fi
    if runs_program; then set -- "$@" --run-program; fi
    engine destroy "$@"
    ;;
recover | orphans)
    open_stack
    verb=$1
    if is_confirmed && [ "$verb" = recover ]; then yes=--yes; else yes=; fi
    eval "set -- $yes ${ARGS-}"
    exec python -m vapi_provider "$verb" --stack "$STACK" "$@"
    ;;
unlock)
    # Pulumi's lock is a file that does not end with its process: a killed run's lock stays.
    open_stack
    # The user who unlocks says that no run is active, so empty files are removed despite the lock.
    python -m vapi_provider preflight --stack "$STACK" --idle
    if is_confirmed; then set -- --yes; else set --; fi
    exec pulumi cancel --stack "$STACK" "$@"
    ;;
env)
    # Print only our own variables: the shell already has the user's, which may be secret.
    {
        open_stack
        options=--no-engine
        ensure_stack
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
        note "zizmor did not audit the pipelines: it needs Python 3.11 or newer"
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
*) refuse "no target '${1-}': run make for the list" ;;
esac
