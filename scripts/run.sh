# One target of the Makefile: sh scripts/run.sh TARGET. Guards first, then set-up, then the work.
# stdout belongs to the work alone: `eval "$(make -s env)"` reads it.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
STACK=${STACK-local}
export PULUMI_SKIP_UPDATE_CHECK=1

. scripts/answers.sh
. scripts/guard.sh
. scripts/setup.sh

# The stack is named by PULUMI_STACK, so that the one the user has selected stays selected.
open_stack() { # guards, set-up; a key needed?
    guard_stack "$STACK"
    # Parse YES before anything is made: a wrong answer must not surface after the set-up.
    agreed=
    if says_yes YES; then agreed=1; fi
    ensure_venv run
    python scripts/settings_file.py "$STACK" "$settings" "${1-}"
    ensure_engine
    export PULUMI_STACK="$STACK"
    # The folder of the default backend, and of the embedded account beside it.
    mkdir -p .pulumi
}

# The preflight reads the state once for all that a target needs to know of it. It repairs what a
# killed engine left in a folder, marks in the journal what a state holds, and writes down for the
# plugin what only the state shows. $found are its words: missing, pending, unfinished.
read_state() {
    export VAPI_PREFLIGHT="$root/.pulumi/facts-$$.json"
    # shellcheck disable=SC2086  no word, or one
    found=$(python -m vapi_provider preflight --stack "$STACK" --facts "$VAPI_PREFLIGHT" ${no_engine-}) || exit 1
}

has_found() { case " $found " in *" $1 "*) ;; *) return 1 ;; esac; }

make_stack() { # where there is none yet
    # Pulumi opens a folder and does not make one.
    case ${PULUMI_BACKEND_URL-} in file:///*) mkdir -p "${PULUMI_BACKEND_URL#file://}" ;; esac
    read_state
    has_found missing || return 0
    # Without the flag `init` would drop the file's secrets provider and ask for a passphrase.
    set -- "$STACK" --no-select --non-interactive
    [ -z "$secrets_provider" ] || set -- "$@" --secrets-provider "$secrets_provider"
    pulumi stack init "$@" >&2
}

# The engine, and afterwards a look at what it left; without a second Python where nothing was bought.
engine() {
    exec python -m scripts.attend "$STACK" pulumi "$@"
}

# What a killed run left pending is settled first: else it would be bought again.
settle_pending() {
    has_found pending || return 0
    note "stack '$STACK' has operations that a killed run left pending: settling them (python -m vapi_provider recover)"
    # Where nobody has answered yet it shows what it would do, and asks.
    set --
    if answers; then set -- --yes; fi
    # 2 says that a number is left that a person may have to decide on: the run goes on all the same,
    # for the program may declare it.
    python -m vapi_provider recover --stack "$STACK" "$@" >&2 || [ $? = 2 ] || exit 1
    read_state
    ! has_found pending || exit 1
}

tell_pending() { # a preview writes nothing and calls nothing
    has_found pending || return 0
    note "stack '$STACK' has operations that a killed run left pending: 'make up' or 'make recover' settles them first; until then this takes what they made for not made"
}

# local is answered for; YES=1 answers for the others.
answers() { [ "$STACK" = local ] || [ -n "$agreed" ]; }

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

# Without the program a refresh or destroy goes by the config of the last `up`. With it, a program that
# raises stops the run, so that it is asked for.
runs_program() { [ "${RUN_PROGRAM-}" = 1 ]; }

# The newest version of every dependency within its range, for the weekly run. The next make installs
# the pins again.
newest() {
    python -m scripts.unpin .venv
    rm -f .venv/stamp
    python -m pip install --quiet --disable-pip-version-check --no-input --upgrade \
        -r .venv/requirements-dev.in >&2 || refuse "the newest dependencies cannot be installed together"
    export TESTED_VAPI_CLIENT=vapi_server_sdk
}

shows_changes() { python -m vapi_provider "$@" || [ $? = 2 ]; } # 2 says that there are changes

quoted() { # NAME VALUE: an export that any Bourne shell reads back as it was
    printf "export %s='%s'\n" "$1" "$(printf %s "$2" | sed "s/'/'\\\\''/g")"
}

case ${1-} in
up)
    open_stack key
    make_stack
    settle_pending
    set --
    if answers; then set -- --yes; fi
    # The embedded account is free and empty: a preview first would only cost a second run.
    if [ "$STACK" = local ]; then set -- "$@" --skip-preview; fi
    if within_limits && answers && [ "$STACK" != local ]; then set -- "$@" --skip-preview; fi
    engine up "$@"
    ;;
preview)
    open_stack key
    make_stack
    tell_pending
    if [ -z "${FORMAT-}" ]; then engine preview; fi
    shows_changes preview --stack "$STACK" --format "$FORMAT" || exit 1
    rm -f "$VAPI_PREFLIGHT"
    ;;
refresh)
    open_stack
    read_state
    settle_pending
    # With the answer given, a preview would only read everything twice.
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
    # Pulumi's lock is a note, not a hold: one that a killed run left stays until it is taken away.
    open_stack
    # Whoever unlocks says that no run is at work: what it left empty is removed, lock or not.
    python -m vapi_provider preflight --stack "$STACK" --idle
    if answers; then set -- --yes; else set --; fi
    exec pulumi cancel --stack "$STACK" "$@"
    ;;
env)
    # What the user has exported is in that shell already, and is nobody's to print.
    {
        open_stack
        no_engine=--no-engine
        make_stack
        rm -f "$VAPI_PREFLIGHT"
    } >&2
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
    [ "${NEWEST-}" != 1 ] || newest
    ensure_engine
    ensure_postgresql
    eval "set -- ${ARGS-}"
    # A pipe or a file whose encoding is left to the locale is an error (EncodingWarning).
    export PYTHONWARNDEFAULTENCODING=1 PYTHONWARNINGS=ignore::EncodingWarning:dill._dill
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
    # All six speak before the verdict. pyright's wheel would ask a server for a newer one.
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
    # The tools first: they narrow what a deploy may take, and a deploy runs what was tested.
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
