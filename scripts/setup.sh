# .venv and the Pulumi CLI, made when missing and recognised at once when there.
# Sourced by run.sh. A second run must cost next to nothing: no Python is started then.

note() { printf '%s\n' "$1" >&2; }

# Set-up runs other people's code, so that it sees no key, no passphrase, no state and no cloud. The
# names are those of environment.py. Call it in a subshell: the run itself needs them.
drop_secrets() {
    for name in $(exported); do
        case $name in
        # Where packages come from is set-up's business, with the password that a mirror may want.
        PIP_* | VAPI_PINNED_CLI | PULUMI_HOME | PULUMI_SKIP_UPDATE_CHECK) ;;
        VAPI_* | PULUMI_* | AWS_* | AZURE_* | ARM_* | GOOGLE_* | GCLOUD_* | GCP_* | CLOUDSDK_* | \
            ACTIONS_* | CI_JOB_* | CI_REGISTRY_* | PG[A-Z]* | DATABASE_URL | KUBECONFIG | \
            *TOKEN* | *SECRET* | *PASSWORD* | *PASSPHRASE* | *CREDENTIAL* | *_KEY | *_KEY_ID) unset "$name" ;;
        # make keeps the variables of its command line there, too.
        MAKEFLAGS | MFLAGS | MAKEOVERRIDES) unset "$name" ;;
        esac
    done
}

exported() { # the names of all exported variables; a line of a longer value may look like one
    export -p | while IFS= read -r line; do
        name=${line#export }
        name=${name#declare -x }
        name=${name%%=*}
        case $name in '' | [0-9]* | *[!A-Za-z0-9_]*) ;; *) printf '%s ' "$name" ;; esac
    done
}

# --- .venv -----------------------------------------------------------------------------------
# .venv/stamp, written last: where it lies and its Python, then a line for each set installed.

venv_place() { # a moved folder or another Python makes the scripts inside wrong
    printf '%s %s' "$(cd .venv && pwd -P)" "$(.venv/bin/python -V 2>&1)"
}

wanted() { # run|dev: the line that says this set is installed
    if [ "$1" = run ]; then files=requirements.txt; else files="requirements.txt requirements-dev.txt"; fi
    # shellcheck disable=SC2086  two file names
    printf '%s %s' "$1" "$(cat $files | cksum)"
}

has() { # SET: the venv is in its place, and the set is in it
    [ -x .venv/bin/python ] && [ -f .venv/stamp ] || return 1
    { read -r place && read -r lines_run && read -r lines_dev; } <.venv/stamp || :
    [ "$place" = "$(venv_place)" ] || return 1
    # A Python that was asked for by name is the one that is meant.
    if [ -n "${PYTHON-}" ]; then [ "$($PYTHON -V 2>&1)" = "$(.venv/bin/python -V 2>&1)" ] || return 1; fi
    [ "$1" != run ] || [ "${lines_run-}" = "$(wanted run)" ] || return 1
    [ "$1" != dev ] || [ "${lines_dev-}" = "$(wanted dev)" ] || return 1
}

ensure_venv() { # run|dev
    if ! has "$1"; then
        (
            drop_secrets
            lock_venv
            # The holder we waited for may have done it.
            has "$1" || install "$1"
        )
    fi
    PATH=$root/.venv/bin:$PATH
    on_path=$root/.venv/bin
    export PATH
}

lock_venv() { # two makes at once in one clone: the second waits; the lock ends with its last process
    # The kernel holds the lock on file descriptor 9, which pip and its like inherit. Nobody removes
    # the file: whoever removes a stale lock may remove the one that another has just taken.
    [ -w . ] || refuse "cannot write into $root"
    exec 9>>.venv.flock
    if ! lock_now -n; then
        note "another make is setting up .venv: waiting for it"
        lock_now || refuse "cannot lock $root/.venv.flock"
    fi
}

lock_now() { # [-n]: lock file descriptor 9; with -n fail where another process has it
    if command -v flock >/dev/null; then
        flock ${1-} 9
        return
    fi
    # macOS has no flock(1). Any Python will do.
    for candidate in python3 python; do
        if command -v $candidate >/dev/null; then
            $candidate -c 'import fcntl, sys; fcntl.flock(9, fcntl.LOCK_EX | (fcntl.LOCK_NB if sys.argv[1:] else 0))' \
                ${1-} 2>/dev/null
            return
        fi
    done
    refuse "no ${PYTHON:-python3} of version 3.10 or newer: install one, or name it with PYTHON="
}

install() { # run|dev, under the lock
    if [ ! -x .venv/bin/python ] || [ ! -f .venv/stamp ] || [ "$(head -n 1 .venv/stamp)" != "$(venv_place)" ]; then
        create_venv
    else
        note "requirements changed: installing them into .venv"
    fi
    # No stamp while pip works: what it leaves behind when killed is made anew.
    rm -f .venv/stamp
    if [ "$1" = run ]; then file=requirements.txt; else file=requirements-dev.txt; fi
    # Wheels alone: a source archive would be built by tools that no hash holds.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --only-binary :all: -r "$file" >&2 ||
        refuse "$file could not be installed: pip's words above"
    # The engine starts our modules twice a run, and some machines forbid Python to keep what it compiles.
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
    note "making .venv, first time only, about half a minute"
    rm -rf .venv
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        # Debian and Ubuntu ship these two modules in a package of their own.
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            note "installing python3-venv"
            apt_get install -y python3-venv || { apt_get update && apt_get install -y python3-venv; } || :
        fi
        "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
            refuse "$python has no venv module: install it (Debian, Ubuntu: apt-get install python3-venv)"
    fi
    "$python" -m venv .venv >&2 || refuse "$python could not make .venv: its words above"
}

apt_get() ( # quiet and bounded: a server that is silent, another apt-get that is at work
    drop_secrets
    set -- -o Acquire::Retries=1 -o Acquire::http::Timeout=15 -o DPkg::Lock::Timeout=60 "$@"
    DEBIAN_FRONTEND=noninteractive timeout 300 apt-get -qq "$@" >/dev/null 2>&1 </dev/null
)

# --- PostgreSQL, for the tests of shared state ---------------------------------------------------

ensure_postgresql() { # where it is not and cannot be had, its tests skip, and a line says so
    for program in "${postgresql_places:-/usr/lib/postgresql}"/*/bin/initdb $(command -v initdb || :); do
        if [ -x "$program" ]; then return 0; fi
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        note "installing PostgreSQL for the tests of shared state, first time only"
        # The programs alone: no server of this machine is made or started.
        settings=${postgresql_settings:-/etc/postgresql-common/createcluster.d}
        mkdir -p "$settings"
        printf 'create_main_cluster = false\n' >"$settings/vapi-phone-numbers.conf"
        get_postgresql || { apt_get update && get_postgresql; } || :
        rm -f "$settings/vapi-phone-numbers.conf"
        for program in "${postgresql_places:-/usr/lib/postgresql}"/*/bin/initdb; do
            if [ -x "$program" ]; then return 0; fi
        done
    fi
    note "no PostgreSQL server: its tests are skipped (Debian, Ubuntu: apt-get install postgresql)"
}

get_postgresql() { apt_get install -y --no-install-recommends postgresql; }

# --- the Pulumi CLI --------------------------------------------------------------------------
# .venv/engine remembers the answer of scripts/install.py: what it depended on, then the folder.

engine_key() {
    if [ -n "$pinned" ]; then there=$pinned; else there=$(command -v pulumi || :); fi
    # A CLI that was upgraded in place has another size or date.
    if [ -z "$pinned" ] && [ -n "$there" ]; then there=$(ls -lnL "$there"); fi
    printf '%s %s %s' "${XDG_CACHE_HOME-} ${HOME-}" \
        "$(cat scripts/*.py scripts/*/go.mod scripts/*/go.sum | cksum)" "$there"
}

ensure_engine() { # after ensure_venv
    # In a pipeline the CLI that hosted runners carry is ignored; people's own is used.
    pinned=
    if says_yes VAPI_PINNED_CLI; then pinned=--pinned; fi
    key=$(engine_key)
    bin= kept=
    if [ -f .venv/engine ]; then { read -r kept && read -r bin; } <.venv/engine || :; fi
    if [ "$kept" != "$key" ] || { [ -n "$bin" ] && [ ! -x "$bin/pulumi" ]; }; then
        # shellcheck disable=SC2086  one option or none
        bin=$(drop_secrets && .venv/bin/python -m scripts.install --print-bin $pinned) || exit 1
        # No lock here: two makes at once write a file each, and either is right.
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
speed_up() { # what the user has set stays; docs/fleets.md has the figures
    # Pulumi's own default is four steps for each core: on two cores half of our requests in flight.
    if [ -z "${PULUMI_PARALLEL-}" ]; then
        export PULUMI_PARALLEL=32
        our_parallel=1
    fi
    # Go looks for garbage when the heap has doubled. An engine of a thousand numbers has little, makes
    # much of it, and ends soon: it waits for the fivefold, 100 MiB more there. Not while it is built.
    if [ -z "${GOGC-}" ]; then
        export GOGC=400
        our_collector=1
    fi
}
