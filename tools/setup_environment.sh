#!/usr/bin/env bash
# Creates or refreshes a virtual environment with this source tree installed in it (editable).
#
#   tools/setup_environment.sh DIRECTORY [EXTRA,EXTRA...]
#
# PYTHON names another interpreter than python3. When nothing that matters has changed since the
# last time, it returns at once.
set -euo pipefail
# shellcheck source=tools/system_packages.sh
source "$(dirname "$0")/system_packages.sh"

directory=$1
extras=${2:-}
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

command -v "$python" >/dev/null || install_packages "everything" python3 python3-venv
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "skyrmlive: $python is too old, Python 3.10 or later is needed (PYTHON=... names another)." >&2
    exit 1
fi

stamp=$directory/.stamp
wanted=$({
    cat pyproject.toml constraints.txt tools/setup_environment.sh
    echo "$extras $PWD" # an editable install points to the folder
    "$python" -c 'import sys; print(sys.version)'
} | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

log=$directory.log
mkdir -p "$(dirname "$directory")"
# Runs a command quietly; what it said is shown only when it fails.
quietly() {
    if ! "$@" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "skyrmlive: setting up $directory failed; the whole output is in $log" >&2
        exit 1
    fi
}

if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    # Debian and Ubuntu split venv off, one package for each minor version of Python.
    install_packages "virtual environments" \
        "$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')"
fi

if [[ ,$extras, == *,dectris,* ]] && ! command -v cc >/dev/null; then
    install_packages "building dectris-compression" gcc g++ libc6-dev python3-dev
fi

target=.${extras:+[$extras]}
echo "== setting up $directory with $target (minutes the first time, seconds later)"
rm -f "$stamp"
version='import sys; print(sys.version)'
if [ "$("$directory/bin/python" -c "$version" 2>/dev/null)" != "$("$python" -c "$version")" ]; then
    quietly "$python" -m venv --clear "$directory"
fi
quietly "$directory/bin/python" -m pip install --disable-pip-version-check \
    --editable "$target" --constraint constraints.txt
echo "$wanted" >"$stamp"
