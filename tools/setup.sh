#!/usr/bin/env bash
# Makes .venv: the locked dependencies, and this project as an editable install.
# With uv where it works, else with venv and pip. What the environment says about indexes,
# certificates and proxies is left to uv and pip; nothing here overrides it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

is_new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    local name
    for name in ${ESSC_PYTHON:-} python3.11 python3 python python3.12 python3.13 python3.14; do
        # Asked to run, not only found: a shim may exist for an interpreter that does not.
        if "$name" -c "$is_new_enough" 2>/dev/null; then
            # The interpreter itself rather than a shim that decides by folder.
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    echo "setup: no Python 3.11 or newer was found (ESSC_PYTHON=/path/to/python names one)" >&2
    return 1
}

# A .venv of an older Python or a moved folder is made again; one that works is brought up to date.
if [[ -d .venv ]] && ! .venv/bin/python -I -c "$is_new_enough" 2>/dev/null; then
    rm -rf .venv
fi

with_uv() {
    [[ -d .venv ]] || uv venv --quiet --python "$1" .venv
    uv pip sync --quiet --python .venv/bin/python requirements.lock || return
    uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
}

with_pip() {
    [[ -d .venv ]] || "$1" -m venv .venv
    # A .venv made by uv has no pip of its own.
    .venv/bin/python -I -m pip --version >/dev/null 2>&1 || .venv/bin/python -I -m ensurepip >/dev/null
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --no-deps --no-build-isolation --editable .
}

python=$(find_python)
if uv --version >/dev/null 2>&1; then
    echo "setup: installing into .venv with uv"
    # uv reads neither pip.conf nor PIP_ variables: where only those know the way, pip finds it.
    with_uv "$python" && exit
    echo "setup: uv could not; trying pip" >&2
else
    echo "setup: installing into .venv with pip (a minute or two)"
fi
with_pip "$python"
