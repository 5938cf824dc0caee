# Set-up of .venv and the Pulumi CLI, which are created only if they are missing or outdated.
# Sourced by run.sh. A second run must be fast, so it does not start Python.

note() { printf '%s\n' "$1" >&2; }

# Unset variables that may hold secrets, because set-up runs third-party code. The names are the same as
# in environment.py. Call this in a subshell: the run itself needs the variables.
drop_secrets() {
    for name in $(exported); do
        case $name in
        # Set-up needs the settings of the package index, including a mirror's password.
        PIP_* | VAPI_PINNED_CLI | PULUMI_HOME | PULUMI_SKIP_UPDATE_CHECK) ;;
        VAPI_* | PULUMI_* | AWS_* | AZURE_* | ARM_* | GOOGLE_* | GCLOUD_* | GCP_* | CLOUDSDK_* | \
            ACTIONS_* | CI_JOB_* | CI_REGISTRY_* | PG[A-Z]* | DATABASE_URL | KUBECONFIG | \
            *TOKEN* | *SECRET* | *PASSWORD* | *PASSPHRASE* | *CREDENTIAL* | *APIKEY* | \
            *_KEY | *_KEY_* | *_KEYS | *_KEYS_* | *_PASS | *_PASSWD | *_PWD | *_PAT | *_DSN) unset "$name" ;;
        # make also stores the variables of its command line in these.
        MAKEFLAGS | MFLAGS | MAKEOVERRIDES) unset "$name" ;;
        esac
    done
}

# Print the names of all exported variables; a line of a multi-line value may add a wrong name.
exported() {
    export -p | while IFS= read -r line; do
        name=${line#export }
        name=${name#declare -x }
        name=${name%%=*}
        case $name in '' | [0-9]* | *[!A-Za-z0-9_]*) ;; *) printf '%s ' "$name" ;; esac
    done
}

# --- .venv -----------------------------------------------------------------------------------
# .venv/stamp is written last: a line with the folder and the Python version, then a line for each
# installed set of requirements.

# Print the folder and the Python version: .venv does not work after a change of either.
venv_place() {
    printf '%s %s' "$(cd .venv && pwd -P)" "$(.venv/bin/python -V 2>&1)"
}

# wanted run|dev: print the line of the stamp that shows that this set is installed.
wanted() {
    if [ "$1" = run ]; then files=requirements.txt; else files="requirements.txt requirements-dev.txt"; fi
    # shellcheck disable=SC2086  two file names
    printf '%s %s' "$1" "$(cat $files | cksum)"
}

# has run|dev: succeed if .venv is in its place and the set is installed.
has() {
    [ -x .venv/bin/python ] && [ -f .venv/stamp ] || return 1
    { read -r place && read -r lines_run && read -r lines_dev; } <.venv/stamp || :
    [ "$place" = "$(venv_place)" ] || return 1
    # If PYTHON names an interpreter, .venv must have the same version.
    if [ -n "${PYTHON-}" ]; then [ "$($PYTHON -V 2>&1)" = "$(.venv/bin/python -V 2>&1)" ] || return 1; fi
    [ "$1" != run ] || [ "${lines_run-}" = "$(wanted run)" ] || return 1
    [ "$1" != dev ] || [ "${lines_dev-}" = "$(wanted dev)" ] || return 1
}

# ensure_venv run|dev: install the set if it is missing, and put .venv on PATH.
ensure_venv() {
    if ! has "$1"; then
        (
            drop_secrets
            lock_venv
            # Another make may have installed it while this one waited for the lock.
            has "$1" || install "$1"
        )
    fi
    PATH=$root/.venv/bin:$PATH
    on_path=$root/.venv/bin
    export PATH
}

# Lock .venv, so that a second make in the same clone waits.
lock_venv() {
    # The lock belongs to file descriptor 9, which child processes such as pip inherit: it ends with the
    # last of them. The file is never removed, because that could remove a lock that was just taken.
    [ -w . ] || refuse "cannot write to $root: check the permissions of the folder"
    exec 9>>.venv.flock
    if ! lock_now -n; then
        note "another make is setting up .venv: waiting for it"
        lock_now || refuse "cannot lock $root/.venv.flock: check its permissions and free disk space"
    fi
}

# lock_now [-n]: lock file descriptor 9; with -n, fail if another process holds the lock.
lock_now() {
    if command -v flock >/dev/null; then
        flock ${1-} 9
        return
    fi
    # macOS has no flock(1), so use any Python.
    for candidate in python3 python; do
        if command -v $candidate >/dev/null; then
            $candidate -c 'import fcntl, sys; fcntl.flock(9, fcntl.LOCK_EX | (fcntl.LOCK_NB if sys.argv[1:] else 0))' \
                ${1-} 2>/dev/null
            return
        fi
    done
    refuse "no ${PYTHON:-python3} of version 3.10 or newer: install one, or name it with PYTHON="
}

# install run|dev: install the set; the caller holds the lock.
install() {
    if [ ! -x .venv/bin/python ] || [ ! -f .venv/stamp ] || [ "$(head -n 1 .venv/stamp)" != "$(venv_place)" ]; then
        create_venv
    else
        note "requirements changed: installing them into .venv"
    fi
    # Remove the stamp first, so that the next run starts again if pip is killed.
    rm -f .venv/stamp
    if [ "$1" = run ]; then file=requirements.txt; else file=requirements-dev.txt; fi
    # Install wheels only: a source archive would be built by tools that are not pinned by a hash.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --only-binary :all: -r "$file" >&2 ||
        refuse "pip could not install $file: see its output above"
    # Compile our modules now: the engine starts them twice a run, and PYTHONDONTWRITEBYTECODE may be set.
    .venv/bin/python -m compileall -q vapi_provider >&2 || :
    {
        venv_place && printf '\n' && wanted run && printf '\n'
        [ "$1" = run ] || { wanted dev && printf '\n'; }
    } >.venv/stamp.part
    mv .venv/stamp.part .venv/stamp
}

create_venv() {
    python=
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
            python=$candidate
            break
        fi
    done
    [ -n "$python" ] || refuse "no ${PYTHON:-python3} of version 3.10 or newer: install one, or name it with PYTHON="
    note "creating .venv (first time only, about half a minute)"
    rm -rf .venv
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        # Debian and Ubuntu have these two modules in a separate package.
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            note "installing python3-venv"
            apt_get install -y python3-venv || { apt_get update && apt_get install -y python3-venv; } || :
        fi
        "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
            refuse "$python has no venv module: install it (Debian, Ubuntu: apt-get install python3-venv)"
    fi
    "$python" -m venv .venv >&2 || refuse "$python could not create .venv: see its output above"
}

# Run apt-get quietly, with timeouts for a silent server and for another apt-get's lock.
apt_get() (
    drop_secrets
    set -- -o Acquire::Retries=1 -o Acquire::http::Timeout=15 -o DPkg::Lock::Timeout=60 "$@"
    DEBIAN_FRONTEND=noninteractive timeout 300 apt-get -qq "$@" >/dev/null 2>&1 </dev/null
)

# --- PostgreSQL, for the tests of shared state ---------------------------------------------------

# Install PostgreSQL if it is missing; if that fails, report that its tests are skipped.
ensure_postgresql() {
    for program in "${postgresql_places:-/usr/lib/postgresql}"/*/bin/initdb $(command -v initdb || :); do
        if [ -x "$program" ]; then return 0; fi
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        note "installing PostgreSQL for the tests of shared state (first time only)"
        # Install the programs only, without creating or starting a server.
        settings=${postgresql_settings:-/etc/postgresql-common/createcluster.d}
        mkdir -p "$settings"
        printf 'create_main_cluster = false\n' >"$settings/vapi-phone-numbers.conf"
        get_postgresql || { apt_get update && get_postgresql; } || :
        rm -f "$settings/vapi-phone-numbers.conf"
        for program in "${postgresql_places:-/usr/lib/postgresql}"/*/bin/initdb; do
            if [ -x "$program" ]; then return 0; fi
        done
    fi
    note "no PostgreSQL server, so its tests are skipped: install it (Debian, Ubuntu: apt-get install postgresql)"
}

get_postgresql() { apt_get install -y --no-install-recommends postgresql; }

# --- the Pulumi CLI --------------------------------------------------------------------------
# .venv/engine caches the result of scripts/install.py: a line with its inputs, then the folder.

engine_key() {
    if [ -n "$pinned" ]; then there=$pinned; else there=$(command -v pulumi || :); fi
    # An upgrade in place changes the size or the date of the CLI.
    if [ -z "$pinned" ] && [ -n "$there" ]; then there=$(ls -lnL "$there"); fi
    printf '%s %s %s' "${XDG_CACHE_HOME-} ${HOME-}" \
        "$(cat scripts/*.py scripts/*/go.mod scripts/*/go.sum | cksum)" "$there"
}

# Put a working Pulumi CLI on PATH. Call ensure_venv first.
ensure_engine() {
    # A pipeline ignores the CLI of the hosted runner; elsewhere the user's own CLI is used.
    pinned=
    if says_yes VAPI_PINNED_CLI; then pinned=--pinned; fi
    key=$(engine_key)
    bin= kept=
    # IFS= keeps the spaces at the ends of the key, which has one where a variable is unset.
    if [ -f .venv/engine ]; then { IFS= read -r kept && IFS= read -r bin; } <.venv/engine || :; fi
    if [ "$kept" != "$key" ] || { [ -n "$bin" ] && [ ! -x "$bin/pulumi" ]; }; then
        # shellcheck disable=SC2086  one option or none
        bin=$(drop_secrets && .venv/bin/python -m scripts.install --print-bin $pinned) || exit 1
        # No lock is needed: two concurrent makes write equal files.
        printf '%s\n%s\n' "$key" "$bin" >".venv/engine.$$"
        mv ".venv/engine.$$" .venv/engine
    fi
    if [ -n "$bin" ]; then
        on_path=$on_path:$bin
        PATH=$root/.venv/bin:$bin:$PATH
        export PATH
    fi
    speed_up
}

our_parallel= our_collector=
# Tune the engine, except for what the user has set. The measurements are in docs/fleets.md.
speed_up() {
    # Pulumi's default is four steps per core, which on two cores is a quarter of our requests in flight.
    # Above those, some steps wait for a shared journal while the others have a request in flight.
    if [ -z "${PULUMI_PARALLEL-}" ]; then
        export PULUMI_PARALLEL=48
        our_parallel=1
    fi
    # Let Go collect garbage when the heap has grown fivefold instead of twofold. An engine of a thousand
    # numbers has a small heap, allocates a lot and ends soon; this costs 100 MiB there. It does not apply
    # while the engine is built.
    if [ -z "${GOGC-}" ]; then
        export GOGC=400
        our_collector=1
    fi
}
